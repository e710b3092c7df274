# SPDX-License-Identifier: BSD-3-Clause
"""The MNIST handwritten digits."""

import gzip
import math
import os
from pathlib import Path

import numpy as np
from sklearn.utils import Bunch

from ._base import Mirror, RemoteFile, Source, as_result, load_arrays, split_labels, stack

_DESCR = """\
MNIST handwritten digits

70000 grey-value images of 28 x 28 pixels (0 to 255), 60000 for training and 10000 for test, in
the published order; 10 classes.

Source: Y. LeCun, L. Bottou, Y. Bengio, P. Haffner, "Gradient-based learning applied to document
recognition", Proc. IEEE 86(11), 1998, doi:10.1109/5.726791.
Licence: CC BY-SA 3.0, as stated by common redistributors.
"""

_HOSTS = (
    "https://ossci-datasets.s3.amazonaws.com/mnist/",
    "https://storage.googleapis.com/cvdf-datasets/mnist/",
)

# SHA-256 of the decompressed IDX files.
_SHA256 = {
    "train-images-idx3-ubyte": "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
    "train-labels-idx1-ubyte": "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
    "t10k-images-idx3-ubyte": "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
    "t10k-labels-idx1-ubyte": "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
}


def _read_idx(path: Path) -> np.ndarray:
    """An array in the IDX format: two zero bytes, type 8 (uint8), rank, sizes, entries."""
    with gzip.open(path, "rb") as file:
        content = file.read()
    if len(content) < 4 or content[:3] != b"\x00\x00\x08":
        raise ValueError(f"{path.name} is not an IDX file of unsigned bytes")
    rank = content[3]
    shape = tuple(np.frombuffer(content, ">u4", count=rank, offset=4).tolist())
    if len(content) != 4 + 4 * rank + math.prod(shape):
        raise ValueError(f"{path.name} announces the shape {shape} but has {len(content)} bytes")
    return np.frombuffer(content, np.uint8, offset=4 + 4 * rank).reshape(shape)


def _read_idx_files(folder: Path) -> dict[str, np.ndarray]:
    return {
        "X_train": _read_idx(folder / "train-images-idx3-ubyte.gz"),
        "y_train": _read_idx(folder / "train-labels-idx1-ubyte.gz"),
        "X_test": _read_idx(folder / "t10k-images-idx3-ubyte.gz"),
        "y_test": _read_idx(folder / "t10k-labels-idx1-ubyte.gz"),
    }


_SOURCE = Source(
    name="mnist",
    splits=("train", "test"),
    remotes=tuple(
        RemoteFile(f"{name}.gz", tuple(Mirror(f"{host}{name}.gz", sha256) for host in _HOSTS))
        for name, sha256 in _SHA256.items()
    ),
    arrays={
        "X_train": ((60000, 28, 28), "uint8"),
        "y_train": ((60000,), "uint8"),
        "X_test": ((10000, 28, 28), "uint8"),
        "y_test": ((10000,), "uint8"),
    },
    class_counts={
        "y_train": dict(
            enumerate((5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949)),
        ),
        "y_test": dict(enumerate((980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009))),
    },
    build=_read_idx_files,
)


def fetch_mnist(
    *,
    data_home: str | os.PathLike | None = None,
    download_if_missing: bool = True,
    return_X_y: bool = False,
    as_frame: bool = False,
    subset: str = "all",
    n_retries: int = 3,
    delay: float = 1.0,
) -> Bunch | tuple:
    """Load the MNIST handwritten digits.

    =================   =====================
    Classes                                10
    Samples total                       70000
    Dimensionality              784 (28 x 28)
    Features            uint8, 0 to 255
    =================   =====================

    Parameters
    ----------
    data_home : str or path-like, default=None
        Folder that is searched for ``mnist.npz`` first and that takes the downloaded copy. By
        default the folder that the environment variable ``SKLEARN_NNBCD_DATA`` names, or else
        ``~/sklearn_nnbcd_data``.
    download_if_missing : bool, default=True
        If False, raise an error when there is no local file instead of downloading it (12 MB).
    return_X_y : bool, default=False
        Return ``(data, target)`` instead of a Bunch.
    as_frame : bool, default=False
        Return ``data`` as a pandas DataFrame and ``target`` as a Series.
    subset : {"all", "train", "test"}, default="all"
        The published split to return; "all" stacks the training rows on the test rows.
    n_retries : int, default=3
        How often a failed transfer is tried again.
    delay : float, default=1.0
        Seconds between two tries.

    Returns
    -------
    data : :class:`~sklearn.utils.Bunch` or tuple of (X, y)
        With the attributes

        data : ndarray of shape (n_samples, 784), uint8, or DataFrame
            The pixels, row by row. Divide by 255 before fitting a network.
        target : ndarray of shape (n_samples,), int64, or Series
            The digit.
        images : ndarray of shape (n_samples, 28, 28), uint8
            The same pixels as images.
        groups : None
            The writers are not part of this data set.
        split : ndarray of shape (n_samples,), str
            "train" or "test".
        feature_names : list of str
            "pixel_<row>_<column>".
        target_names : list of str
            ``target_names[k]`` is the name of class k.
        frame : DataFrame or None
            Features and target in one table if ``as_frame=True``.
        DESCR : str
            Description, source and licence.

    Raises
    ------
    FileNotFoundError
        If there is no local file and ``download_if_missing=False``.
    OSError
        If the download fails, or what came is not the published data.
    ValueError
        If `subset` is unknown, or the local file does not hold this data set.

    References
    ----------
    Y. LeCun, L. Bottou, Y. Bengio, P. Haffner, "Gradient-based learning applied to document
    recognition", Proc. IEEE 86(11), 1998. :doi:`10.1109/5.726791`

    Examples
    --------
    >>> from sklearn_nnbcd.datasets import fetch_mnist
    >>> X, y = fetch_mnist(subset="test", return_X_y=True)  # doctest: +SKIP
    >>> X.shape  # doctest: +SKIP
    (10000, 784)
    """
    arrays, splits = load_arrays(
        _SOURCE,
        subset,
        data_home=data_home,
        download_if_missing=download_if_missing,
        n_retries=n_retries,
        delay=delay,
    )
    images = stack(arrays, "X", splits)
    n_rows, n_columns = images.shape[1:]
    bunch = Bunch(
        data=images.reshape(len(images), -1),
        target=stack(arrays, "y", splits).astype(np.int64),
        images=images,
        groups=None,
        split=split_labels(arrays, splits),
        feature_names=[f"pixel_{i}_{j}" for i in range(n_rows) for j in range(n_columns)],
        target_names=[str(digit) for digit in range(10)],
        DESCR=_DESCR,
    )
    return as_result(bunch, return_X_y=return_X_y, as_frame=as_frame)
