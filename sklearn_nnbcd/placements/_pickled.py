# SPDX-License-Identifier: BSD-3-Clause
"""Objects taken apart into a small pickle and the large arrays in it, and put together again.

What moves blocks of rows to a disk, or weights to other machines, must treat each array by itself: one
that has not changed is neither written nor sent again.
"""

import functools
import io
import pickle
from collections.abc import Sequence
from typing import Any

from array_api_compat import is_array_api_obj, size

#: arrays of fewer entries stay inside the pickle
_SMALL = 256


def is_large_array(x: Any) -> bool:
    """Whether x is an array that :func:`split_arrays` takes out."""
    # a class of arrays, as annotations have it, passes for an array
    return not isinstance(x, type) and is_array_api_obj(x) and x.ndim > 0 and (size(x) or 0) >= _SMALL


def split_arrays(obj: Any, *, pickler: type[pickle.Pickler] = pickle.Pickler) -> tuple[bytes, list]:
    """Take an object apart.

    Parameters
    ----------
    obj : object
        Anything that can be pickled, such as a block of rows or a tuple of arguments.
    pickler : type, default=pickle.Pickler
        Subclass of :class:`pickle.Pickler`, for one that knows how to pickle closures.

    Returns
    -------
    skeleton : bytes
        The object without its large arrays.
    arrays : list of arrays
        The large arrays themselves, each once.

    Examples
    --------
    >>> import numpy as np
    >>> skeleton, arrays = split_arrays({"rows": np.zeros((100, 10)), "name": "a"})
    >>> len(skeleton) < 100, arrays[0].shape
    (True, (100, 10))
    >>> sorted(join_arrays(skeleton, arrays))
    ['name', 'rows']
    """
    stream = io.BytesIO()
    splitter = _splitter(pickler)(stream, protocol=pickle.HIGHEST_PROTOCOL)  # type: ignore[arg-type]
    splitter.arrays, splitter.places = [], {}
    splitter.dump(obj)
    return stream.getvalue(), splitter.arrays


@functools.cache
def _splitter(pickler: type[pickle.Pickler]) -> type:
    """The pickler with a place for arrays; made once, as a class is garbage that holds its arrays."""

    class Splitter(pickler):  # type: ignore[valid-type, misc]
        def persistent_id(self, part: Any) -> int | None:
            if not is_large_array(part):
                return None
            if id(part) not in self.places:
                self.places[id(part)] = len(self.arrays)
                self.arrays.append(part)
            return self.places[id(part)]

    return Splitter


class _Joiner(pickle.Unpickler):
    arrays: Sequence

    def persistent_load(self, place: int) -> Any:
        return self.arrays[place]


def join_arrays(skeleton: bytes, arrays: Sequence) -> Any:
    """Put an object together again: the inverse of :func:`split_arrays`.

    Parameters
    ----------
    skeleton : bytes
    arrays : sequence of arrays

    Returns
    -------
    obj : object
        Holds the given arrays themselves, not copies.
    """

    joiner = _Joiner(io.BytesIO(skeleton))
    joiner.arrays = arrays
    return joiner.load()
