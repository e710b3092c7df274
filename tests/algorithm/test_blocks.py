# SPDX-License-Identifier: BSD-3-Clause
"""(8) to (13) one after the other, as they stand in ``_blocks``, are what the solver's sweep computes."""

from dataclasses import replace

import numpy as np
import pytest
from descent import random_state, regularized
from problems import COVERING, cut, fitted
from test_descent import STACKS, TRIPLES, random_stack_state

from sklearn_nnbcd.backends import _numpy as numpy_backend
from sklearn_nnbcd.engine import _full, _fused, objective, sweep
from sklearn_nnbcd.engine._blocks import (
    input_operator,
    update_M,
    update_U,
    update_V,
    update_V_output,
    update_W,
    weight_statistics,
)
from sklearn_nnbcd.engine._forward import affine
from sklearn_nnbcd.numerics._metric import Metric
from sklearn_nnbcd.placements import InMemory

CASE = dict(rows=23, widths=(5, 6, 4, 2), scale=1.0, weighted=True, fit_intercept=True, compress_output=True)
PENALTIES = dict(rho=1.7, gamma=0.6, tau=2.3, alpha=0.45, alpha_w=0.15, ridge=0.35, relaxation=1.3)


def case(seed=0, **other):
    """What :func:`random_state` draws a state from."""
    return CASE | PENALTIES | dict(seed=seed) | other


def plain_sweep(problem, weights, block):
    """Algorithm 1, line by line."""
    for i in range(problem.N, 0, -1):
        if i == problem.N:
            block = update_V_output(block, problem)
        else:
            operator = input_operator(i, problem, weights)
            S = problem.activations[i](block.U[i], xp=problem.xp)
            block = update_V(block, i, problem, weights, operator, S)
        P = affine(problem, i, block.V, weights.W, weights.b)
        block = update_U(block, i, problem, P)
        statistics = weight_statistics(block, i, problem, weights, block.U[i] - P)
        weights = update_W(weights, i, problem, statistics)
        weights = update_M(weights, i, problem)
    return weights, block


def expect_equal_sweeps(problem, weights, block, monkeypatch):
    """Three sweeps of both, in slices of a few rows, the rows whole or in blocks, new or written over.

    Sums over rows come in another order, and W from systems with condition numbers below 1e4.
    """
    monkeypatch.setattr(numpy_backend, "_SLICE_BYTES", 200)
    parts = slice(None), slice(0, 9), slice(9, None)
    before = [x.copy() for x in (*block.V, *block.U[1:])]
    for pieces, overwritable in ((parts[:1], False), (parts[1:], True)):
        own = [cut(block, part) for part in pieces]
        if overwritable:
            own = [replace(x, V=copies(x.V), U=copies(x.U), overwritable=True) for x in own]
        placement, (ours, theirs), plain = InMemory(own), (weights, weights), block
        for _ in range(3):
            expected = objective(problem, theirs, InMemory([plain])).total
            theirs, plain = plain_sweep(problem, theirs, plain)
            ours, terms = sweep(problem, ours, placement)
            assert terms.total == pytest.approx(expected, rel=1e-10)
            for a, b in zip(fitted(ours), fitted(theirs), strict=True):
                np.testing.assert_allclose(a, b, rtol=1e-9, atol=1e-10)
            for name in "UV":
                for k in range(1, problem.N + 1):
                    rows = np.concatenate([getattr(x, name)[k] for x in placement.blocks])
                    np.testing.assert_allclose(rows, getattr(plain, name)[k], rtol=1e-9, atol=1e-10)
    for x, copy in zip((*block.V, *block.U[1:]), before, strict=True):
        np.testing.assert_array_equal(x, copy)  # neither writes over what it was not given


def copies(arrays):
    return tuple(None if x is None else x.copy() for x in arrays)


@pytest.mark.parametrize("combination", COVERING)
def test_blocks_in_order_are_a_sweep(combination, monkeypatch):
    expect_equal_sweeps(*random_state(combination, case()), monkeypatch)


@pytest.mark.parametrize("relaxation", [1.0, 1.9])
@pytest.mark.parametrize("fit_intercept", [False, True])
@pytest.mark.parametrize("compression", ["none", "tt"])
def test_without_weights_intercepts_or_relaxation(compression, fit_intercept, relaxation, monkeypatch):
    given = case(fit_intercept=fit_intercept, relaxation=relaxation, weighted=False)
    expect_equal_sweeps(*random_state(f"relu-squared_error-{compression}", given), monkeypatch)


@pytest.mark.parametrize("combination", TRIPLES)
@pytest.mark.parametrize("name", STACKS)
def test_other_layers_and_skips(name, combination, monkeypatch):
    given = case(seed=1, widths=(3,))
    expect_equal_sweeps(*random_stack_state(name, combination, given), monkeypatch)


@pytest.mark.parametrize("combination", ["relu-squared_error-none", "tanh-squared_error-none"])
@pytest.mark.parametrize("name", ["l1", "nonnegative", "elastic_net"])
def test_regularisers(name, combination, monkeypatch):
    expect_equal_sweeps(*regularized(*random_state(combination, case()), name), monkeypatch)


@pytest.mark.parametrize("compression", ["low_rank", "tt", "l0"])
def test_metrics(compression, monkeypatch):
    problem, weights, block = random_state(f"relu-squared_error-{compression}", case())
    rng, metrics = np.random.default_rng(0), [None]
    for W in weights.W[1:]:
        sides = [rng.normal(size=(d, d + 2)) for d in W.shape]
        metrics.append(Metric(*(A @ A.T / len(A) + 0.1 * np.eye(len(A)) for A in sides)))
    expect_equal_sweeps(problem, replace(weights, metrics=tuple(metrics)), block, monkeypatch)


def test_another_formula_is_found(monkeypatch):
    """The comparison is not vacuous: V_i a hundredth off, or b_i of the old W_i."""
    state = random_state("relu-squared_error-none", case())
    with monkeypatch.context() as patch:
        patch.setattr(_fused, "relaxed", lambda old, new, omega: 1.01 * new)
        with pytest.raises(AssertionError):
            expect_equal_sweeps(*state, patch)

    def old_b(weights, i, *given):
        return update_W(weights, i, *given).updated(b=(i, weights.b[i]))

    with monkeypatch.context() as patch:
        patch.setattr(_full, "update_W", old_b)
        with pytest.raises(AssertionError):
            expect_equal_sweeps(*state, patch)
