# SPDX-License-Identifier: BSD-3-Clause
"""Time to predict one row and 10,000 rows, beside MLPClassifier of the same widths.

    OMP_NUM_THREADS=1 python tests/benchmarks/predict_speed.py [--rounds 301] [--bulk-rounds 15]

Tables of the shapes of letter (16 columns, 26 classes), the digits (64 and 10) and HAR (561 and 6), one
hidden layer of 100, float64. How well a network fits does not matter to its speed, so each is fitted on 1,024
random rows for two passes; for bent columns, half of the columns have an entry far from the rest; networks
with ramps have eight for each column. In a round all contestants take turns; seconds are the processor's,
medians over the rounds, ratios those of MLPClassifier over ours. The product of 10,000 rows with
the first weight alone, in the library's BLAS, stands beside.
"""

import argparse
import os
import statistics
import time
import warnings

import numpy as np
from records import write
from sklearn.exceptions import ConvergenceWarning
from sklearn.neural_network import MLPClassifier

from sklearn_nnbcd import NNBCDClassifier

SHAPES = {"letter": (16, 26), "digits": (64, 10), "HAR": (561, 6)}
#: columns up to which a network with ramps is among the others: eight ramps a column
MOST_COLUMNS = 64
NETWORKS = {
    "dense": {},
    "4 bits": {"bits": 4},
    "dense, squared error": {"loss": "squared_error"},
    "low rank 8": {"compression": "low_rank", "rank": 8},
    "low rank 8, squared error": {"compression": "low_rank", "rank": 8, "loss": "squared_error"},
    "l0, sparsity 0.95": {"compression": "l0", "sparsity": 0.95},
    "tt, share 0.1": {"compression": "tt", "rank": 0.1},
    "cp, share 0.1": {"compression": "cp", "rank": 0.1},
    "dense, bent columns": {},
    "dense, ramps": {"column_bins": 8},
}


def contestants(n_features, n_classes):
    """Name -> fitted classifier, MLPClassifier the first."""
    random = np.random.RandomState(0)
    X, y = random.normal(size=(1024, n_features)), np.arange(1024) % n_classes
    far = X.copy()
    far[0, ::2] = 100.0
    fitted = {"MLPClassifier": MLPClassifier((100,), max_iter=2, random_state=0).fit(X, y)}
    for name, options in NETWORKS.items():
        if "ramps" in name and n_features > MOST_COLUMNS:
            continue
        options = {"column_bins": 0} | options
        network = NNBCDClassifier((100,), solver="minibatch", max_iter=2, random_state=0, **options)
        fitted[name] = network.fit(far if "bent" in name else X, y)
    assert len(fitted["dense, bent columns"].network_.columns.bend.columns) == (n_features + 1) // 2
    return fitted


def medians(fitted, X, rounds):
    """(name, method) -> median seconds."""
    seconds = {(name, method): [] for name in fitted for method in ("predict", "predict_proba")}
    for k in range(rounds + 3):
        for (name, method), found in seconds.items():
            call = getattr(fitted[name], method)
            begin = time.process_time()
            call(X)
            if k >= 3:  # the first calls warm up
                found.append(time.process_time() - begin)
    return {key: statistics.median(found) for key, found in seconds.items()}


def product_of(X, W, rounds):
    """Median seconds of X W."""
    found = []
    for _ in range(rounds):
        begin = time.process_time()
        X @ W
        found.append(time.process_time() - begin)
    return statistics.median(found)


def main():
    """Fit, measure, and write what was found."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--rounds", type=int, default=301)
    parser.add_argument("--bulk-rounds", type=int, default=15)
    options = parser.parse_args()
    warnings.simplefilter("ignore", ConvergenceWarning)
    table = []
    for shape, (n_features, n_classes) in SHAPES.items():
        fitted = contestants(n_features, n_classes)
        X = np.random.RandomState(1).normal(size=(10_000, n_features))
        product = product_of(X, fitted["dense"].network_.dense_coefs()[0], options.bulk_rounds)
        one, bulk = medians(fitted, X[:1], options.rounds), medians(fitted, X, options.bulk_rounds)
        for name in fitted:
            row = {"table": shape, "network": name}
            for method in ("predict", "predict_proba"):
                for rows, found in (("one", one), ("bulk", bulk)):
                    seconds, rival = found[name, method], found["MLPClassifier", method]
                    row[f"{method}_{rows}"] = seconds * (1e6 if rows == "one" else 1e3)
                    row[f"{method}_{rows}_times_faster"] = rival / seconds
            row["product_bulk"] = product * 1e3
            print(row)
            table.append(row)
    settings = {
        "rows": 10_000,
        "rounds": options.rounds,
        "bulk_rounds": options.bulk_rounds,
        "units": "one: microseconds a call; bulk: milliseconds for all rows",
        "threads": os.environ.get("OMP_NUM_THREADS", "all"),
    }
    print(write("predict_speed", settings, table))


if __name__ == "__main__":
    main()
