# SPDX-License-Identifier: BSD-3-Clause
"""Contract checker of layers, a plain function as those of :mod:`sklearn_nnbcd.testing`."""

import math
from collections.abc import Callable
from typing import Any

import array_api_compat.numpy as array_numpy
import numpy as np

from ..layers import BaseLayer
from ._base import UNITS, Arrays, expect, expect_close, host


def check_layer(
    layer: BaseLayer,
    input_shape: tuple,
    *,
    xp: Any = array_numpy,
    dtype: str = "float64",
    random_state: int = 0,
) -> None:
    """forward is affine; statistics add up and give the W step; solve_input minimises."""
    arrays, n = Arrays(xp, dtype, random_state), 23
    d_in, d_out = layer.weight_shape(input_shape)
    layer, rows = layer.bind(input_shape), (n, math.prod(input_shape))
    (V, v), (V2, _), (W, w), (W2, _) = (
        arrays.normal(*rows),
        arrays.normal(*rows),
        arrays.normal(d_in, d_out),
        arrays.normal(d_in, d_out),
    )
    b, _ = arrays.normal(d_out)

    def forward(V: Any, W: Any, b: Any = None) -> np.ndarray:
        return host(layer.forward(V, W, b, xp=xp), xp)

    out = forward(V, W, b)
    width = math.prod(layer.build(input_shape))
    expect(out.shape == (n, width), "build does not tell the shape of forward")
    size = 10.0 * d_in * (1.0 + np.max(np.abs(v)) * np.max(np.abs(w)))
    tolerance = UNITS * arrays.eps * size
    both = 2.0 * forward(V, W) - 3.0 * forward(V2, W)
    expect_close(forward(2.0 * V - 3.0 * V2, W), both, tolerance, "forward is not linear in V")
    both = 2.0 * forward(V, W) - 3.0 * forward(V, W2)
    expect_close(forward(V, 2.0 * W - 3.0 * W2), both, tolerance, "forward is not linear in W")
    U, _ = arrays.normal(*out.shape)
    S, _ = arrays.normal(*rows)
    s, _ = arrays.put(arrays.rng.integers(0, 4, size=n))
    check_statistics(layer, V, U - layer.forward(V, W, b, xp=xp), s, arrays, tolerance * n)
    check_weight_step(layer, V, U, W, b, s, arrays)
    check_input_step(layer, U, S, W, b, arrays)
    check_adjoint(layer, V, U, W, arrays, tolerance * n)
    check_factored(layer, V, b, arrays, tolerance * n)
    arrays.expect_unchanged("the layer")


def check_adjoint(layer: BaseLayer, V: Any, U: Any, W: Any, arrays: Arrays, tolerance: Any) -> None:
    """<forward(V), U> = <V, pull_back(U)>, through W and through the design alone."""
    xp = arrays.xp

    def inner(a: Any, b: Any) -> float:
        return float(np.sum(host(a, xp) * host(b, xp)))

    ahead = inner(layer.forward(V, W, None, xp=xp), U)
    expect_close(inner(V, layer.pull_back(U, W, xp=xp)), ahead, tolerance, "pull_back is not the adjoint")
    design = layer.design(V, xp=xp)
    probe, _ = arrays.normal(*design.shape)
    back = inner(V, layer.adjoint(probe, xp=xp))
    expect_close(back, inner(design, probe), tolerance, "adjoint is not that of the design")
    by_rows = layer.rows(layer.forward(V, W, None, xp=xp), xp=xp)
    expect_close(host(design @ W, xp), host(by_rows, xp), tolerance, "rows do not match the design")


def check_factored(layer: BaseLayer, V: Any, b: Any, arrays: Arrays, tolerance: Any) -> None:
    """Two layers with weights A and B are the layer with weight A B, at every rank."""
    xp = arrays.xp
    d_in, d_out = layer.weight_shape(layer.input_shape_)
    for rank in (1, 3) if layer.factored(1) is not None else ():
        (A, _), (B, _) = arrays.normal(d_in, rank), arrays.normal(rank, d_out)
        inner, outer = layer.factored(rank)  # type: ignore[misc]
        shape = inner.build(layer.input_shape_)
        expect(inner.weight_shape(layer.input_shape_) == (d_in, rank), "the first of two has no weight A")
        expect(outer.weight_shape(shape) == (rank, d_out), "the second of two has no weight B")
        out = outer.forward(inner.forward(V, A, None, xp=xp), B, b, xp=xp)
        whole = layer.forward(V, A @ B, b, xp=xp)
        expect_close(host(out, xp), host(whole, xp), tolerance, "two layers are not the one")


def statistics_of(layer: BaseLayer, V: Any, E: Any, s: Any, xp: Any, shift: Any = None) -> dict[str, Any]:
    """Every sum of the statistics as a NumPy array."""
    sums = layer.statistics(V, E, s, shift, with_gram=True, xp=xp)
    parts = {name: host(getattr(sums, name), xp) for name in ("gram", "cross", "sum_v", "sum_e")}
    return parts | {"weight": float(sums.weight)}


def check_statistics(layer: BaseLayer, V: Any, E: Any, s: Any, arrays: Arrays, tolerance: Any) -> None:
    """Blocks add up, a weight is that many copies, the Gram matrix can be left out."""
    xp, cut = arrays.xp, 8
    copies = xp.asarray(np.repeat(np.arange(V.shape[0]), host(s, xp).astype(int)))
    for shift in (None, arrays.normal(layer.input_sum(V, None, xp=xp)[0].shape[0])[0]):
        whole = statistics_of(layer, V, E, s, xp, shift)
        first = layer.statistics(V[:cut, ...], E[:cut, ...], s[:cut], shift, with_gram=True, xp=xp)
        second = layer.statistics(V[cut:, ...], E[cut:, ...], s[cut:], shift, with_gram=True, xp=xp)
        copied = statistics_of(layer, xp.take(V, copies, axis=0), xp.take(E, copies, axis=0), None, xp, shift)
        without = layer.statistics(V, E, s, shift, with_gram=False, xp=xp)
        expect(without.gram is None, "with_gram=False must leave the Gram matrix out")
        total = first + second
        for name, value in whole.items():
            part = getattr(total, name)
            part = float(part) if name == "weight" else host(part, xp)
            expect_close(part, value, tolerance, f"{name} of two blocks does not add up")
            expect_close(copied[name], value, tolerance, f"{name}: a weight is not that many copies")
    for weights in (None, s):
        sums, count = layer.input_sum(V, weights, xp=xp)
        plain = statistics_of(layer, V, E, weights, xp)
        expect_close(host(sums, xp), plain["sum_v"], tolerance, "input_sum is not the sum_v")
        expect_close(count, plain["weight"], tolerance, "input_sum does not count the weights")


def expect_stationary(
    value: Callable[..., float], at: tuple[np.ndarray, ...], scale: Any, arrays: Arrays, message: str
) -> None:
    """A quadratic's central differences are exact derivatives: all must vanish at a minimiser."""
    for _ in range(12):
        direction = [arrays.rng.normal(size=x.shape) for x in at]
        ahead = value(*(x + d for x, d in zip(at, direction, strict=True)))
        behind = value(*(x - d for x, d in zip(at, direction, strict=True)))
        slope = abs(ahead - behind) / (ahead + behind)
        expect(slope <= scale * arrays.eps, f"{message}: relative slope {slope:.3g}")


def check_weight_step(layer: BaseLayer, V: Any, U: Any, W: Any, b: Any, s: Any, arrays: Arrays) -> None:
    """The minimiser that the statistics give has no slope in the weighted squares."""
    xp, rho, ridge = arrays.xp, 1.3, 0.4
    shift = arrays.normal(W.shape[0])[0]
    residual = U - layer.forward(V, W, b, xp=xp)
    sums = statistics_of(layer, V, residual, s, xp, shift)
    old_W, old_b = host(W, xp), host(b, xp)
    mean = sums["sum_v"] / sums["weight"]
    left = rho * (sums["gram"] - np.outer(mean, sums["sum_v"])) + ridge * np.eye(len(mean))
    change = np.linalg.solve(left, rho * (sums["cross"] - np.outer(mean, sums["sum_e"])) - ridge * old_W)
    new_b = old_b + sums["sum_e"] / sums["weight"] - (mean + host(shift, xp)) @ change

    def value(w: np.ndarray, offset: np.ndarray) -> float:
        P = layer.forward(V, xp.asarray(w, dtype=W.dtype), xp.asarray(offset, dtype=W.dtype), xp=xp)
        squares = np.sum((host(U, xp) - host(P, xp)) ** 2, axis=tuple(range(1, U.ndim)))
        return rho / 2 * np.sum(host(s, xp) * squares) + ridge / 2 * np.sum(w**2)

    message = "the statistics do not give the minimiser of the W block"
    expect_stationary(value, (old_W + change, new_b), UNITS * 10, arrays, message)


def check_input_step(layer: BaseLayer, U: Any, S: Any, W: Any, b: Any, arrays: Arrays) -> None:
    """solve_input has no slope in rho/2 ||U - V W - b||^2 + gamma/2 ||V - S||^2."""
    xp = arrays.xp
    for rho, gamma in ((1.0, 1.0), (3.0, 0.2), (0.1, 2.0)):
        operator = layer.input_operator(W, rho, gamma, xp=xp)
        V = layer.solve_input(operator, S, U - layer.forward(S, W, b, xp=xp), xp=xp)
        expect(V.shape == S.shape and V.dtype == S.dtype, "solve_input must keep shape and dtype")

        def value(v: np.ndarray, rho: float = rho, gamma: float = gamma) -> float:
            P = layer.forward(xp.asarray(v, dtype=W.dtype), W, b, xp=xp)
            residual = np.sum((host(U, xp) - host(P, xp)) ** 2)
            return rho / 2 * residual + gamma / 2 * np.sum((v - host(S, xp)) ** 2)

        message = "solve_input is not the minimiser of the V block"
        expect_stationary(value, (host(V, xp),), UNITS * 10, arrays, message)
