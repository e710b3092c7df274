# SPDX-License-Identifier: BSD-3-Clause
"""scikit-learn's own checks of an estimator, and what its weights of rows mean."""

import numpy as np
import pytest
import scipy
from sklearn.datasets import load_diabetes, load_iris
from sklearn.preprocessing import StandardScaler, scale
from sklearn.utils.estimator_checks import check_classifiers_train, parametrize_with_checks
from sklearn.utils.fixes import parse_version

from sklearn_nnbcd import NNBCDClassifier, NNBCDRegressor
from sklearn_nnbcd.compressions import COMPRESSIONS
from sklearn_nnbcd.solvers import FullBatch

#: too coarse for the accuracies and R^2 that the checks ask for
COARSE = ("ternary", "binary", "codebook")
#: name of a check -> why it may fail with an old SciPy, as the lowest one that is supported
OLD = {"check_array_api_input": "scikit-learn dispatches arrays of other libraries with SciPy 1.14"}


def expected_failures(estimator):
    """Checks that an estimator may fail: none, with a SciPy that is not old."""
    return OLD if parse_version(scipy.__version__) < parse_version("1.14") else {}


#: The checks ask for 0.83 accuracy on two features and R^2 0.5 on ten. A default rank is a quarter of
#: the weights, which for two features is one number a unit; so the compressed networks here may have
#: rank 5 or half of their weights, and their W is held near what is stored.
ROOMY = {"hidden_layer_sizes": (16, 16), "tau": 100.0, "rank": 5, "sparsity": 0.5}


def roomy(name):
    """ROOMY without what the compression does not know."""
    unknown = {"rank", "sparsity"} - set(COMPRESSIONS[name]().get_params())
    settings = {key: value for key, value in ROOMY.items() if key not in unknown}
    # A sum moves one part at a time; held as near as the others it needs three times the sweeps.
    return settings | ({"tau": 10.0} if name == "sum" else {})


def plain_estimators():
    """Both estimators by default and by the other solver."""
    yield NNBCDClassifier()
    yield NNBCDRegressor()
    yield NNBCDClassifier(loss="hinge")
    yield NNBCDClassifier((16,), solver="minibatch", max_iter=20)
    yield NNBCDRegressor((16,), solver="minibatch", max_iter=20)


def compressed_estimators():
    """Both estimators with every registered compression."""
    # In the metric of the data a tau of 100 holds W so fast that 60 sweeps hardly move it.
    data = roomy("low_rank") | {"solver": FullBatch(projection="data"), "max_iter": 60, "tau": 1.0}
    yield NNBCDClassifier(compression="low_rank", **data)
    yield NNBCDRegressor(compression="low_rank", compress_output=True, **data)
    for name in (name for name in COMPRESSIONS if name not in COARSE):
        yield NNBCDClassifier(compression=name, max_iter=60, **roomy(name))
        yield NNBCDRegressor(compression=name, max_iter=60, compress_output=True, **roomy(name))


@parametrize_with_checks(list(plain_estimators()), expected_failed_checks=expected_failures)
def test_scikit_learn_checks(estimator, check):
    check(estimator)


@parametrize_with_checks(list(compressed_estimators()), expected_failed_checks=expected_failures)
def test_scikit_learn_checks_of_compressed_networks(estimator, check):
    check(estimator)


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize("solver", ["full", "minibatch"])
def test_a_format_named_without_a_rank_passes_the_check_of_training(solver):
    """Two features: the quarter that is kept by default would leave one direction to all units."""
    check_classifiers_train("NNBCDClassifier", NNBCDClassifier(solver=solver, compression="tt", max_iter=20))


@pytest.mark.parametrize(
    ("name", "n_features", "rank"),
    [
        ("tt", 2, 2),
        ("cp", 2, 2),
        ("low_rank", 2, None),
        ("low_rank", 6, 2),
        ("low_rank", 30, 5),
        ("tt", 1, 1),
    ],
)
def test_no_default_rank_is_1_where_it_can_be_more(name, n_features, rank):
    """The largest rank in a quarter of the weights, or rank 2 in less than half of them, or a dense layer."""
    X = np.random.default_rng(0).normal(size=(60, n_features))
    model = NNBCDClassifier((100,), compression=name, max_iter=1, random_state=0).fit(X, X[:, 0] > 0)
    found = np.linalg.matrix_rank(model.coefs_[0])
    assert found == (rank or n_features)
    assert (model.compressed_coefs_[0].n_parameters == 100 * n_features) == (rank is None)


# weights of rows --------------------------------------------------------------------------------

SETTINGS = {"hidden_layer_sizes": (7,), "max_iter": 8, "tol": 0, "random_state": 0, "solver": "full"}


def classification():
    X, y = load_iris(return_X_y=True)
    return StandardScaler().fit_transform(X[::3]), y[::3]


def regression():
    X, y = load_diabetes(return_X_y=True)
    return scale(X[:60]), y[:60]


ESTIMATORS = [
    (NNBCDClassifier(**SETTINGS), classification),
    (NNBCDClassifier(**SETTINGS, class_weight="balanced"), classification),
    (NNBCDClassifier(**SETTINGS, class_weight={0: 3.0, 2: 0.5}, loss="hinge"), classification),
    (NNBCDRegressor(**SETTINGS), regression),
    (NNBCDRegressor(**SETTINGS, compression="low_rank", rank=2), regression),
    (NNBCDRegressor(**SETTINGS, fit_intercept=False), regression),
]


def assert_same_network(a, b):
    """To 1e-6 of the largest weight: sums over rows are added in another order, in double precision."""
    for one, other in zip(a.coefs_, b.coefs_, strict=True):
        np.testing.assert_allclose(one, other, rtol=0, atol=1e-6 * np.abs(other).max())
    for one, other in zip(a.intercepts_, b.intercepts_, strict=True):
        if other is not None:
            np.testing.assert_allclose(one, other, rtol=0, atol=1e-6 * (1 + np.abs(other).max()))


@pytest.mark.parametrize(("estimator", "data"), ESTIMATORS)
def test_weight_k_is_k_copies(estimator, data, monkeypatch):
    """Where rows are too many to be made copies."""
    monkeypatch.setattr("sklearn_nnbcd._copies.MOST_ROWS", 0)
    X, y = data()
    weights = np.random.RandomState(1).randint(0, 4, size=len(X))
    copies = np.repeat(np.arange(len(X)), weights)
    estimator.fit(X, y, sample_weight=weights)
    coefs, intercepts = estimator.coefs_, estimator.intercepts_
    loss, objective = estimator.loss_, estimator.objective_curve_
    estimator.fit(X[copies], y[copies])
    assert_same_network(estimator, _Network(coefs, intercepts))
    assert loss == pytest.approx(estimator.loss_, rel=1e-8)  # sums in another order
    assert objective == pytest.approx(estimator.objective_curve_, rel=1e-8)


@pytest.mark.parametrize(("estimator", "data"), ESTIMATORS)
def test_weight_0_drops_the_row(estimator, data):
    X, y = data()
    weights = np.random.RandomState(2).uniform(0.5, 2.0, size=len(X))
    weights[::4] = 0.0
    wild = np.where(weights[:, None] > 0, X, 1e6)
    estimator.fit(wild, y, sample_weight=weights)
    network = _Network(estimator.coefs_, estimator.intercepts_)
    estimator.fit(X[weights > 0], y[weights > 0], sample_weight=weights[weights > 0])
    assert_same_network(estimator, network)


@pytest.mark.parametrize(("estimator", "data"), ESTIMATORS)
def test_order_of_rows_does_not_matter(estimator, data):
    X, y = data()
    order = np.random.RandomState(3).permutation(len(X))
    estimator.fit(X, y)
    network = _Network(estimator.coefs_, estimator.intercepts_)
    assert_same_network(estimator.fit(X[order], y[order]), network)


def test_weights_do_change_the_fit():
    X, y = classification()
    estimator = NNBCDClassifier(**SETTINGS).fit(X, y)
    network = _Network(estimator.coefs_, estimator.intercepts_)
    estimator.fit(X, y, sample_weight=np.where(y == 1, 5.0, 1.0))
    with pytest.raises(AssertionError):
        assert_same_network(estimator, network)


class _Network:
    def __init__(self, coefs, intercepts):
        self.coefs_, self.intercepts_ = coefs, intercepts
