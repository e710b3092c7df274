# SPDX-License-Identifier: BSD-3-Clause
"""What TF32 costs, without a GPU: the same fit with exact products and with rounded factors.

TF32 rounds both factors of a float32 product to 10 explicit bits and adds up in float32. Here the arrays
of array-api-strict do so on a CPU::

    python tests/benchmarks/tf32.py                     # what tf32=True does: three sets, three seeds
    python tests/benchmarks/tf32.py --kinds rows sums weights       # full sweeps, one kind of product each
    python tests/benchmarks/tf32.py --sets digits --seeds 1 --sweeps 5

Kinds of products: "rows" by weights give rows, "sums" over rows give matrices like weights, and "weights"
by weights are solves and projections. ``tf32=True`` rounds the first two in full sweeps; in the
mini-batch solver all but curvatures, their inverses and projections. HAR by ``fetch_har``, with hidden
layers of 256 units; half of the subjects of its training part are held out for the score.
"""

import argparse
import contextlib
import os
from unittest import mock

os.environ["SCIPY_ARRAY_API"] = "1"

import numpy as np
from sklearn import config_context
from sklearn.datasets import load_digits, make_classification
from sklearn.model_selection import GroupShuffleSplit, train_test_split

from sklearn_nnbcd import NNBCDClassifier
from sklearn_nnbcd.backends import Backend
from sklearn_nnbcd.solvers import SOLVERS


def tf32(a):
    """Rounded to nearest, ties to even, as the hardware's conversion does; float32 only."""
    if a.dtype != np.float32:
        return a
    bits = np.ascontiguousarray(a).view(np.uint32)
    half = np.uint32(0xFFF) + ((bits >> np.uint32(13)) & np.uint32(1))
    return ((bits + half) & np.uint32(0xFFFFE000)).view(np.float32)


class Products:
    """``@`` of array_api_strict, with rounded factors where :attr:`rounded` has the product's kind."""

    def __init__(self, xp):
        array_type = type(xp.zeros(1))
        exact, self.rounded, self.n_rows = array_type.__matmul__, (), 0

        def product(left, right):
            if self.kind(left.shape) not in self.rounded:
                return exact(left, right)
            return xp.asarray(tf32(np.asarray(left)) @ tf32(np.asarray(right)))

        array_type.__matmul__ = product

    def kind(self, shape):
        """Kind of a product whose left factor has this shape."""
        return "rows" if shape[0] == self.n_rows else "sums" if shape[-1] == self.n_rows else "weights"

    @contextlib.contextmanager
    def rounding(self, kinds):
        """Round these kinds inside."""
        before, self.rounded = self.rounded, kinds
        try:
            yield
        finally:
            self.rounded = before

    def of_library(self, tf32):
        """Stands for the backend's ``products``: all kinds inside, if asked for."""
        return self.rounding(("rows", "sums", "weights") if tf32 else ())


def load(name, seed):
    """Training and test part, float32."""
    if name == "har":
        from sklearn_nnbcd.datasets import fetch_har

        bunch = fetch_har(subset="train")
        parts = GroupShuffleSplit(1, test_size=0.5, random_state=seed)
        train, test = next(parts.split(bunch.data, groups=bunch.groups))
        X, y = bunch.data.astype(np.float32), np.asarray(bunch.target)
        return X[train], X[test], y[train], y[test]
    if name == "digits":
        X, y = load_digits(return_X_y=True)
        X = X / 16.0
    else:
        X, y = make_classification(4000, 60, n_informative=20, n_classes=4, class_sep=2.0, random_state=seed)
        X = X / X.std(axis=0)
    return train_test_split(X.astype(np.float32), y, random_state=seed)


def main():
    """Fit and print."""
    import array_api_strict as xp

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--sets", nargs="+", default=("digits", "generated", "har"))
    parser.add_argument("--compressions", nargs="+", default=("dense", "tt", "low_rank", "l0"))
    parser.add_argument("--kinds", nargs="+", default=("library",))
    parser.add_argument("--solvers", nargs="+", default=("full", "minibatch"))
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--sweeps", type=int, default=60)
    options, products = parser.parse_args(), Products(xp)
    titles = ["rounded", "data", "solver", "compression", "seed"]
    titles += ["L", "L, TF32", "rises of L", "score", "score, TF32"]
    print("| " + " | ".join(titles) + " |\n" + "|---" * len(titles) + "|")
    for kind in options.kinds:
        for name in options.sets:
            for solver in options.solvers if kind == "library" else ("full",):
                for compression in options.compressions:
                    for seed in range(options.seeds):
                        compare(kind, name, solver, compression, seed, options.sweeps, products, xp)


def compare(kind, name, solver, compression, seed, sweeps, products, xp):
    """One line: the same fit twice. Under "L" the mini-batch solver has the loss of its last pass."""
    X, X_test, y, y_test = load(name, seed)
    model = NNBCDClassifier(
        (256, 256) if name == "har" else (100, 100),
        compression=None if compression == "dense" else compression,
        max_iter=sweeps if solver == "full" else 10,
        tol=0.0,
        random_state=seed,
    )
    curves, scores, products.n_rows = [], [], len(X)
    for rounded in (False, True):
        kinds = (kind,) if rounded and kind != "library" else ()
        with contextlib.ExitStack() as stack:
            stack.enter_context(config_context(array_api_dispatch=True))
            if kind == "library":
                patch = mock.patch.object(Backend, "products", lambda _, tf32: products.of_library(tf32))
                stack.enter_context(patch)
            with products.rounding(kinds):
                model.set_params(solver=SOLVERS[solver](tf32=rounded)).fit(xp.asarray(X), y)
            scores.append(model.score(xp.asarray(X_test), y_test))
        curves.append(np.asarray(model.objective_curve_))
    rises = int(np.sum(np.diff(curves[1]) > 0.0)) if solver == "full" else "-"
    print(
        f"| {kind} | {name} | {solver} | {compression} | {seed} | {curves[0][-1]:.5g} "
        f"| {curves[1][-1]:.5g} | {rises} | {scores[0]:.4f} | {scores[1]:.4f} |",
        flush=True,
    )


if __name__ == "__main__":
    main()
