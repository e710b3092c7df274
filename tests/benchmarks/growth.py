# SPDX-License-Identifier: BSD-3-Clause
"""Growth: seconds per pass and peak memory against rows and against width, both solvers.

    python tests/benchmarks/growth.py measure [--rows 1000000] [--width 2048]
    python tests/benchmarks/growth.py report --figures .

Each point is a process of its own, which maps generated rows (100 features, float32, two classes) from
a file. Peak memory is what NumPy and Python allocate during a fit of one pass (tracemalloc), so it
counts everything but the file's pages. Seconds per pass come from the difference between a fit of
several passes and one of a single pass. A point that is in the results file is not measured again.
"""

import argparse
import json
import math
import os
import subprocess
import sys
import tempfile
import time
import tracemalloc
import warnings
from pathlib import Path

for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(name, "1")

import numpy as np  # noqa: E402
from contest import Log, output_folder  # noqa: E402

FEATURES, BATCH = 100, 256
ROWS = (1_000, 3_000, 10_000, 30_000, 100_000, 300_000, 1_000_000)
WIDTHS = (64, 128, 256, 512, 1024, 2048)
#: what stands still: the width (of two hidden layers) while rows grow, and the rows while width grows
WIDTH, FIXED_ROWS = 64, 4_096
SOLVERS = ("minibatch", "full")


def write_rows(path, n):
    """n rows of X and labels in two files, a block at a time."""
    rng = np.random.default_rng(0)
    X = np.lib.format.open_memmap(path / "X.npy", mode="w+", dtype=np.float32, shape=(n, FEATURES))
    direction, labels = rng.standard_normal(FEATURES), []
    for start in range(0, n, 10_000):
        block = rng.standard_normal((min(10_000, n - start), FEATURES))
        X[start : start + len(block)] = block
        labels.append(np.sin(block @ direction / 3.0) + 0.3 * block[:, 0] > 0.0)
    X.flush()
    np.save(path / "y.npy", np.concatenate(labels).astype(np.int8))


def point(solver, n, width):
    """Measure one point, here and now."""
    from sklearn_nnbcd import NNBCDClassifier
    from sklearn_nnbcd.solvers import FullBatch, MiniBatch

    solvers = {
        "minibatch": MiniBatch(batch_size=BATCH),
        "full": FullBatch(extrapolation=False),  # with it, U and V are there twice
    }

    with tempfile.TemporaryDirectory() as folder:
        write_rows(Path(folder), n)
        X, y = np.load(Path(folder) / "X.npy", mmap_mode="r"), np.load(Path(folder) / "y.npy")

        def fit(passes):
            model = NNBCDClassifier(
                (width, width),
                solver=solvers[solver],
                max_iter=passes,
                tol=0.0,
                random_state=0,
            )
            begun, cpu = time.perf_counter(), time.process_time()
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                model.fit(X, y)
            return time.perf_counter() - begun, time.process_time() - cpu

        fit(1)  # imports, first touches
        tracemalloc.start()
        fit(1)
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        more = 2 if n * width > 3_000_000 else 10
        one, several = fit(1), fit(1 + more)
    seconds, cpu = ((b - a) / more for a, b in zip(one, several, strict=True))
    return dict(solver=solver, n=n, width=width, seconds=seconds, cpu=cpu, bytes=peak)


def measure(most_rows, most_width):
    """All points, the small ones first."""
    log = Log(output_folder() / "growth.jsonl")
    points = [(n, WIDTH) for n in ROWS if n <= most_rows]
    points += [(FIXED_ROWS, width) for width in WIDTHS if width <= most_width]
    for n, width in sorted(points, key=lambda p: p[0] * (p[1] + FEATURES) * p[1]):
        for solver in SOLVERS:

            def run(solver=solver, n=n, width=width):
                command = [sys.executable, __file__, "point", solver, str(n), str(width)]
                done = subprocess.run(command, capture_output=True, text=True, check=True)
                return json.loads(done.stdout.splitlines()[-1])

            print(log.once(f"{solver}|{n}|{width}", run), flush=True)


def slope(x, y):
    """Exponent of growth over the last factor of ten."""
    x, y = np.log10(np.asarray(x, float)), np.log10(np.asarray(y, float))
    last = x >= x[-1] - 1.01
    return float(np.polyfit(x[last], y[last], 1)[0]) if last.sum() > 1 else math.nan


def report(figures):
    """Tables and, with a folder, two figures."""
    log = Log(output_folder() / "growth.jsonl")
    points = list(log.records.values())
    for axis, other, fixed, label in (
        ("n", "width", WIDTH, "rows"),
        ("width", "n", FIXED_ROWS, "width"),
    ):
        curves = {}
        for solver in SOLVERS:
            chosen = [p for p in points if p["solver"] == solver and p[other] == fixed]
            curves[solver] = sorted(chosen, key=lambda p: p[axis])
        print(f"\n| solver | {label} | CPU s per pass | s per pass | peak MB |\n|---|---|---|---|---|")
        for solver, curve in curves.items():
            for p in curve:
                cells = f"{p['cpu']:.4g} | {p['seconds']:.4g} | {p['bytes'] / 1e6:.4g}"
                print(f"| {solver} | {p[axis]} | {cells} |")
        for solver, curve in curves.items():
            x = [p[axis] for p in curve]
            slopes = [slope(x, [p[name] for p in curve]) for name in ("cpu", "bytes")]
            extra = (curve[-1]["bytes"] - curve[0]["bytes"]) / (x[-1] - x[0])
            print(f"{solver}: CPU s ~ {label}^{slopes[0]:.2f}, bytes ~ {label}^{slopes[1]:.2f} over the")
            print(f"  last factor of ten; {extra:.4g} bytes for each more of {label}")
        if figures is not None:
            draw(curves, axis, label, figures / f"growth_{label}.png")


def draw(curves, axis, label, path):
    """Seconds and bytes against an axis, both logarithmic."""
    import matplotlib.pyplot as plt

    figure, panels = plt.subplots(1, 2, figsize=(9, 3.6), layout="constrained")
    for name, scale, title, panel in (
        ("cpu", 1.0, "CPU seconds per pass", panels[0]),
        ("bytes", 1e6, "peak memory of a fit, MB", panels[1]),
    ):
        for solver, curve in curves.items():
            x, y = [p[axis] for p in curve], [p[name] / scale for p in curve]
            panel.loglog(x, y, marker="o", label=f"{solver}, slope {slope(x, y):.2f}")
        panel.set(xlabel=label, title=title)
        panel.grid(alpha=0.3)
        panel.legend(frameon=False)
    figure.savefig(path, dpi=150)
    print(path)


def main():
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    commands = parser.add_subparsers(dest="command", required=True)
    every = commands.add_parser("measure")
    every.add_argument("--rows", type=int, default=ROWS[-1])
    every.add_argument("--width", type=int, default=WIDTHS[-1])
    one = commands.add_parser("point")
    one.add_argument("solver", choices=SOLVERS)
    one.add_argument("n", type=int)
    one.add_argument("width", type=int)
    show = commands.add_parser("report")
    show.add_argument("--figures", type=Path)
    arguments = parser.parse_args()
    if arguments.command == "measure":
        measure(arguments.rows, arguments.width)
    elif arguments.command == "point":
        print(json.dumps(point(arguments.solver, arguments.n, arguments.width)))
    else:
        report(arguments.figures)


if __name__ == "__main__":
    main()
