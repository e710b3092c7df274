# SPDX-License-Identifier: BSD-3-Clause
"""Lemma 5, block by block: every single update lowers L by at least lambda ||step||^2.

The amounts are in descent.py.
"""

import math
from dataclasses import replace

import numpy as np
import pytest
from descent import SHIPPED, cases, random_state, rounding, row_steps, weight_steps
from hypothesis import given, settings
from problems import (
    COMBINATIONS,
    COVERING,
    MILD_COMPRESSIONS,
    make_stack_problem,
    random_targets,
    start,
)

from sklearn_nnbcd.engine import objective
from sklearn_nnbcd.layers import AveragePool2D, Conv2D, Dense, Residual
from sklearn_nnbcd.layers import _base as layers_base
from sklearn_nnbcd.numerics._metric import Metric
from sklearn_nnbcd.placements import InMemory


@pytest.mark.parametrize("combination", COVERING)
@settings(max_examples=12)
@given(case=cases)
def test_every_block_update_descends(combination, case):
    expect_descent(*random_state(combination, case))


@pytest.mark.parametrize("compression", [c for c in MILD_COMPRESSIONS if c != "none"])
@settings(max_examples=12)
@given(case=cases)
def test_every_block_update_descends_in_a_metric(compression, case):
    """Coupling and proximal terms in a two-sided metric: W by one more eigenproblem, M by its step."""
    problem, weights, block = random_state(f"leaky_relu-squared_error-{compression}", case)
    rng, metrics = np.random.default_rng(case["seed"]), [None]
    for W in weights.W[1:]:
        sides = [rng.normal(size=(d, max(1, d - 1))) for d in W.shape]  # singular but for the ridge
        metrics.append(Metric(*(A @ A.T + 1e-2 * np.eye(len(A)) for A in sides)))
    expect_descent(problem, replace(weights, metrics=tuple(metrics)), block)


def expect_descent(problem, weights, block):
    """Two sweeps, block by block, each with its amount."""
    for _ in range(2):
        for i in range(problem.N, 0, -1):
            value = objective(problem, weights, InMemory([block])).total
            slack = rounding(problem, weights, block)
            for name, new, amount in row_steps(problem, weights, block, i):
                after = objective(problem, weights, InMemory([new])).total
                slack += rounding(problem, weights, new)
                assert after <= value - amount + slack, name
                value, block = after, new
            for name, new, amount in weight_steps(problem, weights, block, i):
                after = objective(problem, new, InMemory([block])).total
                slack += rounding(problem, new, block)
                assert after <= value - amount + slack, name
                value, weights = after, new


# other layers -----------------------------------------------------------------------------------

#: name -> (layers, shape of a row of X)
STACKS = {
    "conv": ([Conv2D(2, 2), Dense(3)], (3, 3, 2)),
    "deep conv": (
        [Conv2D(2, 2, padding=1), Conv2D(2, (1, 2), stride=2), Dense(2)],
        (3, 2, 1),
    ),
    "pool": ([Conv2D(2, 2), AveragePool2D(2, stride=1), Conv2D(3, 1), AveragePool2D(2)], (4, 4, 1)),
    "residual": ([Dense(3), Residual([Dense(2), Dense(3)]), Residual([Dense(3)] * 2)], (4,)),
    "residual from X": (
        [Residual([Conv2D(3, 1), Conv2D(1, 3, padding=1), Conv2D(2, 1)])],
        (2, 2, 2),
    ),
    "conv residual": (
        [Conv2D(2, 2), Residual([Conv2D(1, 1), Conv2D(2, 3, padding=1)]), Dense(2)],
        (3, 3, 1),
    ),
}


def random_stack_state(name, combination, case):
    """As :func:`random_state`, for a network of STACKS."""
    case, (layers, shape) = dict(case), STACKS[name]
    rng = np.random.default_rng(case.pop("seed"))
    rows, outputs, scale = case.pop("rows"), case.pop("widths")[0], case.pop("scale")
    weighted = case.pop("weighted")
    names = dict(zip(("activation", "loss", "compression"), COMBINATIONS[combination]))
    problem, shapes = make_stack_problem(layers, shape, outputs, **names, **case)
    width = math.prod(shape)
    X = scale * (rng.normal(size=(rows, width)) + rng.normal(size=width))
    Y = random_targets(problem.loss, rows, outputs, rng)
    s = rng.exponential(size=rows) if weighted else None
    W = [None, *(rng.normal(size=size) / size[0] ** 0.5 for size in shapes)]
    b = [None, *(0.3 * rng.normal(size=w.shape[1]) for w in W[1:])]
    if not problem.fit_intercept:
        b = [None] * len(W)
    weights, placement = start(problem, X, Y, s, W, b, noise=rng)
    return problem, weights, placement.blocks[0]


TRIPLES = ("relu-squared_error-none", "leaky_relu-hinge-low_rank", "tanh-squared_error-l0")
#: every stack with every way of solving (9) that it has, each with the next triple
STACK_CASES = [
    (name, exact, TRIPLES[k % len(TRIPLES)])
    for k, (name, exact) in enumerate(
        [(name, True) for name in STACKS]
        + [(name, False) for name in ("deep conv", "pool", "residual from X", "conv residual")]
    )
]


@pytest.mark.parametrize(("name", "exact", "combination"), STACK_CASES)
def test_every_block_update_descends_in_other_layers(name, exact, combination, monkeypatch):
    if not exact:  # one step: far from the minimiser, so that only descent is left
        monkeypatch.setattr(layers_base, "_DENSE_ENTRIES", 0)
        monkeypatch.setattr(layers_base, "_CONJUGATE_STEPS", 1)
    for seed in range(20):
        rng = np.random.default_rng(seed)
        case = dict(
            {key: 10 ** rng.uniform(-1, 1) for key in ("rho", "gamma", "tau", "alpha", "alpha_w")},
            **dict(seed=seed, rows=5, widths=(1 + seed % 3,), scale=1.0, ridge=0.1),
            **dict(weighted=seed % 2 == 0, fit_intercept=seed % 5 > 0, compress_output=True),
            relaxation=SHIPPED if seed % 4 > 1 else 1.0,
        )
        expect_descent(*random_stack_state(name, combination, case))
