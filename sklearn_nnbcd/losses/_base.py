# SPDX-License-Identifier: BSD-3-Clause
"""What the engine and the estimators ask of a loss."""

import math

from sklearn.base import BaseEstimator


class BaseLoss(BaseEstimator):
    """A loss that is a sum over rows, and the exact solution of its V_N block.

    Class attributes
    ----------------
    tasks : frozenset of {"classification", "regression"}
        Where the loss may be used.
    off : float
        Code of a class that is absent in the multiclass one-hot target (present is 1). Binary
        targets are one column of -1 and 1.
    lowest_target : float
        Least value that a target of a regression may have.
    elementwise : bool
        Whether the loss is a sum over outputs, so that it also serves labels that do not exclude
        each other, one column of -1 and 1 each.
    standardises : bool
        Whether the regressor may centre the targets and divide them by one number, as a loss
        allows that depends on v - y alone.
    """

    tasks = frozenset()
    off = 0.0
    lowest_target = -math.inf
    elementwise = True
    standardises = True

    def check_parameters(self):
        """Raise ValueError or TypeError for bad parameters; called once, before any work."""

    def value(self, Y, V, *, xp):
        """Loss of each row, shape (n,), for targets and outputs of shape (n, d_N)."""
        raise NotImplementedError

    def gradient(self, Y, V, *, xp):
        """Gradient (or a subgradient) of each row's loss in V, shape (n, d_N)."""
        raise NotImplementedError

    def prox(self, Y, center, weight, *, xp):
        """argmin_V loss(Y, V) + weight/2 ||V - center||^2, row by row (8), for a float > 0."""
        raise NotImplementedError

    def to_proba(self, V, *, xp):
        """Class probabilities of shape (n, n_classes), n_classes >= 2, from outputs V.

        V has one column for two classes (positive favours the second), n_classes columns otherwise.
        """
        raise NotImplementedError

    def rescaled(self, factor):
        """This loss for targets and outputs times ``factor``; itself if it has no scale of its own.

        rescaled(c).value(c Y, c V) is value(Y, V) times a positive number that depends on c only.
        """
        return self

    def inverse_link(self, V, *, xp):
        """Predictions of a regression from outputs V."""
        return V
