# SPDX-License-Identifier: BSD-3-Clause
"""Polynomials of any degree."""

import math
from collections.abc import Sequence
from numbers import Real
from typing import Any

from ..numerics._scalar import bracketed_newton
from ._base import BaseActivation


def _evaluate(coefficients: Sequence, U: Any) -> Any:
    """Horner's rule; coefficients are numbers or arrays, the constant first."""
    value = coefficients[-1]
    for a in reversed(coefficients[:-1]):
        value = value * U + a
    return value


def _differentiate(coefficients: Sequence) -> list:
    return [k * a for k, a in enumerate(coefficients)][1:]


def _multiply(a: Sequence, b: Sequence) -> list:
    product = [0.0] * (len(a) + len(b) - 1)
    for i, x in enumerate(a):
        for j, y in enumerate(b):
            product[i + j] = product[i + j] + x * y
    return product


def real_roots(coefficients: Sequence, low: Any, high: Any, *, xp: Any) -> list:
    """Points of [low, high] among which are all real roots of polynomials, entry by entry.

    Between neighbouring roots of its derivative a polynomial is monotone, so each gap holds one
    root at most, found by bracketed Newton; from the linear derivative upwards.

    Parameters
    ----------
    coefficients : list of numbers or arrays
        The constant first.
    low, high : arrays of one shape
    xp : module
        Array API namespace.

    Returns
    -------
    points : list of arrays
        In rising order; a gap without a root gives one of its ends.
    """
    if len(coefficients) < 2:
        return []
    derivative = _differentiate(coefficients)
    ends = [low, *real_roots(derivative, low, high, xp=xp), high]
    points = []
    for left, right in zip(ends[:-1], ends[1:], strict=True):
        at_left, at_right = _evaluate(coefficients, left), _evaluate(coefficients, right)
        sign = xp.where(at_left > at_right, -xp.ones_like(low), xp.ones_like(low))
        crosses = xp.logical_and(sign * at_left <= 0.0, sign * at_right >= 0.0)
        stop = xp.where(crosses, right, left)

        def function(u: Any, sign: Any = sign) -> tuple[Any, Any]:
            return sign * _evaluate(coefficients, u), sign * _evaluate(derivative, u)

        middle = 0.5 * (left + stop)
        points.append(bracketed_newton(function, middle, left, stop, xp=xp))
    return points


class Polynomial(BaseActivation):
    """sigma(u) = a_0 + a_1 u + a_2 u^2 + ...

    The exact U step looks at every stationary point; its time grows with the square of the degree.
    "square" is faster than ``Polynomial((0, 0, 1))``.

    Parameters
    ----------
    coefficients : sequence of float, default=(0.0, 0.5, 0.25)
        a_0, a_1, ... of degree at least 1.
    """

    def __init__(self, coefficients: Sequence[float] = (0.0, 0.5, 0.25)):
        self.coefficients = coefficients

    def check_parameters(self) -> None:
        """Raise unless ``coefficients`` are finite numbers."""
        self._checked()

    def _checked(self) -> list[float]:
        given = self.coefficients
        numbers = list(given) if isinstance(given, list | tuple) else []
        while numbers and numbers[-1] == 0:
            numbers.pop()
        known = all(isinstance(a, Real) and math.isfinite(a) for a in numbers)
        if len(numbers) < 2 or not known:
            raise ValueError(
                "The 'coefficients' of Polynomial must be finite numbers a_0, a_1, ..., not "
                f"all zero after a_0. Got {given!r}. Try (0.0, 0.5, 0.25) for u/2 + u^2/4."
            )
        return [float(a) for a in numbers]

    def __call__(self, U: Any, *, xp: Any) -> Any:
        """a_0 + a_1 U + a_2 U^2 + ..."""
        return _evaluate(self._checked(), U)

    def prox(self, V: Any, center: Any, weight: float, *, xp: Any) -> Any:
        """The best stationary point.

        It is within ``|u - center| <= |sigma(center) - v| / sqrt(weight)`` and, as a root of a
        polynomial with coefficients p_0 ... p_m, ``|u| <= 2 max_k |p_{m-k} / p_m|^(1/k)`` (Fujiwara).
        """
        a = self._checked()
        derivative = _differentiate(a)
        slope = _multiply(a, derivative)  # of degree 1 or more: sigma sigma'
        for k, d in enumerate(derivative):
            slope[k] = slope[k] - V * d
        slope[0] = slope[0] - weight * center
        slope[1] = slope[1] + weight
        reach = xp.abs(_evaluate(a, center) - V) * (1.0 / math.sqrt(weight))
        bound = xp.zeros_like(V)
        for k in range(1, len(slope)):
            ratio = xp.abs(slope[-1 - k] / slope[-1] + xp.zeros_like(V))
            bound = xp.maximum(bound, 2.0 * ratio ** (1.0 / k))
        low = xp.clip(center - reach, -bound, bound)
        high = xp.clip(center + reach, -bound, bound)
        best, best_value = center, (_evaluate(a, center) - V) ** 2
        for u in real_roots(slope, low, high, xp=xp):
            value = (_evaluate(a, u) - V) ** 2 + weight * (u - center) ** 2
            better = value < best_value
            best = xp.where(better, u, best)
            best_value = xp.where(better, value, best_value)
        return best

    def derivative(self, U: Any, *, xp: Any) -> Any:
        """a_1 + 2 a_2 U + ..."""
        return _evaluate(_differentiate(self._checked()), U) + xp.zeros_like(U)
