# SPDX-License-Identifier: BSD-3-Clause
"""Ridges by the evidence, and the dispersion that they are in units of, against plain loops."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from problems import NUMPY, to_host
from sklearn.datasets import load_diabetes
from sklearn.model_selection import ShuffleSplit
from test_minibatch import setting, steps

from sklearn_nnbcd import NNBCDRegressor
from sklearn_nnbcd.engine import BatchSettings, initial_state
from sklearn_nnbcd.engine._minibatch._curvature import Curvature
from sklearn_nnbcd.engine._minibatch._evidence import SHARE, update_dispersion, update_ridges
from sklearn_nnbcd.engine._minibatch._schedule import MANY_OUTPUTS, hessian_due
from sklearn_nnbcd.engine._minibatch._step import expand_loss
from sklearn_nnbcd.engine._state import Block
from sklearn_nnbcd.losses import LOSSES, CrossEntropy, Logistic

#: loss -> outputs of the network that it is tried with
OUTPUTS = {"squared_error": 3, "huber": 2, "exponential": 2, "logistic": 1, "cross_entropy": 4, "poisson": 2}


def semidefinite(d, rng, rank=None):
    A = rng.normal(size=(d, rank or d + 2))
    return A @ A.T / d


def evidence_state(loss, *, count=4, dispersion=0.3, n_rows=70.0, weight_norm=130.0**0.5, ridge=None, seed=0):
    """The state of a network with two layers whose running sums are random matrices."""
    widths = (6, 5, OUTPUTS[loss])
    problem, weights, *_ = setting(widths, loss=loss, ridge=ridge)
    rng = np.random.default_rng(seed)
    curvatures = [None]
    for d_in, d_out in zip(widths, widths[1:]):
        gram = semidefinite(d_in + 1, rng, rank=4)  # fewer directions than inputs
        curvatures.append(Curvature(True, count, gram=gram, sensitivity=semidefinite(d_out, rng)))
    state = initial_state(problem, weights, BatchSettings(), n_rows=n_rows)
    return replace(state, curvatures=tuple(curvatures), dispersion=dispersion, weight_norm=weight_norm)


def determined_numbers(state):
    """sum lambda / (lambda + delta) over all pairs of eigenvalues of all layers, and a_i ||W_i||^2."""
    rows = (state.n_rows / state.weight_norm) ** 2
    gamma = size = 0.0
    for i in range(1, state.problem.N + 1):
        curvature, W = state.curvatures[i], state.weights.W[i]
        for g in np.linalg.eigvalsh(curvature.gram):
            for s in np.linalg.eigvalsh(curvature.sensitivity):
                value = rows * max(g, 0.0) * max(s, 0.0)
                gamma += value / (value + state.ridges[i])
        size += W.shape[0] / 2.0 * sum(w * w for w in W.ravel())
    return gamma, size, rows


def plain_ridges(state):
    """delta_i = a d_i / 2 with a at the fixed point, half of the way to it on a logarithmic scale."""
    gamma, size, rows = determined_numbers(state)
    loss, n_outputs = state.problem.loss, state.weights.W[-1].shape[1]
    numbers = np.sqrt(n_outputs - 1) if type(loss) is CrossEntropy else n_outputs
    left = min(max(1.0 - gamma / (rows * numbers), 0.1), 1.0)
    if type(loss).__name__ in ("SquaredError", "Huber"):
        new_rows = state.dispersion / max(left, 0.7) ** 2
        share = min(max(0.5, np.sqrt(new_rows)), 1.0) * new_rows
    elif type(loss).__name__ == "Exponential":
        share = 0.5 * state.dispersion / max(left, 0.7) ** 2
    else:
        sure = min(state.dispersion / 0.5, 1.0)  # of labels that are hardly ever by chance
        temperature = min(max(state.settings.temperature, 0.65), 0.8)
        n_weights = sum(W.size for W in state.weights.W[1:])
        factor = min(5.0 * gamma / n_weights, 1.0) ** (10.0 * np.log(0.8 / temperature))
        share = min(max(0.5 * np.sqrt(state.dispersion) * sure / left * factor, 0.1), 1.0)
    a = share * gamma / size
    return [np.sqrt(state.ridges[i] * a * state.weights.W[i].shape[0] / 2.0) for i in (1, 2)]


@pytest.mark.parametrize("temperature", [1.4, 0.9, 0.7, 0.1])
@pytest.mark.parametrize("dispersion", [1e-3, 0.3, 20.0])
@pytest.mark.parametrize("n_rows", [7.0, 70.0, 7e5])
@pytest.mark.parametrize("loss", ["squared_error", "huber", "exponential", "logistic", "cross_entropy"])
def test_ridges_are_those_of_plain_loops(loss, n_rows, dispersion, temperature):
    """Also where the share meets its bounds, where hardly a row is left, and where labels are clean."""
    state = evidence_state(loss, n_rows=n_rows, weight_norm=(1.8 * n_rows) ** 0.5, dispersion=dispersion)
    state = replace(state, settings=replace(state.settings, temperature=temperature))
    assert state.ridges == (None, 3.0, 2.5)  # half of the inputs
    for _ in range(3):
        expected = plain_ridges(state)
        state = update_ridges(state)
        np.testing.assert_allclose(state.ridges[1:], expected, rtol=1e-7)


@pytest.mark.parametrize(("dispersion", "share"), [(0.02, SHARE), (20.0, 1.0)])
def test_the_ridge_comes_to_mackays_fixed_point(dispersion, share):
    """Where it stays, delta ||W||^2 is the share of phi gamma; of new rows; all where that is large."""
    state = evidence_state("squared_error", dispersion=dispersion)
    for _ in range(100):
        state = update_ridges(state)
    gamma, _, _ = determined_numbers(state)
    energy = sum(state.ridges[i] * np.sum(state.weights.W[i] ** 2) for i in (1, 2))
    h = gamma / ((state.n_rows / state.weight_norm) ** 2 * OUTPUTS["squared_error"])
    assert energy == pytest.approx(share * state.dispersion / max(1.0 - h, 0.7) ** 2 * gamma, rel=1e-6)
    again = update_ridges(state)
    np.testing.assert_allclose(again.ridges[1:], state.ridges[1:], rtol=1e-10)


def test_each_factor_of_a_weight_has_the_gamma_of_both():
    """The square of the ridge goes with gamma: both layers' ridges are 2^(1/2) times as large."""
    state = evidence_state("logistic")
    product = replace(state, factorization=SimpleNamespace(positions=lambda: [(1, 1, 2)]))
    apart = replace(state, factorization=SimpleNamespace(positions=lambda: [(1, 1, 1), (2, 2, 2)]))
    plain = np.asarray(update_ridges(state).ridges[1:])
    np.testing.assert_allclose(update_ridges(product).ridges[1:], 2.0**0.5 * plain, rtol=1e-12)
    np.testing.assert_array_equal(update_ridges(apart).ridges[1:], plain)


@pytest.mark.parametrize(("scale", "least", "most"), [(1e-6, 0.0, 0.9), (1e9, 1.0, 1.0)])
def test_clean_labels_ask_for_less_ridge_where_weights_are_many(scale, least, most):
    """Rows that vary little determine little of the weights; others all that their outputs can."""
    clean, noisy = (evidence_state("logistic", n_rows=7000.0, dispersion=1.0) for _ in range(2))
    clean = replace(clean, settings=replace(clean.settings, temperature=0.5))
    ridges = []
    for state in (clean, noisy):
        curvatures = [None, *(replace(c, gram=scale * c.gram) for c in state.curvatures[1:])]
        ridges.append(update_ridges(replace(state, curvatures=tuple(curvatures))).ridges[1])
    assert least <= ridges[0] / ridges[1] <= most


@pytest.mark.parametrize("units", [(0.05, 0.1), (1e2, 1e3)])
def test_the_unit_of_the_targets_does_not_matter_to_squared_error(units):
    """Targets times c: phi and ||W_N||^2 grow with c^2, and delta of one layer stays what it is.

    The share of it is bounded on both sides; between these it is in variances of the targets, which are 1.
    """
    problem, weights, X, Y, _ = setting((6, 3), rows=40, ridge=None)
    ridges = []
    for c in units:
        W, b = ((None, c * x[1]) for x in (weights.W, weights.b))
        start = initial_state(problem, replace(weights, W=W, b=b), BatchSettings(refresh=1), n_rows=40.0)
        state = steps(replace(start, weight_norm=40.0**0.5), [(X, c * Y, None)] * 9)
        ridges.append(state.ridges[1])
        assert state.ridges[1] != start.ridges[1]
    assert ridges[0] == pytest.approx(ridges[1], rel=1e-6)


def test_the_unit_of_the_weights_does_not_matter_to_the_evidence():
    states = [evidence_state("logistic", n_rows=70.0 * c, weight_norm=130.0**0.5 * c) for c in (1.0, 8.0)]
    one, other = (update_ridges(state).ridges[1:] for state in states)
    np.testing.assert_allclose(one, other, rtol=1e-12)


@pytest.mark.parametrize("count", [0, 1, 2, 3, 5, 6, 7, 9])
def test_ridges_stay_between_two_updates(count):
    state = evidence_state("squared_error", count=count)
    assert update_ridges(state) is state


def test_ridges_that_are_given_stay():
    state = evidence_state("squared_error", ridge=4.0)
    assert state.ridges == (None, 4.0, 4.0)
    assert update_ridges(state) is state


def test_closed_forms_have_no_ridges_by_evidence():
    state = evidence_state("squared_error")
    state = replace(state, settings=replace(state.settings, linearized=False))
    assert update_ridges(state) is state


def test_layers_that_nothing_is_known_of_get_a_bounded_ridge():
    state = evidence_state("squared_error")
    blank = [None, *(replace(c, gram=0.0 * c.gram) for c in state.curvatures[1:])]
    for _ in range(60):
        state = update_ridges(replace(state, curvatures=tuple(blank)))
    assert all(1e-8 <= ridge < 1e-6 for ridge in state.ridges[1:])
    state = evidence_state("squared_error", dispersion=1e30)
    for _ in range(60):
        state = update_ridges(state)
    assert all(ridge <= 1e12 for ridge in state.ridges[1:])


@pytest.mark.parametrize("loss", ["squared_error", "cross_entropy"])
def test_another_namespace_finds_the_same_ridges(loss, standard):
    """Ten batches, so that ridges are updated twice."""
    found = []
    for xp in (standard, NUMPY):
        problem, weights, X, Y, s = setting(loss=loss, ridge=None, weighted=True, rows=15, xp=xp)
        state = initial_state(problem, weights, BatchSettings(refresh=1), n_rows=15.0)
        state = replace(state, weight_norm=15.0**0.5, batch_weight=20.0)
        state = steps(state, [(X, Y, s)] * 10)
        found.append([float(to_host(ridge)) if xp is standard else ridge for ridge in state.ridges[1:]])
        found[-1] += [float(x) for x in np.ravel(to_host(state.weights.W[1]))]
    np.testing.assert_allclose(found[0], found[1], rtol=1e-8, atol=1e-10)


# dispersion -------------------------------------------------------------------------------------


def plain_sure_curvature(smoothing, n_classes):
    """Trace of diag(q) - q q' for the target q of one class."""
    q = np.full(n_classes, smoothing / n_classes)
    q[0] += 1.0 - smoothing
    return sum(each * (1.0 - each) for each in q)


@pytest.mark.parametrize(("smoothing", "n_classes"), [(0.2, 3), (0.02, 7), (0.0, 4), (1.0, 5)])
def test_curvature_that_is_there_for_smoothed_targets_alone_is_taken_off(smoothing, n_classes):
    """Rows that are fitted exactly, and twice the trace of one that is not sure: half of it is left."""
    loss = LOSSES["cross_entropy"](smoothing)
    expected = plain_sure_curvature(smoothing, n_classes)
    assert loss.sure_curvature(n_classes) == pytest.approx(expected, rel=1e-12, abs=1e-15)
    Y = np.eye(n_classes)[:1]
    if 0.0 < smoothing < 1.0:
        V = np.log(Y * (1.0 - smoothing) + smoothing / n_classes)
        assert np.trace(loss.mean_hessian(Y, V, xp=NUMPY)) == pytest.approx(expected, rel=1e-12)
        np.testing.assert_allclose(loss.gradient(Y, V, xp=NUMPY), 0.0, atol=1e-15)
    problem, weights, *_ = setting((2, n_classes), loss="cross_entropy")
    state = initial_state(replace(problem, loss=loss), weights, BatchSettings())
    H, G = np.eye(n_classes) * 2.0 * expected / n_classes, np.full((5, n_classes), 0.3)
    found = update_dispersion(state, G, None, H)
    if expected:
        assert found == pytest.approx(0.09 * n_classes / expected, rel=1e-9)
        assert update_dispersion(state, G, None, 0.5 * H) == pytest.approx(
            0.9 * n_classes / expected, rel=1e-9
        )


@pytest.mark.parametrize("smoothing", [0.02, 0.5])
def test_so_it_is_for_labels_each_by_itself(smoothing):
    loss, q = LOSSES["logistic"](smoothing), smoothing / 2.0
    assert loss.sure_curvature(3) == pytest.approx(3.0 * q * (1.0 - q), rel=1e-12)
    Y, V = np.asarray([[1.0, -1.0]]), np.log((1.0 - q) / q) * np.asarray([[1.0, -1.0]])
    np.testing.assert_allclose(loss.gradient(Y, V, xp=NUMPY), 0.0, atol=1e-15)
    assert np.trace(loss.mean_hessian(Y, V, xp=NUMPY)) == pytest.approx(loss.sure_curvature(2), rel=1e-12)


@pytest.mark.parametrize("weighted", [True, False])
@pytest.mark.parametrize("loss", LOSSES)
def test_dispersion_is_that_of_plain_loops(loss, weighted):
    """Mean square of the gradient over the trace of the Hessian; 0.98 of it survives a batch."""
    problem, weights, X, Y, s = setting((6, 5, OUTPUTS.get(loss, 3)), loss=loss, weighted=weighted)
    state, rng = initial_state(problem, weights, BatchSettings()), np.random.default_rng(3)
    expected, counts = None, np.ones(11) if s is None else s
    for _ in range(3):
        V = rng.normal(size=Y.shape)
        _, G, hessian = problem.loss.expansion(Y, V, s, xp=NUMPY)
        H = hessian()
        squares = 0.0
        for y, v, count in zip(Y, V, counts, strict=True):
            gradient = problem.loss.gradient(y[None, :], v[None, :], xp=NUMPY)[0]
            squares += count * sum(g * g for g in gradient)
        trace = sum(H[k, k] for k in range(len(H)))
        if loss == "cross_entropy":
            trace = max(trace - plain_sure_curvature(0.003, len(H)), 0.1 * trace)
        new = squares / counts.sum() / trace
        expected = new if expected is None else 0.98 * expected + 0.02 * new
        state = replace(state, dispersion=update_dispersion(state, G, s, H))
        assert state.dispersion == pytest.approx(expected, rel=1e-9)


def test_many_outputs_have_their_hessian_made_now_and_then():
    """In the first batches as often as the sums, then in every fourth."""
    many = MANY_OUTPUTS + 1
    assert [n for n in range(13) if hessian_due(n, many)] == [0, 1, 2, 4, 8, 12]
    assert all(hessian_due(n, MANY_OUTPUTS) for n in range(13))
    problem, weights, *_ = setting((2, many), loss="cross_entropy")
    state, rng = initial_state(problem, weights, BatchSettings()), np.random.default_rng(0)
    expected = None
    for n in range(5):
        Y, V = np.eye(many)[rng.integers(0, many, 20)], rng.normal(size=(20, many))
        if n != 3:
            H = problem.loss.mean_hessian(Y, V, xp=NUMPY)
            expected = H if expected is None else 0.9 * expected + 0.1 * H
        state, *_ = expand_loss(state, Block(Y, (None, V), (None, V), None))
        state = replace(state, n_batches=n + 1)
        np.testing.assert_allclose(state.hessian, expected, rtol=1e-12)


def test_dispersion_of_squared_error_is_the_variance_of_what_is_left():
    problem, weights, *_ = setting((2, 3))
    state, rng = initial_state(problem, weights, BatchSettings()), np.random.default_rng(0)
    V = rng.normal(size=(4000, 3))
    Y = V + 0.7 * rng.normal(size=V.shape)
    assert update_dispersion(state, V - Y, None, np.eye(3)) == pytest.approx(0.49, rel=0.05)


@pytest.mark.parametrize("loss", ["logistic", "cross_entropy"])
def test_dispersion_of_a_likelihood_is_one_where_it_holds(loss):
    """Labels drawn with the probabilities of the outputs; less where they are fitted closer."""
    d = OUTPUTS[loss]
    problem, weights, *_ = setting((2, d), loss=loss)
    state, rng = initial_state(problem, weights, BatchSettings()), np.random.default_rng(0)
    V = 1.5 * rng.normal(size=(20_000, d))
    P = problem.loss.to_proba(V, xp=NUMPY)
    state = replace(state, problem=replace(problem, loss=problem.loss.with_smoothing(0.0)))
    labels = (rng.uniform(size=(len(P), 1)) > np.cumsum(P, axis=1)[:, :-1]).sum(axis=1)
    if isinstance(problem.loss, Logistic):
        drawn, sure = (np.where(y == 1, 1.0, -1.0)[:, None] for y in (labels, P.argmax(axis=1)))
    else:
        drawn, sure = (np.eye(d)[y] for y in (labels, P.argmax(axis=1)))
    found = []
    for Y in (drawn, sure):
        _, G, hessian = problem.loss.expansion(Y, V, xp=NUMPY)
        found.append(update_dispersion(state, G, None, hessian()))
    assert found[0] == pytest.approx(1.0, rel=0.05)
    assert found[1] < 0.8


def test_dispersion_of_rows_without_a_residual_is_not_zero():
    problem, weights, *_ = setting((2, 3))
    state, V = initial_state(problem, weights, BatchSettings()), np.ones((4, 3))
    assert 0.0 < update_dispersion(state, V - V, None, np.eye(3)) < 1e-12


def test_a_sparse_network_follows_noise_no_more_than_a_dense_one():
    """Where the evidence counted what is kept alone, nine zeros of ten cost .115 of R2 on this table."""
    X, y = load_diabetes(return_X_y=True)
    scores = {None: [], "l0": []}
    for seed, (fitted, rest) in enumerate(ShuffleSplit(4, test_size=0.3, random_state=0).split(X)):
        for name, found in scores.items():
            model = NNBCDRegressor(
                compression=name, sparsity=None if name is None else 0.9, random_state=seed
            )
            found.append(model.fit(X[fitted], y[fitted]).score(X[rest], y[rest]))
    assert np.mean(scores["l0"]) > np.mean(scores[None]) - 0.04  # half the spread over splits
