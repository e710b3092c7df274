# SPDX-License-Identifier: BSD-3-Clause
"""A folder for temporary files that does not outlive its process by more than the next start."""

from __future__ import annotations

import os
import shutil
import tempfile
import time
from typing import Any

try:
    import fcntl
except ImportError:  # Windows: folders of processes that were killed stay
    fcntl = None  # type: ignore[assignment]

#: how the names of our folders begin, and the file in each that its living process holds a lock on
PREFIX, _LOCK = "nnbcd-", "lock"
#: seconds after which a folder without a lock file is no folder that is just being made
_GRACE = 60.0


class ScratchFolder:
    """A new folder that only this user can read; :meth:`close`, or the end of the object, removes it.

    A process that is killed cannot remove its folder. The next one that makes a folder in the same place
    does: the system gives up the lock of a process with the process, whatever ended it.

    Parameters
    ----------
    parent : str, default=None
        Where to make it; None: the system's place for temporary files, which TMPDIR names.
    needed : int, default=0
        Bytes that are going to be written.

    Raises
    ------
    OSError
        If the disk has no room, with the folder, what is needed, and what helps.
    """

    def __init__(self, parent: str | None = None, needed: int = 0):
        parent = tempfile.gettempdir() if parent is None else parent
        remove_stale(parent)
        check_room_on_disk(parent, needed)
        self._folder = tempfile.TemporaryDirectory(prefix=PREFIX, dir=parent)
        self.name = self._folder.name
        self._lock: Any = None
        if fcntl is not None:
            self._lock = open(os.path.join(self.name, _LOCK), "wb", opener=private)
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)

    def close(self) -> None:
        """Remove the folder with all files."""
        self._folder.cleanup()
        if self._lock is not None:
            self._lock.close()


def private(path: str, flags: int) -> int:
    """An opener of files that only this user can read."""
    return os.open(path, flags, 0o600)


def remove_stale(parent: str) -> None:
    """Remove the folders in ``parent`` of processes that are no more."""
    if fcntl is None:
        return
    with os.scandir(parent) as entries:
        found = [e.path for e in entries if e.name.startswith(PREFIX) and e.is_dir(follow_symlinks=False)]
    for folder in found:
        try:
            if is_stale(folder):
                shutil.rmtree(folder, ignore_errors=True)
        except OSError:  # another process removes it as well
            continue


def is_stale(folder: str) -> bool:
    """Whether no living process holds the folder's lock."""
    if os.stat(folder).st_uid != os.getuid():
        return False
    try:
        with open(os.path.join(folder, _LOCK), "rb") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return True
    except FileNotFoundError:
        return time.time() - os.stat(folder).st_mtime > _GRACE
    except OSError:  # locked
        return False


def check_room_on_disk(folder: str, needed: int) -> None:
    """Raise OSError where there is no room for so many bytes, before any of them is written.

    Raises
    ------
    OSError
        With the folder, what is needed and what is free, and what helps.
    """
    free = shutil.disk_usage(folder).free
    if needed > free:
        raise OSError(
            f"The folder {folder!r} must have room for the temporary files of a fit, U and V of all rows. "
            f"They take {needed} bytes, and {free} are free. Name a folder with more room in the environment "
            "variable TMPDIR, raise memory_limit, or use solver='minibatch', which writes no files."
        )
