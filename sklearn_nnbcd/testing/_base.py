# SPDX-License-Identifier: BSD-3-Clause
"""Contract checkers of activations, losses, initialisers and placements, and what all checkers share."""

import math
from collections.abc import Callable
from typing import Any

import array_api_compat.numpy as array_numpy
import numpy as np

from ..activations import BaseActivation
from ..backends import get_backend
from ..initializers import BaseInitializer
from ..losses import BaseLoss

#: rounding units that a result made of a few dozen operations may be off
UNITS = 200.0


def expect(condition: object, message: str) -> None:
    """Raise AssertionError with the message unless the condition holds."""
    if not condition:
        raise AssertionError(message)


def host(x: Any, xp: Any) -> np.ndarray:
    """A float64 (or integer) NumPy copy."""
    copy = np.array(get_backend(xp).to_numpy(x, xp=xp))
    return copy.astype(np.float64) if copy.dtype.kind == "f" else copy


def expect_close(actual: Any, expected: Any, tolerance: Any, message: str) -> None:
    """Raise unless the arrays have one shape and no difference is above the tolerance."""
    actual, expected = np.asarray(actual, dtype=float), np.asarray(expected, dtype=float)
    expect(actual.shape == expected.shape, f"{message}: shape {actual.shape}, not {expected.shape}")
    difference = np.abs(actual - expected)
    within = bool(np.all(difference <= tolerance))  # false for NaN
    expect(within, f"{message}: off by {np.max(difference, initial=0.0):.3g}")


class Arrays:
    """Random arrays of one namespace and dtype; remembers them to see whether they were changed."""

    def __init__(self, xp: Any, dtype: str, seed: int):
        self.xp, self.dtype = xp, getattr(xp, dtype)
        self.eps = float(xp.finfo(self.dtype).eps)
        self.rng = np.random.default_rng(seed)
        self.given: list[tuple[Any, np.ndarray]] = []

    def put(self, x: Any) -> tuple[Any, np.ndarray]:
        """The NumPy array in the namespace, and its float64 copy as it was rounded."""
        array = self.xp.asarray(np.asarray(x), dtype=self.dtype)
        self.given.append((array, host(array, self.xp)))
        return self.given[-1]

    def normal(self, *shape: int) -> tuple[Any, np.ndarray]:
        """Standard normal draws."""
        return self.put(self.rng.normal(size=shape))

    def expect_unchanged(self, what: str) -> None:
        """Raise if an array that was handed out has other values now."""
        for array, before in self.given:
            expect(np.array_equal(host(array, self.xp), before), f"{what} changed its arguments")


# activations ------------------------------------------------------------------------------------


def check_activation(
    activation: BaseActivation, *, xp: Any = array_numpy, dtype: str = "float64", random_state: int = 0
) -> None:
    """sigma keeps shape and dtype; prox is a global minimiser, beside a dense grid.

    At the minimiser u of 1/2 (sigma(u) - v)^2 + weight/2 (u - c)^2 the value is at most that at c,
    so ``|u - c| <= |sigma(c) - v| / sqrt(weight)``: the grid covers that interval and the kink at 0.
    """
    arrays = Arrays(xp, dtype, random_state)
    scale = 10.0 ** arrays.rng.uniform(-2, 2, size=(60, 1))
    shift = np.array([[0.0, 1.0, -1.0, 3.0, -3.0]])
    V, v = arrays.put(scale * (arrays.rng.normal(size=(60, 5)) + shift))
    C, c = arrays.put(scale * arrays.rng.normal(size=(60, 5)))
    out = activation(C, xp=xp)
    expect(out.shape == C.shape and out.dtype == C.dtype, "sigma must keep shape and dtype")
    arrays.expect_unchanged("sigma")
    one = activation(C[:1, :1], xp=xp)
    expect_close(host(one, xp), host(out, xp)[:1, :1], 0.0, "sigma must work entry by entry")
    sigma = wrapped_sigma(activation)
    for weight in (1e-3, 0.03, 0.5, 1.0, 2.0, 40.0, 1e3):
        U = activation.prox(V, C, weight, xp=xp)
        arrays.expect_unchanged("prox")
        expect(U.shape == C.shape and U.dtype == C.dtype, "prox must keep shape and dtype")
        u = host(U, xp)
        best, size = best_on_grid(sigma, v, c, weight)
        excess = scalar_value(sigma, u, v, c, weight) - best
        expect(
            bool(np.all(excess <= UNITS * arrays.eps * size)),
            f"prox is not a global minimiser for weight {weight:g}: a grid point is better by "
            f"{np.max(excess):.3g}",
        )


def wrapped_sigma(activation: BaseActivation) -> Callable[[np.ndarray], np.ndarray]:
    """sigma of float64 NumPy arrays."""
    return lambda u: np.asarray(activation(u, xp=array_numpy))


def scalar_value(
    sigma: Callable[[np.ndarray], np.ndarray], u: np.ndarray, v: np.ndarray, c: np.ndarray, weight: float
) -> np.ndarray:
    """1/2 (sigma(u) - v)^2 + weight/2 (u - c)^2."""
    return 0.5 * (sigma(u) - v) ** 2 + 0.5 * weight * (u - c) ** 2


def best_on_grid(
    sigma: Callable[[np.ndarray], np.ndarray], v: np.ndarray, c: np.ndarray, weight: float
) -> tuple[np.ndarray, np.ndarray]:
    """Smallest value on a grid that must hold the minimiser, and the size of its terms."""
    radius = np.abs(sigma(c) - v) / weight**0.5
    grid = c[..., None] + radius[..., None] * np.linspace(-1.0, 1.0, 801)
    grid = np.concatenate([grid, np.zeros_like(c)[..., None]], axis=-1)
    best = np.min(scalar_value(sigma, grid, v[..., None], c[..., None], weight), axis=-1)
    return best, v**2 + (1.0 + weight) * (c**2 + radius**2)


# losses -----------------------------------------------------------------------------------------


def example_targets(loss: BaseLoss, n: int, d: int, rng: np.random.Generator) -> np.ndarray:
    """Targets of shape (n, d) as the loss allows: as it codes classes, or real numbers."""
    if "regression" in loss.tasks:
        Y = rng.normal(size=(n, d))
        return Y if math.isinf(loss.lowest_target) else loss.lowest_target + np.abs(Y)
    labels = rng.integers(max(d, 2), size=n)
    if d == 1:
        return np.where(labels[:, None] == 1, 1.0, -1.0)
    return np.where(np.arange(d) == labels[:, None], 1.0, loss.off)


def check_loss(
    loss: BaseLoss, *, xp: Any = array_numpy, dtype: str = "float64", random_state: int = 0
) -> None:
    """value is per row; prox minimises, by the three-point inequality of convex functions.

    For the minimiser p of the convex g plus weight/2 ||. - c||^2 and any z,
    g(p) + weight/2 ||p - c||^2 + weight/2 ||z - p||^2 <= g(z) + weight/2 ||z - c||^2.
    """
    expect(loss.tasks and loss.tasks <= {"classification", "regression"}, "tasks must be known ones")
    for d in (1, 2, 4):
        arrays = Arrays(xp, dtype, random_state + d)
        rng, n = arrays.rng, 50
        Y, y = arrays.put(example_targets(loss, n, d, rng))
        C, c = arrays.put(10.0 ** rng.uniform(-1.5, 1.5, size=(n, 1)) * rng.normal(size=(n, d)))
        value = loss.value(Y, C, xp=xp)
        arrays.expect_unchanged("value")
        expect(value.shape == (n,) and value.dtype == C.dtype, "value must be one number per row")
        alone = loss.value(Y[7:8, :], C[7:8, :], xp=xp)
        tolerance = UNITS * arrays.eps * (1.0 + np.sum(c**2, axis=1))
        expect_close(host(alone, xp), host(value, xp)[7:8], tolerance[7:8], "value mixes rows")
        for weight in (0.05, 0.7, 1.0, 3.0, 50.0):
            P = loss.prox(Y, C, weight, xp=xp)
            arrays.expect_unchanged("prox")
            expect(P.shape == C.shape and P.dtype == C.dtype, "prox must keep shape and dtype")
            p = host(P, xp)
            alone = loss.prox(Y[7:8, :], C[7:8, :], weight, xp=xp)
            expect_close(host(alone, xp), p[7:8], tolerance[7:8, None], "prox mixes rows")
            check_three_points(loss, y, c, p, weight, rng, UNITS * arrays.eps)


def check_three_points(
    loss: BaseLoss,
    y: np.ndarray,
    c: np.ndarray,
    p: np.ndarray,
    weight: float,
    rng: np.random.Generator,
    tolerance: float,
) -> None:
    """The three-point inequality at points near and far, along axes and anywhere."""

    def total(z: np.ndarray) -> np.ndarray:
        return loss.value(y, z, xp=array_numpy) + 0.5 * weight * np.sum((z - c) ** 2, axis=1)

    at_p, (n, d) = total(p), p.shape
    for power in range(-4, 3):
        for direction in (
            rng.normal(size=(n, d)),
            np.eye(d)[rng.integers(d, size=n)],
            y - p,
            c - p,
        ):
            for sign in (-1.0, 1.0):
                z = p + sign * 10.0**power * direction
                distance = 0.5 * weight * np.sum((z - p) ** 2, axis=1)
                at_z = total(z)
                size = 1.0 + np.abs(at_z) + np.abs(at_p) + weight * np.sum(c**2 + p**2, axis=1)
                gap = at_p + distance - at_z
                expect(
                    bool(np.all(gap <= tolerance * size)),
                    f"prox does not minimise for weight {weight:g}: off by {np.max(gap):.3g}",
                )


def check_probabilities(
    loss: BaseLoss, *, xp: Any = array_numpy, dtype: str = "float64", random_state: int = 0
) -> None:
    """to_proba: rows are probability vectors; a larger output gets no smaller probability."""
    for d in (1, 3, 7):
        arrays = Arrays(xp, dtype, random_state)
        V, v = arrays.put(10.0 ** arrays.rng.uniform(-2, 1, size=(80, 1)) * arrays.rng.normal(size=(80, d)))
        P = loss.to_proba(V, xp=xp)
        expect(P.dtype == V.dtype, "to_proba must keep the dtype")
        p = host(P, xp)
        expect(p.shape == (80, max(d, 2)), f"to_proba has shape {p.shape} for {d} outputs")
        expect(bool(np.all(p >= 0.0)), "to_proba has negative entries")
        expect_close(p.sum(axis=1), np.ones(80), UNITS * arrays.eps, "rows of to_proba do not sum to 1")
        if d == 1:
            order = np.argsort(v[:, 0])
            expect(bool(np.all(np.diff(p[order, 1]) >= 0.0)), "to_proba does not keep the order")
            expect(bool(np.all((p[:, 1] >= 0.5) == (v[:, 0] >= 0.0))), "to_proba turns the sign")
        else:
            lower, upper = np.triu_indices(d, 1)
            turned = (v[:, lower] - v[:, upper]) * (p[:, lower] - p[:, upper]) < 0.0
            expect(not bool(np.any(turned)), "to_proba does not keep the order")
        arrays.expect_unchanged("to_proba")


# initialisers and placements --------------------------------------------------------------------


def check_initializer(
    initializer: BaseInitializer, *, variance: Callable[[int, int], float] | None = None
) -> None:
    """Draws depend on shape and random state alone, have mean 0 and, where given, the variance.

    ``variance(d_in, d_out)`` is what an entry should have.
    """
    for shape in ((60, 40), (30, 80), (5, 1), (1, 7), (1, 1)):
        W = draw_at(initializer, shape, 3, global_seed=0)
        expect(isinstance(W, np.ndarray) and W.dtype == np.float64, "a draw must be float64 NumPy")
        expect(W.shape == shape, f"a draw has shape {W.shape}, not {shape}")
        expect(bool(np.all(np.isfinite(W))), "a draw is not finite")
        again = draw_at(initializer, shape, 3, global_seed=1)
        expect(np.array_equal(W, again), "the same random state must give the same draw")
        other = draw_at(initializer, shape, 4, global_seed=0)
        expect(shape == (1, 1) or not np.array_equal(W, other), "the draw ignores the random state")
        if W.size < 1000:
            continue
        # Five standard errors: of a mean sigma/sqrt(N); of a variance at most sigma^2 sqrt(2/N).
        deviation = np.sqrt(np.mean(W**2))
        expect(abs(W.mean()) <= 5.0 * deviation / W.size**0.5, "draws do not have mean 0")
        if variance is not None:
            ratio = np.mean(W**2) / variance(*shape)
            expect(abs(ratio - 1.0) <= 5.0 * (2.0 / W.size) ** 0.5, f"variance off by {ratio:.3g} x")


def draw_at(initializer: BaseInitializer, shape: tuple, seed: int, *, global_seed: int) -> np.ndarray:
    """A draw, with NumPy's global generator (which it must not look at) in a known state."""
    state = np.random.get_state()  # noqa: NPY002
    try:
        np.random.seed(global_seed)  # noqa: NPY002
        return initializer.draw(shape, np.random.RandomState(seed))
    finally:
        np.random.set_state(state)  # noqa: NPY002


def check_placement(make: Callable, *, random_state: int = 0) -> None:
    """``make(blocks)`` maps pure steps over blocks, keeps their results, adds up the rest."""
    rng = np.random.default_rng(random_state)
    for sizes in ((10,), (1, 4, 5), (3, 1, 1, 2, 1, 1, 1)):
        rows = rng.normal(size=sum(sizes))
        edges = np.cumsum((0, *sizes))
        placement = make([rows[a:b] for a, b in zip(edges, edges[1:], strict=False)])

        def step(block: np.ndarray, factor: float) -> tuple[np.ndarray, float]:
            return factor * block, float(np.sum(block))

        first = placement.reduce(lambda block: float(np.sum(block)))
        expect_close(first, rows.sum(), 1e-13, "reduce does not add up the blocks")
        again = placement.reduce(lambda block, power: float(np.sum(block**power)), 2)
        expect_close(again, np.sum(rows**2), 1e-13, "reduce changes blocks or drops arguments")
        expect_close(placement.sweep(step, 3.0), rows.sum(), 1e-13, "sweep does not add up")
        tripled = placement.sweep(step, 2.0)
        expect_close(tripled, 3.0 * rows.sum(), 1e-12, "sweep does not keep the new blocks once each")
        last = placement.reduce(lambda block: float(np.sum(block)))
        expect_close(last, 6.0 * rows.sum(), 1e-12, "sweep does not keep the new blocks once each")
