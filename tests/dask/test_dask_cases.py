# SPDX-License-Identifier: BSD-3-Clause
"""Dask collections that once came out wrong: frames, empty partitions, shapes, weights, lost connections."""

import re
import threading
import time
import warnings

import numpy as np
import pytest
from sklearn.exceptions import ConvergenceWarning, DataConversionWarning, UndefinedMetricWarning
from sklearn.metrics import get_scorer

from sklearn_nnbcd import NNBCDClassifier, NNBCDRegressor
from sklearn_nnbcd.dask import DaskNNBCDClassifier, DaskNNBCDRegressor
from sklearn_nnbcd.inspection import compression_report, fit_report

distributed = pytest.importorskip("distributed", reason="needs the extra sklearn-nnbcd[dask]")
da = pytest.importorskip("dask.array", reason="needs the extra sklearn-nnbcd[dask]")

R = np.random.default_rng(0)
X = R.normal(size=(120, 4))
Y = np.sin(X[:, 0]) + X[:, 1] / 2
LABELS = np.array(["no", "yes"])[(Y > 0).astype(int)]
WEIGHTS = R.integers(0, 3, 120).astype(float)
OPTIONS = {"hidden_layer_sizes": (8,), "max_iter": 3, "random_state": 0}
COLUMNS = ["a", "b", "c", "d"]

pytestmark = pytest.mark.filterwarnings("ignore:X does not have valid feature names")


def parts(x, rows=((50, 0, 40, 30),)):
    """A Dask array in partitions of which one is empty."""
    x = np.asarray(x)
    return da.from_array(x, chunks=(*rows, *((n,) for n in x.shape[1:])))


def unknown(x):
    """The same with chunks of unknown sizes."""
    return parts(x).map_blocks(lambda block: block, dtype=np.asarray(x).dtype)[parts(np.ones(len(x))) > 0]


@pytest.fixture(scope="module")
def models(dask_client):
    """Classifier and regressor on Dask, and the plain ones with the same weights."""
    there = DaskNNBCDClassifier(**OPTIONS).fit(parts(X), parts(LABELS))
    numbers = DaskNNBCDRegressor(**OPTIONS).fit(parts(X), parts(Y))
    return there, there.to_local(), numbers, numbers.to_local()


@pytest.fixture(scope="module")
def frame(dask_client):
    """A data frame in six partitions, and the same on Dask, with an empty partition in the middle."""
    pandas = pytest.importorskip("pandas")
    frames = pytest.importorskip("dask.dataframe", reason="needs dask[dataframe]")
    table = pandas.DataFrame(X, columns=COLUMNS).assign(y=Y, label=LABELS, weight=WEIGHTS)
    whole = frames.from_pandas(table, npartitions=3)
    there = frames.concat(
        [whole.partitions[0], whole[whole["a"] > 1e9], *(whole.partitions[k] for k in (1, 2))]
    )
    return table, there


# frames -------------------------------------------------------------------------------------------


def test_frames_are_checked_by_name(frame):
    table, there = frame
    model = DaskNNBCDClassifier(**OPTIONS).fit(there[COLUMNS], there["label"])
    plain = NNBCDClassifier(solver="full", **OPTIONS).fit(table[COLUMNS], table["label"])
    assert list(model.feature_names_in_) == COLUMNS
    np.testing.assert_array_equal(model.predict(there[COLUMNS]).compute(), plain.predict(table[COLUMNS]))
    for columns in (COLUMNS[::-1], ["a", "b", "c", "y"]):
        with pytest.raises(ValueError) as expected:
            plain.predict(table[columns])
        with pytest.raises(ValueError, match=re.escape(str(expected.value).splitlines()[0])):
            model.predict(there[columns])
    with pytest.raises(ValueError, match=r"'X' of DaskNNBCDClassifier must be numeric.*\['label'\]"):
        texts = there["label"].astype("string")  # before pandas 3 the type of text is any object's
        model.predict(there.assign(label=texts)[["a", "b", "c", "label"]])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        np.testing.assert_array_equal(model.predict(parts(X)).compute(), plain.predict(X))


@pytest.mark.parametrize("weights", ["weight", "array of unknown chunks", "column"])
def test_targets_and_weights_of_any_form(frame, weights):
    table, there = frame
    form = {
        "weight": there["weight"],
        "array of unknown chunks": there["weight"].to_dask_array(),
        "column": there[["weight"]],
    }[weights]
    plain = NNBCDRegressor(solver="full", **OPTIONS).fit(X, Y, WEIGHTS)
    model = DaskNNBCDRegressor(**OPTIONS).fit(there[COLUMNS], there["y"], form)
    np.testing.assert_allclose(model.predict(there[COLUMNS]).compute(), plain.predict(X), atol=1e-8)
    found = model.score(there[COLUMNS], there[["y"]], form)
    assert found == pytest.approx(plain.score(X, Y, WEIGHTS), abs=1e-10)


def test_targets_of_one_column(dask_client):
    model = DaskNNBCDRegressor(**OPTIONS).fit(parts(X), parts(Y[:, None]))
    plain = NNBCDRegressor(solver="full", **OPTIONS).fit(X, Y[:, None])
    assert model.predict(parts(X)).shape == plain.predict(X).shape == (120, 1)
    with pytest.warns(DataConversionWarning, match="column-vector y"):
        classifier = DaskNNBCDClassifier(**OPTIONS).fit(parts(X), parts(LABELS[:, None]))
    assert list(classifier.classes_) == ["no", "yes"]
    with pytest.raises(ValueError, match="'y' of DaskNNBCDClassifier must hold one label per row"):
        DaskNNBCDClassifier(**OPTIONS).fit(parts(X), parts(X > 0))


# empty partitions and constant targets ------------------------------------------------------------


def test_empty_partitions_predict_nothing(models):
    there, plain, numbers, plain_numbers = models
    np.testing.assert_array_equal(there.predict(parts(X)).compute(), plain.predict(X))
    np.testing.assert_allclose(there.predict_proba(parts(X)).compute(), plain.predict_proba(X), rtol=1e-12)
    nothing = parts(X)[:0]
    assert there.predict(nothing).compute().shape == (0,)
    assert there.predict_proba(nothing).compute().shape == (0, 2)
    assert numbers.predict(nothing).compute().shape == (0,)
    with pytest.raises(ValueError, match="'X' of DaskNNBCDRegressor must have rows"):
        numbers.score(nothing, nothing[:, 0])


@pytest.mark.parametrize("value", [0.0, 0.1, -1e6])
def test_constant_targets(dask_client, value):
    model = DaskNNBCDRegressor(**OPTIONS).fit(parts(X), parts(np.full(120, value)))
    np.testing.assert_allclose(model.predict(parts(X)).compute(), value, rtol=1e-9, atol=1e-9)


def test_counts_may_be_integers(dask_client):
    """Also beside an empty partition, whose least count is that of no rows."""
    counts = np.arange(120) % 4
    model = DaskNNBCDRegressor(loss="poisson", **OPTIONS).fit(parts(X), parts(counts))
    plain = NNBCDRegressor(loss="poisson", solver="full", **OPTIONS).fit(X, counts)
    np.testing.assert_allclose(
        model.to_local().predict(X), plain.predict(X), rtol=1e-6
    )  # sums in another order
    with pytest.raises(ValueError, match="'y'"):
        DaskNNBCDRegressor(loss="poisson", **OPTIONS).fit(parts(X), parts(-counts))


def test_a_fit_that_learns_nothing_warns(dask_client):
    nothing = parts(np.zeros((120, 3)))
    for model, y in (DaskNNBCDClassifier, LABELS), (DaskNNBCDRegressor, Y):
        with pytest.warns(
            ConvergenceWarning, match=f"The {model.__name__} is no better on its training rows"
        ):
            model(**OPTIONS).fit(nothing, parts(y))


# scores -------------------------------------------------------------------------------------------

TARGETS = {
    "numbers": Y,
    "a column": Y[:, None],
    "constant": np.full(120, 0.25),
    "far from zero": Y + 1e9,
    "integers": np.round(3 * Y).astype(int),
    "float32": Y.astype(np.float32),
}


@pytest.mark.parametrize("weights", [None, "some are 0", "floats"])
@pytest.mark.parametrize("kind", list(TARGETS))
def test_scores_are_the_plain_ones(models, kind, weights):
    _, _, there, plain = models
    s = {None: None, "some are 0": WEIGHTS, "floats": R.uniform(size=120)}[weights]
    y = TARGETS[kind]
    given = (parts(y),) if s is None else (parts(y), unknown(s))
    expected = plain.score(X, y, s)
    assert there.score(parts(X), *given) == pytest.approx(expected, rel=1e-6 if "far" in kind else 1e-9)
    assert there.score(unknown(X), *given) == pytest.approx(expected, rel=1e-6 if "far" in kind else 1e-9)


def test_scores_of_several_outputs(dask_client):
    Z = np.column_stack([Y, 1e6 * X[:, 2], np.full(120, 3.0)])
    there = DaskNNBCDRegressor(**OPTIONS).fit(parts(X), parts(Z))
    for s in (None, WEIGHTS):
        given = (parts(Z),) if s is None else (parts(Z), parts(s))
        assert there.score(parts(X), *given) == pytest.approx(there.to_local().score(X, Z, s), rel=1e-9)


def test_the_score_of_one_row_is_none(models):
    _, _, there, plain = models
    with pytest.warns(UndefinedMetricWarning, match="less than two samples"):
        assert np.isnan(there.score(parts(X[:1], ((1,),)), parts(Y[:1], ((1,),))))


@pytest.mark.parametrize("kind", ["labels", "a column", "unknown labels"])
def test_accuracies_are_the_plain_ones(models, kind):
    there, plain, _, _ = models
    y = {
        "labels": LABELS,
        "a column": LABELS[:, None],
        "unknown labels": np.where(X[:, 0] > 1, "new", LABELS),
    }
    y = y[kind]
    for s in (None, WEIGHTS):
        given = (parts(y),) if s is None else (parts(y), unknown(s))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DataConversionWarning)
            assert there.score(parts(X), *given) == pytest.approx(plain.score(X, y, s), rel=1e-12)
    with pytest.raises(ValueError, match="'sample_weight' of DaskNNBCDClassifier.score"):
        there.score(parts(X), parts(LABELS), parts(0 * WEIGHTS))


@pytest.mark.parametrize("name", ["accuracy", "balanced_accuracy", "roc_auc", "neg_log_loss", "f1_macro"])
def test_scorers_of_scikit_learn_take_them(models, name):
    there, plain, _, _ = models
    scorer = get_scorer(name)
    assert scorer(there, parts(X), LABELS) == pytest.approx(scorer(plain, X, LABELS))


# what is said -------------------------------------------------------------------------------------


def lying(x):
    """An array whose parts have fewer columns than it says."""
    return parts(x).map_blocks(lambda part: part[:, :2], dtype=float, meta=np.zeros((0, 0)))


def test_errors_name_the_class_and_plain_values(models):
    there, _, _, _ = models
    cases = [
        (lambda: there.fit(parts(X * np.nan), parts(LABELS)), r"DaskNNBCDClassifier does not accept missing"),
        (lambda: there.predict(parts(X * np.nan)).compute(), r"DaskNNBCDClassifier does not accept missing"),
        (lambda: there.fit(parts(X), parts(np.zeros(120, int))), r"Got one class, 0\."),
        (lambda: there.fit(lying(X), parts(LABELS)), r"X has 2 features, but DaskNNBCDClassifier"),
        (lambda: there.fit(da.ma.masked_less(parts(X), 0), parts(LABELS)), "'X' of Dask.*no masked entries"),
        (lambda: there.predict(parts(X[:, [0, 1, 2, 3, 0]])), r"5 features, but DaskNNBCDClassifier"),
        (lambda: there.predict(parts(Y)), r"'X' of DaskNNBCDClassifier must have two dimensions"),
        (lambda: DaskNNBCDClassifier(rank=3).fit(parts(X), parts(LABELS)), "'rank' of DaskNNBCDClassifier"),
        (lambda: DaskNNBCDClassifier(layers=np.ones(2)).fit(parts(X), parts(LABELS)), "'layers' of Dask"),
    ]
    before = dict(vars(there))
    for call, words in cases:
        with pytest.raises(ValueError, match=words) as error:
            call()
        assert not re.search(r"\bNNBCDClassifier does|np\.int64", str(error.value))
        assert vars(there) == before


def test_predict_computes_nothing_and_changes_no_input(models):
    there, plain, _, _ = models
    calls = []

    def record(block):
        calls.append(len(block))
        return block

    lazy = parts(X).map_blocks(record, dtype=X.dtype, meta=np.zeros((0, 4)))
    predicted = there.predict(lazy)
    with pytest.raises(ValueError, match="3 features"):
        there.predict(lazy[:, :3])
    assert not calls and predicted.shape == (120,)
    chunks = unknown(X)
    assert there.predict(chunks).shape == (120,)  # scorers ask for the number of rows
    assert np.isnan(chunks.shape[0])


def test_reports_take_them(models):
    there, plain, _, _ = models
    assert compression_report(there).total["parameters"] == compression_report(plain).total["parameters"]
    assert fit_report(there, parts(X), parts(LABELS)).losses == fit_report(plain, X, LABELS).losses


# connections --------------------------------------------------------------------------------------


@pytest.mark.parametrize("seconds", [0.05, 0.2, 0.4, 1.0])  # while rows are checked, placed, swept over
def test_a_client_that_closes_is_one_error(dask_client, seconds):
    with distributed.Client(dask_client.scheduler.address, set_as_default=False) as client:
        model = DaskNNBCDRegressor(client=client, **OPTIONS).fit(parts(X), parts(Y))
        model.set_params(max_iter=10**6, tol=0.0)
        before = dict(vars(model))
        timer = threading.Timer(seconds, client.close)
        timer.start()
        start = time.monotonic()
        with pytest.raises(
            RuntimeError, match="'client' of DaskNNBCDRegressor must stay connected.*as it was"
        ):
            model.fit(parts(X), parts(Y))
        timer.join()
        assert time.monotonic() - start < 30.0
        assert vars(model) == before
        with pytest.raises(
            ValueError, match="'client' of DaskNNBCDRegressor must be connected. Got .*closed"
        ):
            model.fit(parts(X), parts(Y))
    np.testing.assert_allclose(model.predict(parts(X)).compute(), model.to_local().predict(X), rtol=1e-12)
