# SPDX-License-Identifier: BSD-3-Clause
"""Size on disk and time to predict of compressed networks beside the dense one.

    python tests/benchmarks/size_and_speed.py [--ratio 0.0502] [--rounds 15]

HAR's MLP-4, 561-1024-1024-1024-512-6, float32, at the compression ratio as the paper counts it (the
output layer dense). Bytes are those of ``joblib.dump`` of the fitted estimator; seconds those of
``predict`` on 10,000 rows, medians over rounds in which all networks take turns. Neither depends on
how well a network fits, so each is fitted on 512 random rows for two passes.
"""

import argparse
import os
import statistics
import tempfile
import time
from pathlib import Path

import joblib
import numpy as np
from records import write

from sklearn_nnbcd import NNBCDClassifier

HIDDEN, N_FEATURES, N_CLASSES = (1024, 1024, 1024, 512), 561, 6


def share(ratio):
    """Share of each hidden weight that gives the ratio over all layers with a dense output."""
    widths = (N_FEATURES, *HIDDEN, N_CLASSES)
    sizes = [a * b for a, b in zip(widths, widths[1:], strict=False)]
    return (ratio * sum(sizes) - sizes[-1]) / sum(sizes[:-1])


def models(ratio):
    """Name -> fitted estimator."""
    random = np.random.RandomState(0)
    X = random.normal(size=(512, N_FEATURES)).astype(np.float32)
    y = np.arange(512) % N_CLASSES
    part = share(ratio)
    settings = {"dense": {}}
    for name in ("tt", "tucker", "cp", "low_rank"):
        settings[name] = dict(compression=name, rank=part)
    for sparsity in (1.0 - part, 0.99):
        settings[f"l0, sparsity {sparsity:.3f}"] = dict(compression="l0", sparsity=sparsity)
    settings["tt, share 0.5"] = dict(compression="tt", rank=0.5)
    settings["low_rank, share 0.5"] = dict(compression="low_rank", rank=0.5)
    settings["l0, sparsity 0.5"] = dict(compression="l0", sparsity=0.5)
    return {
        name: NNBCDClassifier(HIDDEN, solver="minibatch", max_iter=2, random_state=0, **options).fit(X, y)
        for name, options in settings.items()
    }


def main():
    """Fit, measure, and write what was found."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--ratio", type=float, default=0.0502)
    parser.add_argument("--rounds", type=int, default=15)
    options = parser.parse_args()
    fitted = models(options.ratio)
    X = np.random.RandomState(1).normal(size=(10_000, N_FEATURES)).astype(np.float32)
    seconds = {name: [] for name in fitted}
    for _ in range(options.rounds):
        for name, model in fitted.items():
            begin = time.perf_counter()
            model.predict(X)
            seconds[name].append(time.perf_counter() - begin)
    sizes = {}
    with tempfile.TemporaryDirectory() as folder:
        for name, model in fitted.items():
            path = Path(folder, "model.joblib")
            joblib.dump(model, path)
            sizes[name] = path.stat().st_size
    dense, dense_size = statistics.median(seconds["dense"]), sizes["dense"]
    table = []
    for name, model in fitted.items():
        median = statistics.median(seconds[name])
        row = {
            "network": name,
            "ratio": model.compression_ratio_,
            "bytes": sizes[name],
            "bytes_of_dense": sizes[name] / dense_size,
            "microseconds": median / len(X) * 1e6,
            "times_faster": dense / median,
        }
        print(row)
        table.append(row)
    threads = os.environ.get("OMP_NUM_THREADS", "all")
    settings = {"ratio": options.ratio, "rounds": options.rounds, "rows": len(X), "threads": threads}
    print(write("size", settings, table))


if __name__ == "__main__":
    main()
