# SPDX-License-Identifier: BSD-3-Clause
"""Contract checkers of compressions; see :mod:`sklearn_nnbcd.testing`."""

import math
import pickle
from collections.abc import Callable, Sequence
from typing import Any

import array_api_compat.numpy as array_numpy
import numpy as np

from ..backends import get_backend
from ..compressions import BaseCompression, CompressedWeight, CompressionPlan, QuantizedWeight
from ..numerics._metric import Metric
from ._base import UNITS, Arrays, expect, expect_close, host


def check_compression(
    compression: BaseCompression,
    shape: tuple,
    *,
    xp: Any = array_numpy,
    dtype: str = "float64",
    random_state: int = 0,
) -> None:
    """The format keeps its promises for a weight of the shape, and the step never goes up."""
    arrays = Arrays(xp, dtype, random_state)
    plan = compression.plan(shape)
    expect(tuple(plan.shape) == tuple(shape), f"the plan has shape {plan.shape}, not {shape}")
    W, w = arrays.normal(*shape)
    M = plan.project(W, xp=xp)
    check_format(M, plan, arrays)
    check_step(plan, M, arrays)
    check_product(plan, M, arrays)
    if plan.exact:
        check_exact_step(plan, M, arrays)
        again = plan.project(M.to_dense(xp=xp), xp=xp)
        if float(plan.penalty(M, xp=xp)) == 0.0:
            tolerance = UNITS * arrays.eps * np.max(np.abs(w))
            message = "projecting a projection changes it"
            expect_close(dense(again, xp), dense(M, xp), tolerance, message)
    arrays.expect_unchanged("the compression")


def dense(M: CompressedWeight, xp: Any) -> np.ndarray:
    """The compressed weight as a float64 NumPy array."""
    return host(M.to_dense(xp=xp), xp)


def check_format(M: CompressedWeight, plan: CompressionPlan, arrays: Arrays) -> None:
    """Counts count, apply applies, scaled scales, pickle keeps, nothing changes the dtype."""
    xp, eps = arrays.xp, arrays.eps
    array = M.to_dense(xp=xp)
    expect(tuple(M.shape) == tuple(plan.shape), "the weight's shape is not the plan's")
    expect(tuple(array.shape) == tuple(plan.shape), "to_dense has another shape")
    expect(array.dtype == arrays.dtype, "to_dense must keep the dtype of the weight")
    floats = [a for a in M.arrays if xp.isdtype(a.dtype, "real floating")]
    expect(all(a.dtype == arrays.dtype for a in floats), "stored numbers must keep the dtype")
    counted = M.inner.numbers if isinstance(M, QuantizedWeight) else floats  # scales are no weights
    count = sum(math.prod(a.shape) for a in counted)
    expect(M.n_parameters == count, f"n_parameters is {M.n_parameters}, {count} are stored")
    said = plan.n_parameters in (None, count)
    expect(said, f"the plan says {plan.n_parameters}, {count} are stored")
    nbytes = sum(get_backend(xp).to_numpy(a, xp=xp).nbytes for a in M.arrays)
    expect(M.nbytes == nbytes, f"nbytes is {M.nbytes}, the arrays take {nbytes}")
    W = dense(M, xp)
    V, v = arrays.normal(9, plan.shape[0])
    out = M.apply(V, xp=xp)
    expect(out.dtype == V.dtype, "apply must keep the dtype")
    size = float(np.max(np.abs(v))) * math.sqrt(W.size) * float(np.linalg.norm(W))
    message = "apply is not the product with to_dense"
    expect_close(host(out, xp), v @ W, UNITS * eps * size, message)
    scaled = M.scaled(-2.5)
    expect(type(scaled) is type(M), "scaled must keep the format")
    expect(scaled.n_parameters == count, "scaled must keep the number of entries")
    tolerance = UNITS * eps * np.max(np.abs(W))
    expect_close(dense(scaled, xp), -2.5 * W, tolerance, "scaled does not scale")
    expect(np.array_equal(dense(M, xp), W), "apply or scaled changed the weight")
    check_factors(M, arrays)
    copy = pickle.loads(pickle.dumps(M))
    expect(np.array_equal(dense(copy, xp), W), "a pickle does not bring the weight back")


def check_factors(M: Any, arrays: Arrays) -> None:
    """rows_scaled and columns_scaled are None or diag(f) W and W diag(f), of the same format and size."""
    xp, W = arrays.xp, dense(M, arrays.xp)
    for axis, name in enumerate(("rows_scaled", "columns_scaled")):
        signs = arrays.rng.choice([-1.0, 1.0], size=W.shape[axis])
        factors = signs * 10.0 ** arrays.rng.uniform(-2.0, 2.0, size=W.shape[axis])
        factors[0] = 0.0  # as that of a constant column
        put, f = arrays.put(factors)
        scaled = getattr(M, name)(put, xp=xp)
        if scaled is None:
            continue
        expect(type(scaled) is type(M), f"{name} must keep the format")
        expect(scaled.n_parameters == M.n_parameters, f"{name} must keep the number of entries")
        array = scaled.to_dense(xp=xp)
        expect(array.dtype == arrays.dtype, f"{name} must keep the dtype")
        f = f[:, None] if axis == 0 else f[None, :]
        tolerance = UNITS * arrays.eps * np.abs(f) * np.max(np.abs(W))
        expect_close(host(array, xp), f * W, tolerance, f"{name} does not scale")
    expect(np.array_equal(dense(M, xp), W), "rows_scaled or columns_scaled changed the weight")


def step_value(plan: CompressionPlan, M: CompressedWeight, target: Any, weight: float, xp: Any) -> float:
    """r(M) + weight/2 ||M - target||^2."""
    distance = np.sum((dense(M, xp) - host(target, xp)) ** 2)
    return float(plan.penalty(M, xp=xp)) + 0.5 * weight * distance


def check_step(plan: CompressionPlan, M: CompressedWeight, arrays: Arrays) -> None:
    """From any old weight, the step is at least as good as the old weight, and keeps the format."""
    xp = arrays.xp
    for weight in (0.3, 1.0, 20.0):
        previous = M
        for noise in (0.0, 1e-3, 0.3, 3.0):
            target, t = arrays.put(dense(previous, xp) + noise * arrays.rng.normal(size=plan.shape))
            new = plan.step(target, previous, weight, xp=xp)
            before = step_value(plan, previous, target, weight, xp)
            after = step_value(plan, new, target, weight, xp)
            rounding = UNITS * arrays.eps * weight * (1.0 + np.sum(t**2))
            expect(after <= before + rounding, f"the step goes up, from {before:.6g} to {after:.6g}")
            expect(type(new) is type(M), "the step must keep the format")
            said = plan.n_parameters in (None, new.n_parameters)
            expect(said, "the step must store what the plan says")
            expect(new.to_dense(xp=xp).dtype == arrays.dtype, "the step must keep the dtype")
            previous = new


def check_product(plan: CompressionPlan, M: CompressedWeight, arrays: Arrays) -> None:
    """A plan with an inner rank makes a weight of any two factors, and gives factors back."""
    if plan.inner_rank is None:
        return
    xp, (d_in, d_out) = arrays.xp, plan.shape
    (A, a), (B, b) = arrays.normal(d_in, plan.inner_rank), arrays.normal(plan.inner_rank, d_out)
    tolerance = UNITS * arrays.eps * plan.inner_rank * np.max(np.abs(a)) * np.max(np.abs(b))
    product: Any = plan.product(A, B)
    finished = plan.finished(product, product.to_dense(xp=xp), xp=xp)
    expect(type(finished) is type(M), "product must keep the format")
    expect_close(dense(product, xp), a @ b, tolerance, "product is not A B")
    first, second = (host(factor, xp) for factor in product.factors)
    expect_close(first @ second, a @ b, tolerance, "factors are not those of the product")


def check_exact_step(plan: CompressionPlan, M: CompressedWeight, arrays: Arrays) -> None:
    """No random feasible point is nearer than the step of a plan that calls itself exact."""
    xp = arrays.xp
    for weight in (0.5, 4.0):
        target, t = arrays.normal(*plan.shape)
        best = step_value(plan, plan.step(target, M, weight, xp=xp), target, weight, xp)
        for noise in (0.03, 0.1, 0.3, 1.0, 3.0):
            for _ in range(8):
                near = xp.asarray(t + noise * arrays.rng.normal(size=t.shape), dtype=arrays.dtype)
                point = plan.project(near, xp=xp)
                # The formats are cones: also the point of its ray that is nearest to the target.
                length = np.sum(dense(point, xp) ** 2)
                ray = float(np.sum(t * dense(point, xp)) / length) if length else 1.0
                for candidate in (point, point.scaled(ray)):
                    value = step_value(plan, candidate, target, weight, xp)
                    rounding = UNITS * arrays.eps * weight * (1.0 + np.sum(t**2))
                    expect(best <= value + rounding, f"a feasible point is better: {value:.6g}")


def random_metrics(arrays: Arrays, shape: tuple) -> dict[str, tuple[Metric, Callable]]:
    """Name -> (Metric, float64 function D -> tr(S D' G D)): both sides, each alone, diagonals."""

    def side(d: int) -> tuple[Any, np.ndarray]:
        A = arrays.rng.normal(size=(d, d + 3))
        return arrays.put(A @ A.T / d + 0.05 * np.eye(d))

    (G, g), (S, s) = side(shape[0]), side(shape[1])
    (p, p_host), (q, q_host) = (arrays.put(0.1 + arrays.rng.uniform(size=d)) for d in shape)

    def square(g: np.ndarray, s: np.ndarray) -> Callable[[np.ndarray], float]:
        return lambda D: float(np.sum(D * (g @ D @ s)))

    one, other = np.eye(shape[0]), np.eye(shape[1])
    return {
        "G and S": (Metric(G, S), square(g, s)),
        "G alone": (Metric(G), square(g, other)),
        "S alone": (Metric(None, S), square(one, s)),
        "G and a diagonal S": (Metric(G, q), square(g, np.diag(q_host))),
        "diagonals": (Metric(p, q), square(np.diag(p_host), np.diag(q_host))),
    }


def check_metric(
    compression: BaseCompression,
    shape: tuple,
    *,
    xp: Any = array_numpy,
    dtype: str = "float64",
    random_state: int = 0,
) -> None:
    """In every metric the step does not go up, and a projection that says so is the nearest."""
    arrays = Arrays(xp, dtype, random_state)
    plan = compression.plan(shape)
    for name, (metric, square) in random_metrics(arrays, shape).items():
        target, t = arrays.normal(*shape)

        def value(
            M: CompressedWeight,
            weight: float,
            t: np.ndarray = t,
            square: Callable[[np.ndarray], float] = square,
        ) -> float:
            return float(plan.penalty(M, xp=xp)) + 0.5 * weight * square(dense(M, xp) - t)

        other = plan.project(arrays.normal(*shape)[0], xp=xp)
        nearest = plan.project(target, metric=metric, xp=xp)
        check_format(nearest, plan, arrays)
        rounding = UNITS * arrays.eps * square(t)
        for weight in (0.3, 5.0):
            for previous in (nearest, other, other.scaled(-3.0)):
                before = value(previous, weight)
                new = plan.step(target, previous, weight, metric=metric, xp=xp)
                after = value(new, weight)
                size = rounding * (1.0 + weight) + UNITS * arrays.eps * before
                message = f"the step goes up in the metric with {name}, {before:.6g} to {after:.6g}"
                expect(after <= before + size, message)
        if plan.projects_exactly(metric):
            best = value(nearest, 1.0)
            for noise in (0.03, 0.1, 0.3, 1.0, 3.0):
                for _ in range(8):
                    near = xp.asarray(t + noise * arrays.rng.normal(size=t.shape), dtype=arrays.dtype)
                    for way in (None, metric):
                        found = value(plan.project(near, metric=way, xp=xp), 1.0)
                        message = f"a feasible point is nearer in the metric with {name}"
                        expect(best <= found + rounding, message)
    arrays.expect_unchanged("the compression")


def lossless(compression: BaseCompression, shape: tuple) -> BaseCompression | None:
    """The compression with parameters that remove nothing, or None if it has none that we know."""
    parameters = compression.get_params(deep=False)
    if "rank" in parameters:
        parameters["rank"] = compression.highest_rank(shape)
    elif "sparsity" in parameters:
        parameters["sparsity"] = 1e-9
    elif "strength" in parameters:
        parameters["strength"] = 1e-15
    else:
        return None
    return type(compression)(**parameters)


def check_lossless(
    compression: BaseCompression,
    shape: tuple,
    *,
    xp: Any = array_numpy,
    dtype: str = "float64",
    random_state: int = 0,
) -> None:
    """With full rank, or nothing removed, the weight comes back."""
    full = lossless(compression, shape)
    if full is None:
        return
    arrays = Arrays(xp, dtype, random_state)
    W, w = arrays.normal(*shape)
    plan = full.plan(shape)
    M = plan.project(W, xp=xp)
    # Orthogonal factors only: rounding relative to the norm.
    tolerance = UNITS * arrays.eps * np.linalg.norm(w)
    expect_close(dense(M, xp), w, tolerance, "a full projection is not the weight")
    T, t = arrays.normal(*shape)
    again = plan.step(T, plan.step(T, M, 1.0, xp=xp), 1.0, xp=xp)
    tolerance = UNITS * arrays.eps * np.linalg.norm(t)
    expect_close(dense(again, xp), t, tolerance, "two full steps do not reach the target")


def check_error_falls(
    compression: BaseCompression,
    shape: tuple,
    *,
    xp: Any = array_numpy,
    dtype: str = "float64",
    random_state: int = 0,
) -> None:
    """The error of the projection does not rise with the rank, or with the share that is kept."""
    values: Sequence[float]
    parameters = compression.get_params(deep=False)
    if "rank" in parameters:
        name, values = "rank", range(1, compression.highest_rank(shape) + 1)  # type: ignore[operator]
    elif "sparsity" in parameters:
        name, values = "sparsity", (0.99, 0.9, 0.75, 0.5, 0.3, 0.1, 0.01)
    elif "strength" in parameters:
        name, values = "strength", (100.0, 3.0, 1.0, 0.3, 0.1, 0.03, 0.001)
    else:
        return
    arrays = Arrays(xp, dtype, random_state)
    W, w = arrays.normal(*shape)
    errors, counts = [], []
    for value in values:
        plan = type(compression)(**{**parameters, name: value}).plan(shape)
        M = plan.project(W, xp=xp)
        errors.append(np.linalg.norm(dense(M, xp) - w))
        counts.append(M.n_parameters)
    rounding = UNITS * arrays.eps * np.linalg.norm(w)
    expect(bool(np.all(np.diff(errors) <= rounding)), f"the error rises with the {name}: {errors}")
    expect(bool(np.all(np.diff(counts) >= 0)), f"n_parameters falls with the {name}: {counts}")
    expect(errors[-1] < errors[0] or len(errors) == 1, f"the {name} makes no difference")
