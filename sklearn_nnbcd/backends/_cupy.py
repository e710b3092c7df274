# SPDX-License-Identifier: BSD-3-Clause
"""CuPy: the only file that imports it, and only when an array of its arrives."""

import contextlib
import functools

from ._base import Backend, Pass
from ._device import WrappedNamespace


class CupyBackend(Backend):
    """Backend for ``cupy.ndarray``."""

    tensorly_name = "cupy"

    #: one call of cuSOLVER instead of one for each small block; what is faster has not been measured
    largest_factor = 4096

    #: half a gigabyte of float32; blocks are smaller where less than twelve of them are free
    block_entries = 2**27
    predicted_entries = 2**25

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

    def free_bytes(self):
        """What the driver has left, and CuPy's pool."""
        import cupy

        return cupy.cuda.runtime.memGetInfo()[0] + cupy.get_default_memory_pool().free_bytes()

    def sum_of_squares(self, x, *, xp):
        """One pass without a temporary of its size."""
        return _row_squares()(x.reshape(1) if x.ndim == 0 else x, 0.0).sum()

    @contextlib.contextmanager
    def products(self, tf32):
        """Sets CuPy's type of computation for float32, for all threads, and sets it back."""
        from cupy._core import _routines_linalg as linalg

        before = linalg.get_compute_type("float32")
        linalg.set_compute_type("float32", linalg.COMPUTE_TYPE_TF32 if tf32 else linalg.COMPUTE_TYPE_FP32)
        try:
            yield
        finally:
            linalg.set_compute_type("float32", before)

    def row_pass(self, function, *arrays, numbers=(), settings=(), into=(), xp):
        """One kernel for all rows, and one for each sum."""
        missing = tuple(x is None for x in arrays)
        return _fused(function, settings, missing, xp)(self, *arrays, *numbers)

    def positive_part(self, x, *, xp, over=False):
        """Against one zero, which ``cupy.fuse`` understands."""
        return xp.maximum(x, 0.0)

    def add_to_diagonal(self, A, value, *, xp):
        """Along the diagonal alone."""
        import cupy

        A = cupy.array(A, order="C")
        A.reshape(-1)[:: A.shape[0] + 1] += value
        return A

    def cholesky(self, A, *, xp):
        """cuSOLVER's, which leaves a factor half done where A is not positive definite: NaN then.

        The squares of each row of L must add up to the diagonal of A, and no pivot may be negative.
        """
        import cupy

        square_rows, count_unsound, unless = _factor_checks()
        L = cupy.linalg.cholesky(A)
        unsound = count_unsound(square_rows(L), cupy.diagonal(A), cupy.diagonal(L))
        return unless(unsound, L)

    def small_triangular_inverse(self, L, *, xp):
        """By cuBLAS."""
        import cupy
        from cupyx.scipy.linalg import solve_triangular

        return solve_triangular(L, cupy.eye(L.shape[0], dtype=L.dtype), lower=True)

    def kth_largest(self, x, k, *, xp):
        """The k-th largest entry by the device's partition."""
        import cupy

        place = x.shape[0] - k
        return cupy.partition(x, place)[place]

    def first_true(self, mask, count, *, xp):
        """Each true entry written to its place among them, and the others to one place more."""
        import cupy

        mask = mask.reshape(-1)
        place = cupy.where(mask, cupy.cumsum(mask, dtype=cupy.int64) - 1, count)
        out = cupy.empty(count + 1, dtype=cupy.int64)
        out[place] = cupy.arange(mask.shape[0])
        return out[:count]

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


def _squares(x):
    """Sums of squares along the last axis, in double precision: all blocks of threads have a part."""
    import cupy

    x = x.astype(cupy.float64)
    return cupy.sum(x * x, axis=-1)


@functools.cache
def _row_squares():
    """Of an array, and of a number that is not used.

    A kernel of one array goes by CUB, where CuPy 14 gives sums of another dtype a type name twice.
    """
    import cupy

    return cupy.fuse(kernel_name="nnbcd_squares")(lambda x, unused: _squares(x))


@functools.cache
def _factor_checks():
    import cupy

    def square_rows(L):
        return cupy.sum(L * L, axis=1)

    def count_unsound(squares, diagonal, pivots):
        sound = (pivots > 0) & (cupy.abs(squares - diagonal) <= 0.01 * diagonal)
        return cupy.sum(cupy.where(sound, 0.0, 1.0))

    def unless(unsound, L):
        return cupy.where(unsound == 0.0, L, cupy.nan)

    return [cupy.fuse(kernel_name=f.__name__)(f) for f in (square_rows, count_unsound, unless)]


@functools.lru_cache(maxsize=256)
def _fused(function, settings, missing, xp):
    """The pass for arguments of which the same ones are None: they decide how many results there are."""
    return FusedPass(function, settings, xp)


class FusedPass:
    """A function of :meth:`Backend.row_pass` in kernels of its own, made by ``cupy.fuse``.

    Where ``fuse`` cannot follow the function, as it knows no loops that end by a value, no reductions
    and few functions that are not element-wise, the function runs as it is.

    Parameters
    ----------
    function, settings, xp
        As for :meth:`Backend.row_pass`.

    Attributes
    ----------
    kernels : Pass or None
        Callables, one for all rows and one for each sum; None before the first call.
    obstacle : Exception or None
        Why the function runs as it is; None: it does not.
    """

    def __init__(self, function, settings, xp):
        self._call = lambda *given, xp=xp: function(*given, *settings, xp=xp)
        self._xp, self.kernels, self.obstacle = xp, None, None

    @property
    def fusible(self):
        """Whether the function runs in kernels of its own, as far as is known."""
        return self.obstacle is None

    def __call__(self, backend, *given):
        """The :class:`Pass` of the whole arrays."""
        if self.fusible:
            try:
                return self._run(given)
            except MemoryError:
                raise
            except Exception as error:  # whatever fuse raises at what it does not know
                if self.kernels is not None:
                    raise
                self.obstacle = error.with_traceback(None)
        return backend.summed(self._call(*given), xp=self._xp)

    def _run(self, given):
        kernels = self.kernels or self._compiled(given)
        results = Pass(
            kernels.rows(*given) if kernels.rows else (),
            tuple(kernel(*given, 0.0).sum() for kernel in kernels.squares),
            tuple(kernel(*given) for kernel in kernels.columns),
        )
        self.kernels = kernels
        return results

    def _compiled(self, given):
        """Kernels for as many results as the function has for the first rows."""
        import cupy

        first = self._call(*(x[:1] if isinstance(x, cupy.ndarray) and x.ndim else x for x in given))
        scalars = ScalarNamespace(self._xp)

        def rows(*given):
            return tuple(self._call(*given, xp=scalars).rows)

        def squares(*given, k):
            return _squares(self._call(*given[:-1], xp=scalars).squares[k])

        def columns(*given, k):
            return cupy.sum(self._call(*given, xp=scalars).columns[k], axis=0)

        def kernels(function, n):
            parts = [functools.partial(function, k=k) for k in range(n)]
            return tuple(cupy.fuse(kernel_name=f"nnbcd_{function.__name__}")(part) for part in parts)

        return Pass(
            cupy.fuse(kernel_name="nnbcd_rows")(rows) if first.rows else None,
            kernels(squares, len(first.squares)),
            kernels(columns, len(first.columns)),
        )


class ScalarNamespace(WrappedNamespace):
    """A namespace for ``cupy.fuse``: constants are Python numbers, what is not a ufunc is made of some."""

    def zeros_like(self, x):
        """0."""
        return 0.0

    def ones_like(self, x):
        """1."""
        return 1.0

    def full_like(self, x, value):
        """The value."""
        return value

    def asarray(self, value, *, dtype=None, copy=None):
        """The value, which a kernel copies anyway."""
        return value

    def clip(self, x, low, high):
        """By a maximum and a minimum."""
        x = x if low is None else self._xp.maximum(x, low)
        return x if high is None else self._xp.minimum(x, high)
