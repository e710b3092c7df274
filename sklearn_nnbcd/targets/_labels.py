# SPDX-License-Identifier: BSD-3-Clause
"""One label per row: two classes share one output, more have one each."""

import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np
from array_api_compat import device as array_device
from sklearn.metrics import accuracy_score

from .._validation import check_number
from ..backends import namespace_of
from ._base import ClassTargets


def class_codes(y: np.ndarray, classes: np.ndarray) -> np.ndarray:
    """Place of every label among the sorted classes, in as few bytes as they need.

    Rows are looked up in slices: a table larger than memory may have a billion of them.
    """
    codes = np.empty(len(y), dtype=np.min_scalar_type(len(classes)))
    for start in range(0, len(y), 2**16):
        part = slice(start, start + 2**16)
        codes[part] = np.searchsorted(classes, y[part])
    return codes


@dataclass(frozen=True, eq=False)
class Labels(ClassTargets):
    """Labels coded as -1 and 1 in one column (two classes), or one column per class.

    Attributes
    ----------
    classes : ndarray of shape (n_classes,)
        Sorted.
    loss : loss
        Its ``off`` is the code of an absent class where there are more than two; present is 1.
    class_weight : ndarray of shape (n_classes,) or None
        Weight of each class; None: all one.
    """

    classes: np.ndarray
    loss: Any
    class_weight: np.ndarray | None = None

    def __repr__(self) -> str:
        """One line, however many classes there are."""
        return f"<Labels of {len(self.classes)} classes for {self.loss!r}>"

    @classmethod
    def fit(
        cls, y: np.ndarray, s: np.ndarray | None, *, loss: Any, class_weight: Any, owner: str
    ) -> "Labels":
        """Learn the classes of y and their weights.

        Parameters
        ----------
        y : ndarray of shape (n,)
        s : ndarray of shape (n,) or None
            Sample weights; "balanced" counts them as copies.
        loss : loss
        class_weight : dict, "balanced" or None
            The estimator's parameter.
        owner : str
            The estimator's name, for messages.

        Returns
        -------
        labels : Labels

        Raises
        ------
        ValueError
            For one class only, or bad weights of classes.
        """
        classes = np.unique(y)
        counts = None
        if class_weight is not None:
            counts = np.bincount(class_codes(y, classes), weights=s, minlength=len(classes))
        return cls.of_counts(classes, counts, loss=loss, class_weight=class_weight, owner=owner)

    @classmethod
    def of_counts(
        cls, classes: np.ndarray, counts: Any, *, loss: Any, class_weight: Any, owner: str
    ) -> "Labels":
        """As :meth:`fit`, from the classes and their weighted row counts."""
        if len(classes) < 2:
            raise ValueError(
                "The 'y' of fit must have at least two classes among the rows of positive "
                f"weight. Got one class, {classes.tolist()[0]!r}. Check the labels, or the weights."
            )
        return cls(classes, loss, weights_of_classes(class_weight, classes, counts, owner))

    @property
    def n_outputs(self) -> int:
        """1 for two classes, otherwise their number."""
        return 1 if len(self.classes) == 2 else len(self.classes)

    def encode(self, y: np.ndarray, dtype: str) -> np.ndarray:
        """-1 and 1 in one column, or ``off`` and 1 in a column per class."""
        codes = class_codes(y, self.classes)
        if len(self.classes) == 2:
            Y = codes.astype(dtype)[:, None]
            Y *= 2.0
            Y -= 1.0
            return Y
        Y = np.full((len(codes), len(self.classes)), self.loss.off, dtype=dtype)
        for start in range(0, len(codes), 2**16):
            part = codes[start : start + 2**16]
            rows = np.flatnonzero(part < len(self.classes))  # others are rows without weight
            Y[start + rows, part[rows]] = 1.0
        return Y

    def row_weights(self, y: np.ndarray, s: np.ndarray | None, dtype: str) -> np.ndarray | None:
        """Sample weights times the weights of the rows' classes."""
        if self.class_weight is None:
            return s
        each = self.class_weight.astype(dtype)[class_codes(y, self.classes)]
        return each if s is None else s * each

    def to_proba(self, V: Any, *, xp: Any) -> Any:
        """Probabilities of shape (n, n_classes), as the loss reads the outputs.

        The predicted class has the largest one, by a rounding error where the loss gives several the same.
        """
        P, place = self.loss.to_proba(V, xp=xp), self.decode(V, xp=xp)
        tied = xp.argmax(P, axis=1) != place
        if not bool(xp.any(tied)):
            return P
        winner = xp.arange(P.shape[1], dtype=place.dtype, device=array_device(P))[None, :] == place[:, None]
        largest = xp.max(P, axis=1, keepdims=True) * (1.0 + float(xp.finfo(P.dtype).eps))
        return xp.where(winner & tied[:, None], largest, P)

    def score(self, y: np.ndarray, V: np.ndarray, s: np.ndarray | None) -> float:
        """Accuracy."""
        predicted = self.classes[self.decode(V, xp=namespace_of(V))]
        return float(accuracy_score(y, predicted, sample_weight=s))

    def check_more(self, y: np.ndarray, *, method: str = "partial_fit") -> None:
        """Raise ValueError for a label that is not among the classes."""
        unknown = np.setdiff1d(y, self.classes)
        if len(unknown):
            raise ValueError(
                f"The 'y' of {method} must hold labels that the classifier knows, {self.classes.tolist()}. "
                f"Got the unknown {unknown.tolist()}. Name every label in the first call, or leave those "
                "rows out."
            )

    def check_validation(self, y: np.ndarray) -> None:
        """Raise ValueError for a label that is not among the classes."""
        unknown = np.setdiff1d(y, self.classes).tolist()
        if unknown:
            raise ValueError(
                f"The 'y_val' of fit must hold classes of y, {self.classes.tolist()}. Got the unknown "
                f"{unknown}. Pass labels of the same kind, and rows of every class for training."
            )

    def decode(self, V: Any, *, xp: Any) -> Any:
        """Place of the predicted class among the classes, shape (n,)."""
        if V.shape[1] == 1:
            return xp.astype(V[:, 0] > 0, xp.int64)
        return xp.argmax(V, axis=1)


def weights_of_classes(class_weight: Any, classes: np.ndarray, counts: Any, owner: str) -> np.ndarray | None:
    """Weight of each class, or None.

    Parameters
    ----------
    class_weight : dict, "balanced" or None
    classes : ndarray of shape (n_classes,)
    counts : ndarray of shape (n_classes,) or None
        Rows of each class, where weights count as copies; needed for "balanced".
    owner : str
        For messages.

    Returns
    -------
    weights : ndarray of shape (n_classes,) or None

    Raises
    ------
    ValueError, TypeError
        For anything else, and for weights that are not positive.

    Warns
    -----
    UserWarning
        If a dict names classes that y does not have, and leaves out others that it has.
    """
    if class_weight is None:
        return None
    if isinstance(class_weight, str) and class_weight == "balanced":
        return counts.sum() / (len(classes) * counts)
    if not isinstance(class_weight, dict):
        raise ValueError(
            f"The 'class_weight' of {owner} must be 'balanced', a dict of class "
            f"to weight, or None. Got {class_weight!r}. Try 'balanced'."
        )
    known = set(classes.tolist())
    unknown, unnamed = set(class_weight) - known, known - set(class_weight)
    if unknown and unnamed:  # a class that is absent from one fold is no fault where all others are named
        warnings.warn(
            f"The 'class_weight' of {owner} names classes that y does not have: "
            f"{sorted(unknown, key=str)}. Those of y that it does not name weigh 1: "
            f"{sorted(unnamed, key=str)}. Name the classes as y does, or leave the others out.",
            stacklevel=8,
        )
    cure = "Leave rows out instead of weighting a class by 0."
    for label, value in class_weight.items():
        check_number(value, f"class_weight[{label!r}]", owner, strict=True, cure=cure)
    return np.array([class_weight.get(c, 1.0) for c in classes.tolist()], float)
