# SPDX-License-Identifier: BSD-3-Clause
"""Initialisers: the contract of each, fed by the registry, and the published variances."""

import numpy as np
import pytest
from sklearn.base import clone

from sklearn_nnbcd.initializers import INITIALIZERS, Gaussian, KaimingNormal, Orthogonal, Uniform
from sklearn_nnbcd.testing._base import check_initializer

#: variance of an entry as published; a name that is not here is held to the rest of the contract
VARIANCES = {
    "gaussian": lambda d_in, d_out: 0.01**2,
    "uniform": lambda d_in, d_out: 0.05**2 / 3,
    "kaiming_normal": lambda d_in, d_out: 2 / d_in,
    "kaiming_uniform": lambda d_in, d_out: 2 / d_in,
    "lecun_normal": lambda d_in, d_out: 1 / d_in,
    "lecun_uniform": lambda d_in, d_out: 1 / d_in,
    "xavier_normal": lambda d_in, d_out: 2 / (d_in + d_out),
    "xavier_uniform": lambda d_in, d_out: 2 / (d_in + d_out),
    "orthogonal": lambda d_in, d_out: 1 / max(d_in, d_out),
}


@pytest.mark.parametrize("name", INITIALIZERS)
def test_contract(name):
    check_initializer(INITIALIZERS[name](), variance=VARIANCES.get(name))


@pytest.mark.parametrize("name", INITIALIZERS)
def test_parameters_survive_a_clone(name):
    assert clone(INITIALIZERS[name]()).get_params() == INITIALIZERS[name]().get_params()


@pytest.mark.parametrize("name", [name for name in INITIALIZERS if name.endswith("uniform")])
def test_uniform_draws_are_bounded_and_fill_their_interval(name):
    W = INITIALIZERS[name]().draw((200, 100), np.random.RandomState(0))
    half = np.sqrt(3 * VARIANCES[name](200, 100))
    assert np.max(np.abs(W)) <= half
    # 20,000 draws: the largest is nearer to the end than a thousandth, but for odds of e^-20.
    assert np.max(np.abs(W)) >= 0.999 * half


@pytest.mark.parametrize("shape", [(30, 12), (12, 30), (9, 9), (1, 5), (5, 1)])
def test_orthogonal(shape):
    W = Orthogonal(gain=1.5).draw(shape, np.random.RandomState(0)) / 1.5
    small = W.T @ W if shape[0] >= shape[1] else W @ W.T
    np.testing.assert_allclose(small, np.eye(min(shape)), atol=1e-14)


def test_orthogonal_has_no_preferred_signs():
    draws = [Orthogonal().draw((1, 1), np.random.RandomState(k))[0, 0] for k in range(40)]
    assert min(draws) == -1.0 and max(draws) == 1.0


@pytest.mark.parametrize(
    "small, large, factor",
    [
        (Gaussian(scale=0.01), Gaussian(scale=0.03), 3.0),
        (Uniform(scale=0.1), Uniform(scale=0.2), 2.0),
        (KaimingNormal(), KaimingNormal(gain=0.1), 0.1),
        (Orthogonal(), Orthogonal(gain=0.5), 0.5),
    ],
    ids=str,
)
def test_parameters_scale_the_draw(small, large, factor):
    a = small.draw((4, 3), np.random.RandomState(0))
    b = large.draw((4, 3), np.random.RandomState(0))
    np.testing.assert_allclose(b, factor * a, rtol=1e-14)
