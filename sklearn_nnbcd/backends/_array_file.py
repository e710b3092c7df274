# SPDX-License-Identifier: BSD-3-Clause
"""One array in one file."""

import os
import shutil

import array_api_compat
import numpy as np

from ..backends import get_backend


class ArrayFile:
    """Writes an array to a file, and opens it without reading it where the library can.

    Parameters
    ----------
    path : str
        The file, which is created; it is removed with this object.
    array : array
        Of any namespace; an array on another device is copied back there by :meth:`open`.
    """

    def __init__(self, path, array):
        self.path = path
        self._xp = array_api_compat.array_namespace(array)
        self._device = array_api_compat.device(array)
        host = np.ascontiguousarray(get_backend(self._xp).to_numpy(array, xp=self._xp))
        self._shape, self._dtype, self.nbytes = host.shape, host.dtype, host.nbytes
        self._write(host)

    def _write(self, host):
        """Into a new file that only this user can read."""
        file = os.open(self.path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
        try:
            with os.fdopen(file, "wb") as stream:
                host.tofile(stream)
        except OSError as error:
            folder = os.path.dirname(self.path)
            raise OSError(
                f"The folder {folder!r} must have room for temporary files. One of {self.nbytes} bytes could "
                f"not be written, and {shutil.disk_usage(folder).free} are free: {error}. Name a folder with "
                "more room in the environment variable TMPDIR, raise memory_limit, or use "
                "solver='minibatch', which writes no files."
            ) from error

    def open(self):
        """The array, read-only: NumPy's is a map of the file, which takes memory only where it is read."""
        if not array_api_compat.is_numpy_namespace(self._xp):
            host = np.fromfile(self.path, dtype=self._dtype).reshape(self._shape)
            return self._xp.asarray(host, device=self._device)
        return np.asarray(np.memmap(self.path, dtype=self._dtype, mode="r", shape=self._shape))

    def __del__(self):
        try:
            os.remove(self.path)
        except OSError:  # the folder went first
            pass
