# SPDX-License-Identifier: BSD-3-Clause
"""Races of ramps (``column_bins``), and of the pilot's answers: with and without, scale, length, ridge.

    OMP_NUM_THREADS=1 python tests/benchmarks/ramps.py --variants off auto on "on scale=0.5" "on passes=0.5"
    OMP_NUM_THREADS=1 python tests/benchmarks/ramps.py --hidden 256 256 --tables letter --seeds 2
    OMP_NUM_THREADS=1 python tests/benchmarks/ramps.py --report

Fits to three quarters of the training rows of a table, scored on the rest; test rows take no part. A variant
is "off", "auto" or "on" (ramps whatever the pilot says), with ``scale`` of the ramps, ``passes`` as a share
of the default, ``batch`` rows of a batch, and ``temperature`` of the pilot (1: the ridge does without it).
Generated sets are named by what they ask for: smooth functions, clouds, thresholds. What is in
``results/ramps.json`` is not made again unless the package changed.
"""

import argparse
import os
import sys
import time
import warnings
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(variable, "1")

import numpy as np  # noqa: E402
from records import RESULTS, ROOT, commit, read, write  # noqa: E402

sys.path.insert(0, str(ROOT))  # the package of this checkout, whatever is installed

from sklearn.datasets import make_classification, make_friedman1, make_friedman2, make_moons  # noqa: E402
from sklearn.metrics import log_loss  # noqa: E402
from sklearn.model_selection import train_test_split  # noqa: E402
from table_sets import DEVELOPMENT, REGRESSION, load  # noqa: E402

from sklearn_nnbcd import NNBCDClassifier, NNBCDRegressor, _mapping  # noqa: E402
from sklearn_nnbcd.network import _inputs  # noqa: E402
from sklearn_nnbcd.solvers import MiniBatch  # noqa: E402

GENERATED = {
    "friedman1": lambda n, seed: make_friedman1(n, n_features=6, noise=1.0, random_state=seed),
    "friedman2": lambda n, seed: make_friedman2(n, noise=50.0, random_state=seed),
    "moons": lambda n, seed: make_moons(n, noise=0.3, random_state=seed),
    "clouds": lambda n, seed: make_classification(
        n, n_features=20, n_informative=10, flip_y=0.05, random_state=seed
    ),
}
GENERATED_ROWS = 8000


class Longer(MiniBatch):
    """The default solver with a share of the default passes."""

    share = 1.0

    def auto_max_iter(self, problem, n_rows, has_ramps=False):
        """A share of the default."""
        return max(1, round(self.share * super().auto_max_iter(problem, n_rows, has_ramps)))


def parts(name: str, seed: int, most: int | None) -> tuple:
    """Rows to fit and rows to judge by, and whether y is a number."""
    numbers = name in REGRESSION or name.startswith("friedman")
    if name in GENERATED:
        X, y = GENERATED[name](GENERATED_ROWS, seed)
    else:
        split = load(name, seed)
        X, y = np.asarray(split.X), split.y
    stratify = None if numbers else y
    A, T, a, t = train_test_split(X, y, test_size=0.25, random_state=seed, stratify=stratify)
    if most is not None and len(A) > most:
        A, _, a, _ = train_test_split(A, a, train_size=most, random_state=seed)
    return A, a, T, t, numbers


@contextmanager
def as_asked(variant: str):
    """column_bins, the share of passes and the batch size of a variant, with its scale and pilot in force."""
    word, *settings = variant.split()
    numbers = dict(setting.split("=") for setting in settings)
    scale, pilot, sure = _inputs.RAMP_SCALE, _mapping.try_ramps, _mapping.try_out
    _inputs.RAMP_SCALE = float(numbers.get("scale", scale))
    answers = {"ramps": True} if word == "on" else {}
    _mapping.try_ramps = lambda *arguments: replace(pilot(*arguments), **answers)
    if "temperature" in numbers:
        _mapping.try_out = lambda *_: float(numbers["temperature"])
    try:
        batch = int(numbers["batch"]) if "batch" in numbers else "auto"
        yield 0 if word == "off" else "auto", float(numbers.get("passes", 1.0)), batch
    finally:
        _inputs.RAMP_SCALE, _mapping.try_ramps, _mapping.try_out = scale, pilot, sure


def fit(name: str, seed: int, variant: str, hidden: tuple, most: int | None) -> dict:
    """One fit, its score and log loss on the rows that it has not seen, and its CPU seconds."""
    A, a, T, t, numbers = parts(name, seed, most)
    with as_asked(variant) as (bins, share, batch), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        solver = Longer(batch_size=batch)
        solver.share = share
        model = (NNBCDRegressor if numbers else NNBCDClassifier)(
            hidden, column_bins=bins, solver=solver, random_state=seed
        )
        start = time.process_time()
        model.fit(A, a)
        spent = time.process_time() - start
    found = {"score": float(model.score(T, t)), "cpu": round(spent, 3), "passes": model.n_iter_}
    found["ramps"] = model.network_.n_inputs - model.network_.n_features
    if not numbers:
        found["log_loss"] = float(log_loss(t, model.predict_proba(T), labels=model.classes_))
    return found


def summary(rows: list[dict]) -> list[dict]:
    """Means over the seeds, table by table and variant by variant."""
    made: dict[tuple, list] = {}
    for row in rows:
        made.setdefault((row["hidden"], row["table"], row["variant"]), []).append(row)
    lines = []
    for (hidden, table, variant), found in made.items():
        line = {"hidden": hidden, "table": table, "variant": variant, "seeds": len(found)}
        for key in ("score", "log_loss", "cpu", "ramps"):
            values = [row[key] for row in found if key in row]
            line[key] = float(np.mean(values)) if values else None
        lines.append(line)
    return lines


def show(rows: list[dict]) -> None:
    """Print the summary."""
    for line in sorted(summary(rows), key=lambda each: (each["hidden"], each["table"])):
        loss = "" if line["log_loss"] is None else f"{line['log_loss']:.4f}"
        print(
            f"{line['hidden']:10s} {line['table']:20s} {line['variant']:24s} {line['score']:.4f} {loss:7s}"
            f"{line['cpu']:7.2f} s {line['ramps']:5.0f} ramps, {line['seeds']} seeds"
        )


def main() -> None:
    """Run what is missing, and print the means."""
    line = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    line.add_argument("--tables", nargs="+", default=list(DEVELOPMENT), choices=[*DEVELOPMENT, *GENERATED])
    line.add_argument("--variants", nargs="+", default=["off", "auto", "on"])
    line.add_argument("--hidden", nargs="+", type=int, default=[100])
    line.add_argument("--seeds", type=int, default=1)
    line.add_argument("--rows", type=int, help="at most so many")
    line.add_argument("--folder", type=Path, default=RESULTS)
    line.add_argument("--report", action="store_true")
    options = line.parse_args()
    file = options.folder / "ramps.json"
    rows = read("ramps", options.folder)["rows"] if file.exists() else []
    package, hidden = commit(), "-".join(map(str, options.hidden))
    if not options.report:
        for name in options.tables:
            for seed in range(options.seeds):
                for variant in options.variants:
                    key = {"hidden": hidden, "table": name, "variant": variant, "seed": seed}
                    key |= {"most": options.rows, "commit": package}
                    if any(key.items() <= row.items() for row in rows):
                        continue
                    rows.append(key | fit(name, seed, variant, tuple(options.hidden), options.rows))
                    write("ramps", {}, rows, folder=options.folder, sections={"ramps_means": summary(rows)})
    show(rows)


if __name__ == "__main__":
    main()
