# SPDX-License-Identifier: BSD-3-Clause
"""The mini-batch engine: messages, metric, trust region, pull, and what it keeps in memory."""

import gc
import pickle
import re
import subprocess
import sys
import tempfile
import tracemalloc
from dataclasses import replace

import numpy as np
import pytest
from problems import (
    MILD_COMPRESSIONS,
    NUMPY,
    draw_start,
    fitted,
    make_problem,
    random_targets,
    to_host,
)

from sklearn_nnbcd.activations import ACTIVATIONS
from sklearn_nnbcd.compressions._rounded import RoundedCompression
from sklearn_nnbcd.engine import (
    BatchSettings,
    Weights,
    batch_step,
    end_pass,
    fitted_weights,
    forward,
    has_all_compressed,
    initial_block,
    initial_state,
    project,
    pull_weight,
    train_batch,
)
from sklearn_nnbcd.engine._blocks import update_U, update_V, update_V_output
from sklearn_nnbcd.engine._minibatch._curvature import Curvature, damped_inverse, update_curvature
from sklearn_nnbcd.engine._minibatch._messages import (
    activation_chords,
    activation_slopes,
    closed_form_messages,
    linearized_messages,
)
from sklearn_nnbcd.engine._minibatch._schedule import refresh_interval
from sklearn_nnbcd.engine._minibatch._step import apply_changes, layer_change
from sklearn_nnbcd.losses import LOSSES
from sklearn_nnbcd.placements import ShuffledBatches
from sklearn_nnbcd.solvers import ExactMiniBatch, FitContext, MiniBatch

WIDTHS = (6, 5, 4, 3)
#: nothing is averaged over batches, nothing is left of the last change
PLAIN = dict(memory=0.0, refresh=1, momentum=0.0)
#: how the V and U blocks are solved
SETTINGS = {"linearized": BatchSettings(), "closed form": replace(BatchSettings(), linearized=False)}


def setting(widths=WIDTHS, *, rows=11, seed=0, weighted=False, dtype="float64", **options):
    """Problem, first weights, rows, all of one dtype and namespace."""
    problem = make_problem(widths, **options)
    rng = np.random.default_rng(seed)
    xp = problem.xp

    def convert(x):
        return None if x is None else xp.asarray(x, dtype=getattr(xp, dtype))

    W, b = draw_start(problem, widths, rng)
    none = (None,) * len(widths)
    W, b = (tuple(convert(x) for x in items) for items in (W, b))
    X = convert(rng.normal(size=(rows, widths[0])) + 0.3)
    Y = convert(random_targets(problem.loss, rows, widths[-1], rng))
    s = convert(rng.uniform(0.2, 3.0, size=rows)) if weighted else None
    return problem, Weights(W, b, none, none, none), X, Y, s


def steps(state, batches):
    """The state after some batches (X, Y, s)."""
    for batch in batches:
        state, _ = batch_step(state, *batch)
    return state


# the messages -----------------------------------------------------------------------------------


def loss_above(problem, weights, Y, U, i, s=1.0):
    """Sum of the losses, times s row by row, when U_i is given."""
    for j in range(i, problem.N + 1):
        V = problem.activations[j](U, xp=NUMPY)
        if j < problem.N:
            U = problem.layers[j + 1].forward(V, weights.W[j + 1], weights.b[j + 1], xp=NUMPY)
    return float(np.sum(s * problem.loss.value(Y, V, xp=NUMPY)))


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_prox_linear_messages_are_minus_the_derivative(activation, loss):
    """E_i against central differences of the loss in every entry of U_i."""
    problem, weights, X, Y, _ = setting(rows=4, activation=activation, loss=loss)
    block = initial_block(problem, weights, X, Y)
    U, slopes = block.U, activation_slopes(problem, block.U)
    h = 1e-5
    gradient = problem.loss.gradient(Y, block.V[problem.N], xp=NUMPY)
    for i, E in linearized_messages(problem, weights, slopes, gradient):
        for entry in np.ndindex(*E.shape):
            shift = np.zeros_like(U[i])
            shift[entry] = h
            up = loss_above(problem, weights, Y, U[i] + shift, i)
            down = loss_above(problem, weights, Y, U[i] - shift, i)
            # The differences are wrong by h^2 times third derivatives, and by rounding / h.
            assert -E[entry] == pytest.approx((up - down) / (2 * h), rel=1e-6, abs=1e-7)


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_exact_messages_are_the_block_updates(activation, loss):
    """The shortcuts at a forward pass equal V_N, U_N, V_i, U_i of Algorithm 1."""
    options = dict(rho=1.7, gamma=0.6, alpha=0.45)
    problem, weights, X, Y, s = setting(activation=activation, loss=loss, weighted=True, **options)
    start, N, p = initial_block(problem, weights, X, Y, s), problem.N, problem.penalties
    operators = [None, None]
    for i in range(2, N + 1):
        operators.append(problem.layers[i].input_operator(weights.W[i], p.rho, p.gamma, xp=NUMPY))
    ours = dict(closed_form_messages(problem, weights, start, operators))
    block = update_V_output(start, problem)
    block = update_U(block, N, problem, start.U[N])
    np.testing.assert_allclose(ours[N], block.U[N] - start.U[N], rtol=1e-11, atol=1e-12)
    for i in range(N - 1, 0, -1):
        S = problem.activations[i](block.U[i], xp=NUMPY)
        block = update_V(block, i, problem, weights, operators[i + 1], S)
        P = problem.layers[i].forward(block.V[i - 1], weights.W[i], weights.b[i], xp=NUMPY)
        block = update_U(block, i, problem, P)
        # The smooth activations solve for U_i to about 1e-10; the others are closed forms.
        np.testing.assert_allclose(ours[i], block.U[i] - start.U[i], rtol=1e-7, atol=1e-9)


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_chords_are_slopes_of_the_lines_from_zero(activation):
    problem, weights, X, Y, _ = setting(activation=activation)
    block = initial_block(problem, weights, X, Y)
    chords, slopes = activation_chords(problem, block), activation_slopes(problem, block.U)
    sigma = problem.activations[1]
    for i in range(1, problem.N):
        line = chords[i] * block.U[i] + sigma(np.zeros((1, 1)), xp=NUMPY)
        np.testing.assert_allclose(line, block.V[i], rtol=1e-12, atol=1e-12)
        if activation in ("identity", "relu", "leaky_relu"):
            np.testing.assert_allclose(chords[i], slopes[i], rtol=1e-12)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("activation", ["sigmoid", "softplus", "tanh", "relu"])
def test_chords_near_zero_are_bounded(activation, dtype):
    problem, weights, X, Y, _ = setting((6, 5, 3), activation=activation, dtype=dtype)
    block = initial_block(problem, weights, X, Y)
    sizes = np.asarray([0.0, 1e-40, 1e-12, -1e-8, 1e-5], dtype=dtype)
    U = np.broadcast_to(sizes, block.U[1].shape)
    block = block.with_U(1, U).with_V(1, problem.activations[1](U, xp=NUMPY))
    chords = activation_chords(problem, block)[1]
    assert chords.dtype == U.dtype
    assert np.all((chords >= -1e-3) & (chords <= 1.0 + 1e-3))


# the metric -------------------------------------------------------------------------------------


@pytest.mark.parametrize("more", [0.0, 2.0])
def test_damped_inverse(more):
    rng = np.random.default_rng(0)
    for d in (1, 7, 250):  # 250: beyond the library's own factorisation
        A = rng.normal(size=(d, d))
        A = A @ A.T
        damped = A + (0.3 * np.trace(A) / d + more) * np.eye(d)
        product = damped_inverse(A, 0.3, more, xp=NUMPY) @ damped
        np.testing.assert_allclose(product, np.eye(d), atol=1e-10)  # condition below 1e3


def output_hessian(problem, Y, V, s):
    """Weighted mean of each row's second derivatives in its outputs, by central differences of the loss."""
    d, h = V.shape[1], 1e-4
    H, E = np.zeros((d, d)), h * np.eye(V.shape[1])
    for y, v, weight in zip(Y, V, s, strict=True):
        for j, k in np.ndindex(d, d):
            for a, b in np.ndindex(2, 2):
                at = (v + (1 - 2 * a) * E[j] + (1 - 2 * b) * E[k])[None, :]
                value = float(problem.loss.value(y[None, :], at, xp=NUMPY)[0])
                H[j, k] += (-1) ** (a + b) * weight * value / (4 * h * h)
    return H / s.sum()


@pytest.mark.parametrize("loss", [name for name in LOSSES if LOSSES[name].exact_hessian])
def test_sensitivity_is_the_curvature_of_the_loss_of_a_linear_network(loss):
    """With the loss's mean Hessian on top, and a tenth of its mean diagonal; the same change in all rows."""
    problem, weights, X, Y, s = setting(activation="identity", weighted=True, loss=loss)
    state = steps(initial_state(problem, weights, BatchSettings(**PLAIN)), [(X, Y, s)])
    rng, h = np.random.default_rng(1), 1e-4
    V, U = forward(problem, X, weights.W, weights.b)
    H = output_hessian(problem, Y, V[-1], s)
    np.testing.assert_allclose(state.hessian, H, rtol=1e-5, atol=1e-6)  # rounding / h^2
    for i in range(1, problem.N + 1):
        d = rng.normal(size=U[i].shape[1])
        values = [loss_above(problem, weights, Y, U[i] + t * d, i, s) for t in (-h, 0.0, h)]
        curvature = (values[0] - 2.0 * values[1] + values[2]) / (h * h * s.sum())
        outputs = d
        for W in weights.W[i + 1 :]:
            outputs = outputs @ W
        expected = curvature + 0.1 * np.trace(H) / len(H) * outputs @ outputs
        assert d @ state.curvatures[i].sensitivity @ d == pytest.approx(expected, rel=1e-5, abs=1e-6)


def test_running_sums_begin_as_means_and_forget_slowly():
    curvature, settings, one = Curvature(), BatchSettings(memory=0.75), np.eye(2)
    rows = [np.diag([float(k), 1.0]) for k in range(6)]
    expected = sum(A.T @ A for A in rows[:4]) / 4
    for A in rows[:4]:
        curvature = update_curvature(curvature, A, None, one, 0.0, settings, xp=NUMPY)
    np.testing.assert_allclose(curvature.gram, expected)
    for A in rows[4:]:
        curvature = update_curvature(curvature, A, A, one, 0.0, settings, xp=NUMPY)
        expected = 0.75 * expected + 0.25 * A.T @ A
    np.testing.assert_allclose(curvature.gram, expected)


def test_curvatures_are_refreshed_often_first():
    problem, weights, X, Y, _ = setting()
    state, due = initial_state(problem, weights, BatchSettings(refresh=6)), []
    for k in range(20):
        before = state.curvatures[1].count
        state, _ = batch_step(state, X, Y)
        due += [k] * (state.curvatures[1].count - before)
    assert due == [0, 1, 2, 4, 6, 12, 18]


def test_updates_of_the_curvatures_are_rarer_where_they_are_dear():
    free, given = BatchSettings(), BatchSettings(refresh=3)
    dense, thin = [(1025, 1024)], [(1025, 22), (23, 1024)]
    assert refresh_interval(free, dense, [256]) == 10
    # An update of the thin pair: two inverses of about 1,000 (5 GFLOP) and Gram matrices (1 GFLOP); a
    # batch: some 0.15 GFLOP. Half of their ratio.
    assert 15 <= refresh_interval(free, thin, [256, 256]) <= 30
    assert refresh_interval(free, thin, [1, 1]) == 40
    assert refresh_interval(given, thin, [256, 256]) == 3


@pytest.mark.parametrize("fit_intercept", [True, False])
def test_metric_is_the_weighted_covariance(fit_intercept):
    problem, weights, X, Y, s = setting(weighted=True, fit_intercept=fit_intercept)
    state = steps(initial_state(problem, weights, BatchSettings(**PLAIN)), [(X, Y, s)])
    metric, mean = state.curvatures[1].metric, state.curvatures[1].mean_input
    if fit_intercept:
        np.testing.assert_allclose(mean, np.average(X, axis=0, weights=s), rtol=1e-12)
        G = np.cov(X.T, aweights=s, bias=True)
    else:
        assert mean is None
        G = (X.T * s) @ X / s.sum()
    G = G + 1e-3 * np.trace(G) / len(G) * np.eye(len(G))
    np.testing.assert_allclose(metric.G, G, rtol=1e-10, atol=1e-12)


# the step ---------------------------------------------------------------------------------------


def test_both_forms_of_a_change_agree():
    """Rows of zeros change no product, only which form is the cheaper one."""
    problem, weights, X, Y, _ = setting((20, 8, 3), rows=9)
    state = steps(initial_state(problem, weights, BatchSettings(**PLAIN)), [(X, Y)])
    rng = np.random.default_rng(1)
    A, E = rng.normal(size=(9, 21)), rng.normal(size=(9, 8))
    few, gain = layer_change(state, 1, A, E)
    pad = np.zeros((30, 1))
    many, same = layer_change(state, 1, np.vstack([A, pad * A[:1]]), np.vstack([E, pad * E[:1]]))
    np.testing.assert_allclose(few, many, rtol=1e-10, atol=1e-13)
    assert gain == pytest.approx(same, rel=1e-10) and gain > 0.0


@pytest.mark.parametrize("ridge", [0.0, 3.0])
@pytest.mark.parametrize("linearized", [True, False])
def test_one_linear_layer_makes_a_damped_newton_step(linearized, ridge):
    """With one layer both kinds of blocks are one formula: W + c step (G + d g I)^-1 (A'E - r W) / s."""
    options = dict(rho=1.7, gamma=1.0, alpha=0.0, ridge=ridge)
    problem, weights, X, Y, s = setting((4, 2), weighted=True, **options)
    settings = BatchSettings(**PLAIN, linearized=linearized, step=0.5, damping=0.2, trust=np.inf)
    state = steps(initial_state(problem, weights, settings, n_rows=40.0), [(X, Y, s)])
    A = np.column_stack([X, np.ones(len(X))])
    G = (A.T * s) @ A / s.sum()
    E = Y - X @ weights.W[1] - weights.b[1]
    pull = np.vstack([weights.W[1], np.zeros((1, 2))]) * ridge / 40.0  # none for the intercept
    g = np.trace(G) / 5
    # the damped S: 1 from the loss, a tenth of it as ridge, then the damping and the curvature of the ridge
    share = 1.0 / (1.2 * 1.1 + ridge / 40.0 / (1.2 * g))
    if not linearized:  # V = (Y + gamma U)/(1 + gamma), then U = (gamma V + rho P)/(gamma + rho)
        share, E, pull = 1.0, E / 2.0 / 2.7, pull / 1.7
    change = 0.5 * share * np.linalg.solve(G + 0.2 * g * np.eye(5), (A.T * s) @ E / s.sum() - pull)
    np.testing.assert_allclose(state.weights.W[1], weights.W[1] + change[:4], rtol=1e-10)
    np.testing.assert_allclose(state.weights.b[1], weights.b[1] + change[4], rtol=1e-10)


@pytest.mark.parametrize("trust", [1e-4, np.inf])
def test_trust_region_bounds_the_change_of_the_outputs(trust):
    """A linear network; the bound is of first order: a percent is left for products of steps.

    It is in units of the dispersion, which squared error leaves open.
    """
    problem, weights, X, Y, s = setting(activation="identity", weighted=True)
    settings = BatchSettings(**PLAIN, step=10.0, damping=0.01, trust=trust)
    before = forward(problem, X, weights.W, weights.b)[0][-1]
    changed = steps(initial_state(problem, weights, settings), [(X, Y, s)]).weights
    after = forward(problem, X, changed.W, changed.b)[0][-1]
    change = float(np.average(np.sum((after - before) ** 2, axis=1), weights=s))
    change /= float(np.average(np.mean((Y - before) ** 2, axis=1), weights=s))
    if trust == np.inf:
        assert change > 1.0
    else:
        assert 1e-2 * trust < change < 1.01 * trust


def test_momentum_and_falling_step():
    """Where the changes are constant, the steps add up as they should."""
    problem, weights, X, Y, _ = setting((1, 1), fit_intercept=False)
    settings = BatchSettings(step=0.5, momentum=0.6, trust=np.inf, shrink=0.0)
    state = initial_state(problem, weights, settings, n_steps=4)
    w, velocity = weights.W[1], 0.0
    for k in range(4):
        velocity = 0.6 * velocity + 2.0
        w = w + 0.5 * (1.0 - k / 4) * velocity
        state = apply_changes(state, [None, np.full((1, 1), 2.0)], 0.0, 0.0)
        state = replace(state, n_batches=state.n_batches + 1)
        np.testing.assert_allclose(state.weights.W[1], w, rtol=1e-13)


@pytest.mark.parametrize("blocks", SETTINGS)
def test_weights_that_no_batch_asks_for_fall_by_the_stated_share(blocks):
    """Where blocks are in closed form; with linearised ones that is what ridges are for."""
    problem, weights, _, _, _ = setting((3, 2), fit_intercept=False)
    settings = replace(SETTINGS[blocks], shrink=0.7)
    state = initial_state(problem, weights, settings, n_steps=400)
    for _ in range(400):
        state = apply_changes(state, [None, np.zeros((3, 2))], 0.0, 0.0)
        state = replace(state, n_batches=state.n_batches + 1)
    expected = (1.0 if blocks == "linearized" else np.exp(-0.7)) * weights.W[1]
    np.testing.assert_allclose(state.weights.W[1], expected, rtol=5e-3)  # steps of 1/400


@pytest.mark.parametrize("fit_intercept", [True, False])
def test_ridge_leads_to_ridge_regression(fit_intercept):
    """All rows in each batch: the fixed point is (A'A + ridge)^-1 A'y, none on the intercept."""
    options = dict(weighted=True, fit_intercept=fit_intercept, ridge=7.0)
    problem, weights, X, Y, s = setting((3, 2), rows=30, **options)
    settings = BatchSettings(**PLAIN, step=1.0, trust=np.inf)
    state = initial_state(problem, weights, settings, n_rows=float(s.sum()))
    state = steps(state, [(X, Y, s)] * 400)
    A = np.column_stack([X, np.ones(30)]) if fit_intercept else X
    ridge = 7.0 * np.diag([1.0, 1.0, 1.0, 0.0][: A.shape[1]])
    best = np.linalg.solve((A.T * s) @ A + ridge, (A.T * s) @ Y)
    np.testing.assert_allclose(state.weights.W[1], best[:3], rtol=1e-9)
    if fit_intercept:
        np.testing.assert_allclose(state.weights.b[1], best[3], rtol=1e-9)


def test_a_huge_ridge_takes_a_bounded_share_of_the_weights():
    """W - step (1 + d) g (G + d g I)^-1 W with damping d: at most (1 + 1/d) steps of any direction."""
    problem, weights, X, Y, _ = setting((4, 3), ridge=1e9, fit_intercept=False)
    state = initial_state(problem, weights, BatchSettings(**PLAIN, step=0.1, damping=0.5, trust=np.inf))
    state = steps(state, [(X, Y)])
    W, G = weights.W[1], X.T @ X / len(X)
    g = np.trace(G) / 4
    taken = 0.15 * g * np.linalg.inv(G + 0.5 * g * np.eye(4))
    assert np.linalg.eigvalsh(taken)[-1] <= 0.3
    np.testing.assert_allclose(state.weights.W[1], W - taken @ W, rtol=1e-6)


@pytest.mark.parametrize("blocks", SETTINGS)
@pytest.mark.parametrize("compression", MILD_COMPRESSIONS)
def test_weights_are_copies(compression, blocks):
    problem, weights, X, Y, _ = setting((8, 6, 4, 3), compression=compression, rows=15)
    copies = np.random.default_rng(2).integers(0, 4, size=15)
    results = []
    repeated = [np.repeat(array, copies, axis=0) for array in (X, Y)]
    for rows in ((X, Y, copies.astype(float)), (*repeated, None)):
        state = initial_state(problem, weights, SETTINGS[blocks], n_rows=copies.sum())
        for _ in range(3):
            state, _ = batch_step(state, *rows, pull=0.5 if state.projected else 0.0)
            state = project(state)
        results.append(fitted(state.weights))
    for ours, theirs in zip(*results, strict=True):
        # The same sums in another order.
        np.testing.assert_allclose(ours, theirs, rtol=1e-7, atol=1e-9)


# arrays -----------------------------------------------------------------------------------------


def few_steps(problem, weights, X, Y, s, blocks="linearized"):
    state = initial_state(problem, weights, SETTINGS[blocks])
    for _ in range(4):
        state, _ = batch_step(state, X, Y, s, pull=0.5 if state.projected else 0.0)
        if any(plan is not None for plan in problem.plans):
            state = project(state)
    return state.weights


@pytest.mark.parametrize("blocks", SETTINGS)
@pytest.mark.parametrize("compression", MILD_COMPRESSIONS)
def test_another_namespace_equals_numpy(compression, blocks, standard):
    options = dict(compression=compression, weighted=True, rows=15)
    ours = few_steps(*setting((8, 6, 4, 3), xp=standard, **options), blocks)
    theirs = few_steps(*setting((8, 6, 4, 3), **options), blocks)
    assert type(ours.W[1]) is type(standard.zeros(1))
    for x, y in zip(fitted(ours), fitted(theirs), strict=True):
        np.testing.assert_allclose(to_host(x), y, rtol=1e-9, atol=1e-10)


@pytest.mark.parametrize("compression", MILD_COMPRESSIONS)
def test_single_precision_stays_and_is_near(compression):
    options = dict(compression=compression, weighted=True, rows=15)
    ours = few_steps(*setting((8, 6, 4, 3), dtype="float32", **options))
    theirs = few_steps(*setting((8, 6, 4, 3), **options))
    for x, y in zip(fitted(ours), fitted(theirs), strict=True):
        assert x.dtype == np.float32
        np.testing.assert_allclose(x, y, rtol=2e-2, atol=2e-3)  # 1e-7 times condition numbers of 1e4


# the fit ----------------------------------------------------------------------------------------


def blobs(rows, widths, seed=0):
    """Rows of as many classes as there are outputs, apart by their means."""
    rng = np.random.default_rng(seed)
    labels = rng.integers(widths[-1], size=rows)
    X = rng.normal(size=(rows, widths[0])) + 2.0 * rng.normal(size=(widths[-1], widths[0]))[labels]
    return X, np.where(np.arange(widths[-1]) == labels[:, None], 1.0, 0.0)


class Steered(MiniBatch):
    """A solver with settings of its own, which starts from given weights."""

    def __init__(self, *, batch_size="auto", averaging=6.0, compress_after="auto", tf32=False, steering=None):
        super().__init__(batch_size=batch_size)
        self.steering = steering

    def settings(self, problem):
        return self.steering


def begin(problem, weights, X, Y, *, passes=6, batch=32, seed=0, blocks="linearized", **settings):
    """A solver, and its state before the first pass."""
    make = BatchSettings if blocks == "linearized" else BatchSettings.closed_form
    solver = Steered(batch_size=batch, steering=make(**settings))
    context = FitContext(passes, np.random.RandomState(seed))
    return solver, solver.init(problem, lambda: (weights.W, weights.b), (X, Y, None), context)


def fit(problem, weights, X, Y, *, passes=6, on_pass=None, **options):
    """(weights, losses)"""
    solver, state = begin(problem, weights, X, Y, passes=passes, **options)
    losses = []
    for _ in range(passes):
        state, terms = solver.step(state)
        losses.append(terms.total)
        if on_pass is not None:
            on_pass(solver.result(state))
    state, terms = solver.finish(state)
    assert terms is None
    return solver.result(state), losses


#: batches do not pull towards rounded weights: these are made at the end of a fit
PULLED = [name for name, piece in MILD_COMPRESSIONS.items() if not isinstance(piece, RoundedCompression)]


@pytest.mark.parametrize("blocks", SETTINGS)
@pytest.mark.parametrize("compression", PULLED)
def test_fit_learns_and_the_weights_meet_the_compressed_ones(compression, blocks):
    widths = (12, 16, 16, 4)
    problem, weights, *_ = setting(widths, compression=compression, compress_output=False)
    X, Y = blobs(600, widths)
    late = dict(averaging=np.inf, pull=(0.004, 1.0))  # a strong last pull, no mean of earlier weights
    weights, losses = fit(problem, weights, X, Y, passes=10, blocks=blocks, **late)
    assert losses[-1] < 0.5 * losses[0]
    for i in range(1, problem.N + 1):
        if problem.plans[i] is None:
            assert weights.M[i] is None
            continue
        W, M = weights.W[i], weights.M_dense[i]
        # The last pull has weight 10; what is left is what the last batch and projection changed.
        assert np.linalg.norm(W - M) < 0.1 * np.linalg.norm(W)


def test_the_pull_starts_late_and_rises():
    settings = BatchSettings(free=0.25, pull=(0.01, 100.0))
    assert pull_weight(settings, 0.2, 3.0) == 0.0
    shares = (0.25, 0.625, 1.0)
    values = [pull_weight(settings, share, 3.0) for share in shares]
    np.testing.assert_allclose(values, [0.03, 3.0, 300.0])


def test_pull_draws_the_weights_towards_the_compressed_ones():
    problem, weights, X, Y, _ = setting(compression="low_rank")
    state = project(steps(initial_state(problem, weights, BatchSettings(**PLAIN)), [(X, Y)]))
    W, M = state.weights.W[1], state.weights.M_dense[1]
    zeros = [None, *(np.zeros((w.shape[0] + 1, w.shape[1])) for w in weights.W[1:])]
    state = apply_changes(state, zeros, 0.0, 3.0)
    np.testing.assert_allclose(state.weights.W[1], (W + 3.0 * M) / 4.0, rtol=1e-12)


def test_same_seed_same_weights_other_seed_other_weights():
    widths = (6, 8, 3)
    problem, weights, *_ = setting(widths)
    X, Y = blobs(200, widths)
    first, second, third = (fit(problem, weights, X, Y, seed=seed)[0] for seed in (1, 1, 2))
    for a, b, c in zip(fitted(first), fitted(second), fitted(third)):
        np.testing.assert_array_equal(a, b)
        assert not np.array_equal(a, c)


class Interrupted(ShuffledBatches):
    """Batches of which the fourth one never comes."""

    def __iter__(self):
        for number, batch in enumerate(super().__iter__()):
            if number == 3:
                raise KeyboardInterrupt
            yield batch


@pytest.mark.parametrize("compression", ["none", "low_rank", "l0"])
def test_an_interrupted_pass_leaves_the_state_that_it_started_from(compression):
    widths = (6, 8, 3)
    problem, weights, *_ = setting(widths, compression=compression, compress_output=False)
    X, Y = blobs(200, widths)
    solver, state = begin(problem, weights, X, Y)
    for _ in range(2):
        state, _ = solver.step(state)
    before = [np.copy(x) for x in fitted(solver.result(state))]
    stopped = fitted(solver.result(solver.finish(state)[0]))
    batches = Interrupted(X, Y, None, 32, np.random.RandomState(0))
    with pytest.raises(KeyboardInterrupt):
        solver.step(replace(state, batches=batches))
    for a, b in zip(before, fitted(solver.result(replace(state))), strict=True):
        np.testing.assert_array_equal(a, b)
    for a, b in zip(stopped, fitted(solver.result(solver.finish(state)[0])), strict=True):
        np.testing.assert_array_equal(a, b)


def test_interrupt_in_the_first_pass_leaves_compressed_weights_near_the_weights():
    widths = (6, 8, 8, 3)
    problem, weights, *_ = setting(widths, compression="low_rank", compress_output=False)
    X, Y = blobs(200, widths)
    solver, state = begin(problem, weights, X, Y, passes=30)
    state = replace(state, batches=Interrupted(X, Y, None, 32, np.random.RandomState(0)))
    with pytest.raises(KeyboardInterrupt):
        solver.step(state)
    result = solver.result(solver.finish(state)[0])
    for i in (1, 2):  # W^MC was never made before the interrupt
        W, M = result.W[i], result.M_dense[i]
        assert M is not None and np.linalg.norm(W - M) < np.linalg.norm(W)


def arrays_of(value):
    """All arrays within tuples, dataclasses and plain records."""
    if isinstance(value, np.ndarray):
        yield value
    elif isinstance(value, tuple | list):
        for item in value:
            yield from arrays_of(item)
    elif type(value).__module__.startswith("sklearn_nnbcd"):
        for item in vars(value).values():
            yield from arrays_of(item)


@pytest.mark.parametrize("blocks", SETTINGS)
@pytest.mark.parametrize("compression", ["none", "low_rank", "tt", "l0"])
def test_no_step_changes_an_older_state(compression, blocks):
    """Every array of every earlier state, statistics and metrics among them, stays what it was."""
    widths = (12, 16, 16, 4)
    problem, weights, *_ = setting(widths, compression=compression, compress_output=False)
    X, Y = blobs(200, widths)
    solver, state = begin(problem, weights, X, Y, passes=4, blocks=blocks, refresh=3)
    states, copies = [], []
    for _ in range(4):
        solver.result(state)
        states.append(state)
        copies.append([(x, np.copy(x)) for x in arrays_of(state)])
        state, _ = solver.step(state)
    state, _ = solver.finish(state)
    assert len(copies[-1]) > 20
    for pairs in copies:
        for array, copied in pairs:
            np.testing.assert_array_equal(array, copied)


def peak_of(name, *arguments):
    """Bytes at the peak of the named function, in a process of its own: no other test's garbage."""
    code = (
        f"import sys; sys.path[:] = {sys.path!r}; import gc, tracemalloc, test_minibatch; "
        "gc.collect(); gc.freeze(); tracemalloc.start(); "
        f"test_minibatch.{name}(*{arguments!r}); print(tracemalloc.get_traced_memory()[1])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return int(done.stdout.split()[-1])


def fit_some_rows(rows, compression):
    widths = (20, 30, 30, 3)
    problem, weights, *_ = setting(widths, compression=compression, compress_output=False)
    rng = np.random.default_rng(0)
    X, Y = (np.memmap(tempfile.TemporaryFile(), "f8", "w+", shape=(rows, d)) for d in (20, 3))
    X[:], Y[:] = rng.normal(size=X.shape), rng.normal(size=Y.shape)
    gc.collect()
    tracemalloc.reset_peak()
    fit(problem, weights, X, Y, passes=1, batch=64)


@pytest.mark.parametrize("compression", ["none", "low_rank"])
def test_memory_is_flat_in_the_number_of_rows(compression):
    peaks = [peak_of("fit_some_rows", rows, compression) for rows in (1_000, 9_000)]
    # The order of the rows takes 8 bytes each, and twice that while it is drawn. A copy of X would
    # take 1.3 megabytes.
    assert peaks[1] - peaks[0] < 8_000 * 17 + 20_000


def fit_mapped_rows(path, rows):
    problem, weights, *_ = setting((40, 20, 3))
    X = np.memmap(path, "f8", "r", shape=(rows, 40))
    _, Y = blobs(rows, (1, 20, 3))
    gc.collect()
    tracemalloc.reset_peak()
    fit(problem, weights, X, Y, passes=2)


def test_memory_mapped_rows_are_never_read_as_a_whole(tmp_path):
    widths, path = (40, 20, 3), str(tmp_path / "rows")
    problem, weights, *_ = setting(widths)
    X, Y = blobs(12_000, widths)
    mapped = np.memmap(path, dtype=X.dtype, mode="w+", shape=X.shape)
    mapped[:] = X
    mapped.flush()
    # Per row 16 bytes for the order and 24 for the targets, an eighth of X; then the arrays of one batch.
    assert peak_of("fit_mapped_rows", path, len(X)) < 0.25 * X.nbytes
    results = [fit(problem, weights, mapped, Y, passes=2)[0]]
    for a, b in zip(fitted(results[0]), fitted(fit(problem, weights, X, Y, passes=2)[0]), strict=True):
        np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize("refresh", [1, 2, 4, 100])
def test_the_mean_weights_are_the_polynomial_mean(refresh):
    """Weights taken at refresh, 2 refresh ... and at the end, each for all batches since the last time."""
    problem, weights, X, Y, _ = setting()
    power, seen = 2.0, {}
    settings = BatchSettings(**(PLAIN | {"refresh": refresh}), averaging=power)
    state = initial_state(problem, weights, settings)
    for k in range(1, 7):
        state, _ = batch_step(state, X, Y)
        seen[k] = state.weights
    taken = [k for k in seen if k % refresh == 0 or k == 6]
    ends = np.array([0, *taken]) / 6.0
    shares = np.diff(ends ** (power + 1.0))
    assert shares.sum() == pytest.approx(1.0)
    expected = sum(share * seen[k].W[1] for share, k in zip(shares, taken, strict=True))
    result = fitted_weights(state)
    np.testing.assert_allclose(result.W[1], expected, rtol=1e-10)
    expected = sum(share * seen[k].b[1] for share, k in zip(shares, taken, strict=True))
    np.testing.assert_allclose(result.b[1], expected, rtol=1e-10)


def test_compressed_weights_are_fitted_to_the_mean_beside_the_fit():
    problem, weights, X, Y, _ = setting((8, 7, 6, 3), compression="low_rank", compress_output=False)
    settings = BatchSettings(averaging=2.0, refresh=2, factored=False)
    plain = asked = initial_state(problem, weights, settings)
    for k in range(8):
        plain, _ = train_batch(plain, X, Y, None, k / 8)
        asked, _ = train_batch(asked, X, Y, None, k / 8)
        fitted_weights(asked)
    np.testing.assert_array_equal(plain.weights.W[1], asked.weights.W[1])  # asking changes nothing
    result, curvature = fitted_weights(plain), plain.curvatures[1].metric
    assert np.linalg.norm(result.W[1] - plain.weights.W[1]) > 1e-6
    far, near = (
        curvature.squared_distance(result.W[1], M.M_dense[1], xp=NUMPY) for M in (plain.weights, result)
    )
    assert near < far


@pytest.mark.parametrize("compression", ["low_rank", "tt", "l0"])
def test_a_fit_that_is_free_to_its_end_is_the_dense_one_compressed_once(compression):
    widths, seen = (12, 16, 16, 4), []
    X, Y = blobs(200, widths)
    results = {}
    for name in ("none", compression):
        problem, weights, *_ = setting(widths, compression=name, compress_output=False)

        def note(weights, seen=seen):
            seen.append(weights.M[1] is None)

        results[name] = fit(problem, weights, X, Y, passes=3, free=1.0, on_pass=note)[0]
    assert seen == [True, True, True, True, True, False]  # dense until the last pass
    for W, dense in zip(results[compression].W[1:], results["none"].W[1:], strict=True):
        np.testing.assert_array_equal(W, dense)
    assert results[compression].M[1].n_parameters < 12 * 16
    assert results[compression].M[3] is None


def test_the_end_of_a_pass_compresses_once_the_compression_has_started():
    problem, weights, X, Y, _ = setting((6, 5, 4, 3), compression="l0", compress_output=False)
    weights = replace(weights, M=(None,) * 4, M_dense=(None,) * 4)
    state = initial_state(problem, weights, BatchSettings(free=0.5, averaging=0.0))
    for k in range(3):
        state, _ = train_batch(state, X, Y, None, k / 10)
    last = state.weights.W[1]
    assert not end_pass(state, 0.3).projected
    state = end_pass(state, 0.5)
    assert state.projected == {1, 2}
    assert state.weights.M[1] is not None
    np.testing.assert_array_equal(state.weights.W[1], last)
    late = initial_state(problem, weights, BatchSettings(free=1.0, averaging=0.0, refresh=1))
    for k in range(3):
        late, _ = train_batch(late, X, Y, None, k / 10)
    last = late.weights.W[1]
    late = end_pass(late, 1.0)  # the mean takes the place of the last weights
    assert np.linalg.norm(late.weights.W[1] - last) > 1e-6
    np.testing.assert_array_equal(fitted_weights(late).W[1], late.weights.W[1])


def test_dear_steps_come_less_often_and_none_before_the_pull():
    problem, weights, X, Y, _ = setting((6, 5, 4, 3), compression="low_rank", compress_output=False)
    every = (None, 1, 3, None)
    seen, done = [], 0

    class Counted:
        """A plan that notes when it is asked for a step."""

        def __init__(self, plan, layer):
            self.plan, self.layer, self.step_every = plan, layer, every[layer]

        def __getattr__(self, name):
            return getattr(self.plan, name)

        def step(self, *args, **kwargs):
            seen.append((self.layer, done))
            return self.plan.step(*args, **kwargs)

    plans = tuple(None if plan is None else Counted(plan, i) for i, plan in enumerate(problem.plans))
    settings = BatchSettings(free=0.5, factored=False)
    state = initial_state(replace(problem, plans=plans), weights, settings)
    for k in range(8):
        done = k + 1  # batches at the end of this one
        state, _ = train_batch(state, X, Y, None, k / 8)
    assert [done for layer, done in seen if layer == 1] == [5, 5, 5, 6, 7, 8]  # a cold start takes three
    assert [done for layer, done in seen if layer == 2] == [6, 6, 6]


# no derivatives ---------------------------------------------------------------------------------


class Underivable:
    """An activation that refuses to be derived."""

    def __init__(self, activation):
        self.activation = activation

    def __call__(self, U, *, xp):
        return self.activation(U, xp=xp)

    def prox(self, V, center, weight, *, xp):
        return self.activation.prox(V, center, weight, xp=xp)

    def derivative(self, U, *, xp):
        raise AssertionError("a derivative was asked for")


@pytest.mark.parametrize("activation", ["relu", "sigmoid"])
@pytest.mark.parametrize("compression", MILD_COMPRESSIONS)
def test_closed_forms_ask_for_no_derivative(compression, activation):
    widths = (12, 16, 16, 4)
    problem, weights, *_ = setting(widths, compression=compression, activation=activation)
    X, Y = blobs(120, widths)
    pieces = tuple(sigma and Underivable(sigma) for sigma in problem.activations)
    problem = replace(problem, activations=pieces)
    for passes in (3, None):
        solver = ExactMiniBatch(batch_size=30)
        context = FitContext(passes, np.random.RandomState(0))
        state = solver.init(problem, lambda: (weights.W, weights.b), (X, Y, None), context)
        for _ in range(3):
            if state.batches is None:
                state = solver.with_rows(state, (X, Y, None), np.random.RandomState(1))
            state, _ = solver.step(state)
            solver.result(state)
        solver.diagnosis(solver.finish(state)[0])
    solver, state = begin(problem, weights, X, Y)
    with pytest.raises(AssertionError, match="derivative was asked"):
        solver.step(state)


# the solvers ------------------------------------------------------------------------------------


@pytest.mark.parametrize("solver", [MiniBatch, ExactMiniBatch])
@pytest.mark.parametrize(
    ("given", "message"),
    [
        (dict(batch_size=0), "'batch_size' of {} must be an integer >= 1. Got 0. \"auto\" is allowed, too."),
        (dict(batch_size="big"), "'batch_size' of {} must be an integer >= 1. Got 'big'"),
        (dict(averaging=-1.0), "'averaging' of {} must be a finite number >= 0. Got -1.0. Try 6;"),
        (dict(compress_after=1.5), "'compress_after' of {} must be a finite number >= 0 and <= 1. Got 1.5."),
        (dict(tf32="yes"), "'tf32' of {} must be True or False. Got 'yes'"),
    ],
)
def test_parameters_are_checked_by_the_solver(solver, given, message):
    with pytest.raises((ValueError, TypeError), match=re.escape(message.format(solver.__name__))):
        solver(**given).check_parameters()
    solver().check_parameters()
    solver(batch_size=7, averaging=0, compress_after=1, tf32=True).check_parameters()


def test_a_stream_lets_go_of_its_rows_and_can_be_pickled():
    widths = (6, 8, 8, 3)
    problem, weights, *_ = setting(widths, compression="low_rank", compress_output=False)
    X, Y = blobs(300, widths)
    solver = MiniBatch(batch_size=25, compress_after=0.0)
    context = FitContext(None, np.random.RandomState(0))
    state = solver.init(problem, lambda: (weights.W, weights.b), (X[:200], Y[:200], None), context)
    state, first = solver.step(state)
    assert state.batches is None and state.engine.n_rows == 200.0
    assert has_all_compressed(state.engine, solver.result(state))
    results = []
    for each in (state, pickle.loads(pickle.dumps(state))):
        each = solver.with_rows(each, (X[200:], Y[200:], None), np.random.RandomState(1))
        assert each.engine.n_rows == 300.0
        each, terms = solver.step(each)
        assert isinstance(terms.total, float) and terms.total / 100 < first.total / 200
        results.append(fitted(solver.result(each)))
    for a, b in zip(*results, strict=True):
        np.testing.assert_array_equal(a, b)


def test_the_result_is_computed_once_and_the_diagnosis_knows_its_gaps():
    widths = (6, 8, 8, 3)
    problem, weights, *_ = setting(widths, compression="tt", compress_output=False)
    X, Y = blobs(200, widths)
    solver, state = begin(problem, weights, X, Y)
    for _ in range(6):
        state, _ = solver.step(state)
    assert solver.result(state) is solver.result(state)
    assert solver.finish(state)[0] is state  # nothing was owed
    gaps = [layer["coupling_gap"] for layer in solver.diagnosis(state).layers]
    assert gaps[0] > 0.0 and gaps[1] > 0.0 and gaps[2] is None
