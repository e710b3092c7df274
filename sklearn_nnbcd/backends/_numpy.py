# SPDX-License-Identifier: BSD-3-Clause
"""NumPy: passes over slices that fit the caches, partition, BLAS for sums of squares, SciPy's CSR product."""

import itertools
import math

import numpy as np
from scipy import sparse

from ._base import Backend, Pass
from ._sparse import SparseRows

#: columns up to which NumPy's own symmetric product is as fast as one in parts
_GRAM_LEAF = 192
#: integers of the size of a floating number
_WHOLE = {"f": np.int32, "d": np.int64}
#: columns up to which a table is turned over faster than its rows are searched
_NARROW = 32
#: bytes of one array's slice: a handful of them fit the cache that belongs to one core
_SLICE_BYTES = 2**18


class NumpyBackend(Backend):
    """Backend for ``numpy.ndarray``."""

    tensorly_name = "numpy"
    synchronous = True

    #: a few megabytes, about one cache
    block_entries = 2**20
    #: what one layer of a block makes is still in the core's own cache when the next one reads it
    predicted_entries = 2**17

    def number(self, x, *, xp):
        """A Python float."""
        return float(x)

    def sum_of_squares(self, x, *, xp):
        """Sum of squares by the BLAS dot product: one pass, no temporary."""
        flat = x.reshape(-1)
        return float(np.dot(flat, flat))

    def row_pass(self, function, *arrays, numbers=(), settings=(), into=(), xp):
        """Slice by slice: temporaries stay in the caches and are never fresh pages."""
        given = [x for x in arrays if x is not None]
        n = max(x.shape[0] for x in given)
        size = max(1, _SLICE_BYTES // max(1, max(x[:1].nbytes for x in given)))
        if n <= size:
            return super().row_pass(function, *arrays, numbers=numbers, settings=settings, xp=xp)
        total = None
        for start in range(0, n, size):
            part = slice(start, start + size)
            slices = (x if x is None or x.shape[0] != n else x[part] for x in arrays)
            new = self.summed(function(*slices, *numbers, *settings, xp=xp), xp=xp)
            if total is None:
                spare = itertools.chain(into, itertools.repeat(None))
                whole = tuple(_room(n, x, old) for x, old in zip(new.rows, spare, strict=False))
                total = Pass(whole, (0.0,) * len(new.squares), (0.0,) * len(new.columns))
            for out, x in zip(total.rows, new.rows, strict=True):
                out[part] = x
            squares = tuple(a + b for a, b in zip(total.squares, new.squares, strict=True))
            columns = tuple(a + b for a, b in zip(total.columns, new.columns, strict=True))
            total = Pass(total.rows, squares, columns)
        return total

    def distinct(self, x, other, *, xp):
        """``x``, or a copy where the two overlap."""
        return x.copy() if np.may_share_memory(x, other) else x

    def add_to_diagonal(self, A, value, *, xp):
        """Along the diagonal alone; what is not finite spoils the whole matrix, as in the sum."""
        if not math.isfinite(value):
            return super().add_to_diagonal(A, value, xp=xp)
        A = A.copy()
        A.reshape(-1)[:: A.shape[0] + 1] += value
        return A

    def positive_part(self, x, *, xp, over=False):
        """max(x, 0) by NumPy's own functions: for one row, finding them takes longer than running them."""
        return np.maximum(x, np.zeros(x.shape[-1:], dtype=x.dtype), out=x if over else None)

    def select(self, mask, a, b, *, xp):
        """Two products: np.where branches at every entry, 6-20 times slower where the mask is random."""
        chosen = a * mask
        chosen += b * ~mask
        return chosen

    def select_by_sign(self, q, a, b, *, xp):
        """By the sign bits, in integers: two thirds of the time of two products with a mask."""
        whole = _WHOLE.get(q.dtype.char)
        if whole is None or not q.dtype == a.dtype == b.dtype:
            return self.select(q > 0.0, a, b, xp=xp)
        q, a, b = (x.view(whole) for x in (q, a, b))
        every = q >> (8 * q.itemsize - 1)  # all bits of a negative number, none of another
        chosen = a ^ b
        chosen &= every
        chosen ^= a
        return chosen.view(f"f{chosen.itemsize}")

    def take_rows(self, x, rows, *, xp):
        """As the library does; sparse rows have a way of their own."""
        return x[rows] if isinstance(x, SparseRows) else super().take_rows(x, rows, xp=xp)

    def row_maxima(self, A, *, xp):
        """Narrow tables on their side, where whole columns are compared: a tenth of the time."""
        if A.shape[1] > _NARROW:
            return np.maximum.reduce(A, axis=1)
        return np.maximum.reduce(np.ascontiguousarray(A.T), axis=0)

    def column_sums(self, A, *, xp):
        """Likewise."""
        return A.column_sums() if isinstance(A, SparseRows) else super().column_sums(A, xp=xp)

    def column_squares(self, A, *, xp):
        """Likewise."""
        return A.column_squares() if isinstance(A, SparseRows) else super().column_squares(A, xp=xp)

    def with_constant(self, A, *, xp):
        """Likewise."""
        return A.with_constant() if isinstance(A, SparseRows) else super().with_constant(A, xp=xp)

    def gram(self, A, *, xp):
        """``A' A`` in parts: NumPy mirrors the half that BLAS leaves out entry by entry.

        With rows of a power of two of bytes, every entry of that mirror image is a cache miss, which
        takes as long as the product itself of 2000 rows and ten times that of 64.
        """
        if isinstance(A, SparseRows):
            return A.gram()
        d = A.shape[1]
        if d <= _GRAM_LEAF:
            return A.T @ A
        out = np.empty((d, d), dtype=A.dtype)
        self._gram_parts(A, out)
        return out

    def _gram_parts(self, A, out):
        d = A.shape[1]
        if d <= _GRAM_LEAF:
            out[...] = A.T @ A
            return
        left, right = slice(None, d // 2), slice(d // 2, None)
        for part in (left, right):
            self._gram_parts(A[:, part], out[part, part])
        out[left, right] = A[:, left].T @ A[:, right]
        out[right, left] = out[left, right].T

    def kth_largest(self, x, k, *, xp):
        """The k-th largest entry by introselect, O(n)."""
        place = x.shape[0] - k
        return np.partition(x, place)[place]

    def scatter(self, values, indices, size, *, xp):
        """Zeros with ``values`` written at ``indices``."""
        out = np.zeros(size, dtype=values.dtype)
        out[indices] = values
        return out

    def with_columns(self, X, columns, part, order, *, xp):
        """A copy of X, written over."""
        X = X.copy()
        X[:, columns] = part
        return X

    def with_ramps(self, X, columns, low, slope, once, *, xp):
        """Column by column in memory where that is allowed and ramps outnumber columns.

        A column is copied in a tenth of the time that picking its entries out of the rows takes, and
        turning the table over takes as long as picking once.
        """
        d, m = X.shape[1], len(columns)
        if not once or m < d:
            return super().with_ramps(X, columns, low, slope, once, xp=xp)
        whole = np.empty((d + m, len(X)), dtype=X.dtype)
        whole[:d], ramps = X.T, whole[d:]
        np.take(whole[:d], columns, axis=0, out=ramps, mode="clip")
        ramps -= low[:, None]
        ramps *= slope[:, None]
        np.clip(ramps, 0.0, 1.0, out=ramps)
        return whole.T

    def sparse_product(self, data, indices, indptr, shape, *, xp):
        """V -> ``V @ A`` by SciPy: (A' V')', with A' taken for free as the CSC reading of the same parts."""
        transposed = sparse.csc_array((data, indices, indptr), shape=(shape[1], shape[0]))
        return lambda V: (transposed @ V.T).T


def _room(n, part, old):
    """``old`` if n rows like those of ``part`` may be written there, else a new array for them."""
    shape = (n, *part.shape[1:])
    if old is not None and old.shape == shape and old.dtype == part.dtype and old.flags.writeable:
        return old
    return np.empty(shape, dtype=part.dtype)


def shuffled_rows(n, random_state):
    """0 ... n - 1 in the order that ``random_state.permutation(n)`` draws, in four bytes each."""
    order = np.arange(n, dtype=np.uint32 if n < 2**32 else np.int64)
    random_state.shuffle(order)
    return order
