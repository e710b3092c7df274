# SPDX-License-Identifier: BSD-3-Clause
"""Array backends: the few operations that the array API standard lacks or that a library does better."""

from ._base import Backend, Pass
from ._cupy import CupyBackend
from ._device import DeviceNamespace, namespace_of
from ._numpy import NumpyBackend, shuffled_rows
from ._sparse import RowBasis, SparseRows
from ._torch import TorchBackend

BACKENDS = {"numpy": NumpyBackend, "cupy": CupyBackend, "torch": TorchBackend}

__all__ = [
    "BACKENDS",
    "Backend",
    "DeviceNamespace",
    "Pass",
    "RowBasis",
    "SparseRows",
    "get_backend",
    "namespace_of",
    "shuffled_rows",
]


def get_backend(xp):
    """Backend of an array API namespace.

    Parameters
    ----------
    xp : module
        An array API namespace, as ``array_api_compat.array_namespace(x)`` returns it.

    Returns
    -------
    backend : Backend
        The registered backend whose library the namespace wraps; the generic one otherwise.
    """
    library = xp.__name__.removeprefix("array_api_compat.").split(".")[0]
    return BACKENDS.get(library, Backend)()
