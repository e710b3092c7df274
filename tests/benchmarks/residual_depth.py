# SPDX-License-Identifier: BSD-3-Clause
"""Depth with and without skip connections: 2 and 10 residual blocks on digits, and the plain network.

    python tests/benchmarks/residual_depth.py
    python tests/benchmarks/residual_depth.py --solver full --passes 300 --seeds 1

A block is Residual([Dense(width), Dense(width)]) after a first Dense(width); the plain network has
the same layers without the skips. Every seed is a random 70/30 split and its own first weights; all
else is the estimator's default. Prints one line a fit, then means over the seeds.
"""

import argparse
import time

import numpy as np
from records import write
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

from sklearn_nnbcd import NNBCDClassifier
from sklearn_nnbcd.layers import Dense, Residual


def networks(width):
    """Name -> list of layers."""

    def pairs(count):
        return [[Dense(width), Dense(width)] for _ in range(count)]

    return {
        "2 blocks": [Dense(width), *(Residual(pair) for pair in pairs(2))],
        "10 blocks": [Dense(width), *(Residual(pair) for pair in pairs(10))],
        "plain, depth of 2": [Dense(width), *sum(pairs(2), [])],
        "plain, depth of 10": [Dense(width), *sum(pairs(10), [])],
    }


def main():
    """Fit all of them."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--solver", default="minibatch", choices=("minibatch", "full"))
    parser.add_argument("--passes", type=int, help="passes or sweeps; default: the estimator's")
    parser.add_argument("--width", type=int, default=32)
    parser.add_argument("--seeds", type=int, default=3)
    options = parser.parse_args()
    X, y = load_digits(return_X_y=True)
    results = {}
    for seed in range(options.seeds):
        parts = train_test_split(X / 16.0, y, test_size=0.3, random_state=seed, stratify=y)
        for name, layers in networks(options.width).items():
            model = NNBCDClassifier(
                layers=layers,
                solver=options.solver,
                max_iter=options.passes or "auto",
                random_state=seed,
            )
            begin = time.process_time()
            model.fit(parts[0], parts[2])
            lap = time.process_time() - begin
            scores = [model.score(parts[k], parts[k + 2]) for k in (0, 1)]
            results.setdefault(name, []).append(scores)
            print(
                f"seed {seed}  {name}: {model.n_layers_ - 1} layers, train {scores[0]:.4f}, test "
                f"{scores[1]:.4f}, {model.n_iter_} passes, {lap:.1f} processor seconds",
                flush=True,
            )
    table = []
    for name, scores in results.items():
        train, test = np.mean(scores, axis=0)
        print(f"mean  {name}: train {train:.4f}, test {test:.4f}")
        table.append({"network": name, "train_mean": train, "test_mean": test, "scores": scores})
    write("depth", vars(options), table)


if __name__ == "__main__":
    main()
