# SPDX-License-Identifier: BSD-3-Clause
"""Weighted moments of columns: against NumPy, in slices, in any parts, in any order."""

import functools
import operator

import numpy as np
import pytest
import scipy.sparse
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from sklearn_nnbcd.backends import SparseRows
from sklearn_nnbcd.numerics import ColumnMoments

NUMBERS = st.floats(-1e3, 1e3, width=32)


def expect_same(one, other, size):
    """Equal up to rounding of sums of squares of numbers of a size."""
    assert one.weight == pytest.approx(other.weight, rel=1e-12)
    np.testing.assert_allclose(one.mean, other.mean, rtol=1e-12, atol=1e-13 * size)
    np.testing.assert_allclose(one.square, other.square, rtol=1e-9, atol=1e-12 * one.weight * size**2)
    np.testing.assert_array_equal(one.largest, other.largest)


@given(
    st.data(),
    st.integers(1, 30),
    st.integers(1, 4),
    st.booleans(),
    st.lists(st.integers(0, 30), max_size=5),
)
def test_moments_of_parts_add_up(data, n, d, weighted, cuts):
    X = data.draw(arrays(np.float64, (n, d), elements=NUMBERS))
    s = data.draw(arrays(np.float64, n, elements=st.floats(1e-3, 1e3))) if weighted else None
    ends = [0, *sorted(min(cut, n) for cut in cuts), n]
    slices = [slice(a, b) for a, b in zip(ends, ends[1:]) if b > a]
    parts = [ColumnMoments.of(X[part], None if s is None else s[part]) for part in slices]
    whole, size = ColumnMoments.of(X, s), 1.0 + np.max(np.abs(X))
    expect_same(functools.reduce(operator.add, parts), whole, size)
    expect_same(functools.reduce(operator.add, parts[::-1]), whole, size)
    mean = np.average(X, axis=0, weights=s)
    counts = np.ones(n) if s is None else s
    plain = counts.sum(), mean, counts @ (X - mean) ** 2, X.min(0), X.max(0), np.zeros(d, dtype=bool)
    expect_same(whole, ColumnMoments(*plain), size)
    np.testing.assert_array_equal(whole.largest, np.abs(X).max(0))
    np.testing.assert_array_equal(whole.farthest, np.abs(X - whole.mean).max(0))


@given(arrays(np.float64, (7, 3), elements=NUMBERS), arrays(np.int64, 7, elements=st.integers(1, 5)))
def test_weights_are_copies(X, counts):
    copies = ColumnMoments.of(np.repeat(X, counts, axis=0))
    expect_same(ColumnMoments.of(X, counts.astype(float)), copies, 1.0 + np.max(np.abs(X)))


def test_slices_of_many_rows_are_one_sum():
    """40 columns: slices of 1,638 rows; single precision is added up in double."""
    rng = np.random.default_rng(0)
    X = (1000.0 + rng.normal(size=(5000, 40))).astype(np.float32)
    s = rng.uniform(0.1, 9.0, size=5000).astype(np.float32)
    moments, exact = ColumnMoments.of(X, s), X.astype(np.float64)
    mean = np.average(exact, axis=0, weights=s.astype(np.float64))
    np.testing.assert_allclose(moments.mean, mean, rtol=1e-12)
    variance = np.average((exact - mean) ** 2, axis=0, weights=s.astype(np.float64))
    np.testing.assert_allclose(moments.spread, np.sqrt(variance), rtol=1e-9)
    assert moments.mean.dtype == np.float64


def test_no_rows_have_no_moments():
    assert ColumnMoments.of(np.zeros((0, 3))) is None


def test_a_column_of_one_number_and_rounding_does_not_vary():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(50, 5)) * [0.0, 1e-7, 1.0, 0.0, 1e-4] + [0.1, 1e6, 0.0, 0.0, 1e6]
    moments = ColumnMoments.of(X)
    np.testing.assert_array_equal(moments.varies, [False, False, True, False, True])
    np.testing.assert_array_equal(moments.spread[[0, 1, 3]], 1.0)


@pytest.mark.parametrize("value", [0.1, 1e9 + 0.1, -7.3e-5])
@pytest.mark.parametrize("kind", [np.asarray, lambda X: SparseRows(scipy.sparse.csr_array(X))])
def test_one_number_has_no_spread_however_many_rows_and_weights(value, kind):
    """Its sum over the rows is rounded at every one of them."""
    n = 200_000
    X, s = np.full((n, 2), value), np.random.default_rng(0).uniform(0.1, 9.0, size=n)
    for weights in (None, s):
        np.testing.assert_array_equal(ColumnMoments.of(kind(X), weights).square, 0.0)


def test_numbers_whose_squares_overflow_are_named():
    with np.errstate(all="ignore"):
        moments = ColumnMoments.of(np.array([[1e200], [-1e200]]))
    with pytest.raises(ValueError, match="squares of the columns are not finite.*StandardScaler"):
        moments.checked()
    fine = ColumnMoments.of(np.eye(3))
    assert fine.checked() is fine
