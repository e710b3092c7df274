# SPDX-License-Identifier: BSD-3-Clause
"""What TF32 costs, without a GPU: fits whose products round the factors to 10 bits, beside exact ones.

``tf32=True`` lets a GPU's tensor cores round both factors of a float32 product to 10 explicit bits and add up
in float32. Here array-api-strict's arrays do the same on a CPU, in *every* product of the fit::

    python tests/benchmarks/tf32.py                     # digits, HAR and a generated set, three seeds
    python tests/benchmarks/tf32.py --sets digits --seeds 1

HAR by ``fetch_har``, with hidden layers of 256 units; half of its subjects are held out of the training part
for the score.
"""

import argparse
import os

os.environ["SCIPY_ARRAY_API"] = "1"

import numpy as np
from sklearn import config_context
from sklearn.datasets import load_digits, make_classification
from sklearn.model_selection import GroupShuffleSplit, train_test_split

from sklearn_nnbcd import NNBCDClassifier


def tf32(a):
    """Rounded to nearest, ties to even, as the hardware's conversion does; float32 only."""
    if a.dtype != np.float32:
        return a
    bits = np.ascontiguousarray(a).view(np.uint32)
    half = np.uint32(0xFFF) + ((bits >> np.uint32(13)) & np.uint32(1))
    return ((bits + half) & np.uint32(0xFFFFE000)).view(np.float32)


class Products:
    """``@`` of array_api_strict with rounded factors while :attr:`rounded` is true."""

    def __init__(self, xp):
        array_type = type(xp.zeros(1))
        exact, self.rounded = array_type.__matmul__, False

        def product(left, right):
            if not self.rounded:
                return exact(left, right)
            return xp.asarray(tf32(np.asarray(left)) @ tf32(np.asarray(right)))

        array_type.__matmul__ = product


def load(name, seed):
    """Training and test part, float32."""
    if name == "har":
        from sklearn_nnbcd.datasets import fetch_har

        bunch = fetch_har(subset="train")
        parts = GroupShuffleSplit(1, test_size=0.5, random_state=seed)
        train, test = next(parts.split(bunch.data, groups=bunch.subject))
        X, y = bunch.data.astype(np.float32), np.asarray(bunch.target)
        return X[train], X[test], y[train], y[test]
    if name == "digits":
        X, y = load_digits(return_X_y=True)
        X = X / 16.0
    else:
        X, y = make_classification(4000, 60, n_informative=20, n_classes=4, random_state=seed)
    return train_test_split(X.astype(np.float32), y, random_state=seed)


def main():
    """Fit and print."""
    import array_api_strict as xp

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--sets", nargs="+", default=("digits", "generated", "har"))
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--sweeps", type=int, default=60)
    options, products = parser.parse_args(), Products(xp)
    titles = "data", "compression", "sweeps", "seed", "L", "L, TF32", "rises of L", "score", "score, TF32"
    print("| " + " | ".join(titles) + " |\n" + "|---" * len(titles) + "|")
    for name in options.sets:
        for compression in (None, "tt", "low_rank", "l0"):
            for extrapolation in (True, False):
                for seed in range(options.seeds):
                    compare(name, compression, extrapolation, seed, options.sweeps, products, xp)


def compare(name, compression, extrapolation, seed, sweeps, products, xp):
    """One line: the same fit twice."""
    X, X_test, y, y_test = load(name, seed)
    curves, scores = [], []
    for rounded in (False, True):
        model = NNBCDClassifier(
            (256, 256) if name == "har" else (100, 100),
            solver="full",
            compression=compression,
            extrapolation=extrapolation,
            max_iter=sweeps,
            tol=0.0,
            random_state=seed,
        )
        with config_context(array_api_dispatch=True):
            products.rounded = rounded
            model.fit(xp.asarray(X), y)
            products.rounded = False
            scores.append(model.score(xp.asarray(X_test), y_test))
        curves.append(np.asarray(model.objective_curve_))
    rises = int(np.sum(np.diff(curves[1]) > 0.0))
    print(
        f"| {name} | {compression or 'dense'} | {'extrapolated' if extrapolation else 'plain'} | {seed} "
        f"| {curves[0][-1]:.5g} | {curves[1][-1]:.5g} | {rises} | {scores[0]:.4f} | {scores[1]:.4f} |",
        flush=True,
    )


if __name__ == "__main__":
    main()
