# SPDX-License-Identifier: BSD-3-Clause
"""NumPy under CuPy's name, with CuPy's own ways where the CuPy backend must mind them.

For machines without a GPU: it shows that the backend's formulas are right, not that CuPy is. Functions of
the same name are NumPy's; these differ as CuPy's do:

- ``fuse`` takes functions of arrays that broadcast, made of element-wise operations and one sum at the
  end; it raises at others;
- ``linalg.cholesky`` does not raise: what it could not factor stays as it was;
- ``repeat`` by an array of counts, which makes the host wait, is refused.
"""

import sys
import types

import numpy as np
import scipy.linalg
import scipy.sparse


class Traced:
    """A value within a fused function, which knows no shape and can be used element by element only."""

    def __init__(self, value):
        self.value = value

    def __array_ufunc__(self, ufunc, method, *inputs, out=None):
        if method != "__call__":
            raise NotImplementedError("only element-wise operations can be fused")
        result = Traced(ufunc(*(bare(x) for x in inputs)))
        if out is not None:  # in place: the same variable from here on
            out[0].value = result.value
            return out[0]
        return result

    def __bool__(self):
        raise TypeError("a fused function cannot branch")

    __float__ = __bool__

    @property
    def dtype(self):
        """Its type is known, its shape is not."""
        return self.value.dtype

    def astype(self, dtype):
        """Of another type."""
        return Traced(self.value.astype(dtype))


def _operator(name, in_place=False):
    def method(self, other=None):
        others = () if other is None else (bare(other),)
        result = getattr(self.value, name.replace("__i", "__") if in_place else name)(*others)
        if result is NotImplemented:
            raise TypeError(name)
        if in_place:
            self.value = result
            return self
        return Traced(result)

    return method


for _name in ("add", "radd", "sub", "rsub", "mul", "rmul", "truediv", "rtruediv", "pow", "neg"):
    setattr(Traced, f"__{_name}__", _operator(f"__{_name}__"))
for _name in ("eq", "ne", "lt", "le", "gt", "ge", "and", "or", "invert"):
    setattr(Traced, f"__{_name}__", _operator(f"__{_name}__"))
for _name in ("iadd", "isub", "imul", "itruediv"):
    setattr(Traced, f"__{_name}__", _operator(f"__{_name}__", in_place=True))


def bare(x):
    """The array of a traced value; anything else as it is."""
    return x.value if isinstance(x, Traced) else x


class Fused:
    """A function of arrays, called with :class:`Traced` ones; ``calls`` counts what came through."""

    calls = 0

    def __init__(self, function):
        self._function = function

    def __call__(self, *args):
        if any(isinstance(x, Traced) for x in args):
            return self._function(*args)
        np.broadcast_shapes(*(x.shape for x in args if isinstance(x, np.ndarray)))
        given = [Traced(x) if isinstance(x, np.ndarray) else x for x in args]
        result = self._function(*given)
        Fused.calls += 1
        if isinstance(result, tuple):
            return tuple(np.array(bare(x)) for x in result)
        return np.asarray(bare(result))


class StandIn(types.ModuleType):
    """The module ``cupy``; what it does not define is NumPy's."""

    ndarray = np.ndarray

    def __init__(self):
        super().__init__("cupy")
        self.linalg = types.SimpleNamespace(**vars(np.linalg))
        self.linalg.cholesky = half_done_cholesky

    def __getattr__(self, name):
        return getattr(np, name)

    asnumpy = staticmethod(np.asarray)
    cuda = types.SimpleNamespace(runtime=types.SimpleNamespace(memGetInfo=lambda: (700, 1000)))

    @staticmethod
    def get_default_memory_pool():
        """Memory that CuPy has taken and does not use."""
        return types.SimpleNamespace(free_bytes=lambda: 50)

    @staticmethod
    def fuse(*, kernel_name):
        """A decorator."""
        assert kernel_name.isidentifier()
        return Fused

    @staticmethod
    def where(condition, a, b):
        """Element by element, so it can be fused."""
        return elementwise(np.where, condition, a, b)

    @staticmethod
    def sum(x, axis=None, **given):
        """A sum, the one reduction of a fused function."""
        return elementwise(lambda x: np.sum(x, axis=axis, **given), x)

    @staticmethod
    def repeat(x, repeats):
        """Not by an array, which CuPy would read."""
        assert not isinstance(repeats, np.ndarray)
        return np.repeat(x, repeats)


def elementwise(function, *args):
    """The function of arrays or of traced values."""
    result = function(*(bare(x) for x in args))
    return Traced(result) if any(isinstance(x, Traced) for x in args) else result


def half_done_cholesky(A):
    """Column by column, as LAPACK does it: at a pivot that is not positive it stops."""
    L = np.tril(A)
    for j in range(len(A)):
        L[j, j] -= L[j, :j] @ L[j, :j]
        if not L[j, j] > 0.0:
            return L
        L[j, j] = np.sqrt(L[j, j])
        L[j + 1 :, j] = (L[j + 1 :, j] - L[j + 1 :, :j] @ L[j, :j]) / L[j, j]
    return L


def install(monkeypatch):
    """Put the stand-in, and what goes with it, in the place of CuPy."""
    cupy = StandIn()
    core = types.ModuleType("cupy._core")
    linalg = types.ModuleType("cupy._core._routines_linalg")
    linalg.COMPUTE_TYPE_FP32, linalg.COMPUTE_TYPE_TF32, linalg.kept = 4, 7, {"float32": 1}
    linalg.get_compute_type = linalg.kept.get
    linalg.set_compute_type = linalg.kept.__setitem__
    core._routines_linalg = linalg
    cupyx, cupyx_scipy = types.ModuleType("cupyx"), types.ModuleType("cupyx.scipy")
    cupyx.scipy, cupyx_scipy.linalg, cupyx_scipy.sparse = cupyx_scipy, scipy.linalg, scipy.sparse
    modules = {
        "cupy": cupy,
        "cupy._core": core,
        "cupy._core._routines_linalg": linalg,
        "cupyx": cupyx,
        "cupyx.scipy": cupyx_scipy,
        "cupyx.scipy.linalg": scipy.linalg,
        "cupyx.scipy.sparse": scipy.sparse,
    }
    for name, module in modules.items():
        monkeypatch.setitem(sys.modules, name, module)
    return cupy
