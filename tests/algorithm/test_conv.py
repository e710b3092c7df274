# SPDX-License-Identifier: BSD-3-Clause
"""Convolution and pooling: beside plain loops, and on digits beside dense layers."""

import numpy as np
import pytest
from problems import NUMPY
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

from sklearn_nnbcd import NNBCDClassifier
from sklearn_nnbcd.layers import AveragePool2D, Conv2D, Dense


def convolve(image, kernel, stride, padding):
    """(17) entry by entry; kernel of shape (height, width, C, S)."""
    (H, W, C), (kh, kw, _, S) = image.shape, kernel.shape
    rows = (H + 2 * padding[0] - kh) // stride[0] + 1
    columns = (W + 2 * padding[1] - kw) // stride[1] + 1
    out = np.zeros((rows, columns, S))
    for y, x, i, j, c, s in np.ndindex(rows, columns, kh, kw, C, S):
        a, b = y * stride[0] + i - padding[0], x * stride[1] + j - padding[1]
        if 0 <= a < H and 0 <= b < W:
            out[y, x, s] += image[a, b, c] * kernel[i, j, c, s]
    return out


@pytest.mark.parametrize(
    ("size", "stride", "padding"),
    [((3, 3), (1, 1), (0, 0)), ((2, 3), (2, 1), (1, 0)), ((1, 2), (3, 2), (0, 2))],
)
def test_convolution_is_that_of_plain_loops(size, stride, padding):
    rng, shape = np.random.default_rng(0), (5, 6, 2)
    layer = Conv2D(3, size, stride=stride, padding=padding).bind(shape)
    V, b = rng.normal(size=(4, *shape)), rng.normal(size=3)
    K = rng.normal(size=(*size, 2, 3))
    U = layer.forward(V.reshape(4, -1), K.reshape(-1, 3), b, xp=NUMPY)
    expected = np.stack([convolve(image, K, stride, padding) + b for image in V])
    assert layer.build(shape) == expected.shape[1:]
    np.testing.assert_allclose(U.reshape(expected.shape), expected, atol=1e-12)


def test_pooling_is_that_of_plain_loops():
    rng, shape = np.random.default_rng(0), (5, 7, 2)
    pool = AveragePool2D((2, 3), stride=(1, 2)).bind(shape)
    V = rng.normal(size=(3, *shape))
    expected = np.zeros((3, 4, 3, 2))
    for n, y, x, c in np.ndindex(expected.shape):
        expected[n, y, x, c] = V[n, y : y + 2, 2 * x : 2 * x + 3, c].mean()
    out = pool.forward(V.reshape(3, -1), xp=NUMPY)
    np.testing.assert_allclose(out.reshape(expected.shape), expected, atol=1e-14)


@pytest.mark.parametrize(
    ("layer", "shape"),
    [
        (Dense(5), (3, 4, 2)),
        (Conv2D(5, 2, stride=2), (4, 4, 3)),  # every pixel in one patch: exact there
        (AveragePool2D(2).before(Dense(3)), (4, 4, 2)),  # windows side by side
    ],
)
def test_channel_metric_is_the_mean_of_the_pixels_blocks(layer, shape):
    """Beside the full form B S B' of the matrix B of V -> T(V) W, with S the same at each position."""
    rng = np.random.default_rng(0)
    d_in, d_out = layer.weight_shape(shape)
    layer, W, A = layer.bind(shape), rng.normal(size=(d_in, d_out)), rng.normal(size=(9, d_out))
    S = A.T @ A
    B = layer.forward(np.eye(np.prod(shape)), W, None, xp=NUMPY)
    full = B @ np.kron(np.eye(layer.positions), S) @ B.T
    pixels, channels = shape[0] * shape[1], shape[2]
    blocks = full.reshape(pixels, channels, pixels, channels)
    expected = sum(blocks[k, :, k, :] for k in range(pixels)) / pixels
    np.testing.assert_allclose(layer.pull_back_metric(S, W, xp=NUMPY), expected, rtol=1e-12)


def test_conv_is_as_good_as_dense_of_the_same_size_on_digits():
    """Mean test accuracy of two splits: 5510 parameters with convolution, 5485 without.

    On images of 8 x 8 there is little for shared weights to win: 0.971 beside 0.975.
    """
    X, y = load_digits(return_X_y=True)
    layers = [Conv2D(16, 3, padding=1), AveragePool2D(2), Dense(20)]
    scores = np.zeros((2, 2))
    for seed in range(2):
        parts = train_test_split(X / 16.0, y, test_size=0.5, random_state=seed)
        models = (
            NNBCDClassifier(layers=layers, input_shape=(8, 8, 1), random_state=seed),
            NNBCDClassifier(hidden_layer_sizes=(73,), random_state=seed),
        )
        for k, model in enumerate(models):
            model.fit(parts[0], parts[2])
            scores[seed, k] = model.score(parts[1], parts[3])
            assert abs(model.n_parameters_ - 5500) <= 20
    conv, dense = scores.mean(axis=0)
    assert conv > dense - 0.01 and conv >= 0.965
