# SPDX-License-Identifier: BSD-3-Clause
"""Convolution beside dense layers of the same number of parameters, on the 8 x 8 digits.

    python tests/benchmarks/conv_digits.py

Every seed is a random 70/30 split and its own first weights; all else is the estimator's default,
for both solvers. Prints one line a network: mean scores, their spread, processor seconds of a fit.
"""

import argparse
import time

import numpy as np
from records import write
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

from sklearn_nnbcd import NNBCDClassifier
from sklearn_nnbcd.layers import AveragePool2D, Conv2D, Dense

NETWORKS = {
    "conv 16, dense output": [Conv2D(16, 3)],
    "dense 79": [Dense(79)],
    "conv 16, pool, dense 20": [Conv2D(16, 3, padding=1), AveragePool2D(2), Dense(20)],
    "dense 73": [Dense(73)],
}


def main():
    """Fit all of them."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--seeds", type=int, default=5)
    options = parser.parse_args()
    X, y = load_digits(return_X_y=True)
    X = X.reshape(-1, 8, 8, 1) / 16.0
    table = []
    for solver in ("minibatch", "full"):
        for name, layers in NETWORKS.items():
            scores, seconds = [], []
            for seed in range(options.seeds):
                parts = train_test_split(X, y, test_size=0.3, random_state=seed, stratify=y)
                model = NNBCDClassifier(layers=layers, solver=solver, random_state=seed)
                begin = time.process_time()
                model.fit(parts[0], parts[2])
                seconds.append(time.process_time() - begin)
                scores.append([model.score(parts[k], parts[k + 2]) for k in (0, 1)])
            (train, test), spread = np.mean(scores, axis=0), np.std(scores, axis=0)[1]
            print(
                f"{solver}  {name}: {model.n_parameters_} parameters, train {train:.4f}, test "
                f"{test:.4f} +- {spread:.4f}, {np.median(seconds):.1f} processor seconds",
                flush=True,
            )
            row = {"solver": solver, "network": name, "parameters": model.n_parameters_}
            row |= {"train_mean": train, "test_mean": test, "test_sd": spread}
            table.append(row | {"seconds": np.median(seconds)})
    write("convolution", {"seeds": options.seeds}, table)


if __name__ == "__main__":
    main()
