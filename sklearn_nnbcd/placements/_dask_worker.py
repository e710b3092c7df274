# SPDX-License-Identifier: BSD-3-Clause
"""What the workers of a Dask cluster do: they keep groups of blocks, and answer calls on them."""

import threading
from collections.abc import Callable
from typing import Any

from ._base import BasePlacement
from ._blocks import DiskBlocks
from ._memory import InMemory
from ._pickled import join_arrays


class LostBlocksError(RuntimeError):
    """A worker does not have the blocks that a call is about."""


#: (fit, worker, group) -> the group's blocks there; several workers may share a process
_GROUPS: dict = {}


class Group:
    """Blocks on one worker that one task treats, and the result of their last call."""

    def __init__(self, placement: BasePlacement):
        self.placement, self.version, self.result = placement, 0, None
        self.lock = threading.Lock()

    def answer(self, number: int, kind: str, step: Callable, args: tuple) -> Any:
        """Result of call ``number``, made only if it has not been made yet."""
        with self.lock:
            if self.version == number:
                return self.result
            if self.version != number - 1:
                raise LostBlocksError
            self.version = None  # type: ignore[assignment]  # half done until it is done
            self.result = getattr(self.placement, kind)(step, *args)
            self.version = number
            return self.result


def _own(fit: str, group: int) -> tuple[str, str, int]:
    from distributed import get_worker

    return fit, get_worker().address, group


def build_group(fit: str, group: int, split: Callable | None, on_disk: bool, *parts: Any) -> None:
    """Make a group of the blocks of some parts."""
    from distributed import get_worker

    blocks = [block for part in parts for block in ([part] if split is None else split(part))]
    place = DiskBlocks(blocks, get_worker().local_directory) if on_disk else InMemory(blocks)
    _GROUPS[_own(fit, group)] = Group(place)


def call_group(fit: str, group: int, number: int, kind: str, skeleton: bytes, *arrays: Any) -> Any:
    """Call ``number`` on a group; ``reduce`` changes nothing and counts for nothing."""
    found = _GROUPS.get(_own(fit, group))
    if found is None:
        raise LostBlocksError
    step, args = join_arrays(skeleton, arrays)
    if kind == "reduce":
        with found.lock:
            if found.version != number:
                raise LostBlocksError
            return found.placement.reduce(step, *args)
    return found.answer(number, kind, step, args)


def replay_call(fit: str, group: int, number: int, kind: str, skeleton: bytes, *arrays: Any) -> None:
    """A past call once more, for what it does to the blocks."""
    call_group(fit, group, number, kind, skeleton, *arrays)


def held_groups(fit: str, dask_worker: Any) -> set[int]:
    """Numbers of the groups that a worker has."""
    return {group for f, worker, group in list(_GROUPS) if (f, worker) == (fit, dask_worker.address)}


def forget_groups(fit: str, groups: list[int], dask_worker: Any) -> None:
    """Give back what groups of a worker take."""
    for group in held_groups(fit, dask_worker) & set(groups):
        _GROUPS.pop((fit, dask_worker.address, group)).placement.close()
