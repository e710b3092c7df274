# SPDX-License-Identifier: BSD-3-Clause
"""CuPy: the only file that imports it, and only when an array of its arrives."""

from ._base import Backend


class CupyBackend(Backend):
    """Backend for ``cupy.ndarray``."""

    tensorly_name = "cupy"

    @staticmethod
    def from_host(x):
        """Copy to the current GPU; a CuPy array stays as it is.

        Raises
        ------
        ValueError
            Without CuPy or a GPU that it can use, with the command that installs CuPy.
        """
        try:
            import cupy

            return cupy.asarray(x)
        except Exception as error:  # an absent module, driver or device each have an error of their own
            if isinstance(error, MemoryError):
                raise
            raise ValueError(
                "The 'device' \"cuda\" needs an NVIDIA GPU with its driver, and CuPy. Got: "
                f"{type(error).__name__}: {error}. Run\n"
                '    pip install "sklearn-nnbcd[cuda12]"\n'
                "(or [cuda13], as nvidia-smi names the CUDA version), or use device='auto'."
            ) from error

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
