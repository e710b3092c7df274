# SPDX-License-Identifier: BSD-3-Clause
"""CuPy: the only file that imports it, and only when an array of its arrives."""

from ._base import Backend


class CupyBackend(Backend):
    """Backend for ``cupy.ndarray``."""

    tensorly_name = "cupy"

    def to_numpy(self, x, *, xp):
        """Copy to the host."""
        import cupy

        return cupy.asnumpy(x)

    def kth_largest(self, x, k, *, xp):
        """The k-th largest entry by the device's partition."""
        import cupy

        place = x.shape[0] - k
        return cupy.partition(x, place)[place]

    def scatter(self, values, indices, size, *, xp):
        """Zeros with ``values`` written at ``indices``."""
        import cupy

        out = cupy.zeros(size, dtype=values.dtype)
        out[indices] = values
        return out

    def sparse_product(self, data, indices, indptr, shape, *, xp):
        """V -> ``V @ A`` by cuSPARSE."""
        from cupyx.scipy import sparse

        transposed = sparse.csc_matrix((data, indices, indptr), shape=(shape[1], shape[0]))
        return lambda V: (transposed @ V.T).T
