# SPDX-License-Identifier: BSD-3-Clause
"""What short fits say of a table: how long a fit is by ``max_iter="auto"``, and how strong its ridge."""

from types import SimpleNamespace

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.metrics import log_loss

from sklearn_nnbcd import NNBCDClassifier, NNBCDRegressor, _mapping, _pilot
from sklearn_nnbcd._pilot import Finding, ShortFit
from sklearn_nnbcd.solvers import _batches

OPTIONS = {"hidden_layer_sizes": (8,), "random_state": 0}
#: passes of a plain fit to 1,200 rows, two classes: 600 batches of 120 rows
USUAL = 60


def left_on(model, X, y, s):
    return ShortFit(model.targets_, *_pilot.outputs_on(model, X, y, s)).share_left()


@pytest.fixture(scope="module")
def table():
    """Two classes, and columns of many values."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(1200, 4))
    return X, (X[:, 0] * X[:, 1] + 0.5 * rng.normal(size=1200) > 0).astype(int)


@pytest.mark.parametrize(
    ("share", "length"),
    [(0.15, 1.0), (0.12, 1.25**0.5), (0.2, 0.75**0.5), (0.0, 1.15), (0.01, 1.15), (0.9, 0.7), (3.0, 0.7)],
)
def test_the_length_goes_with_the_root_of_what_is_left_between_bounds(share, length):
    assert Finding(True, share).length(1000) == pytest.approx(length)


def test_a_share_that_is_no_number_says_nothing_and_one_without_end_is_noise():
    assert Finding(False, float("nan")).length(1000) == Finding(False, None).length(1000) == 1.0
    assert Finding(False, float("inf")).length(1000) == pytest.approx(0.7)


@pytest.mark.parametrize(
    ("n_rows", "noisy"), [(10_000, 0.7), (14_400, 0.84), (20_000, 0.7 * 2**0.5), (21_000, 1.0), (10**7, 1.0)]
)
def test_many_noisy_rows_are_learned_from_for_longer(n_rows, noisy):
    """The bound rises with the root of the rows; what is above it anyway stays as it is."""
    assert Finding(False, 0.9).length(n_rows) == pytest.approx(noisy)
    assert Finding(False, 0.01).length(n_rows) == Finding(False, 0.01).length(1000)
    assert Finding(False, None).length(n_rows) == 1.0


@pytest.mark.parametrize(("share", "passes"), [(0.001, 69), (0.15, 60), (0.9, 42)])
@pytest.mark.parametrize("ramps", [False, True])
def test_a_fit_of_open_length_follows_the_finding(table, monkeypatch, ramps, share, passes):
    monkeypatch.setattr(_mapping, "try_ramps", lambda *_: Finding(ramps, share))
    model = NNBCDClassifier(**OPTIONS).fit(*table)
    assert model.n_iter_ == passes and (model.network_.columns is not None) == ramps
    assert model.set_params(compression="low_rank", rank=2).fit(*table).n_iter_ == passes
    assert NNBCDClassifier(**OPTIONS, max_iter=7).fit(*table).n_iter_ == 7


def test_without_short_fits_the_length_is_the_usual_one(table, monkeypatch):
    def never(*_):
        raise AssertionError

    X, y = table
    monkeypatch.setattr(_mapping, "try_ramps", never)
    for given in ({"column_bins": 0}, {"column_bins": 3}):
        assert NNBCDClassifier(**OPTIONS, **given).fit(X, y).n_iter_ == USUAL
    assert NNBCDClassifier(**OPTIONS).fit(X[:900], y[:900]).n_iter_ == USUAL  # batches of 90 rows
    model = NNBCDClassifier(**OPTIONS, warm_start=True)
    with monkeypatch.context() as patch:
        patch.setattr(_mapping, "try_ramps", lambda *_: Finding(False, 0.9))
        assert model.fit(X, y).n_iter_ == 42
    assert model.fit(X, y).n_iter_ == USUAL  # goes on


def test_noise_makes_a_fit_shorter():
    rng = np.random.default_rng(1)
    X = rng.normal(size=(1500, 4))
    y = X @ np.arange(1.0, 5.0)
    noisy = y + 8.0 * rng.normal(size=1500)
    clean, other = (NNBCDRegressor(**OPTIONS).fit(X, each).n_iter_ for each in (y, noisy))
    assert clean == pytest.approx(other * 1.15 / 0.7, abs=1.5)


@pytest.mark.parametrize("loss", ["squared_error", "exponential", "huber", "absolute_error"])
def test_losses_in_other_units_leave_the_length(table, loss):
    X, y = table
    if loss in ("huber", "absolute_error"):
        model = NNBCDRegressor(**OPTIONS, loss=loss)
    else:
        model = NNBCDClassifier(**OPTIONS, loss=loss)
    usual = clone(model).set_params(column_bins=4 if model.fit(X, y).network_.columns else 0)
    assert model.n_iter_ == usual.fit(X, y).n_iter_


@pytest.mark.parametrize("weighted", [False, True])
def test_what_is_left_is_the_loss_beside_that_of_the_best_constant(table, weighted):
    X, y = table
    s = np.random.default_rng(2).integers(1, 5, len(y)).astype(float) if weighted else None
    options = {**OPTIONS, "max_iter": 3, "column_bins": 0}
    line = NNBCDRegressor(**options).fit(X, 50.0 * X[:, 0] + y)
    target = 50.0 * X[:, 0] + 2.0 * y
    left = left_on(line, X, target, s)
    assert left == pytest.approx(1.0 - line.score(X, target, s), rel=1e-6)
    model = NNBCDClassifier(**options).fit(X, y)
    mean = np.average(y, weights=s)
    constant = log_loss(y, np.full(len(y), mean), sample_weight=s)
    found = log_loss(y, model.predict_proba(X), sample_weight=s)
    assert left_on(model, X, y, s) == pytest.approx(found / constant, rel=1e-4)


@pytest.mark.parametrize(
    ("n_rows", "passes"), [(1000, (20, 60)), (3000, (15, 50)), (30_000, (5, 14))], ids=str
)
def test_short_fits_see_so_many_rows_in_so_many_passes(table, monkeypatch, n_rows, passes):
    """30,000 rows for ramps and 100,000 for the temperature; two thirds of 10,000 are fitted to at most."""
    X, y = table
    seen = []
    monkeypatch.setattr(_pilot, "fit_quietly", lambda model, *rows: seen.append(model.max_iter) or stop())

    def stop():
        raise InterruptedError

    rows = SimpleNamespace(X=np.zeros((n_rows, 4)), y=np.resize([0, 1], n_rows), s=None)
    for ask in (
        lambda: _pilot.try_ramps(NNBCDClassifier(), rows, 4),
        lambda: _pilot.try_out(NNBCDClassifier(), rows, 4),
    ):
        with pytest.raises(InterruptedError):
            ask()
    assert tuple(seen) == passes


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_what_short_fits_find_reaches_the_engine(table, monkeypatch):
    X, y = table
    seen = []
    start = _batches.initial_state
    monkeypatch.setattr(_batches, "initial_state", lambda *a: seen.append(a[2].temperature) or start(*a))
    monkeypatch.setattr(_mapping, "try_out", lambda *_: 0.25)
    NNBCDClassifier(**OPTIONS, max_iter=1).fit(X, y)
    assert seen == [1.0, 1.0, 0.25]  # the two fits that try ramps
    seen.clear()
    NNBCDClassifier(**OPTIONS, max_iter=1, column_bins=0).fit(X, y)
    assert seen == [0.25]


def test_rows_of_unknown_classes_or_without_weight_say_nothing(table):
    X, y = table
    model = NNBCDClassifier(**OPTIONS, max_iter=3, column_bins=0).fit(X, y)
    more = np.where(X[:, 3] > 1.0, 5, y)
    known = more < 5
    found = left_on(model, X, more, None)
    assert found == left_on(model, X[known], y[known], None)
    assert left_on(model, X, np.full(len(y), 5), None) == 1.0
    assert left_on(model, X, y, np.zeros(len(y))) == 1.0
    assert left_on(model, X[y == 0], y[y == 0], None) > 0.0
