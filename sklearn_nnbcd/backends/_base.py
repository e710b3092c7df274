# SPDX-License-Identifier: BSD-3-Clause
"""The generic backend: everything written in the array API standard alone."""

import contextlib
from typing import NamedTuple


class Pass(NamedTuple):
    """What one pass over rows makes, see :meth:`Backend.row_pass`.

    Attributes
    ----------
    rows : tuple of arrays
        New arrays, row by row.
    squares : tuple
        Arrays whose squared entries are added up; after the pass, numbers.
    columns : tuple
        Arrays whose rows are added up; after the pass, arrays of shape (d,).
    """

    rows: tuple = ()
    squares: tuple = ()
    columns: tuple = ()


class Backend:
    """Operations that the array API standard lacks, in terms of those that it has.

    Subclasses override what their library does faster. Every method takes ``xp``, the namespace.

    A *number* is a Python float where the host can read an array at no cost, and a zero-dimensional
    array where that would make it wait for a device: arithmetic takes both, a branch only the first.
    """

    #: name of the TensorLy backend that takes this library's arrays; None: go through NumPy
    tensorly_name: str | None = None

    #: entries of the widest array that a block of rows may have: enough to keep a device busy, and some
    #: twelve such arrays of a step still fit most memories. A block that does not is halved
    block_entries = 2**24
    #: the same for predictions, whose blocks are not halved
    predicted_entries = 2**22

    #: whether numbers are Python floats, on which a program may branch
    synchronous = False

    def to_numpy(self, x, *, xp):
        """``x`` as a NumPy array on the host."""
        import array_api_compat
        import numpy

        home = array_api_compat.array_namespace(x).__array_namespace_info__().default_device()
        return numpy.asarray(array_api_compat.to_device(x, home))

    def free_bytes(self):
        """Memory that arrays may still take; None: unknown, or so much that nobody need ask."""
        return None

    def number(self, x, *, xp):
        """A zero-dimensional array as a number."""
        return x

    def floats(self, numbers, *, xp):
        """Numbers as a list of Python floats, in one transfer."""
        waiting = [x for x in numbers if not isinstance(x, float | int)]
        if not waiting:
            return [float(x) for x in numbers]
        together = xp.stack([xp.astype(x, xp.float64) for x in waiting])
        read = iter(self.to_numpy(together, xp=xp).tolist())
        return [float(x) if isinstance(x, float | int) else next(read) for x in numbers]

    def sum_of_squares(self, x, *, xp):
        """Sum of the squared entries, added up in float64: a number."""
        return xp.sum(x * x, dtype=xp.float64)

    def products(self, tf32):
        """A context in which a GPU rounds the factors of float32 matrix products to 10 bits, or not."""
        return contextlib.nullcontext()

    def row_pass(self, function, *arrays, numbers=(), settings=(), into=(), xp):
        """Several element-wise steps over the same rows, as one pass.

        Parameters
        ----------
        function : callable
            ``function(*arrays, *numbers, *settings, xp=xp)`` takes slices of the arrays and returns a
            :class:`Pass` of arrays. It is made of element-wise operations, so that no row's result
            depends on the other rows, and no closure, so that a library may compile it once.
        *arrays : arrays of shape (n, d), or (1, d) or (n, 1), or None
            All of one width d, as in a kernel all of them must broadcast.
        numbers : tuple of float, default=()
            What changes from call to call.
        settings : tuple, default=()
            Hashable objects that stay what they are for a whole fit.
        into : tuple of arrays or None, default=()
            Arrays that are not needed any more, one for each of the first results, which may be written
            there and save a new array. An array of ``arrays`` may be among them; what shares its memory
            with another one that is still needed may not.
        xp : module

        Returns
        -------
        results : Pass
            Rows of all slices, sums over all slices.
        """
        return self.summed(function(*arrays, *numbers, *settings, xp=xp), xp=xp)

    def summed(self, parts, *, xp):
        """A :class:`Pass` of arrays with its sums made."""
        squares = tuple(self.sum_of_squares(x, xp=xp) for x in parts.squares)
        return Pass(parts.rows, squares, tuple(xp.sum(x, axis=0) for x in parts.columns))

    def distinct(self, x, other, *, xp):
        """``x``, or a copy of it if it may share its memory with ``other``."""
        return xp.asarray(x, copy=True) if x is other else x

    def add_to_diagonal(self, A, value, *, xp):
        """``A + value * I`` for a square matrix and a number."""
        return A + value * xp.eye(A.shape[0], dtype=A.dtype)

    def positive_part(self, x, *, xp, over=False):
        """max(x, 0), entry by entry; against a row of zeros, which NumPy compares faster than one zero.

        ``over``: x is not needed any more, and may be written over.
        """
        return xp.maximum(x, xp.zeros(x.shape[-1:], dtype=x.dtype))

    def select(self, mask, a, b, *, xp):
        """``a`` where ``mask`` is true, else ``b``; both floating and finite, of the mask's shape."""
        return xp.where(mask, a, b)

    def select_by_sign(self, q, a, b, *, xp):
        """``a`` where q > 0, ``b`` where q < 0, either one where q = 0; all floating, of one shape."""
        return xp.where(q > 0.0, a, b)

    def take_rows(self, x, rows, *, xp):
        """The rows of x with the given numbers, an array of integers."""
        return xp.take(x, rows, axis=0)

    def row_maxima(self, A, *, xp):
        """Largest entry of each row of A, shape (n,)."""
        return xp.max(A, axis=1)

    def column_sums(self, A, *, xp):
        """Sums of the columns of A, shape (d,)."""
        return xp.sum(A, axis=0)

    def column_squares(self, A, *, xp):
        """Sums of the squares of the columns of A, shape (d,)."""
        return xp.sum(A * A, axis=0)

    def with_constant(self, A, *, xp):
        """A with a last column of ones."""
        return xp.concat([A, xp.ones((A.shape[0], 1), dtype=A.dtype)], axis=1)

    def gram(self, A, *, xp):
        """``A' A``, shape (d, d), of A with shape (n, d)."""
        return A.T @ A

    def cholesky(self, A, *, xp):
        """Lower triangular L with ``L L' = A``; NaN throughout if A is not positive definite."""
        try:
            return xp.linalg.cholesky(A)
        except (ValueError, RuntimeError):  # NumPy's and PyTorch's LinAlgError
            return xp.full_like(A, xp.nan)

    def eigenvalues(self, A, *, xp):
        """Eigenvalues of a symmetric matrix; NaN throughout if its numbers are not finite."""
        try:
            return xp.linalg.eigvalsh(A)
        except (ValueError, RuntimeError):  # NumPy's and PyTorch's LinAlgError
            return xp.full_like(A[0, :], xp.nan)

    def small_triangular_inverse(self, L, *, xp):
        """Inverse of a lower triangular matrix of at most ``largest_factor`` rows, not transposed."""
        return xp.tril(xp.linalg.inv(L))

    #: rows up to which :meth:`cholesky` and the inverse above are faster than another level of products
    largest_factor = 96

    def index_type(self, count, *, xp):
        """The smallest integer type that holds the indices of so many things, and can be stored."""
        if count <= 2**16:
            return xp.uint8 if count <= 2**8 else xp.uint16
        return xp.int32 if count <= 2**31 else xp.int64

    def first_true(self, mask, count, *, xp):
        """Rising flat indices of the ``count`` true entries of a mask, shape (count,)."""
        return xp.nonzero(xp.reshape(mask, (-1,)))[0]

    def kth_largest(self, x, k, *, xp):
        """The k-th largest entry (k >= 1) of a one-dimensional array, as a zero-dimensional array."""
        return xp.sort(x)[x.shape[0] - k]

    def scatter(self, values, indices, size, *, xp):
        """One-dimensional array of ``size`` zeros with ``values`` at the sorted ``indices``."""
        if indices.shape[0] == 0:
            return xp.zeros(size, dtype=values.dtype)
        every = xp.arange(size, dtype=indices.dtype)
        place = xp.searchsorted(indices, every)
        place = xp.where(place < indices.shape[0], place, xp.zeros_like(place))
        hit = xp.take(indices, place) == every
        return xp.where(hit, xp.take(values, place), xp.zeros(1, dtype=values.dtype))

    def with_columns(self, X, columns, part, order, *, xp):
        """X with ``part`` in place of some columns; ``order``: where each is once they stand behind all."""
        return xp.take(xp.concat([X, part], axis=1), order, axis=1)

    def with_ramps(self, X, columns, low, slope, once, *, xp):
        """X, and behind it ``clip((X[:, columns] - low) * slope, 0, 1)``: shape (n, d + m).

        ``once``: one product reads the result, and nothing else, so that it may lie in any order.
        """
        return xp.concat([X, xp.clip((xp.take(X, columns, axis=1) - low) * slope, 0.0, 1.0)], axis=1)

    def sparse_product(self, data, indices, indptr, shape, *, xp):
        """V -> ``V @ A`` for a CSR matrix A in parts; None where the library has no such product."""
        return None
