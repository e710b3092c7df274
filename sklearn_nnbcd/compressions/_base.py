# SPDX-License-Identifier: BSD-3-Clause
"""What the engine asks of a compression: parameters, a plan for one weight, and the stored format.

Three small classes a file: the *compression* holds the user's parameters, its *plan* knows one
weight shape and does the steps, the *compressed weight* is what is stored and applied.
"""

import math
from collections.abc import Callable, Sequence
from numbers import Integral
from typing import Any

from array_api_compat import array_namespace

from .._sklearn_compat import LinkedEstimator
from ..numerics._metric import Metric
from ._local import Local


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
    #: pairs (k, l) of stored numbers where every scale of array k may as well be one of array l
    bonds: Any = ()

    def __init_subclass__(cls, **options: Any) -> None:
        """Give every format the short repr; a dataclass would print all its arrays."""
        super().__init_subclass__(**options)
        if "__repr__" not in vars(cls):
            cls.__repr__ = CompressedWeight.__repr__  # type: ignore[method-assign]

    def __repr__(self) -> str:
        """One line: format, shape, size."""
        rows, columns = self.shape
        size = f"{self.n_parameters} numbers, {self.nbytes} bytes"
        return f"<{type(self).__name__} of shape ({rows}, {columns}): {size}>"

    @property
    def n_parameters(self) -> int:
        """Number of stored weight entries, as the paper counts them (indices are not weights)."""
        raise NotImplementedError

    @property
    def arrays(self) -> tuple:
        """Tuple of all stored arrays."""
        raise NotImplementedError

    @property
    def dtype(self) -> Any:
        """dtype of the weight."""
        return self.arrays[0].dtype

    @property
    def numbers(self) -> tuple:
        """Tuple of the stored arrays that hold numbers, not indices: W is linear in each of them."""
        return self.arrays

    def with_numbers(self, numbers: Sequence) -> Any:
        """The same format with other numbers, arrays of the same shapes."""
        raise NotImplementedError

    def local(self, k: int, W: Any, metric: "Metric | None", *, xp: Any) -> Local:
        """The :class:`Local` problem of number k: to be near W in the metric while the others stay."""
        raise NotImplementedError

    def has_column_scales(self, k: int) -> bool:
        """Whether the columns of ``local(k, ...)`` are those of W."""
        return False

    def spread(self, k: int, scale: Any, *, xp: Any) -> Any:
        """Scales of the columns of ``local(k, ...)``, brought to where number k broadcasts with them."""
        return scale

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

    def compact(self, *, xp: Any) -> "CompressedWeight":
        """The weight as a trained network keeps it: indices, where there are any, in few bytes."""
        return self

    def to_dense(self, *, xp: Any) -> Any:
        """The weight as an array of shape (d_in, d_out)."""
        raise NotImplementedError

    def operator(self, *, xp: Any) -> Callable[[Any], Any]:
        """A function V -> V @ to_dense() through the compressed form, prepared for many calls."""
        W = self.to_dense(xp=xp)
        return lambda V: V @ W

    def sparse_operator(self, *, xp: Any) -> Callable[[Any], Any]:
        """The same for sparse rows V: through a form that takes only products with matrices."""
        W = self.to_dense(xp=xp)
        return lambda V: V @ W

    def apply(self, V: Any, *, xp: Any) -> Any:
        """``V @ to_dense()`` through the compressed form."""
        return self.operator(xp=xp)(V)

    def check_arrays(self, *, xp: Any) -> None:
        """Raise an error unless the stored arrays fit together; asked of a weight that comes from a file.

        By default the product with one row is tried. A format whose arrays say where other numbers lie
        must look at every index: its products may not.
        """
        V = xp.zeros((1, self.shape[0]), dtype=self.dtype)
        if self.apply(V, xp=xp).shape != (1, self.shape[1]):
            raise ValueError(f"a weight that says {self.shape} is of another shape")

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
    has_factor_step : bool
        Whether there is a :meth:`factor_step`.
    step_every : int
        Batches of the mini-batch solver between two steps: about what a step costs in batches.
    in_user_units : bool
        Whether the entries of the weight themselves mean something, such as those in a box, so that the
        columns of X must keep their units.
    takes_bits : bool
        Whether the numbers of its weights can be rounded to few bits: ``numbers`` and what follows from
        them are there, and no penalty has a word in it.
    is_rounded : bool
        Whether the numbers of its weights have few bits.
    takes_row_factors : bool
        Whether diag(f) W is of the format for any W of it.
    is_pruned : bool
        Whether its size is a number of entries, which :meth:`loosened` raises.
    inner_rank : int or None
        Columns of A where the weights of this plan are all products A B of two free matrices; then
        :meth:`product` makes one of them and its ``factors`` gives them back.
    """

    shape: Any
    exact = True
    takes_bits = False
    is_rounded = False
    takes_row_factors = False
    is_pruned = False
    has_factor_step = False
    step_every = 10
    inner_rank: Any = None
    in_user_units = False
    n_parameters: Any = None

    @property
    def training(self) -> "CompressionPlan | None":
        """The plan that batches train with; its weights become this plan's in the end. None: none."""
        return self

    def finished(self, M: Any, W: Any, *, metric: "Metric | None" = None, xp: Any) -> Any:
        """A weight of the plan ``training`` as one of this plan, near W.

        Parameters
        ----------
        M : CompressedWeight
        W : array of shape (d_in, d_out)
        metric : Metric or None, default=None
            None is the Frobenius norm.
        xp : module
            Array API namespace.
        """
        return M

    def loosened(self, share: float, count: int) -> "CompressionPlan":
        """The plan with a share of the entries beyond its own that a weight of ``count`` entries has."""
        return self

    def for_scaled_inputs(self, scale: Any, *, xp: Any) -> Any:
        """The plan for weights W whose network gets diag(scale) W in the end, shape (d_in,), >= 0."""
        return self

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
            In the format of ``training``, with ``factors`` (A, B).

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

    def factor_step(self, W: Any, previous: Any, tau: float, alpha: float, *, xp: Any) -> CompressedWeight:
        """One pass over the factors G of M by (26), r(M) + tau/2 ||W - M||^2 + alpha/2 ||G - G_old||^2.

        Each factor is the minimiser while the others stay, so the sum never rises, and r(M) +
        tau/2 ||W - M||^2 falls by at least alpha/2 ||G - G_old||^2 (Lemma 5).

        Parameters
        ----------
        W : array of shape (d_in, d_out)
        previous : CompressedWeight
            In the format of this plan, with the factors G_old.
        tau, alpha : float
            tau > 0, alpha >= 0.
        xp : module
            Array API namespace.

        Returns
        -------
        M : CompressedWeight

        Raises
        ------
        NotImplementedError
            Unless ``has_factor_step``.
        """
        raise NotImplementedError

    def penalty(self, M: Any, *, xp: Any) -> Any:
        """r(M), a number; 0 for a hard constraint."""
        return 0.0


class BaseCompression(LinkedEstimator):
    """Parameters of a compression; :meth:`plan` resolves them for one weight."""

    def highest_rank(self, shape: tuple) -> int | None:
        """Largest int ``rank`` that means anything for the shape; None: there is no rank."""
        return None

    def lowered(self, shape: tuple) -> "BaseCompression":
        """The compression with an int ``rank`` that weights of a shape can have: itself, or another."""
        rank, highest = getattr(self, "rank", None), self.highest_rank(shape)
        if highest is None or not isinstance(rank, Integral) or isinstance(rank, bool) or rank <= highest:
            return self
        return type(self)(**self.get_params(deep=False) | {"rank": highest})

    def plan(self, shape: tuple) -> CompressionPlan:
        """A :class:`CompressionPlan` for weights of shape (d_in, d_out).

        Raises
        ------
        ValueError
            If the parameters make no sense for the shape. Nothing else has been done by then.
        """
        raise NotImplementedError
