# SPDX-License-Identifier: BSD-3-Clause
"""Contract checkers of derivatives, which the mini-batch solver asks for, by finite differences."""

import array_api_compat.numpy as array_numpy
import numpy as np

from ._base import UNITS, Arrays, example_targets, expect, expect_close, host

#: step of a central difference, and its error where the third derivative is about one
STEP, TOLERANCE = 1e-5, 1e-8


def check_derivative(activation, *, xp=array_numpy, dtype="float64", random_state=0):
    """derivative(U) is the slope of sigma where sigma is smooth, between two at a kink."""
    arrays = Arrays(xp, dtype, random_state)
    U, u = arrays.put(3.0 * arrays.rng.normal(size=(40, 30)))
    D = activation.derivative(U, xp=xp)
    arrays.expect_unchanged("derivative")
    expect(D.shape == U.shape and D.dtype == U.dtype, "derivative must keep shape and dtype")
    ahead, here, behind = (np.asarray(activation(u + h, xp=array_numpy)) for h in (STEP, 0.0, -STEP))
    right, left = (ahead - here) / STEP, (here - behind) / STEP
    between = np.clip(host(D, xp), np.minimum(left, right), np.maximum(left, right))
    # Where sigma is smooth the one-sided slopes differ by sigma'' STEP, and their mean is exact.
    smooth = np.abs(right - left) < 1e3 * STEP
    expected = np.where(smooth, 0.5 * (left + right), between)
    tolerance = TOLERANCE + UNITS * arrays.eps * (1.0 + np.abs(expected))
    expect_close(host(D, xp), expected, tolerance, "derivative is not the slope of sigma")


def check_gradient(loss, *, xp=array_numpy, dtype="float64", random_state=0):
    """gradient(Y, V) is a subgradient: the one-sided slopes of value lie on its two sides."""
    for d in (1, 2, 4):
        arrays = Arrays(xp, dtype, random_state + d)
        Y, y = arrays.put(example_targets(loss, 50, d, arrays.rng))
        V, v = arrays.put(2.0 * arrays.rng.normal(size=(50, d)))
        gradient = loss.gradient(Y, V, xp=xp)
        arrays.expect_unchanged("gradient")
        expect(
            gradient.shape == V.shape and gradient.dtype == V.dtype,
            "gradient must keep shape and dtype",
        )
        slope, here = host(gradient, xp), loss.value(y, v, xp=array_numpy)
        for k in range(d):
            step = STEP * np.eye(d)[k]
            right = (loss.value(y, v + step, xp=array_numpy) - here) / STEP
            left = (here - loss.value(y, v - step, xp=array_numpy)) / STEP
            central = np.clip(slope[:, k], left, right)
            smooth = right - left < 1e3 * STEP * (1.0 + np.abs(right))
            central = np.where(smooth, 0.5 * (left + right), central)
            tolerance = (TOLERANCE + UNITS * arrays.eps) * (1.0 + np.abs(central) + here)
            expect_close(slope[:, k], central, tolerance, "gradient is not the slope of value")
