# SPDX-License-Identifier: BSD-3-Clause
"""Namespaces that make their arrays on one device."""

import functools
from importlib import import_module

import array_api_compat
import array_api_compat.numpy

from ._sparse import SparseRows

_CREATORS = ("arange", "asarray", "empty", "eye", "full", "linspace", "ones", "zeros")


class WrappedNamespace:
    """An array API namespace some of whose functions a subclass replaces.

    Parameters
    ----------
    xp : module
    """

    def __init__(self, xp):
        self._xp = xp

    def __getattr__(self, name):
        if name.startswith("_") and name != "__name__":
            raise AttributeError(name)
        return getattr(self._xp, name)


class DeviceNamespace(WrappedNamespace):
    """An array API namespace whose new arrays lie on a given device, not on the default one.

    Parameters
    ----------
    xp : module
    device : device
        As ``array_api_compat.device`` returns it.
    """

    def __init__(self, xp, device):
        super().__init__(xp)
        self._device = device
        for name in _CREATORS:
            setattr(self, name, functools.partial(getattr(xp, name), device=device))

    def __reduce__(self):
        return _restored, (self._xp.__name__, self._device)


def _restored(name, device):
    return DeviceNamespace(import_module(name), device)


def namespace_of(x):
    """Array API namespace of an array, bound to the array's device where that is not the default.

    Examples
    --------
    >>> import numpy as np
    >>> namespace_of(np.zeros(3)).__name__
    'array_api_compat.numpy'
    """
    if isinstance(x, SparseRows):
        return array_api_compat.numpy
    xp = array_api_compat.array_namespace(x)
    if array_api_compat.is_numpy_namespace(xp):
        return xp
    device = array_api_compat.device(x)
    if device == xp.__array_namespace_info__().default_device():
        return xp
    return DeviceNamespace(xp, device)
