# SPDX-License-Identifier: BSD-3-Clause
"""from_mlp: a fitted MLP of scikit-learn becomes the same network, which a fit then compresses."""

import pickle

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.datasets import load_digits
from sklearn.model_selection import GridSearchCV
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sklearn_nnbcd import NNBCDClassifier, NNBCDRegressor
from sklearn_nnbcd.initializers import FromMLP

pytestmark = pytest.mark.filterwarnings("ignore:Stochastic Optimizer")  # barely trained MLPs do

X, Y = load_digits(return_X_y=True)
X, Y = X[:700] / 16, Y[:700]
NUMBERS = np.stack([X @ np.linspace(-1, 1, 64), 50.0 + X[:, 20:30].sum(axis=1)], axis=1)


def mlp_of(cls, y, rows=X, **parameters):
    return cls(**{"hidden_layer_sizes": (12, 8), "max_iter": 5, "random_state": 0} | parameters).fit(rows, y)


@pytest.mark.parametrize("activation", ["identity", "logistic", "tanh", "relu"])
@pytest.mark.parametrize(
    "y",
    [Y, Y % 2, np.array(["even", "odd"])[Y % 2], np.stack([Y % 2, Y // 5, Y == 3], axis=1)],
    ids=["several classes", "two classes", "strings", "labels"],
)
def test_the_classifier_predicts_as_the_mlp(y, activation):
    mlp = mlp_of(MLPClassifier, y, activation=activation)
    network = NNBCDClassifier.from_mlp(mlp, compression="low_rank", rank=2, random_state=0)
    assert network.predict(X).dtype == mlp.predict(X).dtype
    np.testing.assert_array_equal(network.predict(X), mlp.predict(X))
    # the same numbers, but for the order of the products and the clipping of labels to eps
    np.testing.assert_allclose(network.predict_proba(X), mlp.predict_proba(X), atol=1e-12)
    np.testing.assert_array_equal(network.classes_, mlp.classes_)
    assert network.compression_ratio_ == 1.0 and network.n_features_in_ == 64
    network.fit(X, y)
    assert network.compression_ratio_ < 0.8
    assert network.score(X, y) > (0.3 if np.ndim(y) == 2 else 0.5)  # of three labels all must be right


@pytest.mark.parametrize("y", [NUMBERS, NUMBERS[:, 0]], ids=["two outputs", "one output"])
def test_the_regressor_predicts_as_the_mlp(y):
    mlp = mlp_of(MLPRegressor, y, max_iter=40)
    network = NNBCDRegressor.from_mlp(mlp)
    np.testing.assert_allclose(network.predict(X), mlp.predict(X), rtol=1e-10)
    assert network.predict(X).shape == y.shape
    # its weights are in the unit of y, those of the engine are not
    network.set_params(solver="full", max_iter=1, tol=0, ridge=0.0).fit(X, y)
    assert network.score(X, y) > mlp.score(X, y) - 0.02


def test_the_regressor_of_counts():
    mlp = mlp_of(MLPRegressor, Y, loss="poisson")
    network = NNBCDRegressor.from_mlp(mlp)
    np.testing.assert_allclose(network.predict(X), mlp.predict(X), rtol=1e-10)


def test_each_fit_starts_from_the_mlp():
    mlp = mlp_of(MLPClassifier, Y, max_iter=60)
    network = NNBCDClassifier.from_mlp(mlp, solver="full", max_iter=1, tol=0, random_state=0)
    network.fit(X, Y)
    assert network.score(X, Y) > mlp.score(X, Y) - 0.05
    first = network.coefs_
    for a, b in zip(network.fit(X, Y).coefs_, first, strict=True):
        np.testing.assert_array_equal(a, b)
    random = clone(network).set_params(initializer="auto").fit(X, Y)
    assert random.score(X, Y) < 0.5  # one sweep from random weights: 0.12


def test_a_fit_that_fails_keeps_the_start():
    mlp = mlp_of(MLPClassifier, Y, max_iter=60)
    network = NNBCDClassifier.from_mlp(mlp, solver="full", max_iter=1, random_state=0)
    with pytest.raises(ValueError, match=r"'mlp' of FromMLP.*\(8, 1\).*\(8, 10\).*as from_mlp does"):
        network.fit(X, Y % 2)
    np.testing.assert_array_equal(network.predict(X), mlp.predict(X))
    assert network.fit(X, Y).score(X, Y) > mlp.score(X, Y) - 0.05


def test_clones_start_from_the_mlp_and_are_not_fitted():
    mlp = mlp_of(MLPClassifier, Y, max_iter=30)
    network = NNBCDClassifier.from_mlp(mlp, compression="low_rank", rank=6, max_iter=4, random_state=0)
    copy = clone(network)
    assert not hasattr(copy, "compressed_coefs_")
    np.testing.assert_array_equal(copy.fit(X, Y).coefs_[0], network.fit(X, Y).coefs_[0])


def test_a_clone_is_what_the_constructor_makes():
    """The MLP is a parameter like any other: nothing is hidden beside get_params."""
    mlp = mlp_of(MLPClassifier, Y, max_iter=30)
    network = NNBCDClassifier.from_mlp(mlp, compression="low_rank", rank=6, max_iter=4, random_state=0)
    given = network.get_params()
    assert isinstance(given["initializer"], FromMLP) and given["initializer__mlp"] is mlp
    assert given["hidden_layer_sizes"] == (12, 8) and given["loss"] == "cross_entropy"
    made = NNBCDClassifier(**network.get_params(deep=False))
    copy = clone(network)
    assert vars(made).keys() == vars(copy).keys() == made.get_params(deep=False).keys()
    assert repr(copy) == repr(made) and copy.get_params().keys() == given.keys()
    assert copy.initializer is not network.initializer and copy.initializer.mlp is mlp
    expected = network.fit(X, Y).coefs_
    for other in (made, copy, clone(network)):
        for a, b in zip(other.fit(X, Y).coefs_, expected, strict=True):
            np.testing.assert_array_equal(a, b)


def test_a_search_over_the_size_starts_from_the_mlp():
    pipeline = make_pipeline(StandardScaler(), MLPClassifier((24,), max_iter=60, random_state=0)).fit(X, Y)
    network = NNBCDClassifier.from_mlp(pipeline[-1], compression="low_rank", max_iter=3, random_state=0)
    search = GridSearchCV(
        make_pipeline(pipeline[0], network),
        {"nnbcdclassifier__compression_ratio": [0.3, 0.9]},
        cv=2,
    ).fit(X, Y)
    assert search.best_params_ == {"nnbcdclassifier__compression_ratio": 0.9}
    assert search.best_score_ > 0.85  # 3 passes from random weights: 0.8


def test_partial_fit_goes_on_from_the_mlp():
    mlp = mlp_of(MLPClassifier, Y, max_iter=60)
    network = NNBCDClassifier.from_mlp(mlp, random_state=0).partial_fit(X[:50], Y[:50])
    assert network.score(X, Y) > mlp.score(X, Y) - 0.05


def test_the_network_is_its_own():
    mlp = mlp_of(MLPClassifier, Y)
    network = NNBCDClassifier.from_mlp(mlp, compression="low_rank", rank=1, random_state=0)
    before = network.decision_function(X)
    mlp.coefs_[0][:] = 0.0
    np.testing.assert_array_equal(network.decision_function(X), before)
    copy = pickle.loads(pickle.dumps(network))
    np.testing.assert_array_equal(copy.decision_function(X), before)
    np.testing.assert_array_equal(copy.fit(X, Y).coefs_[0], network.fit(X, Y).coefs_[0])


def test_single_precision_stays():
    mlp = mlp_of(MLPClassifier, Y, rows=X.astype("float32"))
    network = NNBCDClassifier.from_mlp(mlp)
    assert network.coefs_[0].dtype == np.float32
    np.testing.assert_array_equal(network.predict(X.astype("float32")), mlp.predict(X.astype("float32")))


@pytest.mark.parametrize(
    ("cls", "mlp", "parameters", "kind", "fragments"),
    [
        (NNBCDClassifier, MLPClassifier(), {}, ValueError, ["'mlp'", "without weights", "fit(X, y) first"]),
        (NNBCDClassifier, MLPRegressor(), {}, TypeError, ["fitted sklearn", "Use NNBCDRegressor.from_mlp"]),
        (NNBCDRegressor, MLPClassifier(), {}, TypeError, ["MLPRegressor", "Use NNBCDClassifier.from_mlp"]),
        (
            NNBCDClassifier,
            make_pipeline(StandardScaler(), MLPClassifier()),
            {},
            TypeError,
            ["Got Pipeline", "pipeline[-1]"],
        ),
        (NNBCDClassifier, None, {}, TypeError, ["MLPClassifier", "Got None", "Train one"]),
        (
            NNBCDClassifier,
            mlp_of(MLPClassifier, Y, max_iter=1),
            {"activation": "relu"},
            ValueError,
            ["'activation'", "decided by the mlp", "Got 'relu'", "Leave it out"],
        ),
    ],
)
def test_wrong_mlps(cls, mlp, parameters, kind, fragments):
    with pytest.raises(kind) as error:
        cls.from_mlp(mlp, **parameters)
    missing = [fragment for fragment in fragments if fragment not in str(error.value)]
    assert not missing, str(error.value)
