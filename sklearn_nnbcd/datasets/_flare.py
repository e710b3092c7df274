# SPDX-License-Identifier: BSD-3-Clause
"""Solar active regions and whether a strong flare follows within about a day."""

import csv
import os
from pathlib import Path

import numpy as np
from sklearn.utils import Bunch

from ._base import Mirror, RemoteFile, Source, as_result, load_arrays, split_labels, stack

_DESCR = """\
Solar active regions: does a flare of class M or X follow after about 24 hours?

8859 records of active regions within 70 degrees of longitude, 25 parameters of their
photospheric magnetic field (SDO/HMI SHARP and CGEM.Lorentz series) in physical units. The units
span 28 orders of magnitude: standardise, and consider a logarithm of the extensive parameters.

Label 1: the last record available at least 24 h (and at most two calendar days) before the start
of a flare of GOES class M or X in that region. Label 0: the last record of a day of a region
without M- or X-class flare in the period looked at. 377 records are positive (4.3 %).

The split is by year of the record: training 2010-2013, validation 2014, test 2015-2019. 'groups'
is the NOAA number of the region; no region is in both training and test, 3 are in training and
validation, 5 in validation and test. Rows are sorted by time. The 15 of the published 8874 rows
that lack MEANSHR are left out.

Source: A. Hollanda and co-authors, "Data set for solar flare prediction",
https://github.com/alciomarhollanda/DATA-SET-FOR-SOLAR-FLARE-PREDICTION, no licence stated.
Underlying data: SDO/HMI SHARP, courtesy of NASA/SDO and the HMI science team (M. G. Bobra et
al., Solar Physics 289, 2014, doi:10.1007/s11207-014-0529-3), and the flare and region lists of
NOAA/SWPC (US government, public domain). The split follows H. Liu, C. Liu, J. T. L. Wang, H.
Wang, ApJ 877, 2019, doi:10.3847/1538-4357/ab1b3c; rows and features are not those of that
article.
"""

_FEATURE_NAMES = (
    "TOTUSJH TOTBSQ TOTPOT TOTUSJZ ABSNJZH SAVNCPP USFLUX AREA_ACR TOTFZ MEANPOT R_VALUE EPSZ "
    "SHRGT45 MEANSHR MEANGAM MEANGBT MEANGBZ MEANGBH MEANJZH TOTFY MEANJZD MEANALP TOTFX EPSY "
    "EPSX"
).split()

_FILENAME = "flare.csv"
_YEARS = {"train": (2010, 2013), "val": (2014, 2014), "test": (2015, 2019)}


def _read_csv(folder: Path) -> dict[str, np.ndarray]:
    """Arrays of the published table: incomplete rows dropped, sorted by time and region."""
    with open(folder / _FILENAME, encoding="ascii", newline="") as file:
        rows = [
            row for row in csv.DictReader(file, delimiter=";") if all(row[name] for name in _FEATURE_NAMES)
        ]
    rows.sort(key=lambda row: (row["T_REC"], int(row["NOAA_AR"])))
    X = np.array([[float(row[name]) for name in _FEATURE_NAMES] for row in rows])
    y = np.array([int(row["FlareNumber"]) for row in rows])
    region = np.array([int(row["NOAA_AR"]) for row in rows])
    date = np.array([int(row["T_REC"][:10].replace("-", "")) for row in rows])
    arrays = {"feature_names": np.array(_FEATURE_NAMES)}
    for split, (first, last) in _YEARS.items():
        chosen = (date // 10000 >= first) & (date // 10000 <= last)
        arrays[f"X_{split}"] = X[chosen].astype(np.float32)
        arrays[f"y_{split}"] = y[chosen].astype(np.uint8)
        arrays[f"noaa_ar_{split}"] = region[chosen].astype(np.int32)
        arrays[f"date_{split}"] = date[chosen].astype(np.int32)
    return arrays


def _arrays(**n_samples: int) -> dict[str, tuple[tuple[int, ...], str]]:
    shapes: dict[str, tuple[tuple[int, ...], str]] = {"feature_names": ((25,), "str")}
    for split, n in n_samples.items():
        shapes[f"X_{split}"] = ((n, 25), "float32")
        shapes[f"y_{split}"] = ((n,), "uint8")
        shapes[f"noaa_ar_{split}"] = ((n,), "int32")
        shapes[f"date_{split}"] = ((n,), "int32")
    return shapes


# One commit of the published repository, and the SHA-256 of its table.
_SOURCE = Source(
    name="flare",
    splits=("train", "val", "test"),
    remotes=(
        RemoteFile(
            _FILENAME,
            (
                Mirror(
                    "https://raw.githubusercontent.com/alciomarhollanda/"
                    "DATA-SET-FOR-SOLAR-FLARE-PREDICTION/"
                    "517ddaeffe18c02e9827833abd8a7bbd7c24ac83/"
                    "06.2-DATA%20SET%20FOR%20SOLAR%20FLARE%20PREDICTION.csv",
                    "2c7b1defc29c58adc3867441501863853b3883edba216dc1e54b8fbc184757a7",
                ),
            ),
        ),
    ),
    arrays=_arrays(train=4591, val=1367, test=2901),
    class_counts={
        "y_train": {0: 4418, 1: 173},
        "y_val": {0: 1278, 1: 89},
        "y_test": {0: 2786, 1: 115},
    },
    build=_read_csv,
)


def fetch_flare(
    *,
    data_home: str | os.PathLike | None = None,
    download_if_missing: bool = True,
    return_X_y: bool = False,
    as_frame: bool = False,
    subset: str = "all",
    n_retries: int = 3,
    delay: float = 1.0,
) -> Bunch | tuple:
    """Load the solar flare data set: 25 magnetic parameters of active regions.

    =================   =====================
    Classes              2 (4.3 % positive)
    Samples total                        8859
    Dimensionality                         25
    Features            float64, unscaled
    =================   =====================

    Parameters
    ----------
    data_home : str or path-like, default=None
        Folder that is searched for ``flare.npz`` first and that takes the downloaded copy. By
        default the folder that the environment variable ``SKLEARN_NNBCD_DATA`` names, or else
        ``~/sklearn_nnbcd_data``.
    download_if_missing : bool, default=True
        If False, raise an error when there is no local file instead of downloading it (3 MB).
    return_X_y : bool, default=False
        Return ``(data, target)`` instead of a Bunch.
    as_frame : bool, default=False
        Return ``data`` as a pandas DataFrame and ``target`` as a Series.
    subset : {"all", "train", "val", "test"}, default="all"
        The split to return; "all" stacks training, validation and test rows.
    n_retries : int, default=3
        How often a failed transfer is tried again.
    delay : float, default=1.0
        Seconds between two tries.

    Returns
    -------
    data : :class:`~sklearn.utils.Bunch` or tuple of (X, y)
        With the attributes

        data : ndarray of shape (n_samples, 25), float64, or DataFrame
            The parameters, precise to float32. Double precision, because the squares of the
            largest (1e24) do not fit into float32.
        target : ndarray of shape (n_samples,), int64, or Series
            1 if a flare of class M or X follows.
        groups : ndarray of shape (n_samples,), int64
            NOAA number of the active region, for grouped resampling.
        date : ndarray of shape (n_samples,), int64
            Day of the record as YYYYMMDD.
        split : ndarray of shape (n_samples,), str
            "train" (2010-2013), "val" (2014) or "test" (2015-2019).
        feature_names : list of str
            The keywords of the parameters.
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
    H. Liu, C. Liu, J. T. L. Wang, H. Wang, "Predicting Solar Flares Using a Long Short-term
    Memory Network", ApJ 877, 2019. :doi:`10.3847/1538-4357/ab1b3c`

    Examples
    --------
    >>> from sklearn_nnbcd.datasets import fetch_flare
    >>> X, y = fetch_flare(subset="val", return_X_y=True)  # doctest: +SKIP
    >>> X.shape  # doctest: +SKIP
    (1367, 25)
    """
    arrays, splits = load_arrays(
        _SOURCE,
        subset,
        data_home=data_home,
        download_if_missing=download_if_missing,
        n_retries=n_retries,
        delay=delay,
    )
    bunch = Bunch(
        data=stack(arrays, "X", splits).astype(np.float64),
        target=stack(arrays, "y", splits).astype(np.int64),
        groups=stack(arrays, "noaa_ar", splits).astype(np.int64),
        date=stack(arrays, "date", splits).astype(np.int64),
        split=split_labels(arrays, splits),
        feature_names=arrays["feature_names"].tolist(),
        target_names=["no flare", "flare"],
        DESCR=_DESCR,
    )
    return as_result(bunch, return_X_y=return_X_y, as_frame=as_frame)
