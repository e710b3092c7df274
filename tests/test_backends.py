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


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_select_is_where(dtype):
    """Bitwise, also for numbers of very different size."""
    random = np.random.RandomState(0)
    a, b = (random.normal(size=(40, 3)) * 10.0 ** random.randint(-9, 9, size=(40, 3)) for _ in "ab")
    a, b, mask = a.astype(dtype), b.astype(dtype), random.uniform(size=(40, 3)) < 0.5
    chosen = NumpyBackend().select(mask, a, b, xp=xp)
    assert chosen.dtype == dtype
    np.testing.assert_array_equal(chosen, Backend().select(mask, a, b, xp=xp))
