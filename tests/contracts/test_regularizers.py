# SPDX-License-Identifier: BSD-3-Clause
"""Regularisers: the contract of each, fed by the registry, and Lemma 5 with s_i and r_i."""

from dataclasses import replace

import numpy as np
import pytest
from descent import cases, random_state, regularized, rounding, row_steps, squares, weight_steps
from hypothesis import given, settings
from problems import NUMPY, draw_start, make_problem, start
from sklearn.base import clone

from sklearn_nnbcd.compressions import RegularizedPlan
from sklearn_nnbcd.engine import input_operator, objective, sweep, update_V
from sklearn_nnbcd.placements import InMemory
from sklearn_nnbcd.regularizers import L0, L1, L2, REGULARIZERS, Box, ElasticNet, Lp, NonNegative
from sklearn_nnbcd.testing._compressions import check_compression
from sklearn_nnbcd.testing._regularizers import check_regularizer


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("name", REGULARIZERS)
def test_contract(name, dtype):
    check_regularizer(REGULARIZERS[name](), dtype=dtype)


@pytest.mark.parametrize("name", REGULARIZERS)
def test_contract_in_the_standard(name, standard):
    check_regularizer(REGULARIZERS[name](), xp=standard)


@pytest.mark.parametrize(
    "piece",
    [
        L2(3.0),
        L1(2.0),
        ElasticNet(5.0, 0.2),
        L0(2.0),
        Lp(3.0, 0.3),
        Lp(0.5, 0.9),
        Box(0.1, 0.7),
        Box(-np.inf, 0.5),
        Box(0.3, 0.3),
    ],
)
def test_contract_with_parameters(piece):
    check_regularizer(piece)
    check_regularizer(piece, dtype="float32")
    assert clone(piece).get_params() == piece.get_params()


def test_a_wrong_prox_is_caught():
    class Wrong(L1):
        def prox(self, Z, weight, *, xp):
            return super().prox(Z, 0.9 * weight, xp=xp)

    with pytest.raises(AssertionError, match="does not minimise"):
        check_regularizer(Wrong(1.0))


def test_by_hand():
    Z = np.array([[3.0, -0.5, 0.0]])
    np.testing.assert_array_equal(L1(2.0).prox(Z, 2.0, xp=NUMPY), [[2.0, 0.0, 0.0]])
    np.testing.assert_array_equal(L2(2.0).prox(Z, 2.0, xp=NUMPY), [[1.5, -0.25, 0.0]])
    np.testing.assert_array_equal(ElasticNet(4.0, 0.5).prox(Z, 2.0, xp=NUMPY), [[1.0, 0.0, 0.0]])
    np.testing.assert_array_equal(NonNegative().prox(Z, 2.0, xp=NUMPY), [[3.0, 0.0, 0.0]])
    np.testing.assert_array_equal(NonNegative().value(Z, xp=NUMPY), [np.inf])
    np.testing.assert_array_equal(L0(2.0).prox(Z, 2.0, xp=NUMPY), [[3.0, 0.0, 0.0]])
    assert L0(2.0).value(Z, xp=NUMPY)[0] == 4.0 and Lp(2.0).value(Z, xp=NUMPY)[0] == 2.0 * (3**0.5 + 0.5**0.5)
    assert ElasticNet(4.0, 0.5).value(Z, xp=NUMPY)[0] == 2.0 * 3.5 + 1.0 * 9.25


@pytest.mark.parametrize(
    "piece, error, message",
    [
        (Box(1.0, 0.0), ValueError, "low <= high"),
        (Box("a", 1.0), TypeError, "must be numbers"),
        (Box(np.nan, 1.0), TypeError, "must be numbers"),
        (L1(-1.0), ValueError, "'strength' of L1"),
        (L2(None), TypeError, "'strength' of L2"),
        (ElasticNet(1.0, 2.0), ValueError, "'l1_ratio' of ElasticNet"),
        (Lp(1.0, 1.0), ValueError, "'p' of Lp must be above 0 and below 1"),
        (Lp(1.0, "half"), TypeError, "'p' of Lp must be a number"),
    ],
    ids=str,
)
def test_wrong_parameters_say_so(piece, error, message):
    with pytest.raises(error, match=message):
        piece.prox(np.ones((1, 1)), 1.0, xp=NUMPY)


@pytest.mark.parametrize("name", REGULARIZERS)
def test_the_plan_of_a_regularised_weight_keeps_the_contract(name):
    class Plans:
        def plan(self, shape):
            return RegularizedPlan(tuple(shape), REGULARIZERS[name]())

    if name in ("nonnegative", "box"):  # scaling by -2.5 leaves the set, the rest of the contract holds
        plan, rng = Plans().plan((6, 4)), np.random.default_rng(0)
        M = plan.project(rng.normal(size=(6, 4)), xp=NUMPY)
        for _ in range(20):
            target = 2.0 * rng.normal(size=(6, 4))
            new = plan.step(target, M, 1.3, xp=NUMPY)
            assert plan.penalty(new, xp=NUMPY) == 0.0
            assert squares(new.array - target) <= squares(M.array - target)
            M = new
        return
    check_compression(Plans(), (6, 4))


# the engine -------------------------------------------------------------------------------------


@pytest.mark.parametrize("combination", ["relu-squared_error-none", "tanh-logistic-none"])
@pytest.mark.parametrize("name", REGULARIZERS)
@settings(max_examples=25)
@given(case=cases)
def test_every_block_update_descends(name, combination, case):
    problem, weights, block = regularized(*random_state(combination, case), name)
    gamma = problem.penalties.gamma
    for i in range(problem.N, 0, -1):
        value = objective(problem, weights, InMemory([block])).total
        slack = rounding(problem, weights, block)
        for kind, new, amount in row_steps(problem, weights, block, i):
            if kind == f"V_{i}":  # the V_i step with s_i is not exact
                amount = gamma / 8 * squares(new.V[i] - block.V[i], block.s)
            after = objective(problem, weights, InMemory([new])).total
            slack += rounding(problem, weights, new)
            assert after <= value - amount + slack, kind
            value, block = after, new
        for kind, new, amount in weight_steps(problem, weights, block, i):
            after = objective(problem, new, InMemory([block])).total
            slack += rounding(problem, new, block)
            assert after <= value - amount + slack, kind
            value, weights = after, new


def example(name, strength=0.7):
    """A state of a small network with the regulariser."""
    rng, widths = np.random.default_rng(0), (5, 6, 4, 2)
    problem = make_problem(widths, rho=1.3, gamma=0.6, tau=0.9, alpha=0.2, ridge=0.1)
    X, Y = rng.normal(size=(40, 5)), rng.normal(size=(40, 2))
    weights, placement = start(problem, X, Y, None, *draw_start(problem, widths, rng), noise=rng)
    return regularized(problem, weights, placement.blocks[0], name, strength)


def test_the_first_block_keeps_constraints():
    """A forward pass through tanh has negative entries; V starts at the nearest allowed point."""
    rng, widths = np.random.default_rng(0), (5, 6, 2)
    problem = replace(make_problem(widths, activation="tanh"), activity=(None, NonNegative(), None))
    X, Y = rng.normal(size=(9, 5)), rng.normal(size=(9, 2))
    _, placement = start(problem, X, Y, None, *draw_start(problem, widths, rng))
    block = placement.blocks[0]
    np.testing.assert_array_equal(block.V[1], np.maximum(np.tanh(block.U[1]), 0.0))


@pytest.mark.parametrize("name", [name for name in REGULARIZERS if REGULARIZERS[name].convex])
def test_the_v_step_repeated_reaches_the_minimiser(name):
    """Beside the KKT conditions: a fixed point of the plain proximal gradient step."""
    problem, weights, block = example(name)
    i, p = 1, problem.penalties
    W, b, S = weights.W[2], weights.b[2], np.maximum(block.U[1], 0.0)
    curvature = input_operator(i, problem, weights)
    # At least the Lipschitz constant, and not so much that steps get short.
    exact = p.rho * np.linalg.norm(W, 2) ** 2 + p.gamma
    assert exact * (1 - 1e-12) <= curvature <= 1.1 * exact
    for _ in range(60):
        block = update_V(block, i, problem, weights, curvature, S)
    V = block.V[i]
    slope = p.rho * (V @ W + b - block.U[2]) @ W.T + p.gamma * (V - S)
    fixed = problem.activity[1].prox(V - slope / curvature, curvature, xp=NUMPY)
    np.testing.assert_allclose(fixed, V, atol=1e-10)


@pytest.mark.parametrize("name", ["l2", "elastic_net"])
def test_strength_zero_is_the_plain_step(name):
    """One update has its own stopping; the closed form is met after a few."""
    problem, weights, block = example(name, strength=0.0)
    plain = replace(problem, activity=())
    S = np.maximum(block.U[1], 0.0)
    expected = update_V(block, 1, plain, weights, input_operator(1, plain, weights), S).V[1]
    curvature = input_operator(1, problem, weights)
    for _ in range(60):
        block = update_V(block, 1, problem, weights, curvature, S)
    np.testing.assert_allclose(block.V[1], expected, atol=1e-10)


@pytest.mark.parametrize("name", REGULARIZERS)
def test_sweeps_descend_report_their_terms_and_keep_constraints(name):
    problem, weights, block = example(name)
    placement, last = InMemory([block]), np.inf
    for _ in range(15):
        expected = objective(problem, weights, placement)
        weights, before = sweep(problem, weights, placement)
        assert vars(before) == pytest.approx(vars(expected), rel=1e-12)
        assert before.total <= last
        last = before.total
    for V in placement.blocks[0].V[1:-1]:
        assert np.isfinite(problem.activity[1].value(V, xp=NUMPY)).all()
    for M in weights.M_dense[1:]:
        assert np.isfinite(problem.activity[1].value(M, xp=NUMPY)).all()
