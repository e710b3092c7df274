# SPDX-License-Identifier: BSD-3-Clause
"""Contract checkers of derivatives, which the mini-batch solver asks for, by finite differences."""

from typing import Any

import array_api_compat.numpy as array_numpy
import numpy as np

from ..activations import BaseActivation
from ..losses._base import LEAST_CURVATURE, BaseLoss
from ._base import UNITS, Arrays, example_targets, expect, expect_close, host

#: step of a central difference, and its error where the third derivative is about one
STEP, TOLERANCE = 1e-5, 1e-8


def check_derivative(
    activation: BaseActivation, *, xp: Any = array_numpy, dtype: str = "float64", random_state: int = 0
) -> None:
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


def check_gradient(
    loss: BaseLoss, *, xp: Any = array_numpy, dtype: str = "float64", random_state: int = 0
) -> None:
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


def check_hessian(
    loss: BaseLoss, *, xp: Any = array_numpy, dtype: str = "float64", random_state: int = 0
) -> None:
    """mean_hessian(Y, V, s) is the weighted mean of second differences, symmetric and semidefinite.

    A stand-in (``exact_hessian`` is false) need only be at least that large, and positive where there
    is a slope. Weights count as copies, and only their ratios matter. ``expansion`` gives the same.
    """
    for d in (1, 2, 4):
        arrays = Arrays(xp, dtype, random_state + d)
        rng, n = arrays.rng, 50
        Y, y = arrays.put(example_targets(loss, n, d, rng))
        V, v = arrays.put(2.0 * rng.normal(size=(n, d)))
        copies = rng.integers(4, size=n)
        S, s = arrays.put(copies)
        plain = checked_hessian(loss, arrays, Y, V, None)
        weighted = checked_hessian(loss, arrays, Y, V, S)
        for H, weights in (plain, np.ones(n)), (weighted, s):
            compare_hessian(loss, H, y, v, weights, arrays.eps)
        compare_expansion(loss, arrays, Y, V, S)
        rounding = UNITS * arrays.eps * (1.0 + np.max(np.abs(weighted)))
        repeated = [arrays.put(np.repeat(x, copies, axis=0))[0] for x in (y, v)]
        there = checked_hessian(loss, arrays, repeated[0], repeated[1], None)
        expect_close(weighted, there, rounding, "weights in mean_hessian are not that many copies")
        scaled = checked_hessian(loss, arrays, Y, V, arrays.put(3.5 * s)[0])
        expect_close(scaled, weighted, rounding, "mean_hessian changes with the sum of the weights")
        # Outputs that no fit means, outputs without an error, and a batch without a weight.
        checked_hessian(loss, arrays, Y, arrays.put(1e3 * v)[0], S)
        checked_hessian(loss, arrays, Y, Y, None)
        checked_hessian(loss, arrays, Y, V, arrays.put(np.zeros(n))[0])


def checked_hessian(loss: BaseLoss, arrays: Arrays, Y: Any, V: Any, s: Any) -> np.ndarray:
    """mean_hessian as a float64 NumPy array, if it has all that does not depend on the loss."""
    try:
        H = loss.mean_hessian(Y, V, s, xp=arrays.xp)
    except (AttributeError, NotImplementedError) as error:
        raise AssertionError(f"{type(loss).__name__} has no mean_hessian") from error
    arrays.expect_unchanged("mean_hessian")
    d = V.shape[1]
    expect(tuple(H.shape) == (d, d), f"mean_hessian has shape {tuple(H.shape)} for {d} outputs")
    expect(H.dtype == V.dtype, "mean_hessian must keep the dtype")
    H = host(H, arrays.xp)
    expect(bool(np.all(np.isfinite(H))), "mean_hessian is not finite")
    size = np.max(np.abs(H))
    expect_close(H, H.T, arrays.eps * size, "mean_hessian is not symmetric")
    least = np.linalg.eigvalsh(H)[0]
    expect(least >= -UNITS * arrays.eps * size, f"mean_hessian has the eigenvalue {least:.3g}")
    return H


def compare_expansion(loss: BaseLoss, arrays: Arrays, Y: Any, V: Any, s: Any) -> None:
    """Raise unless ``expansion`` is what value, gradient and mean_hessian give one by one."""
    xp = arrays.xp
    alone = loss.value(Y, V, xp=xp), loss.gradient(Y, V, xp=xp), loss.mean_hessian(Y, V, s, xp=xp)
    *together, hessian = loss.expansion(Y, V, s, xp=xp)
    together.append(hessian())
    arrays.expect_unchanged("expansion")
    for name, one, other in zip(("value", "gradient", "mean_hessian"), alone, together, strict=True):
        one, other = host(one, xp), host(other, xp)
        rounding = UNITS * arrays.eps * (1.0 + np.max(np.abs(one)))
        expect_close(other, one, rounding, f"expansion gives another {name}")


def compare_hessian(
    loss: BaseLoss, H: np.ndarray, y: np.ndarray, v: np.ndarray, s: np.ndarray, eps: float
) -> None:
    """Raise unless H is the mean of second differences, or at least that if it is a stand-in."""
    d, share = v.shape[1], (s / np.sum(s))[:, None]
    slopes = np.sum(share * np.abs(loss.gradient(y, v, xp=array_numpy)), axis=0)
    flat = (np.diag(H) <= 0.0) & (slopes > 0.0)
    expect(not bool(np.any(flat)), "mean_hessian is zero where the loss has a slope")
    expected = np.zeros((d, d))
    for k in range(d):
        step = STEP * np.eye(d)[k]
        rise = loss.gradient(y, v + step, xp=array_numpy) - loss.gradient(y, v - step, xp=array_numpy)
        if not loss.exact_hessian:
            rise = np.where(np.abs(rise) < 0.5, rise, 0.0)  # no kink between the two
        expected[k] = np.sum(share * rise, axis=0) / (2.0 * STEP)
    tolerance = (TOLERANCE + UNITS * eps) * (1.0 + np.max(np.abs(expected)))
    if loss.exact_hessian:
        diagonal = np.diag(expected)  # an output may be raised to the least curvature
        raised = np.clip(np.diag(H) - diagonal, 0.0, np.clip(LEAST_CURVATURE - diagonal, 0.0, None))
        expected = expected + np.diag(raised)
        expect_close(H, expected, tolerance, "mean_hessian is not the mean second difference")
    else:
        least = np.linalg.eigvalsh(H - expected)[0]
        expect(least >= -tolerance, f"mean_hessian is below the mean second difference by {-least:.3g}")
