# SPDX-License-Identifier: BSD-3-Clause
"""A budget for the whole network is kept, and goes where it saves the most."""

import itertools

import numpy as np
import pytest
from problems import NUMPY
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

from sklearn_nnbcd import NNBCDClassifier
from sklearn_nnbcd.compressions import CP, L0, LowRank, TensorTrain, Tucker, budget_plans
from sklearn_nnbcd.compressions._budget import _logarithmic_gains
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
        return sum(s.sum() * np.log(s.sum() / s[:r].sum()) for s, r in zip(squares, ranks))

    def price(ranks):
        return sum(min(r * sum(W.shape), W.size) for r, W in zip(ranks, WEIGHTS))

    every = itertools.product(*(range(1, len(s) + 1) for s in squares))
    affordable = [r for r in every if price(r) <= budget]
    best = min(affordable, key=lost)
    found = tuple(min(W.shape) if plan is None else plan.rank for plan, W in zip(plans, WEIGHTS))
    # greedy is optimal but for the last rank that does not fit
    assert lost(found) <= lost(best) * 1.1
    assert lost(found) < np.median([lost(r) for r in affordable if price(r) > 0.9 * budget])


def test_gains_are_what_is_kept_where_little_goes_and_endless_where_all_does():
    gains = _logarithmic_gains([4.0, 2.0, 1.0, 1e-3])
    assert gains[0] == np.inf
    assert gains[1:] == pytest.approx(7.001 * np.log([6 / 4, 7 / 6, 7.001 / 7]))
    assert gains[3] == pytest.approx(1e-3, rel=1e-3)
    assert gains == sorted(gains, reverse=True)
    assert _logarithmic_gains([0.0, 0.0]) == [np.inf, np.inf]


def test_a_layer_of_small_losses_keeps_more_than_rank_1():
    """Its squares are all below those of the other layer, which would take the whole budget."""
    large, small = np.diag(np.linspace(3.0, 2.0, 20)), np.diag(np.linspace(1.5, 1.0, 20))
    plans = budget_plans([LowRank()] * 2, [large, small], 0.4, metrics=[Metric(), Metric()], xp=NUMPY)
    ranks = [plan.rank for plan in plans]
    assert sum(ranks) == 8
    assert min(ranks) >= 2


@pytest.mark.parametrize("piece, ratio, least", [("low_rank", 0.05, 0.78), ("tt", 0.03, 0.7)])
def test_few_parameters_are_divided_well(piece, ratio, least):
    """By the sums of squares the second layer had rank 1: .74 of low rank, .29 of trains."""
    X, T, y, t = train_test_split(*load_digits(return_X_y=True), random_state=0)
    few = {"compression": piece, "compression_ratio": ratio, "compress_output": True}
    model = NNBCDClassifier((256, 256), column_bins=0, random_state=0, **few).fit(X, y)
    assert model.compression_ratio_ <= ratio
    assert model.score(T, t) > least


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
