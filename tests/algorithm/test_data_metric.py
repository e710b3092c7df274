# SPDX-License-Identifier: BSD-3-Clause
"""projection="data" of the full solver: the metric, its W step, and when it is renewed.

Lemma 5 in a metric is in test_descent.py.
"""

from dataclasses import replace

import numpy as np
import pytest
from problems import NUMPY, cut, draw_start, fitted, make_problem, random_targets, start
from sklearn.base import clone
from sklearn.datasets import load_wine
from sklearn.preprocessing import StandardScaler

from sklearn_nnbcd import NNBCDClassifier
from sklearn_nnbcd.compressions import Budget, LowRank
from sklearn_nnbcd.engine import fit_full, initial_weights
from sklearn_nnbcd.engine._data_metric import measured_metrics, unit_metric
from sklearn_nnbcd.numerics._metric import Metric
from sklearn_nnbcd.placements import InMemory
from sklearn_nnbcd.solvers import FullBatch, MiniBatch

RNG = np.random.default_rng(0)


def definite(d, kind, rng):
    """A side of a metric: full, diagonal, or the identity."""
    if kind == "full":
        A = rng.normal(size=(d, d + 2))
        return A @ A.T
    return rng.uniform(0.5, 2.0, size=d) if kind == "diagonal" else None


def matrix(side, d):
    if side is None:
        return np.eye(d)
    return np.diag(side) if side.ndim == 1 else side


@pytest.mark.parametrize("rows", ["full", "diagonal", "identity"])
@pytest.mark.parametrize("columns", ["full", "diagonal", "identity"])
def test_solve_equals_the_kronecker_system(rows, columns):
    metric = Metric(definite(5, rows, RNG), definite(4, columns, RNG))
    A, R = definite(5, "full", RNG), RNG.normal(size=(5, 4))
    A -= np.linalg.eigvalsh(A)[0] * np.eye(5)  # only semidefinite: the metric makes it regular
    G, S = matrix(metric.G, 5), matrix(metric.S, 4)
    whole = np.kron(A, np.eye(4)) + 3.0 * np.kron(G, S)
    expected = np.linalg.solve(whole, R.ravel()).reshape(5, 4)
    np.testing.assert_allclose(metric.solve(A, R, 3.0, xp=NUMPY), expected, rtol=1e-9, atol=1e-11)


def test_solve_of_nonsense_is_nan_not_a_crash():
    metric = Metric(definite(5, "full", RNG), None)
    X = metric.solve(np.full((5, 5), np.inf), np.ones((5, 2)), 1.0, xp=NUMPY)
    assert np.isnan(X).all()


WIDTHS = (4, 5, 3, 2)


def state(fit_intercept=True, weighted=False, loss="squared_error"):
    rng = np.random.default_rng(1)
    pieces = dict(activation="tanh", loss=loss, compression="low_rank")
    problem = make_problem(WIDTHS, fit_intercept=fit_intercept, **pieces)
    X, Y = rng.normal(size=(20, 4)) + 1.0, random_targets(problem.loss, 20, 2, rng)
    s = rng.integers(0, 3, size=20).astype(float) if weighted else None
    W, b = draw_start(problem, WIDTHS, rng)
    weights, placement = start(problem, X, Y, s, W, b, noise=rng)
    return problem, weights, placement.blocks[0]


def output_hessian(loss, v):
    """Second derivatives of one row's loss in its outputs."""
    if loss == "squared_error":
        return np.eye(len(v))
    p = np.exp(v) / np.exp(v).sum()
    return np.diag(p) - np.outer(p, p)


@pytest.mark.parametrize("loss", ["squared_error", "cross_entropy"])
@pytest.mark.parametrize("fit_intercept", [True, False])
@pytest.mark.parametrize("weighted", [True, False])
def test_metrics_are_moments_of_the_forward_pass(fit_intercept, weighted, loss):
    """G: covariance of the input. S: J'HJ of the outputs by each U_i, the slopes taken as independent.

    H is the mean Hessian of the loss, with a tenth of its mean diagonal.
    """
    problem, weights, block = state(fit_intercept, weighted, loss)
    metrics = measured_metrics(problem, weights, InMemory([block]))
    counts = np.ones(20) if block.s is None else block.s
    share = counts / counts.sum()
    V, overlaps = [block.V[0]], {}
    for i in range(1, 4):
        U = V[-1] @ weights.W[i] + (0.0 if weights.b[i] is None else weights.b[i])
        V.append(U if i == 3 else np.tanh(U))
        slopes = 1.0 - V[-1] ** 2
        overlaps[i] = (share[:, None] * slopes).T @ slopes
    S = sum(part * output_hessian(loss, v) for part, v in zip(share, V[3], strict=True))
    S = S + 0.1 * np.trace(S) / 2 * np.eye(2)
    for i in (3, 2, 1):
        if i < 3:
            S = (weights.W[i + 1] @ S @ weights.W[i + 1].T) * overlaps[i]
        A = V[i - 1] - (share @ V[i - 1] if fit_intercept else 0.0)
        G = (share[:, None] * A).T @ A
        for found, expected, ridge in ((metrics[i].G, G, 1e-3), (metrics[i].S, S, 0.1)):
            expected = expected + ridge * np.trace(expected) / len(expected) * np.eye(len(expected))
            np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("loss", ["squared_error", "cross_entropy"])
def test_metrics_add_over_blocks(loss):
    problem, weights, block = state(weighted=True, loss=loss)
    whole = measured_metrics(problem, weights, InMemory([block]))
    blocks = [cut(block, part) for part in (slice(0, 3), slice(3, 4), slice(4, 20))]
    parts = measured_metrics(problem, weights, InMemory(blocks))
    for a, b in zip(whole[1:], parts[1:]):
        np.testing.assert_allclose(a.G, b.G, rtol=1e-12, atol=1e-14)
        np.testing.assert_allclose(a.S, b.S, rtol=1e-12, atol=1e-14)


def test_blocks_do_not_matter():
    """Metrics and a budget's plans come from sums over all rows."""
    results = []
    for slices in ([slice(0, 20)], [slice(0, 3), slice(3, 4), slice(4, 20)]):
        problem, weights, block = state(weighted=True)
        budget = Budget((LowRank(),) * 3, (None,) * 4, 0.9)
        problem = replace(problem, data_metric=True, budget=budget).with_plans(weights.W)
        weights = initial_weights(problem, weights.W, weights.b)
        placement = InMemory([cut(block, part) for part in slices])
        weights, terms, _ = fit_full(
            problem, weights, placement, max_iter=12, on_sweep=lambda k, weights, before: False
        )
        results.append((fitted(weights), terms.total, [M and M.n_parameters for M in weights.M[1:]]))
    (one, total, sizes), (three, total_of_three, sizes_of_three) = results
    assert total == pytest.approx(total_of_three, rel=1e-10) and sizes == sizes_of_three
    for a, b in zip(one, three):
        np.testing.assert_allclose(a, b, rtol=1e-8, atol=1e-10)


def test_unit_metric_has_mean_diagonals_of_one():
    metric = unit_metric(Metric(definite(5, "full", RNG), definite(3, "full", RNG)), xp=NUMPY)
    assert np.isclose(np.trace(metric.G) / 5, 1.0) and np.isclose(np.trace(metric.S) / 3, 1.0)


# the estimator -----------------------------------------------------------------------------------

X, Y = load_wine(return_X_y=True)
X = StandardScaler().fit_transform(X)
NETWORK = NNBCDClassifier((12, 8), compression="low_rank", rank=2, solver=FullBatch(projection="data"))
NETWORK.set_params(random_state=0, tol=0, max_iter=40)


@pytest.mark.parametrize("compression", ["low_rank", "tt", "l0"])
def test_the_objective_rises_at_renewals_only(compression):
    rank = {"rank": None} if compression == "l0" else {}
    network = clone(NETWORK).set_params(compression=compression, **rank).fit(X, Y)
    curve = np.asarray(network.objective_curve_)
    # entry k - 1 is L after sweep k, in the metric of sweep k + 1
    rising = {k for k in range(1, len(curve)) if curve[k] > curve[k - 1] * (1 + 1e-10)}
    assert rising <= {1, 3, 7, 15, 31}
    assert network.objective_terms_["coupling"][-1] > 0
    assert network.score(X, Y) > 0.9


def test_it_is_another_fit_than_frobenius():
    data, paper = clone(NETWORK).fit(X, Y), clone(NETWORK).set_params(solver="full").fit(X, Y)
    frobenius = clone(NETWORK).set_params(solver__projection="frobenius").fit(X, Y)
    assert not np.allclose(data.coefs_[0], paper.coefs_[0])
    np.testing.assert_array_equal(frobenius.coefs_[0], paper.coefs_[0])


def test_weights_are_copies():
    counts = np.random.RandomState(0).randint(0, 3, size=len(Y))
    network = clone(NETWORK).set_params(max_iter=10)
    weighted = clone(network).fit(X, Y, sample_weight=counts)
    repeated = clone(network).fit(np.repeat(X, counts, axis=0), np.repeat(Y, counts))
    np.testing.assert_allclose(weighted.coefs_[0], repeated.coefs_[0], atol=1e-6)


def test_the_metric_of_the_paper_belongs_to_the_full_solver():
    rng = np.random.default_rng(0)
    rows = rng.normal(size=(600, 3))  # 'auto' is 'minibatch' beyond 100
    labels = (rows[:, 0] > 0).astype(int)
    network = NNBCDClassifier((4,), solver=FullBatch(projection="frobenius"), max_iter=2, random_state=0)
    network.fit(rows, labels)
    assert network.objective_terms_["split"][0] > 0
    assert not hasattr(clone(network), "partial_fit")
    with pytest.raises(ValueError, match="Invalid parameter 'projection' for estimator MiniBatch"):
        clone(network).set_params(solver=MiniBatch(), solver__projection="frobenius")
