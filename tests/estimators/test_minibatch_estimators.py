# SPDX-License-Identifier: BSD-3-Clause
"""solver="minibatch" as the estimators offer it."""

import tracemalloc
from dataclasses import replace

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

from sklearn_nnbcd import NNBCDClassifier, NNBCDRegressor
from sklearn_nnbcd._pilot import NOTHING_FOUND, fit_given
from sklearn_nnbcd._resolve import resolve_loss, resolve_problem, resolve_solver
from sklearn_nnbcd.engine._minibatch import _passes
from sklearn_nnbcd.placements import ShuffledBatches
from sklearn_nnbcd.solvers import ExactMiniBatch, MiniBatch

OPTIONS = dict(hidden_layer_sizes=(64, 64), solver="minibatch", random_state=0)


@pytest.fixture(scope="module")
def digits():
    X, y = load_digits(return_X_y=True)
    return train_test_split((X / 16).astype("float32"), y, test_size=0.3, random_state=0)


@pytest.mark.parametrize("rank", [None, 8])
def test_digits(digits, rank):
    X, T, y, t = digits
    compressed = {} if rank is None else dict(compression="low_rank", rank=rank)
    model = NNBCDClassifier(**OPTIONS, **compressed).fit(X, y)
    assert model.score(T, t) > 0.95  # logistic regression: 0.955 of these rows
    assert model.objective_curve_[-1] < 0.2 * model.objective_curve_[0]
    assert model.coefs_[0].dtype == np.float32


@pytest.mark.parametrize("compressed", [{}, dict(compression="low_rank", rank=16)])
def test_digits_without_derivatives(digits, compressed):
    """The closed forms learn, more slowly."""
    X, T, y, t = digits
    model = NNBCDClassifier(**OPTIONS | dict(solver="exact"), **compressed).fit(X, y)
    assert model.score(T, t) > 0.9
    assert model.objective_curve_[-1] < 0.5 * model.objective_curve_[0]


def test_regression_of_a_fold():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(1500, 5))
    y = 50.0 * np.abs(X[:, 0] + X[:, 1]) - 300.0
    model = NNBCDRegressor(**OPTIONS).fit(X[:1000], y[:1000])
    assert model.score(X[1000:], y[1000:]) > 0.9  # a linear model reaches 0.0


def test_auto_takes_the_solver_by_the_rows(digits):
    X, _, y, _ = digits
    for rows, solver in ((100, "full"), (101, "minibatch")):
        options = OPTIONS | dict(max_iter=1)
        auto = NNBCDClassifier(**options | dict(solver="auto")).fit(X[:rows], y[:rows])
        named = NNBCDClassifier(**options | dict(solver=solver)).fit(X[:rows], y[:rows])
        np.testing.assert_array_equal(auto.coefs_[0], named.coefs_[0])


def test_small_tables_are_learned_by_default():
    """Curves that the full solver has not found after its sweeps: two spirals, and waves in two columns."""
    rng = np.random.default_rng(0)
    label, angle = rng.integers(0, 2, size=700), rng.uniform(0.5, 2.5 * np.pi, size=700)
    turned = angle + np.pi * label
    spirals = angle[:, None] * np.column_stack([np.cos(turned), np.sin(turned)]) + 0.3 * rng.normal(
        size=(700, 2)
    )
    model = NNBCDClassifier(random_state=0).fit(spirals[:300], label[:300])
    assert model.score(spirals[300:], label[300:]) > 0.95  # full: 0.56
    X = rng.uniform(-2, 2, size=(700, 2))
    y = np.sin(2 * X[:, 0]) + np.cos(3 * X[:, 1]) + 0.2 * rng.normal(size=700)
    assert NNBCDRegressor(random_state=0).fit(X[:200], y[:200]).score(X[200:], y[200:]) > 0.85  # full: 0.2


def test_same_seed_same_weights(digits):
    X, _, y, _ = digits
    first, second = (NNBCDClassifier(**OPTIONS, max_iter=2).fit(X, y).coefs_ for _ in range(2))
    for a, b in zip(first, second, strict=True):
        np.testing.assert_array_equal(a, b)


def test_early_stopping_keeps_the_best_weights(digits):
    X, T, y, t = digits
    model = NNBCDClassifier(**OPTIONS, max_iter=60, early_stopping=True, n_iter_no_change=3, tol=1e-3).fit(
        X, y, X_val=T, y_val=t
    )
    scores = model.validation_scores_
    assert model.n_iter_ == len(scores) < 60
    assert model.score(T, t) == max(scores) == model.best_validation_score_


def test_interrupt_keeps_a_usable_estimator(digits, monkeypatch):
    X, T, y, t = digits
    passes, whole = [], ShuffledBatches.__iter__

    def interrupted(self):
        passes.append(0)
        for number, batch in enumerate(whole(self)):
            if len(passes) == 4 and number == 5:
                raise KeyboardInterrupt
            yield batch

    monkeypatch.setattr(ShuffledBatches, "__iter__", interrupted)
    model = NNBCDClassifier(**OPTIONS, compression="low_rank", rank=16, column_bins=0)
    with pytest.raises(KeyboardInterrupt):  # in the short fit that comes first
        model.fit(X, y)
    assert not hasattr(model, "network_")
    passes.clear()
    with pytest.warns(UserWarning, match="interrupted by the user after 3 complete"):
        fit_given(model, NOTHING_FOUND, X, y)
    assert model.n_iter_ == 3
    assert model.score(T, t) > 0.8


def test_no_weight_is_no_row(digits):
    X, _, y, _ = digits
    s = (np.arange(len(y)) % 3 > 0).astype(float)
    options = OPTIONS | dict(max_iter=2)
    weighted = NNBCDClassifier(**options).fit(X, y, sample_weight=s)
    dropped = NNBCDClassifier(**options).fit(X[s > 0], y[s > 0], sample_weight=s[s > 0])
    np.testing.assert_array_equal(weighted.coefs_[0], dropped.coefs_[0])


@pytest.mark.parametrize("compression", [None, "tt"])
@pytest.mark.parametrize("most_rows", [0, 1000])
def test_weights_that_are_whole_multiples_count_copies(compression, most_rows, monkeypatch):
    """As many rows say as much, so the evidence finds the same ridge; their unit changes nothing."""
    monkeypatch.setattr("sklearn_nnbcd._copies.MOST_ROWS", most_rows)
    X, y = np.random.default_rng(0).normal(size=(15, 6)), np.arange(15) % 3
    counts = np.random.default_rng(1).integers(0, 4, size=15)
    network = NNBCDClassifier((8,), solver="minibatch", compression=compression, max_iter=20, random_state=0)
    copies = clone(network).fit(X.repeat(counts, axis=0), y.repeat(counts)).decision_function(X)
    for unit in (1.0, 1 / 3, 1000.0):
        weighted = clone(network).fit(X, y, sample_weight=unit * counts).decision_function(X)
        np.testing.assert_allclose(weighted, copies, atol=1e-6)


def test_weights_that_count_no_copies_say_less():
    """Of any other weights Kish's number of rows: also of ones that would stand for more copies than rows."""
    X = np.zeros((4, 1))
    for s, rows in (([1, 1, 2, 0], 4.0), ([2.0, 3.0, 2.0, 0.0], 49 / 17), ([1, 1, 1, 5], 64 / 28)):
        batches = ShuffledBatches(X, X, np.asarray(s, dtype=float), 4, np.random.RandomState(0))
        assert (batches.weight / batches.weight_norm) ** 2 == pytest.approx(rows, rel=1e-12)


def test_class_weights_move_the_decision():
    rng = np.random.default_rng(0)
    y = (np.arange(1200) % 12 == 0).astype(int)
    X = rng.normal(size=(1200, 4)) + y[:, None]
    plain = NNBCDClassifier(**OPTIONS, max_iter=4).fit(X, y)
    fair = NNBCDClassifier(**OPTIONS, max_iter=4, class_weight="balanced").fit(X, y)
    recall = [model.predict(X[y == 1]).mean() for model in (plain, fair)]
    assert recall[1] > recall[0] + 0.1


def test_memory_mapped_rows(tmp_path):
    """The fit takes a small part of what the rows would."""
    rng = np.random.default_rng(0)
    X = np.memmap(tmp_path / "rows", dtype="float32", mode="w+", shape=(60_000, 50))
    X[:] = rng.normal(size=X.shape)
    y = (X[:, 0] + X[:, 1] > 0).astype(int)
    model = NNBCDClassifier((16,), solver=MiniBatch(batch_size=512), max_iter=1, random_state=0)
    tracemalloc.start()
    try:
        model.fit(X, y)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert model.score(X[:5000], y[:5000]) > 0.9
    assert peak < 0.6 * X.nbytes


@pytest.mark.parametrize("compress_after", [0.05, 0.6, 1.0])
@pytest.mark.parametrize("compression", ["low_rank", "tt"])
def test_early_stopping_keeps_no_pass_that_was_still_dense(compression, compress_after):
    """The dense passes score best here: one feature pair decides, and rank 1 loses most of the rest."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(600, 8))
    y = (np.sin(2.0 * X[:, 0]) + np.sin(2.0 * X[:, 1]) * X[:, 2] > 0.0).astype(int)
    network = NNBCDClassifier(
        (20, 20),
        compression=compression,
        rank=1,
        solver=MiniBatch(compress_after=compress_after),
        max_iter=30,
        early_stopping=True,
        n_iter_no_change=100,
        random_state=0,
    ).fit(X[:400], y[:400], X_val=X[400:], y_val=y[400:])
    assert len(network.validation_scores_) == 30
    assert network.compression_ratio_ < 0.3
    kept = network.score(X[400:], y[400:])
    assert kept == pytest.approx(network.best_validation_score_)
    if compress_after == 1.0:
        assert max(network.validation_scores_) > kept


def test_an_overflow_in_a_dense_start_leaves_a_compressed_network(monkeypatch):
    rng = np.random.default_rng(0)
    X = rng.normal(size=(300, 6)).astype(np.float32)
    step, calls = _passes.batch_step, []

    def overflowing(state, *args, **kwargs):
        state, loss = step(state, *args, **kwargs)
        calls.append(loss)
        if len(calls) > 40:  # after three passes
            weights, N = state.weights, state.problem.N
            weights = weights.updated(W=(N, weights.W[N] * np.float32(np.inf)))
            state = replace(state, weights=weights)
        return state, loss

    monkeypatch.setattr(_passes, "batch_step", overflowing)
    network = NNBCDRegressor(
        (20, 20), compression="low_rank", rank=2, solver=MiniBatch(compress_after=0.9), max_iter=20
    )
    with pytest.warns(UserWarning, match="no longer finite"):
        network.fit(X, X[:, 0])
    assert network.compression_ratio_ < 0.5
    assert np.all(np.isfinite(network.predict(X)))


@pytest.mark.parametrize(
    ("compression", "solver", "free"),
    [
        ("low_rank", MiniBatch(averaging=2.5), 0.25),
        ("low_rank", ExactMiniBatch(averaging=2.5), 0.05),
        ("tt", MiniBatch(averaging=2.5), 0.25),
        ("l0", MiniBatch(averaging=2.5), 0.05),
        ("l1", MiniBatch(averaging=2.5), 0.05),
        (None, MiniBatch(averaging=2.5), 0.05),
        ("low_rank", MiniBatch(averaging=2.5, compress_after=0.5), 0.5),
        ("tt", MiniBatch(averaging=2.5, compress_after=1), 1.0),
    ],
)
def test_what_the_engine_is_told_of_compress_after_and_averaging(compression, solver, free):
    model = NNBCDClassifier((30, 30), compression=compression, solver=solver)
    loss, found = resolve_loss(model, "classification"), resolve_solver(model, 1000)
    problem, _ = resolve_problem(model, 20, 3, loss, found, np)
    settings = found.settings(problem)
    assert (settings.free, settings.averaging) == (free, 2.5)
    assert settings.linearized == isinstance(solver, MiniBatch)
