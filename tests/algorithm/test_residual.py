# SPDX-License-Identifier: BSD-3-Clause
"""Stacks of layers: how a list is resolved, what is refused, how data and messages pass through."""

import pickle
from dataclasses import replace

import numpy as np
import pytest
from problems import NUMPY, make_stack_problem
from sklearn.base import clone

from sklearn_nnbcd import NNBCDClassifier, NNBCDRegressor
from sklearn_nnbcd.compressions import DenseWeight
from sklearn_nnbcd.engine import forward, initial_weights
from sklearn_nnbcd.engine._minibatch._messages import activation_slopes, linearized_messages
from sklearn_nnbcd.engine._minibatch._rows import share_roots, weighted_inputs, weighted_rows
from sklearn_nnbcd.layers import AveragePool2D, Conv2D, Dense, Residual, resolve_stack
from sklearn_nnbcd.solvers import ExactMiniBatch, FullBatch, MiniBatch

IMAGE = (6, 6, 2)


def test_a_list_becomes_bound_layers_and_skips():
    stack = resolve_stack(
        [
            Conv2D(4, 3, padding=1),
            Residual([Conv2D(4, 3, padding=1), Conv2D(4, 3, padding=1)]),
            AveragePool2D(3),
            Dense(5),
            Residual([Dense(7), Dense(7), Dense(5)]),
        ],
        IMAGE,
        3,
        "E",
    )
    assert stack.shapes == [(18, 4), (36, 4), (36, 4), (16, 5), (5, 7), (7, 7), (7, 5), (5, 3)]
    assert stack.skips == (None, None, None, 1, None, None, None, 4, None)
    shapes = [layer.input_shape_ for layer in stack.layers[1:]]
    assert shapes == [IMAGE, *[(6, 6, 4)] * 3, (5,), (7,), (7,), (5,)]


WRONG = {
    "not a list": (Dense(3), "must be a list of layers", "Try"),
    "a number": ([Dense(3), 7], r"layer 2, 7, gets rows of shape \(3,\)", "hidden_layer_sizes"),
    "a class": ([Conv2D], r"layer 1, .*Conv2D.*gets rows of shape \(6, 6, 2\)", "must be a layer"),
    "conv after dense": (
        [Dense(9), Conv2D(2, 3)],
        r"layer 2, Conv2D\(filters=2, kernel_size=3\), gets rows of shape \(9,\)",
        "before any Dense",
    ),
    "pool after dense": (
        [Dense(9), AveragePool2D(2), Dense(2)],
        r"layer 2, AveragePool2D\(\), gets rows of shape \(9,\)",
        "before any Dense",
    ),
    "kernel too large": (
        [Conv2D(2, 3, stride=2), Conv2D(2, 3)],
        r"layer 2, .*gets rows of shape \(2, 2, 2\).*\(3, 3\) pixels must fit",
        "lower kernel_size",
    ),
    "window too large": (
        [AveragePool2D(7), Dense(2)],
        r"layer 1, .*gets rows of shape \(6, 6, 2\).*window of \(7, 7\)",
        "lower pool_size",
    ),
    "two poolings": (
        [AveragePool2D(2), AveragePool2D(2), Dense(2)],
        r"layer 2, .*gets rows of shape \(3, 3, 2\)",
        "larger pool_size",
    ),
    "no filters": ([Conv2D(0, 3)], r"layer 1, .*'filters' of Conv2D.*>= 1", "Try 8"),
    "half a filter": ([Conv2D(2.5, 3)], r"layer 1, .*'filters' of Conv2D.*Got 2.5", "Try 8"),
    "no units": ([Dense(0)], r"layer 1, .*'units' of Dense.*>= 1", "Try 100"),
    "zero stride": ([Conv2D(2, 3, stride=0)], r"layer 1, .*'stride' of Conv2D.*at least 1", "Try 1"),
    "padding below 0": ([Conv2D(2, 3, padding=-1)], r"'padding' of Conv2D.*at least 0", "Try 1"),
    "kernel of three": ([Conv2D(2, (3, 3, 3))], r"'kernel_size' of Conv2D.*pair", "Try 1"),
    "kernel as text": ([Conv2D(2, "3")], r"'kernel_size' of Conv2D.*Got '3'", "Try 1"),
    "zero pool": ([AveragePool2D(0), Dense(2)], r"'pool_size' of AveragePool2D", "Try 1"),
    "residual of one": (
        [Dense(4), Residual([Dense(4)])],
        r"layer 2, Residual.*gets rows of shape \(4,\).*at least two",
        "add a second one",
    ),
    "residual of none": ([Dense(4), Residual([])], "layer 2, .*at least two", "take it out"),
    "residual of a layer": ([Residual(Dense(4))], "layer 1, .*'layers' must be a list", "such as"),
    "residual of another shape": (
        [Dense(4), Residual([Dense(4), Dense(5)])],
        r"layer 2, .*gets rows of shape \(4,\).*has the shape \(5,\)",
        "change the last layer",
    ),
    "residual without padding": (
        [Residual([Conv2D(2, 3), Conv2D(2, 3)])],
        r"layer 1, .*shape \(6, 6, 2\).*has the shape \(2, 2, 2\)",
        "padding",
    ),
    "wrong layer in a residual": (
        [Residual([Dense(4), Conv2D(2, 3)])],
        r"layer 1.2, Conv2D.*gets rows of shape \(4,\)",
        "before any Dense",
    ),
    "residual in a residual": (
        [Dense(4), Residual([Dense(4), Residual([Dense(4), Dense(4)])])],
        r"layer 2.2, .*cannot hold a block",
        "one after the other",
    ),
    "pooling before a residual": (
        [AveragePool2D(2), Residual([Conv2D(2, 1), Conv2D(2, 1)])],
        r"layer 2, .*gets rows of shape \(3, 3, 2\)",
        "layer with weights between",
    ),
    "pooling at the end of a residual": (
        [Residual([Conv2D(2, 1), Conv2D(2, 1), AveragePool2D(1)])],
        "layer 1, .*must end with a layer that has weights",
        "not with a pooling",
    ),
}


@pytest.mark.parametrize("case", WRONG)
def test_a_wrong_list_names_the_layer_its_input_and_the_cure(case):
    layers, what, cure = WRONG[case]
    X, y = np.random.default_rng(0).normal(size=(12, *IMAGE)), np.arange(12) % 3
    model = NNBCDClassifier(layers=layers)
    with pytest.raises((ValueError, TypeError), match=what) as caught:
        model.fit(X, y)
    message = str(caught.value)
    assert "'layers' of NNBCDClassifier" in message and cure in message
    model.set_params(layers=[Dense(3)], max_iter=1).fit(X, y)


@pytest.mark.parametrize(
    ("parameters", "match"),
    [
        (dict(layers=[Dense(3)], hidden_layer_sizes=(5,)), "Got both.*leave hidden_layer_sizes out"),
        (dict(layers=[Conv2D(2, 3)]), r"layer 1, .*rows of shape \(72,\).*give input_shape="),
        (dict(layers=[Conv2D(2, 3)], input_shape=(5, 5, 2)), "number of features, 72.*product 50"),
        (dict(layers=[Conv2D(2, 3)], input_shape=(6, 12)), r"'input_shape'.*height.*Try"),
        (dict(layers=[Conv2D(2, 3)], input_shape="6"), r"'input_shape'.*Got '6'.*Try"),
    ],
)
def test_parameters_that_do_not_fit_together(parameters, match):
    X, y = np.zeros((12, 72)), np.arange(12) % 3
    with pytest.raises((ValueError, TypeError), match=match):
        NNBCDClassifier(**parameters).fit(X, y)


def test_images_and_their_flat_rows_are_the_same_data():
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(40, *IMAGE)), rng.normal(size=40)
    layers = [Conv2D(3, 3), AveragePool2D(2), Dense(6)]
    model = NNBCDRegressor(layers=layers, solver="full", max_iter=3, random_state=0)
    by_image = clone(model).fit(X, y)
    flat = X.reshape(40, -1)
    by_row = clone(model).set_params(input_shape=IMAGE).fit(flat, y)
    np.testing.assert_array_equal(by_image.predict(X), by_row.predict(flat))
    np.testing.assert_array_equal(by_image.predict(flat), by_row.predict(X))
    assert by_image.n_features_in_ == 72
    assert [W.shape for W in by_image.coefs_] == [(18, 3), (12, 6), (6, 1)]
    again = pickle.loads(pickle.dumps(by_image))
    np.testing.assert_array_equal(again.predict(X), by_image.predict(X))
    with pytest.raises(ValueError, match=r"images of shape \(6, 6, 2\).*Got .*\(40, 6, 12, 1\)"):
        by_image.predict(X.reshape(40, 6, 12, 1))
    with pytest.raises(ValueError, match=r"channel by X\[\.\.\., None\]"):
        clone(model).fit(X[..., 0], y)


@pytest.mark.parametrize("solver", [FullBatch(), MiniBatch(batch_size=24), ExactMiniBatch(batch_size=24)])
def test_weights_are_copies_with_convolution_and_residual(solver):
    """A weight of 2 is two copies: every position of a sample carries its weight.

    The ridge is given: the evidence counts how many different rows there are, not copies.
    """
    rng = np.random.default_rng(1)
    X, y, s = rng.normal(size=(12, *IMAGE)), rng.normal(size=12), np.arange(12) % 3
    layers = [Conv2D(2, 3), Residual([Conv2D(3, 1), Conv2D(2, 1)])]
    # One batch of all rows: both fits then see the same sums.
    model = NNBCDRegressor(layers=layers, solver=solver, ridge=0.5, max_iter=5, tol=0.0, random_state=0)
    weighted = clone(model).fit(X, y, sample_weight=s)
    copied = clone(model).fit(np.repeat(X, s, axis=0), np.repeat(y, s))
    for a, b in zip(weighted.coefs_, copied.coefs_, strict=True):
        np.testing.assert_allclose(a, b, atol=1e-6 * np.abs(b).max())


def test_dead_kernels_count_as_dead():
    """Effective sparsity follows positions, poolings and skip connections."""
    rng = np.random.default_rng(2)
    X, y = rng.normal(size=(20, 4, 4, 1)), rng.normal(size=20)
    layers = [Conv2D(2, 2, stride=2), Residual([Dense(3), Dense(8)])]
    with pytest.raises(ValueError, match=r"has the shape \(8,\)"):
        NNBCDRegressor(layers=layers).fit(X, y)
    layers = [Conv2D(2, 2, stride=2), AveragePool2D(2), Dense(3), Residual([Dense(2), Dense(3)])]
    model = NNBCDRegressor(layers=layers, solver="full", max_iter=1, random_state=0).fit(X, y)
    shapes = [coef.shape for coef in model.compressed_coefs_]
    assert shapes == [(4, 2), (2, 3), (3, 2), (2, 3), (3, 1)] and model.effective_sparsity_ == 0.0
    dense = [coef.to_dense(xp=np) for coef in model.compressed_coefs_]
    dense[1][1, :] = 0.0  # nothing leaves channel 1: its 4 kernel entries are dead too
    dense[2][:, 0] = 0.0  # unit 0 of the block gets nothing: its 3 outgoing entries are dead
    dense[3][:, 2] = 0.0  # output 2 of the block gets nothing but the skip: all else lives
    model.network_ = replace(model.network_, coefs=tuple(map(DenseWeight, dense)))
    dead = (3 + 4) + (3 + 3) + 1
    assert model.effective_sparsity_ == pytest.approx(dead / 29)


@pytest.mark.parametrize(
    "layers",
    [
        [Conv2D(2, 2, padding=1), AveragePool2D(2), Conv2D(3, (1, 2))],
        [Dense(4), Residual([Dense(3), Dense(4)]), Residual([Dense(4), Dense(2), Dense(4)])],
        [Residual([Conv2D(3, 1), Conv2D(2, 3, padding=1)])],
    ],
)
def test_prox_linear_messages_are_slopes_of_the_loss(layers):
    """A_i'E_i of a batch is minus the derivative of the weighted mean loss by W_i and b_i."""
    rng, shape = np.random.default_rng(0), (3, 3, 2)
    problem, shapes = make_stack_problem(layers, shape, 2, activation="tanh")
    W = [None, *(rng.normal(size=size) for size in shapes)]
    b = [None, *(rng.normal(size=size[1]) for size in shapes)]
    X, Y, s = rng.normal(size=(5, 18)), rng.normal(size=(5, 2)), rng.uniform(0.5, 2.0, size=5)
    weights = initial_weights(problem, W, b)
    V, U = forward(problem, X, W, b)
    root = share_roots(X, s, xp=NUMPY)
    gradient = problem.loss.gradient(Y, V[-1], xp=NUMPY)
    messages = linearized_messages(problem, weights, activation_slopes(problem, U), gradient)
    for i, E in messages:
        A = weighted_inputs(problem, i, V[i - 1], root)
        slope = A.T @ weighted_rows(problem.layers[i], E, root, xp=NUMPY)
        direction, offset = rng.normal(size=shapes[i - 1]), rng.normal(size=shapes[i - 1][1])

        def loss(t, i=i, direction=direction, offset=offset):
            moved_W, moved_b = list(W), list(b)
            moved_W[i], moved_b[i] = W[i] + t * direction, b[i] + t * offset
            out = forward(problem, X, moved_W, moved_b)[0][-1]
            return np.sum(s * problem.loss.value(Y, out, xp=NUMPY)) / np.sum(s)

        # Central differences: an error of the order t^2 and of rounding / t.
        numeric = -(loss(1e-5) - loss(-1e-5)) / 2e-5
        predicted = np.sum(slope[:-1] * direction) + slope[-1] @ offset
        assert predicted == pytest.approx(numeric, rel=1e-6, abs=1e-8)
