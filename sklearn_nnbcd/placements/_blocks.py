# SPDX-License-Identifier: BSD-3-Clause
"""Rows in blocks on the disk, one of them in memory at a time."""

import itertools
import os
from collections.abc import Callable, Iterable
from typing import Any

from ..backends._array_file import ArrayFile
from ._base import BasePlacement, added
from ._pickled import join_arrays, split_arrays
from ._scratch import ScratchFolder


class DiskBlocks(BasePlacement):
    """Blocks whose arrays lie in files, but for one block at a time.

    A step gets a block whose arrays are maps of the files, so only what it reads is read. What it
    returns is written to new files, one array each; an array that it hands through is left where it is.
    The arrays of the first blocks stay the caller's: slices of a memory-mapped X are not copied.

    Parameters
    ----------
    blocks : iterable
        The first blocks, such as tuples of slices of X, Y and sample weights.
    folder : str, default=None
        Where the files go, in a new folder that :meth:`close` removes; None: the system's place for
        temporary files. It should not be kept in memory, as some systems keep theirs. Those of processes
        that were killed are removed.
    needed : int, default=0
        Bytes that all files are going to take.

    Raises
    ------
    OSError
        If the disk has no room, with the folder, what is needed, and what helps.

    Attributes
    ----------
    nbytes : int
        Bytes of all files.
    """

    def __init__(self, blocks: Iterable, folder: str | None = None, needed: int = 0):
        self._home = ScratchFolder(folder, needed)
        self._names = itertools.count()
        self._blocks = [split_arrays(block) for block in blocks]

    def map(self, step: Callable, *args: Any) -> None:
        """Replace the blocks one after the other."""
        for k in range(len(self._blocks)):
            opened, block = self._load(k)
            self._store(k, opened, step(block, *args))

    def sweep(self, step: Callable, *args: Any) -> Any:
        """Replace the blocks one after the other; return the sum of the second results."""
        total = None
        for k in range(len(self._blocks)):
            opened, block = self._load(k)
            block, part = step(block, *args)
            self._store(k, opened, block)
            total = added(total, part)
        return total

    def reduce(self, measure: Callable, *args: Any) -> Any:
        """Sum over the blocks."""
        total = None
        for k in range(len(self._blocks)):
            total = added(total, measure(self._load(k)[1], *args))
        return total

    def close(self) -> None:
        """Remove all files."""
        self._blocks = []
        self._home.close()

    @property
    def nbytes(self) -> int:
        """Bytes of all files."""
        places = [place for _, places in self._blocks for place in places]
        return sum(place.nbytes for place in places if isinstance(place, ArrayFile))

    def _load(self, k: int) -> tuple[dict[int, Any], Any]:
        """The block, and where each of its arrays is, by the array's identity."""
        skeleton, places = self._blocks[k]
        arrays = [place.open() if isinstance(place, ArrayFile) else place for place in places]
        opened = {id(array): place for array, place in zip(arrays, places, strict=True)}
        return opened, join_arrays(skeleton, arrays)

    def _store(self, k: int, opened: dict[int, Any], block: Any) -> None:
        skeleton, arrays = split_arrays(block)
        places = [opened.get(id(array)) for array in arrays]
        for j, array in enumerate(arrays):
            if places[j] is None:
                places[j] = ArrayFile(os.path.join(self._home.name, str(next(self._names))), array)
        self._blocks[k] = (skeleton, places)
