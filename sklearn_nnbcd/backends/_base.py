# SPDX-License-Identifier: BSD-3-Clause
"""The generic backend: everything written in the array API standard alone."""


class Backend:
    """Operations that the array API standard lacks, in terms of those that it has.

    Subclasses override what their library does faster. Every method takes ``xp``, the namespace.
    """

    #: name of the TensorLy backend that takes this library's arrays; None: go through NumPy
    tensorly_name = None

    def to_numpy(self, x, *, xp):
        """``x`` as a NumPy array on the host."""
        import array_api_compat
        import numpy

        home = array_api_compat.array_namespace(x).__array_namespace_info__().default_device()
        return numpy.asarray(array_api_compat.to_device(x, home))

    def sum_of_squares(self, x, *, xp):
        """Sum of the squared entries, as a Python float."""
        return float(xp.sum(x * x))

    def device_sum_of_squares(self, x, *, xp):
        """The same as a zero-dimensional float64 array, so that the host need not wait for a device."""
        return xp.sum(x * x, dtype=xp.float64)

    def row_pass(self, function, *arrays, into=(), xp):
        """Several element-wise steps over the same rows, as one pass.

        Parameters
        ----------
        function : callable
            Takes slices of the arrays and returns a tuple of arrays, row by row, and a tuple of sums.
            No row's result may depend on the other rows of its slice.
        *arrays : arrays of n rows, or None
        into : tuple of arrays or None, default=()
            Arrays that are not needed any more, one for each of the first results, which may be written
            there and save a new array. An array of ``arrays`` may be among them; what shares its memory
            with another one that is still needed may not.
        xp : module

        Returns
        -------
        rows : tuple of arrays of n rows
        sums : tuple
            Added up over all slices.
        """
        return function(*arrays)

    def distinct(self, x, other, *, xp):
        """``x``, or a copy of it if it may share its memory with ``other``."""
        return xp.asarray(x, copy=True) if x is other else x

    def add_to_diagonal(self, A, value, *, xp):
        """``A + value * I`` for a square matrix and a Python float."""
        return A + value * xp.eye(A.shape[0], dtype=A.dtype)

    def select(self, mask, a, b, *, xp):
        """``a`` where ``mask`` is true, else ``b``; both floating and finite, of the mask's shape."""
        return xp.where(mask, a, b)

    def select_by_sign(self, q, a, b, *, xp):
        """``a`` where q > 0, ``b`` where q < 0, either one where q = 0; all floating, of one shape."""
        return xp.where(q > 0.0, a, b)

    def gram(self, A, *, xp):
        """``A' A``, shape (d, d), of A with shape (n, d)."""
        return A.T @ A

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

    def sparse_product(self, data, indices, indptr, shape, *, xp):
        """V -> ``V @ A`` for a CSR matrix A in parts; None where the library has no such product."""
        return None
