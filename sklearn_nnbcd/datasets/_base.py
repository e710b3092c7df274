# SPDX-License-Identifier: BSD-3-Clause
"""What every loader does: find the local file, or download, verify, parse and cache it."""

import gzip
import hashlib
import http.client
import os
import tempfile
import time
import urllib.error
import urllib.request
import zipfile
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from sklearn.utils import Bunch

ENVIRONMENT_VARIABLE = "SKLEARN_NNBCD_DATA"
_CHUNK_BYTES = 1 << 20
_TIMEOUT_SECONDS = 60
#: most bytes that a download may have: several times the largest published file
_MOST_BYTES = 1 << 29


@dataclass(frozen=True)
class Mirror:
    """One address of a file, with the SHA-256 of its (for ``.gz``: decompressed) content."""

    url: str
    sha256: str


@dataclass(frozen=True)
class RemoteFile:
    """A published file and the mirrors that offer it, tried in order."""

    filename: str
    mirrors: tuple[Mirror, ...]


@dataclass(frozen=True)
class Source:
    """A data set: where it comes from and what its arrays must look like.

    ``arrays`` gives shape and dtype of every array of the cached ``<name>.npz``;
    ``class_counts`` gives, for each label array, how often every label occurs in the published
    data; ``build`` turns the folder of downloaded files into the arrays.
    """

    name: str
    splits: tuple[str, ...]
    remotes: tuple[RemoteFile, ...]
    arrays: Mapping[str, tuple[tuple[int, ...], str]]
    class_counts: Mapping[str, Mapping[int, int]]
    build: Callable[[Path], dict[str, np.ndarray]]

    @property
    def filename(self) -> str:
        """Name of the cached archive."""
        return f"{self.name}.npz"


def load_arrays(
    source: Source,
    subset: str,
    *,
    data_home: str | os.PathLike | None,
    download_if_missing: bool,
    n_retries: int,
    delay: float,
) -> tuple[dict[str, np.ndarray], tuple[str, ...]]:
    """Arrays of the splits in `subset`, from a local file or else from the published source.

    Returns
    -------
    arrays : dict of str to ndarray
        The arrays of the chosen splits and those that belong to no split.
    splits : tuple of str
        The chosen splits, in the order in which their rows are to be stacked.
    """
    splits = _check_subset(source, subset)
    folders = _local_folders(data_home)
    path = next((f / source.filename for f in folders if (f / source.filename).is_file()), None)
    if path is None:
        if not download_if_missing:
            searched = " or ".join(str(folder) for folder in folders)
            raise FileNotFoundError(
                f"{source.filename} was not found in {searched}, and 'download_if_missing' is "
                f"False. Set download_if_missing=True, or point 'data_home' or the environment "
                f"variable {ENVIRONMENT_VARIABLE} to the folder that holds the file."
            )
        path = folders[0] / source.filename
        _download_and_cache(source, path, n_retries=n_retries, delay=delay)
    dropped = tuple(f"_{split}" for split in source.splits if split not in splits)
    wanted = [name for name in source.arrays if not name.endswith(dropped)] if dropped else None
    return _read_cached(source, path, wanted or list(source.arrays)), splits


def stack(arrays: dict[str, np.ndarray], name: str, splits: tuple[str, ...]) -> np.ndarray:
    """Rows of ``<name>_<split>`` for the chosen splits, one split after the other."""
    parts = [arrays[f"{name}_{split}"] for split in splits]
    return parts[0] if len(parts) == 1 else np.concatenate(parts)


def split_labels(arrays: dict[str, np.ndarray], splits: tuple[str, ...]) -> np.ndarray:
    """For every row the name of the published split it belongs to."""
    return np.repeat(splits, [len(arrays[f"y_{split}"]) for split in splits])


def as_result(bunch: Bunch, *, return_X_y: bool, as_frame: bool) -> Bunch | tuple:
    """Turn the arrays of `bunch` into pandas objects if asked for, and return it or (X, y)."""
    bunch["frame"] = None
    if as_frame:
        try:
            import pandas as pd
        except ImportError as error:
            raise ImportError(
                "as_frame=True needs pandas. Install it with: pip install pandas, or set as_frame=False."
            ) from error
        data = pd.DataFrame(bunch.data, columns=bunch.feature_names)
        target = pd.Series(bunch.target, name="target")
        bunch.update(data=data, target=target, frame=pd.concat([data, target], axis=1))
    return (bunch.data, bunch.target) if return_X_y else Bunch(**bunch)


def _check_subset(source: Source, subset: str) -> tuple[str, ...]:
    allowed = ("all", *source.splits)
    if not isinstance(subset, str) or subset not in allowed:
        raise ValueError(
            f"The 'subset' of fetch_{source.name} must be one of "
            f"{', '.join(map(repr, allowed))}. Got {subset!r}. "
            f"Try subset='all', which returns every row and says in 'split' where it belongs."
        )
    return source.splits if subset == "all" else (subset,)


def _local_folders(data_home: str | os.PathLike | None) -> list[Path]:
    """Folders to search; the first one takes what is downloaded."""
    folders = []
    if data_home is not None:
        folders.append(Path(data_home).expanduser())
    if os.environ.get(ENVIRONMENT_VARIABLE):
        folders.append(Path(os.environ[ENVIRONMENT_VARIABLE]).expanduser())
    return folders or [Path("~/sklearn_nnbcd_data").expanduser()]


def _read_cached(source: Source, path: Path, names: list[str]) -> dict[str, np.ndarray]:
    try:
        with np.load(path, allow_pickle=False) as archive:
            missing = sorted(set(source.arrays) - set(archive.files))
            if missing:
                raise ValueError(f"it lacks the arrays {', '.join(missing)}")
            arrays = {name: archive[name] for name in names}
            _check_content(source, arrays)
    except (ValueError, TypeError, EOFError, zipfile.BadZipFile, zlib.error) as error:
        raise ValueError(
            f"{path} is not a {source.filename} of sklearn_nnbcd: {error}. Delete it and call "
            f"fetch_{source.name}(download_if_missing=True) to replace it."
        ) from error
    return arrays


def _check_arrays(source: Source, arrays: dict[str, np.ndarray]) -> None:
    for name, array in arrays.items():
        shape, dtype = source.arrays[name]
        if array.shape != shape:
            raise ValueError(f"its array '{name}' must have the shape {shape}, got {array.shape}")
        if array.dtype.kind != np.dtype(dtype).kind:
            raise ValueError(f"its array '{name}' must have the dtype {dtype}, got {array.dtype}")


def _check_content(source: Source, arrays: dict[str, np.ndarray]) -> None:
    """Everything that the published description lets one check of some arrays."""
    _check_arrays(source, arrays)
    for name, array in arrays.items():
        if array.dtype.kind == "f" and not np.isfinite(array).all():
            raise ValueError(f"its array '{name}' has entries that are NaN or infinite")
    for name, expected in source.class_counts.items():
        if name not in arrays:
            continue
        labels, counts = np.unique(arrays[name], return_counts=True)
        found = dict(zip(labels.tolist(), counts.tolist()))
        if found != dict(expected):
            raise ValueError(f"the labels '{name}' must occur {dict(expected)} times, got {found}")


def _download_and_cache(source: Source, path: Path, *, n_retries: int, delay: float) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=path.parent, prefix=f".{source.name}-") as name:
        folder = Path(name)
        for remote in source.remotes:
            _download(source, remote, folder, n_retries=n_retries, delay=delay)
        try:
            arrays = source.build(folder)
            missing = sorted(set(source.arrays) - set(arrays))
            if missing:
                raise ValueError(f"its arrays {', '.join(missing)} are missing")
            _check_content(source, arrays)
        except (ValueError, KeyError, IndexError, OSError, zipfile.BadZipFile) as error:
            raise OSError(
                f"The downloaded files of {source.name} are not what was published: {error}. "
                f"Nothing was cached. Try again later, or put {source.filename} into 'data_home'."
            ) from error
        partial = folder / source.filename
        np.savez_compressed(partial, **arrays)  # type: ignore[arg-type]
        os.replace(partial, path)


def _download(source: Source, remote: RemoteFile, folder: Path, *, n_retries: int, delay: float) -> None:
    """Save one published file in `folder`, which the caller deletes with all that is in it."""
    failures = []
    target = folder / remote.filename
    for mirror in remote.mirrors:
        for attempt in range(n_retries + 1):
            if attempt:
                time.sleep(delay)
            try:
                _save_url(mirror.url, target)
            except (OSError, http.client.HTTPException) as error:
                failures.append(f"{mirror.url}: {error}")
                if isinstance(error, urllib.error.HTTPError) and error.code in (401, 403, 404, 410):
                    break
                continue
            found = _sha256(target)
            if found == mirror.sha256:
                return
            failures.append(f"{mirror.url}: SHA-256 is {found}, must be {mirror.sha256}")
            break
    reasons = "\n  ".join(failures)
    raise OSError(
        f"Could not download {remote.filename} of {source.name}:\n  {reasons}\n"
        f"Check the network connection and try again, or put {source.filename} into 'data_home' "
        f"or into the folder that the environment variable {ENVIRONMENT_VARIABLE} names."
    )


def _save_url(url: str, target: Path) -> None:
    request = urllib.request.Request(url, headers={"User-Agent": "sklearn-nnbcd"})
    with urllib.request.urlopen(request, timeout=_TIMEOUT_SECONDS) as reply:
        expected = reply.headers.get("Content-Length")
        received = 0
        with open(target, "wb") as file:
            while chunk := reply.read(_CHUNK_BYTES):
                received += len(chunk)
                if received > _MOST_BYTES:
                    raise OSError(f"the file is larger than {_MOST_BYTES} bytes")
                file.write(chunk)
    if expected is not None and received != int(expected):
        raise ConnectionError(f"the transfer ended after {received} of {expected} bytes")


def _sha256(path: Path) -> str:
    digest = hashlib.sha256()
    opener = gzip.open if path.suffix == ".gz" else open
    try:
        size = 0
        with opener(path, "rb") as file:
            while chunk := file.read(_CHUNK_BYTES):
                size += len(chunk)
                if size > _MOST_BYTES:
                    return f"that of more than {_MOST_BYTES} bytes"
                digest.update(chunk)
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        return f"unreadable ({error})"
    return digest.hexdigest()
