# SPDX-License-Identifier: BSD-3-Clause
"""X, y, weights and labels that would be read as something else are refused, by name and with a cure."""

import numpy as np
import pytest

from sklearn_nnbcd import NNBCDClassifier, NNBCDRegressor

RANDOM = np.random.default_rng(0)
X = RANDOM.normal(size=(30, 3))
LABELS = (X[:, 0] > 0).astype(int)
WORDS = np.where(LABELS, "up", "down")
SMALL = {"hidden_layer_sizes": (4,), "max_iter": 2, "random_state": 0}
MASKED = np.ma.masked_greater(X, 1.0)
RECORDS = np.zeros(30, dtype=[("a", float), ("b", float)])


@pytest.mark.parametrize(
    ("Estimator", "changes", "message"),
    [
        (NNBCDClassifier, {"X": MASKED}, r"'X' of NNBCDClassifier.*no masked entries.*filled"),
        (NNBCDRegressor, {"y": MASKED[:, 0]}, r"'y' of NNBCDRegressor.*no masked entries"),
        (NNBCDClassifier, {"sample_weight": MASKED[:, 0] ** 2}, r"'sample_weight' of fit.*no masked entries"),
        (NNBCDClassifier, {"X": X + 1j}, r"^Complex data not supported\. X and y must be real[^\[]*$"),
        (NNBCDRegressor, {"y": X[:, 0] + 1j}, r"^Complex data not supported\. X and y must be real[^\[]*$"),
        (NNBCDClassifier, {"X": RECORDS}, r"X must be numeric: pass times and records"),
        (NNBCDClassifier, {"y": [1, "a"] * 15}, r"'y'.*labels of one kind\. Got int beside text"),
        (NNBCDClassifier, {"y": ["a", None] * 15}, r"'y'.*Got NoneType beside text.*Leave out"),
        (NNBCDClassifier, {"y": np.array(["a", 1.5] * 15, dtype=object)}, r"'y'.*Got float beside text"),
        (NNBCDClassifier, {"y": WORDS.astype("S")}, r"'y'.*Got bytes.*y\.astype\(str\)"),
        (NNBCDClassifier, {"y": LABELS.astype(object)}, r"'y' of fit.*objects.*of type int.*astype\(int\)"),
        (NNBCDClassifier, {"y": np.array([1, 2.5] * 15, object)}, r"'y' of fit.*objects.*y\.astype\(str\)"),
        (NNBCDClassifier, {"X": [[1.0, 2.0], [3.0]] * 15}, r"inhomogeneous.*X must be a table"),
        (NNBCDClassifier, {"X": np.zeros((30, 4, 4))}, r"dim 3.*X must be a table.*layers="),
        (NNBCDRegressor, {"y": WORDS}, r"'y' of fit must be numbers.*Got \('(up|down)'\)"),
        (NNBCDRegressor, {"y": np.zeros((30, 2, 2))}, r"'y' of NNBCDRegressor.*\(30, 2, 2\)"),
        (
            NNBCDClassifier,
            {"sample_weight": np.full(30, 1e307)},
            r"'sample_weight'.*sum.*large as 1e\+307",
        ),
    ],
)
def test_what_would_be_read_as_something_else_is_refused(Estimator, changes, message):
    y = LABELS if Estimator is NNBCDClassifier else X[:, 0]
    estimator = Estimator(**SMALL)
    with pytest.raises((ValueError, TypeError), match=message):
        estimator.fit(**({"X": X, "y": y} | changes))
    assert not hasattr(estimator, "n_features_in_")
    estimator.fit(X, y)
    if "X" in changes and changes["X"] is MASKED:
        with pytest.raises(ValueError, match=message):
            estimator.predict(MASKED)


def test_times_and_double_names_are_told_of():
    pandas = pytest.importorskip("pandas")
    times = pandas.DataFrame({"t": pandas.date_range("2020", periods=30), "x": X[:, 0]})
    twice = pandas.DataFrame(X[:, :2], columns=["a", "a"])
    with pytest.raises(TypeError, match=r"X must be numeric: pass times.*astype\('int64'\)"):
        NNBCDClassifier(**SMALL).fit(times, LABELS)
    try:
        NNBCDClassifier(**SMALL).fit(twice, LABELS)  # what older versions of scikit-learn do
    except ValueError as error:
        assert "Give each column of X a name of its own" in str(error)


def test_arrays_without_masked_entries_are_plain_ones():
    open_mask = np.ma.masked_array(X, mask=False)
    masked, plain = (NNBCDClassifier(**SMALL).fit(rows, LABELS) for rows in (open_mask, X))
    np.testing.assert_array_equal(masked.predict_proba(open_mask), plain.predict_proba(X))


def test_lists_of_one_kind_are_labels():
    for labels in (LABELS.tolist(), WORDS.tolist(), WORDS.astype(object)):
        assert NNBCDClassifier(**SMALL).fit(X, labels).predict(X).shape == (30,)


@pytest.mark.parametrize("dtype", ["string", "category", "Int64"])
def test_labels_of_pandas_without_entries(dtype):
    pandas = pytest.importorskip("pandas")
    labels = pandas.Series(LABELS if dtype == "Int64" else WORDS).astype(dtype)
    assert NNBCDClassifier(**SMALL).fit(X, labels).score(X, labels) > 0.3
    labels[3] = pandas.NA
    with pytest.raises(ValueError, match=r"'y' of NNBC.*Got (NAType|NaN) beside text|y contains NaN"):
        NNBCDClassifier(**SMALL).fit(X, labels)


@pytest.mark.parametrize(
    ("parameters", "classes", "message"),
    [
        ({}, [0.0, 1.0, np.nan], r"'classes' of partial_fit must be labels.*nan"),
        ({}, ["a", 1], r"'classes' of partial_fit.*Got int beside text"),
        ({"early_stopping": True}, [0, 1], r"'early_stopping'.*no meaning in partial_fit.*set_params"),
    ],
)
def test_streams_refuse_what_has_no_meaning_there(parameters, classes, message):
    estimator = NNBCDClassifier(**SMALL, **parameters)
    with pytest.raises(ValueError, match=message):
        estimator.partial_fit(X, LABELS, classes=classes)
    assert not hasattr(estimator, "n_features_in_")


def test_a_generator_of_widths_is_refused():
    """The second fit would find it empty, and fit a linear model."""
    with pytest.raises(TypeError, match=r"'hidden_layer_sizes'.*sequence.*generator"):
        NNBCDClassifier(width for width in (4, 3)).fit(X, LABELS)
