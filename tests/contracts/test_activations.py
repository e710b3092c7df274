# SPDX-License-Identifier: BSD-3-Clause
"""Activations: the contract of each, fed by the registry, and the printed lemma."""

import numpy as np
import pytest
import reference
from problems import NUMPY
from sklearn.base import clone

from sklearn_nnbcd.activations import (
    ACTIVATIONS,
    LeakyReLU,
    Polynomial,
    ReLU,
    Sigmoid,
    Softplus,
    Tanh,
)
from sklearn_nnbcd.testing._base import check_activation


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("name", ACTIVATIONS)
def test_contract(name, dtype):
    for seed in range(3):
        check_activation(ACTIVATIONS[name](), dtype=dtype, random_state=seed)


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_contract_in_the_standard(name, standard):
    check_activation(ACTIVATIONS[name](), xp=standard)


@pytest.mark.parametrize("slope", [0.0, 0.3, 1.0, 2.0])
def test_slopes(slope):
    check_activation(LeakyReLU(negative_slope=slope))


@pytest.mark.parametrize("beta", [0.2, 5.0])
def test_sharp_softplus(beta):
    """The contract, the formula, and relu from afar."""
    sigma, U = Softplus(beta), np.array([[-0.7, 0.0, 1.3, 200.0]])
    check_activation(sigma)
    expected = [*np.log1p(np.exp(beta * U[0, :3])) / beta, 200.0]
    np.testing.assert_allclose(sigma(U, xp=NUMPY)[0], expected, rtol=1e-14)
    slope = (sigma(U + 1e-6, xp=NUMPY) - sigma(U - 1e-6, xp=NUMPY)) / 2e-6
    np.testing.assert_allclose(sigma.derivative(U, xp=NUMPY), slope, rtol=1e-7)
    with pytest.raises(ValueError, match="'beta' of Softplus"):
        Softplus(0.0).check_parameters()


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_parameters_survive_a_clone(name):
    activation = ACTIVATIONS[name]()
    assert clone(activation).get_params() == activation.get_params()


@pytest.mark.parametrize("weight", [0.01, 1.0, 30.0])
def test_relu_is_lemma_9(weight):
    rng = np.random.default_rng(0)
    V, C = 3.0 * rng.normal(size=(20, 30)), 3.0 * rng.normal(size=(20, 30))
    U = ReLU().prox(V, C, weight, xp=NUMPY)
    for place in np.ndindex(V.shape):
        assert U[place] == pytest.approx(reference.relu_prox(V[place], C[place], weight), rel=1e-13)


def test_relu_prox_at_the_corners():
    """Where v and the centre are 0 or of one sign, by hand."""
    V = np.array([[0.0, 2.0, -2.0, -2.0, 0.0, 0.0]])
    C = np.array([[0.0, 0.0, 0.0, 1.0, -1.0, 1.0]])
    U = ReLU().prox(V, C, 1.0, xp=NUMPY)
    np.testing.assert_array_equal(U, [[0.0, 1.0, 0.0, 0.0, -1.0, 0.5]])


@pytest.mark.parametrize(
    "activation, v, center",
    [
        (Sigmoid(), 1.0, -9.0),
        (Sigmoid(), 0.0, 9.0),
        (Tanh(), 1.0, -5.0),
        (Softplus(), 9.0, -10.0),
    ],
    ids=["sigmoid", "mirrored sigmoid", "tanh", "softplus"],
)
def test_the_lower_of_two_valleys(activation, v, center):
    """A valley near the center and a lower one far away, near sigma(u) = v."""
    weight, grid = 0.004, np.linspace(-12.0, 12.0, 24001)
    values = (activation(grid, xp=NUMPY) - v) ** 2 + weight * (grid - center) ** 2
    inner = values[1:-1]
    valleys = grid[1:-1][(inner < values[:-2]) & (inner < values[2:])]
    assert len(valleys) == 2
    u = activation.prox(np.array([[v]]), np.array([[center]]), weight, xp=NUMPY)[0, 0]
    assert u == pytest.approx(valleys[np.argmax(np.abs(valleys - center))], abs=1e-3)
    assert abs(u - center) > 4.0


@pytest.mark.parametrize("coefficients", [(1.0, -2.0), (0, -1, 0.5, 0.25), (1.0, 0.0, 0.0, -1.0)])
def test_polynomials(coefficients):
    check_activation(Polynomial(coefficients))


@pytest.mark.parametrize("coefficients", [(), (1.0,), (1.0, 0.0), 2.0, (0.0, np.nan), ("a", "b"), None])
def test_a_wrong_polynomial_says_so(coefficients):
    with pytest.raises(ValueError, match="The 'coefficients' of Polynomial must be"):
        Polynomial(coefficients)(np.ones((1, 1)), xp=NUMPY)
