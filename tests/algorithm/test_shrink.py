# SPDX-License-Identifier: BSD-3-Clause
"""Fewer units for a fitted network."""

import array_api_compat
import numpy as np
import pytest

from sklearn_nnbcd import NNBCDClassifier, NNBCDRegressor
from sklearn_nnbcd._arrays import to_numpy
from sklearn_nnbcd.activations import Identity, ReLU
from sklearn_nnbcd.compressions import DenseWeight
from sklearn_nnbcd.layers import Conv2D, Dense, Residual
from sklearn_nnbcd.network import Network, shrunk_network
from sklearn_nnbcd.network._shrink import UNIT_RIDGE, kept_units


def network_of(W, b, xp=np):
    layers = (None, *(Dense(w.shape[1]).bind((w.shape[0],)) for w in W))
    coefs, b = tuple(DenseWeight(xp.asarray(w)) for w in W), tuple(xp.asarray(x) for x in b)
    return Network(layers, coefs, b, (*[ReLU()] * (len(W) - 1), Identity()))


def random_network(seed=0, widths=(5, 9, 7, 2), xp=np):
    """A network, and rows for it."""
    rng = np.random.default_rng(seed)
    W = [rng.normal(size=shape) / shape[0] ** 0.5 for shape in zip(widths[:-1], widths[1:], strict=True)]
    b = [rng.normal(size=w.shape[1]) for w in W]
    return network_of(W, b, xp), rng.normal(size=(300, widths[0]))


def test_with_all_units_it_is_the_same_network():
    network, X = random_network()
    same = shrunk_network(network, X, (9, 7))
    np.testing.assert_allclose(same.forward(X), network.forward(X), rtol=1e-9, atol=1e-9)


def test_units_that_say_the_same_go_first_and_what_they_said_stays():
    network, X = random_network(widths=(5, 6, 2))
    W, V = network.dense_coefs()
    b, c = network.intercepts
    twice = [np.c_[W, W[:, :3]], np.r_[0.4 * V[:3], V[3:], 0.6 * V[:3]]]
    copies = network_of(twice, [np.r_[b, b[:3]], c])
    small = shrunk_network(copies, X, (6,))
    assert {tuple(w) for w in np.round(small.dense_coefs()[0].T, 9)} == {tuple(w) for w in np.round(W.T, 9)}
    # all but the pull of the ridge, a hundredth, towards halves of the weights
    difference = small.forward(X) - network.forward(X)
    assert difference.std() < 0.05 * network.forward(X).std()


def test_one_unit_goes_where_the_others_make_up_for_it_best():
    """Beside a plain loop over all units, each left out and the rest fitted anew."""
    rng = np.random.default_rng(1)
    A, T = rng.normal(size=(200, 6)) @ rng.normal(size=(6, 6)), rng.normal(size=(200, 3))
    G, C = A.T @ A + 1.0 * np.eye(6), A.T @ T
    losses = []
    for j in range(6):
        left = [k for k in range(6) if k != j]
        W = np.linalg.solve(G[np.ix_(left, left)], C[left])
        losses.append(-np.sum(W * C[left]))  # the quadratic form at its minimum
    gone = set(range(6)) - set(kept_units(G, C, 5, xp=array_api_compat.array_namespace(G)).tolist())
    assert gone == {int(np.argmin(losses))}


def test_what_is_left_is_fitted_to_what_the_next_layer_got():
    network, X = random_network(widths=(4, 8, 3))
    small = shrunk_network(network, X, (5,))
    kept = [
        int(np.flatnonzero((network.dense_coefs()[0] == w[:, None]).all(axis=0))[0])
        for w in small.dense_coefs()[0].T
    ]
    assert kept == sorted(kept) and len(set(kept)) == 5
    units = network.trace(X)[0][1]
    U = units @ network.dense_coefs()[1]
    A, T = units - units.mean(axis=0), U - U.mean(axis=0)
    ridge = UNIT_RIDGE * A.var(axis=0).mean()
    G = A[:, kept].T @ A[:, kept] / len(X) + ridge * np.eye(5)
    W = np.linalg.solve(G, A[:, kept].T @ T / len(X) + ridge * network.dense_coefs()[1][kept])
    np.testing.assert_allclose(small.dense_coefs()[1], W, rtol=1e-8, atol=1e-10)
    means = small.forward(X).mean(axis=0)
    np.testing.assert_allclose(means, network.forward(X).mean(axis=0), rtol=1e-9, atol=1e-9)


def test_weights_count_as_copies():
    network, X = random_network()
    s = np.random.default_rng(2).integers(1, 4, len(X)).astype(float)
    found = shrunk_network(network, X, (5, 4), s)
    copies = shrunk_network(network, np.repeat(X, s.astype(int), axis=0), (5, 4))
    np.testing.assert_allclose(found.forward(X), copies.forward(X), rtol=1e-8, atol=1e-8)


@pytest.mark.parametrize("library", ["torch", "array_api_strict"])
def test_other_libraries(library):
    raw = pytest.importorskip(library)
    network, X = random_network()
    xp = array_api_compat.array_namespace(raw.asarray([0.0]))
    other, _ = random_network(xp=raw)
    found = shrunk_network(other, raw.asarray(X), (5, 4))
    assert array_api_compat.array_namespace(found.array).__name__ == xp.__name__
    expected = shrunk_network(network, X, (5, 4)).forward(X)
    np.testing.assert_allclose(to_numpy(found.forward(raw.asarray(X))), expected, rtol=1e-6, atol=1e-8)


def test_of_fitted_estimators():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(1500, 4)) * [1.0, 10.0, 0.1, 1.0] + [0.0, 300.0, 0.0, 0.0]
    y = (X[:, 0] * (X[:, 1] - 300.0) > 0.0).astype(int)
    model = NNBCDClassifier((60,), column_bins=0, random_state=0).fit(X, y)
    small = shrunk_network(model.network_, X, (12,))
    right = ((small.forward(X)[:, 0] > 0.0) == y).mean()
    assert right > 0.9 and model.score(X, y) > 0.95
    line = NNBCDRegressor((20,), fit_intercept=False, random_state=0).fit(X[:, :1], np.abs(X[:, 0]))
    few = shrunk_network(line.network_, X[:, :1], (4,))
    assert few.intercepts == (None, None)
    assert np.corrcoef(few.forward(X[:, :1])[:, 0], np.abs(X[:, 0]))[0, 1] > 0.95


@pytest.mark.parametrize("widths", [(5,), (5, 4, 3), (10, 4), (5, 0), (5, 4.0), 5, "ab"])
def test_widths_of_other_layers_are_refused(widths):
    network, X = random_network()
    with pytest.raises(ValueError, match=r"'widths' of shrunk_network .* \(9, 7\)"):
        shrunk_network(network, X, widths)


def test_other_layers_are_refused():
    X = np.random.default_rng(0).normal(size=(40, 16))
    options = {"max_iter": 1, "random_state": 0, "input_shape": (4, 4, 1)}
    for layers in ([Conv2D(2, 3), Dense(5)], [Dense(6), Residual([Dense(6), Dense(6)])]):
        shape = options if isinstance(layers[0], Conv2D) else {**options, "input_shape": None}
        network = NNBCDRegressor(layers=layers, **shape).fit(X, X[:, 0]).network_
        with pytest.raises(ValueError, match="'network' of shrunk_network must have plain layers"):
            shrunk_network(network, X, tuple(coef.shape[1] for coef in network.coefs[:-1]))
