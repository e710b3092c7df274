# SPDX-License-Identifier: BSD-3-Clause
"""Rows on the workers of a Dask cluster; from the client's side.

Blocks are made on the worker that holds their rows and stay there, outside Dask's own results: no block
ever travels, and the scheduler's memory of past tasks does not grow with the number of sweeps. What
travels in each call: new weights, once to every worker, and sums, added pairwise up a tree.

When a worker dies, its parts go to the others and live through all calls so far once more, with the
arguments that they had then (kept in files beside the client): the same blocks come out, so the fit
goes on as if nothing had happened.
"""

import itertools
import os
import uuid
import weakref
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from ..backends._array_file import ArrayFile
from ._answered import answered
from ._base import BasePlacement, added
from ._dask_worker import LostBlocksError, build_group, call_group, forget_groups, held_groups, replay_call
from ._pickled import split_arrays
from ._scratch import ScratchFolder

#: seconds between two looks at whether all workers are still there
_PATIENCE = 0.5
#: seconds to wait for a worker when none is left
_REVIVAL = 60


class Sent:
    """Arrays that are with the workers already, while they live here; each may have a file for a replay."""

    def __init__(self, client: Any, folder: str):
        self.client, self.folder = client, folder
        self._names = itertools.count()
        self._known: dict[int, Entry] = {}

    def file(self, array: Any) -> ArrayFile:
        """The array's file, written when it is first asked for."""
        entry = self._entry(array)
        if entry.file is None:
            entry.file = ArrayFile(os.path.join(self.folder, str(next(self._names))), array)
        return entry.file

    def futures(self, arrays: Sequence, workers: list[str]) -> list:
        """One future for each array, on all the workers."""
        entries = [self._entry(array) for array in arrays]
        new = [j for j, entry in enumerate(entries) if entry.future is None]
        if new:
            sent = scattered([arrays[j] for j in new], self.client, workers)
            for j, future in zip(new, sent, strict=True):
                entries[j].future = future
        return [entry.future for entry in entries]

    def forget_futures(self) -> None:
        """Send everything again when it is next needed."""
        for entry in self._known.values():
            entry.future = None

    def _entry(self, array: Any) -> "Entry":
        known, key = self._known, id(array)
        if key not in known or known[key].array() is not array:
            known[key] = Entry(array, lambda dead: known.pop(key, None))
        return known[key]


class Entry:
    """Where one array is, besides here."""

    def __init__(self, array: Any, on_death: Callable):
        self.array = weakref.ref(array, on_death)
        self.file: ArrayFile | None = None
        self.future: Any = None


def scattered(arrays: Sequence, client: Any, workers: list[str]) -> list:
    """Futures of arrays that every one of the workers has."""
    if not arrays:
        return []
    try:
        return answered(
            client, client.scatter, arrays, workers=workers, broadcast=True, hash=False, timeout=_PATIENCE
        )
    except TimeoutError as error:  # not one of the workers is there
        raise LostBlocksError from error


class DaskBlocks(BasePlacement):
    """Blocks on the workers of a Dask cluster, each where its part of the data lives.

    Parameters
    ----------
    parts : list
        Futures of parts of the data, or the parts themselves.
    client : distributed.Client, default=None
        None: Dask's default client.
    split : callable, default=None
        ``split(part)``, on the worker, gives the list of blocks of a part; None: the part is one block.
    on_disk : bool, default=False
        Whether the workers keep blocks in files (:class:`DiskBlocks`), in their local directories.

    Attributes
    ----------
    rebuilt : int
        Parts that were made anew because their worker died.

    Raises
    ------
    RuntimeError
        When no worker is left, or a part of the data is lost for good.
    """

    def __init__(
        self, parts: Sequence, client: Any = None, split: Callable | None = None, on_disk: bool = False
    ):
        from distributed import Future, default_client

        self.client = default_client() if client is None else client
        self._fit, self._split, self._on_disk = uuid.uuid4().hex, split, on_disk
        self._home = ScratchFolder()
        self._sent = Sent(self.client, self._home.name)
        self._log: list[tuple] = []
        self._numbers = itertools.count()
        self._given = {k: part for k, part in enumerate(parts) if not isinstance(part, Future)}
        given = list(self._given.values())
        futures = iter(self._ask("scatter", given, hash=False) if given else [])
        self._parts = [next(futures) if k in self._given else p for k, p in enumerate(parts)]
        self._groups: dict[int, tuple] = {}  # number -> (worker, indices of its parts)
        self.rebuilt = 0
        self._recover(self._settle(self._shares()))

    def map(self, step: Callable, *args: Any) -> None:
        """Replace every block where it is."""
        self._change("map", step, args)

    def sweep(self, step: Callable, *args: Any) -> Any:
        """Replace every block where it is; return the sum of the second results."""
        return self._change("sweep", step, args)

    def reduce(self, measure: Callable, *args: Any) -> Any:
        """Sum over the blocks."""
        return self._total("reduce", *packed(measure, args))

    def close(self) -> None:
        """Forget the blocks, here and on the workers."""
        groups, self._groups, self._log, self._parts = list(self._groups), {}, [], []
        self._home.close()
        if self.client.status == "running":
            self._ask("run", forget_groups, self._fit, groups, on_error="ignore")

    def _ask(self, name: str, *args: Any, **kwargs: Any) -> Any:
        """Answer of one of the client's methods."""
        return answered(self.client, getattr(self.client, name), *args, **kwargs)

    # one call ---------------------------------------------------------------------------------

    def _change(self, kind: str, step: Callable, args: tuple) -> Any:
        skeleton, arrays = packed(step, args)
        self._log.append((kind, skeleton, [self._sent.file(array) for array in arrays]))
        try:
            return self._total(kind, skeleton, arrays)
        except KeyboardInterrupt:
            self._total(kind, skeleton, arrays)  # a call that some blocks have seen, all must see
            raise

    def _total(self, kind: str, skeleton: bytes, arrays: Sequence) -> Any:
        """Sum of a call's results over all groups, after what was lost has been rebuilt."""
        while True:
            try:
                futures = self._sent.futures(arrays, self._workers(self._groups))
                call = (len(self._log), kind, skeleton)
                return self._result(self._tree(self._submit(call_group, self._groups, call, futures)))
            except LostBlocksError:
                self._recover()

    def _submit(self, task: Callable, groups: dict[int, tuple], call: tuple, futures: list) -> list:
        """Futures of a call on groups."""
        return [
            self.client.submit(task, self._fit, group, *call, *futures, workers=[worker], pure=False)
            for group, (worker, _) in groups.items()
        ]

    def _tree(self, futures: list) -> Any:
        """Future of the sum, pair by pair."""
        while len(futures) > 1:
            pairs = [futures[k : k + 2] for k in range(0, len(futures), 2)]
            futures = [
                self.client.submit(added, *pair, pure=False) if len(pair) == 2 else pair[0] for pair in pairs
            ]
        return futures[0]

    def _result(self, future: Any) -> Any:
        """The future's result; LostBlocksError as soon as a worker with blocks is gone."""
        from concurrent.futures import CancelledError

        from distributed import KilledWorker

        while True:
            try:
                return answered(self.client, future.result, timeout=_PATIENCE)
            except TimeoutError:
                alive = self._ask("nthreads")
                if any(worker not in alive for worker, _ in self._groups.values()):
                    raise LostBlocksError from None
            except (CancelledError, KilledWorker) as error:
                raise LostBlocksError from error

    @staticmethod
    def _workers(groups: dict[int, tuple]) -> list[str]:
        return sorted({worker for worker, _ in groups.values()})

    # workers that come and go -----------------------------------------------------------------

    def _recover(self, missing: Iterable[int] = ()) -> None:
        """Give the parts of lost workers to the others."""
        self._sent.forget_futures()
        while True:
            held = self._ask("run", held_groups, self._fit, on_error="ignore")
            missing = list(missing)
            for group, (worker, indices) in list(self._groups.items()):
                if group not in held.get(worker, ()):
                    missing += indices
                    del self._groups[group]
            if not missing:
                return
            self.rebuilt += len(missing)
            missing = self._settle(self._spread(sorted(missing)))

    def _settle(self, shares: list[tuple]) -> list[int]:
        """Make each share's group on its worker and let it live through the calls so far.

        Returns the parts that have no place if a worker is lost meanwhile, otherwise none.
        """
        groups = {next(self._numbers): share for share in shares}
        self._groups.update(groups)
        try:
            for future in self._built(groups):
                self._result(future)
            for number, (kind, skeleton, files) in enumerate(self._log, 1):
                arrays = [file.open() for file in files]
                futures = scattered(arrays, self.client, self._workers(groups))
                for future in self._submit(replay_call, groups, (number, kind, skeleton), futures):
                    self._result(future)
        except LostBlocksError:
            for group in groups:
                del self._groups[group]
            self._ask("run", forget_groups, self._fit, list(groups), on_error="ignore")
            return [k for _, indices in groups.values() for k in indices]
        return []

    def _built(self, groups: dict[int, tuple]) -> list:
        return [
            self.client.submit(
                build_group,
                self._fit,
                group,
                self._split,
                self._on_disk,
                *(self._parts[k] for k in indices),
                workers=[worker],
                pure=False,
            )
            for group, (worker, indices) in groups.items()
        ]

    def _shares(self) -> list[tuple]:
        """(worker, indices of parts) of all parts: each where it is."""
        from distributed import wait

        answered(self.client, wait, self._parts)
        for part in self._parts:
            if part.status == "error":
                answered(self.client, part.result)  # raises what went wrong with the data
        holders = self._ask("who_has", self._parts)
        return self._spread(range(len(self._parts)), holders)

    def _spread(self, indices: Iterable[int], holders: dict | None = None) -> list[tuple]:
        """(worker, indices): as even as can be, each part with a holder of it where there is one."""
        threads = self._live_workers()
        self._restore_parts()
        shares: dict[str, list[int]] = {worker: [] for worker in threads}
        load = {w: sum(len(i) for v, i in self._groups.values() if v == w) for w in threads}
        for k in indices:
            here = [w for w in (holders or {}).get(self._parts[k].key, ()) if w in threads]
            worker = min(here or threads, key=lambda w: (load[w] + len(shares[w]), w))
            shares[worker].append(k)
        return [
            (worker, share[first::count])  # one group per thread
            for worker, share in shares.items()
            for count in [min(threads[worker], len(share))]
            for first in range(count)
        ]

    def _live_workers(self) -> dict[str, int]:
        """Threads of each worker; waits for one if there is none."""
        try:
            self._ask("wait_for_workers", 1, timeout=_REVIVAL)
        except TimeoutError:
            raise RuntimeError(
                f"All workers of the Dask cluster are gone, and none came within {_REVIVAL} s. Start "
                "workers, with more memory if that is what ended them, and fit again."
            ) from None
        return self._ask("nthreads")

    def _restore_parts(self) -> None:
        """Send given parts again where they went with a worker; Dask itself recomputes the others."""
        for k, part in enumerate(self._parts):
            if not part.cancelled():
                continue
            if k not in self._given:
                raise RuntimeError(
                    f"Part {k} of the data is lost with its worker and cannot be computed again. Use "
                    "Dask collections that know where their data come from (files, say), not "
                    "scattered ones."
                )
            (self._parts[k],) = self._ask("scatter", [self._given[k]], hash=False)


def packed(step: Callable, args: tuple) -> tuple[bytes, list]:
    """A call taken apart into a pickle and its large arrays."""
    import cloudpickle

    return split_arrays((step, args), pickler=cloudpickle.CloudPickler)
