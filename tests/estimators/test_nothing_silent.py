# SPDX-License-Identifier: BSD-3-Clause
"""What was asked for is done, or said: sizes, names, ranks, weights of classes, scores, reports, reprs."""

import pickle
import warnings
from functools import partial

import array_api_compat.numpy as xp
import numpy as np
import pytest
import sklearn
from sklearn.base import clone
from sklearn.compose import TransformedTargetRegressor
from sklearn.datasets import load_iris
from sklearn.ensemble import BaggingClassifier
from sklearn.exceptions import NotFittedError
from sklearn.feature_selection import RFE, SequentialFeatureSelector
from sklearn.frozen import FrozenEstimator
from sklearn.metrics import accuracy_score, r2_score
from sklearn.model_selection import GridSearchCV, TunedThresholdClassifierCV
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler

from sklearn_nnbcd import NNBCDClassifier, NNBCDRegressor
from sklearn_nnbcd._sklearn_compat import HAS_CALLBACKS
from sklearn_nnbcd.compressions import COMPRESSIONS, L0, LowRank, Sum
from sklearn_nnbcd.inspection import compression_report, fit_report
from sklearn_nnbcd.layers import Dense
from sklearn_nnbcd.losses import LOSSES
from sklearn_nnbcd.targets import Labels, Numbers

X, Y = load_iris(return_X_y=True)
X = StandardScaler().fit_transform(X)
NUMBERS = X[:, 0] + X[:, 1] ** 2
SHORT = {"max_iter": 3, "random_state": 0}
SOLVERS = ["full", "minibatch", "exact"]

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")


def said(call):
    """What a call warns of, without convergence, as texts."""
    with warnings.catch_warnings(record=True) as found:
        warnings.simplefilter("always")
        call()
    return [str(w.message) for w in found if "no better on its training rows" not in str(w.message)]


def fit(**parameters):
    return NNBCDClassifier(**{"hidden_layer_sizes": (12, 12)} | SHORT | parameters).fit(X, Y)


# 10. asked and ignored ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("parameters", "words"),
    [
        ({"rank": 3}, "'rank' of NNBCDClassifier must belong.*compression=None.*'low_rank'"),
        ({"sparsity": 0.9}, "'sparsity' of NNBCDClassifier must belong.*Use compression='l0'"),
        ({"compression": "l0", "rank": 3}, "'rank'.*rank=3 and compression='l0'"),
        ({"compression": "low_rank", "sparsity": 0.9}, "'sparsity'.*compression='low_rank'"),
        ({"compression": "l1", "sparsity": 0.9}, "'sparsity'"),
        ({"compression": "sum", "rank": 2}, "'rank'"),
        ({"compression": LowRank(2), "rank": 3}, "'rank'.*Set it in the instance"),
        ({"compression": [None, None, None], "rank": 3}, "'rank'"),
        ({"compression": ["l0", "l1", None], "rank": 3}, "'rank'"),
        ({"compress_output": True}, "'compress_output'.*'compression' is None"),
        ({"compression": ["l0", None, None], "compress_output": True}, "'compress_output'.*itself"),
        ({"input_shape": (2, 2, 1)}, "'input_shape'.*without 'layers'"),
        ({"rho": 3.0, "solver": "minibatch"}, "'rho'.*no meaning for MiniBatch"),
        ({"proximal": 3.0, "solver": "minibatch"}, "'proximal'.*no meaning"),
    ],
)
def test_what_nothing_takes_is_refused(parameters, words):
    with pytest.raises(ValueError, match=words):
        fit(**parameters)


@pytest.mark.parametrize(
    ("parameters", "words"),
    [
        ({"tol": 0.1, "solver": "minibatch"}, "'tol' of NNBCDClassifier has no effect here, got 0.1"),
        ({"n_iter_no_change": 3, "solver": "exact"}, "'n_iter_no_change'"),
        ({"validation_fraction": 0.3}, "'validation_fraction'.*early_stopping=True"),
        ({"tau": 3.0}, "'tau'.*there is none"),
        ({"compression": "low_rank"}, r"leaves layers dense, got 'low_rank': 1 of shape \(4, 12\)"),
        ({"compression": "low_rank", "rank": 12}, "leaves layers dense"),
        ({"compression": [None, "low_rank", "tt"], "rank": 99}, r"2 of shape \(12, 12\), 3"),
        ({"compression": "l0", "hidden_layer_sizes": ()}, "only layer is the output"),
    ],
)
def test_what_has_no_effect_is_said(parameters, words):
    with pytest.warns(UserWarning, match=words):
        fit(**parameters)


@pytest.mark.parametrize(
    "parameters",
    [
        {},
        {"compression": "l0", "sparsity": 0.5, "tau": 3.0, "compress_output": True},
        {"compression": ["low_rank", "l0", None], "rank": 1, "sparsity": 0.5},
        {"compression": "l0", "weight_regularizer": [None, None, "l2"]},
        {"compression": "l0", "weight_regularizer": "l2", "solver": "full"},
        {"weight_regularizer": "l2", "tau": 3.0},
        {"compression": "low_rank", "compression_ratio": 0.9},
        {"tol": 0.0, "n_iter_no_change": 3, "early_stopping": True, "validation_fraction": 0.2},
        {"tol": 0.0, "solver": "full"},
        {"compression": [None, "l0", None]},
        {"solver": "minibatch", "tau": 3.0, "compression": "l0"},
    ],
)
def test_what_is_done_is_not_talked_of(parameters):
    assert said(lambda: fit(**parameters)) == []


def test_a_warning_points_at_the_call_of_fit():
    for parameters in (
        {"tau": 3.0},
        {"compression": "low_rank"},
    ):
        model = NNBCDClassifier((5, 5), **SHORT, **parameters)
        with pytest.warns(UserWarning) as found:
            model.fit(X, Y)
        assert {w.filename for w in found} == {__file__}


def test_a_stream_says_it_once():
    model = NNBCDClassifier((12,), compression="low_rank", solver="minibatch", random_state=0)
    texts = [said(lambda: model.partial_fit(X, Y, classes=[0, 1, 2])) for _ in range(3)]
    assert len(texts[0]) == 1 and texts[1:] == [[], []]


# 13. pickles of streams ---------------------------------------------------------------------------


@pytest.mark.parametrize("compression", [None, "tt", "l0"])
@pytest.mark.parametrize("solver", SOLVERS[1:])
def test_a_pickle_after_partial_fit_is_as_small_as_after_fit(solver, compression):
    model = NNBCDClassifier((100,), solver=solver, compression=compression, **SHORT)
    fitted = len(pickle.dumps(clone(model).fit(X, Y)))
    assert len(pickle.dumps(clone(model).fit(X, Y).partial_fit(X, Y))) < fitted + 1000
    assert len(pickle.dumps(clone(model).partial_fit(X, Y, classes=[0, 1, 2]))) < fitted + 1000


# 18. and 24. decompositions and overflows ---------------------------------------------------------


@pytest.mark.parametrize("solver", SOLVERS)
@pytest.mark.parametrize("when", [1, 3, 10])
def test_a_decomposition_that_fails_is_an_overflow(monkeypatch, solver, when):
    """In the first projection: an error that names X. Later: the last finite weights, and a warning."""
    plan = type(COMPRESSIONS["tucker"](rank=2).plan((12, 12)))
    calls = iter(range(1, 1000))

    def failing(method):
        def step(self, *args, **options):
            if next(calls) >= when:
                raise np.linalg.LinAlgError("SVD did not converge")
            return method(self, *args, **options)

        return step

    for name in ("project", "begin", "step"):
        monkeypatch.setattr(plan, name, failing(getattr(plan, name)))
    model = NNBCDClassifier((12, 12), compression=[None, "tucker", None], rank=2, solver=solver, max_iter=9)
    if when == 1:
        with pytest.raises(ValueError, match="not finite for the given X and y.*Standardise"):
            model.fit(X, Y)
        return
    with pytest.warns(UserWarning, match="stopped after|not finite"):
        try:
            model.fit(X, Y)
        except ValueError as error:
            assert not isinstance(error, np.linalg.LinAlgError)  # which is a ValueError
            warnings.warn(str(error), UserWarning, stacklevel=1)
        else:
            assert np.isfinite(model.predict_proba(X)).all() and np.isfinite(model.loss_)


@pytest.mark.parametrize("activation", ["square", "relu", "polynomial"])
@pytest.mark.parametrize("compression", [None, "tt", "group_lasso", "l0"])
@pytest.mark.parametrize("solver", SOLVERS)
def test_overflows_are_no_runtime_warnings(solver, compression, activation):
    rows = (X * [1.0, 1e18, 1e-18, 1e30]).astype("float32")
    model = NNBCDClassifier(
        (5, 5, 5), solver=solver, compression=compression, activation=activation, ridge=0.0, **SHORT
    )
    with warnings.catch_warnings():
        warnings.simplefilter("error", RuntimeWarning)
        try:
            model.fit(rows, Y)
        except ValueError as error:
            assert "'X'" in str(error) or "X and y" in str(error)
        else:
            assert np.isfinite(model.predict_proba(rows)).all() and np.isfinite(model.loss_)


# 19. early stopping on few rows -------------------------------------------------------------------


@pytest.mark.parametrize("solver", SOLVERS)
def test_one_validation_row_is_scored(solver):
    model = NNBCDRegressor((5,), solver=solver, early_stopping=True, max_iter=6, random_state=0)
    for rows, given in (
        (slice(0, 6), {}),  # a tenth of six rows is one
        (slice(None), {"X_val": X[:1], "y_val": NUMBERS[:1]}),
        (slice(None), {"X_val": X[:3], "y_val": np.full(3, 1.0)}),
    ):
        assert said(partial(model.fit, X[rows], NUMBERS[rows], **given)) == []
        assert np.isfinite(model.validation_scores_).all() and max(model.validation_scores_) <= 1.0
    assert model.best_validation_score_ == max(model.validation_scores_) > min(model.validation_scores_)


def test_validation_scores_are_those_of_scikit_learn_where_it_has_one():
    r = np.random.default_rng(0)
    y, V = r.normal(size=(30, 2)) * [1.0, 1e4], r.normal(size=(30, 2)) * [1.0, 1e4]
    targets = Numbers.fit(y, None, loss=LOSSES["squared_error"](), dtype="float64", centre=True)
    for s in (None, r.uniform(size=30)):
        assert targets.score(y, V, s) == pytest.approx(r2_score(y, V, sample_weight=s), rel=1e-12)


# 20. weights of absent classes --------------------------------------------------------------------


@pytest.mark.parametrize("solver", SOLVERS)
def test_weights_of_classes_that_a_fold_does_not_have(solver):
    few = Y < 2
    model = NNBCDClassifier((5,), solver=solver, class_weight={0: 1.0, 1: 2.0, 2: 3.0}, **SHORT)
    assert said(lambda: model.fit(X[few], Y[few])) == []
    same = clone(model).set_params(class_weight={0: 1.0, 1: 2.0}).fit(X[few], Y[few])
    np.testing.assert_array_equal(model.predict_proba(X), same.predict_proba(X))


def test_a_class_that_is_misspelt_is_said():
    labels = np.array(["a", "b", "c"])[Y]
    with pytest.warns(UserWarning, match=r"'class_weight'.*\['B'\].*weigh 1: \['a', 'b', 'c'\]"):
        NNBCDClassifier((5,), class_weight={"B": 2.0}, **SHORT).fit(X, labels)
    with pytest.raises(ValueError, match=r"class_weight\['B'\]"):
        NNBCDClassifier((5,), class_weight={"B": -2.0, "a": 1.0, "b": 1.0, "c": 1.0}, **SHORT).fit(X, labels)


# 21. ranks above every layer's --------------------------------------------------------------------


@pytest.mark.parametrize("name", ["tt", "tucker", "cp", "low_rank"])
def test_an_int_rank_is_lowered_for_every_layer(name):
    piece = COMPRESSIONS[name](rank=10**6)
    highest = piece.highest_rank((12, 12))
    for compression in ([None, piece, None], [None, name, None]):
        given = {"rank": 10**6} if compression[1] == name else {}
        model = fit(compression=compression, **given)
        same = fit(compression=[None, COMPRESSIONS[name](rank=highest), None])
        np.testing.assert_array_equal(model.predict_proba(X), same.predict_proba(X))
    parts = Sum([piece, L0(sparsity=0.5)]).lowered((12, 12)).parts
    assert parts[0].rank == highest and piece.rank == 10**6
    with pytest.raises(ValueError, match="'rank'"):
        fit(compression=name, rank=0)


def test_a_selection_of_features_and_a_grid_over_widths_keep_their_rank():
    model = NNBCDClassifier((6,), compression="low_rank", rank=3, **SHORT)
    selector = SequentialFeatureSelector(model, n_features_to_select=2, cv=2)
    assert selector.fit(X, Y).get_support().sum() == 2
    search = GridSearchCV(model, {"hidden_layer_sizes": [(1,), (2,), (20,)]}, cv=2, error_score="raise")
    assert np.isfinite(search.fit(X, Y).cv_results_["mean_test_score"]).all()


# 22. reports --------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def member():
    return NNBCDClassifier((6,), **SHORT).fit(X, Y)


RAW = X * [1.0, 10.0, 100.0, 1000.0] + 5.0
HOLDERS = [
    lambda: make_pipeline(StandardScaler(), NNBCDClassifier((6,), **SHORT)),
    lambda: make_pipeline(
        StandardScaler(), "passthrough", make_pipeline(None, NNBCDClassifier((6,), **SHORT))
    ),
    lambda: GridSearchCV(make_pipeline(StandardScaler(), NNBCDClassifier((6,), **SHORT)), {}, cv=2),
    lambda: make_pipeline(StandardScaler(), GridSearchCV(NNBCDClassifier((6,), **SHORT), {}, cv=2)),
]


@pytest.mark.parametrize("holder", HOLDERS)
def test_reports_look_inside_pipelines_and_searches(holder, member):
    whole = holder().fit(RAW, Y)
    scaled = StandardScaler().fit_transform(RAW)
    expected = fit_report(clone(member).fit(scaled, Y), scaled, Y)
    assert fit_report(whole, RAW, Y).losses == pytest.approx(expected.losses)
    assert compression_report(whole, RAW).total["parameters"] == member.n_parameters_ - 9


def test_reports_look_inside_other_holders(member):
    frozen = FrozenEstimator(member)
    threshold = TunedThresholdClassifierCV(NNBCDClassifier((6,), **SHORT), cv=2).fit(X, Y > 0)
    selected = RFE(
        NNBCDClassifier((6,), **SHORT),
        n_features_to_select=2,
        importance_getter=lambda m: np.abs(m.coefs_[0]).sum(1),
    ).fit(X, Y)
    scaled = TransformedTargetRegressor(NNBCDRegressor((6,), **SHORT), transformer=StandardScaler()).fit(
        X, NUMBERS
    )
    for whole, y in ((frozen, Y), (threshold, Y > 0), (selected, Y), (scaled, NUMBERS)):
        assert compression_report(whole).rows and compression_report(whole, X).rows
        assert fit_report(whole, X, y).losses["compressed"] < 3.0
    assert fit_report(scaled, X, NUMBERS).losses["compressed"] == pytest.approx(scaled.regressor_.loss_)


def test_reports_say_what_they_cannot_take(member):
    for whole in (NNBCDClassifier(), make_pipeline(NNBCDClassifier()), GridSearchCV(NNBCDClassifier(), {})):
        with pytest.raises(NotFittedError):
            compression_report(whole)
    for whole in (StandardScaler().fit(X), BaggingClassifier(member, n_estimators=2).fit(X, Y), None, 3):
        with pytest.raises(TypeError, match="'estimator' of fit_report must be.*search"):
            fit_report(whole, X, Y)


# 26. and 35. names --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("parameter", "theirs", "ours"),
    [
        ("activation", "logistic", "sigmoid"),
        ("loss", "log_loss", "cross_entropy"),
        ("compression", "tensor_train", "tt"),
    ],
)
def test_other_names_for_the_same_thing(parameter, theirs, ours):
    rest = {"rank": 2} if parameter == "compression" else {}
    one, other = (fit(**{parameter: name}, **rest) for name in (theirs, ours))
    np.testing.assert_array_equal(one.predict_proba(X), other.predict_proba(X))
    assert one.get_params()[parameter] == theirs
    if parameter != "loss":
        each = fit(**{parameter: [theirs, ours, None][: 2 + (parameter == "compression")]}, **rest)
        np.testing.assert_array_equal(each.predict_proba(X), other.predict_proba(X))


@pytest.mark.parametrize(
    ("parameter", "name", "words"),
    [
        ("compression", "tensor-train", "Use 'tt'."),
        ("compression", "Tensor Train", "Use 'tt'."),
        ("compression", "TensorTrain", "Use 'tt'."),
        ("compression", "canonical_polyadic", "Use 'cp'."),
        ("compression", "PARAFAC", "Use 'cp'."),
        ("compression", "svd", "Use 'low_rank'."),
        ("compression", "LowRank", "Did you mean 'low_rank'?"),
        ("compression", "pruning", "Use 'l0'"),
        ("activation", "Tanh", "Did you mean 'tanh'?"),
        ("activation", "ReLU", "Did you mean 'relu'?"),
        ("activation", "Logistic", "Use 'sigmoid'."),
        ("activation", "LeakyReLU", "Did you mean 'leaky_relu'?"),
        ("loss", "mse", "Use 'squared_error'."),
        ("loss", "CrossEntropyLoss", "Did you mean 'cross_entropy'?"),
        ("solver", "adam", "'minibatch' takes its place"),
        ("solver", "lbfgs", "'full' takes its place"),
        ("solver", "MiniBatch", "Did you mean 'minibatch'?"),
    ],
)
def test_names_from_elsewhere_get_a_hint(parameter, name, words):
    with pytest.raises(ValueError) as error:
        fit(**{parameter: name})
    assert f"The {parameter!r} of NNBCDClassifier" in str(error.value) and words in str(error.value)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("alpha", "'ridge' here.*'proximal'"),
        ("learning_rate_init", "no length of a step"),
        ("momentum", "no length of a step"),
        ("batch_size", r"MiniBatch\(batch_size"),
        ("epochs", "'max_iter'"),
        ("rnk", "Did you mean 'rank'?"),
        ("nonsense", "The parameters are hidden_layer_sizes, activation"),
    ],
)
@pytest.mark.parametrize("Estimator", [NNBCDClassifier, NNBCDRegressor])
def test_parameters_from_elsewhere_get_a_hint(Estimator, name, words):
    with pytest.raises(
        TypeError, match=f"{Estimator.__name__} got an unexpected keyword argument '{name}'.*{words}"
    ):
        Estimator(**{name: 1})
    with pytest.raises(ValueError, match=f"'?{name}"):
        Estimator().set_params(**{name: 1})


# 27. and 28. short reprs, arrays as parameters ----------------------------------------------------


@pytest.mark.parametrize("name", [None, *COMPRESSIONS])
def test_what_a_fit_leaves_prints_in_a_line(name):
    model = NNBCDClassifier((60, 60), compression=name, **SHORT).fit(X, Y)
    for value in (*model.compressed_coefs_, model.network_, model.targets_, model.diagnosis_, model.solver_):
        assert len(repr(value)) < 150 and "\n" not in repr(value)
    weight = model.compressed_coefs_[1]
    for word in (type(weight).__name__, str(weight.shape), str(weight.n_parameters), str(weight.nbytes)):
        assert word in repr(weight)
    assert len(repr(model.compressed_coefs_)) < 500


def test_many_classes_and_outputs_print_in_a_line():
    labels = Labels(np.arange(500), LOSSES["cross_entropy"]())
    numbers = Numbers(np.zeros(500), np.ones(500), False, LOSSES["squared_error"]())
    assert len(repr(labels)) < 80 and len(repr(numbers)) < 80


def test_arrays_as_parameters():
    sizes = np.array([5, 4])
    one, other = (NNBCDClassifier(s, **SHORT).fit(X, Y) for s in (sizes, (5, 4)))
    np.testing.assert_array_equal(one.predict_proba(X), other.predict_proba(X))
    for parameters in ({"layers": [Dense(3)]}, {"layers": []}):
        with pytest.raises(ValueError, match="'layers' of NNBCDClassifier takes the place"):
            NNBCDClassifier(sizes, **parameters, **SHORT).fit(X, Y)
    for name in (
        "rho",
        "tau",
        "loss",
        "solver",
        "compression",
        "ridge",
        "max_iter",
        "tol",
        "class_weight",
        "rank",
    ):
        with pytest.raises((ValueError, TypeError), match=f"'{name}'"):
            fit(**{name: np.array([1.0, 2.0])})


# 30. ties -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("n_classes", [2, 3, 7])
@pytest.mark.parametrize("name", [name for name, cls in LOSSES.items() if "classification" in cls.tasks])
def test_the_predicted_class_has_the_largest_probability(name, n_classes, dtype):
    """Also where probabilities round to the same number, or are clipped to it."""
    targets = Labels(np.arange(n_classes), LOSSES[name]())
    r, width = np.random.default_rng(0), targets.n_outputs
    parts = [r.normal(size=(200, width)) * size for size in (1e-30, 1e-9, 1.0, 30.0, 1e4, 1e30)]
    parts += [np.zeros((2, width)), np.repeat(r.normal(size=(50, 1)), width, axis=1)]
    parts += [50.0 + np.arange(width)[None, :] * sign for sign in (1.0, -1.0)]
    V = np.concatenate(parts).astype(dtype)
    P = targets.to_proba(V, xp=xp)
    np.testing.assert_array_equal(P.argmax(axis=1), targets.decode(V, xp=xp))
    assert P.min() >= 0.0 and P.max() <= 1.0
    np.testing.assert_allclose(P.sum(axis=1), 1.0, atol=4 * n_classes * np.finfo(dtype).eps)


def test_predictions_are_the_argmax_of_probabilities():
    model = NNBCDClassifier((5,), loss="logistic", max_iter=60, random_state=0).fit(X, Y)
    far = 1e3 * np.random.default_rng(0).normal(size=(500, 4))
    np.testing.assert_array_equal(model.predict_proba(far).argmax(axis=1), model.predict(far))
    assert accuracy_score(Y, model.predict_proba(X).argmax(axis=1)) == model.score(X, Y)


# 36. and 37. validation rows in pipelines, callbacks ----------------------------------------------


def test_a_pipeline_scales_validation_rows():
    with sklearn.config_context(enable_metadata_routing=True):
        model = NNBCDClassifier((5,), early_stopping=True, **SHORT).set_fit_request(X_val=True, y_val=True)
        pipeline = Pipeline([("scale", StandardScaler()), ("net", model)], transform_input=["X_val"])
        pipeline.fit(RAW[::2], Y[::2], X_val=RAW[1::2], y_val=Y[1::2])
    assert pipeline.score(RAW[1::2], Y[1::2]) == pytest.approx(pipeline[-1].best_validation_score_)


@pytest.mark.skipif(not HAS_CALLBACKS, reason="needs scikit-learn with callbacks (1.9)")
def test_a_progress_bar_belongs_on_the_search():
    from sklearn.callback import ProgressBar

    model, grid = NNBCDClassifier((5,), **SHORT), {"ridge": [1.0]}
    search = GridSearchCV(model, grid, cv=2, error_score="raise").set_callbacks(ProgressBar())
    assert search.fit(X, Y).score(X, Y) > 0.3
    inside = GridSearchCV(clone(model).set_callbacks(ProgressBar()), grid, cv=2, error_score="raise")
    with pytest.raises(TypeError, match="on the meta-estimator"):
        inside.fit(X, Y)
