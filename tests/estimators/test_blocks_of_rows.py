# SPDX-License-Identifier: BSD-3-Clause
"""Rows of a prediction are checked, cast and mapped a block at a time: nobody may notice."""

import numpy as np
import pytest

from sklearn_nnbcd import NNBCDClassifier
from sklearn_nnbcd.activations import ACTIVATIONS
from sklearn_nnbcd.backends import Backend, NumpyBackend
from sklearn_nnbcd.network import ColumnMap
from sklearn_nnbcd.placements import by_blocks

N_ROWS, N_COLUMNS = 40_000, 4  # several blocks
KINDS = {
    "plain": {},
    "ramps": {"column_bins": 6},
    "few bits": {"bits": 4, "column_bins": 6},
    "tt": {"compression": "tt", "rank": 2, "column_bins": 0},
    "integers": {"bits": 8, "activation_bits": 8},
}


@pytest.fixture(scope="module")
def table():
    X = np.random.RandomState(0).randint(-9, 10, size=(N_ROWS, N_COLUMNS)).astype(float)
    X[7, 0] = 300.0  # a column that is bent
    return X, (np.sin(X[:, 0]) + X[:, 1] > 0).astype(int)


@pytest.fixture(scope="module", params=KINDS)
def fitted(request, table):
    X, y = table
    network = NNBCDClassifier((8,), random_state=0, max_iter=2, **KINDS[request.param])
    return network.fit(X[:2000], y[:2000])


def test_kinds_of_tables_give_the_same(fitted, table):
    X = table[0]
    expected = fitted.decision_function(X)
    for same in (np.asfortranarray(X), X.astype(np.int16), np.repeat(X, 2, axis=0)[::2]):
        np.testing.assert_array_equal(fitted.decision_function(same), expected)
    parts = [fitted.decision_function(X[start : start + 777]) for start in range(0, N_ROWS, 777)]
    np.testing.assert_allclose(np.concatenate(parts), expected, rtol=1e-9, atol=1e-9)
    single = fitted.decision_function(X.astype(np.float32))
    np.testing.assert_allclose(single, expected, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("entry", [np.nan, np.inf, -np.inf])
def test_the_last_block_is_checked_too(fitted, table, entry):
    X = table[0].copy()
    X[-1, -1] = entry
    with pytest.raises(ValueError, match="NaN|infinity"):
        fitted.predict(X)


def test_sums_that_overflow_are_no_fault_of_the_rows(table):
    """Large entries have a sum that is not finite; each of them is."""
    X, y = table
    network = NNBCDClassifier((8,), random_state=0, max_iter=2, column_bins=0).fit(X[:2000], y[:2000])
    assert network.network_.columns.bend is not None
    X = np.concatenate([X, np.full((2, N_COLUMNS), 1e308)])
    np.testing.assert_array_equal(network.predict(X)[:N_ROWS], network.predict(X[:N_ROWS]))


def test_ramps_by_rows_and_by_columns(fitted, table):
    columns = fitted.network_.columns
    if columns is None or columns.ramps is None:
        return
    X = columns.bend(table[0]) if columns.bend is not None else table[0]
    for rows in (X[:1], X[:500], X[:500].astype(np.float32)):
        arguments = rows, *columns.ramps._steps(rows.dtype)
        expected = Backend().with_ramps(*arguments, False, xp=np)
        by_columns = NumpyBackend().with_ramps(*arguments, True, xp=np)
        assert by_columns.T.flags.c_contiguous
        np.testing.assert_array_equal(by_columns, expected)
        np.testing.assert_array_equal(ColumnMap(None, columns.ramps)(rows, once=True), expected)


@pytest.mark.parametrize("width", [1, 3, 32, 33, 100])
def test_row_maxima(width):
    A = np.random.RandomState(0).normal(size=(50, width))
    np.testing.assert_array_equal(NumpyBackend().row_maxima(A, xp=np), A.max(axis=1))


def test_columns_in_place_of_others():
    X = np.random.RandomState(0).normal(size=(50, 5))
    columns, part, order = np.asarray([1, 4]), X[:, :2] + 1.0, np.asarray([0, 5, 2, 3, 6])
    expected = Backend().with_columns(X, columns, part, order, xp=np)
    before = X.copy()
    np.testing.assert_array_equal(NumpyBackend().with_columns(X, columns, part, order, xp=np), expected)
    np.testing.assert_array_equal(X, before)


@pytest.mark.parametrize("n", [1, 9, 10, 11, 25])
def test_blocks_are_put_together(n):
    X = np.random.RandomState(0).normal(size=(n, 3))
    np.testing.assert_array_equal(by_blocks(lambda part: 2.0 * X[part], n, 10), 2.0 * X)
    np.testing.assert_array_equal(by_blocks(lambda part: X[part, 0], n, 10), X[:, 0])


def test_probabilities_of_blocks(fitted, table):
    X = table[0]
    targets, V = fitted.targets_, fitted.network_.forward(X)
    if fitted.integers_ is None:
        np.testing.assert_array_equal(fitted.predict_proba(X), targets.to_proba(V, xp=np))


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_activations_over_their_inputs(name):
    activation, U = ACTIVATIONS[name](), np.random.RandomState(0).normal(size=(20, 5))
    expected = activation(U, xp=np)
    np.testing.assert_array_equal(activation.over(U.copy(), xp=np), expected)
