# SPDX-License-Identifier: BSD-3-Clause
"""Arrays at the estimators' door: from which library, where they lie, and where they go."""

import os

import array_api_compat
import numpy as np
from sklearn import get_config

from .backends import SparseRows, get_backend, namespace_of


def is_foreign(x):
    """Whether x is an array of another library than NumPy that scikit-learn is told to leave so.

    Without ``sklearn.config_context(array_api_dispatch=True)`` nothing is: every input is made a NumPy
    array, as scikit-learn does.
    """
    if not get_config()["array_api_dispatch"] or not array_api_compat.is_array_api_obj(x):
        return False
    return not array_api_compat.is_numpy_array(x)


def to_numpy(x):
    """An array of any library as a NumPy array."""
    xp = namespace_of(x)
    return get_backend(xp).to_numpy(x, xp=xp)


def on_host(x):
    """A foreign array as a NumPy array; anything else as it is."""
    return to_numpy(x) if is_foreign(x) else x


def dtype_name(x):
    """Name of an array's dtype, such as "float32", whatever the library."""
    return str(x.dtype).split(".")[-1]


def float_dtypes(x):
    """float64 and float32, as ``validate_data`` takes them for x."""
    names = ("float64", "float32")
    return [getattr(namespace_of(x), name) for name in names] if is_foreign(x) else list(names)


def take_rows(x, rows):
    """The rows of x with the given numbers, a NumPy array."""
    if array_api_compat.is_numpy_array(x) or isinstance(x, SparseRows):
        return x[rows]
    xp = namespace_of(x)
    return xp.take(x, xp.asarray(rows), axis=0)


def take_columns(x, columns):
    """The columns of x with the given numbers, a NumPy array; sparse ones as a dense array."""
    if isinstance(x, SparseRows):
        return x.entries[:, columns].toarray()
    if array_api_compat.is_numpy_array(x):
        return x[:, columns]
    xp = namespace_of(x)
    return xp.take(x, xp.asarray(columns), axis=1)


def check_same_device(x, fitted, owner, method):
    """Raise unless x is of the library and on the device of an array that fit has left.

    Parameters
    ----------
    x : array-like
        Input of ``method``.
    fitted : array
    owner, method : str
        For the message.

    Raises
    ------
    ValueError
        With what differs and how to convert x.
    """
    if same_device(x if is_foreign(x) else np.zeros(0), fitted):
        return
    given = location(x) if is_foreign(x) else "NumPy"
    raise ValueError(
        f"Inputs passed to {owner}.{method}() must use the same namespace and the same device as those "
        f"passed to fit(). fit saw {location(fitted)}, {method} got {given}. Convert X to the former, under "
        "sklearn.config_context(array_api_dispatch=True); or fit with device='cuda' to pass NumPy "
        "arrays to a GPU, or with device='cpu' to fit in NumPy."
    )


def check_device(x, fitted, owner, method, device):
    """Raise unless rows are where the fitted arrays are; ``device`` may have been changed since.

    Parameters
    ----------
    x : array
        As :func:`to_device` returns it.
    fitted : array
    owner, method, device : str
        For the message.

    Raises
    ------
    ValueError
        With both places and the cure.
    """
    if same_device(x, fitted):
        return
    raise ValueError(
        f"The 'device' of {owner} must be what it was in fit for {method}(). Got {device!r}, which puts X to "
        f"{location(x)}, and weights of {location(fitted)}. Set it back; or fit again, with "
        "warm_start=True to go on from these weights."
    )


def location(x):
    """Library and device of an array, in words."""
    return f"{namespace_of(x).__name__} on {array_api_compat.device(x)}"


def same_device(x, y):
    """Whether two arrays are of one library and on one device."""
    return location(x) == location(y)


def to_namespace(x, *, like, dtype):
    """An array of any library and device where another one is, by way of the host if need be."""
    if not same_device(x, like):
        x = to_numpy(x)
    return namespace_of(like).asarray(x, dtype=dtype)


def to_device(x, device):
    """Checked rows where a fit with the parameter ``device`` takes place.

    Parameters
    ----------
    x : array
    device : {"auto", "cpu", "cuda"}
        "auto": where x is. "cpu": a NumPy array. "cuda": a CuPy array.

    Raises
    ------
    ValueError
        For "cuda" without CuPy or without a GPU, with the command that installs it.
    """
    if device == "cuda":
        from .backends import BACKENDS

        return BACKENDS["cupy"].from_host(x)
    return on_host(x) if device == "cpu" else x


def like_input(x, given):
    """A result on the host if what the user gave was there, otherwise as it is."""
    if is_foreign(given) or array_api_compat.is_numpy_array(x):
        return x
    return to_numpy(x)


def host_memory() -> int | None:
    """Bytes of this machine's memory; None where the system does not say."""
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError, OSError):
        return None
