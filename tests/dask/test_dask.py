# SPDX-License-Identifier: BSD-3-Clause
"""Dask: workers that die, what travels, and the estimators."""

import inspect
import os
import pickle
import signal

import numpy as np
import pytest
from partitions import FIVE, cut_rows, fit_rows, random_rows
from problems import fitted
from scipy import sparse
from sklearn.base import clone
from sklearn.datasets import make_classification

from sklearn_nnbcd import NNBCDClassifier, NNBCDRegressor
from sklearn_nnbcd.dask import DaskNNBCDClassifier, DaskNNBCDRegressor
from sklearn_nnbcd.engine import fit_full, start_block
from sklearn_nnbcd.placements import DaskBlocks, InMemory

pytest.importorskip("distributed", reason="needs the extra sklearn-nnbcd[dask]")
da = pytest.importorskip("dask.array", reason="needs the extra sklearn-nnbcd[dask]")


def kill(client, worker):
    """End a worker process as the operating system would."""
    os.kill(client.run(os.getpid, workers=[worker])[worker], signal.SIGKILL)


def die_once(block, mark):
    """A step whose worker dies at its first call, anywhere."""
    try:
        os.close(os.open(mark, os.O_CREAT | os.O_EXCL))
    except FileExistsError:
        return block, 1
    os.kill(os.getpid(), signal.SIGKILL)


def test_a_killed_worker_changes_nothing(dask_client, tmp_path):
    """Between two calls and in the middle of one; the sums are the same but for their order."""
    problem, first, rows = random_rows("tt")
    expected, terms = fit_rows(problem, first, InMemory([rows]))
    placement = DaskBlocks(cut_rows(rows, FIVE), dask_client)

    def on_sweep(k, weights, before):
        if k == 2:
            kill(dask_client, sorted(dask_client.nthreads())[0])
        if k == 3:
            assert placement.rebuilt in (2, 3)
            assert placement.sweep(die_once, str(tmp_path / "mark")) == 5

    placement.map(start_block, problem, first)
    weights, there, _ = fit_full(problem, first, placement, max_iter=4, on_sweep=on_sweep)
    assert placement.rebuilt >= 4
    placement.close()
    for ours, theirs in zip(fitted(weights), fitted(expected), strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-8, atol=1e-8)
    assert there.total == pytest.approx(terms.total, rel=1e-10)


# estimators -------------------------------------------------------------------------------------

X, y = make_classification(203, 12, n_informative=6, n_classes=3, random_state=0)
s = np.random.default_rng(0).integers(0, 3, 203).astype(float)
NAMES = np.array(["a", "b", "c"])[y]
COMMON = dict(hidden_layer_sizes=(16, 10), max_iter=3, random_state=0, tau=1.0)


def in_parts(x, chunks=((50, 40, 10, 60, 43),)):
    """A Dask array in five uneven partitions, or as said."""
    return da.from_array(x, chunks=chunks)


@pytest.mark.parametrize("compression", [None, "tt"])
def test_sparse_partitions_stay_sparse(dask_client, compression):
    """Columns are centred and scaled where the rows are; one of them is far from zero."""
    thin = np.where(np.abs(X) < 1.0, 0.0, X) + 50.0 * (np.arange(12) == 2)
    rows = in_parts(thin, ((50, 40, 10, 60, 43), (12,))).map_blocks(sparse.csr_matrix)
    options = dict(COMMON, compression=compression)
    plain = NNBCDClassifier(solver="full", **options).fit(thin, y)
    there = DaskNNBCDClassifier(client=dask_client, **options).fit(rows, in_parts(y))
    for ours, theirs in zip(there.coefs_, plain.coefs_, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-8, atol=1e-8)
    np.testing.assert_array_equal(there.predict(rows).compute(), plain.predict(thin))
    assert there.score(rows, in_parts(y)) == pytest.approx(plain.score(thin, y))


@pytest.mark.parametrize("compression", [None, "tt", "l0"])
def test_classifier_equals_the_plain_one(dask_client, compression):
    options = dict(COMMON, compression=compression, class_weight="balanced")
    plain = NNBCDClassifier(solver="full", **options).fit(X, NAMES, s)
    there = DaskNNBCDClassifier(client=dask_client, **options)
    rows = in_parts(X, ((50, 40, 10, 60, 43), (5, 7)))
    labels = in_parts(NAMES, 70)
    there.fit(rows, labels, in_parts(s, 203))
    for ours, theirs in zip(there.coefs_, plain.coefs_, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-8, atol=1e-8)
    assert there.loss_ == pytest.approx(plain.loss_, rel=1e-9)
    predicted = there.predict(rows)
    assert isinstance(predicted, da.Array)
    np.testing.assert_array_equal(predicted.compute(), plain.predict(X))
    if compression is None:
        np.testing.assert_allclose(there.predict_proba(rows).compute(), plain.predict_proba(X), atol=1e-9)
        assert there.decision_function(rows).compute().shape == (203, 3)
        assert there.score(rows, labels) == pytest.approx(plain.score(X, NAMES))
        local = pickle.loads(pickle.dumps(there)).to_local()
        assert type(local) is NNBCDClassifier
        np.testing.assert_array_equal(local.predict(X), plain.predict(X))


def test_regressor_equals_the_plain_one(dask_client):
    """On files, and with the default client."""
    Y = X[:, :2] @ [[1.0, 2.0], [0.5, -1.0]]
    plain = NNBCDRegressor(solver="full", **COMMON).fit(X, Y)
    there = DaskNNBCDRegressor(memory_limit="130 KiB", **COMMON).fit(in_parts(X, (50, 12)), in_parts(Y, 80))
    for ours, theirs in zip(there.coefs_, plain.coefs_, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-8, atol=1e-8)
    np.testing.assert_allclose(there.predict(in_parts(X, (50, 12))).compute(), plain.predict(X), atol=1e-8)
    assert there.score(in_parts(X, (50, 12)), in_parts(Y, 80)) == pytest.approx(plain.score(X, Y))


def test_conventions(dask_client):
    """The constructor is the plain one's with client=None last; the client is cloned, not pickled."""
    for cls, plain in ((DaskNNBCDClassifier, NNBCDClassifier), (DaskNNBCDRegressor, NNBCDRegressor)):
        ours = list(inspect.signature(cls).parameters.values())
        assert ours[:-1] == list(inspect.signature(plain).parameters.values())
        assert ours[-1].name == "client" and ours[-1].default is None
        assert cls(client=dask_client, tau=3.0).get_params()["tau"] == 3.0
    model = DaskNNBCDClassifier(client=dask_client)
    assert clone(model).client is dask_client
    assert pickle.loads(pickle.dumps(model)).client is None


@pytest.mark.parametrize(
    "options, data, error, words",
    [
        ({}, lambda: (X, in_parts(y)), TypeError, "'X' of DaskNNBCDClassifier must be a Dask array"),
        ({}, lambda: (in_parts(X, (50, 12)), y), TypeError, "'y' of .* must be a Dask array"),
        ({}, lambda: (in_parts(X, (50, 12)), in_parts(y[:9], 9)), ValueError, "each of the 203 rows"),
        ({}, lambda: (in_parts(y, 50), in_parts(y, 50)), ValueError, "two dimensions"),
        ({}, lambda: (in_parts(X, 50), in_parts(X > 0, 50)), ValueError, "one label per row"),
        ({"solver": "minibatch"}, lambda: (in_parts(X, 50), in_parts(y, 50)), ValueError, "'solver'"),
        ({"early_stopping": True}, lambda: (in_parts(X, 50), in_parts(y, 50)), ValueError, "early_stopping"),
        ({}, lambda: (in_parts(X, 50), in_parts(y, 50), in_parts(0 * y, 50)), ValueError, "positive"),
        ({}, lambda: (in_parts(X * np.nan, 50), in_parts(y, 50)), ValueError, "NaN"),
    ],
)
def test_wrong_calls(dask_client, options, data, error, words):
    with pytest.raises(error, match=words):
        DaskNNBCDClassifier(**options).fit(*data())
