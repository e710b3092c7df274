# SPDX-License-Identifier: BSD-3-Clause
"""Human activity recognition with a waist-worn smartphone (UCI)."""

import io
import os
import zipfile
from pathlib import Path

import numpy as np
from sklearn.utils import Bunch

from ._base import Mirror, RemoteFile, Source, as_result, load_arrays, split_labels, stack

_TARGET_NAMES = (
    "WALKING",
    "WALKING_UPSTAIRS",
    "WALKING_DOWNSTAIRS",
    "SITTING",
    "STANDING",
    "LAYING",
)

_DESCR = """\
Human Activity Recognition Using Smartphones

10299 windows of 2.56 s (50 Hz, half overlapping) of 30 subjects who carried a smartphone at the
waist; 561 time- and frequency-domain features per window, scaled to [-1, 1]; 6 activities.
The published split is by subject: 21 subjects in training (7352 rows), 9 in test (2947 rows).

The published feature names repeat for the three axes of the band energies (477 distinct names
among 561). Here each of those names ends in -X, -Y or -Z.

'approximate' marks rows whose features were recomputed from the published signals instead of
copied. It is False everywhere in a downloaded copy. A local har.npz may mark test rows: there,
X_test was recomputed and the rows of one subject and activity may stand in another order than in
the published X_test.txt.

Source: D. Anguita, A. Ghio, L. Oneto, X. Parra, J. L. Reyes-Ortiz, "A Public Domain Dataset for
Human Activity Recognition Using Smartphones", ESANN 2013. UCI Machine Learning Repository,
doi:10.24432/C54S4K. Licence: CC BY 4.0.
"""

_FOLDER = "UCI HAR Dataset"


def _read_archive(folder: Path) -> dict[str, np.ndarray]:
    """Arrays of the published zip file, which may hold the data set's own zip file."""
    with zipfile.ZipFile(folder / "har.zip") as archive:
        inner = f"{_FOLDER}.zip"
        if inner not in archive.namelist():
            return _read_members(archive)
        with archive.open(inner) as file, zipfile.ZipFile(file) as nested:
            return _read_members(nested)


def _read_members(archive: zipfile.ZipFile) -> dict[str, np.ndarray]:
    def table(name: str, dtype: type) -> np.ndarray:
        with archive.open(f"{_FOLDER}/{name}") as file:
            return np.loadtxt(io.TextIOWrapper(file, encoding="ascii"), dtype=dtype, ndmin=1)

    arrays = {}
    for split in ("train", "test"):
        # Parsed in double precision and rounded once.
        arrays[f"X_{split}"] = table(f"{split}/X_{split}.txt", np.float64).astype(np.float32)
        arrays[f"y_{split}"] = table(f"{split}/y_{split}.txt", np.uint8)
        arrays[f"subject_{split}"] = table(f"{split}/subject_{split}.txt", np.uint8)
    arrays["test_row_approx"] = np.zeros(len(arrays["y_test"]), dtype=bool)
    lines = archive.read(f"{_FOLDER}/features.txt").decode("ascii").splitlines()
    arrays["feature_names"] = np.array([line.split(maxsplit=1)[1] for line in lines])
    return arrays


# Both checksums are those under which others have recorded the UCI files.
_SOURCE = Source(
    name="har",
    splits=("train", "test"),
    remotes=(
        RemoteFile(
            "har.zip",
            (
                Mirror(
                    "https://archive.ics.uci.edu/static/public/240/"
                    "human+activity+recognition+using+smartphones.zip",
                    "c00b803081a5c797cd5e4b83700a9810b38d53d9d84e01917e090e1fdbc81031",
                ),
                Mirror(
                    "https://archive.ics.uci.edu/ml/machine-learning-databases/00240/UCI%20HAR%20Dataset.zip",
                    "2045e435c955214b38145fb5fa00776c72814f01b203fec405152dac7d5bfeb0",
                ),
            ),
        ),
    ),
    arrays={
        "X_train": ((7352, 561), "float32"),
        "y_train": ((7352,), "uint8"),
        "subject_train": ((7352,), "uint8"),
        "X_test": ((2947, 561), "float32"),
        "y_test": ((2947,), "uint8"),
        "subject_test": ((2947,), "uint8"),
        "test_row_approx": ((2947,), "bool"),
        "feature_names": ((561,), "str"),
    },
    class_counts={
        "y_train": {1: 1226, 2: 1073, 3: 986, 4: 1286, 5: 1374, 6: 1407},
        "y_test": {1: 496, 2: 471, 3: 420, 4: 491, 5: 532, 6: 537},
    },
    build=_read_archive,
)


def _distinct(names: list[str]) -> list[str]:
    """Append the axis to the names that the published list repeats once per axis."""
    seen: dict[str, int]
    names, seen = list(names), {}
    repeated = {name for name in names if names.count(name) > 1}
    result = []
    for name in names:
        if name in repeated:
            axis = seen.get(name, 0)
            seen[name] = axis + 1
            name = f"{name}-{'XYZ'[axis]}"
        result.append(str(name))
    return result


def fetch_har(
    *,
    data_home: str | os.PathLike | None = None,
    download_if_missing: bool = True,
    return_X_y: bool = False,
    as_frame: bool = False,
    subset: str = "all",
    n_retries: int = 3,
    delay: float = 1.0,
) -> Bunch | tuple:
    """Load the UCI data set of human activity recognition using smartphones.

    =================   =====================
    Classes                                 6
    Samples total                       10299
    Dimensionality                        561
    Features            float32, in [-1, 1]
    =================   =====================

    Parameters
    ----------
    data_home : str or path-like, default=None
        Folder that is searched for ``har.npz`` first and that takes the downloaded copy. By
        default the folder that the environment variable ``SKLEARN_NNBCD_DATA`` names, or else
        ``~/sklearn_nnbcd_data``.
    download_if_missing : bool, default=True
        If False, raise an error when there is no local file instead of downloading it (61 MB).
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

        data : ndarray of shape (n_samples, 561), float32, or DataFrame
            The features.
        target : ndarray of shape (n_samples,), int64, or Series
            The activity, 1 to 6.
        groups : ndarray of shape (n_samples,), int64
            The subject, 1 to 30; no subject is in both training and test.
        split : ndarray of shape (n_samples,), str
            "train" or "test".
        approximate : ndarray of shape (n_samples,), bool
            Rows whose features were recomputed, see ``DESCR``.
        feature_names : list of str
            The 561 names, made distinct.
        target_names : list of str
            ``target_names[k - 1]`` is the name of activity k.
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
    D. Anguita, A. Ghio, L. Oneto, X. Parra, J. L. Reyes-Ortiz, "A Public Domain Dataset for
    Human Activity Recognition Using Smartphones", ESANN 2013. :doi:`10.24432/C54S4K`

    Examples
    --------
    >>> from sklearn_nnbcd.datasets import fetch_har
    >>> X, y = fetch_har(subset="train", return_X_y=True)  # doctest: +SKIP
    >>> X.shape  # doctest: +SKIP
    (7352, 561)
    """
    arrays, splits = load_arrays(
        _SOURCE,
        subset,
        data_home=data_home,
        download_if_missing=download_if_missing,
        n_retries=n_retries,
        delay=delay,
    )
    split = split_labels(arrays, splits)
    approximate = np.zeros(len(split), dtype=bool)
    if "test" in splits:
        approximate[split == "test"] = arrays["test_row_approx"]
    bunch = Bunch(
        data=stack(arrays, "X", splits),
        target=stack(arrays, "y", splits).astype(np.int64),
        groups=stack(arrays, "subject", splits).astype(np.int64),
        split=split,
        approximate=approximate,
        feature_names=_distinct(arrays["feature_names"].tolist()),
        target_names=list(_TARGET_NAMES),
        DESCR=_DESCR,
    )
    return as_result(bunch, return_X_y=return_X_y, as_frame=as_frame)
