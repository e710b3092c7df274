# SPDX-License-Identifier: BSD-3-Clause
"""Rows of few stored entries, under an affine map of their columns: a sparse matrix plus rank one."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from scipy import sparse

#: entries of a slice of rows that is made dense for a product of many stored entries
_SLICE_ENTRIES = 2**18
#: multiply-adds of a dense product in the time of a sparse one
_DENSE_GAIN = 30


@dataclass(frozen=True, eq=False)
class SparseRows:
    """A = S - r c' of shape (n, d), S in compressed sparse rows; SciPy's, so always on the host.

    With it rows stay sparse when their columns are centred (c), weighted (r) or get a constant (an empty
    column of S with -1 in c). It offers what the layers ask of the rows of X, and is never made dense.

    Attributes
    ----------
    entries : csr_array of shape (n, d)
        S.
    factors : ndarray of shape (n,) or None
        r; None: ones.
    offset : ndarray of shape (d,) or None
        c; None: zeros.

    Examples
    --------
    >>> A = SparseRows.of(sparse.csr_array([[0.0, 2.0], [4.0, 0.0]])) - np.asarray([2.0, 1.0])
    >>> (A @ np.eye(2)).tolist()
    [[-2.0, 1.0], [2.0, -1.0]]
    >>> A.gram().tolist()
    [[8.0, -4.0], [-4.0, 2.0]]
    """

    entries: Any
    factors: Any = None
    offset: Any = None

    __array_ufunc__ = None  # arrays leave products with them to this class
    ndim = 2
    device = "cpu"

    @classmethod
    def of(cls, X: Any) -> SparseRows:
        """The rows of a matrix or array of SciPy in any format, which stays as it is."""
        given = X.tocsr()
        rows = sparse.csr_array((given.data, given.indices, given.indptr), shape=given.shape)
        if not rows.has_canonical_format:
            rows = rows.copy()  # entries that are stored twice are added up in place
            rows.sum_duplicates()
        return cls(rows)

    @property
    def shape(self) -> tuple:
        """(n, d)."""
        return self.entries.shape

    @property
    def dtype(self) -> Any:
        """Of the entries."""
        return self.entries.dtype

    @property
    def row_entries(self) -> int:
        """Stored entries of a row, the mean, rounded up."""
        return -(-self.entries.nnz // max(1, self.shape[0]))

    def astype(self, dtype: Any, copy: bool = True) -> SparseRows:
        """The rows in another precision; the same object where nothing changes and no copy is asked for."""
        if dtype == self.dtype and not copy:
            return self
        parts = (None if x is None else x.astype(dtype) for x in (self.factors, self.offset))
        return SparseRows(self.entries.astype(dtype), *parts)

    def __len__(self) -> int:
        return self.shape[0]

    def __getitem__(self, rows: Any) -> SparseRows:
        """Some rows: a slice, integers or a mask, or one of them with all columns behind it."""
        rows = rows[0] if isinstance(rows, tuple) else rows
        factors = None if self.factors is None else self.factors[rows]
        return SparseRows(self.entries[rows], factors, self.offset)

    # products ---------------------------------------------------------------------------------

    def __matmul__(self, W: Any) -> Any:
        """A W for an array W of shape (d, m)."""
        product = self.entries @ W
        if self.offset is not None:
            product -= self._outer(self.offset @ W)
        return product

    def __rmatmul__(self, s: Any) -> Any:
        """s' A for an array s of shape (n,)."""
        total = s @ self.entries
        if self.offset is None:
            return total
        return total - (np.sum(s) if self.factors is None else s @ self.factors) * self.offset

    @property
    def T(self) -> TransposedRows:
        """A'."""
        return TransposedRows(self)

    def _outer(self, x: Any) -> Any:
        """r x', or a row that stands for it."""
        return x[None, :] if self.factors is None else self.factors[:, None] * x[None, :]

    @property
    def row_factors(self) -> Any:
        """r, shape (n,)."""
        return np.ones(self.shape[0], dtype=self.dtype) if self.factors is None else self.factors

    def column_sums(self) -> Any:
        """Sums of the columns, shape (d,)."""
        return np.ones(self.shape[0], dtype=self.dtype) @ self

    def column_squares(self) -> Any:
        """Sums of the squares of the columns, shape (d,)."""
        S, r, c = self.entries, self.row_factors, self.offset
        squares = np.bincount(S.indices, S.data.astype(np.float64) ** 2, S.shape[1])
        squares = squares.astype(np.float64, copy=False)  # counts of no entries are integers
        if c is not None:
            squares += c * ((r @ r) * c - 2.0 * (r @ S))
        return np.maximum(squares, 0.0).astype(self.dtype)

    def gram(self) -> Any:
        """A' A, shape (d, d): S'S - u c' - c u' with u = S'r - (r'r / 2) c."""
        S, r, c = self.entries, self.row_factors, self.offset
        products = float(np.sum(np.diff(S.indptr).astype(np.float64) ** 2))
        if products * _DENSE_GAIN < float(S.shape[0]) * S.shape[1] ** 2:
            G = (S.T @ S).toarray()
        else:
            G = np.zeros((S.shape[1],) * 2, dtype=S.dtype)
            size = max(64, _SLICE_ENTRIES // max(1, S.shape[1]))
            for start in range(0, S.shape[0], size):
                part = S[start : start + size].toarray()
                G += part.T @ part
        if c is None:
            return G
        change = np.outer(r @ S - 0.5 * (r @ r) * c, c)
        G -= change
        G -= change.T
        return G

    def row_gram(self) -> Any:
        """A A', shape (n, n)."""
        G, c = (self.entries @ self.entries.T).toarray(), self.offset
        if c is None:
            return G
        change = np.outer(self.entries @ c - 0.5 * (c @ c) * self.row_factors, self.row_factors)
        return G - change - change.T

    # maps -------------------------------------------------------------------------------------

    def __sub__(self, shift: Any) -> SparseRows:
        """The rows about ``shift``, shape (d,), before they are weighted."""
        if self.factors is not None:
            raise ValueError("Rows are taken about a mean before they are weighted.")
        return replace(self, offset=shift if self.offset is None else self.offset + shift)

    def __mul__(self, roots: Any) -> SparseRows:
        """The rows times a number, or times numbers of shape (n, 1)."""
        S = self.entries
        if np.ndim(roots) == 0:
            scaled = same_pattern(S, S.data * S.dtype.type(roots))
            return replace(self, entries=scaled, factors=roots * self.row_factors)
        roots = roots[:, 0]
        data = S.data * np.repeat(roots, np.diff(S.indptr))
        return replace(self, entries=same_pattern(S, data), factors=self.row_factors * roots)

    def with_constant(self) -> SparseRows:
        """The rows with a last column of ones (of r where they are weighted)."""
        S, d = self.entries, self.shape[1]
        wider = sparse.csr_array((S.data, S.indices, S.indptr), shape=(S.shape[0], d + 1))
        offset = np.zeros(d + 1, dtype=self.dtype)
        if self.offset is not None:
            offset[:-1] = self.offset
        offset[-1] = -1.0
        return SparseRows(wider, self.factors, offset)

    def mapped(self, origin: Any, scale: Any, reach: Any = None, filled: Any = None) -> SparseRows:
        """(A - origin) * scale for rows as they came, with deviations beyond ``reach`` drawn in to it.

        Parameters
        ----------
        origin, scale : ndarrays of shape (d,)
        reach : ndarray of shape (d,) or None, default=None
        filled : ndarray of int of shape (k,) or None, default=None
            Columns whose zeros are far from the origin: few, so they are stored like other entries. Their
            deviations would be lost in the rounding of S - c'.
        """
        S = self.entries if filled is None else with_columns_filled(self.entries, filled)
        inner, columns = np.zeros_like(origin), S.indices
        if filled is not None:
            inner[filled] = origin[filled]
        outer = origin - inner
        if reach is None:
            data = S.data - inner[columns] if filled is not None else S.data
        else:
            data = clipped(S, origin, reach) + outer[columns]
        offset = outer * scale
        return SparseRows(same_pattern(S, data * scale[columns]), None, offset if offset.any() else None)

    def with_values(self, change: Any) -> SparseRows:
        """Rows as they came, with ``change(values, columns)`` in place of the stored entries."""
        return SparseRows(same_pattern(self.entries, change(self.entries.data, self.entries.indices)))

    def ends(self) -> tuple[Any, Any]:
        """Least and largest entries of the columns of rows as they came, zeros among them."""
        return self.entries.min(axis=0).toarray().ravel(), self.entries.max(axis=0).toarray().ravel()

    def drawn_in(self, origin: Any, reach: Any, filled: Any = None) -> SparseRows:
        """Rows as they came, whose deviations from ``origin`` are drawn in to ``reach``."""
        S = self.entries if filled is None else with_columns_filled(self.entries, filled)
        return SparseRows(same_pattern(S, clipped(S, origin, reach) + origin[S.indices]))


@dataclass(frozen=True, eq=False)
class TransposedRows:
    """A' of :class:`SparseRows`, for products from the left."""

    rows: SparseRows

    def __matmul__(self, E: Any) -> Any:
        """A' E for an array E of shape (n, m); A' A for the rows themselves."""
        A = self.rows
        if E is A:
            return A.gram()
        product = A.entries.T @ E
        if A.offset is not None:
            product -= A.offset[:, None] * (A.row_factors @ E)[None, :]
        return product


@dataclass(frozen=True, eq=False)
class RowBasis:
    """B = A' Q of shape (d, k), kept as the sparse rows A and a matrix Q of shape (n, k)."""

    rows: SparseRows
    mixture: Any

    @property
    def shape(self) -> tuple:
        """(d, k)."""
        return self.rows.shape[1], self.mixture.shape[1]

    def __matmul__(self, W: Any) -> Any:
        """B W."""
        return self.rows.T @ (self.mixture @ W)

    @property
    def T(self) -> TransposedBasis:
        """B'."""
        return TransposedBasis(self)


@dataclass(frozen=True, eq=False)
class TransposedBasis:
    """B' of a :class:`RowBasis`, for products from the left."""

    basis: RowBasis

    def __matmul__(self, W: Any) -> Any:
        """B' W."""
        return self.basis.mixture.T @ (self.basis.rows @ W)


def clipped(S: Any, origin: Any, reach: Any) -> Any:
    """The deviations of the stored entries from ``origin``, drawn in to ``reach``."""
    far = reach[S.indices]
    return np.clip(S.data - origin[S.indices], -far, far)


def same_pattern(S: Any, data: Any) -> Any:
    """The sparse rows with other values in the same places."""
    return sparse.csr_array((data, S.indices, S.indptr), shape=S.shape)


def with_columns_filled(S: Any, columns: Any) -> Any:
    """The same rows with every entry of some columns stored, zeros among them."""
    n, k = S.shape[0], columns.shape[0]
    chosen = np.zeros(S.shape[1], dtype=bool)
    chosen[columns] = True
    others = ~chosen[S.indices]
    ends = np.concatenate([[0], np.cumsum(others)])[S.indptr]
    indptr = ends + k * np.arange(n + 1)
    places = indptr[:-1, None] + np.arange(k)
    rest = np.ones(indptr[-1], dtype=bool)
    rest[places] = False
    data, indices = np.empty(indptr[-1], dtype=S.dtype), np.empty(indptr[-1], dtype=S.indices.dtype)
    data[places], indices[places] = S[:, columns].toarray(), columns
    data[rest], indices[rest] = S.data[others], S.indices[others]
    return sparse.csr_array((data, indices, indptr.astype(S.indptr.dtype)), shape=S.shape)
