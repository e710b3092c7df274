# SPDX-License-Identifier: BSD-3-Clause
"""A batch step of the mini-batch engine against plain loops over rows; batches of other weights."""

from dataclasses import replace

import numpy as np
import pytest
from problems import NUMPY
from test_minibatch import PLAIN, blobs, output_hessian, setting, steps

from sklearn_nnbcd.engine import BatchSettings, batch_step, forward, initial_state
from sklearn_nnbcd.engine._minibatch._rows import share_roots, weighted_inputs
from sklearn_nnbcd.losses import LOSSES, CrossEntropy
from sklearn_nnbcd.solvers import FitContext, MiniBatch

SMOOTHING = CrossEntropy().share_smoothed

# plain loops ------------------------------------------------------------------------------------


def gradient_and_hessian(loss, y, v):
    """First and second derivatives of one row's loss in its outputs."""
    if loss == "squared_error":
        return v - y, np.eye(len(v))
    p, smoothing = np.exp(v) / np.exp(v).sum(), SMOOTHING
    return p - (1.0 - smoothing) * y - smoothing / len(y), np.diag(p) - np.outer(p, p)


def damped(A, share, more=0.0):
    return A + (share * np.trace(A) / len(A) + more) * np.eye(len(A))


class PlainSteps:
    """Steps of a network with one hidden tanh layer, one row at a time; sums in plain variables."""

    step, momentum, damping, memory, trust, ridge, n_rows, n_steps = 0.5, 0.6, 0.4, 0.7, 1e-3, 2.0, 50.0, 4

    def __init__(self, loss, W, b, given=True):
        self.loss, self.W, self.b, self.given = loss, list(W), list(b), given
        self.ridges = [self.ridge if given else len(A) / 2 if A is not None else None for A in W]
        self.sensitivity = [None] * 3
        self.gram, self.velocity = [None] * 3, [0.0] * 3
        self.hessian = self.overlap = self.dispersion = None
        self.k = 0

    def mean(self, old, new, memory):
        return new if old is None else memory * old + (1.0 - memory) * new

    def row(self, x, y):
        """Inputs, messages and slopes of one row."""
        W, b = self.W, self.b
        v1 = np.tanh(x @ W[1] + (0.0 if b[1] is None else b[1]))
        v2 = v1 @ W[2] + (0.0 if b[2] is None else b[2])
        gradient, hessian = gradient_and_hessian(self.loss, y, v2)
        slopes = 1.0 - v1**2
        messages = [None, (-gradient @ W[2].T) * slopes, -gradient]
        one = [] if b[1] is None else [1.0]
        return [None, np.append(x, one), np.append(v1, one)], messages, slopes, gradient, hessian

    def batch(self, X, Y, s, batch_weight):
        W, rows = self.W, [self.row(x, y) for x, y in zip(X, Y, strict=True)]
        counts = np.ones(len(X)) if s is None else s
        weights = counts / (batch_weight if s is not None and batch_weight else counts.sum())
        hessian = sum(c * row[4] for c, row in zip(counts, rows, strict=True)) / counts.sum()
        squares = sum(c * row[3] @ row[3] for c, row in zip(counts, rows, strict=True)) / counts.sum()
        self.hessian = self.mean(self.hessian, hessian, 0.9)
        trace = np.trace(hessian)
        if self.loss != "squared_error":  # of targets that are smoothed, where outputs say just that
            q = np.append(1.0 - SMOOTHING, np.zeros(len(hessian) - 1)) + SMOOTHING / len(hessian)
            trace = max(trace - np.sum(q * (1.0 - q)), 0.1 * trace)
        self.dispersion = self.mean(self.dispersion, squares / trace, 0.98)
        memory = min(self.memory, self.k / (self.k + 1.0))
        overlap = sum(w * np.outer(row[2], row[2]) for w, row in zip(weights, rows, strict=True))
        self.overlap = self.mean(self.overlap, overlap, memory)
        S = damped(self.hessian, 0.1)
        changes, gain = [None] * 3, 0.0
        for i in (2, 1):
            gram = sum(w * np.outer(row[0][i], row[0][i]) for w, row in zip(weights, rows, strict=True))
            self.gram[i] = G = self.mean(self.gram[i], gram, memory)
            if i == 1:
                S = (W[2] @ S @ W[2].T) * self.overlap
            self.sensitivity[i] = S
            slope = sum(w * np.outer(row[0][i], row[1][i]) for w, row in zip(weights, rows, strict=True))
            slope[: len(W[i])] -= self.ridges[i] / self.n_rows * W[i]
            unit = (1.0 + self.damping) * np.trace(G) / len(G)
            left = damped(G, self.damping)
            right = damped(S, self.damping, self.ridges[i] / self.n_rows / unit)
            changes[i] = np.linalg.solve(left, slope) @ np.linalg.inv(right)
            gain += float(np.sum(changes[i] * slope))
        step = self.step * (1.0 - self.k / self.n_steps)
        size = step**2 * gain / (self.dispersion if self.loss == "squared_error" else 1.0)
        for i in (1, 2):
            self.velocity[i] = min(1.0, (self.trust / size) ** 0.5) * changes[i] + (
                self.momentum * self.velocity[i]
            )
            change = step / 2 * self.velocity[i]
            if self.b[i] is not None:
                self.b[i], change = self.b[i] + change[-1], change[:-1]
            self.W[i] = (1.0 - self.decay(i, step, size)) * self.W[i] + change
        self.k += 1

    def decay(self, i, step, size):
        """Share of W_i that goes where no likelihood and no number says how strong the ridge is."""
        if self.given or self.loss == "cross_entropy":
            return 0.0
        G, S = self.gram[i], self.sensitivity[i]
        g, s = ((1.0 + self.damping) * np.trace(A) / len(A) for A in (G, S))
        ridge = self.ridges[i] / self.n_rows
        taken = (
            min(1.0, (self.trust / size) ** 0.5) * step / 2 / (1.0 - self.momentum) * ridge / (g * s + ridge)
        )
        return max(0.0, 2.0 / self.n_steps * (1.0 - self.k / self.n_steps) - taken)


@pytest.mark.parametrize("batch_weight", [None, 9.0])
@pytest.mark.parametrize("fit_intercept", [True, False])
@pytest.mark.parametrize("weighted", [True, False])
@pytest.mark.parametrize("trust", [1e-3, np.inf])
@pytest.mark.parametrize("loss", ["squared_error", "cross_entropy"])
@pytest.mark.parametrize("given", [True, False])
def test_steps_are_those_of_plain_loops(given, loss, trust, weighted, fit_intercept, batch_weight):
    """Hessian, curvatures, damping, ridge, trust region, momentum and falling step, over three batches.

    So few batches do not change the first ridges.
    """
    ridge = PlainSteps.ridge if given else None
    options = dict(loss=loss, fit_intercept=fit_intercept, ridge=ridge, activation="tanh")
    problem, weights, X, Y, s = setting((4, 5, 3), rows=21, weighted=weighted, **options)
    plain = PlainSteps(loss, weights.W, weights.b, given)
    plain.trust = trust
    names = ("step", "momentum", "damping", "memory")
    settings = BatchSettings(**{name: getattr(plain, name) for name in names}, trust=trust, refresh=1)
    state = initial_state(problem, weights, settings, n_steps=plain.n_steps, n_rows=plain.n_rows)
    state = replace(state, batch_weight=batch_weight)
    if not given:  # what is found stands beside rows, not beside the sum of their weights
        plain.n_rows = state.evidence_rows
    for part in (slice(0, 7), slice(7, 14), slice(14, 21)):
        rows = X[part], Y[part], None if s is None else s[part]
        state, _ = batch_step(state, *rows)
        plain.batch(*rows, batch_weight)
    np.testing.assert_allclose(state.hessian, plain.hessian, rtol=1e-11)
    assert state.dispersion == pytest.approx(plain.dispersion, rel=1e-11)
    for i in (1, 2):
        np.testing.assert_allclose(state.curvatures[i].gram, plain.gram[i], rtol=1e-10)
        np.testing.assert_allclose(state.weights.W[i], plain.W[i], rtol=1e-9, atol=1e-12)
        if fit_intercept:
            np.testing.assert_allclose(state.weights.b[i], plain.b[i], rtol=1e-9, atol=1e-12)


# the metric's top -------------------------------------------------------------------------------


@pytest.mark.parametrize("weighted", [True, False])
@pytest.mark.parametrize("loss", LOSSES)
def test_the_metric_of_the_solver_has_the_mean_hessian_of_the_loss_on_top(loss, weighted):
    """What the loss feels of a change of its outputs, not the identity; where it has kinks, its stand-in."""
    problem, weights, X, Y, s = setting((6, 5, 3), weighted=weighted, loss=loss)
    solver = MiniBatch(batch_size=len(X))
    context = FitContext(1, np.random.RandomState(0))
    state = solver.init(problem, lambda: (weights.W, weights.b), (X, Y, s), context)
    engine = solver.step(state)[0].engine
    V = forward(problem, X, weights.W, weights.b)[0][-1]
    if problem.loss.exact_hessian:
        H = output_hessian(problem, Y, V, np.ones(len(X)) if s is None else s)
    else:
        H = problem.loss.mean_hessian(Y, V, s, xp=NUMPY)
    np.testing.assert_allclose(engine.hessian, H, rtol=1e-5, atol=1e-6)
    S = damped(H, 0.1)
    np.testing.assert_allclose(engine.curvatures[2].sensitivity, S, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(engine.curvatures[2].metric.S, damped(S, 0.1), rtol=1e-5, atol=1e-6)
    below = (weights.W[2] @ S @ weights.W[2].T) * engine.curvatures[1].overlap
    np.testing.assert_allclose(engine.curvatures[1].sensitivity, below, rtol=1e-5, atol=1e-6)


# heavy batches ----------------------------------------------------------------------------------


def test_a_batch_of_heavy_rows_counts_as_much_as_its_weight():
    """Its sums are ten times those of the same rows with weight 1, where a batch weighs as much as ten."""
    problem, weights, X, Y, _ = setting(rows=8)
    ones, tens = np.ones(8), np.full(8, 10.0)
    light, heavy = (weighted_inputs(problem, 1, X, share_roots(X, s, 10.0, xp=NUMPY)) for s in (ones, tens))
    A = np.column_stack([X, np.ones(8)])
    np.testing.assert_allclose(light.T @ light, A.T @ A / 10.0, rtol=1e-12)
    np.testing.assert_allclose(heavy.T @ heavy, A.T @ A, rtol=1e-12)
    alone = weighted_inputs(problem, 1, X, share_roots(X, tens, xp=NUMPY))
    np.testing.assert_allclose(alone.T @ alone, A.T @ A / 8.0, rtol=1e-12)  # with its own weight: a mean


def test_heavy_rows_are_copies_also_across_batches():
    """A light batch, then one of weight 10: the same weights as with ten copies of each of its rows."""
    problem, weights, X, Y, _ = setting(rows=16, ridge=1.0)
    results = []
    for copies, weight in ((1, 10.0), (10, 1.0)):
        first = X[:8], Y[:8], np.ones(8)
        second = [np.repeat(x[8:], copies, axis=0) for x in (X, Y)]
        state = initial_state(problem, weights, BatchSettings(refresh=1, trust=np.inf), n_rows=88.0)
        state = replace(state, batch_weight=44.0)
        state = steps(state, [first, (*second, np.full(8 * copies, weight))])
        results.append(state)
    for i in range(1, problem.N + 1):
        one, other = (state.weights.W[i] for state in results)
        np.testing.assert_allclose(one, other, rtol=1e-10, atol=1e-13)
        one, other = (state.curvatures[i].gram for state in results)
        np.testing.assert_allclose(one, other, rtol=1e-12)


def test_a_heavy_batch_pulls_ten_times_as_hard():
    """One step from a known metric: the change of W is ten times as large."""
    problem, weights, X, Y, _ = setting((6, 3), rows=8)
    settings = BatchSettings(**(PLAIN | {"refresh": 100}), trust=np.inf)
    state = replace(initial_state(problem, weights, settings), batch_weight=10.0)
    state = steps(state, [(X, Y, np.ones(8))] * 3)  # updates come after 0, 1, 2, 4 ... batches
    light, heavy = (steps(state, [(X, Y, np.full(8, s))]).weights.W[1] for s in (1.0, 10.0))
    change = light - state.weights.W[1]
    np.testing.assert_allclose(heavy - state.weights.W[1], 10.0 * change, rtol=1e-9)


@pytest.mark.parametrize("compression", ["none", "low_rank"])
def test_the_solver_knows_what_its_batches_weigh(compression):
    """All batches together: their mean weight; in a stream that of all so far, also of those before the
    network changed over to factors."""
    problem, weights, *_ = setting((6, 5, 3), compression=compression)
    X, Y = blobs(96, (6, 5, 3))
    s = np.random.default_rng(0).uniform(0.5, 20.0, size=96)
    solver, random_state = MiniBatch(batch_size=32, compress_after=0.001), np.random.RandomState(0)
    rows = X[:64], Y[:64], s[:64]
    state = solver.init(problem, lambda: (weights.W, weights.b), rows, FitContext(None, random_state))
    assert state.engine.batch_weight == pytest.approx(s[:64].sum() / 2, rel=1e-12)
    assert state.engine.weight_norm**2 == pytest.approx((s[:64] ** 2).sum(), rel=1e-12)
    state, _ = solver.step(state)
    state = solver.with_rows(state, (X[64:], Y[64:], s[64:]), random_state)
    assert state.engine.batch_weight == pytest.approx(s.sum() / 3, rel=1e-12)
    assert state.engine.evidence_rows == pytest.approx(s.sum() ** 2 / (s**2).sum(), rel=1e-12)
