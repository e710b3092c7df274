# SPDX-License-Identifier: BSD-3-Clause
"""Targets of a regression, about their mean in units of their spread."""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.metrics import r2_score

from ..backends import namespace_of
from ._base import BaseTargets


def as_columns(y: np.ndarray) -> np.ndarray:
    """Targets as float64 columns."""
    return np.asarray(y, dtype=np.float64).reshape(len(y), -1)


@dataclass(frozen=True, eq=False)
class Numbers(BaseTargets):
    """The network is fitted to (y - mean) / spread; its last layer takes the change back.

    One spread for all outputs, so (7) is only multiplied by a constant; it makes the default penalties
    mean the same for targets in any unit.

    Attributes
    ----------
    mean : ndarray of shape (d_N,)
        Of the dtype of X.
    spread : float
        Root of the mean variance of the outputs; 1 for a loss that does not allow it.
    one_column : bool
        Whether y has one dimension.
    loss : loss
        The engine's; its link makes predictions of outputs.
    """

    mean: np.ndarray
    spread: float
    one_column: bool
    loss: Any

    @classmethod
    def fit(cls, y: np.ndarray, s: np.ndarray | None, *, loss: Any, dtype: str, centre: bool) -> "Numbers":
        """Learn mean and spread of y.

        Parameters
        ----------
        y : ndarray of shape (n,) or (n, d_N)
        s : ndarray of shape (n,) or None
            Sample weights.
        loss : loss
            Says whether targets may be scaled, and what the least one is.
        dtype : str
            Of X.
        centre : bool
            Whether there are intercepts to take the mean.

        Returns
        -------
        numbers : Numbers

        Raises
        ------
        ValueError
            For targets that the loss does not allow, or out of the range of the dtype.
        """
        Y = as_columns(y)
        check_targets(loss, np.min(Y))
        with np.errstate(over="ignore", invalid="ignore"):
            mean = np.average(Y, axis=0, weights=s)
            square = np.average(np.mean((Y - mean) ** 2, axis=1), weights=s)
        return cls.of_moments(
            mean,
            square,
            np.max(np.abs(Y)),
            one_column=y.ndim == 1,
            loss=loss,
            dtype=dtype,
            centre=centre,
        )

    @classmethod
    def of_moments(
        cls,
        mean: np.ndarray,
        square: float,
        largest: float,
        *,
        one_column: bool,
        loss: Any,
        dtype: str,
        centre: bool,
    ) -> "Numbers":
        """As :meth:`fit`, from the mean, the mean square about it, and the largest absolute target."""
        if not loss.standardises:
            return cls(np.zeros(len(mean), dtype), 1.0, one_column, loss)
        spread, most = math.sqrt(square) or 1.0, np.finfo(dtype).max
        if not (spread <= most and np.all(np.abs(mean) <= most)):
            raise ValueError(
                "The 'y' of fit must have a mean and a variance within the range of X's "
                f"{dtype}. Got targets as large as {largest:.3g}, a mean of "
                f"{np.max(np.abs(mean)):.3g} and a standard deviation of {spread:.3g}. "
                "Pass the targets in a larger unit."
            )
        mean = (mean if centre else np.zeros_like(mean)).astype(dtype)
        return cls(mean, spread, one_column, loss)

    def check_more(self, y: np.ndarray, *, method: str = "partial_fit") -> None:
        """Raise ValueError unless y is of the kind of the targets that were learned from."""
        check_targets(self.loss, np.min(y))
        if (y.ndim == 1) != self.one_column or (y.ndim == 2 and y.shape[1] != self.n_outputs):
            expected = "(n,)" if self.one_column else f"(n, {self.n_outputs})"
            raise ValueError(
                f"The 'y' of {method} must keep the shape {expected} of the first call. Got "
                f"{tuple(y.shape)}. Pass the same targets, or clone the estimator."
            )

    @property
    def n_outputs(self) -> int:
        """Columns of y."""
        return self.mean.shape[0]

    def encode(self, y: np.ndarray, dtype: str) -> np.ndarray:
        """(y - mean) / spread, as columns."""
        return ((as_columns(y) - self.mean) / self.spread).astype(dtype)

    def decode(self, V: Any, *, xp: Any) -> Any:
        """Predictions of the shape of y from outputs in its units."""
        V = self.loss.inverse_link(V, xp=xp)
        return V[:, 0] if self.one_column else V

    def user_network(self, network: Any) -> Any:
        """The network with the spread and the mean in its last layer."""
        return network.with_output_units(self.spread, network.xp.asarray(self.mean))

    def engine_network(self, network: Any) -> Any:
        """The network for (y - mean) / spread."""
        return network.with_output_units(1.0 / self.spread, network.xp.asarray(-self.mean / self.spread))

    def user_targets(self, Y: Any, *, xp: Any) -> Any:
        """y, as columns."""
        return Y * self.spread + xp.asarray(self.mean)

    @property
    def user_loss(self) -> Any:
        """The loss with its own scale, such as Huber's delta, in the unit of y."""
        return self.loss.rescaled(self.spread)

    def score(self, y: np.ndarray, V: np.ndarray, s: np.ndarray | None) -> float:
        """Coefficient of determination, the mean over outputs."""
        return float(r2_score(y, self.decode(V, xp=namespace_of(V)), sample_weight=s))

    def engine_outputs(self, V: Any, *, xp: Any) -> Any:
        """(V - mean) / spread."""
        return (V - xp.asarray(self.mean)) / self.spread


def check_targets(loss: Any, least: float) -> None:
    """Raise ValueError if the loss does not allow the least target."""
    if least < loss.lowest_target:
        raise ValueError(
            f"The 'y' of fit must be >= {loss.lowest_target:g} for loss={loss!r}. Got "
            f"{least:.3g}. Shift the targets, or use loss='squared_error'."
        )
