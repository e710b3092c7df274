# SPDX-License-Identifier: BSD-3-Clause
"""Several labels per row: a column of 0 and 1 for each."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.metrics import accuracy_score

from ..backends import namespace_of
from ._base import ClassTargets


@dataclass(frozen=True, eq=False)
class Indicators(ClassTargets):
    """Columns of 0 and 1, coded as -1 and 1.

    Attributes
    ----------
    n_labels : int
    label_dtype : numpy.dtype
        Of the columns of y, and so of predictions.
    loss : loss
        Looks at every output by itself.
    """

    n_labels: int
    label_dtype: np.dtype
    loss: Any

    @classmethod
    def fit(cls, y: np.ndarray, *, loss: Any, class_weight: Any, owner: str) -> "Indicators":
        """Learn the labels of y, an indicator matrix.

        Parameters
        ----------
        y : ndarray of shape (n, n_labels)
        loss : loss
            Must look at every output by itself.
        class_weight : None
            Weights of classes have no meaning here.
        owner : str
            The estimator's name, for messages.

        Returns
        -------
        indicators : Indicators

        Raises
        ------
        ValueError
            If the loss does not, if there are class weights, or for other entries than 0 and 1.
        """
        elementwise = loss.for_labels()
        if elementwise is None:
            raise ValueError(
                f"The 'loss' of {owner} must look at every label by itself for a 'y' of several labels. "
                f"Got {type(loss).__name__}, which takes classes to exclude each other. Use 'logistic'."
            )
        if class_weight is not None:
            raise ValueError(
                f"The 'class_weight' of {owner} must be None for a 'y' of several labels. Got "
                f"{class_weight!r}. Use sample_weight."
            )
        indicators = cls(y.shape[1], y.dtype, elementwise)
        indicators.check_entries(y)
        return indicators

    def check_entries(self, y: np.ndarray) -> None:
        """Raise ValueError unless all entries are 0 and 1."""
        if not np.isin(y, (0, 1)).all():
            raise ValueError(
                "The 'y' of fit must hold 0 and 1 if it has a column per label. Got "
                f"{np.unique(y).tolist()}. Use sklearn.preprocessing.MultiLabelBinarizer."
            )

    @property
    def classes(self) -> np.ndarray:
        """Numbers of the labels."""
        return np.arange(self.n_labels)

    @property
    def n_outputs(self) -> int:
        """One for each label."""
        return self.n_labels

    def encode(self, y: np.ndarray, dtype: str) -> np.ndarray:
        """-1 for 0, 1 for 1."""
        return (2.0 * y - 1.0).astype(dtype)

    def decode(self, V: Any, *, xp: Any) -> Any:
        """0 and 1, in the dtype of y."""
        return xp.astype(V > 0, getattr(xp, str(self.label_dtype)))

    def to_proba(self, V: Any, *, xp: Any) -> Any:
        """The probability that each label is present, shape (n, n_labels), never quite 0 or 1."""
        each = self.loss.to_proba(xp.reshape(V, (-1, 1)), xp=xp)[:, 1]
        unit = float(xp.finfo(V.dtype).eps)
        return xp.reshape(xp.clip(each, unit, 1.0 - unit), V.shape)

    def score(self, y: np.ndarray, V: np.ndarray, s: np.ndarray | None) -> float:
        """Share of the rows whose labels are all right."""
        return float(accuracy_score(y, self.decode(V, xp=namespace_of(V)), sample_weight=s))

    def check_more(self, y: np.ndarray, *, method: str = "partial_fit") -> None:
        """Raise ValueError for another number of columns, or other entries than 0 and 1."""
        if y.shape[1] != self.n_labels:
            raise ValueError(
                f"The 'y' of {method} must keep its {self.n_labels} labels. Got {y.shape[1]} columns. "
                "Clone the estimator."
            )
        self.check_entries(y)
