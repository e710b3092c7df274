# SPDX-License-Identifier: BSD-3-Clause
"""Derivatives of activations and losses, fed by the registries; wrong ones are caught."""

import numpy as np
import pytest
from problems import NUMPY

from sklearn_nnbcd.activations import ACTIVATIONS, LeakyReLU, Polynomial, ReLU, Sigmoid
from sklearn_nnbcd.losses import (
    LOSSES,
    AbsoluteError,
    CrossEntropy,
    Hinge,
    Huber,
    Logistic,
    Poisson,
    SquaredError,
)
from sklearn_nnbcd.losses._base import LEAST_CURVATURE, BaseLoss
from sklearn_nnbcd.testing._derivatives import check_derivative, check_gradient, check_hessian


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("name", ACTIVATIONS)
def test_derivative(name, dtype):
    check_derivative(ACTIVATIONS[name](), dtype=dtype)


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("name", LOSSES)
def test_gradient(name, dtype):
    check_gradient(LOSSES[name](), dtype=dtype)


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("name", LOSSES)
def test_hessian(name, dtype):
    check_hessian(LOSSES[name](), dtype=dtype)


@pytest.mark.parametrize("name", LOSSES)
def test_hessian_in_the_standard(name, standard):
    check_hessian(LOSSES[name](), xp=standard)


@pytest.mark.parametrize("activation", [LeakyReLU(0.3), Polynomial((1.0, -2.0, 0.0, 0.5))])
def test_derivative_with_parameters(activation):
    check_derivative(activation)


def test_in_the_standard(standard):
    for activation in ACTIVATIONS.values():
        check_derivative(activation(), xp=standard)
    for loss in LOSSES.values():
        check_gradient(loss(), xp=standard)


def test_relu_is_flat_at_zero():
    U = np.array([[-1.0, 0.0, 1e-300]])
    np.testing.assert_array_equal(ReLU().derivative(U, xp=np), [[0.0, 0.0, 1.0]])


@pytest.mark.parametrize("shift", [0.0, 1e-3])
def test_a_wrong_derivative_is_caught(shift):
    class Wrong(Sigmoid):
        def derivative(self, U, *, xp):
            return super().derivative(U, xp=xp) * (1.0 + shift)

    if not shift:
        return check_derivative(Wrong())
    with pytest.raises(AssertionError, match="not the slope"):
        check_derivative(Wrong())


@pytest.mark.parametrize("parent", [Logistic, Hinge])
def test_a_wrong_gradient_is_caught(parent):
    class Wrong(parent):
        def gradient(self, Y, V, *, xp):
            return super().gradient(Y, V, xp=xp) * 0.999

    with pytest.raises(AssertionError, match="not the slope"):
        check_gradient(Wrong())


# mean Hessians ------------------------------------------------------------------------------------


@pytest.mark.parametrize("delta", [0.02, 0.5, 10.0])
def test_hessian_of_another_huber(delta):
    check_hessian(Huber(delta))
    check_hessian(Huber(delta), random_state=7, dtype="float32")


def test_hessians_by_hand():
    """Rows with weights 1 and 3."""
    V, s = np.array([[0.0, np.log(3.0)], [0.0, 0.0]]), np.array([1.0, 3.0])
    # p (1 - p) = 3/16 of the first row and 1/4 of the second; the rows of both matrices sum to zero.
    mean = (3 / 16 + 3 * 4 / 16) / 4
    Y = np.array([[0.0, 1.0], [1.0, 0.0]])
    for given, times in ((Y, 1.0), (2.0 * Y, 2.0)):  # t = sum_k y_k
        H = CrossEntropy().mean_hessian(given, V, s, xp=NUMPY)
        np.testing.assert_allclose(H, times * mean * np.array([[1.0, -1.0], [-1.0, 1.0]]), rtol=1e-15)
    signs = 2.0 * Y - 1.0
    H = Logistic().mean_hessian(signs, V, s, xp=NUMPY)
    np.testing.assert_allclose(H, np.diag([1 / 4, mean]), rtol=1e-15)
    H = Poisson().mean_hessian(Y, V, s, xp=NUMPY)
    np.testing.assert_allclose(H, np.diag([1.0, 1.5]), rtol=1e-15)
    H = Huber(1.0).mean_hessian(np.array([[0.5, 0.0], [2.0, 0.0]]), V, s, xp=NUMPY)
    np.testing.assert_allclose(H, np.diag([1 / 4, 3 / 4]), rtol=1e-15)
    H = Hinge().mean_hessian(signs, V, s, xp=NUMPY)
    np.testing.assert_allclose(H, np.diag([1.0, 3 / 4]), rtol=1e-15)
    for loss in (SquaredError(), AbsoluteError()):
        np.testing.assert_array_equal(loss.mean_hessian(Y, V, s, xp=NUMPY), np.eye(2))


@pytest.mark.parametrize("loss, far", [(Huber(), -1e3), (Hinge(), 1e3)])
def test_curvature_where_no_row_has_any(loss, far):
    """All residuals beyond delta; all margins beyond 1."""
    Y = np.ones((5, 2))
    H = loss.mean_hessian(Y, far * Y, xp=NUMPY)
    np.testing.assert_array_equal(H, LEAST_CURVATURE * np.eye(2))


def test_a_sure_network_keeps_its_curvature():
    """In float32 p = 1 to the last digit, where p (1 - p) would be zero; t p_1 p_2 is exp(-30)."""
    V = np.array([[30.0, 0.0, -100.0]], np.float32)
    Y = np.array([[1.0, 0.0, 0.0]], np.float32)
    H = CrossEntropy().mean_hessian(Y, V, xp=NUMPY)
    np.testing.assert_allclose(H[:2, :2], np.exp(-30.0) * np.array([[1, -1], [-1, 1]]), rtol=1e-5)


@pytest.mark.parametrize("name", LOSSES)
def test_no_hessian_reads_an_array(name, monkeypatch):
    """On a GPU a read waits for all that came before."""
    xp = pytest.importorskip("array_api_strict")
    Y, V, s = xp.ones((4, 3)), xp.zeros((4, 3)), xp.ones((4,))

    def refuse(*args):
        raise AssertionError("read")

    for method in ("__bool__", "__float__", "__int__", "__index__"):
        monkeypatch.setattr(type(V), method, refuse)
    assert LOSSES[name]().mean_hessian(Y, V, s, xp=xp).shape == (3, 3)


def changed(base, change):
    """A loss whose mean Hessian is changed, with Y, V and s at hand."""

    def mean_hessian(self, Y, V, s=None, *, xp):
        return change(base().mean_hessian(Y, V, s, xp=xp), Y, V, s)

    return type(f"Wrong{base.__name__}", (base,), {"mean_hessian": mean_hessian})()


def product_alone(H, Y, V, s):
    """diag(p) - p p' of the mean p, not the mean of both."""
    if V.shape[1] == 1:
        return H
    p = np.average(CrossEntropy().to_proba(V, xp=NUMPY), axis=0, weights=s)
    return np.diag(p) - np.outer(p, p)


WRONG_HESSIANS = {
    "a little too large": (Logistic, lambda H, Y, V, s: 1.001 * H, "not the mean second"),
    "diagonal alone": (CrossEntropy, lambda H, Y, V, s: np.diag(np.diag(H)), "not the mean second"),
    "of the mean output": (CrossEntropy, product_alone, "not the mean second"),
    "a sum": (Poisson, lambda H, Y, V, s: H * (len(V) if s is None else s.sum()), "not the mean second"),
    "weights ignored": (
        Poisson,
        lambda H, Y, V, s: Poisson().mean_hessian(Y, V, xp=NUMPY),
        "not the mean second",
    ),
    "stand-in of ignored weights": (
        Hinge,
        lambda H, Y, V, s: Hinge().mean_hessian(Y, V, xp=NUMPY),
        "that many copies",
    ),
    "stand-in that is a sum": (
        AbsoluteError,
        lambda H, Y, V, s: H * (1.0 if s is None else (s > 0).sum() / 50 + s.sum()),
        "that many copies|sum of the weights",
    ),
    "no stand-in": (Hinge, lambda H, Y, V, s: 0.0 * H, "has a slope"),
    "indefinite": (SquaredError, lambda H, Y, V, s: H - 2.0 * np.ones_like(H), "eigenvalue"),
    "not symmetric": (SquaredError, lambda H, Y, V, s: H + np.triu(np.ones_like(H), 1), "symmetric"),
    "of each row": (SquaredError, lambda H, Y, V, s: np.stack([H] * len(V)), "shape"),
    "another dtype": (SquaredError, lambda H, Y, V, s: H.astype("float32"), "dtype"),
    "one over the residual": (
        AbsoluteError,
        lambda H, Y, V, s: H / np.abs(V - Y).mean(axis=0),
        "not finite|copies",
    ),
    "below the Hessian": (
        Huber,
        lambda H, Y, V, s: 0.9 * H,
        "not the mean second",
    ),
}


@pytest.mark.parametrize("case", WRONG_HESSIANS)
@pytest.mark.filterwarnings("ignore:divide by zero:RuntimeWarning", "ignore:invalid value:RuntimeWarning")
def test_a_wrong_hessian_is_caught(case):
    base, change, match = WRONG_HESSIANS[case]
    check_hessian(changed(base, lambda H, Y, V, s: H))
    with pytest.raises(AssertionError, match=match):
        check_hessian(changed(base, change))


@pytest.mark.parametrize("which", [0, 1, 2])
def test_an_expansion_of_its_own_is_caught(which):
    class Wrong(Huber):
        def expansion(self, Y, V, s=None, *, xp):
            parts = list(super().expansion(Y, V, s, xp=xp))
            exact = parts[which]
            parts[which] = (lambda: 1.01 * exact()) if which == 2 else 1.01 * exact
            return tuple(parts)

    with pytest.raises(AssertionError, match="expansion gives another"):
        check_hessian(Wrong())


def test_a_subclass_of_cross_entropy_keeps_its_own_hessian():
    class Identity(CrossEntropy):
        def mean_hessian(self, Y, V, s=None, *, xp):
            return xp.eye(V.shape[1], dtype=V.dtype)

    Y, V = np.eye(3), np.zeros((3, 3))
    assert np.array_equal(Identity().expansion(Y, V, xp=np)[2](), np.eye(3))


def test_a_loss_that_calls_its_stand_in_exact_is_caught():
    class Wrong(Hinge):
        exact_hessian = True

    with pytest.raises(AssertionError, match="not the mean second"):
        check_hessian(Wrong())


def test_a_stand_in_below_the_hessian_is_caught():
    class Wrong(Logistic):
        exact_hessian = False

        def mean_hessian(self, Y, V, s=None, *, xp):
            return 0.9 * super().mean_hessian(Y, V, s, xp=xp)

    with pytest.raises(AssertionError, match="below the mean second"):
        check_hessian(Wrong())


def test_a_loss_without_a_hessian_is_caught():
    class Without(Hinge):
        mean_hessian = BaseLoss.mean_hessian

    with pytest.raises(AssertionError, match="Without has no mean_hessian"):
        check_hessian(Without())
