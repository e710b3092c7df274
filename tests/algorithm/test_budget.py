# SPDX-License-Identifier: BSD-3-Clause
"""A budget for the whole network is kept, and goes where it saves the most."""

import itertools

import numpy as np
import pytest
from problems import NUMPY

from sklearn_nnbcd.compressions import CP, L0, LowRank, TensorTrain, Tucker, budget_plans
from sklearn_nnbcd.numerics._metric import Metric

RNG = np.random.default_rng(0)
WEIGHTS = [RNG.normal(size=shape) for shape in ((30, 40), (40, 24), (24, 10))]


@pytest.mark.parametrize("ratio", [0.12, 0.3, 0.8])
@pytest.mark.parametrize("piece", [LowRank, TensorTrain, Tucker, L0])
def test_the_budget_is_kept(piece, ratio):
    plans = budget_plans([piece()] * 3, WEIGHTS, ratio, xp=NUMPY)
    stored = stored_entries(plans)
    dense = sum(W.size for W in WEIGHTS)
    assert stored <= ratio * dense
    if piece in (LowRank, L0):
        assert stored >= ratio * dense - 80  # not even the cheapest rank fits any more


def stored_entries(plans, weights=WEIGHTS):
    """What all layers take; None is a dense one."""
    return sum(W.size if plan is None else plan.n_parameters for plan, W in zip(plans, weights))


@pytest.mark.parametrize("piece", [LowRank, L0])
def test_the_least_budget_leaves_something_of_each_layer(piece):
    """One entry, or one rank, of the layers that the scores would give nothing."""
    weights = [1e-6 * WEIGHTS[0], WEIGHTS[1], WEIGHTS[2]]
    forms = [Metric() for _ in weights]
    least = 168 if piece is LowRank else 3
    dense = sum(W.size for W in weights)
    plans = budget_plans([piece()] * 3, weights, least / dense, metrics=forms, xp=NUMPY)
    assert [plan.n_parameters for plan in plans] == ([70, 64, 34] if piece is LowRank else [1, 1, 1])


def test_a_layer_that_rank_1_hardly_shrinks_becomes_dense_first():
    """Two features: rank 1 takes 102 of 200 entries and loses half of what the layer says."""
    weights = [RNG.normal(size=(2, 100)), np.outer(RNG.normal(size=100), RNG.normal(size=60))]
    plans = budget_plans([LowRank(), LowRank()], weights, 0.06, xp=NUMPY)
    assert plans[0] is None and plans[1].rank == 1


def test_rank_1_of_a_single_feature_saves_nothing():
    weights = [RNG.normal(size=(1, 100)), RNG.normal(size=(100, 60))]
    plans = budget_plans([LowRank(), LowRank()], weights, 0.1, xp=NUMPY)
    assert plans[0] is None and stored_entries(plans, weights) <= 610


def metrics():
    def side(d, scale):
        A = RNG.normal(size=(d, 2 * d))
        return scale * A @ A.T / d

    return [Metric(side(W.shape[0], s), side(W.shape[1], 1.0)) for W, s in zip(WEIGHTS, (1, 9, 3))]


def test_ranks_are_the_best_of_all_distributions():
    forms = metrics()
    plans = budget_plans([LowRank()] * 3, WEIGHTS, 0.2, metrics=forms, xp=NUMPY)
    squares = [np.linalg.svd(m.whiten(W), compute_uv=False) ** 2 for W, m in zip(WEIGHTS, forms)]
    budget = 0.2 * sum(W.size for W in WEIGHTS)

    def lost(ranks):
        return sum(s[r:].sum() for s, r in zip(squares, ranks))

    def price(ranks):
        return sum(min(r * sum(W.shape), W.size) for r, W in zip(ranks, WEIGHTS))

    every = itertools.product(*(range(1, len(s) + 1) for s in squares))
    affordable = [r for r in every if price(r) <= budget]
    best = min(affordable, key=lost)
    found = tuple(min(W.shape) if plan is None else plan.rank for plan, W in zip(plans, WEIGHTS))
    # greedy is optimal but for the last rank that does not fit
    assert lost(found) <= lost(best) * 1.1
    assert lost(found) < np.median([lost(r) for r in affordable if price(r) > 0.9 * budget])


def test_sparsity_is_one_threshold_over_all_layers():
    forms = metrics()
    plans = budget_plans([L0()] * 3, WEIGHTS, 0.1, metrics=forms, xp=NUMPY)
    scores = [W**2 * m.diagonal(W.shape, W.dtype, xp=NUMPY) for W, m in zip(WEIGHTS, forms)]
    threshold = np.sort(np.concatenate([s.ravel() for s in scores]))[-240]
    assert [plan.beta for plan in plans] == [int((s >= threshold).sum()) for s in scores]


def test_dense_layers_count_in_full():
    plans = budget_plans([LowRank(), LowRank(), None], WEIGHTS, 0.3, xp=NUMPY)
    assert plans[2] is None
    stored = plans[0].n_parameters + plans[1].n_parameters + WEIGHTS[2].size
    assert 0.3 * 2400 - 70 <= stored <= 0.3 * 2400


@pytest.mark.parametrize(
    "compressions, ratio, match",
    [
        ([LowRank()] * 3, 0.01, "'compression_ratio'.*room for 168.*0.01.*leaves 24.*Raise it"),
        ([LowRank()] * 3, 1.5, "'compression_ratio'.*<= 1.*Got 1.5.*Try 0.1"),
        ([LowRank(), L0(), CP()], 0.5, "'compressions'.*all a 'sparsity'.*Got .*Give"),
    ],
)
def test_wrong_budgets(compressions, ratio, match):
    with pytest.raises(ValueError, match=match):
        budget_plans(compressions, WEIGHTS, ratio, xp=NUMPY)
