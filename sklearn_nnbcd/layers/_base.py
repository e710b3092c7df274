# SPDX-License-Identifier: BSD-3-Clause
"""What the engine asks of a layer."""

import copy
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Self

from .._sklearn_compat import LinkedEstimator
from ..backends import Pass, SparseRows, get_backend
from ..numerics._conjugate import conjugate_gradients
from ..numerics._linalg import add_to_diagonal, largest_eigenvalue, spd_solve

#: entries of the matrix of V -> V W up to which a layer with shared weights solves (9) through it
_DENSE_ENTRIES = 2**21
#: steps of conjugate gradients for (9) where that matrix would be larger
_CONJUGATE_STEPS = 20


@dataclass(frozen=True)
class LayerStatistics:
    """Sums over rows from which W_i and b_i are solved; statistics of blocks of rows add up.

    Attributes
    ----------
    gram : array of shape (d_in, d_in), its diagonal of shape (d_in,), or None
        Weighted sum of (v - shift)(v - shift)'; None where the caller already has it.
    cross : array of shape (d_in, d_out)
        Weighted sum of (v - shift) e', with e = u - (v W + b) the residual of the old weights.
    sum_v : array of shape (d_in,)
        Weighted sum of v - shift.
    sum_e : array of shape (d_out,)
        Weighted sum of e.
    weight : float
        Sum of the weights of the rows that multiply W.
    """

    gram: Any
    cross: Any
    sum_v: Any
    sum_e: Any
    weight: float

    def __add__(self, other: "LayerStatistics") -> "LayerStatistics":
        gram = None if self.gram is None else self.gram + other.gram
        return LayerStatistics(
            gram,
            self.cross + other.cross,
            self.sum_v + other.sum_v,
            self.sum_e + other.sum_e,
            self.weight + other.weight,
        )


@dataclass(frozen=True)
class Iterated:
    """The V step by conjugate gradients: what they need of W."""

    W: Any
    rho: float
    gamma: float


def dense_operator(W: Any, rho: float, gamma: float, *, xp: Any) -> Any:
    """rho (rho W' W + gamma I)^{-1} W' of shape (d_out, d_in), by the smaller Gram side."""
    d_in, d_out = W.shape
    gram = get_backend(xp).gram
    if d_out <= d_in:
        A = add_to_diagonal(rho * gram(W, xp=xp), gamma, xp=xp)
        return rho * spd_solve(A, W.T, xp=xp)
    A = add_to_diagonal(rho * gram(W.T, xp=xp), gamma, xp=xp)
    return rho * spd_solve(A, W, xp=xp).T


def squared_norm_bound(W: Any, *, xp: Any) -> Any:
    """An upper bound of the squared spectral norm of W, by the smaller Gram side."""
    thin = W.T if W.shape[0] <= W.shape[1] else W
    return largest_eigenvalue(get_backend(xp).gram(thin, xp=xp), xp=xp)


def _centred(A: Any, shift: Any, roots: Any, *, xp: Any) -> Pass:
    """Rows about ``shift`` times the roots of their weights, if these change them; weighted column sums."""
    changed = A if shift is None else A - shift
    if roots is None:
        return Pass(rows=() if shift is None else (changed,), columns=(changed,))
    changed = changed * roots
    return Pass(rows=(changed,), columns=(changed * roots,))


def centred(A: Any, shift: Any, roots: Any, *, xp: Any) -> tuple[Any, Any]:
    """Rows about ``shift`` (d,) times the roots (n, 1) of their weights, and weighted column sums.

    Either may be None: a shift of zero, weights of one.
    """
    if isinstance(A, SparseRows):
        A = A if shift is None else A - shift
        A = A if roots is None else A * roots
        return A, A.column_sums() if roots is None else roots[:, 0] @ A
    shift = None if shift is None else shift[None, :]
    result = get_backend(xp).row_pass(_centred, A, shift, roots, xp=xp)
    return result.rows[0] if result.rows else A, result.columns[0]


class BaseLayer(LinkedEstimator):
    """An affine map U = T(V) W + b in the notation of the paper, rows are samples.

    Between layers a sample is always one flat row; a layer that reads it as an image knows the shape
    from :meth:`bind`. T, the :meth:`design`, is linear and has no parameters: the identity for a
    dense layer, the patches of an image for a convolution. It turns a row of V into ``positions``
    rows that all meet the same W. A layer need only tell T, its adjoint and the shapes; the least
    squares problems of its weight (12), from additive statistics, and of its input (9) follow.
    """

    #: shape of one input row; set by bind
    input_shape_: Any = None

    # shapes -----------------------------------------------------------------------------------

    def build(self, input_shape: tuple) -> tuple:
        """Shape of one output row, for input rows of the given shape.

        Raises
        ------
        ValueError, TypeError
            If the layer cannot read such rows; the message says what it needs and the cure.
        """
        raise NotImplementedError

    def weight_shape(self, input_shape: tuple) -> tuple:
        """Shape (d_in, d_out) of the weight for rows of the given shape."""
        raise NotImplementedError

    def bind(self, input_shape: tuple) -> Self:
        """A copy that knows the shape of its input rows."""
        bound = copy.copy(self)
        bound.input_shape_ = tuple(input_shape)
        return bound

    @property
    def positions(self) -> int:
        """Rows of the design for one row of V."""
        return 1

    @property
    def row_entries(self) -> int:
        """Entries of the widest array that one row becomes, for the size of blocks."""
        d_in, d_out = self.weight_shape(self.input_shape_)
        return self.positions * max(d_in, d_out)

    def factored(self, rank: int) -> "tuple[BaseLayer, BaseLayer] | None":
        """Two bound layers that are this one where W = A B: T(V) A B + b in two steps.

        Parameters
        ----------
        rank : int
            Columns of A, >= 1.

        Returns
        -------
        parts : pair of layers or None
            With weights A of shape (d_in, rank) and B of shape (rank, d_out); None: there are no such two.
        """
        return None

    # the linear map without parameters ----------------------------------------------------------

    def design(self, V: Any, *, xp: Any) -> Any:
        """T(V): the rows that multiply W, shape (n * positions, d_in)."""
        raise NotImplementedError

    def adjoint(self, A: Any, *, xp: Any) -> Any:
        """T'(A), shape of V, for an array of the shape of T(V)."""
        raise NotImplementedError

    def pull_back_metric(self, S: Any, W: Any, *, xp: Any) -> Any:
        """The quadratic form S of U's channels as a form of V's channels.

        A channel is the last axis of a row's shape: every unit of a flat row is its own. Forms are
        means over positions, and positions are taken as independent (as in the Kronecker
        factorisations of convolutions by Grosse and Martens, arXiv 1602.01407); for flat rows the
        result is exact.
        """
        raise NotImplementedError

    # what follows -------------------------------------------------------------------------------

    def rows(self, E: Any, *, xp: Any) -> Any:
        """An array of the shape of U as the rows of ``design(V) W``, shape (n * positions, d_out)."""
        if self.positions == 1:
            return E
        return xp.reshape(E, (E.shape[0] * self.positions, E.shape[1] // self.positions))

    def spread(self, s: Any, *, xp: Any) -> Any:
        """Numbers that belong to samples, shape (n,), for the rows of the design."""
        if self.positions == 1:
            return s
        each = xp.broadcast_to(s[:, None], (s.shape[0], self.positions))
        return xp.reshape(each, (s.shape[0] * self.positions,))

    def spread_channels(self, b: Any, *, xp: Any) -> Any:
        """Numbers that belong to the outputs of W, shape (d_out,), for a whole row of U."""
        return b if self.positions == 1 else xp.tile(b, (self.positions,))

    def apply(self, V: Any, multiply: Callable[[Any], Any], b: Any, *, xp: Any) -> Any:
        """T(V) W + b with ``multiply(A)`` for A W; b may be None."""
        U = multiply(self.design(V, xp=xp))
        if b is not None:
            U += b  # a product is a new array
        return U if self.positions == 1 else xp.reshape(U, (V.shape[0], -1))

    def forward(self, V: Any, W: Any, b: Any, *, xp: Any) -> Any:
        """U = T(V) W + b; b may be None."""
        U = self.design(V, xp=xp) @ W
        if b is not None:
            U += b
        return U if self.positions == 1 else xp.reshape(U, (V.shape[0], -1))

    def pull_back(self, E: Any, W: Any, *, xp: Any) -> Any:
        """The adjoint of V -> T(V) W: how a change of V answers to E, an array of the shape of U."""
        return self.adjoint(self.rows(E, xp=xp) @ W.T, xp=xp)

    def input_sum(self, V: Any, s: Any, *, xp: Any) -> tuple[Any, float]:
        """Weighted column sums of what multiplies W, shape (d_in,), and the sum of the weights."""
        A = self.design(V, xp=xp)
        if s is None:
            return get_backend(xp).column_sums(A, xp=xp), float(A.shape[0])
        return self.spread(s, xp=xp) @ A, float(xp.sum(s)) * self.positions

    def statistics(
        self,
        V: Any,
        E: Any,
        s: Any,
        shift: Any,
        *,
        with_gram: bool,
        only_diagonal: bool = False,
        xp: Any,
    ) -> LayerStatistics:
        """:class:`LayerStatistics` of one block of rows.

        Parameters
        ----------
        V : array of shape (n, d_V), or SparseRows
        E : array of shape (n, d_U)
            Residuals U - T(V) W - b.
        s : array of shape (n,) or None
            Sample weights; every position of a sample has its weight. None: ones.
        shift : array of shape (d_in,) or None
            What the rows of the design are taken relative to.
        with_gram : bool
        only_diagonal : bool, default=False
            Whether the Gram matrix is its diagonal, of shape (d_in,).
        xp : module
        """
        backend = get_backend(xp)
        weight = float(V.shape[0]) if s is None else backend.number(xp.sum(s), xp=xp)
        roots = None if s is None else self.spread(xp.sqrt(s), xp=xp)[:, None]
        A, E = self.design(V, xp=xp), self.rows(E, xp=xp)
        (A, sum_v), (E, sum_e) = (centred(*x, roots, xp=xp) for x in ((A, shift), (E, None)))  # type: ignore[misc]
        gram = None
        if with_gram:
            gram = (backend.column_squares if only_diagonal else backend.gram)(A, xp=xp)
        return LayerStatistics(gram, A.T @ E, sum_v, sum_e, weight * self.positions)

    def input_operator(self, W: Any, rho: float, gamma: float, *, xp: Any) -> Any:
        """What :meth:`solve_input` needs of W, computed once a sweep.

        The matrix of the exact solution where the map V -> T(V) W is small; otherwise
        :class:`Iterated`: conjugate gradients from the present V.
        """
        d_in = math.prod(self.input_shape_)
        if d_in * math.prod(self.build(self.input_shape_)) > _DENSE_ENTRIES:
            return Iterated(W, rho, gamma)
        whole = self.forward(xp.eye(d_in, dtype=W.dtype), W, None, xp=xp)
        return dense_operator(whole, rho, gamma, xp=xp)

    def input_curvature(self, W: Any, *, xp: Any) -> Any:
        """An upper bound of ||T(V) W||^2 / ||V||^2 over all V, a number, for a T without negative entries.

        The row sums of T'T bound its eigenvalues; the entries of T'(T(1)) are these sums.
        """
        ones = xp.ones((1, math.prod(self.input_shape_)), dtype=W.dtype)
        spread = xp.max(self.adjoint(self.design(ones, xp=xp), xp=xp))
        spread = get_backend(xp).number(spread, xp=xp)
        return spread * squared_norm_bound(W, xp=xp)

    def solve_input(self, operator: Any, S: Any, R: Any, *, start: Any = None, xp: Any) -> Any:
        """argmin_V rho/2 ||U - T(V) W - b||^2 + gamma/2 ||V - S||^2, with R = U - T(S) W - b."""
        return S + self.input_change(operator, S, R, start=start, xp=xp)

    def input_change(self, operator: Any, S: Any, R: Any, *, start: Any = None, xp: Any) -> Any:
        """:meth:`solve_input` less S, a new array.

        R (rho (rho B'B + gamma I)^{-1} B'), eq. (9), with B the matrix of V -> T(V) W.
        Where B is too large, a fixed number of conjugate gradient steps for every row: each lowers
        the objective, so the update starts from ``start``, the present V, to descend (Lemma 5 then
        holds with the weight 0 in place of gamma/2, unless the steps reach the minimiser).
        """
        if not isinstance(operator, Iterated):
            return R @ operator
        W, rho, gamma = operator.W, operator.rho, operator.gamma

        def slope(D: Any) -> Any:
            image = self.forward(D, W, None, xp=xp)
            return rho * self.pull_back(image, W, xp=xp) + gamma * D

        D = xp.zeros_like(S) if start is None else start - S
        residual = rho * self.pull_back(R, W, xp=xp) - slope(D)
        return conjugate_gradients(D, residual, slope, lambda r: r, _CONJUGATE_STEPS, axis=1, xp=xp)
