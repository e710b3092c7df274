# SPDX-License-Identifier: BSD-3-Clause
"""Ctrl-C at any moment: the old model, or a complete new one."""

import math
import signal
import threading
import time
import warnings

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.exceptions import ConvergenceWarning

from sklearn_nnbcd import NNBCDClassifier
from sklearn_nnbcd.solvers import FullBatch, MiniBatch

SOLVERS = ["full", "minibatch", "exact"]
R = np.random.default_rng(0)
X = R.normal(size=(300, 6))
Y = (X[:, 0] + X[:, 1] > 0).astype(int)
OTHER = R.normal(size=(300, 6)), np.arange(300) % 2

pytestmark = [
    pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="needs timers that interrupt"),
    pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning"),
]


def interrupted(call, after):
    """Call with a KeyboardInterrupt after some seconds; whether it came out of the call, and the warnings."""
    previous = signal.signal(signal.SIGALRM, signal.default_int_handler)
    with warnings.catch_warnings(record=True) as found:
        warnings.simplefilter("always")
        try:
            signal.setitimer(signal.ITIMER_REAL, after)
            call()
            raised = False
        except KeyboardInterrupt:
            raised = True
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
            signal.signal(signal.SIGALRM, previous)
    return raised, [w for w in found if not issubclass(w.category, ConvergenceWarning)]


def assert_complete(model):
    """All that a fit leaves is there, of one length, and finite."""
    assert len(model.objective_curve_) == len(model.objective_terms_) == model.n_iter_ >= 1
    assert np.isfinite(model.objective_curve_).all() and math.isfinite(model.loss_)
    assert np.isfinite(model.predict_proba(X)).all() and model.network_.is_finite
    assert model.score(X, Y) > 0.4


@pytest.mark.parametrize("compression", [None, "tt", "l0"])
@pytest.mark.parametrize("solver", SOLVERS)
def test_an_interrupted_fit_leaves_the_old_model_or_a_complete_new_one(solver, compression):
    model = NNBCDClassifier((20,), solver=solver, compression=compression, max_iter=12, random_state=0)
    model.fit(*OTHER)
    start = time.perf_counter()
    clone(model).fit(X, Y)
    whole = time.perf_counter() - start
    kept = new = 0
    for k in range(10):
        old, before = model.predict_proba(X), dict(vars(model))
        after = max(1e-4, whole * (k - 0.5) / 10)  # the first one comes before any sweep
        raised, found = interrupted(lambda: model.fit(X, Y), after)
        if raised:
            kept += 1
            assert vars(model) == before
            np.testing.assert_array_equal(model.predict_proba(X), old)
        else:
            new += 1
            assert_complete(model)
            told = any("interrupted by the user" in str(w.message) for w in found)
            assert told or model.n_iter_ == 12
        model.fit(*OTHER)
    assert kept + new == 10 and kept > 0


@pytest.mark.parametrize("solver", SOLVERS[1:])
def test_an_interrupted_partial_fit_leaves_the_stream_as_it_was(solver):
    model = NNBCDClassifier((20,), solver=solver, compression="low_rank", random_state=0)
    for _ in range(3):
        model.partial_fit(X, Y, classes=[0, 1])
    raised = 0
    for k in range(10):
        before = dict(vars(model))
        out, _ = interrupted(lambda: model.partial_fit(X, Y), 1e-3 * (k + 1))
        raised += out
        if out:
            assert vars(model) == before
        assert np.isfinite(model.predict_proba(X)).all() and len(model.objective_curve_) == model.n_iter_
    twin = NNBCDClassifier((20,), solver=solver, compression="low_rank", random_state=0)
    for _ in range(3 + 10 - raised):
        twin.partial_fit(X, Y, classes=[0, 1])
    np.testing.assert_array_equal(model.predict_proba(X), twin.predict_proba(X))


@pytest.mark.parametrize("solver", [FullBatch(), MiniBatch()])
def test_before_the_first_sweep_nothing_is_learned(solver, monkeypatch):
    def step(self, state):
        raise KeyboardInterrupt

    model = NNBCDClassifier((5,), solver=clone(solver), max_iter=3, random_state=0).fit(X, Y)
    old = model.predict_proba(X)
    monkeypatch.setattr(type(solver), "step", step)
    with pytest.raises(KeyboardInterrupt):
        model.fit(*OTHER)
    np.testing.assert_array_equal(model.predict_proba(X), old)
    with pytest.raises(KeyboardInterrupt):
        clone(model).fit(X, Y)


def test_an_interrupted_full_fit_is_that_of_its_complete_sweeps(monkeypatch):
    """In the middle of the fourth sweep, when some layers are new: the three before it count."""
    plain, calls = FullBatch.step, iter(range(100))

    def step(self, state):
        new = plain(self, state)
        if next(calls) == 3:
            raise KeyboardInterrupt
        return new

    options = {"compression": "tt", "random_state": 0, "tol": 0.0}
    expected = NNBCDClassifier((20,), solver="full", max_iter=3, **options).fit(X, Y)
    model = NNBCDClassifier((20,), solver="full", max_iter=9, **options)
    monkeypatch.setattr(FullBatch, "step", step)
    with pytest.warns(UserWarning, match="interrupted by the user after 3 complete sweeps"):
        model.fit(X, Y)
    assert model.n_iter_ == 3 and model.diagnosis_ is None
    np.testing.assert_array_equal(model.predict_proba(X), expected.predict_proba(X))
    assert model.objective_curve_[1:] == expected.objective_curve_[:2]  # L before each sweep


def test_fits_in_threads_are_not_interrupted():
    """Signals go to the main thread; fits elsewhere neither see them nor each other."""
    models = [NNBCDClassifier((5,), solver="full", max_iter=3, random_state=0) for _ in range(2)]
    threads = [threading.Thread(target=model.fit, args=(X, Y)) for model in models]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    np.testing.assert_array_equal(models[0].predict_proba(X), models[1].predict_proba(X))
