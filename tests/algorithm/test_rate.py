# SPDX-License-Identifier: BSD-3-Clause
"""Theorem 7 in figures: K times the mean of ||g||^2 is bounded, for the paper's setting and the default."""

import importlib.util
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from sklearn_nnbcd.engine import objective
from sklearn_nnbcd.placements import InMemory

SCRIPT = Path(__file__).resolve().parents[2] / "examples" / "paper" / "rate.py"
spec = importlib.util.spec_from_file_location("rate", SCRIPT)
rate = importlib.util.module_from_spec(spec)
spec.loader.exec_module(rate)


@pytest.mark.parametrize("setting", rate.SOLVERS)
@pytest.mark.parametrize("case", rate.CASES)
def test_k_times_the_mean_of_squared_subgradients_levels_off(case, setting):
    """The last 100 of 200 sweeps add less than 1 % to the sum (0.1 % here), and L never rises."""
    values, squares = rate.rate(case, setting, 200)
    sums = np.cumsum(squares)
    assert sums[199] <= 1.01 * sums[99]
    assert squares[-1] < 1e-3 * squares[0]
    assert np.all(np.diff(values) <= 1e-12 * values[0])


@pytest.mark.parametrize("case", ["dense", "tt", "hinge"])
def test_the_subgradient_beside_central_differences(case):
    """At a state without kinks every entry is a derivative; differences of h = 1e-6 keep 6 digits of it."""
    solver, state = rate.begin(case, "paper")
    for _ in range(3):
        state, _ = solver.step(state)
    rng, problem, weights = np.random.default_rng(0), state.problem, state.weights
    block = state.placement.blocks[0].part(slice(0, 5))
    noisy = [
        tuple(None if x is None else x + 0.1 * rng.normal(size=x.shape) for x in t)
        for t in (block.V, block.U)
    ]
    V, U = (block.V[0], *noisy[0][1:]), noisy[1]
    block = type(block)(block.Y, V, U)
    made = SimpleNamespace(problem=problem, weights=weights, placement=InMemory([block]))

    def L():
        fresh, dense = weights, [None]
        for M in weights.M[1:]:
            dense.append(M.to_dense(xp=rate.xp))
        fresh = type(weights)(weights.W, weights.b, weights.M, tuple(dense), weights.shift)
        return objective(problem, fresh, InMemory([block])).total

    total = 0.0
    stored = [array for M in weights.M[1:] for array in M.arrays]
    for array in [*weights.W[1:], *weights.b[1:], *stored, *V[1:], *U[1:]]:
        for place in np.ndindex(array.shape):
            old, sides = array[place], []
            for h in (1e-6, -1e-6):
                array[place] = old + h
                sides.append(L())
            array[place] = old
            total += ((sides[0] - sides[1]) / 2e-6) ** 2
    assert rate.squared_subgradient(made) == pytest.approx(total, rel=1e-5)
