# SPDX-License-Identifier: BSD-3-Clause
"""Few rows whose weights count copies are these copies, to the bit."""

import numpy as np
import pytest
from scipy import sparse
from sklearn.base import clone
from sklearn.utils import estimator_checks

from sklearn_nnbcd import NNBCDClassifier, NNBCDRegressor
from sklearn_nnbcd._copies import MOST_ROWS, digests, with_copies
from sklearn_nnbcd._input import Rows
from sklearn_nnbcd.backends import SparseRows
from sklearn_nnbcd.compressions import COMPRESSIONS


def table(n=15, d=30, seed=0):
    """Rows, targets and whole weights, some of them 0."""
    rng = np.random.default_rng(seed)
    return rng.normal(size=(n, d)), rng.integers(0, 3, size=n), rng.integers(0, 4, size=n)


def repeated(counts, seed=1):
    """Numbers of rows, each as often as counted, in another order."""
    return np.random.default_rng(seed).permutation(np.repeat(np.arange(len(counts)), counts))


# the rows ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("unit", [1.0, 0.25, 1 / 3])
def test_weights_become_copies_of_the_least_one(unit, dtype):
    X, y, counts = table()
    chosen, again = counts > 0, repeated(counts)
    X = X.astype(dtype)
    rows = with_copies(Rows(X[chosen], y[chosen], (unit * counts[chosen]).astype(dtype)))
    other = with_copies(Rows(X[again], y[again], None))
    np.testing.assert_array_equal(rows.X, other.X)
    np.testing.assert_array_equal(rows.y, other.y)
    assert len(rows.X) == counts.sum() and rows.X.dtype == dtype and other.s is None
    if unit == 1.0:
        assert rows.s is None
    else:
        assert rows.s.dtype == dtype and set(rows.s) == {np.asarray(unit, dtype=dtype).item()}


def test_targets_of_any_kind_are_told_apart():
    """Rows that are equal but for their targets keep them, each as often as before."""
    X = np.ones((6, 2))
    labels = np.asarray(["b", "a", "b", "a", "a", "c"], dtype=object)
    numbers = np.asarray([[0.0, 1.0], [0.0, 2.0], [0.0, 1.0], [3.0, 1.0], [3.0, 1.0], [3.0, 1.0]])
    for y in (labels, labels.astype(str), numbers):
        found = with_copies(Rows(X, y, None))
        other = with_copies(Rows(X, y[::-1], None))
        np.testing.assert_array_equal(found.y, other.y)
        assert sorted(found.y.tolist()) == sorted(y.tolist())


def test_digests_do_not_know_how_zeros_are_stored():
    X = np.asarray([[0.0, 1.0, 0.0], [-0.0, 1.0, 2.0]])
    full = sparse.csr_array(([0.0, 1.0, 1.0, 2.0], [0, 1, 1, 2], [0, 2, 4]), shape=(2, 3))
    y = np.asarray([1, 0])
    assert full.nnz == 4 and digests(X, y) == digests(SparseRows.of(full), y) == digests(X + 0.0, y)
    others = [digests(X + [0.0, 1.0, 0.0], y), digests(X, y[::-1]), digests(X @ np.eye(3)[[0, 2, 1]], y)]
    assert len(set(digests(X, y)).union(*others)) == 8


def test_all_else_stays_as_it_is():
    X, y, _ = table(MOST_ROWS)
    one, two = np.ones(MOST_ROWS), np.repeat([1.0, 2.0], MOST_ROWS // 2)
    for rows in (
        Rows(X, y, None),  # all different
        Rows(X, y, one),
        Rows(X[:9], y[:9], np.linspace(1.0, 2.5, 9)),  # no whole multiples
        Rows(X, y, two),  # too many copies
        Rows(np.vstack([X, X[:1]]), np.append(y, y[0]), None),  # too many rows
    ):
        assert with_copies(rows) is rows
    half = slice(0, MOST_ROWS // 2)
    assert len(with_copies(Rows(X[half], y[half], np.full(MOST_ROWS // 2, 2.0))).X) == MOST_ROWS // 2


# fits -------------------------------------------------------------------------------------------


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize("solver", ["full", "minibatch", "exact"])
@pytest.mark.parametrize("compression", [None, "l0", "sum", "tt"])
def test_weights_and_copies_give_one_network(compression, solver):
    """Also from sparse rows; each sparse product may end in another digit than the dense one."""
    X, y, counts = table()
    again = repeated(counts)
    network = NNBCDClassifier((8,), compression=compression, solver=solver, max_iter=6, random_state=0)
    for form in (np.asarray, sparse.csr_array):
        weighted = clone(network).fit(form(X), y, sample_weight=counts)
        copies = clone(network).fit(form(X[again]), y[again])
        for one, other in zip(weighted.coefs_, copies.coefs_, strict=True):
            np.testing.assert_array_equal(one, other)
        assert weighted.loss_ == copies.loss_


def test_a_row_that_is_held_out_is_not_trained_on():
    """Its copies neither: a part is held out before weights become copies."""
    seen = []
    X, y, counts = table(60, 3)

    class Recorded(NNBCDClassifier):
        def _train(self, rows, targets, solver, validation=None, place=None):
            seen.append((rows, validation))
            return super()._train(rows, targets, solver, validation, place)

    Recorded((4,), early_stopping=True, max_iter=2, random_state=0).fit(X, y, sample_weight=counts + 1)
    rows, validation = seen[0]
    assert len(rows.X) > 60 and len(validation.X) == 6
    assert not {tuple(row) for row in rows.X} & {tuple(row) for row in validation.X}


#: those of scikit-learn's checks that formats and batches make hard
CHECKS = (
    "check_sample_weight_equivalence_on_dense_data",
    "check_sample_weight_equivalence_on_sparse_data",
    "check_methods_sample_order_invariance",
    "check_methods_subset_invariance",
    "check_regressor_multioutput",
)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("solver", ["minibatch", "exact"])
@pytest.mark.parametrize("compression", sorted(COMPRESSIONS))
@pytest.mark.parametrize("kind", [NNBCDClassifier, NNBCDRegressor])
def test_checks_that_batches_make_hard(kind, compression, solver):
    """All checks of all formats and solvers are in ``tests/benchmarks/checks.py``."""
    for name in CHECKS:
        if kind is NNBCDRegressor or "regressor" not in name:
            estimator = kind((8,), compression=compression, solver=solver, max_iter=4)
            getattr(estimator_checks, name)(kind.__name__, estimator)
