# SPDX-License-Identifier: BSD-3-Clause
"""A fitted estimator, and the scaler before it, as one graph that exporters read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.pipeline import Pipeline

from .._arrays import to_numpy
from ..network import Network, check_holds_network
from ..targets import Indicators, Labels, Numbers
from ._lowerings import (
    lower_activation,
    lower_layer,
    lower_predictions,
    lower_probabilities,
    lower_scaler,
    lower_weight,
)
from ._nodes import Add, Arcs, Builder, Clip, Intercept, Node, Scale, WithRamps


@dataclass(frozen=True, eq=False)
class Graph:
    """All that an exporter needs: nodes in the order in which they are computed, and what they are for.

    Attributes
    ----------
    nodes : tuple of Node
        Node 0 is the row of X; a node reads nodes before it.
    scores : int
        Place of the network's outputs V_N: ``decision_function`` (two classes: one column).
    probabilities : int or None
        Place of ``predict_proba``; None for a regressor.
    predictions : int or None
        Place of a regressor's predictions; None for a classifier.
    task : {"labels", "indicators", "numbers"}
        One class a row; a column of 0 and 1 for each label; numbers.
    classes : ndarray of shape (n_classes,) or None
        Names of classes, in the order of the outputs; two classes have one output. None for numbers.
    one_column : bool
        Whether a regressor's y has one dimension.
    dtype : numpy.dtype
        Of the fitted network.
    """

    nodes: tuple[Node, ...]
    scores: int
    probabilities: int | None
    predictions: int | None
    task: str
    classes: np.ndarray | None
    one_column: bool
    dtype: np.dtype

    @property
    def n_features(self) -> int:
        """Entries of a row of X."""
        return self.nodes[0].size

    @property
    def n_outputs(self) -> int:
        """Entries of a row of scores."""
        return self.nodes[self.scores].size

    def needed(self, *places: int) -> list[int]:
        """Places of all nodes that the given ones depend on, themselves included, in rising order."""
        wanted = set(places)
        for place in range(len(self.nodes) - 1, -1, -1):
            if place in wanted:
                wanted.update(self.nodes[place].sources)
        return sorted(wanted)

    def head(self, scores: np.ndarray, place: int) -> np.ndarray:
        """What the nodes from the scores to a place make of scores, shape (n, size), in their dtype."""
        found = {self.scores: scores}
        for k in self.needed(place):
            if k > self.scores:
                node = self.nodes[k]
                found[k] = node.evaluate(*(found[source] for source in node.sources)).astype(scores.dtype)
        return found[place]

    def values(self, X: np.ndarray, *places: int) -> dict[int, np.ndarray]:
        """What every node that the given ones depend on computes, by place, in the network's dtype.

        Parameters
        ----------
        X : array of shape (n, n_features)
        *places : int
            ``scores`` where there are none.

        Returns
        -------
        values : dict of int to array of shape (n, size)
        """
        found: dict[int, np.ndarray] = {}
        with np.errstate(under="ignore"):
            for place in self.needed(*(places or (self.scores,))):
                node = self.nodes[place]
                sources = [found[k] for k in node.sources]
                value = node.evaluate(*sources) if sources else np.asarray(X)
                found[place] = value.astype(self.dtype, copy=False)
        return found


def graph_of(estimator: Any) -> Graph:
    """The graph of a fitted estimator, or of a pipeline with a scaler before one.

    Parameters
    ----------
    estimator : NNBCDClassifier, NNBCDRegressor or Pipeline
        Fitted. The steps of a pipeline before the network may be StandardScaler, MinMaxScaler and
        RobustScaler.

    Returns
    -------
    graph : Graph

    Raises
    ------
    ValueError
        For another step, or a piece that cannot be exported, by name.
    TypeError
        For another estimator.
    NotFittedError
        If the estimator is not fitted.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sklearn_nnbcd import NNBCDClassifier
    >>> X, y = load_iris(return_X_y=True)
    >>> model = NNBCDClassifier((8,), compression="low_rank", rank=2, random_state=0).fit(X, y)
    >>> [type(node).__name__ for node in graph_of(model).nodes]
    ['Input', 'Product', 'Product', 'Intercept', 'Clip', 'Product', 'Intercept', 'Softmax']
    """
    steps = [step for _, step in estimator.steps] if isinstance(estimator, Pipeline) else [estimator]
    *scalers, last = steps
    kinds, cure = ", or a Pipeline that ends with one", "For a search pass its best_estimator_."
    check_holds_network(last, "the export", kinds, cure)
    scalers = [s for s in scalers if not (s is None or isinstance(s, str))]
    is_integer = getattr(last, "integers_", None) is not None
    return network_graph(last.network_, last.targets_, scalers, numbers="float32" if is_integer else None)


def network_graph(network: Network, targets: Any, scalers: Any = (), numbers: Any = None) -> Graph:
    """The graph of a network and of what its outputs are.

    Parameters
    ----------
    network : Network
    targets : targets
    scalers : sequence of scalers, default=()
        Fitted; before the network.
    numbers : dtype, default=None
        Of a regression's predictions, which may overflow sooner than the network; None: the network's.
    """
    builder = Builder(network.n_features)
    place = 0
    for scaler in scalers:
        place = lower_scaler(scaler, builder, place)
    scores = _lower_network(network, builder, place)
    dtype, loss = np.dtype(network.dtype), targets.loss
    probabilities = predictions = classes = None
    if isinstance(targets, Labels | Indicators):
        exclusive = isinstance(targets, Labels)
        probabilities = lower_probabilities(loss, builder, scores, dtype, exclusive=exclusive)
        classes, task = targets.classes, "labels" if exclusive else "indicators"
    else:
        predictions = lower_predictions(loss, builder, scores, np.dtype(numbers or dtype))
        task = "numbers"
    one_column = isinstance(targets, Numbers) and targets.one_column
    nodes = tuple(builder.nodes)
    return Graph(nodes, scores, probabilities, predictions, task, classes, one_column, dtype)


def _lower_network(network: Network, builder: Builder, place: int) -> int:
    """Nodes of V_0 ... V_N; the place of V_N."""
    V = [_lower_inputs(network.inputs, builder, _lower_columns(network.columns, builder, place))]
    for i in range(1, network.N + 1):
        layer, b = network.layers[i], network.dense_intercepts()[i - 1]
        rows = layer.positions
        place = lower_layer(layer, builder, V[-1])
        place = lower_weight(network.coefs[i - 1], builder, place, rows)
        if b is not None:
            place = builder.add(Intercept, place, b=to_numpy(b), before=rows)
        k = network.skips[i] if network.skips else None
        if k is not None:
            place = builder.add(Add, (place, V[k]))
        V.append(lower_activation(network.activations[i - 1], builder, place))
    return V[-1]


def _lower_columns(columns: Any, builder: Builder, place: int) -> int:
    """The nodes of bent columns, and of ramps behind them."""
    if columns is not None and columns.bend is not None:
        place = builder.add(Arcs, place, bend=columns.bend.on_host())
    if columns is not None and columns.ramps is not None:
        size = builder.nodes[place].size + columns.n_new
        place = builder.add(WithRamps, place, size, ramps=columns.ramps.on_host())
    return place


def _lower_inputs(inputs: Any, builder: Builder, place: int) -> int:
    """Nodes of the map of the columns that could not become part of the first layer."""
    if inputs is None:
        return place
    origin, scale = to_numpy(inputs.origin), to_numpy(inputs.scale)
    if inputs.reach is not None:
        reach = to_numpy(inputs.reach)
        place = builder.add(Clip, place, low=origin - reach, high=origin + reach)
    return builder.add(Scale, place, origin=origin, scale=scale)
