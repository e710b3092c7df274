# SPDX-License-Identifier: BSD-3-Clause
"""Losses: the contract of each, fed by the registry, and known answers."""

import numpy as np
import pytest
import reference
from problems import NUMPY
from scipy.optimize import minimize_scalar
from sklearn.base import clone

from sklearn_nnbcd.losses import (
    LOSSES,
    CrossEntropy,
    Exponential,
    Hinge,
    Huber,
    JointHinge,
    Logistic,
    Poisson,
    SquaredError,
)
from sklearn_nnbcd.testing._base import check_loss, check_probabilities


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("name", LOSSES)
def test_contract(name, dtype):
    check_loss(LOSSES[name](), dtype=dtype)


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("name", [n for n in LOSSES if "classification" in LOSSES[n].tasks])
def test_probabilities(name, dtype):
    check_probabilities(LOSSES[name](), dtype=dtype)


@pytest.mark.parametrize("name", LOSSES)
def test_contract_in_the_standard(name, standard):
    check_loss(LOSSES[name](), xp=standard)
    if "classification" in LOSSES[name].tasks:
        check_probabilities(LOSSES[name](), xp=standard)


@pytest.mark.parametrize("name", LOSSES)
def test_parameters_survive_a_clone(name):
    assert clone(LOSSES[name]()).get_params() == LOSSES[name]().get_params()


@pytest.mark.parametrize("name", LOSSES)
def test_prox_of_one_output_beside_a_scalar_search(name):
    rng, loss = np.random.default_rng(0), LOSSES[name]()
    for _ in range(20):
        y, c, weight = rng.choice([-1.0, 1.0]), 3.0 * rng.normal(), 10.0 ** rng.uniform(-1, 1)
        Y, C = np.array([[y]]), np.array([[c]])

        def value(v, Y=Y, c=c, weight=weight):
            return float(loss.value(Y, np.array([[v]]), xp=NUMPY)[0]) + weight / 2 * (v - c) ** 2

        reach = 10.0 + abs(c) + 2.0 / weight
        found = minimize_scalar(value, bounds=(-reach, reach), method="bounded")
        # The search knows the place to the root of the rounding unit.
        assert loss.prox(Y, C, weight, xp=NUMPY)[0, 0] == pytest.approx(found.x, abs=1e-4)


@pytest.mark.parametrize("weight", [0.2, 1.0, 7.0])
def test_hinge_is_lemma_8_for_targets_of_any_size(weight):
    rng = np.random.default_rng(0)
    Y, C = rng.normal(size=(20, 30)), 3.0 * rng.normal(size=(20, 30))
    Y[0, :5] = 0.0
    V = Hinge().prox(Y, C, weight, xp=NUMPY)
    for place in np.ndindex(Y.shape):
        expected = reference.hinge_prox(Y[place], C[place], weight)
        assert V[place] == pytest.approx(expected, rel=1e-12, abs=1e-12)


def test_squared_error_by_hand():
    """Half the squared distance, summed over outputs: 1/2 (1 + 4) and 1/2 (9 + 0)."""
    Y, V = np.array([[1.0, 0.0], [0.0, 0.0]]), np.array([[0.0, 2.0], [3.0, 0.0]])
    np.testing.assert_array_equal(SquaredError().value(Y, V, xp=NUMPY), [2.5, 4.5])
    expected = [[0.25, 1.5], [2.25, 0.0]]
    np.testing.assert_array_equal(SquaredError().prox(Y, V, 3.0, xp=NUMPY), expected)


def test_hinge_by_hand():
    Y, V = np.array([[1.0, -1.0], [-1.0, 1.0]]), np.array([[0.25, -2.0], [1.0, 1.0]])
    np.testing.assert_array_equal(Hinge().value(Y, V, xp=NUMPY), [0.75, 2.0])


def test_cross_entropy_by_hand():
    """Uniform outputs of three classes; two classes are the logistic loss of one output."""
    Y, V = np.array([[0.0, 1.0, 0.0]]), np.full((1, 3), 5.0)
    assert CrossEntropy().value(Y, V, xp=NUMPY)[0] == pytest.approx(np.log(3.0), rel=1e-14)
    np.testing.assert_allclose(CrossEntropy().to_proba(V, xp=NUMPY), np.full((1, 3), 1 / 3))
    y, v = np.array([[1.0], [-1.0]]), np.array([[0.3], [2.0]])
    np.testing.assert_array_equal(CrossEntropy().value(y, v, xp=NUMPY), Logistic().value(y, v, xp=NUMPY))


@pytest.mark.parametrize("name", ["logistic", "cross_entropy", "poisson", "huber"])
@pytest.mark.parametrize("weight", [1e-3, 1.0, 1e3])
def test_smooth_prox_has_no_gradient(name, weight):
    rng, loss = np.random.default_rng(0), LOSSES[name]()
    Y = np.eye(5)[rng.integers(5, size=200)] * (2.0 if loss.off < 0 else 1.0) + loss.off
    C = 10.0 ** rng.uniform(-1, 2, size=(200, 1)) * rng.normal(size=(200, 5))
    P = loss.prox(Y, C, weight, xp=NUMPY)
    slope = loss.gradient(Y, P, xp=NUMPY) + weight * (P - C)
    # Numbers of the size of weight |p| are subtracted, and p itself is rounded.
    assert np.all(np.abs(slope) <= 1e-12 * (1.0 + weight * (np.abs(P) + np.abs(C))))


def test_rescaled_huber_orders_alike():
    """value of targets and outputs times 3, with delta times 3, is 9 times the value."""
    rng = np.random.default_rng(0)
    Y, V, loss = rng.normal(size=(50, 2)), 3.0 * rng.normal(size=(50, 2)), Huber(delta=0.8)
    np.testing.assert_allclose(
        loss.rescaled(3.0).value(3.0 * Y, 3.0 * V, xp=NUMPY), 9.0 * loss.value(Y, V, xp=NUMPY)
    )


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_poisson_stays_finite_where_exp_does_not(dtype):
    Y, V = np.ones((1, 1), dtype), np.full((1, 1), 2000.0, dtype)
    loss = Poisson()
    for number in (loss.value(Y, V, xp=NUMPY), loss.gradient(Y, V, xp=NUMPY)):
        assert np.all(np.isfinite(number)) and number.dtype == dtype
    assert loss.value(Y, 0.0 * V, xp=NUMPY)[0] == 0.0  # exp(0) = y


def test_joint_hinge_by_hand():
    """Codes 1 and -1/2 of three classes: margins 2 - 0.5 and 0.4; equal outputs gain nothing."""
    Y = np.array([[1.0, -1.0, -1.0], [-1.0, -1.0, 1.0], [1.0, -1.0, -1.0]])
    V = np.array([[2.0, 0.5, 0.5], [-0.2, 0.0, 0.3], [7.0, 7.0, 7.0]])
    np.testing.assert_allclose(JointHinge().value(Y, V, xp=NUMPY), [0.0, 0.6, 1.0], atol=1e-15)
    rng = np.random.default_rng(0)
    y, v = rng.choice([-1.0, 1.0], size=(30, 1)), rng.normal(size=(30, 1))
    for got, expected in (
        (JointHinge().value(y, v, xp=NUMPY), Hinge().value(y, v, xp=NUMPY)),
        (JointHinge().prox(y, v, 0.7, xp=NUMPY), Hinge().prox(y, v, 0.7, xp=NUMPY)),
    ):
        np.testing.assert_allclose(got, expected, rtol=1e-15)


def test_exponential_by_hand():
    """exp(-1) and exp(2); the prox moves -1 to 0, where exp(0) is the distance."""
    Y, V = np.array([[1.0], [-1.0]]), np.array([[1.0], [2.0]])
    np.testing.assert_allclose(Exponential().value(Y, V, xp=NUMPY), np.exp([-1.0, 2.0]), rtol=1e-15)
    assert Exponential().prox(np.ones((1, 1)), np.full((1, 1), -1.0), 1.0, xp=NUMPY)[0, 0] == pytest.approx(
        0.0
    )


@pytest.mark.parametrize("smoothing", [0.02, 0.5, 1.0])
@pytest.mark.parametrize("loss", [Logistic, CrossEntropy])
def test_smoothed_targets_are_the_mean_over_labels_and_their_prox_has_no_gradient(loss, smoothing):
    """1 - s of the loss of the label, and s of the mean over all labels; and the gradient of both."""
    rng = np.random.default_rng(0)
    if loss is Logistic:
        V, C, labels = 3.0 * rng.normal(size=(6, 1)), 2.0 * rng.normal(size=(6, 1)), [-1.0, 1.0]
        targets = [np.full((6, 1), label) for label in labels]
    else:
        V, C = 3.0 * rng.normal(size=(6, 3)), 2.0 * rng.normal(size=(6, 3))
        targets = [np.repeat(np.eye(3)[[k]], 6, axis=0) for k in range(3)]
    smoothed, plain = loss(smoothing), loss(0.0)
    for part in ("value", "gradient"):
        each = [getattr(plain, part)(Y, V, xp=NUMPY) for Y in targets]
        expected = (1.0 - smoothing) * each[0] + smoothing * np.mean(each, axis=0)
        found = getattr(smoothed, part)(targets[0], V, xp=NUMPY)
        np.testing.assert_allclose(found, expected, rtol=1e-12, atol=1e-14)
    P = smoothed.prox(targets[0], C, 0.7, xp=NUMPY)
    slope = smoothed.gradient(targets[0], P, xp=NUMPY) + 0.7 * (P - C)
    np.testing.assert_allclose(slope, 0.0, atol=1e-9)  # Newton's method stops at rounding
