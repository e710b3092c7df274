# SPDX-License-Identifier: BSD-3-Clause
"""A budget for the network on digits, beside the same number of entries as equal shares of the layers.

    python tests/benchmarks/budget_digits.py [--splits 5]

Hidden layers of 128 and 128, low rank, the output dense and counted; random 70/30 splits; everything else
at its default. The equal shares get at least as much as the budget may spend, before ranks are rounded.
"""

import argparse

import numpy as np
from records import write
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

from sklearn_nnbcd import NNBCDClassifier

RATIOS, SIZES, OUTPUT = (0.1, 0.15, 0.25), (64 * 128, 128 * 128), 128 * 10


def contest(solver, parameters, splits):
    """Mean and deviation of the test scores, mean compression ratio, ranks in the last split."""
    X, y = load_digits(return_X_y=True)
    scores, ratios = [], []
    for seed in range(splits):
        X_train, X_test, y_train, y_test = train_test_split(X / 16, y, test_size=0.3, random_state=seed)
        model = NNBCDClassifier(
            (128, 128), compression="low_rank", solver=solver, random_state=seed, **parameters
        ).fit(X_train, y_train)
        scores.append(model.score(X_test, y_test))
        ratios.append(model.compression_ratio_)
    ranks = [coef.n_parameters // sum(coef.shape) for coef in model.compressed_coefs_[:-1]]
    return np.mean(scores), np.std(scores), np.mean(ratios), ranks


def main():
    """Fit, and write what was found."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--splits", type=int, default=5)
    splits, table = parser.parse_args().splits, []
    for solver in ("minibatch", "full"):
        for ratio in RATIOS:
            share = (ratio * (sum(SIZES) + OUTPUT) - OUTPUT) / sum(SIZES)
            for name, parameters in (
                ("equal", {"rank": share}),
                ("budget", {"compression_ratio": ratio}),
            ):
                mean, spread, got, ranks = contest(solver, parameters, splits)
                row = {"solver": solver, "asked": ratio, "shares": name, "ratio": got, "ranks": ranks}
                table.append(row | {"test_mean": mean, "test_sd": spread})
                print(table[-1], flush=True)
    print(write("budget", {"splits": splits, "hidden_layer_sizes": (128, 128)}, table))


if __name__ == "__main__":
    main()
