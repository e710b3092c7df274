# SPDX-License-Identifier: BSD-3-Clause
"""NumPy: partition instead of sort, BLAS for sums of squares, SciPy's CSR product."""

import numpy as np
from scipy import sparse

from ._base import Backend


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
