# SPDX-License-Identifier: BSD-3-Clause
"""Gradual pruning: sparse weights lose their entries over a fit, and have as few as asked for in the end."""

from dataclasses import replace

import numpy as np
import pytest
from problems import NUMPY
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

from sklearn_nnbcd import NNBCDClassifier
from sklearn_nnbcd.compressions import L0, LowRank
from sklearn_nnbcd.compressions._budget import Budget
from sklearn_nnbcd.engine._minibatch._pruning import PRUNED_BY, Pruning
from sklearn_nnbcd.network import Network
from sklearn_nnbcd.numerics._metric import Metric
from sklearn_nnbcd.solvers import MiniBatch

SHAPE = (12, 10)


def pruning(first=10, last=50, counts=(0, 120)):
    return Pruning((None, L0(0.9).plan(SHAPE)), counts, first, last)


def test_the_share_falls_by_the_third_power_of_what_is_left():
    shares = [pruning().share(k) for k in (0, 10, 30, 40, 50, 90)]
    assert shares == pytest.approx([1.0, 1.0, 0.5**3, 0.25**3, 0.0, 0.0])
    assert pruning(first=7, last=7).share(3) == 0.0  # one batch: at once


@pytest.mark.parametrize("count", [5, 12, 60, 120])
def test_a_loosened_plan_lies_between_the_asked_one_and_what_is_there(count):
    plan = L0(0.9).plan(SHAPE)
    kept = [plan.loosened(share, count).beta for share in (0.0, 0.2, 0.7, 1.0)]
    assert kept[0] == plan.beta == 12
    assert kept == sorted(kept)
    assert kept[-1] == max(12, count)


def test_other_plans_are_never_loosened():
    plan = LowRank(2).plan(SHAPE)
    assert plan.loosened(1.0, 120) is plan and not plan.is_pruned


def test_a_loosened_budget_lies_between_the_asked_one_and_what_is_there():
    budget = Budget((L0(), L0()), (None,) * 3, 0.1)
    rng = np.random.default_rng(0)
    W = (None, rng.normal(size=SHAPE), rng.normal(size=(10, 8)))
    found = []
    for share, density in ((0.0, 0.6), (0.5, 0.6), (1.0, 0.6), (1.0, 1.0), (1.0, 0.05)):
        plans = budget.loosened(share, density)(W, xp=NUMPY)
        found.append(sum(plan.beta for plan in plans[1:]))
    assert found == [20, 70, 120, 200, 20]  # of 200 entries


def test_nothing_is_pruned_where_no_end_is_known_or_no_number_is_asked_for():
    class Problem:
        plans = (None, L0(0.9).plan(SHAPE))
        xp = NUMPY

    W = (None, np.where(np.arange(120) < 30, 1.0, 0.0).reshape(SHAPE))
    found = Pruning.of(Problem, W, 100, 200, 0.5)
    assert found.counts == (0, 30)
    assert (found.first, found.last) == (150, round(150 + PRUNED_BY * 50))
    assert Pruning.of(Problem, W, 100, None, 0.5) is None
    Problem.plans = (None, LowRank(2).plan(SHAPE))
    assert Pruning.of(Problem, W, 100, 200, 0.5) is None


def test_a_step_from_more_entries_keeps_as_many_as_it_should_near_the_target():
    """No farther than the entries of the target under the new support without a refit."""
    rng = np.random.default_rng(1)
    A, B = (rng.normal(size=(50, d)) + 2.0 * rng.normal(size=(50, 1)) for d in SHAPE)  # much in common
    metric = Metric(A.T @ A / 50, B.T @ B / 50)
    W, plan = rng.normal(size=SHAPE), L0(0.8).plan(SHAPE)
    before = plan.loosened(0.5, 120).project(W, metric=metric, xp=NUMPY)
    found = plan.step(W, before, 1.0, metric=metric, xp=NUMPY)
    assert (before.n_parameters, found.n_parameters) == (72, 24)
    cut = np.where(found.pattern(xp=NUMPY), W, 0.0)
    distances = [metric.squared_distance(W, M, xp=NUMPY) for M in (found.to_dense(xp=NUMPY), cut)]
    assert distances[0] < 0.9 * distances[1]


# in fits ------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def digits():
    X, y = load_digits(return_X_y=True)
    return train_test_split(X, y, random_state=0)


def sizes_of(monkeypatch, model, X, y):
    """Stored entries of each W^MC after each pass, and the fitted model."""
    found, step = [], MiniBatch.step

    def noted(self, state):
        state, terms = step(self, state)
        counts = [M.n_parameters for M in state.weights.M[1:] if M is not None]
        if model.hidden_layer_sizes == (40, 30):  # not the short fits for the temperature
            found.append(counts)
        return state, terms

    monkeypatch.setattr(MiniBatch, "step", noted)
    model.fit(X, y)
    return [counts for counts in found if counts], model


@pytest.mark.parametrize(
    "asked", [{"sparsity": 0.9}, {"compression_ratio": 0.1, "compress_output": True}], ids=["layer", "budget"]
)
def test_entries_become_fewer_from_pass_to_pass_until_four_fifths(monkeypatch, digits, asked):
    X, _, y, _ = digits
    model = NNBCDClassifier((40, 30), compression="l0", max_iter=20, random_state=0, **asked)
    sizes, model = sizes_of(monkeypatch, model, X[:400], y[:400])
    totals = [sum(counts) for counts in sizes if len(counts) == len(sizes[-1])]
    assert len(totals) == 20
    assert totals == sorted(totals, reverse=True)
    assert totals[0] > 2 * totals[-1]
    assert totals[17] == totals[-1] == sum(c.n_parameters for c in model.network_.coefs[: len(sizes[-1])])
    dense = 64 * 40 + 40 * 30 + (30 * 10 if "compression_ratio" in asked else 0)
    assert totals[-1] == pytest.approx(0.1 * dense, abs=2)


def test_no_layer_is_left_nearly_empty(digits):
    """Taken away at once, all but 2 % of the entries leave the second layer a tenth of the rest."""
    X, T, y, t = digits
    few = {"compression": "l0", "compression_ratio": 0.02, "compress_output": True}
    model = NNBCDClassifier((256, 256), max_iter=25, random_state=0, **few).fit(X, y)
    counts = [coef.n_parameters for coef in model.network_.coefs]
    assert min(counts) > 0.2 * sum(counts)
    assert model.score(T, t) > 0.97


def test_early_stopping_keeps_no_network_that_is_still_too_large(digits):
    X, _, y, _ = digits
    model = NNBCDClassifier((30,), compression="l0", sparsity=0.9, early_stopping=True, random_state=0)
    model.set_params(n_iter_no_change=1, tol=1.0, max_iter=15)  # the first scores are never beaten by 1
    model.fit(X[:300], y[:300])
    coef = model.network_.coefs[0]
    assert coef.n_parameters <= round(0.1 * coef.shape[0] * coef.shape[1])


def test_an_interrupted_fit_has_as_few_entries_as_asked_for(monkeypatch, digits):
    X, _, y, _ = digits
    step, calls = MiniBatch.step, []

    def interrupted(self, state):
        calls.append(1)
        if len(calls) == 6:
            raise KeyboardInterrupt
        return step(self, state)

    monkeypatch.setattr(MiniBatch, "step", interrupted)
    model = NNBCDClassifier((30,), compression="l0", sparsity=0.9, max_iter=20, random_state=0)
    with pytest.warns(UserWarning, match="interrupted by the user after 5 complete"):  # of 20
        model.fit(X[:300], y[:300])
    assert model.network_.coefs[0].n_parameters == round(0.1 * 30 * model.network_.n_inputs)


def test_a_fit_that_goes_on_from_a_sparse_network_starts_with_its_entries(monkeypatch, digits):
    X, _, y, _ = digits
    model = NNBCDClassifier((40, 30), compression="l0", sparsity=0.8, warm_start=True, random_state=0)
    model.set_params(max_iter=10).fit(X[:400], y[:400])
    before = sum(coef.n_parameters for coef in model.network_.coefs[:2])
    sizes, model = sizes_of(monkeypatch, model.set_params(sparsity=0.9), X[:400], y[:400])
    totals = [sum(counts) for counts in sizes]
    assert before >= totals[0] > totals[-1]
    assert totals[-1] == pytest.approx(before / 2, abs=2)


def test_pruned_layers_beside_factors_are_pruned_to_their_number(digits):
    X, _, y, _ = digits
    pieces = [LowRank(4), L0(0.9), None]
    model = NNBCDClassifier((40, 30), compression=pieces, max_iter=8, random_state=0).fit(X[:400], y[:400])
    assert isinstance(model.network_, Network)
    assert model.network_.coefs[1].n_parameters == round(0.1 * 40 * 30)
    assert model.network_.coefs[0].n_parameters == 4 * (model.network_.n_inputs + 40)


@pytest.mark.filterwarnings("ignore:The NNBCDClassifier is no better")
def test_one_batch_prunes_at_once():
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(60, 8)), rng.integers(0, 3, size=60)
    solver = MiniBatch(batch_size=60)
    model = NNBCDClassifier((20,), compression="l0", sparsity=0.75, max_iter=1, solver=solver, random_state=0)
    assert model.fit(X, y).network_.coefs[0].n_parameters == 40
    assert replace(pruning(), first=0, last=0).share(0) == 0.0
