# SPDX-License-Identifier: BSD-3-Clause
"""From labels to targets: what the classifier knows of its classes and their weights."""

import numpy as np

from ._arrays import dtype_name
from ._problem import resolve_piece
from ._validation import check_number
from .losses import LOSSES, BaseLoss
from .targets._kinds import one_target, signed_labels


def class_codes(y, classes):
    """Place of every label among the sorted classes, in as few bytes as they need.

    Rows are looked up in slices: a table larger than memory may have a billion of them.
    """
    codes = np.empty(len(y), dtype=np.min_scalar_type(len(classes)))
    for start in range(0, len(y), 2**16):
        part = slice(start, start + 2**16)
        codes[part] = np.searchsorted(classes, y[part])
    return codes


class ClassTargets:
    """Part of the classifier: codes labels as the loss wants them, and weighs the classes."""

    _multilabel = False

    def _learn_from_mlp(self, mlp):
        self.classes_, self._multilabel = mlp.classes_, False
        if mlp.n_outputs_ > 1 and mlp.out_activation_ == "logistic":
            self._multilabel, self._label_type = True, np.dtype(np.int64)

    def _encode(self, X, y, s):
        y, self._multilabel = one_target(y)
        if self._multilabel:
            return self._encode_labels(X, y, s)
        self._learn_classes(np.unique(y))
        codes = class_codes(y, self.classes_)
        counts = None
        if self.class_weight is not None:
            counts = np.bincount(codes, weights=s, minlength=len(self.classes_))
        Y, s = self._coded(codes, s, self._class_weights(counts), dtype_name(X))
        xp = self._engine_namespace(X)
        return xp.asarray(Y), None if s is None else xp.asarray(s), Y.shape[1]

    def _learn_classes(self, classes):
        """Keep the sorted classes of all rows."""
        known = getattr(self, "classes_", classes)
        if self.warm_start and not np.array_equal(known, classes):
            raise ValueError(
                f"With warm_start=True the 'y' of fit must keep its classes, {known.tolist()}. Got "
                f"{classes.tolist()}. Use warm_start=False, or clone the estimator."
            )
        if len(classes) < 2:
            raise ValueError(
                "The 'y' of fit must have at least two classes among the rows of positive "
                f"weight. Got one class, {classes[0]!r}. Check the labels, or the weights."
            )
        self.classes_ = classes

    def _encode_labels(self, X, y, s):
        """Targets of an indicator matrix: a column of -1 and 1 for every label."""
        loss = resolve_piece(self.loss, LOSSES, BaseLoss, "loss", type(self).__name__)
        Y = signed_labels(self, y, loss.elementwise)
        known = getattr(self, "classes_", np.arange(y.shape[1]))
        if (self.warm_start or hasattr(self, "_online")) and len(known) != y.shape[1]:
            raise ValueError(
                f"The 'y' of fit must keep its {len(known)} labels. Got {y.shape[1]} columns. Use "
                "warm_start=False, or clone the estimator."
            )
        self.classes_, self._label_type = np.arange(y.shape[1]), y.dtype
        xp = self._engine_namespace(X)
        Y = Y.astype(dtype_name(X))
        return xp.asarray(Y), None if s is None else xp.asarray(s), Y.shape[1]

    def _encode_more(self, X, y, s, classes):
        """Targets of more rows, whose labels are known from the first call."""
        known = getattr(self, "classes_", None)
        y, multilabel = one_target(y)
        if known is not None and multilabel != self._multilabel:
            raise ValueError(
                "The 'y' of partial_fit must stay one label per row, or a column per label. Got shape "
                f"{y.shape}. Pass the same targets, or clone the estimator."
            )
        self._multilabel = multilabel
        if multilabel:
            return self._encode_labels(X, y, s)
        if known is None and classes is None:
            raise ValueError(
                "The 'classes' of partial_fit must name all labels in the first call. Got None. Pass "
                "classes=np.unique(y) of all rows that will come."
            )
        given = known if classes is None else np.unique(classes)
        if known is not None and not np.array_equal(given, known):
            raise ValueError(
                f"The 'classes' of partial_fit must stay those of the first call, {known.tolist()}. "
                f"Got {given.tolist()}. Leave classes out, or clone the estimator."
            )
        unknown = np.setdiff1d(y, given)
        if len(given) < 2 or len(unknown):
            raise ValueError(
                "The 'y' of partial_fit must hold labels of at least two 'classes', "
                f"{given.tolist()}. Got {np.unique(y).tolist()}. Name every label in the first call."
            )
        if self.class_weight == "balanced":
            raise ValueError(
                "The 'class_weight' of partial_fit must be a dict or None. Got 'balanced', which needs "
                "all rows at once. Pass compute_class_weight('balanced', ...) as a dict."
            )
        self.classes_ = given
        Y, s = self._coded(class_codes(y, given), s, self._class_weights(None), dtype_name(X))
        xp = self._engine_namespace(X)
        return xp.asarray(Y), None if s is None else xp.asarray(s), Y.shape[1]

    def _coded(self, codes, s, each, dtype):
        """Targets and all weights of some rows, for the numbers of their classes."""
        loss = resolve_piece(self.loss, LOSSES, BaseLoss, "loss", type(self).__name__)
        if len(self.classes_) == 2:
            Y = codes.astype(dtype)[:, None]
            Y *= 2.0
            Y -= 1.0
        else:
            Y = np.full((len(codes), len(self.classes_)), loss.off, dtype=dtype)
            for k in range(len(self.classes_)):
                Y[codes == k, k] = 1.0
        if each is not None:
            each = each.astype(dtype)[codes]
            s = each if s is None else s * each
        return Y, s

    def _class_weights(self, counts):
        """Weight of each class, or None; ``counts`` are their rows, where weights count as copies."""
        if self.class_weight is None:
            return None
        if isinstance(self.class_weight, str) and self.class_weight == "balanced":
            each = counts.sum() / (len(self.classes_) * counts)
        elif isinstance(self.class_weight, dict):
            missing = set(self.class_weight) - set(self.classes_.tolist())
            if missing:
                raise ValueError(
                    f"The 'class_weight' of {type(self).__name__} must name classes of y, "
                    f"{self.classes_.tolist()}. Got the unknown {sorted(missing, key=str)}."
                )
            owner, cure = type(self).__name__, "Leave rows out instead of weighting a class by 0."
            for label, value in self.class_weight.items():
                name = f"class_weight[{label!r}]"
                check_number(value, name, owner, strict=True, cure=cure)
            each = np.array([self.class_weight.get(c, 1.0) for c in self.classes_.tolist()], float)
        else:
            raise ValueError(
                f"The 'class_weight' of {type(self).__name__} must be 'balanced', a dict of class "
                f"to weight, or None. Got {self.class_weight!r}."
            )
        return each

    def _check_validation_targets(self, y, y_val):
        super()._check_validation_targets(y, y_val)
        classes = np.unique(y).tolist()
        unknown = [label for label in np.unique(y_val).tolist() if label not in classes]
        if unknown:
            raise ValueError(
                f"The 'y_val' of fit must hold classes of y, {classes}. Got the unknown {unknown}. "
                "Pass labels of the same kind, and rows of every class for training."
            )
