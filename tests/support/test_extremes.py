# SPDX-License-Identifier: BSD-3-Clause
"""Moments of columns without extreme entries."""

from functools import partial

import numpy as np
import pytest

from sklearn_nnbcd.numerics import ColumnMoments, InnerSums, without_extremes
from sklearn_nnbcd.numerics._extremes import EXTREME_SHARE


def table(n=2000):
    """Columns with nothing extreme, with a few far entries of one size and of two, and with too many."""
    rng = np.random.default_rng(0)
    X = 3.0 + rng.standard_normal((n, 6))
    X[:20, 1] += 1e6
    X[:20, 2], X[20:35, 2] = 1e4, -1e9
    X[: int(2 * EXTREME_SHARE * n), 3] += 1e6
    X[:, 4] = 7.0
    X[:, 5] = rng.random(n) < 0.01
    return rng.permuted(X, axis=0)


def of(X, s=None):
    return without_extremes(ColumnMoments.of(X, s), partial(InnerSums.of, X, s))


@pytest.mark.parametrize("weighted", [False, True])
def test_extremes_are_left_out_and_nothing_else(weighted):
    """The moments are those of the other entries, to rounding beside the extreme ones, which are 1e9."""
    X = table()
    s = np.full(len(X), 0.5) if weighted else None
    found = of(X, s)
    assert found.extreme.tolist() == [False, True, True, False, False, False]
    for j, least in enumerate([-np.inf, -np.inf, -1e3, -np.inf, -np.inf, -np.inf]):
        x = X[:, j]
        inner = x[(x < 1e3) & (x > least)] if found.extreme[j] else x
        np.testing.assert_allclose(found.mean[j], inner.mean(), rtol=1e-6)
        np.testing.assert_allclose(
            np.sqrt(found.square[j] / found.weight), inner.std(), rtol=1e-6, atol=1e-12
        )
        assert (found.lowest[j], found.highest[j]) == (inner.min(), inner.max())


@pytest.mark.parametrize("weighted", [False, True])
def test_a_column_is_alone(weighted):
    """What a column has beside it changes none of its moments."""
    X = table()
    s = np.random.default_rng(1).random(len(X)) if weighted else None
    together = of(X, s)
    for j in range(X.shape[1]):
        alone = of(X[:, [j]], s)
        for name in ("mean", "square", "lowest", "highest", "extreme"):
            # sums over rows of another width may be added up in another order
            np.testing.assert_allclose(
                getattr(together, name)[j], getattr(alone, name)[0], rtol=1e-9, atol=1e-9, err_msg=name
            )


@pytest.mark.parametrize("library", ["torch", "array_api_strict"])
def test_other_libraries(library):
    xp = pytest.importorskip(library)
    X = table()
    there, here = of(xp.asarray(X)), of(X)
    for name in ("mean", "square", "lowest", "highest", "extreme"):
        found = np.asarray(getattr(there, name))
        np.testing.assert_allclose(found, getattr(here, name), rtol=1e-9, atol=1e-9, err_msg=name)
