# SPDX-License-Identifier: BSD-3-Clause
"""Layers: the contract of each, fed by the registry, and the engine's W step on them."""

import numpy as np
import pytest
from problems import NUMPY, draw_start, make_problem, start

from sklearn_nnbcd.engine import update_W
from sklearn_nnbcd.layers import LAYERS, AveragePool2D, Conv2D, Dense
from sklearn_nnbcd.testing._layers import check_layer

#: small instances and the shape of a row; a layer that is not here takes its width alone
EXAMPLES = {
    "dense": [(Dense(4), (6,)), (Dense(6), (4,)), (Dense(1), (3,)), (Dense(5), (1,))],
    "conv2d": [
        (Conv2D(3, 2), (3, 4, 2)),
        (Conv2D(2, (2, 3), stride=(2, 1), padding=(1, 0)), (4, 5, 1)),
        (Conv2D(1, 3, stride=2, padding=1), (5, 5, 2)),
        (Conv2D(4, 1), (2, 2, 3)),
    ],
    "average_pool2d": [
        (AveragePool2D(2).before(Dense(3)), (4, 5, 2)),
        (AveragePool2D((2, 1), stride=1).before(Conv2D(2, 2, padding=1)), (4, 3, 2)),
    ],
    "residual": [],  # a bracket, not a layer: tests/algorithm/test_residual.py
}


def examples(name):
    return EXAMPLES[name] if name in EXAMPLES else [(LAYERS[name](4), (6,))]


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("name", LAYERS)
def test_contract(name, dtype):
    for layer, input_shape in examples(name):
        check_layer(layer, input_shape, dtype=dtype)


@pytest.mark.parametrize("name", LAYERS)
def test_contract_in_the_standard(name, standard):
    for layer, input_shape in examples(name):
        check_layer(layer, input_shape, xp=standard)


@pytest.mark.parametrize("fit_intercept", [False, True])
@pytest.mark.parametrize("compression", ["none", "low_rank"])
def test_no_slope_after_the_weight_step(compression, fit_intercept):
    """W and b of (12), from a shift that is not the mean: all derivatives vanish."""
    rng, widths = np.random.default_rng(0), (5, 3)
    p = dict(rho=1.3, tau=0.7, ridge=0.2, alpha_w=0.4)
    problem = make_problem(widths, compression=compression, fit_intercept=fit_intercept, **p)
    X, Y, s = rng.normal(size=(20, 5)) + 3.0, rng.normal(size=(20, 3)), rng.uniform(0, 2, size=20)
    old, placement = start(problem, X, Y, s, *draw_start(problem, widths, rng), noise=rng)
    if fit_intercept:
        old = old.updated(shift=(1, rng.normal(size=5)))
    block, layer = placement.blocks[0], problem.layers[1]
    residual = block.U[1] - layer.forward(X, old.W[1], old.b[1], xp=NUMPY)
    sums = layer.statistics(X, residual, s, old.shift[1], with_gram=True, xp=NUMPY)
    new = update_W(old, 1, problem, sums)
    residual = block.U[1] - layer.forward(X, new.W[1], new.b[1], xp=NUMPY)
    slope = -p["rho"] * X.T @ (s[:, None] * residual)
    slope += p["ridge"] * new.W[1] + p["alpha_w"] * (new.W[1] - old.W[1])
    if compression != "none":
        slope += p["tau"] * (new.W[1] - old.M_dense[1])
    # Terms of a few hundred, rounded at 1e-16.
    np.testing.assert_allclose(slope, 0.0, atol=1e-11)
    if fit_intercept:
        np.testing.assert_allclose(s @ residual, 0.0, atol=1e-11)
    else:
        assert new.b[1] is None
