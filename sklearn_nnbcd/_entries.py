# SPDX-License-Identifier: BSD-3-Clause
"""What entries X and y may have: whatever cannot be read as such is refused, and told from the rest."""

import re
from typing import Any

import numpy as np

#: what a message of scikit-learn says -> what the user can do about it
_CURES = (
    (
        "could not be promoted|Cannot cast array data",
        "X must be numeric: pass times and records as columns of numbers, e.g. by astype('int64').",
    ),
    ("Expected unique column names", "Give each column of X a name of its own."),
    ("Complex data not supported", "X and y must be real: pass real and imaginary parts as columns."),
    (
        "could not convert string to float|must be a string or",
        "X, and y of a regressor, must be numeric: encode columns of text, e.g. by OneHotEncoder in a "
        "sklearn.compose.ColumnTransformer.",
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
    (
        "inhomogeneous",
        "X must be a table: give every row as many entries, and y one label or number for each of them.",
    ),
    (
        "Found array with dim",
        "X must be a table of one row a sample, e.g. X.reshape(len(X), -1); images are for "
        "layers=[Conv2D(8, 3), Dense(100)].",
    ),
    ("inconsistent numbers of samples", "X and y need one entry each for every row."),
    ("minimum of 1 is required", "Check the filter or the split that left nothing over."),
    ("features, but", "Pass the columns that fit saw, in the same order."),
)


def explained(error: Exception) -> Exception:
    """The same error with a cure added to its message, where there is one.

    Parameters
    ----------
    error : ValueError or TypeError

    Returns
    -------
    error : of the same type
    """
    text = str(error)
    if "Complex data not supported" in text:
        text = text.splitlines()[0] + "."  # the rest is the whole table
    for pattern, cure in _CURES:
        if re.search(pattern, text):
            return type(error)(f"{as_sentence(text)} {cure}")
    return error


def as_sentence(text: Any) -> str:
    """What a message of another library says, with the full stop that many of them lack."""
    text = str(text)
    return text if text.endswith((".", "?", "!")) else f"{text}."


def refuse_other_sparse(X: Any, owner: str) -> None:
    """Raise TypeError for sparse arrays of other libraries than SciPy."""
    library = type(X).__module__.split(".")[0]
    is_sparse = library == "torch" and "strided" not in str(getattr(X, "layout", "strided"))
    if is_sparse or library in ("cupyx", "sparse"):
        raise TypeError(
            f"The 'X' of {owner} must be an array, or a sparse matrix or array of SciPy, which is fitted on "
            f"the CPU. Got a sparse {type(X).__module__}.{type(X).__name__}. Bring it to SciPy, e.g. by "
            "X.get() or X.to_scipy_sparse(), or make it dense."
        )


def refuse_unreadable(owner: str, X: Any, y: Any = None) -> None:
    """Raise for X and y of kinds that would be read as something else, or by nobody.

    Parameters
    ----------
    owner : str
        Name of the estimator, for messages.
    X, y : array-like

    Raises
    ------
    TypeError
        For sparse arrays of other libraries than SciPy.
    ValueError
        For masked entries, for targets of more than two dimensions or of bytes, and for text beside other
        labels.
    """
    refuse_other_sparse(X, owner)
    refuse_masked(X, "X", owner)
    refuse_masked(y, "y", owner)
    shape = getattr(y, "shape", ())
    if len(shape) > 2:
        raise ValueError(
            f"The 'y' of {owner} must have one or two dimensions. Got shape {tuple(shape)}. Use one column "
            "for each target."
        )
    if getattr(getattr(y, "dtype", None), "kind", None) == "S":
        raise ValueError(
            f"The 'y' of {owner} must hold numbers, text or bools. Got bytes. Make text of them, e.g. by "
            "y.astype(str)."
        )
    refuse_mixed(y, "y", owner)


def known_labels(classes: Any) -> np.ndarray:
    """The ``classes`` of partial_fit, sorted; ValueError for what is no label."""
    refuse_mixed(classes, "classes", "partial_fit")
    labels = np.unique(classes)
    if labels.dtype.kind == "f" and not np.isfinite(labels).all():
        raise ValueError(
            f"The 'classes' of partial_fit must be labels. Got {labels.tolist()}. Leave out NaN and inf."
        )
    return labels


def refuse_masked(values: Any, name: str, owner: str) -> None:
    """Raise ValueError for an array with masked entries, whose values under the mask would be used."""
    if isinstance(values, np.ma.MaskedArray) and np.ma.is_masked(values):
        raise ValueError(
            f"The {name!r} of {owner} must have no masked entries. Got {np.ma.count_masked(values)} of "
            f"{values.size}. Leave their rows out, or fill them, e.g. with sklearn.impute.SimpleImputer on "
            f"{name}.filled(numpy.nan)."
        )


def refuse_mixed(labels: Any, name: str, owner: str) -> None:
    """Raise ValueError for text beside other labels, which NumPy would make text or not compare at all."""
    if isinstance(labels, list | tuple):
        each: Any = labels
    elif getattr(getattr(labels, "dtype", None), "kind", None) == "O":
        each = np.asarray(labels, dtype=object).ravel()
    else:
        return
    text = any(isinstance(label, str) for label in each)
    others = {name_of_kind(label) for label in each if not isinstance(label, str)}
    if text and others:
        raise ValueError(
            f"The {name!r} of {owner} must hold labels of one kind. Got {' and '.join(sorted(others))} "
            "beside text. Leave out rows without a label, or make all of them text."
        )


def name_of_kind(label: Any) -> str:
    """What a label is, for a message."""
    return "NaN" if isinstance(label, float) and label != label else type(label).__name__
