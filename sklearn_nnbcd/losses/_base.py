# SPDX-License-Identifier: BSD-3-Clause
"""What the engine and the estimators ask of a loss."""

import math
from collections.abc import Callable
from functools import partial
from typing import Any

from .._sklearn_compat import LinkedEstimator

#: least curvature of an output in a mean Hessian that could vanish while there is a slope
LEAST_CURVATURE = 0.01


def row_shares(s: Any, n: int, like: Any, *, xp: Any) -> Any:
    """Each row's share of a weighted mean, shape (n, 1); zeros where all weights are zero.

    Parameters
    ----------
    s : array of shape (n,) or None
        Sample weights.
    n : int
        Number of rows.
    like : array
        Its dtype is the result's.
    xp : module
        Array API namespace.
    """
    if s is None:
        return xp.full((n, 1), 1.0 / max(n, 1), dtype=like.dtype)
    s = xp.astype(s, like.dtype)
    total = xp.sum(s)
    return (s / xp.where(total > 0.0, total, xp.ones_like(total)))[:, None]


def diagonal_mean(C: Any, s: Any, *, xp: Any) -> Any:
    """The diagonal matrix (d, d) of the weighted means of the columns of C, shape (n, d)."""
    mean = xp.sum(row_shares(s, C.shape[0], C, xp=xp) * C, axis=0)
    return xp.eye(C.shape[1], dtype=C.dtype) * mean[:, None]


class BaseLoss(LinkedEstimator):
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
    is_likelihood : bool
        Whether the loss is minus the logarithm of a likelihood, so that the mean square of its gradient
        is its mean Hessian where the model holds.
    exact_hessian : bool
        Whether :meth:`mean_hessian` is the Hessian itself. Where it is not, as for losses with a kink,
        it is a stand-in that the docstring of the loss describes.
    smooth : bool
        Whether the gradient is continuous, so that a step along it with a bound can descend, (19).
    """

    tasks: frozenset[str] = frozenset()
    off = 0.0
    lowest_target = -math.inf
    elementwise = True
    standardises = True
    exact_hessian = True
    is_likelihood = False
    smooth = True

    @property
    def has_prox(self) -> bool:
        """Whether there is a :meth:`prox` of its own; otherwise (8) is solved by (19)."""
        return type(self).prox is not BaseLoss.prox

    def as_quadratic(self, Y: Any, center: Any, weight: float, *, xp: Any) -> tuple[Any, float] | None:
        """Center and weight of the quadratic loss(Y, V) + weight/2 ||V - center||^2; None: it is none."""
        return None

    def for_labels(self) -> "BaseLoss | None":
        """The loss for labels that do not exclude each other, one output each; None: there is no such."""
        return self if self.elementwise else None

    def for_calibration(self) -> "BaseLoss | None":
        """The loss to train with where outputs are calibrated on held-out rows; None: they are not to be."""
        return None

    def with_smoothing(self, share: float) -> "BaseLoss":
        """This loss with a share of every target that goes to all classes alike."""
        raise NotImplementedError

    def sure_curvature(self, n_outputs: int) -> float:
        """Trace of the Hessian where a row's outputs say just what its smoothed target says."""
        return 0.0

    def check_parameters(self) -> None:
        """Raise ValueError or TypeError for bad parameters; called once, before any work."""

    def value(self, Y: Any, V: Any, *, xp: Any) -> Any:
        """Loss of each row, shape (n,), for targets and outputs of shape (n, d_N)."""
        raise NotImplementedError

    def gradient(self, Y: Any, V: Any, *, xp: Any) -> Any:
        """Gradient (or a subgradient) of each row's loss in V, shape (n, d_N)."""
        raise NotImplementedError

    def mean_hessian(self, Y: Any, V: Any, s: Any = None, *, xp: Any) -> Any:
        """Weighted mean over the rows of the loss's Hessian in V: the curvature of the outputs.

        It stands at the top of the generalised Gauss-Newton metric, which pulls it back through the
        layers below. It must be positive wherever the loss has a slope, so that a step is finite: a
        loss whose Hessian can vanish there keeps each output above ``LEAST_CURVATURE``.

        Parameters
        ----------
        Y, V : arrays of shape (n, d_N)
            Targets and outputs.
        s : array of shape (n,), default=None
            Sample weights >= 0; only their ratios matter, and a whole number counts as copies.
            All zero, the result may be anything finite.
        xp : module
            Array API namespace. Nothing is read to the host, and no array is larger than V or the
            result.

        Returns
        -------
        H : array of shape (d_N, d_N)
            Symmetric positive semidefinite, in V's dtype.
        """
        raise NotImplementedError

    def expansion(self, Y: Any, V: Any, s: Any = None, *, xp: Any) -> tuple[Any, Any, Callable[[], Any]]:
        """:meth:`value`, :meth:`gradient` and a function that gives :meth:`mean_hessian`.

        A batch asks for the first two, and now and then for the third; a loss may share among them what
        they have in common.
        """
        hessian = partial(self.mean_hessian, Y, V, s, xp=xp)
        return self.value(Y, V, xp=xp), self.gradient(Y, V, xp=xp), hessian

    def prox(self, Y: Any, center: Any, weight: float, *, xp: Any) -> Any:
        """argmin_V loss(Y, V) + weight/2 ||V - center||^2, row by row (8), for a float > 0.

        A smooth loss may leave it out: (8) is then solved by the paper's prox-linear step (19).
        """
        raise NotImplementedError

    def to_proba(self, V: Any, *, xp: Any) -> Any:
        """Class probabilities of shape (n, n_classes), n_classes >= 2, from outputs V.

        V has one column for two classes (positive favours the second), n_classes columns otherwise.
        """
        raise NotImplementedError

    def rescaled(self, factor: Any) -> "BaseLoss":
        """This loss for targets and outputs times ``factor``; itself if it has no scale of its own.

        rescaled(c).value(c Y, c V) is value(Y, V) times a positive number that depends on c only.
        """
        return self

    def inverse_link(self, V: Any, *, xp: Any) -> Any:
        """Predictions of a regression from outputs V."""
        return V
