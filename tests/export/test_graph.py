# SPDX-License-Identifier: BSD-3-Clause
"""The graph that exporters read computes what the estimator does, for every piece of every registry."""

import math

import numpy as np
import pytest
from random_networks import random_network
from sklearn.calibration import CalibratedClassifierCV
from sklearn.datasets import load_iris
from sklearn.exceptions import NotFittedError
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import PolynomialFeatures, StandardScaler

from sklearn_nnbcd import NNBCDClassifier, NNBCDRegressor
from sklearn_nnbcd.activations import ACTIVATIONS, BaseActivation
from sklearn_nnbcd.compressions import COMPRESSIONS
from sklearn_nnbcd.compressions.tensors import Tensorization
from sklearn_nnbcd.export import graph_of
from sklearn_nnbcd.graphs._fold import folded
from sklearn_nnbcd.graphs._lowerings import (
    ACTIVATION_LOWERINGS,
    LAYER_LOWERINGS,
    LINK_LOWERINGS,
    LOSS_LOWERINGS,
    REFUSED,
    lower_activation,
    lower_weight,
)
from sklearn_nnbcd.graphs._nodes import Builder, Scale
from sklearn_nnbcd.graphs._trains import mode_pairs, multiply_adds, train_steps
from sklearn_nnbcd.layers import LAYERS
from sklearn_nnbcd.losses import LOSSES


def close(found, expected, dtype):
    """Equal up to rounding: a few hundred units of the dtype, at the scale of the largest entry."""
    unit = 300.0 * np.finfo(dtype).eps
    np.testing.assert_allclose(found, expected, rtol=unit, atol=unit * max(1.0, np.abs(expected).max()))


@pytest.mark.parametrize("seed", range(40))
def test_graph_computes_what_the_estimator_does(seed):
    model, X, text = random_network(seed)
    graph = graph_of(model)
    places = [p for p in (graph.scores, graph.probabilities, graph.predictions) if p is not None]
    values = graph.values(X, *places)
    if graph.task == "numbers":
        found = values[graph.predictions]
        close(found[:, 0] if graph.one_column else found, model.predict(X), graph.dtype)
    else:
        scores = values[graph.scores]
        close(scores[:, 0] if scores.shape[1] == 1 else scores, model.decision_function(X), graph.dtype)
        close(values[graph.probabilities], model.predict_proba(X), graph.dtype)
    for place, node in enumerate(graph.nodes):
        assert all(source < place for source in node.sources), text
        if place in values:
            assert values[place].shape == (len(X), node.size), text


def test_every_registry_entry_is_lowered_or_refused_with_a_reason():
    known = {*ACTIVATION_LOWERINGS, *LAYER_LOWERINGS, *LOSS_LOWERINGS, *LINK_LOWERINGS}
    for registry in (ACTIVATIONS, LAYERS, LOSSES):
        for name, piece in registry.items():
            assert (piece in known) != (piece in REFUSED), name
    assert all(len(reason) > 20 for reason in REFUSED.values())
    for loss in LOSSES.values():
        assert (loss in LOSS_LOWERINGS) == ("classification" in loss.tasks)
        assert (loss in LINK_LOWERINGS) == ("regression" in loss.tasks)


@pytest.mark.parametrize("rows", [1, 3])
@pytest.mark.parametrize("name", COMPRESSIONS)
def test_every_compression_is_lowered_and_stores_no_more_than_it_did(name, rows):
    rng = np.random.default_rng(0)
    W = rng.standard_normal((24, 20))
    coef = COMPRESSIONS[name]().plan(W.shape).project(W, xp=np)
    builder = Builder(rows * 24)
    place = lower_weight(coef, builder, 0, rows)
    V = rng.standard_normal((5, rows * 24))
    values = [V]
    for node in builder.nodes[1:]:
        values.append(node.evaluate(*(values[k] for k in node.sources)))
    expected = V.reshape(-1, 24) @ coef.to_dense(xp=np)
    np.testing.assert_allclose(values[place], expected.reshape(5, -1), rtol=1e-11, atol=1e-11)
    stored = [value.size for node in builder.nodes for key, value in vars(node).items() if is_weight(key)]
    assert sum(stored) == coef.n_parameters


def is_weight(name):
    return name in ("matrix", "matrices", "data")


TRAINS = [
    # (tensorization, modes and ranks)
    (Tensorization((12, 10), (4, 3, 5, 2)), (1, 3, 2, 2, 1)),
    (Tensorization((12, 10), (4, 6, 5)), (1, 3, 2, 1)),  # the mode of 6 holds 3 rows and 2 columns
    (Tensorization((12, 10), (5, 2, 3, 4), transposed=True), (1, 3, 2, 2, 1)),
    (Tensorization((12, 10), (5, 4, 6), transposed=True), (1, 3, 2, 1)),
    (Tensorization((12, 10), (8, 15), (4, 3), (2, 5)), (1, 4, 1)),
    (Tensorization((12, 10), (120,)), (1, 1)),
]


@pytest.mark.parametrize("tensorization, ranks", TRAINS)
def test_trains_are_multiplied_core_by_core(tensorization, ranks):
    from sklearn_nnbcd.compressions._tensor_train import TensorTrainWeight

    rng = np.random.default_rng(1)
    sizes = zip(ranks, tensorization.modes, ranks[1:], strict=False)
    cores = [rng.standard_normal(size) for size in sizes]
    steps = train_steps(cores, tensorization)
    T = V = rng.standard_normal((7, tensorization.shape[0]))
    for matrix, before, after in steps:
        T = np.matmul(matrix.T, T.reshape(7 * before, -1, after)).reshape(7, -1)
    W = TensorTrainWeight(tuple(cores), tensorization).to_dense(xp=np)
    np.testing.assert_allclose(T, V @ W, rtol=1e-11, atol=1e-11)
    assert sum(matrix.size for matrix, _, _ in steps) == sum(core.size for core in cores)


def test_the_cheaper_end_of_a_train_begins():
    """From the left the train has 16 * 2 + 8 * 4 + ... multiply-adds; from the right many more."""
    tensorization = Tensorization((16, 16), (4, 4, 4, 4))
    cores = [np.ones(size) for size in ((1, 4, 2), (2, 4, 2), (2, 4, 2), (2, 4, 1))]
    steps = train_steps(cores, tensorization)
    assert multiply_adds(steps) == 16 * 2 + 2 * 4 * 2 + 2 * 4 * 2 + 4 * 2 * 4
    assert mode_pairs(Tensorization((15, 4), (6, 10))) is None


class Sine(BaseActivation):
    """An activation that no exporter knows."""

    def __call__(self, U, *, xp):
        return xp.sin(U)


def test_refusals_name_what_came_and_the_cure():
    X, y = load_iris(return_X_y=True)
    model = NNBCDClassifier((4,), max_iter=2, solver="full", random_state=0)
    with pytest.raises(NotFittedError):
        graph_of(model)
    model.fit(X, y)
    with pytest.raises(ValueError, match=r"StandardScaler.*Got PolynomialFeatures"):
        graph_of(make_pipeline(PolynomialFeatures(), model).fit(X, y))
    with pytest.raises(TypeError, match="Got CalibratedClassifierCV"):
        graph_of(CalibratedClassifierCV(model, cv=2).fit(X, y))
    with pytest.raises(TypeError, match="Got StandardScaler"):
        graph_of(StandardScaler().fit(X))
    with pytest.raises(TypeError, match="Got MLPClassifier"):
        graph_of(MLPClassifier((2,), max_iter=1).fit(X, y))
    with pytest.raises(ValueError, match=r"activations.*ReLU.*Got Sine"):
        lower_activation(Sine(), Builder(1), 0)


@pytest.mark.parametrize("options", [{}, {"fit_intercept": False}, {"activation": "tanh"}], ids=str)
@pytest.mark.parametrize("activation", ["identity", "relu"])
def test_scales_become_part_of_weights_or_stay(activation, options):
    """Without an intercept nothing takes the origins, not even where the outputs are the last node."""
    X = 3.0 + np.random.RandomState(0).normal(size=(60, 4))
    network = NNBCDRegressor((5,), max_iter=2, random_state=0, **({"activation": activation} | options))
    model = make_pipeline(StandardScaler(), network).fit(X, 0.1 * X[:, 0])
    graph = folded(graph_of(model))
    # origins of a few spreads cancel
    np.testing.assert_allclose(
        graph.values(X, graph.predictions)[graph.predictions][:, 0], model.predict(X), rtol=1e-9
    )
    kinds = {type(graph.nodes[k]) for k in graph.needed(graph.predictions)}
    assert (Scale in kinds) == ("fit_intercept" in options)


def test_nodes_that_nothing_needs_are_left_out():
    X, y = load_iris(return_X_y=True)
    graph = graph_of(NNBCDClassifier((4,), max_iter=2, solver="full", random_state=0).fit(X, y))
    assert graph.needed(graph.scores) == list(range(graph.scores + 1))
    assert graph.needed(graph.probabilities)[-1] == graph.probabilities
    assert math.isclose(graph.values(X, graph.probabilities)[graph.probabilities].sum(), len(X), rel_tol=1e-9)
