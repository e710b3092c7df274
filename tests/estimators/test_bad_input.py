# SPDX-License-Identifier: BSD-3-Clause
"""Wrong calls: what the message says, and that the estimator is as it was before."""

import numpy as np
import pytest
from sklearn.exceptions import NotFittedError

from sklearn_nnbcd import NNBCDClassifier, NNBCDRegressor
from sklearn_nnbcd.activations import LeakyReLU, Polynomial
from sklearn_nnbcd.compressions import L0, LowRank, TensorTrain
from sklearn_nnbcd.initializers import Gaussian, Orthogonal, Uniform
from sklearn_nnbcd.solvers import ExactMiniBatch, FullBatch, MiniBatch

RANDOM = np.random.RandomState(0)
X = RANDOM.normal(size=(24, 4))
CODES = (X[:, 0] > 0).astype(int)
LABELS = np.array(["down", "up"])[CODES]
NUMBERS = X @ np.array([1.0, -2.0, 0.5, 0.0]) + 3.0
SMALL = {"hidden_layer_sizes": (6,), "max_iter": 3, "random_state": 0}


def spoiled(value, at=(3, 1)):
    """X with one entry replaced."""
    bad = X.astype(object if isinstance(value, str) else float)
    bad[at] = value
    return bad


#: parameters -> error, and what the message must hold: name, allowed, what came, cure
PARAMETERS = [
    ({"hidden_layer_sizes": 0}, ValueError, ["'hidden_layer_sizes'", ">= 1", "Got 0", "(100,)"]),
    ({"hidden_layer_sizes": (6, -1)}, ValueError, ["'hidden_layer_sizes'", ">= 1", "Got -1"]),
    ({"hidden_layer_sizes": (6.0,)}, TypeError, ["'hidden_layer_sizes'", "integer", "Got 6.0"]),
    ({"hidden_layer_sizes": "6"}, TypeError, ["'hidden_layer_sizes'", "sequence", "Got '6'"]),
    ({"hidden_layer_sizes": None}, TypeError, ["'hidden_layer_sizes'", "integer", "Got None"]),
    ({"hidden_layer_sizes": np.array(6)}, TypeError, ["'hidden_layer_sizes'", "sequence", "(100,)"]),
    ({"activation": "rellu"}, ValueError, ["'activation'", "leaky_relu", "Did you mean 'relu'?"]),
    ({"activation": 3}, TypeError, ["'activation'", "BaseActivation", "Got 3"]),
    ({"activation": ["relu", "relu"]}, ValueError, ["'activation'", "hidden layer: 1", "Got 2"]),
    (
        {"activation": "sine", "hidden_layer_sizes": ()},
        ValueError,
        ["'activation'", "relu", "Got 'sine'"],
    ),
    (
        {"activation": LeakyReLU(negative_slope=float("nan"))},
        ValueError,
        ["'negative_slope' of LeakyReLU", ">= 0", "Got nan", "0.01"],
    ),
    (
        {"activation": Polynomial(coefficients=(1.0,))},
        ValueError,
        ["'coefficients' of Polynomial", "finite numbers", "Got (1.0,)", "Try"],
    ),
    ({"loss": "hing"}, ValueError, ["'loss'", "squared_error", "Got 'hing'"]),
    ({"loss": None}, TypeError, ["'loss'", "squared_error", "Got None"]),
    ({"compression": "tensor-train"}, ValueError, ["'compression'", "Got 'tensor-train'", "Use 'tt'."]),
    ({"compression": "lowrank"}, ValueError, ["'compression'", "Did you mean 'low_rank'?"]),
    ({"compression": 5}, TypeError, ["'compression'", "BaseCompression", "Got 5"]),
    (
        {"compression": "none", "hidden_layer_sizes": ()},
        ValueError,
        ["'compression'", "low_rank", "Got 'none'"],
    ),
    (
        {"compression": ["tt", None, None]},
        ValueError,
        ["'compression'", "layer (the output included): 2", "Got 3 entries"],
    ),
    ({"compression": "low_rank", "rank": 0}, ValueError, ["'rank'", "between 1 and 4", "Got 0", "Try"]),
    ({"compression": "low_rank", "rank": -2}, ValueError, ["'rank'", "Got -2", "share"]),
    ({"compression": "low_rank", "rank": 1.5}, ValueError, ["'rank'", "(0, 1]", "Got 1.5", "Try"]),
    ({"compression": "low_rank", "rank": True}, TypeError, ["'rank'", "integer", "Got True", "Try"]),
    ({"compression": "low_rank", "rank": (2,)}, TypeError, ["'rank'", "share", "Got (2,)", "Try"]),
    ({"compression": "tt", "rank": "8"}, TypeError, ["'rank'", "float share", "Got '8'", "Try"]),
    ({"compression": LowRank(rank=-9)}, ValueError, ["'rank' of LowRank", "1 and 4", "Got -9", "Try"]),
    ({"compression": TensorTrain(rank=0)}, ValueError, ["'rank'", "Got 0", "Try"]),
    (
        {"compression": TensorTrain(rank=(2, 2, 2, 2, 2))},
        ValueError,
        ["'rank' of TensorTrain", "inner ranks", "Got (2, 2, 2, 2, 2)", "Try"],
    ),
    ({"compression": "l0", "sparsity": 1.0}, ValueError, ["'sparsity'", "(0, 1)", "Got 1.0", "Try"]),
    ({"compression": "l0", "sparsity": -0.1}, ValueError, ["'sparsity'", "(0, 1)", "Got -0.1"]),
    ({"compression": "l0", "sparsity": "0.9"}, TypeError, ["'sparsity'", "(0, 1)", "Got '0.9'"]),
    ({"compression": L0(sparsity=2)}, ValueError, ["'sparsity' of L0", "(0, 1)", "Got 2", "Try"]),
    (
        {"compression": TensorTrain(tensor_shape=(5, 5))},
        ValueError,
        ["'tensor_shape'", "product 4 * 6 = 24", "Got (5, 5)", "Try"],
    ),
    (
        {"compression": TensorTrain(tensorization="paired", tensor_shape=(4, 6))},
        ValueError,
        ["'tensor_shape'", "two equally long tuples", "Got (4, 6)", "Try"],
    ),
    (
        {"compression": TensorTrain(tensorization="flatt", rank=2)},
        ValueError,
        ["'tensorization'", "paired", "Did you mean 'flat'?"],
    ),
    (
        {"compression": "tt", "hidden_layer_sizes": (1, 6), "rank": (2, 2)},
        ValueError,
        ["'rank' of TensorTrain", "0 inner ranks of the modes (4,)", "Got (2, 2)", "Try ()"],
    ),
    (
        {"compression": "low_rank", "compression_ratio": 0.0},
        ValueError,
        ["'compression_ratio'", "> 0 and <= 1", "Got 0.0", "Try 0.1"],
    ),
    (
        {"compression": "low_rank", "compression_ratio": "10%"},
        TypeError,
        ["'compression_ratio'", "> 0 and <= 1", "Got '10%'", "Try 0.1"],
    ),
    (
        {"compression": "low_rank", "compression_ratio": 0.1},
        ValueError,
        ["'compression_ratio'", "room for 10 ", "Got 0.1", "6 of dense ones", "compress_output=True"],
    ),
    (
        {"compression": "low_rank", "compression_ratio": 0.5, "rank": 2},
        ValueError,
        ["'compression_ratio'", "'rank'", "compression_ratio=0.5 and rank=2", "Leave one out"],
    ),
    (
        {"compression": L0(sparsity=0.8), "compression_ratio": 0.5},
        ValueError,
        ["'compression_ratio'", "'sparsity'", "and sparsity=0.8", "Leave one out"],
    ),
    (
        {"compression_ratio": 0.5},
        ValueError,
        ["'compression_ratio'", "'compression'", "and compression='auto'", "Try compression='low_rank'"],
    ),
    (
        {"compression": ["low_rank", "l0"], "compression_ratio": 0.5},
        ValueError,
        ["'compression_ratio'", "all have a rank, or all a sparsity", "['low_rank', 'l0']"],
    ),
    (
        {"solver": FullBatch(projection="datta")},
        ValueError,
        ["'projection' of FullBatch", "frobenius", "Did you mean 'data'?"],
    ),
    (
        {"rho": 2.0, "solver": "minibatch"},
        ValueError,
        ["'rho'", "no meaning for MiniBatch", "solver='minibatch'", "Got 2.0", "'full' or 'exact'"],
    ),
    (
        {"gamma": 2.0, "solver": MiniBatch()},
        ValueError,
        ["'gamma'", "no meaning for MiniBatch", "Got 2.0", "'full' or 'exact'"],
    ),
    (
        {"proximal": 0.0, "solver": "minibatch"},
        ValueError,
        ["'proximal'", "no meaning for MiniBatch", "Got 0.0", "leave 'proximal' out"],
    ),
    (
        {"activity_regularizer": "l1", "solver": "exact"},
        ValueError,
        ["'activity_regularizer'", "no meaning for ExactMiniBatch", "Got 'l1'", "Use solver='full'"],
    ),
    ({"rho": 0.0}, ValueError, ["'rho'", "> 0", "Got 0.0", "default"]),
    ({"gamma": -1.0}, ValueError, ["'gamma'", "> 0", "Got -1.0"]),
    ({"tau": float("inf")}, ValueError, ["'tau'", "finite", "Got inf"]),
    ({"tau": "1"}, TypeError, ["'tau'", "finite number", "Got '1'", "type str"]),
    ({"proximal": -0.1}, ValueError, ["'proximal'", ">= 0", "Got -0.1", "0 switches"]),
    (
        {"solver": FullBatch(alpha_w=float("nan"))},
        ValueError,
        ["'alpha_w' of FullBatch", ">= 0", "Got nan", "0 switches"],
    ),
    ({"ridge": -1}, ValueError, ["'ridge'", ">= 0", "Got -1", "0 switches"]),
    ({"ridge": None}, TypeError, ["'ridge'", ">= 0", "Got None"]),
    ({"initializer": "he"}, ValueError, ["'initializer'", "kaiming_normal", "Got 'he'"]),
    ({"initializer": Gaussian(scale=0)}, ValueError, ["'scale' of Gaussian", "> 0", "Got 0", "0.01"]),
    ({"initializer": Uniform(scale="a")}, TypeError, ["'scale' of Uniform", "> 0", "Got 'a'"]),
    ({"initializer": Orthogonal(gain=-1)}, ValueError, ["'gain' of Orthogonal", "> 0", "Got -1"]),
    ({"fit_intercept": "no"}, TypeError, ["'fit_intercept'", "True or False", "Got 'no'"]),
    ({"compress_output": 1}, TypeError, ["'compress_output'", "True or False", "Got 1"]),
    ({"early_stopping": "auto"}, TypeError, ["'early_stopping'", "True or False", "Got 'auto'"]),
    ({"warm_start": None}, TypeError, ["'warm_start'", "True or False", "Got None"]),
    ({"verbose": -1}, ValueError, ["'verbose'", ">= 0", "Got -1"]),
    ({"verbose": "yes"}, TypeError, ["'verbose'", ">= 0", "Got 'yes'"]),
    ({"solver": "adam"}, ValueError, ["'solver'", "full", "Got 'adam'"]),
    ({"solver": None}, TypeError, ["'solver'", "auto", "full", "Got None"]),
    ({"solver": MiniBatch(batch_size=0)}, ValueError, ["'batch_size' of MiniBatch", ">= 1", "Got 0", "auto"]),
    ({"solver": "exakt"}, ValueError, ["'solver'", "minibatch", "Got 'exakt'", "mean 'exact'?"]),
    (
        {"solver": MiniBatch(averaging=-1)},
        ValueError,
        ["'averaging' of MiniBatch", ">= 0", "Got -1", "Try 6"],
    ),
    (
        {"solver": ExactMiniBatch(averaging="mean")},
        TypeError,
        ["'averaging' of ExactMiniBatch", ">= 0", "Got 'mean'"],
    ),
    ({"solver": FullBatch(relaxation=2.0)}, ValueError, ["'relaxation'", "<= 1.99", "Got 2.0", "Try 1"]),
    ({"solver": FullBatch(relaxation=0)}, ValueError, ["'relaxation'", "> 0", "Got 0"]),
    ({"solver": FullBatch(extrapolation=1.0)}, TypeError, ["'extrapolation'", "Got 1.0"]),
    (
        {"solver": MiniBatch(compress_after=1.5)},
        ValueError,
        ["'compress_after'", "<= 1", "Got 1.5", "Try 0.05", "auto"],
    ),
    ({"solver": FullBatch(tf32="yes")}, TypeError, ["'tf32' of FullBatch", "True or False", "Got 'yes'"]),
    ({"solver": MiniBatch(tf32=1)}, TypeError, ["'tf32' of MiniBatch", "True or False", "Got 1"]),
    ({"solver": FullBatch}, TypeError, ["'solver'", "instance of BaseSolver", "Got <class"]),
    ({"solver": ExactMiniBatch(compress_after=None)}, TypeError, ["'compress_after'", ">= 0", "Got None"]),
    ({"max_iter": 0}, ValueError, ["'max_iter'", ">= 1", "Got 0", "auto"]),
    ({"max_iter": 10.0}, TypeError, ["'max_iter'", "integer", "Got 10.0"]),
    ({"max_iter": "many"}, TypeError, ["'max_iter'", "integer", "Got 'many'", "auto"]),
    ({"tol": -1e-3}, ValueError, ["'tol'", ">= 0", "Got -0.001", "0 never stops"]),
    ({"tol": None}, TypeError, ["'tol'", ">= 0", "Got None"]),
    ({"n_iter_no_change": 0}, ValueError, ["'n_iter_no_change'", ">= 1", "Got 0"]),
    ({"validation_fraction": 1.0}, ValueError, ["'validation_fraction'", "(0, 1)", "Got 1.0", "X_val"]),
    ({"validation_fraction": 5}, ValueError, ["'validation_fraction'", "(0, 1)", "Got 5"]),
    ({"random_state": "seed"}, ValueError, ["'random_state'", "RandomState", "Got 'seed'", "Try 0"]),
    ({"random_state": -1}, ValueError, ["'random_state'", "integer >= 0", "Got -1", "Try 0"]),
]

#: only for the classifier
CLASSIFIER_PARAMETERS = [
    ({"class_weight": "equal"}, ValueError, ["'class_weight'", "balanced", "Got 'equal'"]),
    ({"class_weight": {"up": -1.0}}, ValueError, ["class_weight['up']", "> 0", "Got -1", "Leave rows"]),
    ({"class_weight": {"up": "big"}}, TypeError, ["class_weight['up']", "> 0", "Got 'big'"]),
    ({"loss": "huber"}, ValueError, ["'loss'", "classification", "hinge", "Got 'huber'"]),
]


def call(**changes):
    """Arguments of fit for the classifier, with some of them replaced."""
    return {"X": X, "y": LABELS} | changes


LONG = np.ones(25)
#: arguments of fit -> error, and what the message must hold
CALLS = [
    (call(X=spoiled(np.nan)), ValueError, ["X", "NaN"]),
    (call(X=spoiled(np.inf)), ValueError, ["X", "infinity", "float64"]),
    (call(X=spoiled("red")), ValueError, ["'red'", "numeric", "OneHotEncoder"]),
    (call(X=spoiled(1.0) + 1j), ValueError, ["Complex data not supported"]),
    (call(X=X[:0], y=LABELS[:0]), ValueError, ["0 sample(s)", "minimum of 1"]),
    (call(X=X[:, :0]), ValueError, ["0 feature(s)", "minimum of 1"]),
    (call(X=X[:, 0]), ValueError, ["Expected 2D array", "reshape"]),
    (call(X=X[None]), ValueError, ["dim 3"]),
    (call(X=None), ValueError, ["Expected 2D array", "scalar"]),
    (call(y=None), ValueError, ["y", "None"]),
    (call(y=LABELS[:-1]), ValueError, ["[24, 23]", "every row"]),
    (call(y=np.full(24, "up")), ValueError, ["'y'", "two classes", "one class, 'up'", "Check"]),
    (call(y=NUMBERS), ValueError, ["continuous", "classifier"]),
    (call(y=np.where(CODES, np.nan, 1.0)), ValueError, ["y", "NaN", "Drop"]),
    (
        call(y=np.stack([CODES, CODES + 1], axis=1)),
        ValueError,
        ["multiclass-multioutput", "column of 0 and 1 per label", "MultiOutputClassifier"],
    ),
    (call(sample_weight=LONG), ValueError, ["'sample_weight'", "24 rows", "(25,)", "Pass None"]),
    (call(sample_weight=-np.ones(24)), ValueError, ["'sample_weight'", ">= 0", "Negative", "Pass None"]),
    (call(sample_weight=np.full(24, np.nan)), ValueError, ["'sample_weight'", "NaN", "Pass None"]),
    (call(sample_weight=np.zeros(24)), ValueError, ["'sample_weight'", "not all", "at least one", "None"]),
    (call(sample_weight=np.ones((24, 2))), ValueError, ["'sample_weight'", "24 rows", "None"]),
    (call(sample_weight=CODES), ValueError, ["'y'", "two classes", "positive weight", "one class"]),
    (call(sample_weight=["a"] * 24), ValueError, ["'sample_weight'", "'a'", "Pass None"]),
    (call(X_val=X), ValueError, ["'X_val' and 'y_val'", "together", "Got X_val and", "Pass both"]),
    (call(y_val=LABELS), ValueError, ["'X_val' and 'y_val'", "together", "Got y_val and", "Pass both"]),
    (call(X_val=X, y_val=LABELS), ValueError, ["'X_val'", "early_stopping=False", "early_stopping=True"]),
]
#: the same with early_stopping=True
STOPPING_CALLS = [
    (call(X_val=X), ValueError, ["'X_val' and 'y_val'", "together", "Got X_val and", "Pass both"]),
    (call(X_val=X[:, :3], y_val=LABELS), ValueError, ["3 features", "expecting 4", "same order"]),
    (call(X_val=X, y_val=LABELS[1:]), ValueError, ["[24, 23]", "every row"]),
    (call(X_val=X, y_val=CODES), ValueError, ["'y_val'", "'down', 'up'", "[0, 1]", "same kind"]),
    (call(X_val=spoiled(np.nan), y_val=LABELS), ValueError, ["X", "NaN"]),
    (
        call(y=np.array(["once"] + ["up"] * 12 + ["down"] * 11)),
        ValueError,
        ["'validation_fraction'", "every class", "Got 0.1 of 24 rows", "X_val"],
    ),
    (call(X=X[:1], y=LABELS[:1]), ValueError, ["'validation_fraction'", "0.1 of 1 rows", "X_val"]),
]


def assert_explained(error, fragments):
    """The message holds every fragment; one that is missing is named."""
    missing = [fragment for fragment in fragments if fragment not in str(error.value)]
    assert not missing, f"{missing} not in: {error.value}"


def assert_untouched_and_usable(estimator, good_X, good_y, wrong, right):
    """A wrong call on a fresh and on a fitted estimator leaves both as they were."""
    fresh_state = dict(vars(estimator))
    wrong(estimator)
    assert vars(estimator) == fresh_state, "something was fitted"
    with pytest.raises(NotFittedError):
        estimator.predict(good_X)
    right(estimator)
    estimator.fit(good_X, good_y)
    before, state = estimator.predict(good_X), set(vars(estimator))
    wrong(estimator)
    right(estimator)
    assert set(vars(estimator)) == state
    np.testing.assert_array_equal(estimator.predict(good_X), before)
    estimator.fit(good_X, good_y)


def check_wrong_parameters(Estimator, y, parameters, kind, fragments):
    given = SMALL | parameters
    estimator = Estimator(**given)
    defaults = {name: getattr(Estimator(**SMALL), name) for name in given}

    def wrong(estimator):
        estimator.set_params(**given)
        with pytest.raises(kind) as error:
            estimator.fit(X, y)
        assert_explained(error, fragments)

    def right(estimator):
        estimator.set_params(**defaults)

    assert_untouched_and_usable(estimator, X, y, wrong, right)


@pytest.mark.parametrize(("parameters", "kind", "fragments"), PARAMETERS + CLASSIFIER_PARAMETERS)
def test_wrong_parameters_of_the_classifier(parameters, kind, fragments):
    check_wrong_parameters(NNBCDClassifier, LABELS, parameters, kind, fragments)


@pytest.mark.parametrize(
    ("parameters", "kind", "fragments"),
    PARAMETERS + [({"loss": "hinge"}, ValueError, ["'loss'", "regression", "Got 'hinge'"])],
)
def test_wrong_parameters_of_the_regressor(parameters, kind, fragments):
    check_wrong_parameters(NNBCDRegressor, NUMBERS, parameters, kind, fragments)


def check_wrong_call(estimator, good_y, arguments, kind, fragments):
    def wrong(estimator):
        with pytest.raises(kind) as error:
            estimator.fit(**arguments)
        assert_explained(error, fragments)

    assert_untouched_and_usable(estimator, X, good_y, wrong, lambda estimator: None)


@pytest.mark.parametrize(("arguments", "kind", "fragments"), CALLS)
def test_wrong_arguments_of_fit(arguments, kind, fragments):
    check_wrong_call(NNBCDClassifier(**SMALL), LABELS, arguments, kind, fragments)


@pytest.mark.parametrize(("arguments", "kind", "fragments"), STOPPING_CALLS)
def test_wrong_validation_data(arguments, kind, fragments):
    estimator = NNBCDClassifier(**SMALL, early_stopping=True)
    check_wrong_call(estimator, LABELS, arguments, kind, fragments)


@pytest.mark.parametrize(
    ("changes", "fragments"),
    [
        ({"y": np.where(CODES, np.inf, 1.0)}, ["y", "infinity", "Drop"]),
        ({"y": LABELS}, ["'down'|'up'"]),
        (
            {"y": np.where(CODES, 1e200, -1e200)},
            ["'y'", "range of X's float64", "1e+200", "larger unit"],
        ),
        ({"X": X.astype("f4"), "y": 1e300 * NUMBERS}, ["'y'", "range of X's float32", "e+30", "unit"]),
        ({"X": X * 1e200, "y": NUMBERS}, ["X and y", "not finite", "float64", "StandardScaler"]),
    ],
)
def test_wrong_numbers_of_the_regressor(changes, fragments):
    def wrong(estimator):
        with pytest.raises(ValueError) as error:
            estimator.fit(**({"X": X} | changes))
        for fragment in fragments:
            assert any(part in str(error.value) for part in fragment.split("|")), str(error.value)

    estimator = NNBCDRegressor(**SMALL, solver="full")
    assert_untouched_and_usable(estimator, X, NUMBERS, wrong, lambda estimator: None)


def test_columns_of_a_huge_unit_are_learned_in_their_own():
    """Squares of 1e30 overflow float32; the fit sees the columns in units of their spreads."""
    estimator = NNBCDRegressor(**SMALL, solver="full").fit((X * 1e30).astype("f4"), NUMBERS)
    plain = NNBCDRegressor(**SMALL, solver="full").fit(X.astype("f4"), NUMBERS)
    predicted = estimator.predict((X * 1e30).astype("f4"))
    np.testing.assert_allclose(predicted, plain.predict(X.astype("f4")), rtol=0, atol=1e-3)


def test_validation_targets_of_other_columns_are_refused():
    y, y_val = np.column_stack([NUMBERS, NUMBERS]), NUMBERS
    estimator = NNBCDRegressor(**SMALL, early_stopping=True)
    with pytest.raises(ValueError, match=r"'y_val' of fit must have the columns of y.*\(24,\)"):
        estimator.fit(X, y, X_val=X, y_val=y_val)
    assert not hasattr(estimator, "n_features_in_")


@pytest.mark.parametrize(
    ("later", "message"),
    [
        ({"X": X[:, :3], "y": LABELS}, r"shapes \[\(4, 6\), \(6, 1\)\].*\(3, 6\).*warm_start=False"),
        ({"X": X, "y": CODES}, r"keep its classes, \['down', 'up'\]\. Got \[0, 1\].*warm_start=False"),
        ({"X": X[:1], "y": LABELS[:1]}, r"at least two classes.*Got one class, '(up|down)'"),
    ],
)
def test_warm_start_refuses_another_network(later, message):
    estimator = NNBCDClassifier(**SMALL, warm_start=True).fit(X, LABELS)
    before = estimator.predict_proba(X)
    with pytest.raises(ValueError, match=message):
        estimator.fit(**later)
    np.testing.assert_array_equal(estimator.predict_proba(X), before)
    estimator.fit(X, LABELS)


def test_warm_start_refuses_other_layers():
    estimator = NNBCDClassifier(**SMALL, warm_start=True).fit(X, LABELS)
    with pytest.raises(ValueError, match=r"warm_start=True.*\(4, 6\).*\(4, 7\)"):
        estimator.set_params(hidden_layer_sizes=(7,)).fit(X, LABELS)
    assert [W.shape for W in estimator.coefs_] == [(4, 6), (6, 1)]


@pytest.mark.parametrize("Estimator", [NNBCDClassifier, NNBCDRegressor])
@pytest.mark.parametrize(
    ("rows", "kind", "fragments"),
    [
        (X[:, :3], ValueError, ["3 features", "expecting 4 features", "same order"]),
        (spoiled(np.nan), ValueError, ["X contains NaN"]),
        (spoiled("red"), ValueError, ["'red'", "OneHotEncoder"]),
        (X[:0], ValueError, ["0 sample(s)"]),
        (X[0], ValueError, ["Expected 2D array", "reshape"]),
    ],
)
def test_wrong_rows_at_prediction(Estimator, rows, kind, fragments):
    estimator = Estimator(**SMALL)
    with pytest.raises(NotFittedError, match=f"{Estimator.__name__} instance is not fitted yet.*'fit'"):
        estimator.predict(rows)
    for attribute in ("coefs_", "n_parameters_", "compression_ratio_", "sparsity_"):
        assert not hasattr(estimator, attribute)
    estimator.fit(X, CODES)
    with pytest.raises(kind) as error:
        estimator.predict(rows)
    assert_explained(error, fragments)
    estimator.predict(X)


def test_feature_names_must_match():
    pandas = pytest.importorskip("pandas")
    table = pandas.DataFrame(X, columns=list("abcd"))
    estimator = NNBCDClassifier(**SMALL).fit(table, LABELS)
    with pytest.raises(ValueError, match="feature names should match"):
        estimator.predict(table[list("dcba")])
    with pytest.raises(TypeError, match="only supported if all input features have string names"):
        NNBCDClassifier(**SMALL).fit(table.set_axis(["a", "b", 3, "d"], axis=1), LABELS)


class OnDevice:
    """Rows or targets that NumPy cannot read, as CuPy's and PyTorch's on a GPU."""

    def __init__(self, values, message):
        self.shape, self.ndim, self._message = np.shape(values), np.ndim(values), message

    def __len__(self):
        return self.shape[0]

    def __array__(self, dtype=None, copy=None):
        raise TypeError(self._message)


@pytest.mark.parametrize("given", ["X", "y"])
@pytest.mark.parametrize(
    "message",
    [
        "Implicit conversion to a NumPy array is not allowed. Please use `.get()` to ...",
        "can't convert cuda:0 device type tensor to numpy. Use Tensor.cpu() to ...",
    ],
)
def test_arrays_of_a_gpu_without_dispatch_are_told_of_it(given, message):
    rows = {"X": X, "y": CODES, given: OnDevice({"X": X, "y": CODES}[given], message)}
    with pytest.raises(TypeError) as error:
        NNBCDClassifier(**SMALL).fit(rows["X"], rows["y"])
    assert_explained(error, [message, "array_api_dispatch=True", "device='cuda'"])


@pytest.mark.parametrize("origin", [1e3, 1e7, 1e9, 1e11])
@pytest.mark.parametrize("options", [{}, {"bits": 8}, {"bits": 8, "solver": "minibatch"}, {"max_bytes": 200}])
def test_columns_far_from_zero_are_learned_about_their_means(origin, options):
    """Times in seconds or microseconds: what varies is in the last digits, which single precision has not.

    Intercepts take four bytes there, or columns eight: of a budget of 200 that is little.
    """
    rng = np.random.default_rng(0)
    rows = np.round(rng.normal(size=(200, 3)), 3)
    y = rows[:, 0] + np.abs(rows[:, 1])
    options = {"hidden_layer_sizes": (6,), "max_iter": 40} | options
    if "max_bytes" in options:
        del options["hidden_layer_sizes"]
    near = NNBCDRegressor(**options, random_state=0).fit(rows, y).score(rows, y)
    far = NNBCDRegressor(**options, random_state=0).fit(rows + origin, y).score(rows + origin, y)
    assert far > near - 0.01 and near > 0.6


def test_targets_far_from_zero_are_learned_about_their_mean():
    rng = np.random.default_rng(0)
    rows = rng.normal(size=(200, 3))
    y = rows[:, 0] + np.abs(rows[:, 1]) + 1e9
    assert NNBCDRegressor((6,), random_state=0).fit(rows, y).score(rows, y) > 0.8
