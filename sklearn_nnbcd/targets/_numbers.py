# SPDX-License-Identifier: BSD-3-Clause
"""Targets of a regression, about their mean in units of their spread."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from ..backends import namespace_of
from ..numerics import ColumnMoments
from ._base import BaseTargets


def as_columns(y: np.ndarray) -> np.ndarray:
    """Targets as float64 columns; ValueError for text that is no number."""
    try:
        return np.asarray(y, dtype=np.float64).reshape(len(y), -1)
    except ValueError as error:
        found = str(error).removeprefix("could not convert string to float: ")
        raise ValueError(
            f"The 'y' of fit must be numbers for a regressor. Got {found.removeprefix('np.str_')}. Encode "
            "text as numbers, or use NNBCDClassifier."
        ) from error


@dataclass(frozen=True, eq=False)
class Numbers(BaseTargets):
    """The network is fitted to (y - mean) / spread, each output in its own unit; its last layer takes the
    change back. So default penalties mean the same for targets in any unit.

    Attributes
    ----------
    mean : ndarray of shape (d_N,)
        Of the dtype of X.
    spread : ndarray of shape (d_N,)
        Standard deviations, of the dtype of X; 0 for constant targets, which are then predicted as they
        are; 1 for a loss that does not allow another unit.
    one_column : bool
        Whether y has one dimension.
    loss : loss
        The engine's; its link makes predictions of outputs.
    moments : ColumnMoments or None
        Of all targets so far, for a stream to go on from.
    """

    mean: np.ndarray
    spread: np.ndarray
    one_column: bool
    loss: Any
    moments: ColumnMoments | None = None

    def __repr__(self) -> str:
        """One line, however many outputs there are."""
        return f"<Numbers of {self.n_outputs} outputs for {self.loss!r}>"

    @classmethod
    def fit(
        cls,
        y: np.ndarray,
        s: np.ndarray | None,
        *,
        loss: Any,
        dtype: str,
        centre: bool,
        before: ColumnMoments | None = None,
        is_stream: bool = False,
    ) -> "Numbers":
        """Learn means and spreads of y.

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
        before : ColumnMoments or None, default=None
            Of the targets before these, in a stream.
        is_stream : bool, default=False
            Whether more targets will come, so that constant ones may come to life.

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
            moments = ColumnMoments.of(Y, s)
            moments = moments if before is None else before + moments
        options = {"loss": loss, "dtype": dtype, "centre": centre, "is_stream": is_stream}
        return cls.of_moments(moments, one_column=y.ndim == 1, **options)

    @classmethod
    def of_moments(
        cls,
        moments: ColumnMoments,
        *,
        one_column: bool,
        loss: Any,
        dtype: str,
        centre: bool,
        is_stream: bool = False,
    ) -> "Numbers":
        """As :meth:`fit`, from the moments of the columns."""
        width = len(moments.mean)
        if not loss.standardises:
            return cls(np.zeros(width, dtype), np.ones(width, dtype), one_column, loss, moments)
        with np.errstate(over="ignore", invalid="ignore"):
            spread, most = moments.spread, np.finfo(dtype).max
        if not (np.all(spread <= most) and np.all(np.abs(moments.mean) <= most)):
            raise ValueError(
                "The 'y' of fit must have a mean and a variance within the range of X's "
                f"{dtype}. Got targets as large as {np.max(moments.largest):.3g}, a mean of "
                f"{np.max(np.abs(moments.mean)):.3g} and a standard deviation of {np.max(spread):.3g}. "
                "Pass the targets in a larger unit."
            )
        if centre and not is_stream:
            spread = np.where(moments.varies, spread, 0.0)
        mean = (moments.mean if centre else np.zeros(width)).astype(dtype)
        return cls(mean, spread.astype(dtype), one_column, loss, moments)

    @property
    def unit(self) -> np.ndarray:
        """The spreads, and 1 for constant targets, to divide by."""
        return np.where(self.spread > 0.0, self.spread, np.ones_like(self.spread))

    def is_near(self, other: Any, tolerance: float = 0.1) -> bool:
        """Whether two units are the same up to a share of the spreads."""
        shift = np.abs(self.mean - other.mean) <= tolerance * self.unit
        change = np.abs(self.unit - other.unit) <= tolerance * self.unit
        return bool(shift.all() and change.all())

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
        return ((as_columns(y) - self.mean) / self.unit).astype(dtype)

    def decode(self, V: Any, *, xp: Any) -> Any:
        """Predictions of the shape of y from outputs in its units."""
        V = self.loss.inverse_link(V, xp=xp)
        return V[:, 0] if self.one_column else V

    def user_network(self, network: Any) -> Any:
        """The network with the spread and the mean in its last layer."""
        return network.with_output_units(self.spread, self.mean)

    def engine_network(self, network: Any) -> Any:
        """The network for (y - mean) / spread."""
        return network.with_output_units(1.0 / self.unit, -self.mean / self.unit)

    def user_targets(self, Y: Any, *, xp: Any) -> Any:
        """y, as columns."""
        return Y * xp.asarray(self.unit) + xp.asarray(self.mean)

    @property
    def user_loss(self) -> Any:
        """The loss with its own scale, such as Huber's delta, in the unit of y."""
        return self.loss.rescaled(float(self.unit[0]) if len(self.unit) == 1 else self.unit)

    def score(self, y: np.ndarray, V: np.ndarray, s: np.ndarray | None) -> float:
        """Coefficient of determination, the mean over outputs.

        Where the rows' own targets are constant, or there is one row, it has no spread to go by, and that of
        the targets of the fit takes its place.
        """
        found = as_columns(self.decode(V, xp=namespace_of(V)))
        Y, unit = as_columns(y), np.asarray(self.unit, dtype=np.float64)
        spread = np.average((Y - np.average(Y, axis=0, weights=s)) ** 2, axis=0, weights=s)
        spread = np.where(np.max(Y, axis=0) > np.min(Y, axis=0), spread, unit**2)
        residual = np.average((Y - found) ** 2, axis=0, weights=s)
        return float(np.mean(1.0 - residual / spread))

    def engine_outputs(self, V: Any, *, xp: Any) -> Any:
        """(V - mean) / spread."""
        return (V - xp.asarray(self.mean)) / xp.asarray(self.unit)


def check_targets(loss: Any, least: float) -> None:
    """Raise ValueError if the loss does not allow the least target."""
    if least < loss.lowest_target:
        raise ValueError(
            f"The 'y' of fit must be >= {loss.lowest_target:g} for loss={loss!r}. Got "
            f"{least:.3g}. Shift the targets, or use loss='squared_error'."
        )
