# SPDX-License-Identifier: BSD-3-Clause
"""How sure a classifier is: by a temperature on held-out rows, in its last layer."""

import pickle
import warnings

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.datasets import make_classification, make_gaussian_quantiles
from sklearn.metrics import log_loss
from sklearn.neural_network import MLPClassifier

from sklearn_nnbcd import NNBCDClassifier, NNBCDRegressor, _mapping
from sklearn_nnbcd._mapping import LEAST_CALIBRATED
from sklearn_nnbcd._pilot import Finding, ShortFit, fit_given, temperature
from sklearn_nnbcd.layers import Dense
from sklearn_nnbcd.losses import CrossEntropy, Logistic

OPTIONS = {"hidden_layer_sizes": (12,), "random_state": 0, "max_iter": 4, "column_bins": 0}


@pytest.fixture(scope="module")
def table():
    """Three classes."""
    X, y = make_classification(900, 8, n_informative=6, n_classes=3, class_sep=1.5, random_state=0)
    return X.astype(np.float64), y


def outputs(model, X):
    return np.asarray(model.network_.forward(X), dtype=float)


# the temperature ------------------------------------------------------------------------------------


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("loss", [CrossEntropy(), Logistic()])
def test_it_is_where_the_log_loss_of_the_rows_and_one_more_is_least(loss, weighted):
    rng = np.random.default_rng(0)
    if isinstance(loss, Logistic):
        V = 2.0 * rng.normal(size=(50, 1))
        Y = np.where(rng.uniform(size=V.shape) < 1.0 / (1.0 + np.exp(-2.0 * V)), 1.0, -1.0)
    else:
        V = 2.0 * rng.normal(size=(50, 4))
        Y = np.eye(4)[np.argmax(2.0 * V + rng.gumbel(size=V.shape), axis=1)]
    s = rng.integers(1, 4, 50).astype(float) if weighted else None
    T = temperature(loss, Y, V, s)
    weights = np.ones(50) if s is None else s
    count = weights.sum() ** 2 / np.sum(weights**2)
    smoothed = loss.with_smoothing(1.0 / (1.0 + count))

    def lost(T):
        return np.average(smoothed.value(Y, V / T, xp=np), weights=weights)

    assert lost(T) < min(lost(1.02 * T), lost(T / 1.02))  # searched for to 0.1 %
    assert temperature(loss, Y, 3.0 * V, s) == pytest.approx(3.0 * T, rel=3e-3)
    assert temperature(loss, Y, V, 7.0 * weights) == pytest.approx(temperature(loss, Y, V, weights), rel=1e-9)


def test_rows_that_are_all_right_do_not_make_it_sure_without_bound():
    V = np.asarray([[2.0, 0.0, 0.0]] * 9)
    few, many = (temperature(CrossEntropy(), np.eye(3)[[0] * n], V[:1].repeat(n, 0), None) for n in (9, 900))
    assert np.exp(-2.0) < many < few < 1.0
    # one row more in ten with each class as likely: p = 0.9 + 0.1 / 3
    assert np.exp(2.0 / few) / (np.exp(2.0 / few) + 2.0) == pytest.approx(0.9 + 0.1 / 3.0, abs=1e-3)


def test_rows_without_weight_or_numbers_say_nothing():
    Y, V = np.eye(3), np.ones((3, 3))
    assert temperature(CrossEntropy(), Y, V, np.zeros(3)) is None
    assert temperature(CrossEntropy(), Y[:0], V[:0], None) is None
    assert temperature(CrossEntropy(), Y, np.nan * V, None) is None


# in the network ---------------------------------------------------------------------------------------

FORMATS = [
    {},
    {"compression": "low_rank", "rank": 3},
    {"compression": "tt", "rank": 2},
    {"compression": "cp", "rank": 3},
    {"compression": "l0", "sparsity": 0.5, "compress_output": True},
    {"hidden_layer_sizes": (), "fit_intercept": False},
]


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize("kind", ["classes", "two", "labels"])
@pytest.mark.parametrize("options", FORMATS, ids=lambda options: str(options)[1:30])
def test_the_last_layer_takes_it_up(table, options, kind):
    """Outputs of twice the temperature are half of them; both are beyond what the evidence looks at."""
    X, y = table
    y = {"classes": y, "two": y > 0, "labels": np.c_[y > 0, y == 1].astype(int)}[kind]
    model = NNBCDClassifier(**OPTIONS | options)
    hot, cold = (fit_given(clone(model), Finding(temperature=T), X, y) for T in (2.0, 1.0))
    assert (hot.targets_.temperature, cold.targets_.temperature) == (2.0, 1.0)
    V, W = outputs(hot, X), outputs(cold, X)
    np.testing.assert_allclose(2.0 * V, W, rtol=1e-5, atol=1e-5 * np.abs(W).max())  # few bits are in single
    np.testing.assert_array_equal(hot.predict(X), cold.predict(X))
    assert hot.n_bytes_ == cold.n_bytes_
    before = hot.targets_.engine_network(hot.network_).forward(X)
    np.testing.assert_allclose(before, W, rtol=1e-5, atol=1e-5 * np.abs(W).max())
    np.testing.assert_allclose(hot.targets_.engine_outputs(V, xp=np), W, atol=1e-5 * np.abs(W).max())


@pytest.mark.parametrize("bits", [8, 4, "ternary"])
def test_numbers_of_few_bits_take_it_up_in_their_scales(table, bits):
    """Rounding looks at how sure outputs are, so that it is not the same; sizes of outputs are."""
    X, y = table
    model = NNBCDClassifier(**OPTIONS, bits=bits)
    hot, cold = (fit_given(clone(model), Finding(temperature=T), X, y) for T in (2.0, 1.0))
    V, W = outputs(hot, X), outputs(cold, X)
    assert np.linalg.norm(V) / np.linalg.norm(W) == pytest.approx(0.5, rel=0.05)
    assert hot.n_bytes_ == cold.n_bytes_ and np.mean(hot.predict(X) == cold.predict(X)) > 0.9


def test_loss_is_the_log_loss_of_the_probabilities(table):
    X, y = table
    for target in (y, y > 0):
        model = NNBCDClassifier(**OPTIONS).fit(X, target)
        assert model.targets_.temperature is not None
        assert model.loss_ == pytest.approx(log_loss(target, model.predict_proba(X)), rel=1e-6)


def test_probabilities_of_new_rows_are_better_for_it():
    """Clean labels: targets that are smoothed alone say that the network is less sure than it may be."""
    X, y = make_classification(
        3000, 10, n_informative=8, n_classes=4, class_sep=2.0, flip_y=0, random_state=1
    )
    model = NNBCDClassifier((60,), random_state=0)
    found = model.fit(X[:1500], y[:1500])
    assert found.targets_.temperature < 0.9
    plain = fit_given(clone(model), Finding(temperature=1.0), X[:1500], y[:1500])
    lost, without = (log_loss(y[1500:], each.predict_proba(X[1500:])) for each in (found, plain))
    assert lost < 0.95 * without


@pytest.mark.parametrize("n_classes", [2, 4])
def test_a_table_that_is_learned_slowly_is_not_taken_for_a_sure_one(n_classes):
    """Shells about one centre: a fit of a few passes is unsure for want of learning."""
    size = {"n_samples": 3000, "n_features": 6, "n_classes": n_classes}
    X, y = make_gaussian_quantiles(**size, random_state=0)
    model = NNBCDClassifier((60,), random_state=0).fit(X[:1500], y[:1500])
    labels = model.targets_.encode(y[1500:], "float64")
    V = outputs(model, X[1500:])
    best = temperature(model.targets_.loss, labels, V, None)  # beside the one that is in them
    lost, least = (np.mean(model.targets_.user_loss.value(labels, each, xp=np)) for each in (V, V / best))
    assert lost < 1.1 * least  # with 20 passes at most it was 1.2 and 1.4 times as much


@pytest.mark.parametrize(("smoothing", "share"), [("auto", 0.02), (0.1, 0.1), (0.0, 0.0)])
def test_targets_are_smoothed_by_what_is_asked_for(table, smoothing, share):
    model = NNBCDClassifier(**OPTIONS, loss=CrossEntropy(smoothing)).fit(*table)
    assert model.targets_.loss.share_smoothed == share and model.targets_.temperature is not None
    assert model.loss.smoothing == smoothing  # as it was


# where there is one -----------------------------------------------------------------------------------


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize(
    "options",
    [
        {"solver": "full", "max_iter": 2},
        {"loss": "squared_error"},
        {"loss": "hinge"},
        {"loss": "exponential"},
        {"layers": [Dense(5)]},
    ],
    ids=str,
)
def test_other_solvers_losses_and_given_layers_have_none(table, options):
    if "layers" in options:
        options = options | {"hidden_layer_sizes": "auto"}
    model = NNBCDClassifier(**OPTIONS | options).fit(*table)
    assert model.targets_.temperature is None
    if "loss" not in options:
        assert model.targets_.loss.share_smoothed == 0.003


def test_few_rows_streams_and_numbers_have_none(table):
    X, y = table
    few = NNBCDClassifier(**OPTIONS).fit(X[: LEAST_CALIBRATED - 1], y[: LEAST_CALIBRATED - 1])
    stream = NNBCDClassifier(**OPTIONS).partial_fit(X, y, classes=[0, 1, 2])
    for model in (few, stream):
        assert model.targets_.temperature is None and model.targets_.loss.share_smoothed == 0.003
    number = NNBCDRegressor(**OPTIONS).fit(X, X[:, 0])
    assert number.targets_.calibrated(2.0) is number.targets_


def test_what_goes_on_from_an_mlp_keeps_its_probabilities(table):
    X, y = table
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        mlp = MLPClassifier((10,), max_iter=20, random_state=0).fit(X, y)
    assert NNBCDClassifier.from_mlp(mlp).fit(X, y).targets_.temperature is None


@pytest.mark.parametrize("two", [False, True])
def test_going_on_keeps_it(table, two):
    X, y = table
    y = y > 0 if two else y
    model = NNBCDClassifier(**OPTIONS | {"max_iter": 30}, warm_start=True).fit(X, y)
    known, lost = model.targets_.temperature, model.loss_
    assert known not in (None, 1.0)
    again = pickle.loads(pickle.dumps(model)).fit(X, y)
    stream = pickle.loads(pickle.dumps(model)).partial_fit(X, y)
    for other in (again, stream):
        assert other.targets_.temperature == known
        assert other.targets_.loss.share_smoothed == 0.02
        assert log_loss(y, other.predict_proba(X)) < lost + 0.02  # smoothed, a stream's step is long


def test_labels_go_on_with_theirs(table):
    X, y = table
    Y = np.c_[y > 0, y == 1].astype(int)
    model = NNBCDClassifier(**OPTIONS).fit(X, Y)
    known = model.targets_.temperature
    assert known is not None and model.partial_fit(X, Y).targets_.temperature == known


def test_rows_weigh_what_they_do_in_the_fit(table, monkeypatch):
    X, y = table
    s = np.random.default_rng(0).uniform(0.5, 2.0, len(y))
    seen = []
    found = ShortFit.to_rows.__func__
    watched = classmethod(lambda cls, *a: seen.append(found(cls, *a)) or seen[-1])
    monkeypatch.setattr(ShortFit, "to_rows", watched)
    NNBCDClassifier(**OPTIONS, class_weight={0: 5.0, 1: 1.0, 2: 1.0}).fit(X, y, s)
    fit = seen[0]
    assert len(fit.s) == 300  # a third
    of_first = fit.Y[:, 0] == 1.0
    assert fit.s[of_first].min() >= 2.5 and fit.s[~of_first].max() <= 2.0
    assert temperature(CrossEntropy(), fit.Y, fit.V, fit.s) == pytest.approx(1.0, abs=3e-3)


def test_all_networks_of_a_budget_share_one(table, monkeypatch):
    X, y = table
    calls, found = [], _mapping.try_out
    monkeypatch.setattr(_mapping, "try_out", lambda *a: calls.append(1) or found(*a))
    model = NNBCDClassifier(max_bytes=600, bits=4, column_bins=0, max_iter=3, random_state=0).fit(X, y)
    assert len(calls) == 1 and len(model.compared_) > 1
    assert model.targets_.temperature not in (None, 1.0)
    assert not any("finding" in name for name in vars(model))
