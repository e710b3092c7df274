# SPDX-License-Identifier: BSD-3-Clause
"""The constrained form W = W^MC: layers whose format is a product train as two linear layers."""

from dataclasses import replace

import numpy as np
import pytest
from problems import NUMPY, make_stack_problem, mild
from test_minibatch import setting

from sklearn_nnbcd import NNBCDClassifier
from sklearn_nnbcd.compressions import LowRank
from sklearn_nnbcd.engine import (
    BatchSettings,
    fitted_weights,
    forward,
    initial_state,
    initial_weights,
    project,
    train_batch,
)
from sklearn_nnbcd.engine._minibatch._factored import factorize, merge_weights, split_weights
from sklearn_nnbcd.layers import AveragePool2D, Conv2D, Dense, Residual
from sklearn_nnbcd.network import Network
from sklearn_nnbcd.numerics._metric import Metric

IMAGE = (6, 6, 2)
STACKS = {
    "dense": ([Dense(7), Dense(5)], (6,)),
    "convolution": ([Conv2D(5, 3, padding=1), Conv2D(4, 3, stride=2), Dense(6)], IMAGE),
    "pooling": ([Conv2D(5, 3), AveragePool2D(2), Dense(6)], IMAGE),
    "residual": ([Dense(6), Residual([Dense(7), Dense(6)]), Residual([Dense(5), Dense(6)])], (6,)),
}


def drawn(layers, shape, *, seed=0, **options):
    """A low rank problem of a stack, its compressed weights with intercepts, rows."""
    problem, shapes = make_stack_problem(layers, shape, 3, compression="low_rank", **options)
    rng = np.random.default_rng(seed)
    W = [None, *(rng.normal(size=s) / s[0] ** 0.5 for s in shapes)]
    b = [None, *(rng.normal(size=s[1]) if problem.fit_intercept else None for s in shapes)]
    weights = initial_weights(problem, W, b)
    shift = (None, *(rng.normal(size=s[0]) for s in shapes))
    return problem, replace(weights, shift=shift), rng.normal(size=(9, int(np.prod(shape))))


@pytest.mark.parametrize("fit_intercept", [True, False])
@pytest.mark.parametrize("stack", STACKS)
def test_the_longer_network_is_the_compressed_one(stack, fit_intercept):
    """Forward passes agree: W^MC with the intercepts that go with it, and A, B as two layers."""
    problem, weights, X = drawn(*STACKS[stack], fit_intercept=fit_intercept)
    factorization = factorize(problem)
    split = split_weights(factorization, weights)
    assert factorization.problem.N == 2 * problem.N
    assert not factorization.problem.compressed
    network = Network.from_weights(problem, weights)
    V, _ = forward(problem, X, (None, *network.dense_coefs()), (None, *network.intercepts))
    long, _ = forward(factorization.problem, X, split.W, split.b)
    np.testing.assert_allclose(long[-1], V[-1], rtol=1e-10, atol=1e-10)
    np.testing.assert_allclose(network.forward(X), V[-1], rtol=1e-10, atol=1e-10)


@pytest.mark.parametrize("fit_intercept", [True, False])
@pytest.mark.parametrize("stack", STACKS)
def test_merged_weights_are_the_longer_network(stack, fit_intercept):
    """With intercepts between the factors, too: what a fit makes of them ends in b."""
    problem, weights, X = drawn(*STACKS[stack], fit_intercept=fit_intercept)
    factorization, rng = factorize(problem), np.random.default_rng(1)
    split = split_weights(factorization, weights)
    b = tuple(None if x is None else rng.normal(size=x.shape) for x in split.b)
    split = replace(split, b=b)
    long, _ = forward(factorization.problem, X, split.W, split.b)
    merged = merge_weights(factorization, split)
    network = Network.from_weights(problem, merged)
    for W, M, coef in zip(merged.W[1:], merged.M_dense[1:], network.coefs, strict=True):
        np.testing.assert_array_equal(W, M)
        np.testing.assert_array_equal(coef.to_dense(xp=NUMPY), M)
    V, _ = forward(problem, X, merged.W, (None, *network.intercepts))
    np.testing.assert_allclose(V[-1], long[-1], rtol=1e-10, atol=1e-10)


def test_layers_of_other_formats_keep_their_coupling():
    problem, weights, X, Y, _ = setting((6, 5, 4, 3), compression="low_rank", compress_output=False)
    plans = (None, problem.plans[1], mild("l0").plan((5, 4)), None)
    problem = replace(problem, plans=plans)
    state = initial_state(problem, weights, BatchSettings(free=0.3, refresh=2))
    for k in range(20):
        state, _ = train_batch(state, X, Y, None, k / 20)
    assert [plan is None for plan in state.problem.plans] == [True, True, True, False, True]
    assert state.network_problem is problem
    assert state.projected == {3}
    result = fitted_weights(project(state))
    np.testing.assert_array_equal(result.W[1], result.M_dense[1])
    assert np.linalg.matrix_rank(result.W[1]) == problem.plans[1].rank
    assert np.linalg.norm(result.W[2] - result.M_dense[2]) > 0.0
    assert np.sum(result.M_dense[2] == 0.0) >= 10


def test_the_fit_changes_to_factors_when_the_compression_starts_and_the_loss_falls():
    problem, weights, X, _, _ = setting((6, 8, 8, 3), rows=60, compression="low_rank", compress_output=False)
    Y = X[:, :1] * np.asarray([[1.0, -1.0, 0.5]])  # rank one is enough
    settings = BatchSettings(free=0.1, averaging=np.inf)
    state, losses = initial_state(problem, weights, settings, n_steps=400), []
    for k in range(400):
        state, loss = train_batch(state, X, Y, None, k / 400)
        losses.append(loss)
        assert (state.factorization is None) == (k < 40)
    assert losses[-1] < 0.5 * losses[41]
    network = Network.from_weights(problem, fitted_weights(state))
    V, _ = forward(problem, X, (None, *network.dense_coefs()), (None, *network.intercepts))
    # The last step is a four-hundredth of the first one.
    assert np.sum((V[-1] - Y) ** 2) / 2 == pytest.approx(losses[-1], rel=1e-2)


def test_closed_forms_and_a_switch_keep_the_dense_weights():
    problem, weights, X, Y, _ = setting((6, 5, 4, 3), compression="low_rank", compress_output=False)
    for settings in (BatchSettings.closed_form(), BatchSettings(factored=False)):
        state = initial_state(problem, weights, settings)
        for k in range(5):
            state, _ = train_batch(state, X, Y, None, k / 5)
        assert state.factorization is None
        assert state.trust == settings.trust
        assert state.problem is problem


def test_a_fit_from_earlier_weights_starts_with_the_network_and_factors_it_again():
    problem, weights, X, Y, _ = setting((6, 5, 4, 3), compression="low_rank", compress_output=False)
    settings = BatchSettings(free=0.0)
    state = initial_state(problem, weights, settings)
    for k in range(4):
        state, _ = train_batch(state, X, Y, None, k / 4)
    assert state.trust == settings.factored_trust
    result = fitted_weights(state)
    again = initial_state(state.network_problem, result, settings)
    assert again.problem is problem
    assert fitted_weights(again) is result
    again, _ = train_batch(again, X, Y, None, 0.0)
    assert again.factorization is not None


@pytest.mark.parametrize("metric", ["frobenius", "data"])
@pytest.mark.parametrize("shape", [(12, 9), (9, 12)])
def test_a_start_by_thin_products_is_near_the_nearest(shape, metric):
    """Singular values that fall by a half each, less evenly in the metric: three passes lose little."""
    rng = np.random.default_rng(3)
    U, V = (np.linalg.qr(rng.normal(size=(d, 9)))[0] for d in shape)
    W = U * 0.5 ** np.arange(9) @ V.T
    form = None
    if metric == "data":
        sides = (A @ A.T / len(A) for A in (rng.normal(size=(d, 2 * d)) for d in shape))
        form = Metric(*sides)
    plan = LowRank(rank=4).plan(shape)
    near = form or Metric()
    best, begun = (
        near.squared_distance(W, make(W, metric=form, xp=NUMPY).to_dense(xp=NUMPY), xp=NUMPY)
        for make in (plan.project, plan.begin)
    )
    assert best <= begun * (1.0 + 1e-9)
    assert begun <= 1.05 * best
    full = LowRank(rank=min(shape)).plan(shape)
    np.testing.assert_allclose(full.begin(W, metric=form, xp=NUMPY).to_dense(xp=NUMPY), W, atol=1e-10)


def test_estimators_keep_factors_only():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(600, 12))
    y = (X[:, 0] + X[:, 1] * X[:, 2] > 0.0).astype(int)
    model = NNBCDClassifier(
        (40, 30), compression="low_rank", rank=4, solver="minibatch", max_iter=40, random_state=0
    ).fit(X, y)
    assert model.score(X, y) > 0.9
    ranks = [np.linalg.matrix_rank(W) for W in model.coefs_]
    assert ranks[:2] == [4, 4]
    budget = NNBCDClassifier(
        (40, 30),
        compression="low_rank",
        compression_ratio=0.4,
        solver="minibatch",
        max_iter=40,
        random_state=0,
    ).fit(X, y)
    assert budget.score(X, y) > 0.9
    assert budget.compression_ratio_ <= 0.4
    np.testing.assert_allclose(
        model.predict_proba(X), model.fit(X, y).predict_proba(X), rtol=1e-12, atol=1e-12
    )
