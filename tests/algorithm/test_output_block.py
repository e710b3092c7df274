# SPDX-License-Identifier: BSD-3-Clause
"""V_N with a regulariser s_N, or a loss without a prox: (8) exactly where it can be, else (19)."""

from dataclasses import replace

import numpy as np
import pytest
from problems import NUMPY, draw_start, make_problem, random_targets, start
from scipy.optimize import minimize_scalar
from sklearn.datasets import load_iris

from sklearn_nnbcd import NNBCDClassifier, NNBCDRegressor
from sklearn_nnbcd.engine import objective, sweep, update_V_output
from sklearn_nnbcd.losses import LOSSES, BaseLoss, Logistic
from sklearn_nnbcd.placements import InMemory
from sklearn_nnbcd.regularizers import REGULARIZERS, NonNegative
from sklearn_nnbcd.solvers import FullBatch

WIDTHS = (5, 6, 3)


class NoProx(Logistic):
    """The logistic loss without its prox."""

    prox = BaseLoss.prox


def state(loss, regularizer=None, alpha=0.3, seed=0):
    rng, problem = np.random.default_rng(seed), make_problem(WIDTHS, gamma=0.7, rho=1.1, alpha=alpha)
    problem = replace(problem, loss=loss)
    if regularizer is not None:
        problem = replace(problem, activity=(None, None, regularizer))
    X, Y = rng.normal(size=(40, 5)), random_targets(loss, 40, 3, rng)
    s = rng.uniform(0, 2, size=40)
    weights, placement = start(problem, X, Y, s, *draw_start(problem, WIDTHS, rng), noise=rng)
    block = placement.blocks[0]
    if regularizer is not None:
        block = block.with_V(2, regularizer.project(block.V[2], xp=NUMPY))
    return problem, weights, block


SMOOTH = [name for name in LOSSES if LOSSES[name].smooth]


@pytest.mark.parametrize("name", REGULARIZERS)
@pytest.mark.parametrize("loss", SMOOTH)
def test_with_s_N_every_update_descends_by_its_amount(loss, name):
    """alpha/4 ||step||^2 row by row, to rounding; the term is in L, and constraints hold."""
    piece = REGULARIZERS[name]()
    for seed in range(5):
        problem, weights, block = state(LOSSES[loss](), piece, seed=seed)
        before = objective(problem, weights, InMemory([block]))
        assert before.regularizer == pytest.approx(np.sum(block.s * piece.value(block.V[2], xp=NUMPY)))
        new = update_V_output(block, problem)
        after = objective(problem, weights, InMemory([new]))
        step = block.s @ np.sum((new.V[2] - block.V[2]) ** 2, axis=1)
        assert after.total <= before.total - 0.3 / 4 * step + 1e-12 * before.total
        assert step > 0 and np.isfinite(after.total)


@pytest.mark.parametrize("name", REGULARIZERS)
def test_squared_error_with_s_N_is_exact(name):
    """Beside a search over each entry, which knows the value to the rounding unit."""
    piece, (problem, _, block) = REGULARIZERS[name](), state(LOSSES["squared_error"](), REGULARIZERS[name]())
    p, new = problem.penalties, update_V_output(block, problem).V[2]
    for j, k in [(0, 0), (3, 1), (7, 2), (20, 0)]:

        def value(v, j=j, k=k):
            smooth = (v - block.Y[j, k]) ** 2 + p.gamma * (v - block.U[2][j, k]) ** 2
            smooth += p.alpha * (v - block.V[2][j, k]) ** 2
            return 0.5 * smooth + float(piece.value(np.array([[v]]), xp=NUMPY)[0])

        found = min(minimize_scalar(value, bounds=ends, method="bounded").fun for ends in ((-9, 0), (0, 9)))
        assert value(new[j, k]) <= min(found, value(0.0)) + 1e-9


def test_the_linearised_step_repeated_reaches_the_prox():
    """(19) again and again, with U_N fixed and alpha = 0, is gradient descent to the minimiser of (8)."""
    problem, _, block = state(NoProx(), alpha=0.0)
    exact = Logistic().prox(block.Y, block.U[2], problem.penalties.gamma, xp=NUMPY)
    for _ in range(200):
        block = update_V_output(block, problem)
    np.testing.assert_allclose(block.V[2], exact, atol=1e-10)


@pytest.mark.parametrize("solver", [FullBatch(), FullBatch.paper()], ids=["default", "paper"])
def test_a_fit_with_a_loss_without_a_prox(solver):
    X, y = load_iris(return_X_y=True)
    options = dict(solver=solver, max_iter=60, gamma=0.5, rho=0.5, random_state=0)
    model = NNBCDClassifier((8,), loss=NoProx(), **options).fit(X, y)
    assert np.all(np.diff(model.objective_curve_) <= 1e-12 * model.objective_curve_[0])
    assert model.score(X, y) > 0.9


def test_sweeps_with_s_N_descend_and_keep_it():
    problem, weights, block = state(LOSSES["logistic"](), NonNegative())
    placement, last = InMemory([block]), np.inf
    for _ in range(20):
        weights, before = sweep(problem, weights, placement)
        assert before.total <= last
        last = before.total
    assert placement.blocks[0].V[2].min() >= 0.0


def test_s_N_is_the_last_entry_of_a_longer_list():
    X, y = load_iris(return_X_y=True)
    y = X[:, 2] - X[:, 2].mean()
    free = NNBCDRegressor((8,), solver="full", max_iter=40, random_state=0).fit(X, y)
    held = NNBCDRegressor((8,), activity_regularizer=[None, "l2"], max_iter=40, random_state=0).fit(X, y)
    assert held.solver_.__class__ is FullBatch
    assert held.objective_curve_[-1] > free.objective_curve_[-1]
    with pytest.raises(ValueError, match="must be None for the output with a loss that has kinks"):
        NNBCDRegressor((8,), loss="absolute_error", activity_regularizer=[None, "l2"]).fit(X, y)
