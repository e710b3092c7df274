# SPDX-License-Identifier: BSD-3-Clause
"""Cross-entropy of the softmax, all classes jointly."""

from collections.abc import Callable
from functools import partial
from typing import Any

from ..backends import get_backend
from ..numerics._scalar import wright_omega
from ..numerics._simplex import exponentials
from ._base import BaseLoss, row_shares
from ._logistic import Logistic
from ._smoothed import SmoothedLoss

#: Newton steps for the normaliser at most; they are monotone, see CrossEntropy.prox
_STEPS = 50


def _softmax(V: Any, *, xp: Any) -> tuple[Any, Any]:
    """log(sum(exp)) of each row, shape (n, 1), and exp(v) over its sum."""
    top, E, total = exponentials(V, xp=xp)
    return top + xp.log(total), E / total


def _mean_covariance(P: Any, total: Any, s: Any, *, xp: Any) -> Any:
    """diag(mean t p) - mean t p p' of probabilities P (n, k) and totals t (n,), weighted by s; (k, k)."""
    share = row_shares(s, P.shape[0], P, xp=xp) * total[:, None]
    R = xp.sqrt(share) * P
    eye = xp.eye(P.shape[1], dtype=P.dtype)
    joint = get_backend(xp).gram(R, xp=xp) * (1.0 - eye)
    return eye * xp.sum(joint, axis=0) - joint


class CrossEntropy(SmoothedLoss):
    """-sum_k y_k log softmax(v)_k of each row, for one-hot targets (any y >= 0).

    Two classes have one output and the logistic loss, which is the same model. The exact V_N step
    replaces the paper's prox-linear step (19), with alpha >= 1/2 there, the Lipschitz constant of
    the gradient.

    Parameters
    ----------
    smoothing : float or "auto", default="auto"
        Share of every target that goes to all classes alike, in [0, 1]: y becomes
        (1 - smoothing) y + smoothing / K (Szegedy et al. 2016). Rows that the network is sure of stay in
        the fit, so that it does not spend its weights on making them surer still. "auto": 0.02 where
        outputs are calibrated on held-out rows, which takes back that the network says that it is less
        sure: in ``fit`` by mini-batches. Elsewhere 0.003 for three classes and more.
    """

    off = 0.0
    elementwise = False
    uncalibrated = 0.003

    @property
    def _of_one(self) -> Logistic:
        """The loss of one output."""
        return Logistic("auto" if self._is_auto else self.share_smoothed)

    def _smoothed(self, Y: Any, *, xp: Any) -> Any:
        """Targets with the share of all classes in them."""
        share = self.share_smoothed
        return (1.0 - share) * Y + (share / Y.shape[1]) * xp.sum(Y, axis=1)[:, None]

    def sure_curvature(self, n_outputs: int) -> float:
        """1 - sum q^2 of q = 1 - share + share / K once and share / K otherwise."""
        if n_outputs == 1:
            return self._of_one.sure_curvature(1)
        share, least = self.share_smoothed, self.share_smoothed / n_outputs
        return 1.0 - (1.0 - share + least) ** 2 - (n_outputs - 1) * least**2

    def for_labels(self) -> BaseLoss:
        """The logistic loss of each label by itself."""
        return self._of_one

    def value(self, Y: Any, V: Any, *, xp: Any) -> Any:
        """sum_k y_k (log sum exp(v) - v_k) of each row."""
        if V.shape[1] == 1:
            return self._of_one.value(Y, V, xp=xp)
        Y = self._smoothed(Y, xp=xp)
        return xp.sum(Y * (_softmax(V, xp=xp)[0] - V), axis=1)

    def gradient(self, Y: Any, V: Any, *, xp: Any) -> Any:
        """(sum_k y_k) softmax(v) - y."""
        if V.shape[1] == 1:
            return self._of_one.gradient(Y, V, xp=xp)
        return xp.sum(Y, axis=1)[:, None] * _softmax(V, xp=xp)[1] - self._smoothed(Y, xp=xp)

    def mean_hessian(self, Y: Any, V: Any, s: Any = None, *, xp: Any) -> Any:
        """diag(mean t p) - mean t p p', with t = sum_k y_k and p = softmax(v).

        As p sums to one, a diagonal entry is the sum of mean t p_k p_j over all other j. So nothing
        cancels where the network is sure (1 - p below rounding), and H is diagonally dominant.
        """
        if V.shape[1] == 1:
            return self._of_one.mean_hessian(Y, V, s, xp=xp)
        return _mean_covariance(_softmax(V, xp=xp)[1], xp.sum(Y, axis=1), s, xp=xp)

    def expansion(self, Y: Any, V: Any, s: Any = None, *, xp: Any) -> tuple[Any, Any, Callable[[], Any]]:
        """Value, gradient and what gives the mean Hessian, all from one softmax."""
        if type(self) is not CrossEntropy:  # a subclass may have its own of one of them
            return super().expansion(Y, V, s, xp=xp)
        if V.shape[1] == 1:
            return self._of_one.expansion(Y, V, s, xp=xp)
        normaliser, P = _softmax(V, xp=xp)
        total, T = xp.sum(Y, axis=1), self._smoothed(Y, xp=xp)
        value = xp.sum(T * (normaliser - V), axis=1)
        return value, total[:, None] * P - T, partial(_mean_covariance, P, total, s, xp=xp)

    def prox(self, Y: Any, center: Any, weight: float, *, xp: Any) -> Any:
        """Exact, by one scalar equation per row.

        With t = sum y and z = log sum exp(v), stationarity is v + (t/weight) exp(v - z) = a,
        a = center + y/weight. For a given z each entry is v = a - omega(log(t/weight) + a - z),
        omega(x) + log omega(x) = x, and z is where the omegas sum to t/weight. That sum is convex
        and falling in z, so Newton from the left of the root is monotone and needs no line search;
        z = max(a) - t/weight is on the left. All rows at once.
        """
        if center.shape[1] == 1:
            return self._of_one.prox(Y, center, weight, xp=xp)
        Y = self._smoothed(Y, xp=xp)
        total = xp.sum(Y, axis=1)[:, None] * (1.0 / weight)
        used = total > 0.0  # a row of zeros has no loss
        total = xp.where(used, total, xp.ones_like(total))
        a = center + Y * (1.0 / weight)
        top = xp.max(a, axis=1)[:, None]
        a = a - top
        shifted = a + xp.log(total)
        z = -total
        tolerance = 0.1 * float(xp.finfo(z.dtype).eps) ** 0.5  # the error left is its square
        for _ in range(_STEPS):
            omega = wright_omega(shifted - z, xp=xp)
            slope = xp.sum(omega / (1.0 + omega), axis=1)[:, None]
            step = (xp.sum(omega, axis=1)[:, None] - total) / slope
            z = z + step
            if not float(xp.max(step / (1.0 + xp.abs(z)))) > tolerance:
                break
        omega = wright_omega(shifted - z, xp=xp)
        return xp.where(used, top + (a - omega), center)

    def to_proba(self, V: Any, *, xp: Any) -> Any:
        """The softmax of the outputs (two classes: the logistic function of the one output)."""
        if V.shape[1] == 1:
            return self._of_one.to_proba(V, xp=xp)
        _, E, total = exponentials(V, xp=xp)
        E /= total
        return E
