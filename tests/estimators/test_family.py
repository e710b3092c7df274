# SPDX-License-Identifier: BSD-3-Clause
"""Every activation, loss and regulariser in the estimators: it learns, and it does not diverge."""

import warnings

import numpy as np
import pytest
from sklearn.datasets import load_diabetes, load_digits
from sklearn.exceptions import ConvergenceWarning
from sklearn.metrics import mean_poisson_deviance
from sklearn.model_selection import train_test_split

from sklearn_nnbcd import NNBCDClassifier, NNBCDRegressor
from sklearn_nnbcd.activations import ACTIVATIONS
from sklearn_nnbcd.initializers import INITIALIZERS
from sklearn_nnbcd.losses import LOSSES, Huber
from sklearn_nnbcd.regularizers import L1, L2, REGULARIZERS, Box
from sklearn_nnbcd.solvers import FullBatch

CLASSIFICATION = [name for name, loss in LOSSES.items() if "classification" in loss.tasks]
REGRESSION = [name for name, loss in LOSSES.items() if "regression" in loss.tasks]
SOLVERS = ({"solver": "full", "max_iter": 15}, {"solver": "minibatch", "max_iter": 15})


@pytest.fixture(scope="module")
def digits():
    """400 rows to learn from, 1397 to score on; pixels in units of their common spread."""
    X, y = load_digits(return_X_y=True)
    return train_test_split((X - X.mean()) / X.std(), y, train_size=400, random_state=0)


@pytest.fixture(scope="module")
def diabetes():
    X, y = load_diabetes(return_X_y=True)
    return train_test_split(X / X.std(), y, random_state=0)


@pytest.mark.parametrize("solver", SOLVERS, ids=lambda s: s["solver"])
@pytest.mark.parametrize("name", ACTIVATIONS)
def test_activation_learns_digits(name, solver, digits):
    X, X_test, y, y_test = digits
    network = NNBCDClassifier((32,), activation=name, random_state=0, **solver).fit(X, y)
    assert network.score(X_test, y_test) > 0.85


@pytest.mark.parametrize("solver", SOLVERS, ids=lambda s: s["solver"])
@pytest.mark.parametrize("name", CLASSIFICATION)
def test_loss_learns_digits(name, solver, digits):
    X, X_test, y, y_test = digits
    network = NNBCDClassifier((32,), loss=name, random_state=0, **solver).fit(X, y)
    assert network.score(X_test, y_test) > 0.9
    P = network.predict_proba(X_test)
    np.testing.assert_array_equal(P.argmax(axis=1), network.predict(X_test))


@pytest.mark.parametrize("name", CLASSIFICATION)
def test_loss_learns_two_classes(name, digits):
    X, X_test, y, y_test = digits
    network = NNBCDClassifier((16,), loss=name, solver="full", max_iter=15, random_state=0)
    network.fit(X, y > 4)
    assert network.score(X_test, y_test > 4) > 0.85
    assert network.predict_proba(X_test).shape == (len(y_test), 2)


@pytest.mark.parametrize("name", REGRESSION)
def test_loss_learns_diabetes(name, diabetes):
    X, X_test, y, y_test = diabetes
    network = NNBCDRegressor((16,), loss=name, solver="full", max_iter=40, random_state=0)
    # A linear model has 0.36 here.
    assert network.fit(X, y).score(X_test, y_test) > 0.25


@pytest.mark.parametrize("initializer", INITIALIZERS)
def test_no_activation_or_loss_diverges(initializer, digits):
    """Sweeps with penalties as by default never raise L, from whatever weights."""
    X, y = digits[0][:120], digits[2][:120]
    cases = [{"activation": name} for name in ACTIVATIONS] + [{"loss": name} for name in CLASSIFICATION]
    for case in cases:
        network = NNBCDClassifier((12, 8), initializer=initializer, solver="full", max_iter=6, **case)
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            warnings.simplefilter("ignore", ConvergenceWarning)  # six sweeps are few
            network.set_params(random_state=0).fit(X, y)
        curve = np.asarray(network.objective_curve_)
        assert np.isfinite(curve).all(), case
        assert np.all(np.diff(curve) <= 1e-9 * curve[:-1]), case
        assert curve[-1] < curve[0], case


@pytest.mark.parametrize("initializer", ["gaussian", "kaiming_normal", "orthogonal"])
def test_trains_learn_from_first_weights_of_any_size(initializer, digits):
    """The ridge makes them: without it W_i learns the rows by heart and its trains are below 0.4 here."""
    X, X_test, y, y_test = digits
    network = NNBCDClassifier((32, 32), compression="tt", rank=0.3, initializer=initializer, solver="full")
    network.set_params(max_iter=80, tol=0.0, random_state=0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        assert network.fit(X, y).score(X_test, y_test) > 0.75


# units of the targets ---------------------------------------------------------------------------


@pytest.mark.parametrize("name", [name for name in REGRESSION if LOSSES[name].standardises])
@pytest.mark.parametrize("solver", SOLVERS, ids=lambda s: s["solver"])
def test_predictions_follow_the_unit_of_the_targets(name, solver, diabetes):
    X, X_test, y, _ = diabetes
    options = {"loss": name, "random_state": 0, **solver}
    predicted = NNBCDRegressor((8,), **options).fit(X, y).predict(X_test)
    other = NNBCDRegressor((8,), **options).fit(X, 1000.0 * y - 7e4)
    np.testing.assert_allclose(other.predict(X_test), 1000.0 * predicted - 7e4, rtol=1e-6)


def test_delta_of_huber_is_in_units_of_the_spread(diabetes):
    """A wide delta is the squared error; the reported loss is that of the targets as they are."""
    X, _, y, _ = diabetes
    options = {"solver": "full", "max_iter": 10, "random_state": 0}
    wide = NNBCDRegressor((8,), loss=Huber(delta=1e3), **options).fit(X, y)
    square = NNBCDRegressor((8,), loss="squared_error", **options).fit(X, y)
    np.testing.assert_allclose(wide.predict(X), square.predict(X), rtol=1e-10)
    assert wide.loss_ == pytest.approx(square.loss_, rel=1e-10)
    narrow = NNBCDRegressor((8,), loss=Huber(delta=0.1), **options).fit(X, y)
    E, delta = np.abs(narrow.predict(X) - y), 0.1 * y.std()
    expected = np.where(E <= delta, E**2 / 2, delta * (E - delta / 2)).mean()
    assert narrow.loss_ == pytest.approx(expected, rel=1e-10)


@pytest.mark.parametrize("loss", ["absolute_error", Huber(0.1)], ids=str)
def test_robust_losses_bear_outliers(loss):
    """A tenth of the targets is 50 off; the squared error follows them, these losses do not.

    rho and gamma are large, as the splitting smooths the absolute error over (rho + gamma)/(rho gamma).
    """
    rng = np.random.default_rng(0)
    X = rng.normal(size=(300, 2))
    clean = X[:, 0] - X[:, 1]
    y = clean + np.where(np.arange(300) % 10 == 0, 50.0, 0.0)
    errors = []
    options = {"solver": "full", "max_iter": 300, "random_state": 0, "tol": 0}
    for name in (loss, "squared_error"):
        network = NNBCDRegressor((), loss=name, rho=20.0, gamma=20.0, **options)
        errors.append(np.abs(network.fit(X, y).predict(X) - clean).mean())
    assert errors[0] < 0.15 * errors[1]


@pytest.mark.parametrize("solver", SOLVERS, ids=lambda s: s["solver"])
def test_poisson_predicts_rates(solver):
    rng = np.random.default_rng(0)
    X = rng.normal(size=(400, 3))
    y = rng.poisson(np.exp(0.5 + X @ [0.8, -0.4, 0.2]))
    network = NNBCDRegressor((16,), loss="poisson", random_state=0, **solver).fit(X, y)
    predicted = network.predict(X)
    assert np.all(predicted > 0)
    assert mean_poisson_deviance(y, predicted) == pytest.approx(2 * network.loss_, rel=1e-9)
    constant = mean_poisson_deviance(y, np.full(400, y.mean()))
    assert mean_poisson_deviance(y, predicted) < 0.7 * constant


def test_poisson_refuses_negative_targets(diabetes):
    X, _, y, _ = diabetes
    with pytest.raises(ValueError, match=r"The 'y' of fit must be >= 0 for loss=Poisson\(\). Got -"):
        NNBCDRegressor(loss="poisson").fit(X, y - y.mean())
    network = NNBCDRegressor((4,), loss="poisson").partial_fit(X, y)
    with pytest.raises(ValueError, match=r"must be >= 0 for loss=Poisson\(\)"):
        network.partial_fit(X, -y)


# regularisers -----------------------------------------------------------------------------------


def test_weights_obey_their_regulariser(digits):
    X, X_test, y, y_test = digits
    options = {"solver": "full", "max_iter": 15, "random_state": 0}
    boxed = NNBCDClassifier((32,), weight_regularizer=Box(-0.1, 0.1), **options).fit(X, y)
    assert max(np.abs(W).max() for W in boxed.coefs_) <= 0.1
    sparse = NNBCDClassifier((32,), weight_regularizer=[L1(0.1), None], **options).fit(X, y)
    zeros = [float((W == 0).mean()) for W in sparse.coefs_]
    assert zeros[0] > 0.2 and zeros[1] == 0.0
    for network in (boxed, sparse):
        assert network.score(X_test, y_test) > 0.85


@pytest.mark.parametrize("solver", SOLVERS, ids=lambda s: s["solver"])
@pytest.mark.parametrize("name", REGULARIZERS)
def test_weight_regularizer_in_both_solvers(name, solver, digits):
    X, X_test, y, y_test = digits
    network = NNBCDClassifier((32,), weight_regularizer=name, random_state=0, **solver).fit(X, y)
    piece = REGULARIZERS[name]()
    for W in network.coefs_:
        assert np.isfinite(piece.value(W, xp=np)).all()
    # Weights that may not be negative learn less from pixels about their mean.
    assert network.score(X_test, y_test) > (0.7 if name == "nonnegative" else 0.8)


def test_a_compressed_layer_keeps_its_compression(digits):
    X, _, y, _ = digits
    options = {"compression": "low_rank", "rank": 4, "solver": "full", "max_iter": 3}
    network = NNBCDClassifier((32,), weight_regularizer=[None, "nonnegative"], **options).fit(X, y)
    assert np.linalg.matrix_rank(network.coefs_[0]) == 4
    assert (network.coefs_[1] >= 0).all()
    data, batches = {"solver": FullBatch(projection="data")}, {"solver": "minibatch"}
    ratio = {"rank": None, "compression_ratio": 0.5}
    for given in ({}, {"weight_regularizer": [L1(), None]}, data, batches, ratio):
        given = {"weight_regularizer": "l2" if "weight_regularizer" not in given and given else "l1"} | given
        with pytest.raises(
            ValueError, match="'weight_regularizer'.*must be None where a layer is compressed"
        ):
            NNBCDClassifier((32,), **(options | given)).fit(X, y)


@pytest.mark.parametrize("compression", ["low_rank", "tt", "cp", "tucker", "l0", "l1", "group_lasso"])
def test_a_squared_norm_stands_beside_a_format(compression, digits):
    """r_i is in L, every step descends, and a strong one makes W^MC small beside the same fit without."""
    X, _, y, _ = digits
    rank = 4 if compression in ("low_rank", "tt", "cp", "tucker") else None
    options = dict(
        compression=compression, rank=rank, solver=FullBatch(), max_iter=8, tau=5.0, random_state=0
    )
    plain = NNBCDClassifier((32,), **options).fit(X, y)
    small = NNBCDClassifier((32,), weight_regularizer=[L2(50.0), None], **options).fit(X, y)
    assert np.linalg.norm(small.coefs_[0]) < 0.5 * np.linalg.norm(plain.coefs_[0])
    assert np.all(np.diff(small.objective_curve_) <= 1e-9 * small.objective_curve_[0])


@pytest.mark.parametrize("name", REGULARIZERS)
def test_activity_regularizer_descends(name, digits):
    X, X_test, y, y_test = digits
    options = {"activity_regularizer": [name, None], "max_iter": 15, "random_state": 0}
    network = NNBCDClassifier((24, 16), activation="tanh", **options).fit(X, y)
    assert np.all(np.diff(network.objective_curve_) <= 0)
    assert network.score(X_test, y_test) > 0.8
    constraint = name in ("nonnegative", "box")
    assert ("regularizer" not in network.objective_terms_.dtype.names) == constraint


def test_activity_regularizer_needs_the_full_solver(digits):
    X, _, y, _ = digits
    with pytest.raises(ValueError, match="'activity_regularizer'.*no meaning for MiniBatch.*solver='full'"):
        NNBCDClassifier(activity_regularizer="l1", solver="minibatch").fit(X, y)
    assert not hasattr(NNBCDRegressor(activity_regularizer="l1"), "partial_fit")


@pytest.mark.parametrize("parameter", ["weight_regularizer", "activity_regularizer"])
@pytest.mark.parametrize(
    "value, error, message",
    [
        ("l3", ValueError, "Did you mean 'l[012p]'"),
        (3.0, TypeError, "an instance of BaseRegularizer"),
        (["l1"] * 5, ValueError, "one entry per"),
        (L1(-1.0), ValueError, "'strength' of L1"),
        (Box(1.0, 0.0), ValueError, "low <= high"),
    ],
    ids=str,
)
def test_wrong_regularisers_say_so(parameter, value, error, message, digits):
    X, _, y, _ = digits
    with pytest.raises(error, match=message):
        NNBCDClassifier((8,), **{parameter: value}).fit(X, y)
