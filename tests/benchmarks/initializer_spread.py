# SPDX-License-Identifier: BSD-3-Clause
"""Test accuracy on HAR from every initialiser, one small network: the paper's Figures 4b, 7b, 10b.

    python tests/benchmarks/initializer_spread.py

Needs the HAR data; SKLEARN_NNBCD_DATA names the folder that holds it.
"""

import argparse
import time

import numpy as np
from records import write
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sklearn_nnbcd import NNBCDClassifier
from sklearn_nnbcd.datasets import fetch_har
from sklearn_nnbcd.initializers import INITIALIZERS


def measure(name, data, options, seeds):
    """Test accuracies of some seeds, and seconds per fit."""
    X, y, X_test, y_test = data
    scores, start = [], time.perf_counter()
    for seed in seeds:
        network = NNBCDClassifier(initializer=name, random_state=seed, **options)
        model = make_pipeline(StandardScaler(), network).fit(X, y)
        scores.append(model.score(X_test, y_test))
    return np.asarray(scores), (time.perf_counter() - start) / len(scores)


def load():
    """X, y, X_test, y_test of the given split, X in single precision."""
    data = []
    for subset in ("train", "test"):
        X, y = fetch_har(return_X_y=True, subset=subset)
        data += [np.asarray(X, dtype=np.float32), y]
    return data


def main():
    """Measure, and write what was found."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--layers", type=int, nargs="+", default=[64, 64])
    parser.add_argument("--solver", default="minibatch", choices=["minibatch", "full"])
    parser.add_argument("--max-iter", type=int, default=10)
    parser.add_argument("--seeds", type=int, default=2)
    args = parser.parse_args()
    options = {
        "hidden_layer_sizes": tuple(args.layers),
        "solver": args.solver,
        "max_iter": args.max_iter,
    }
    data, table = load(), []
    for name in INITIALIZERS:
        scores, seconds = measure(name, data, options, range(args.seeds))
        row = {"initializer": name, "test_mean": scores.mean(), "test_sd": scores.std(), "seconds": seconds}
        table.append(row)
        print(row, flush=True)
    means = [row["test_mean"] for row in table]
    print(f"Largest minus smallest mean: {max(means) - min(means):.4f} (the bar is 0.02).")
    print(write("initializers", options | {"seeds": args.seeds}, table))


if __name__ == "__main__":
    main()
