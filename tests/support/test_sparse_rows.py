# SPDX-License-Identifier: BSD-3-Clause
"""Sparse rows against the dense matrices that they stand for, and the sketch of a Gram matrix."""

import pickle
from dataclasses import replace

import numpy as np
import pytest
from problems import NUMPY, make_problem
from scipy import sparse

from sklearn_nnbcd.backends import RowBasis, SparseRows, namespace_of
from sklearn_nnbcd.backends._sparse import with_columns_filled
from sklearn_nnbcd.engine import (
    fit_full,
    initial_weights,
    start_block,
)
from sklearn_nnbcd.network import InputMap
from sklearn_nnbcd.numerics import ColumnMoments, InnerSums
from sklearn_nnbcd.numerics import _moments as moments_module
from sklearn_nnbcd.numerics._sketch import GramSketch
from sklearn_nnbcd.placements import InMemory

#: numbers of size one, sums of a hundred of them
CLOSE = {"rtol": 1e-12, "atol": 1e-12}


def table(n=50, d=9, density=0.3, seed=0):
    rng = np.random.default_rng(seed)
    return rng.normal(size=(n, d)) * (rng.random((n, d)) < density)


def pairs():
    """Sparse rows as they came, about a mean, weighted, with a constant; and what they stand for."""
    X, rng = table(), np.random.default_rng(1)
    shift, roots = rng.normal(size=9), rng.random((50, 1)) + 0.5
    S, ones = SparseRows.of(sparse.csr_array(X)), np.ones((50, 1))
    yield "plain", S, X
    yield "centred", S - shift, X - shift
    yield "weighted", (S - shift) * roots, (X - shift) * roots
    yield "halved", (S - shift) * 0.5, (X - shift) * 0.5
    yield "constant", (S - shift).with_constant() * roots, np.hstack([X - shift, ones]) * roots
    yield "only constant", S.with_constant(), np.hstack([X, ones])


@pytest.mark.parametrize("name, A, dense", [pytest.param(*pair, id=pair[0]) for pair in pairs()])
def test_products_are_those_of_the_dense_matrix(name, A, dense):
    rng = np.random.default_rng(2)
    W, E, s = rng.normal(size=(dense.shape[1], 4)), rng.normal(size=(50, 4)), rng.random(50)
    assert A.shape == dense.shape and len(A) == 50 and namespace_of(A) is NUMPY
    np.testing.assert_allclose(A @ W, dense @ W, **CLOSE)
    np.testing.assert_allclose(A.T @ E, dense.T @ E, **CLOSE)
    np.testing.assert_allclose(s @ A, s @ dense, **CLOSE)
    np.testing.assert_allclose(A.column_sums(), dense.sum(axis=0), **CLOSE)
    np.testing.assert_allclose(A.column_squares(), (dense**2).sum(axis=0), **CLOSE)
    np.testing.assert_allclose(A.T @ A, dense.T @ dense, **CLOSE)
    np.testing.assert_allclose(A.row_gram(), dense @ dense.T, **CLOSE)
    for rows in (slice(3, 20), np.array([4, 9, 9]), s > 0.5):
        np.testing.assert_allclose(A[rows] @ W, dense[rows] @ W, **CLOSE)
    np.testing.assert_allclose(pickle.loads(pickle.dumps(A)) @ W, A @ W, rtol=0, atol=0)
    basis = RowBasis(A, E)
    np.testing.assert_allclose(basis @ W.T[:, :4].T[:4], dense.T @ E @ W[:4], **CLOSE)
    np.testing.assert_allclose(basis.T @ W, E.T @ dense @ W, **CLOSE)
    assert basis.shape == (dense.shape[1], 4)
    single = A.astype(np.float32)
    assert (
        single.dtype == (single @ W.astype(np.float32)).dtype == np.float32
        and A.astype(A.dtype, copy=False) is A
    )


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_rows_of_nothing_but_zeros(dtype):
    """Nothing is stored, so nothing says what the sums are made of."""
    S, dense = SparseRows.of(sparse.csr_array((7, 3), dtype=dtype)), np.zeros((7, 3), dtype)
    for rows, plain in ((S, dense), (S - np.ones(3, dtype), dense - 1.0)):
        assert rows.column_squares().dtype == dtype
        np.testing.assert_array_equal(rows.column_squares(), (plain**2).sum(axis=0))
        np.testing.assert_array_equal(rows.column_sums(), plain.sum(axis=0))
        np.testing.assert_array_equal(rows.T @ rows, plain.T @ plain)


@pytest.mark.parametrize("density", [0.001, 0.5])
def test_both_ways_to_the_gram_matrix(density):
    """By sparse products, and by slices of rows where much is stored."""
    X = table(300, 60, density)
    np.testing.assert_allclose(
        (SparseRows.of(sparse.csr_array(X)) - X.mean(0)).gram(), 300 * np.cov(X.T, bias=True), atol=1e-10
    )


def test_rows_are_not_taken_about_a_mean_after_they_were_weighted():
    with pytest.raises(ValueError, match="before they are weighted"):
        (SparseRows.of(sparse.csr_array(table())) * 2.0) - np.ones(9)


def test_filled_columns_store_every_entry_and_change_none():
    X, columns = table(), np.array([0, 4, 8])
    S = with_columns_filled(sparse.csr_array(X), columns)
    np.testing.assert_array_equal(S.toarray(), X)
    counts = np.bincount(S.indices, minlength=9)
    assert (counts[columns] == 50).all() and S.nnz == 150 + np.count_nonzero(np.delete(X, columns, axis=1))


# moments ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("entries", [2**3, 2**20])
@pytest.mark.parametrize("weighted", [True, False])
def test_moments_and_inner_sums_count_the_zeros(weighted, entries, monkeypatch):
    monkeypatch.setattr(moments_module, "_ENTRIES", entries)  # in one slice and in several
    X = table(200)
    X[:, 2] += 100.0
    s = np.random.default_rng(3).random(200) if weighted else None
    S = SparseRows.of(sparse.csr_array(X))
    columns, centre, reach = np.asarray([0, 2, 3, 7]), np.linspace(-1, 1, 9), np.linspace(0.1, 2.0, 9)
    for ours, theirs in (
        (ColumnMoments.of(S, s), ColumnMoments.of(X, s)),
        (InnerSums.of(S, s, columns, centre, reach), InnerSums.of(X, s, columns, centre, reach)),
    ):
        for name, value in vars(theirs).items():
            np.testing.assert_allclose(getattr(ours, name), value, rtol=1e-12, atol=1e-10, err_msg=name)


@pytest.mark.parametrize("extreme", [False, True])
def test_mapped_rows_are_the_mapped_table(extreme):
    """Zeros far from the origin are stored, entries beyond the reach are drawn in, all others stay sparse."""
    X = table(400, 9, 0.1)
    X[:, 3], X[:, 5], X[:, 6] = X[:, 3] + 1e4, np.arange(400) % 10 > 0, 3.0
    S = SparseRows.of(sparse.csr_array(X))
    inputs = InputMap.from_moments(ColumnMoments.of(S), X, centre=True)
    if extreme:
        inputs = replace(inputs, reach=np.where(np.arange(9) < 5, 0.5, np.inf))
    assert np.flatnonzero(inputs.far).tolist() == [3, 5]
    Z = inputs(S)
    np.testing.assert_allclose(Z @ np.eye(9), inputs(X), rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose(inputs.without_extremes(S) @ np.eye(9), inputs.without_extremes(X), rtol=1e-12)
    sparse_columns = np.delete(np.arange(9), [3, 5, 6])
    assert Z.entries.nnz == 3 * 400 + np.count_nonzero(X[:, sparse_columns])


def test_single_precision_bears_columns_far_from_zero():
    """1e4 +- 1 about its mean: S - 1 c' would keep three of seven digits, stored deviations keep all."""
    X = table(400)
    X[:, 3] = 1e4 + np.random.default_rng(4).normal(size=400)
    S = SparseRows.of(sparse.csr_array(X.astype("float32")))
    inputs = InputMap.from_moments(ColumnMoments.of(S), S, centre=True)
    exact = X.astype("float32").astype(float)
    spread = exact.std(axis=0) * inputs.scale
    np.testing.assert_allclose(np.sqrt(np.diag(inputs(S).gram()) / 400), spread, rtol=1e-4)


# the sketch -------------------------------------------------------------------------------------


def columns_of_rank(k, n=300, d=80):
    """Rows with a constant, most of whose variance lies in k directions."""
    rng = np.random.default_rng(5)
    X = 5.0 * rng.normal(size=(n, k)) @ rng.normal(size=(k, d)) + 0.3 * rng.normal(size=(n, d))
    return np.hstack([X + rng.normal(size=d), np.ones((n, 1))]) * n**-0.5


def test_the_sketch_lies_below_the_gram_matrix_and_keeps_what_matters():
    A = columns_of_rank(10)
    G, sketch = A.T @ A, GramSketch.of(A)
    E, size = sketch.factor, np.trace(G)
    np.testing.assert_allclose(sketch.diagonal, np.diag(G), rtol=1e-12)
    np.testing.assert_allclose(sketch.last_column, G[:, -1], rtol=1e-10)
    np.testing.assert_allclose(E @ (E.T @ sketch.tests), G @ sketch.tests, atol=1e-9 * size)
    assert np.linalg.eigvalsh(G - E @ E.T).min() > -1e-9 * size
    assert np.linalg.norm(G - E @ E.T - np.diag(sketch.remainder), 2) < 0.01 * np.linalg.norm(G, 2)
    assert sketch.eigenvalues().sum() == pytest.approx(size, rel=1e-9)
    assert sketch.mean_diagonal() == pytest.approx(size / 81, rel=1e-12)


def test_the_inverse_is_that_of_the_sketch():
    sketch = GramSketch.of(columns_of_rank(10))
    dense = sketch.factor @ sketch.factor.T + np.diag(sketch.remainder + 0.7)
    np.testing.assert_allclose(sketch.inverse(0.7) @ np.eye(81), np.linalg.inv(dense), atol=1e-10)


def test_sums_of_sketches_are_sketches_of_sums():
    A, B = columns_of_rank(10), columns_of_rank(3)[:120]
    first = GramSketch.of(A)
    total = 0.25 * first + 0.75 * GramSketch.of(B, first.tests)
    both = GramSketch.of(np.vstack([0.5 * A, 0.75**0.5 * B]), first.tests)
    for name in ("diagonal", "products", "factor"):
        np.testing.assert_allclose(getattr(total, name), getattr(both, name), atol=1e-9)


# (12) without a Gram matrix ---------------------------------------------------------------------


@pytest.mark.parametrize("compression", ["none", "low_rank"])
@pytest.mark.parametrize("weighted", [True, False])
def test_a_wide_problem_is_minimised_like_a_narrow_one(weighted, compression):
    """Eight conjugate gradient steps for ten columns all but solve (12); L falls in every sweep."""
    X, rng = table(60, 10) + np.linspace(0, 2, 10), np.random.default_rng(6)
    narrow = make_problem((10, 6, 2), activation="relu", compression=compression, compress_output=False)
    Y, s = rng.normal(size=(60, 2)), rng.random(60) + 0.5 if weighted else None
    shapes = [(10, 6), (6, 2)]
    W = (None, *(0.5 * rng.normal(size=shape) for shape in shapes))
    b = (None, np.zeros(6), np.zeros(2))
    found = []
    for problem in (narrow, replace(narrow, wide=True)):
        curve, weights = [], initial_weights(problem, W, b)
        placement = InMemory(
            [
                (SparseRows.of(sparse.csr_array(X[r])), Y[r], None if s is None else s[r])
                for r in (slice(0, 25), slice(25, 60))
            ]
        )
        placement.map(start_block, problem, weights)
        weights, last, _ = fit_full(
            problem,
            weights,
            placement,
            max_iter=15,
            on_sweep=lambda k, w, terms, to=curve: to.append(terms.total),
        )
        curve.append(last.total)
        assert np.all(np.diff(curve) <= 1e-12 * np.abs(curve[:-1]))
        found.append((curve, weights.W[1]))
    np.testing.assert_allclose(found[1][0], found[0][0], rtol=1e-3)
