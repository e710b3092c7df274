# SPDX-License-Identifier: BSD-3-Clause
"""Derivatives of activations and losses, fed by the registries; wrong ones are caught."""

import numpy as np
import pytest

from sklearn_nnbcd.activations import ACTIVATIONS, LeakyReLU, Polynomial, ReLU, Sigmoid
from sklearn_nnbcd.losses import LOSSES, Hinge, Logistic
from sklearn_nnbcd.testing._derivatives import check_derivative, check_gradient


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("name", ACTIVATIONS)
def test_derivative(name, dtype):
    check_derivative(ACTIVATIONS[name](), dtype=dtype)


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("name", LOSSES)
def test_gradient(name, dtype):
    check_gradient(LOSSES[name](), dtype=dtype)


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
