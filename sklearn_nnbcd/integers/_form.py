# SPDX-License-Identifier: BSD-3-Clause
"""The integers of a fitted network, without the network: what an estimator keeps and predicts with."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ..graphs import Graph, folded
from ..graphs._nodes import Clip, Node, Scale
from ..placements import row_slices
from ._build import IntegerBuilder
from ._grids import PRECISIONS
from ._operations import Operation, Quantise

#: entries of the widest value of a block of rows
BLOCK_ENTRIES = 2**17


@dataclass(frozen=True, eq=False)
class IntegerForm:
    """What a network computes in integers, one operation after the other.

    Attributes
    ----------
    operations : tuple of Operation
        In the order in which they are computed; the first one makes integers of a row, the last one gives
        the scores.
    scale : float
        Of the scores: numbers are ``scale * integers``.
    dtype : {"int8", "int16"}
        Of weights and activations.
    """

    operations: tuple[Operation, ...]
    scale: float
    dtype: str

    def __repr__(self) -> str:
        """One line."""
        return f"<IntegerForm of {len(self.operations)} operations in {self.dtype}>"

    @classmethod
    def of(cls, graph: Graph, X: np.ndarray, dtype: str) -> IntegerForm:
        """Round a graph, with ranges of values from rows.

        Parameters
        ----------
        graph : Graph
            Folded, whatever the shift of its columns.
        X : array of shape (n, n_features)
        dtype : {"int8", "int16"}

        Raises
        ------
        ValueError
            For values that integers of so many bits cannot hold side by side.
        """
        builder = IntegerBuilder(graph, X, PRECISIONS[dtype])
        return cls(tuple(builder.operations), builder.scale, dtype)

    @property
    def bits(self) -> int:
        """Of activations: 8 or 16."""
        return int(self.dtype.removeprefix("int"))

    @property
    def first(self) -> Quantise:
        """What makes integers of a row."""
        first = self.operations[0]
        assert isinstance(first, Quantise)
        return first

    def quantise(self, X: Any) -> np.ndarray:
        """Rows of X as the integers that the network reads, in its dtype."""
        return self.first.evaluate(np.asarray(X)).astype(self.dtype)

    def scores(self, X: Any) -> np.ndarray:
        """Scores in int32, shape (n, n_outputs), of numbers or of integers of the own dtype."""
        widest = max(operation.size for operation in self.operations)
        parts = row_slices(X.shape[0], max(1, BLOCK_ENTRIES // widest))
        found = [self._scores(X[part, ...]) for part in parts]
        return found[0] if len(found) == 1 else np.concatenate(found)

    def _scores(self, X: Any) -> np.ndarray:
        """Scores of one block of rows."""
        X = np.asarray(X)
        first, *others = self.operations
        Q = X.astype(np.int64) if X.dtype == np.dtype(self.dtype) else first.evaluate(X)
        values = {first.place: Q}
        for operation in others:
            values[operation.place] = operation.evaluate(*(values[k] for k in operation.sources))
        return values[self.operations[-1].place].astype(np.int32)

    def outputs(self, X: Any, dtype: str) -> np.ndarray:
        """Scores as numbers, scale * integers, rounded once to a dtype.

        Float64 keeps different scores different; float32 is what a device makes of them.
        """
        kind = np.dtype(dtype).type
        return self.scores(X).astype(dtype) * kind(self.scale)

    def after(self, scalers: tuple[Node, ...]) -> IntegerForm:
        """The same integers for rows that scalers have not scaled yet.

        Parameters
        ----------
        scalers : tuple of Scale and Clip
            Of a pipeline, before the network, in their order.
        """
        if not scalers:
            return self
        first = self.first
        for node in reversed(scalers):
            if isinstance(node, Scale):
                first = first.after_scale(node.origin, node.scale)
            elif isinstance(node, Clip):
                first = first.after_clip(node.low, node.high)
        return replace(self, operations=(first, *self.operations[1:]))


def checked_form(form: Any, graph: Graph) -> IntegerForm:
    """A form that a file holds; ValueError, or another error, unless it is one of the graph's network.

    Parameters
    ----------
    form : object
    graph : Graph
        Of the network.
    """
    graph = folded(graph, largest_shift=np.inf)
    if not isinstance(form, IntegerForm) or form.dtype not in PRECISIONS or not form.operations:
        raise ValueError("the integers are no integer network")
    if not (0.0 < form.scale < np.inf and isinstance(form.operations[0], Quantise)):
        raise ValueError("the integers do not begin with the rows")
    known: dict[int, Operation] = {}
    for operation in form.operations:
        if not isinstance(operation, Operation) or isinstance(operation, Quantise) != (not known):
            raise ValueError("the integers are no operations")
        place = abs(operation.place)
        if operation.place in known or operation.bits not in (8, 16, 32) or place >= len(graph.nodes):
            raise ValueError("an operation of integers has no place")
        if operation.size != graph.nodes[place].size:
            raise ValueError("an operation of integers is not of the size of its node")
        operation.check([known[source] for source in operation.sources], graph.nodes)
        known[operation.place] = operation
    if form.operations[-1].place != graph.scores or form.first.n_columns != graph.n_features:
        raise ValueError("the integers do not lead from the rows to the scores")
    return form


def integer_form(graph: Graph, X: np.ndarray, dtype: str) -> IntegerForm:
    """:meth:`IntegerForm.of` for a graph that may not be folded yet."""
    return IntegerForm.of(folded(graph, largest_shift=np.inf), X, dtype)
