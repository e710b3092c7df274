# SPDX-License-Identifier: BSD-3-Clause
"""What fit leaves behind: attributes, stopping, restarts, copies, and the company of scikit-learn."""

import pickle
import subprocess
import sys
import warnings

import numpy as np
import pytest
from joblib import Parallel, delayed, effective_n_jobs
from sklearn import config_context
from sklearn.base import clone, is_classifier, is_regressor
from sklearn.datasets import load_digits, load_iris, make_regression
from sklearn.linear_model import LinearRegression
from sklearn.metrics import recall_score
from sklearn.model_selection import GridSearchCV, cross_validate
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils import estimator_html_repr, get_tags

from sklearn_nnbcd import NNBCDClassifier, NNBCDRegressor
from sklearn_nnbcd._sklearn_compat import HAS_CALLBACKS
from sklearn_nnbcd.compressions import COMPRESSIONS, L0, LowRank
from sklearn_nnbcd.engine import _full
from sklearn_nnbcd.layers import Dense, Residual
from sklearn_nnbcd.solvers import FullBatch, MiniBatch

SMALL = {"hidden_layer_sizes": (16,), "max_iter": 8, "tol": 0, "random_state": 0, "solver": "full"}
needs_callbacks = pytest.mark.skipif(not HAS_CALLBACKS, reason="scikit-learn < 1.9: no callbacks")


@pytest.fixture(scope="module")
def iris():
    X, y = load_iris(return_X_y=True)
    order = np.random.RandomState(0).permutation(len(X))
    return StandardScaler().fit_transform(X)[order], y[order]


@pytest.fixture(scope="module")
def line():
    X, y = make_regression(n_samples=80, n_features=5, noise=3.0, random_state=0)
    return X, y


# stopping ---------------------------------------------------------------------------------------


def interrupt_in_sweep(monkeypatch, number, steps_per_sweep):
    """Raise KeyboardInterrupt in the middle of a sweep, as Ctrl-C does."""
    update, calls = _full.update_W, []

    def interrupted(*args):
        calls.append(1)
        if len(calls) == (number - 1) * steps_per_sweep + 2:
            raise KeyboardInterrupt
        return update(*args)

    monkeypatch.setattr(_full, "update_W", interrupted)


def test_ctrl_c_keeps_the_last_complete_sweep(iris, monkeypatch):
    X, y = iris
    expected = NNBCDClassifier(**SMALL | {"max_iter": 2}).fit(X, y)
    estimator = NNBCDClassifier(**SMALL)
    with monkeypatch.context() as patch:
        interrupt_in_sweep(patch, 3, steps_per_sweep=2)
        with pytest.warns(UserWarning, match="interrupted by the user after 2 complete sweeps") as w:
            estimator.fit(X, y)
    assert w[0].filename == __file__  # the warning points at the user's line
    assert estimator.n_iter_ == len(estimator.objective_curve_) == 2
    for a, b in zip(estimator.coefs_, expected.coefs_, strict=True):
        np.testing.assert_array_equal(a, b)
    np.testing.assert_array_equal(estimator.predict_proba(X), expected.predict_proba(X))
    assert estimator.fit(X, y).n_iter_ == 8


@pytest.mark.parametrize("before", [False, True], ids=["fresh", "fitted"])
def test_ctrl_c_in_the_first_sweep_leaves_the_estimator_as_it_was(iris, monkeypatch, before):
    X, y = iris
    estimator = NNBCDClassifier(**SMALL)
    if before:
        estimator.fit(X, y)
    state = dict(vars(estimator))
    interrupt_in_sweep(monkeypatch, 1, steps_per_sweep=2)
    with pytest.raises(KeyboardInterrupt):
        estimator.fit(X, y)
    assert vars(estimator) == state


def test_ctrl_c_keeps_the_best_validated_weights(iris, monkeypatch):
    X, y = iris
    given = {"early_stopping": True, "max_iter": 30, "n_iter_no_change": 30}
    interrupt_in_sweep(monkeypatch, 25, steps_per_sweep=2)
    with pytest.warns(UserWarning, match="best weights so far"):
        estimator = NNBCDClassifier(**SMALL | given).fit(X[:100], y[:100], X_val=X[100:], y_val=y[100:])
    assert len(estimator.validation_scores_) == 24
    assert estimator.score(X[100:], y[100:]) == max(estimator.validation_scores_)


def test_objective_falls_and_has_one_entry_per_sweep(iris, line):
    for estimator, data in ((NNBCDClassifier(**SMALL), iris), (NNBCDRegressor(**SMALL), line)):
        estimator.fit(*data)
        curve = estimator.objective_curve_
        assert len(curve) == len(estimator.objective_terms_) == estimator.n_iter_ == 8
        assert all(after <= before for before, after in zip(curve[:-1], curve[1:], strict=True))
        assert curve == [sum(terms) for terms in estimator.objective_terms_.tolist()]


def test_no_warning_when_the_budget_is_used_up(iris):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert NNBCDClassifier(**SMALL | {"max_iter": 1}).fit(*iris).n_iter_ == 1


def test_tol_and_n_iter_no_change_stop_a_flat_fit(iris):
    # tol=1 asks a sweep to remove all of L, which none does; the first sweep has nothing before it.
    flat = NNBCDClassifier(**SMALL | {"tol": 1.0, "n_iter_no_change": 3, "max_iter": 50}).fit(*iris)
    assert flat.n_iter_ == 4
    assert NNBCDClassifier(**SMALL | {"n_iter_no_change": 1, "max_iter": 20}).fit(*iris).n_iter_ == 20


@pytest.mark.parametrize("weighted", [False, True])
def test_early_stopping_keeps_the_best_of_a_held_out_part(iris, weighted):
    X, y = iris
    given = {"early_stopping": True, "validation_fraction": 0.3, "max_iter": 60, "n_iter_no_change": 5}
    weights = np.where(y == 1, 3.0, 1.0) if weighted else None
    estimator = NNBCDClassifier(**SMALL | given).fit(X, y, sample_weight=weights)
    scores = estimator.validation_scores_
    assert len(scores) == estimator.n_iter_ < 60
    assert estimator.best_validation_score_ == max(scores) > 0.8
    # 45 rows are held out: without weights the accuracy is a whole number of them.
    whole = np.isclose(np.multiply(scores, 45), np.round(np.multiply(scores, 45)), atol=1e-9)
    assert whole.all() != weighted
    # It stops n_iter_no_change sweeps after the first best score.
    assert len(scores) == int(np.argmax(scores)) + 1 + 5


def test_early_stopping_with_given_rows_keeps_the_best_weights(line):
    X, y = line
    noisy = y + np.random.RandomState(0).normal(0.0, 4.0 * y.std(), len(y))
    given = {"early_stopping": True, "max_iter": 60, "n_iter_no_change": 60, "ridge": 0.0}
    estimator = NNBCDRegressor(**SMALL | given).fit(X[:40], noisy[:40], X_val=X[40:], y_val=y[40:])
    scores = estimator.validation_scores_
    assert max(scores) > scores[-1] + 0.01  # it learns the noise in the end
    assert estimator.score(X[40:], y[40:]) == pytest.approx(max(scores), abs=1e-12)
    assert estimator.best_validation_score_ == max(scores)


def test_verbose_prints_one_line_per_sweep(iris, capsys):
    NNBCDClassifier(**SMALL, verbose=True, early_stopping=True, n_iter_no_change=20).fit(*iris)
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 8
    assert all("NNBCDClassifier" in line and "validation score" in line for line in lines)
    NNBCDClassifier(**SMALL).fit(*iris)
    assert capsys.readouterr().out == ""


def test_warm_start_goes_on_where_the_last_fit_ended(iris, line):
    for estimator, (X, y) in (
        (NNBCDClassifier(**SMALL, warm_start=True), iris),
        (NNBCDRegressor(**SMALL, warm_start=True), line),
        (NNBCDRegressor(**SMALL, warm_start=True, fit_intercept=False), line),
    ):
        losses = [estimator.fit(X, y).loss_ for _ in range(4)]
        assert losses == sorted(losses, reverse=True) and losses[-1] < 0.9 * losses[0]
        cold = clone(estimator).set_params(warm_start=False)
        assert cold.fit(X, y).loss_ == cold.fit(X, y).loss_ == losses[0]


# copies -----------------------------------------------------------------------------------------


def fitted(name=None, **given):
    digits, labels = load_digits(n_class=4, return_X_y=True)
    X = (digits[:120] / 16.0).astype(np.float32)
    estimator = NNBCDClassifier(**SMALL | {"max_iter": 2} | given, compression=name)
    return estimator.fit(X, labels[:120]), X


@pytest.mark.parametrize("name", [None, *COMPRESSIONS])
def test_copies_predict_alike(name):
    estimator, X = fitted(name)
    expected = estimator.predict_proba(X)
    again, _ = fitted(name)
    np.testing.assert_array_equal(again.predict_proba(X), expected)  # same seed: bit by bit
    copy = pickle.loads(pickle.dumps(estimator))
    np.testing.assert_array_equal(copy.predict_proba(X), expected)
    for a, b in zip(copy.coefs_, estimator.coefs_, strict=True):
        np.testing.assert_array_equal(a, b)
    assert clone(estimator).get_params() == estimator.get_params()
    assert not hasattr(clone(estimator), "classes_")


@pytest.mark.parametrize("backend", ["loky", "threading"])
def test_joblib_predicts_and_fits_alike(iris, backend):
    X, y = iris
    estimator = NNBCDClassifier(**SMALL | {"max_iter": 3}, compression="low_rank", rank=2).fit(X, y)
    expected = estimator.predict_proba(X)
    run = Parallel(n_jobs=2, backend=backend)
    for proba in run(delayed(estimator.predict_proba)(X) for _ in range(2)):
        np.testing.assert_array_equal(proba, expected)
    for copy in run(delayed(clone(estimator).fit)(X, y) for _ in range(2)):
        np.testing.assert_array_equal(copy.predict_proba(X), expected)


@pytest.mark.parametrize("given", [{"name": "low_rank", "rank": 2}, {"name": "l0", "sparsity": 0.97}])
def test_a_pickle_holds_no_dense_weight_of_a_compressed_layer(given):
    dense, _ = fitted(hidden_layer_sizes=(200, 200))
    small, _ = fitted(hidden_layer_sizes=(200, 200), **given)
    stored = sum(coef.nbytes for coef in small.compressed_coefs_)
    assert stored < 0.2 * sum(coef.nbytes for coef in dense.compressed_coefs_)
    # Beside the weights: intercepts (404 numbers), parameters, names of classes.
    assert len(pickle.dumps(small)) < stored + 12_000 < 0.4 * len(pickle.dumps(dense))


# attributes -------------------------------------------------------------------------------------


def test_parameters_are_not_changed_by_fit(iris):
    given = {"hidden_layer_sizes": [7], "compression": [LowRank(2), None], "max_iter": 2}
    estimator = NNBCDClassifier(**given)
    before = estimator.get_params(deep=False)
    estimator.fit(*iris)
    after = estimator.get_params(deep=False)
    assert before.keys() == after.keys() and all(after[key] is before[key] for key in before)


def test_float32_stays_float32(iris):
    X, y = iris
    estimator = NNBCDClassifier(**SMALL, compression="low_rank", rank=2).fit(X.astype("f4"), y)
    arrays = [*estimator.coefs_, *estimator.intercepts_, estimator.decision_function(X)]
    assert {array.dtype for array in arrays} == {np.dtype("f4")}
    assert estimator.predict_proba(X).dtype == np.float32
    regressor = NNBCDRegressor(**SMALL).fit(X.astype("f4"), y)
    assert {a.dtype for a in [*regressor.coefs_, regressor.predict(X)]} == {np.dtype("f4")}
    assert NNBCDRegressor(**SMALL).fit(X, y).predict(X.astype("f4")).dtype == np.float64


def test_names_of_features(iris):
    pandas = pytest.importorskip("pandas")
    X, y = iris
    table = pandas.DataFrame(X, columns=["a", "b", "c", "d"])
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # validation rows are arrays inside: no warning of lost names
        estimator = NNBCDClassifier(**SMALL, early_stopping=True).fit(table, pandas.Series(y))
        estimator.predict(table)
    assert list(estimator.feature_names_in_) == ["a", "b", "c", "d"] and estimator.n_features_in_ == 4
    with pytest.warns(UserWarning, match="does not have valid feature names"):
        estimator.predict(X)


@pytest.mark.parametrize("loss", ["squared_error", "hinge"])
@pytest.mark.parametrize("n_classes", [2, 3])
def test_outputs_of_the_classifier_agree(iris, loss, n_classes):
    X, y = iris
    names = np.array(["setosa", "versicolor", "virginica"])[y]
    X, names = X[y < n_classes], names[y < n_classes]
    estimator = NNBCDClassifier(**SMALL | {"max_iter": 40}, loss=loss).fit(X, names)
    scores, proba = estimator.decision_function(X), estimator.predict_proba(X)
    assert list(estimator.classes_) == ["setosa", "versicolor", "virginica"][:n_classes]
    assert scores.shape == ((len(X),) if n_classes == 2 else (len(X), 3))
    assert proba.shape == (len(X), n_classes) and proba.min() >= 0
    np.testing.assert_allclose(proba.sum(axis=1), 1.0, atol=1e-12)  # a few roundings
    codes = (scores > 0).astype(int) if n_classes == 2 else scores.argmax(axis=1)
    np.testing.assert_array_equal(estimator.predict(X), estimator.classes_[codes])
    picked = np.take_along_axis(proba, codes[:, None], axis=1)[:, 0]
    np.testing.assert_array_equal(picked, proba.max(axis=1))
    assert estimator.n_outputs_ == (1 if n_classes == 2 else 3) and estimator.n_layers_ == 3
    assert estimator.score(X, names) > (0.98 if n_classes == 2 else 0.85)


def test_class_weight_raises_the_recall_of_the_rare_class():
    random_state = np.random.RandomState(0)
    X = np.concatenate([random_state.normal(0, 1, (180, 2)), random_state.normal(1.2, 1, (20, 2))])
    y = np.repeat(["common", "rare"], [180, 20])
    recalls = [
        recall_score(y, estimator.fit(X, y).predict(X), pos_label="rare")
        for estimator in (
            NNBCDClassifier(**SMALL | {"max_iter": 30}),
            NNBCDClassifier(**SMALL | {"max_iter": 30}, class_weight="balanced"),
            NNBCDClassifier(**SMALL | {"max_iter": 30}, class_weight={"rare": 9.0}),
        )
    ]
    assert recalls[0] < 0.5 < 0.7 < recalls[1]
    assert recalls[2] > 0.7


def test_balanced_class_weights_are_those_sample_weights(iris):
    X, y = iris[0][20:], iris[1][20:]
    balanced = NNBCDClassifier(**SMALL, class_weight="balanced").fit(X, y)
    counts = np.bincount(y)
    by_hand = NNBCDClassifier(**SMALL).fit(X, y, sample_weight=(len(y) / (3 * counts))[y])
    for a, b in zip(balanced.coefs_, by_hand.coefs_, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-9, atol=1e-12)  # the same numbers in another order


def test_several_outputs_of_the_regressor(line):
    X, y = line
    Y = np.column_stack([y, 2.0 * y + X[:, 0], -y])
    estimator = NNBCDRegressor(**SMALL | {"max_iter": 60}).fit(X, Y)
    assert estimator.predict(X).shape == Y.shape and estimator.n_outputs_ == 3
    assert estimator.score(X, Y) > 0.9
    assert NNBCDRegressor(**SMALL).fit(X, Y[:, :1]).predict(X).shape == (80, 1)
    assert NNBCDRegressor(**SMALL).fit(X, Y[:, 0]).predict(X).shape == (80,)


@pytest.mark.parametrize("dtype", ["f8", "f4"])
def test_the_unit_of_the_targets_does_not_matter(line, dtype):
    X, y = line[0].astype(dtype), line[1]
    base = NNBCDRegressor(**SMALL).fit(X, y).predict(X)
    moved = NNBCDRegressor(**SMALL).fit(X, 1000.0 * y - 7e4).predict(X)
    # Rounding of the standardised targets, some sweeps on.
    np.testing.assert_allclose(moved, 1000.0 * base - 7e4, rtol=0, atol=1e5 * {"f8": 1e-9, "f4": 1e-3}[dtype])


def test_one_layer_without_ridge_is_least_squares(line):
    X, y = line
    given = {"hidden_layer_sizes": (), "ridge": 0.0, "max_iter": 400}
    estimator = NNBCDRegressor(**SMALL | given).fit(X, y)
    reference = LinearRegression().fit(X, y)
    # Sweeps converge linearly; after 400 only rounding is left.
    np.testing.assert_allclose(estimator.coefs_[0][:, 0], reference.coef_, rtol=1e-8)
    np.testing.assert_allclose(estimator.intercepts_[0], reference.intercept_, rtol=1e-8)


def test_counts_of_a_tiny_network():
    X = np.random.RandomState(0).normal(size=(30, 6))
    y = X[:, 0] > 0
    given = SMALL | {"hidden_layer_sizes": (5, 4), "max_iter": 3}
    plain = NNBCDClassifier(**given).fit(X, y)
    assert [W.shape for W in plain.coefs_] == [(6, 5), (5, 4), (4, 1)]
    assert plain.n_parameters_ == 30 + 20 + 4 + 10  # weights and intercepts
    assert plain.compression_ratio_ == 1.0 and plain.sparsity_ == plain.effective_sparsity_ == 0.0
    low = NNBCDClassifier(**given, compression=["low_rank", None, None], rank=2).fit(X, y)
    assert low.n_parameters_ == 2 * (6 + 5) + 20 + 4 + 10
    assert low.compression_ratio_ == (22 + 20 + 4) / 54
    assert np.linalg.matrix_rank(low.coefs_[0]) == 2
    sparse = NNBCDClassifier(**given, compression=L0(sparsity=0.8), compress_output=True).fit(X, y)
    assert [int((W != 0).sum()) for W in sparse.coefs_] == [6, 4, 1]
    assert sparse.n_parameters_ == 11 + 10 and sparse.compression_ratio_ == 11 / 54
    assert sparse.sparsity_ == pytest.approx(43 / 54)
    # An entry lives if some path of non-zeros through it joins an input to the output: all by hand.
    first, second, third = (W != 0 for W in sparse.coefs_)
    paths = [
        ((0, i, j), (1, j, k), (2, k))
        for i, j in np.argwhere(first)
        for k in range(4)
        if second[j, k] and third[k, 0]
    ]
    live = len({entry for path in paths for entry in path})
    assert 0 < live < 11  # the case shows both kinds
    assert sparse.effective_sparsity_ == pytest.approx(1.0 - live / 54)


def test_tags_and_html(line):
    classifier, regressor = NNBCDClassifier(), NNBCDRegressor()
    assert is_classifier(classifier) and is_regressor(regressor)
    assert get_tags(regressor).target_tags.multi_output
    assert not get_tags(classifier).target_tags.multi_output
    assert get_tags(classifier).classifier_tags.multi_class
    assert not get_tags(classifier).classifier_tags.poor_score
    for estimator in (classifier, regressor):
        tags = get_tags(estimator)
        assert tags.target_tags.required and tags.input_tags.sparse and not tags.input_tags.allow_nan
    estimator = NNBCDRegressor(**SMALL, compression=LowRank(3)).fit(*line)
    for html in (estimator_html_repr(estimator), estimator._repr_html_()):
        assert "NNBCDRegressor" in html and "LowRank" in html


# company ----------------------------------------------------------------------------------------


def test_grid_search_over_names_ranks_and_penalties(iris):
    model = make_pipeline(StandardScaler(), NNBCDClassifier(**SMALL | {"max_iter": 3}))
    name = "nnbcdclassifier__"
    grid = [
        {name + "compression": ["tt", "low_rank"], name + "rank": [1, 0.5], name + "tau": [1.0, 10.0]},
        {name + "compression": ["l0"], name + "sparsity": [0.5, 0.9]},
        {name + "compression": [None, LowRank(rank=3)]},
    ]
    search = GridSearchCV(model, grid, cv=2, n_jobs=2, error_score="raise").fit(*iris)
    assert len(search.cv_results_["params"]) == 12
    assert np.isfinite(search.cv_results_["mean_test_score"]).all()


def test_grid_search_inside_an_instance(iris):
    estimator = NNBCDClassifier(**SMALL | {"max_iter": 3}, compression=LowRank(rank=1))
    grid = {"compression__rank": [1, 3]}
    search = GridSearchCV(estimator, grid, cv=2, error_score="raise").fit(*iris)
    ranks = [p["compression__rank"] for p in search.cv_results_["params"]]
    assert ranks == [1, 3] and estimator.compression.rank == 1
    assert search.best_estimator_.compression.rank == search.best_params_["compression__rank"]
    assert search.best_estimator_.compression is not estimator.compression


def test_grid_search_inside_a_solver(iris):
    estimator = NNBCDClassifier(
        (16,), solver=MiniBatch(), compression="low_rank", rank=2, max_iter=3, random_state=0
    )
    grid = {"solver__averaging": [1.0, 6.0], "rank": [1, 3], "tau": [1.0, 10.0]}
    search = GridSearchCV(estimator, grid, cv=2, n_jobs=2, error_score="raise").fit(*iris)
    assert len(search.cv_results_["params"]) == 8
    assert np.isfinite(search.cv_results_["mean_test_score"]).all()
    best = search.best_estimator_
    assert best.solver.averaging == best.solver_.averaging == search.best_params_["solver__averaging"]
    assert best.solver is not estimator.solver and estimator.solver.averaging == 6.0


def test_a_grid_over_what_the_solver_ignores_says_so():
    """Above 100 rows solver="auto" is MiniBatch, which has no rho: no grid of equal scores."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(1200, 4))
    search = GridSearchCV(NNBCDClassifier((8,), max_iter=2), {"rho": [0.5, 2.0]}, cv=2)
    with pytest.raises(ValueError, match="'rho' of NNBCDClassifier has no meaning for MiniBatch.*'auto'"):
        search.set_params(error_score="raise").fit(X, X[:, 0] > 0)
    for rows in (600, 1200):
        with pytest.raises(ValueError, match="'rho'.*MiniBatch.*solver='full' or 'exact'"):
            NNBCDClassifier((8,), rho=2.0).fit(X[:rows], X[:rows, 0] > 0)
    assert search.set_params(estimator__solver="full").fit(X[:600], X[:600, 0] > 0).best_score_ > 0.5


def test_a_nested_parameter_of_a_name_is_explained():
    for name in ("auto", "minibatch"):
        estimator = NNBCDClassifier(solver=name)
        before = dict(vars(estimator))
        with pytest.raises(
            ValueError, match=r"'solver__batch_size'.*'solver'.*Got solver='.*solver=MiniBatch\(\)"
        ):
            estimator.set_params(solver__batch_size=64)
        assert vars(estimator) == before
    estimator.set_params(solver=MiniBatch(), solver__batch_size=64)
    assert estimator.solver.batch_size == 64
    with pytest.raises(ValueError, match=r"'compression__rank'.*compression=LowRank\(\)"):
        NNBCDRegressor(compression="low_rank").set_params(compression__rank=2)
    with pytest.raises(ValueError, match="Invalid parameter 'batch_sizes'"):
        estimator.set_params(solver__batch_sizes=64)


def test_sample_weights_are_routed(iris):
    X, y = iris
    weights = np.where(y == 2, 0.0, 1.0)
    with config_context(enable_metadata_routing=True):
        model = make_pipeline(
            StandardScaler().set_fit_request(sample_weight=False),
            NNBCDClassifier(**SMALL)
            .set_fit_request(sample_weight=True)
            .set_score_request(sample_weight=True),
        )
        result = cross_validate(model, X, y, params={"sample_weight": weights}, return_estimator=True)
    # Rows of class 2 had no weight, so no network knows it.
    assert all(list(fold[-1].classes_) == [0, 1] for fold in result["estimator"])


class Recorder:
    """A callback that counts, scores, and stops the third sweep."""

    def __init__(self, stop_after=3):
        self.events, self.scores, self.stop_after = [], [], stop_after

    def setup(self, estimator, context):
        self.events.append("setup")

    def teardown(self, estimator, context):
        self.events.append("teardown")

    def on_fit_task_begin(self, estimator, context):
        self.events.append(f"begin {context.task_name}")

    def on_fit_task_end(self, estimator, context, *, X, y, metadata, fitted_estimator):
        self.events.append(f"end {context.task_name}")
        if context.task_name == "sweep":
            self.scores.append(fitted_estimator.score(X, y, **(metadata or {})))
            return len(self.scores) == self.stop_after


@needs_callbacks
@pytest.mark.parametrize("weighted", [False, True])
def test_a_callback_sees_every_sweep_and_stops_the_fit(iris, weighted):
    X, y = iris
    weights = np.where(y == 1, 2.0, 1.0) if weighted else None
    callback = Recorder()
    estimator = NNBCDClassifier(**SMALL).set_callbacks(callback).fit(X, y, sample_weight=weights)
    assert estimator.n_iter_ == 3
    sweep = ["begin sweep", "end sweep"]
    assert callback.events == ["setup", "begin fit", *sweep * 3, "end fit", "teardown"]
    assert callback.scores[-1] == estimator.score(X, y, sample_weight=weights)


@needs_callbacks
def test_callbacks_are_torn_down_after_a_failure(iris, monkeypatch):
    X, y = iris
    callback = Recorder()
    estimator = NNBCDRegressor(**SMALL | {"solver": "full"}).set_callbacks(callback)

    def failing(*args, **kwargs):
        raise ValueError("not finite")

    with monkeypatch.context() as patch, pytest.raises(ValueError, match="not finite"):
        patch.setattr(_full, "sweep", failing)
        estimator.fit(X, y)
    assert callback.events[-1] == "teardown" and "end fit" not in callback.events
    estimator.fit(X, y)
    assert callback.events.count("setup") == callback.events.count("teardown") == 2


@needs_callbacks
def test_scoring_monitor_scores_the_partial_model(iris):
    from sklearn.callback import ScoringMonitor

    X, y = iris
    monitor = ScoringMonitor(scoring="accuracy")
    estimator = NNBCDClassifier(**SMALL).set_callbacks(monitor).fit(X, y)
    scores = [row["accuracy"] for row in monitor.get_logs().data if row["task_name"] == "sweep"]
    assert len(scores) == 8 and scores[-1] == estimator.score(X, y)


@needs_callbacks
def test_progress_bar_runs_inside_grid_search(iris, capsys):
    pytest.importorskip("rich")
    from sklearn.callback import ProgressBar

    grid = {"nnbcdclassifier__rank": [1, 2]}
    given = SMALL | {"max_iter": 3}
    model = make_pipeline(StandardScaler(), NNBCDClassifier(**given, compression="low_rank"))
    with warnings.catch_warnings():
        warnings.filterwarnings("error", message=".*does not support callbacks")
        search = GridSearchCV(model, grid, cv=2).set_callbacks(ProgressBar()).fit(*iris)
    assert search.best_params_["nnbcdclassifier__rank"] in (1, 2)
    assert "GridSearchCV" in capsys.readouterr().out


WITHOUT_CALLBACKS = """
import sys
import sklearn.pipeline, sklearn.model_selection, sklearn.preprocessing, sklearn.datasets
sys.modules["sklearn.callback"] = None  # importing it fails from here on
from sklearn_nnbcd import NNBCDClassifier
from sklearn_nnbcd._sklearn_compat import HAS_CALLBACKS
X, y = sklearn.datasets.load_iris(return_X_y=True)
model = NNBCDClassifier((8,), max_iter=3, random_state=0, verbose=0).fit(X, y)
print(HAS_CALLBACKS, model.n_iter_, hasattr(model, "set_callbacks"), model.predict(X).shape)
"""


def test_scikit_learn_without_callbacks():
    command = [sys.executable, "-c", WITHOUT_CALLBACKS]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.stdout.split("\n")[0] == "False 3 False (150,)", done.stderr


RELAXED = {
    "dense": {},
    "low rank": dict(compression="low_rank", rank=2),
    "no intercepts, ridge": dict(fit_intercept=False, ridge=0.3),
    "data metric": dict(compression="low_rank", rank=2),
    "residual": dict(hidden_layer_sizes="auto", layers=[Dense(6), Residual([Dense(5), Dense(6)])]),
    "regularised": dict(activity_regularizer="l1"),
}


@pytest.mark.parametrize("name", RELAXED)
@pytest.mark.parametrize("relaxation", [0.5, 1.6, 1.95])
def test_relaxed_blocks_descend_and_gain_from_more(name, relaxation):
    """A quadratic block falls by omega (2 - omega) times what its minimiser would give: never up."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(60, 4))
    y = rng.normal(size=60) + X[:, 0]
    options = dict(hidden_layer_sizes=(6, 5), max_iter=40, tol=0.0, random_state=0) | RELAXED[name]
    solver = FullBatch(
        relaxation=relaxation,
        extrapolation=False,
        projection="data" if name == "data metric" else "frobenius",
    )
    curve = NNBCDRegressor(**options, solver=solver).fit(X, y).objective_curve_
    # Metrics of the data are measured before sweeps 2, 4, 8 ...; L is another function from there on.
    steps = [k for k in range(1, 40) if name != "data metric" or (k & (k - 1))]
    assert all(curve[k] <= curve[k - 1] * (1.0 + 1e-9) for k in steps)
    solver.set_params(relaxation=1.0)
    plain = NNBCDRegressor(**options, solver=solver).fit(X, y).objective_curve_
    assert (curve[-1] < plain[-1]) == (relaxation > 1.0) or name in ("data metric", "regularised")


def threads_of_a_fit(estimator, X, y):
    from threadpoolctl import threadpool_info

    estimator.fit(X, y)
    return [pool["num_threads"] for pool in threadpool_info()]


def test_processes_of_a_search_share_the_cores(iris):
    """joblib gives its processes their share of the cores, and nothing of ours takes more."""
    model, cores = NNBCDClassifier(**SMALL), effective_n_jobs(-1)
    pools = Parallel(2)(delayed(threads_of_a_fit)(model, *iris) for _ in range(2))
    assert all(threads <= max(1, cores // 2) for pool in pools for threads in pool)
