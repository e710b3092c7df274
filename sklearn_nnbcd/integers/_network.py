# SPDX-License-Identifier: BSD-3-Clause
"""A fitted network in integers, as small devices compute it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.utils.validation import check_array

from .._validation import check_option
from ..graphs._fold import folded
from ..graphs._graph import Graph, graph_of
from ._build import IntegerBuilder
from ._grids import PRECISIONS
from ._operations import Operation


@dataclass(frozen=True, eq=False)
class IntegerNetwork:
    """A network whose weights and values are integers: what :func:`export_c` writes for int8 and int16.

    Values are numbers on grids, scale * integer + offset. Ranges of values come from rows of X; weights
    are rounded output column by output column. A product is a sum in int32, then one multiplication by an
    integer and one shift; activations other than clips are tables. Every step here is exactly that of the
    C file, so scores are equal bit for bit.

    Attributes
    ----------
    graph : Graph
        What was rounded; its head makes predictions and probabilities of scores.
    operations : tuple of Operation
        In the order in which they are computed; the last one gives the scores.
    scale : float
        Of the scores: numbers are ``scale * integers``.
    dtype : {"int8", "int16"}
        Of weights and activations.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sklearn_nnbcd import NNBCDClassifier
    >>> from sklearn_nnbcd.export import IntegerNetwork
    >>> X, y = load_iris(return_X_y=True)
    >>> model = NNBCDClassifier((8,), random_state=0).fit(X, y)
    >>> integers = IntegerNetwork.from_estimator(model, X)
    >>> bool((integers.predict(X) == model.predict(X)).mean() > 0.97)
    True
    >>> integers.scores(X).dtype
    dtype('int32')
    """

    graph: Graph
    operations: tuple[Operation, ...]
    scale: float
    dtype: str

    @classmethod
    def from_estimator(cls, estimator: Any, X: Any, dtype: str = "int8") -> IntegerNetwork:
        """Round a fitted network.

        Parameters
        ----------
        estimator : NNBCDClassifier, NNBCDRegressor or Pipeline
            Fitted; as for :func:`export_c`.
        X : array-like of shape (n_samples, n_features)
            Rows as the estimator takes them, such as training rows: they set the ranges of all values.
        dtype : {"int8", "int16"}, default="int8"
            Of weights and activations. What lies between the factors of a weight is int16 in both.

        Returns
        -------
        network : IntegerNetwork

        Raises
        ------
        ValueError
            For another dtype, for rows of another width, and for what :func:`export_c` refuses.
        """
        check_option(dtype, tuple(PRECISIONS), "dtype", "IntegerNetwork")
        graph = folded(graph_of(estimator), largest_shift=np.inf)
        X = check_array(X, dtype=[np.float64, np.float32], input_name="X")
        if X.shape[1] != graph.n_features:
            raise ValueError(
                f"The rows of X for IntegerNetwork must have {graph.n_features} features, as in fit. Got "
                f"{X.shape[1]}."
            )
        builder = IntegerBuilder(graph, X, PRECISIONS[dtype])
        return cls(graph, tuple(builder.operations), builder.scale, dtype)

    def quantise(self, X: Any) -> np.ndarray:
        """Rows of X as the integers that the network reads.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)

        Returns
        -------
        Q : ndarray of shape (n_samples, n_features)
            Of the dtype of the network.
        """
        return self.operations[0].evaluate(np.asarray(X)).astype(self.dtype)

    def scores(self, X: Any) -> np.ndarray:
        """Scores as integers.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Numbers as the estimator takes them, in float32; or integers of the network's own dtype, which
            are taken as those of :meth:`quantise`.

        Returns
        -------
        scores : ndarray of int32 of shape (n_samples, n_outputs)
        """
        X = np.asarray(X)
        first, *others = self.operations
        Q = X.astype(np.int64) if X.dtype == np.dtype(self.dtype) else first.evaluate(X)
        values = {first.place: Q}
        for operation in others:
            values[operation.place] = operation.evaluate(*(values[k] for k in operation.sources))
        return values[self.graph.scores].astype(np.int32)

    def _outputs(self, X: Any) -> np.ndarray:
        return self.scores(X).astype(np.float32) * np.float32(self.scale)

    def decision_function(self, X: Any) -> np.ndarray:
        """Scores as numbers, shape (n_samples,) or (n_samples, n_outputs), in float32."""
        V = self._outputs(X)
        return V[:, 0] if V.shape[1] == 1 else V

    def predict_proba(self, X: Any) -> np.ndarray:
        """Class probabilities of the scores, shape (n_samples, n_classes), in float32."""
        assert self.graph.probabilities is not None
        return self.graph.head(self._outputs(X), self.graph.probabilities)

    def predict(self, X: Any) -> np.ndarray:
        """Labels, indicators or numbers, as the estimator gives them."""
        if self.graph.task == "numbers":
            assert self.graph.predictions is not None
            V = self.graph.head(self._outputs(X), self.graph.predictions)
            return V[:, 0] if self.graph.one_column else V
        scores = self.scores(X)
        if self.graph.task == "indicators":
            return (scores > 0).astype(np.int64)
        assert self.graph.classes is not None
        codes = (scores[:, 0] > 0).astype(int) if scores.shape[1] == 1 else scores.argmax(axis=1)
        return self.graph.classes[codes]
