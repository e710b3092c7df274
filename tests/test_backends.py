# SPDX-License-Identifier: BSD-3-Clause
"""What a backend does better must be what the generic one does."""

import array_api_compat.numpy as xp
import numpy as np
import pytest

from sklearn_nnbcd.backends import Backend, NumpyBackend
from sklearn_nnbcd.backends import _numpy as numpy_backend


@pytest.mark.parametrize("n", [1, 7, 64])
@pytest.mark.parametrize("row_bytes", [1, 5 * 8, 3 * 5 * 8])
def test_a_pass_over_slices_is_the_pass_over_all_rows(n, row_bytes, monkeypatch):
    """Slices of one row, of one row exactly, and of three with an odd end; rows bitwise, sums to 1e-13.

    64 rows of 5 numbers of order 1 are added in another order: rounding stays below 320 eps = 7e-14 of
    the sum of magnitudes.
    """
    monkeypatch.setattr(numpy_backend, "_SLICE_BYTES", row_bytes)
    random = np.random.RandomState(n)
    A, s = random.normal(size=(n, 5)), random.uniform(size=n)
    seen = []

    def step(A, missing, s):
        assert missing is None
        seen.append(A.shape[0])
        return (2.0 * A, A[:, 0] > 0.0), (xp.sum(A * A), s @ A)

    (rows, flags), (total, columns) = NumpyBackend().row_pass(step, A, None, s, xp=xp)
    assert sum(seen) == n and max(seen) <= max(1, row_bytes // 40)
    (all_rows, all_flags), (whole, all_columns) = Backend().row_pass(step, A, None, s, xp=xp)
    np.testing.assert_array_equal(rows, all_rows)
    np.testing.assert_array_equal(flags, all_flags)
    assert flags.dtype == bool
    np.testing.assert_allclose(total, whole, rtol=1e-13)
    np.testing.assert_allclose(columns, all_columns, rtol=1e-13, atol=1e-13)


def test_a_pass_may_write_over_what_it_is_given(monkeypatch):
    """Same rows bitwise, in an input; not where the spare array does not fit or is read-only."""
    monkeypatch.setattr(numpy_backend, "_SLICE_BYTES", 3 * 5 * 8)
    random = np.random.RandomState(0)
    A, B = random.normal(size=(2, 64, 5))

    def step(A, B):
        return (A + B, A * B), ()

    (total, product), _ = Backend().row_pass(step, A, B, xp=xp)
    spare, locked = A.copy(), np.zeros((64, 5))
    locked.flags.writeable = False
    for other in (None, np.zeros((64, 4)), np.zeros((64, 5), dtype=np.float32), locked):
        given = spare.copy()
        (first, second), _ = NumpyBackend().row_pass(step, given, B, into=(given, other), xp=xp)
        assert first is given and second is not other
        np.testing.assert_array_equal(first, total)
        np.testing.assert_array_equal(second, product)
        assert not locked.any()


@pytest.mark.parametrize("order", "CF")
@pytest.mark.parametrize("n, d", [(3, 1), (7, 192), (300, 193), (5, 400), (40, 1024)])
def test_gram_in_parts(n, d, order):
    """A'A, exactly symmetric; sums of n products of order 1 in another order differ by n eps at most."""
    A = np.asarray(np.random.RandomState(0).normal(size=(n, d)), order=order)
    G = NumpyBackend().gram(A, xp=xp)
    np.testing.assert_allclose(G, A.T @ A, rtol=0, atol=n * 16 * np.finfo(float).eps)
    np.testing.assert_array_equal(G, G.T)


def test_adding_to_the_diagonal_leaves_the_matrix():
    """The generic sum, of rows that do not lie one behind the other too."""
    A = np.random.RandomState(0).normal(size=(5, 7)).astype(np.float32)
    for part in (A[:, :5], A[:, 2:].T):
        before = part.copy()
        ours = NumpyBackend().add_to_diagonal(part, 0.3, xp=xp)
        np.testing.assert_array_equal(part, before)
        np.testing.assert_array_equal(ours, Backend().add_to_diagonal(part, 0.3, xp=xp))
        assert ours.dtype == np.float32
        with np.errstate(invalid="ignore"):
            assert np.isnan(NumpyBackend().add_to_diagonal(part, np.inf, xp=xp)).sum() == 20


def test_distinct_copies_what_overlaps_only():
    """A view of the other array is copied; an array of its own is not."""
    A = np.arange(6.0)
    for view in (A, A[2:], A.reshape(2, 3)):
        copied = NumpyBackend().distinct(view, A, xp=xp)
        assert not np.may_share_memory(copied, A)
        np.testing.assert_array_equal(copied, view)
    B = A.copy()
    assert NumpyBackend().distinct(B, A, xp=xp) is B
    assert Backend().distinct(B, A, xp=xp) is B and Backend().distinct(A, A, xp=xp) is not A


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_select_by_sign_is_where(dtype):
    """Bitwise, for numbers of very different size, infinite ones, and columns of another array."""
    random = np.random.RandomState(0)
    a, b = (random.normal(size=(40, 6)) * 10.0 ** random.randint(-4, 4, size=(40, 6)) for _ in "ab")
    a, b, q = a.astype(dtype), b.astype(dtype), random.normal(size=(40, 6)).astype(dtype)
    a[0, 0], b[1, 1], q[2, 2], q[3, 3] = np.inf, -np.inf, np.inf, -np.inf
    for part in (slice(None), slice(1, 4)):
        chosen = NumpyBackend().select_by_sign(q[:, part], a[:, part], b[:, part], xp=xp)
        assert chosen.dtype == dtype
        np.testing.assert_array_equal(chosen, np.where(q > 0, a, b)[:, part])
        np.testing.assert_array_equal(
            chosen, Backend().select_by_sign(q[:, part], a[:, part], b[:, part], xp=xp)
        )


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_select_is_where(dtype):
    """Bitwise, also for numbers of very different size."""
    random = np.random.RandomState(0)
    a, b = (random.normal(size=(40, 3)) * 10.0 ** random.randint(-9, 9, size=(40, 3)) for _ in "ab")
    a, b, mask = a.astype(dtype), b.astype(dtype), random.uniform(size=(40, 3)) < 0.5
    chosen = NumpyBackend().select(mask, a, b, xp=xp)
    assert chosen.dtype == dtype
    np.testing.assert_array_equal(chosen, Backend().select(mask, a, b, xp=xp))
