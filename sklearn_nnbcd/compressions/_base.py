# SPDX-License-Identifier: BSD-3-Clause
"""What the engine asks of a compression: parameters, a plan for one weight, and the stored format.

Three small classes a file: the *compression* holds the user's parameters, its *plan* knows one
weight shape and does the steps, the *compressed weight* is what is stored and applied.
"""

import math
from collections.abc import Callable
from typing import Any

from array_api_compat import array_namespace
from sklearn.base import BaseEstimator

from ..numerics._metric import Metric


def stored_bytes(array: Any) -> int:
    """Bytes of an array; the array API standard has no ``nbytes``."""
    xp = array_namespace(array)
    info = xp.finfo if xp.isdtype(array.dtype, "real floating") else xp.iinfo
    return math.prod(array.shape) * info(array.dtype).bits // 8


class CompressedWeight:
    """A weight of shape (d_in, d_out) in its compressed form.

    Subclasses are plain records of arrays and integers, so pickles hold nothing but the compressed
    numbers. None of the methods changes the record.
    """

    #: shape (d_in, d_out) of the dense weight
    shape: Any = None

    @property
    def n_parameters(self) -> int:
        """Number of stored weight entries, as the paper counts them (indices are not weights)."""
        raise NotImplementedError

    @property
    def arrays(self) -> tuple:
        """Tuple of all stored arrays, the first one of the weight's own dtype."""
        raise NotImplementedError

    @property
    def nbytes(self) -> int:
        """Bytes of all stored arrays, indices included."""
        return sum(stored_bytes(array) for array in self.arrays)

    @property
    def cost(self) -> float:
        """Multiply-adds per row of :meth:`apply`, in units that compare with d_in * d_out."""
        return float(self.shape[0] * self.shape[1])

    @property
    def multiplications(self) -> int:
        """Multiply-adds per row of :meth:`apply`, counted and not weighed."""
        return int(self.cost)

    def to_dense(self, *, xp: Any) -> Any:
        """The weight as an array of shape (d_in, d_out)."""
        raise NotImplementedError

    def operator(self, *, xp: Any) -> Callable[[Any], Any]:
        """A function V -> V @ to_dense() through the compressed form, prepared for many calls."""
        W = self.to_dense(xp=xp)
        return lambda V: V @ W

    def apply(self, V: Any, *, xp: Any) -> Any:
        """``V @ to_dense()`` through the compressed form."""
        return self.operator(xp=xp)(V)

    def scaled(self, factor: float) -> "CompressedWeight":
        """The weight times a number, in the same format."""
        raise NotImplementedError

    def rows_scaled(self, factors: Any, *, xp: Any) -> "CompressedWeight | None":
        """diag(factors) W in the same format; None: the format cannot.

        Parameters
        ----------
        factors : array of shape (d_in,)
        xp : module
            Array API namespace.
        """
        return None

    def rows_mixed(self, basis: Any, *, xp: Any) -> "CompressedWeight | None":
        """B W in the same format for a matrix B of shape (any, d_in); None: the format cannot."""
        return None

    def columns_scaled(self, factors: Any, *, xp: Any) -> "CompressedWeight | None":
        """W diag(factors) in the same format, for factors of shape (d_out,); None: the format cannot."""
        return None

    def selected(self, indices: Any, axis: int, *, xp: Any) -> "CompressedWeight | None":
        """The weight with some rows (axis 0) or columns (1) only; None: the format cannot.

        Parameters
        ----------
        indices : array of int of shape (k,)
            Rising indices of what stays.
        axis : {0, 1}
        xp : module
            Array API namespace.
        """
        return None


class CompressionPlan:
    """A compression resolved for one weight shape.

    Attributes
    ----------
    shape : tuple of int
        (d_in, d_out).
    n_parameters : int or None
        What every weight of this plan stores; None where a penalty lets the data decide.
    exact : bool
        Whether :meth:`step` returns a global minimiser. If not, it must at least never be worse
        than ``previous``; the engine checks both and keeps the better one.
    step_every : int
        Batches of the mini-batch solver between two steps: about what a step costs in batches.
    in_user_units : bool
        Whether the entries of the weight themselves mean something, such as those in a box, so that the
        columns of X must keep their units.
    inner_rank : int or None
        Columns of A where the weights of this plan are all products A B of two free matrices; then
        :meth:`product` makes one of them and its ``factors`` gives them back.
    """

    shape: Any
    exact = True
    step_every = 10
    inner_rank: Any = None
    in_user_units = False
    n_parameters: Any = None

    def projects_exactly(self, metric: Metric | None) -> bool:
        """Whether :meth:`project` returns a nearest weight of the format in the given metric.

        Parameters
        ----------
        metric : Metric or None
            None is the Frobenius norm.
        """
        return self.exact and metric is None

    def project(self, W: Any, *, metric: Metric | None = None, xp: Any) -> CompressedWeight:
        """A first compressed weight near W, from nothing.

        Parameters
        ----------
        W : array of shape (d_in, d_out)
        metric : Metric or None, default=None
            Quadratic form in which to be near; None is the Frobenius norm.
        xp : module
            Array API namespace.

        Returns
        -------
        M : CompressedWeight
        """
        raise NotImplementedError

    def begin(self, W: Any, *, metric: Metric | None = None, xp: Any) -> CompressedWeight:
        """A start for :meth:`step`: as :meth:`project`, but it need not be the nearest weight."""
        return self.project(W, metric=metric, xp=xp)

    def for_inputs(self, n_inputs: int) -> "CompressionPlan | None":
        """The plan of weights of shape (n_inputs, d_out) that any B brings to this plan as B W, or None.

        With it, few rows of many columns are trained on in the space that the rows span.
        """
        return None

    def product(self, A: Any, B: Any) -> CompressedWeight:
        """The weight A B, where ``inner_rank`` says that there is one.

        Parameters
        ----------
        A : array of shape (d_in, inner_rank)
        B : array of shape (inner_rank, d_out)
            Of the dtype of A.

        Returns
        -------
        M : CompressedWeight
            In the format of this plan, with ``factors`` (A, B).

        Raises
        ------
        NotImplementedError
            If ``inner_rank`` is None.
        """
        raise NotImplementedError

    def step(
        self, target: Any, previous: Any, weight: float, *, metric: Metric | None = None, xp: Any
    ) -> CompressedWeight:
        """argmin_M r(M) + weight/2 ||M - target||^2 over the format, starting from ``previous``.

        This is (13) with its two quadratics as one: target = (tau W + alpha M_old)/(tau + alpha),
        weight = tau + alpha.

        Parameters
        ----------
        target : array of shape (d_in, d_out)
        previous : CompressedWeight
            In the format of this plan.
        weight : float
        metric : Metric or None, default=None
            Quadratic form of the norm; None is the Frobenius norm.
        xp : module
            Array API namespace.

        Returns
        -------
        M : CompressedWeight
            With no larger objective than ``previous``, up to rounding.
        """
        raise NotImplementedError

    def penalty(self, M: Any, *, xp: Any) -> Any:
        """r(M), a number; 0 for a hard constraint."""
        return 0.0


class BaseCompression(BaseEstimator):
    """Parameters of a compression; :meth:`plan` resolves them for one weight."""

    def highest_rank(self, shape: tuple) -> int | None:
        """Largest int ``rank`` that means anything for the shape; None: there is no rank."""
        return None

    def plan(self, shape: tuple) -> CompressionPlan:
        """A :class:`CompressionPlan` for weights of shape (d_in, d_out).

        Raises
        ------
        ValueError
            If the parameters make no sense for the shape. Nothing else has been done by then.
        """
        raise NotImplementedError
