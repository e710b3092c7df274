# SPDX-License-Identifier: BSD-3-Clause
"""Budgets by cross-validation: the rules, scikit-learn's conventions, and its own checks."""

import pickle

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.datasets import load_iris
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import GridSearchCV, GroupKFold, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import parametrize_with_checks

from sklearn_nnbcd import NNBCDClassifier, NNBCDRegressor
from sklearn_nnbcd.model_selection import NNBCDClassifierCV, NNBCDRegressorCV
from sklearn_nnbcd.model_selection._folds import chosen_index, results_of

QUICK = {"hidden_layer_sizes": (5,), "compression": None, "random_state": 0, "max_iter": 40}
BUDGETS = [250, 120]


@pytest.fixture(scope="module")
def search():
    X, y = load_iris(return_X_y=True)
    names = load_iris().target_names
    model = NNBCDClassifierCV(NNBCDClassifier(**QUICK), max_bytes=BUDGETS, cv=3)
    return model.fit(pd.DataFrame(X, columns=list("abcd")), names[y]), X, names[y]


def test_results_have_the_form_of_a_grid_search(search):
    found, X, y = search
    # 2 + 2 iterations: only the names of the keys matter
    grid = GridSearchCV(NNBCDClassifier((2,), max_iter=2), {"max_bytes": [None]}, cv=3).fit(X, y)
    assert set(found.cv_results_) == set(grid.cv_results_) | {"mean_n_bytes"}
    for name, values in found.cv_results_.items():
        assert len(values) == 2, name
    splits = [found.cv_results_[f"split{k}_test_score"] for k in range(3)]
    np.testing.assert_allclose(np.mean(splits, axis=0), found.cv_results_["mean_test_score"], rtol=1e-12)
    assert found.cv_results_["params"] == [{"max_bytes": 250}, {"max_bytes": 120}]
    assert (found.cv_results_["mean_n_bytes"] <= [250, 120]).all()
    assert found.best_params_ == found.cv_results_["params"][found.best_index_]
    assert found.best_score_ == found.cv_results_["mean_test_score"].max()


def test_the_best_estimator_predicts(search):
    found, X, y = search
    frame = pd.DataFrame(X, columns=list("abcd"))
    assert found.best_estimator_.n_bytes_ <= found.best_max_bytes_ == found.best_params_["max_bytes"]
    assert found.chosen_params_.items() <= found.best_estimator_.get_params().items()
    assert list(found.classes_) == sorted(set(y)) and found.n_features_in_ == 4
    assert list(found.feature_names_in_) == list("abcd")
    for name in ("predict", "predict_proba", "predict_log_proba", "decision_function"):
        inner = getattr(found.best_estimator_, name)(X)
        np.testing.assert_array_equal(getattr(found, name)(frame), inner)
    assert found.score(frame, y) == np.mean(found.predict(frame) == y) > 0.9
    again = pickle.loads(pickle.dumps(found))
    np.testing.assert_array_equal(again.predict(frame), found.predict(frame))


@pytest.mark.parametrize(
    "scores, best, cautious",
    [
        # three folds each; deviations of the best are 0.1, so a standard error is 0.1 / sqrt(3) = 0.058
        ([[0.8, 0.9, 1.0], [0.85, 0.85, 0.85], [0.84, 0.84, 0.84]], 0, 1),
        ([[0.9, 0.9, 0.9], [0.9, 0.9, 0.9], [0.8, 0.8, 0.8]], 1, 1),
        ([[0.5, 0.5, 0.5], [0.8, 0.8, 0.8], [0.9, 0.9, 0.9]], 2, 2),
    ],
)
def test_rules(scores, best, cautious):
    folds = np.transpose(scores)
    parts = [{"test_score": f, "fit_time": f, "score_time": f, "n_bytes": f} for f in folds]
    results = results_of([300, 200, 100], parts)
    assert chosen_index(results, "best") == best
    assert chosen_index(results, "one_standard_error") == cautious
    assert results["rank_test_score"][best] == 1


def test_it_goes_where_an_estimator_goes():
    X, y = load_iris(return_X_y=True)
    model = NNBCDClassifierCV(NNBCDClassifier(**QUICK), max_bytes=[200], cv=2, scoring="neg_log_loss")
    assert model.fit(X, y).score(X, y) < 0.0  # no accuracy
    assert clone(model).get_params()["estimator__max_iter"] == QUICK["max_iter"]
    pipeline = make_pipeline(StandardScaler(), model).set_params(nnbcdclassifiercv__estimator__max_iter=20)
    assert cross_val_score(pipeline, X, y, cv=2).min() > -1.0


def test_groups_stay_together():
    """Labels that say no more than the group: what is known of it is of no use for another."""
    X, y = load_iris(return_X_y=True)
    groups = np.arange(150) // 10
    search = NNBCDClassifierCV(NNBCDClassifier(**QUICK), max_bytes=[200], cv=GroupKFold(3), refit=False)
    score = search.fit(X, y, groups=groups).best_score_
    folds = list(GroupKFold(3).split(X, y, groups))
    given = search.set_params(cv=folds).fit(X, y)
    assert score == given.best_score_
    with pytest.raises(ValueError, match="'groups' parameter should not be None"):
        search.set_params(cv=GroupKFold(3)).fit(X, y)


def test_without_refit_there_is_no_prediction():
    X, y = load_iris(return_X_y=True)
    model = NNBCDClassifierCV(NNBCDClassifier(**QUICK | {"max_iter": 2}), max_bytes=[200], cv=2, refit=False)
    assert model.fit(X, y, np.ones(len(y))).best_max_bytes_ == 200
    assert not hasattr(model, "predict") and not hasattr(model, "best_estimator_")
    with pytest.raises(AttributeError, match="has no attribute 'predict_proba'") as info:
        model.predict_proba(X)
    assert "only with refit=True" in str(info.value.__cause__)
    with pytest.raises(AttributeError, match="score only with refit=True"):
        model.score(X, y)


@pytest.mark.parametrize(
    "model, error, message",
    [
        (NNBCDClassifierCV(rule="smallest"), ValueError, "'rule' of NNBCDClassifierCV"),
        (NNBCDClassifierCV(NNBCDRegressor()), TypeError, "must be an NNBCDClassifier"),
        (NNBCDRegressorCV(NNBCDClassifier()), TypeError, "must be an NNBCDRegressor"),
        (NNBCDClassifierCV(max_bytes=100), ValueError, "must be a sequence of budgets"),
        (NNBCDClassifierCV(max_bytes=100.0), ValueError, "must be a sequence of budgets"),
        (
            NNBCDClassifierCV(
                NNBCDClassifier(**QUICK | {"max_iter": 2}),
                max_bytes=[200],
                cv=2,
                scoring=lambda *_: np.nan,
            ),
            ValueError,
            "'scoring' of NNBCDClassifierCV must give a number.*fold 0 at 200 bytes",
        ),
    ],
)
def test_bad_parameters(model, error, message):
    with pytest.raises(error, match=message):
        model.fit(*load_iris(return_X_y=True))


def test_masked_entries_are_refused():
    X, y = load_iris(return_X_y=True)
    with pytest.raises(ValueError, match="'X' of NNBCDClassifierCV must have no masked entries"):
        NNBCDClassifierCV().fit(np.ma.masked_less(X, 1.0), y)


def test_not_fitted():
    with pytest.raises(NotFittedError):
        NNBCDClassifierCV().predict([[0.0]])


#: name of a check -> why it may fail: copies of a row fall into several folds, as in LogisticRegressionCV
FOLDS = {
    "check_sample_weight_equivalence_on_dense_data": "copies of a row fall into several folds",
    "check_sample_weight_equivalence_on_sparse_data": "copies of a row fall into several folds",
}
#: enough for the accuracies and R^2 that the checks ask for, at one kind of network and two folds
CHECKED = {"hidden_layer_sizes": (16,), "compression": None, "bits": 8, "solver": "full", "max_iter": 60}
CHECKED["random_state"] = 0


@parametrize_with_checks(
    [
        NNBCDClassifierCV(NNBCDClassifier(**CHECKED), max_bytes=[2000], cv=2),
        NNBCDRegressorCV(NNBCDRegressor(**CHECKED), max_bytes=[2000], cv=2),
    ],
    expected_failed_checks=lambda estimator: FOLDS,
)
def test_scikit_learn_checks(estimator, check):
    check(estimator)
