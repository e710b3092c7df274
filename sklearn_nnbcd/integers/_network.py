# SPDX-License-Identifier: BSD-3-Clause
"""A fitted network in integers, as small devices compute it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.pipeline import Pipeline
from sklearn.utils.validation import check_array

from .._validation import check_option
from ..graphs import Graph, folded, graph_of
from ._form import IntegerForm
from ._grids import PRECISIONS
from ._operations import Operation


@dataclass(frozen=True, eq=False)
class IntegerNetwork:
    """A network whose weights and values are integers: what :func:`export_c` writes for int8 and int16.

    Values are numbers on grids, scale * integer + offset. Ranges of values come from rows of X; weights
    are rounded output column by output column. A product is a sum in int32, then one multiplication by an
    integer and one shift; activations other than clips are tables. Every step here is exactly that of the
    C file, so scores are equal bit for bit. An estimator with ``activation_bits`` predicts by its own.

    Attributes
    ----------
    graph : Graph
        What was rounded; its head makes predictions and probabilities of scores.
    form : IntegerForm
        The integers.

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
    form: IntegerForm

    @classmethod
    def from_estimator(cls, estimator: Any, X: Any = None, dtype: str | None = None) -> IntegerNetwork:
        """The integers of an estimator with ``activation_bits``, or those of any other with rows.

        Parameters
        ----------
        estimator : NNBCDClassifier, NNBCDRegressor or Pipeline
            Fitted; as for :func:`export_c`.
        X : array-like of shape (n_samples, n_features), default=None
            Rows as the estimator takes them, such as training rows: they set the ranges of all values. None
            for an estimator with ``activation_bits``, whose fit has set them.
        dtype : {"int8", "int16"} or None, default=None
            Of weights and activations. What lies between the factors of a weight is int16 in both. None:
            that of ``activation_bits``, or "int8".

        Returns
        -------
        network : IntegerNetwork

        Raises
        ------
        ValueError
            For another dtype, for rows of another width or with columns of other names, and for what
            :func:`export_c` refuses.
        """
        owner = "IntegerNetwork"
        if dtype is not None:
            check_option(dtype, tuple(PRECISIONS), "dtype", owner)
        graph, last = graph_of(estimator), last_step(estimator)
        own = getattr(last, "integers_", None)
        if own is not None:
            check_own(own, X, dtype, owner)
            plain = graph_of(last)
            scalers = graph.nodes[1 : 1 + len(graph.nodes) - len(plain.nodes)]
            return cls(folded(plain, largest_shift=np.inf), own.after(scalers))
        if X is None:
            raise ValueError(
                f"The X for {owner} must be rows, such as training rows, for an estimator with "
                "activation_bits=None. Got None. Pass rows, or fit with activation_bits=8."
            )
        names = getattr(estimator, "feature_names_in_", None)
        if names is not None and hasattr(X, "columns") and list(X.columns) != list(names):
            raise ValueError(
                f"The columns of X for {owner} must be those of fit, in their order: {list(names)}. Got "
                f"{list(X.columns)}. Pass X[estimator.feature_names_in_]."
            )
        X = check_array(X, dtype=[np.float64, np.float32], input_name="X")
        if X.shape[1] != graph.n_features:
            raise ValueError(
                f"The rows of X for {owner} must have {graph.n_features} features, as in fit. Got "
                f"{X.shape[1]}."
            )
        graph = folded(graph, largest_shift=np.inf)
        return cls(graph, IntegerForm.of(graph, X, dtype or "int8"))

    @property
    def operations(self) -> tuple[Operation, ...]:
        """In the order in which they are computed; the last one gives the scores."""
        return self.form.operations

    @property
    def scale(self) -> float:
        """Of the scores: numbers are ``scale * integers``."""
        return self.form.scale

    @property
    def dtype(self) -> str:
        """Of weights and activations: "int8" or "int16"."""
        return self.form.dtype

    def quantise(self, X: Any) -> np.ndarray:
        """Rows of X as the integers that the network reads.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)

        Returns
        -------
        Q : ndarray of shape (n_samples, n_inputs)
            Of the dtype of the network; one for each column, and for each ramp behind the columns.
        """
        return self.form.quantise(X)

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
        return self.form.scores(np.asarray(X))

    def _outputs(self, X: Any) -> np.ndarray:
        return self.form.outputs(np.asarray(X), "float32")

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


def last_step(estimator: Any) -> Any:
    """The estimator itself, or the last step of a pipeline."""
    return estimator.steps[-1][1] if isinstance(estimator, Pipeline) else estimator


def check_own(form: IntegerForm, X: Any, dtype: str | None, owner: str) -> None:
    """Raise ValueError for rows or a dtype beside the integers that an estimator has already."""
    if X is not None or dtype not in (None, form.dtype):
        rows = "no rows" if X is None else "rows"
        raise ValueError(
            f"The integers of {owner} must be those of the fit for an estimator with activation_bits="
            f"{form.bits}, which computes what predict does: dtype None or {form.dtype!r}, and no rows. Got "
            f"dtype={dtype!r} and {rows}. Leave them out, or fit with activation_bits=None."
        )
