# SPDX-License-Identifier: BSD-3-Clause
"""Checks of rows, targets and weights: scikit-learn's own, with a cure where it gives none."""

import re

import numpy as np
from sklearn.model_selection import train_test_split
from sklearn.utils.validation import validate_data

from ._arrays import take_rows
from ._sklearn_compat import check_sample_weight

#: what a message of scikit-learn says -> what the user can do about it
_CURES = (
    (
        "could not convert string to float|must be a string or",
        "X must be numeric: encode categories, e.g. with sklearn.preprocessing.OneHotEncoder.",
    ),
    (
        "y contains NaN|contains infinity",
        "Drop or repair these rows; very large values can be scaled down, or passed as float64.",
    ),
    (
        "y should be a 1d array",
        "One label per row is allowed; sklearn.multioutput.MultiOutputClassifier takes several.",
    ),
    (
        "Implicit conversion to a NumPy array|can't convert .* to numpy",
        "To fit where the array is, call this under sklearn.config_context(array_api_dispatch=True); or "
        "pass a NumPy array, which device='cuda' takes to a GPU.",
    ),
    ("inconsistent numbers of samples", "X and y need one entry each for every row."),
    ("minimum of 1 is required", "Check the filter or the split that left nothing over."),
    ("features, but", "Pass the columns that fit saw, in the same order."),
)


def explained(error):
    """The same error with a cure added to its message, where there is one.

    Parameters
    ----------
    error : ValueError or TypeError

    Returns
    -------
    error : of the same type
    """
    for pattern, cure in _CURES:
        if re.search(pattern, str(error)):
            return type(error)(f"{error} {cure}")
    return error


def checked_rows(estimator, *arrays, **options):
    """``validate_data`` of scikit-learn, in C order, whose errors name a cure.

    Parameters
    ----------
    estimator : estimator
        Learns or checks the number and the names of the features.
    *arrays : array-like
        X, or X and y.
    **options
        For ``validate_data``.

    Returns
    -------
    X or (X, y) : arrays
    """
    try:
        return validate_data(estimator, *arrays, order="C", **options)
    except (ValueError, TypeError) as error:
        better = explained(error)
        if better is error:
            raise  # an error that is its own cause sends others who follow causes round in circles
        raise better from error


def checked_weights(sample_weight, n_rows, dtype):
    """Sample weights as a NumPy array of a dtype, or None.

    Raises
    ------
    ValueError, TypeError
        Unless there is one finite number >= 0 per row, not all of them 0.
    """
    if sample_weight is None:
        return None
    allowed = f"one finite number >= 0 for each of the {n_rows} rows, not all of them 0"
    cure = "Pass None to weigh all rows alike."
    try:
        rows = np.broadcast_to(0.0, (n_rows, 1))
        s = check_sample_weight(sample_weight, rows, dtype=np.dtype(dtype), ensure_non_negative=True)
    except (ValueError, TypeError) as error:
        raise type(error)(f"The 'sample_weight' of fit must be {allowed}. Got: {error} {cure}") from error
    if not bool((s > 0).any()):
        got = "at least one was expected to be positive."
        raise ValueError(f"The 'sample_weight' of fit must be {allowed}. Got: {got} {cure}")
    return s


def held_out(fraction, owner, arrays, *, labels, random_state):
    """Training and validation parts of each array, stratified where there are labels.

    Parameters
    ----------
    fraction : float
        Share of the rows to hold out.
    owner : str
        Name of the estimator, for messages.
    arrays : list of arrays
    labels : array or None
    random_state : RandomState

    Returns
    -------
    parts : list of arrays
        Training and validation part in turn.
    """
    try:
        parts = train_test_split(
            np.arange(arrays[0].shape[0]),
            test_size=fraction,
            random_state=random_state.randint(2**31 - 1),
            stratify=labels,
        )
        return [take_rows(array, rows) for array in arrays for rows in parts]
    except ValueError as error:
        raise ValueError(
            f"The 'validation_fraction' of {owner} must leave rows for training and validation, of "
            f"every class if there are classes. Got {fraction!r} of {arrays[0].shape[0]} rows: {error} "
            "Pass X_val and y_val to fit, or use early_stopping=False."
        ) from error
