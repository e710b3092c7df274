# SPDX-License-Identifier: BSD-3-Clause
"""Decisions that need not wait for the device that knows them."""

from dataclasses import fields, is_dataclass, replace
from typing import Any

from array_api_compat import is_array_api_obj

from ..backends import get_backend


class UnlikeError(Exception):
    """Two records have no common shape."""


def choose(condition: Any, a: Any, b: Any, *, xp: Any) -> Any:
    """``a`` where a condition on numbers holds, else ``b``.

    Where reading the condition would make the host wait, every array is chosen on the device; that takes
    two records of the same shapes. Others are read.

    Parameters
    ----------
    condition : bool or zero-dimensional boolean array
    a, b : array, or dataclass or tuple of such
        Of one type, different in their arrays only.
    xp : module
        Array API namespace.

    Examples
    --------
    >>> import numpy as np
    >>> choose(2.0 > 1.0, "yes", "no", xp=np)
    'yes'
    """
    if not isinstance(condition, bool) and not get_backend(xp).synchronous:
        try:
            return _where(condition, a, b, xp)
        except UnlikeError:
            pass
    return a if bool(condition) else b


def _where(condition: Any, a: Any, b: Any, xp: Any) -> Any:
    if a is b:
        return a
    if type(a) is not type(b):
        raise UnlikeError
    if isinstance(a, tuple):
        if len(a) != len(b):
            raise UnlikeError
        return tuple(_where(condition, x, y, xp) for x, y in zip(a, b, strict=True))
    if is_array_api_obj(a):
        if a.shape != b.shape or a.dtype != b.dtype:
            raise UnlikeError
        return xp.where(condition, a, b)
    if is_dataclass(a):
        pairs = ((f.name, getattr(a, f.name), getattr(b, f.name)) for f in fields(a))
        return replace(a, **{name: _where(condition, x, y, xp) for name, x, y in pairs})  # type: ignore[type-var]
    if a != b:
        raise UnlikeError
    return a
