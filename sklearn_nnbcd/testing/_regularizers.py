# SPDX-License-Identifier: BSD-3-Clause
"""Contract checker of regularisers; see :mod:`sklearn_nnbcd.testing`."""

from collections.abc import Callable
from typing import Any

import array_api_compat.numpy as array_numpy
import numpy as np

from ..regularizers import BaseRegularizer
from ._base import UNITS, Arrays, expect, expect_close, host


def check_regularizer(
    regularizer: BaseRegularizer, *, xp: Any = array_numpy, dtype: str = "float64", random_state: int = 0
) -> None:
    """value is per row and adds up over entries; prox minimises, by the three-point inequality.

    Of a regulariser that is not convex no point may have a lower value than the prox.
    """
    arrays = Arrays(xp, dtype, random_state)
    rng, shape = arrays.rng, (30, 4, 3)
    Z, z = arrays.put(10.0 ** rng.uniform(-2, 1, size=(30, 1, 1)) * rng.normal(size=shape))
    value = regularizer.value(Z, xp=xp)
    expect(value.shape == (30,) and value.dtype == Z.dtype, "value must be one number per row")
    entries = regularizer.value(xp.reshape(Z, (-1, 1)), xp=xp)
    summed = np.sum(np.reshape(host(entries, xp), (30, -1)), axis=1)
    finite = np.isfinite(summed)
    expect(np.array_equal(finite, np.isfinite(host(value, xp))), "value is not a sum over entries")
    size = UNITS * arrays.eps * (1.0 + np.abs(summed[finite]))
    expect_close(host(value, xp)[finite], summed[finite], size, "value is not a sum over entries")
    projected = regularizer.project(Z, xp=xp)
    expect(bool(np.all(np.isfinite(host(regularizer.value(projected, xp=xp), xp)))), "project misses")
    for weight in (0.05, 1.0, 30.0):
        P = regularizer.prox(Z, weight, xp=xp)
        expect(P.shape == Z.shape and P.dtype == Z.dtype, "prox must keep shape and dtype")
        p = host(P, xp)
        each = regularizer.prox(Z, xp.full_like(Z, weight), xp=xp)
        expect_close(host(each, xp), p, 4 * arrays.eps * (1 + np.abs(p)), "prox with weights per entry")

        def value(x: np.ndarray) -> np.ndarray:
            return host(regularizer.value(xp.asarray(x, dtype=Z.dtype), xp=xp), xp)

        for power in range(-4, 2):
            for direction in (rng.normal(size=shape), z - p, np.sign(rng.normal(size=shape))):
                near = xp.asarray(p + 10.0**power * direction, dtype=Z.dtype)
                other = host(regularizer.project(near, xp=xp), xp)
                share = 1.0 if regularizer.convex else 0.0
                check_three_points(value, z, p, other, weight, UNITS * arrays.eps, share)
    arrays.expect_unchanged("the regulariser")


def check_three_points(
    value: Callable[[np.ndarray], np.ndarray],
    z: np.ndarray,
    p: np.ndarray,
    other: np.ndarray,
    weight: float,
    tolerance: float,
    share: float,
) -> None:
    """r(p) + w/2 |p - z|^2 + share w/2 |x - p|^2 <= r(x) + w/2 |x - z|^2 for the minimiser p and any x."""

    def rows(x: np.ndarray) -> np.ndarray:
        return np.sum(np.reshape(x * x, (len(x), -1)), axis=1)

    left = value(p) + 0.5 * weight * (rows(p - z) + share * rows(other - p))
    right = value(other) + 0.5 * weight * rows(other - z)
    size = 1.0 + np.abs(right) + weight * (rows(z) + rows(other))
    expect(bool(np.all(left - right <= tolerance * size)), f"prox does not minimise for {weight:g}")
