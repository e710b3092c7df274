# SPDX-License-Identifier: BSD-3-Clause
"""NumPy: passes over slices that fit the caches, partition, BLAS for sums of squares, SciPy's CSR product."""

import numpy as np
from scipy import sparse

from ._base import Backend

#: bytes of one array's slice: a handful of them fit the cache that belongs to one core
_SLICE_BYTES = 2**18


class NumpyBackend(Backend):
    """Backend for ``numpy.ndarray``."""

    tensorly_name = "numpy"

    def sum_of_squares(self, x, *, xp):
        """Sum of squares by the BLAS dot product: one pass, no temporary."""
        flat = x.reshape(-1)
        return float(np.dot(flat, flat))

    def device_sum_of_squares(self, x, *, xp):
        """The same: nobody waits for anybody."""
        return self.sum_of_squares(x, xp=xp)

    def row_pass(self, function, *arrays, xp):
        """Slice by slice: temporaries stay in the caches and are never fresh pages."""
        given = [x for x in arrays if x is not None]
        n = given[0].shape[0]
        size = max(1, _SLICE_BYTES // max(1, max(x[:1].nbytes for x in given)))
        if n <= size:
            return function(*arrays)
        whole, totals = None, 0
        for start in range(0, n, size):
            part = slice(start, start + size)
            rows, sums = function(*(None if x is None else x[part] for x in arrays))
            if whole is None:
                whole = tuple(np.empty((n, *x.shape[1:]), dtype=x.dtype) for x in rows)
                totals = (0.0,) * len(sums)
            for out, x in zip(whole, rows, strict=True):
                out[part] = x
            totals = tuple(a + b for a, b in zip(totals, sums, strict=True))
        return whole, totals

    def select(self, mask, a, b, *, xp):
        """Two products: np.where branches at every entry, 6-20 times slower where the mask is random."""
        chosen = a * mask
        chosen += b * ~mask
        return chosen

    def kth_largest(self, x, k, *, xp):
        """The k-th largest entry by introselect, O(n)."""
        place = x.shape[0] - k
        return np.partition(x, place)[place]

    def scatter(self, values, indices, size, *, xp):
        """Zeros with ``values`` written at ``indices``."""
        out = np.zeros(size, dtype=values.dtype)
        out[indices] = values
        return out

    def sparse_product(self, data, indices, indptr, shape, *, xp):
        """V -> ``V @ A`` by SciPy: (A' V')', with A' taken for free as the CSC reading of the same parts."""
        transposed = sparse.csc_array((data, indices, indptr), shape=(shape[1], shape[0]))
        return lambda V: (transposed @ V.T).T


def shuffled_rows(n, random_state):
    """0 ... n - 1 in the order that ``random_state.permutation(n)`` draws, in four bytes each."""
    order = np.arange(n, dtype=np.uint32 if n < 2**32 else np.int64)
    random_state.shuffle(order)
    return order
