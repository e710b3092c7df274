# SPDX-License-Identifier: BSD-3-Clause
"""Extrapolated sweeps: the textbook loop on copies, wherever rows live, and L that never rises."""

import copy
import functools
import math
from dataclasses import replace

import numpy as np
import pytest
from problems import draw_start, fitted, make_problem

from sklearn_nnbcd import NNBCDRegressor
from sklearn_nnbcd.backends import _numpy as numpy_backend
from sklearn_nnbcd.engine import (
    Terms,
    Weights,
    _full,
    center_inputs,
    fit_full,
    full_objective,
    full_result,
    full_step,
    initial_weights,
    objective,
    start_block,
    start_full,
    sweep,
)
from sklearn_nnbcd.engine._extrapolation import Extrapolation, extrapolated_sweep
from sklearn_nnbcd.layers import Dense, Residual
from sklearn_nnbcd.placements import PLACEMENTS, InMemory
from sklearn_nnbcd.regularizers import NonNegative
from sklearn_nnbcd.solvers import BaseSolver, FitContext, FullBatch, run
from sklearn_nnbcd.solvers._full import block_size

WIDTHS = (5, 7, 6, 2)


def drawn(compression="none", relaxation=1.0, weighted=False, rows=60):
    """Problem, first weights and rows (X, Y, s)."""
    rng = np.random.default_rng(1)
    problem = make_problem(WIDTHS, compression=compression, rho=1.3, tau=0.7, alpha=0.1, ridge=0.2)
    problem = replace(problem, penalties=replace(problem.penalties, relaxation=relaxation))
    X, Y = rng.normal(size=(rows, WIDTHS[0])), rng.normal(size=(rows, WIDTHS[-1]))
    s = rng.uniform(0, 2, size=rows) if weighted else None
    return problem, initial_weights(problem, *draw_start(problem, WIDTHS, rng)), (X, Y, s)


def textbook(problem, weights, rows, sweeps):
    """The loop on deep copies, every L from its definition; the last state, L at all before it, the drops."""
    placement = InMemory([rows])
    placement.map(start_block, problem, weights)
    weights = center_inputs(problem, weights, placement)
    x, y, t, values, drops = (weights, placement.blocks[0]), None, 1.0, [], 0

    def swept(state):
        weights, block = copy.deepcopy(state)
        place = InMemory([replace(block, overwritable=False)])
        return sweep(problem, weights, place)[0], place.blocks[0]

    def L(state):
        return objective(problem, state[0], InMemory([state[1]])).total

    def beyond(name, i, beta):
        new, old = (getattr(state[name != "W" and name != "b"], name)[i] for state in (x, y))
        return new + beta * (new - old)

    for _ in range(sweeps):
        after = (1 + math.sqrt(1 + 4 * t * t)) / 2
        beta, t, z = (t - 1) / after, after, x
        if y is not None and beta:
            moved = {n: tuple(beyond(n, i, beta) for i in range(1, problem.N + 1)) for n in "WbUV"}
            z = (
                replace(x[0], W=(None, *moved["W"]), b=(None, *moved["b"])),
                replace(x[1], U=(None, *moved["U"]), V=(x[1].V[0], *moved["V"])),
            )
        new = swept(z)
        values.append(L(x))
        if beta and L(new) > L(x):
            t, drops, new = (1 + math.sqrt(5)) / 2, drops + 1, swept(x)
        x, y = new, x
    return x, values, drops


@pytest.mark.parametrize("slices", [1, 2**18])
@pytest.mark.parametrize("compression", ["none", "low_rank", "tt", "l0"])
@pytest.mark.parametrize("relaxation", [1.0, 1.9])
def test_equals_the_textbook_loop(compression, relaxation, slices, monkeypatch):
    """To 1e-9 after 25 sweeps that multiply rounding; with 1.9, sweeps are dropped and made again."""
    monkeypatch.setattr(numpy_backend, "_SLICE_BYTES", slices)
    problem, weights, rows = drawn(compression, relaxation)
    (expected, block), values, drops = textbook(problem, weights, rows, 25)
    placement, seen = InMemory([rows]), []
    placement.map(start_block, problem, weights)
    state = start_full(problem, weights, placement)
    for _ in range(25):
        state, terms = full_step(state, extrapolate=True)
        seen.append(terms.total)
    assert state.n_sweeps == 25
    assert state.extrapolation.n_dropped == drops and (drops > 2 or relaxation == 1.0)
    np.testing.assert_allclose(seen, values, rtol=1e-9)
    assert np.all(np.diff(seen) <= 1e-9 * seen[0])
    for a, b in zip(fitted(full_result(state)), fitted(expected), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-7, atol=1e-8)
    for name in "UV":
        for a, b in zip(getattr(placement.blocks[0], name)[1:], getattr(block, name)[1:], strict=True):
            np.testing.assert_allclose(a, b, rtol=1e-7, atol=1e-8)


@pytest.mark.parametrize("compression", ["none", "group_lasso", "tt"])
def test_L_falls_from_state_to_state_and_is_what_the_curve_holds(compression):
    """As shipped, on a network where L at the states once rose while L where sweeps began did not.

    L is that of the definition, at the rows and weights that each step hands over, to 1e-9 of it.
    """
    rng = np.random.default_rng(0)
    problem = make_problem(
        (6, 8, 7, 3), activation="softplus", loss="hinge", compression=compression, tau=0.5, alpha=0.1
    )
    problem = replace(problem, penalties=replace(problem.penalties, relaxation=FullBatch().relaxation))
    rows = rng.normal(size=(50, 6)), np.where(np.eye(3)[rng.integers(3, size=50)] > 0, 1.0, -1.0), None
    placement, weights = InMemory([rows]), initial_weights(problem, *draw_start(problem, (6, 8, 7, 3), rng))
    placement.map(start_block, problem, weights)
    state = start_full(problem, weights, placement)
    values, told = [objective(problem, state.weights, placement).total], []
    for _ in range(80):
        state, terms = full_step(state, extrapolate=True)
        told.append(terms.total)
        values.append(objective(problem, state.weights, placement).total)
    told.append(full_objective(state).total)
    np.testing.assert_allclose(told, values, rtol=1e-9)
    assert np.all(np.diff(values) <= 1e-12 * values[0])


@pytest.mark.parametrize("kind", PLACEMENTS)
@pytest.mark.parametrize("compression, relaxation", [("none", 1.9), ("tt", 1.3)])
def test_same_fit_wherever_rows_live(kind, compression, relaxation, request):
    """One block in memory, and three uneven ones everywhere: the same weights to 1e-8, L to 1e-10."""
    if kind == "dask":
        request.getfixturevalue("dask_client")
    problem, first, rows = drawn(compression, relaxation, weighted=True)
    parts = [tuple(x[part] for x in rows) for part in (slice(0, 3), slice(3, 40), slice(40, 60))]
    found = []
    for placement in (InMemory([rows]), PLACEMENTS[kind](parts)):
        placement.map(start_block, problem, first)
        fit = functools.partial(fit_full, max_iter=9, on_sweep=lambda *a: False, extrapolate=True)
        found.append(fit(problem, first, placement)[:2])
        placement.close()
    (expected, terms), (weights, there) = found
    for ours, theirs in zip(fitted(weights), fitted(expected), strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-8, atol=1e-8)
    assert there.total == pytest.approx(terms.total, rel=1e-10)


NETWORKS = {
    "dense": {},
    "low rank": dict(compression="low_rank", rank=2),
    "l0": dict(compression="l0", sparsity=0.5),
    "no intercepts": dict(fit_intercept=False),
    "data metric": dict(compression="low_rank", rank=2),
    "residual": dict(hidden_layer_sizes="auto", layers=[Dense(6), Residual([Dense(5), Dense(6)])]),
    "not negative": dict(activation="identity", activity_regularizer=NonNegative()),
    "on disk": dict(memory_limit=60_000),
}


@pytest.mark.parametrize("name", NETWORKS)
def test_descends_and_gains(name):
    """L never rises while the metric stays, and is lower after 60 sweeps than without."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(60, 4))
    y = rng.normal(size=60) + X[:, 0]
    options = dict(hidden_layer_sizes=(6, 5), max_iter=60, tol=0.0, random_state=0) | NETWORKS[name]
    projection = "data" if name == "data metric" else "frobenius"
    solvers = (FullBatch(extrapolation=on, projection=projection) for on in (True, False))
    one, plain = (NNBCDRegressor(**options, solver=each).fit(X, y).objective_curve_ for each in solvers)
    # Metrics of the data are measured before sweeps 2, 4, 8 ...; L is another function from there on.
    steps = [k for k in range(1, 60) if name != "data metric" or (k & (k - 1))]
    assert len(one) == 60 and all(one[k] <= one[k - 1] * (1.0 + 1e-9) for k in steps)
    assert one[-1] < plain[-1] or name == "data metric"


def test_a_new_metric_begins_anew(monkeypatch):
    """L is another function after sweeps 0, 1, 3 and 7: no speed, and no comparison across them."""
    given = []

    def watched(sweep, problem, weights, placement, extrapolation):
        given.append(extrapolation)
        return extrapolated_sweep(sweep, problem, weights, placement, extrapolation)

    def restarts():
        return [k for k, extrapolation in enumerate(given) if extrapolation == Extrapolation()]

    monkeypatch.setattr(_full, "extrapolated_sweep", watched)
    X = np.random.default_rng(0).normal(size=(60, 4))
    options = dict(compression="low_rank", rank=2, max_iter=10, tol=0.0)
    NNBCDRegressor((6, 5), solver=FullBatch(projection="data"), **options).fit(X, X[:, 0])
    assert restarts() == [0, 1, 3, 7] and len(given) == 10
    given.clear()
    NNBCDRegressor((6, 5), solver=FullBatch(projection="frobenius"), **options).fit(X, X[:, 0])
    assert restarts() == [0] and len(given) == 10


def test_a_memory_limit_counts_both_states():
    """The least limit that keeps to memory grows by one U and V; limits are tried in steps of a tenth."""
    problem, shapes = make_problem(WIDTHS), zip(WIDTHS, WIDTHS[1:])
    layers = (None, *(layer.bind((d,)) for layer, d in zip(problem.layers[1:], WIDTHS)))
    problem = replace(problem, layers=layers)
    weights = initial_weights(problem, (None, *map(np.zeros, shapes)), (None,) * 4)
    rows, one = 10_000, 2 * 8 * 10_000 * sum(WIDTHS[1:])
    sizes = range(one, 6 * one, one // 10)
    first = {}
    for on in (True, False):
        contexts = [FitContext(1, None, memory_limit=limit) for limit in sizes]
        first[on] = next(c.memory_limit for c in contexts if not block_size(problem, weights, rows, c, on)[1])
    assert abs(first[True] - first[False] - one) <= one // 10


class Scripted(BaseSolver):
    """A solver whose states are the numbers of its steps; some weights, or some L, are not finite."""

    def __init__(self, bad_weights=None, bad_terms=None):
        self.bad_weights, self.bad_terms = bad_weights, bad_terms

    def step(self, state):
        loss = math.nan if state + 1 == self.bad_terms else 10.0 - state
        return state + 1, Terms(loss=loss)

    def result(self, state):
        W = np.full((1, 1), math.inf if state == self.bad_weights else float(state))
        return Weights((None, W), (None, None), (None, None), (None, None), (None, None))

    def finish(self, state):
        return state, Terms(loss=math.nan if state + 1 == self.bad_terms else 10.0 - state)

    def diagnosis(self, state):
        return f"after {state}"


def test_weights_that_are_not_finite_are_not_kept():
    """Neither they nor those after an infinite L; the L that was known is."""
    solvers = {"weights": Scripted(bad_weights=3), "terms": Scripted(bad_terms=3)}
    for solver in solvers.values():
        with pytest.warns(UserWarning, match="stopped after 2 sweeps because.*no longer finite"):
            result = run(solver, 0, 5, lambda *after: False)
        assert (result.n_sweeps, result.state, float(result.weights.W[1][0, 0])) == (2, 2, 2.0)
        assert len(result.curve) == 2 and result.diagnosis is None
        assert all(math.isfinite(terms.total) for terms in result.curve)
    result = run(Scripted(), 0, 5, lambda *after: False)
    assert [terms.total for terms in result.curve] == [9.0, 8.0, 7.0, 6.0, 5.0]
    assert (result.n_sweeps, result.diagnosis) == (5, "after 5")


@pytest.mark.parametrize("solver", [Scripted(bad_weights=1), Scripted(bad_terms=1)], ids=["weights", "L"])
def test_a_first_sweep_that_is_not_finite_is_an_error(solver):
    with pytest.raises(ValueError, match="not finite for the given X and y: entries are.*float64"):
        run(solver, 0, 5, lambda *after: False)
