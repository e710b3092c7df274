# SPDX-License-Identifier: BSD-3-Clause
"""Checks of rows, targets and weights: scikit-learn's own, with a cure where it gives none."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from math import isfinite
from typing import Any

import numpy as np
from scipy.sparse import issparse
from sklearn.model_selection import train_test_split
from sklearn.utils import check_random_state
from sklearn.utils.validation import validate_data

from ._arrays import (
    check_device,
    check_same_device,
    dtype_name,
    float_dtypes,
    on_host,
    take_columns,
    take_rows,
    to_device,
    to_numpy,
)
from ._entries import as_sentence, explained, refuse_masked, refuse_unreadable
from ._sklearn_compat import check_sample_weight
from .backends import SparseRows, namespace_of
from .numerics import ColumnMoments, InnerSums, without_extremes


def checked_rows(estimator, *arrays, **options):
    """``validate_data`` of scikit-learn, in C order or as :class:`SparseRows`, whose errors name a cure.

    Parameters
    ----------
    estimator : estimator
        Learns or checks the number and the names of the features.
    *arrays : array-like
        X, which may be a sparse matrix or array of SciPy, or X and y.
    **options
        For ``validate_data``.

    Returns
    -------
    X or (X, y) : arrays
    """
    refuse_unreadable(type(estimator).__name__, *arrays)
    try:
        checked = validate_data(estimator, *arrays, accept_sparse="csr", order="C", **options)
    except (ValueError, TypeError) as error:
        better = explained(error)
        if better is error:
            raise  # an error that is its own cause sends others who follow causes round in circles
        raise better from error
    if isinstance(checked, tuple):
        return sparse_rows(checked[0]), *checked[1:]
    return sparse_rows(checked)


def sparse_rows(X: Any) -> Any:
    """A sparse matrix of SciPy as :class:`SparseRows`; anything else as it is."""
    return SparseRows.of(X) if issparse(X) else X


def checked_weights(sample_weight, n_rows, dtype):
    """Sample weights as a NumPy array of a dtype, or None.

    Raises
    ------
    ValueError, TypeError
        Unless there is one finite number >= 0 per row, not all of them 0.
    """
    if sample_weight is None:
        return None
    refuse_masked(sample_weight, "sample_weight", "fit")
    allowed = f"one finite number >= 0 for each of the {n_rows} rows, not all of them 0"
    cure = "Pass None to weigh all rows alike."
    try:
        rows = np.broadcast_to(0.0, (n_rows, 1))
        s = check_sample_weight(sample_weight, rows, dtype=np.dtype(dtype), ensure_non_negative=True)
    except (ValueError, TypeError) as error:
        got = as_sentence(error)
        raise type(error)(f"The 'sample_weight' of fit must be {allowed}. Got: {got} {cure}") from error
    if not bool((s > 0).any()):
        got = "at least one was expected to be positive."
        raise ValueError(f"The 'sample_weight' of fit must be {allowed}. Got: {got} {cure}")
    with np.errstate(over="ignore"):
        total = s.sum()
    if not isfinite(total):
        raise ValueError(
            f"The 'sample_weight' of fit must have a sum within the range of {s.dtype}. Got weights as large "
            f"as {s.max():.3g}. Divide them by their mean: a common factor changes nothing."
        )
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
            f"every class if there are classes. Got {fraction!r} of {arrays[0].shape[0]} rows: "
            f"{as_sentence(error)} Pass X_val and y_val to fit, or use early_stopping=False."
        ) from error


def flat_rows(estimator: Any, X: Any, shape: tuple | None = None) -> tuple[Any, tuple | None]:
    """X with images as flat rows, and the shape of an image (None for a table).

    Parameters
    ----------
    estimator : estimator
        With ``layers``, X may be of shape (n, height, width, channels); otherwise it stays as it is.
    X : array-like
    shape : tuple or None, default=None
        Shape of the images that fit saw; others raise.
    """
    if estimator.layers is None or getattr(X, "ndim", 2) < 3:
        return X, None
    owner, image = type(estimator).__name__, tuple(X.shape[1:])
    expected = shape if shape is not None else estimator.input_shape
    if len(image) != 3 or (expected is not None and image != tuple(expected)):
        wanted = (
            "(n_samples, height, width, channels)"
            if expected is None
            else (f"images of shape {tuple(expected)}")
        )
        raise ValueError(
            f"The 'X' of {owner} must be a table or {wanted}. Got an array of shape {tuple(X.shape)}. "
            "Grey images get their channel by X[..., None]; see also input_shape."
        )
    return namespace_of(X).reshape(X, (X.shape[0], -1)), image


def column_ends(X: Any) -> tuple[Any, Any]:
    """Least and largest entries of the columns of an array or SparseRows with rows."""
    if isinstance(X, SparseRows):
        return X.ends()
    xp = namespace_of(X)
    return xp.min(X, axis=0), xp.max(X, axis=0)


def sampled(rows: tuple, targets: Any, most: int, columns: np.ndarray | None = None) -> tuple:
    """At most so many of some rows (X, y, s) at equal distances, encoded, with all weights, in NumPy.

    Parameters
    ----------
    rows : tuple
        Checked.
    targets : targets
    most : int
    columns : array of int or None, default=None
        Those of X that are wanted; None: all.

    Returns
    -------
    X, Y, s : arrays, the last one or None
    """
    X, y, s = rows
    places = np.unique(np.linspace(0, X.shape[0] - 1, min(most, X.shape[0])).astype(int))
    X, y, s = take_rows(X, places), y[places], None if s is None else s[places]
    dtype = dtype_name(X)
    X = to_numpy(X if columns is None else take_columns(X, columns))
    return X, targets.encode(y, dtype), targets.row_weights(y, s, dtype)


@dataclass(frozen=True, eq=False)
class Rows:
    """Checked rows: X where the fit takes place; targets and weights on the host, where labels are looked up.

    Attributes
    ----------
    X : array or SparseRows of shape (n, d_0)
    y : ndarray of shape (n,) or (n, n_outputs)
    s : ndarray of shape (n,) or None
        Positive sample weights; None: all one.
    image_shape : tuple or None
        Shape of a row of X as it came, for images.
    columns : ColumnMap or None
        What X has been through.
    """

    X: Any
    y: np.ndarray
    s: np.ndarray | None
    image_shape: tuple | None = None
    columns: Any = None

    @property
    def namespace(self) -> Any:
        """Array API namespace of X."""
        return namespace_of(self.X)

    @property
    def dtype(self) -> str:
        """Name of the dtype of X."""
        return dtype_name(self.X)

    is_local = True

    def moments(self, targets: Any, whole: Any = None) -> ColumnMoments:
        """Means and spreads of the columns of X, by all weights of the rows, those of classes too.

        A few entries that are far from all others are left out, but in columns that are to be ``whole``.
        """
        s = targets.row_weights(self.y, self.s, self.dtype)
        with np.errstate(all="ignore"):  # overflows are met by the check for finite moments
            moments = ColumnMoments.of(self.X, s).checked()
            return without_extremes(moments, partial(InnerSums.of, self.X, s), whole)

    def ends(self) -> tuple[Any, Any]:
        """Least and largest entries of the columns of X."""
        return column_ends(self.X)

    def mapped(self, columns: Any) -> "Rows":
        """The rows after a map of their columns; None: as they are."""
        return self if columns is None else replace(self, X=columns(self.X), columns=columns)

    def sample(self, targets: Any, most: int, columns: np.ndarray | None = None) -> tuple:
        """(X, Y, all weights or None) of at most so many rows, see :func:`sampled`."""
        return sampled((self.X, self.y, self.s), targets, most, columns)

    def encoded(self, targets: Any) -> tuple:
        """(X, Y, all weights or None) as the engine takes them."""
        xp, dtype = self.namespace, self.dtype
        Y, s = targets.encode(self.y, dtype), targets.row_weights(self.y, self.s, dtype)
        return self.X, xp.asarray(Y), None if s is None else xp.asarray(s)


def check_rows(
    estimator: Any, X: Any, y: Any, sample_weight: Any, options: dict, network: Any = None, shape: Any = None
) -> Rows:
    """Rows for a fit, without those of weight 0.

    Parameters
    ----------
    estimator : estimator
        Learns or checks the number and the names of the features.
    X, y, sample_weight
        As fit gets them.
    options : dict
        For ``validate_data``.
    network : Network or None, default=None
        Of the rows before, whose features, precision and device these must have.
    shape : tuple or None, default=None
        Shape of the images before.

    Returns
    -------
    rows : Rows
    """
    X, shape = flat_rows(estimator, X, shape)
    dtypes = [d for d in float_dtypes(X) if network is None or network.dtype in str(d)]
    X, y = checked_rows(estimator, X, on_host(y), dtype=dtypes, reset=network is None, **options)
    s = checked_weights(on_host(sample_weight), X.shape[0], dtype_name(X))
    X = bring_rows(X, estimator)
    if network is not None:
        check_device(X, network.array, type(estimator).__name__, "partial_fit", estimator.device)
    if s is not None and not bool((s > 0).all()):
        rows = np.flatnonzero(s > 0)
        X, y, s = take_rows(X, rows), y[rows], s[rows]
    return Rows(X, y, s, shape)


class NotPlainError(Exception):
    """Rows that scikit-learn's own checks have to see."""


def plain_rows(estimator: Any, X: Any) -> Callable[[np.ndarray], np.ndarray] | None:
    """What makes rows of X such as the network takes, where X is a table that raises no question, or None.

    What :func:`checked_rows` would do to such a table takes longer than the network itself does for one
    row, and a pass of its own through the memory for many. Whatever might be refused, warned of or converted
    by way of objects goes there, at the latest when the function meets it and raises NotPlainError.
    """
    weights = estimator.network_.array
    if type(X) is not np.ndarray or type(weights) is not np.ndarray or estimator.device == "cuda":
        return None
    known = X.ndim == 2 and X.shape[1] == estimator.n_features_in_ and X.shape[0] > 0
    if not known or X.dtype.kind not in "fiub" or "feature_names_in_" in vars(estimator):
        return None
    is_double = estimator.network_.double is not None and X.dtype != np.float32
    return partial(_finite_rows, dtype=np.float64 if is_double else estimator.network_.coefs[0].dtype)


def _finite_rows(X: np.ndarray, dtype: Any) -> np.ndarray:
    with np.errstate(all="ignore"):
        X = np.ascontiguousarray(X, dtype=dtype)
        if not isfinite(np.add.reduce(X, axis=None)):
            raise NotPlainError
    return X


def bring_rows(X: Any, estimator: Any) -> Any:
    """Checked rows where the estimator's ``device`` says; ValueError for sparse ones on a GPU."""
    if isinstance(X, SparseRows) and estimator.device == "cuda":
        raise ValueError(
            f"The 'X' of {type(estimator).__name__} must be dense for device='cuda'. Got a sparse one. Use "
            "device='cpu' or 'auto', which keep it sparse, or pass X.toarray()."
        )
    return to_device(X, estimator.device)


def check_input(estimator: Any, X: Any, method: str, shape: tuple | None) -> Any:
    """Rows for a prediction, where the network of the fitted estimator is; ``shape`` is that of images."""
    network, owner = estimator.network_, type(estimator).__name__
    X, _ = flat_rows(estimator, X, shape)
    dtypes = [d for d in float_dtypes(X) if str(d).split(".")[-1] in network.row_dtypes]
    if estimator.device == "auto":
        check_same_device(X, network.array, owner, method)
    X = bring_rows(checked_rows(estimator, X, dtype=dtypes, reset=False), estimator)
    if estimator.device != "auto":
        check_device(X, network.array, owner, method, estimator.device)
    return X


def split_rows(
    estimator: Any, rows: Rows, X_val: Any, y_val: Any, options: dict, stratify: bool
) -> tuple[Rows, Rows | None]:
    """Training rows, and validation rows for early stopping or None.

    Parameters
    ----------
    estimator : estimator
        Holds early_stopping, validation_fraction, random_state.
    rows : Rows
    X_val, y_val
        As fit gets them.
    options : dict
        For ``validate_data``.
    stratify : bool
        Whether a part of the rows is held out class by class.

    Raises
    ------
    ValueError
        For one of X_val and y_val, for both without early stopping, and for too few rows.
    """
    owner, given = type(estimator).__name__, [X_val is not None, y_val is not None]
    if any(given) and not (all(given) and estimator.early_stopping):
        present = [name for name, there in zip(("X_val", "y_val"), given, strict=True) if there]
        raise ValueError(
            "The 'X_val' and 'y_val' of fit must be given together, and with "
            f"early_stopping=True. Got {' and '.join(present)} and "
            f"early_stopping={estimator.early_stopping!r}. Pass both and set "
            "early_stopping=True, or pass neither."
        )
    if not estimator.early_stopping:
        return rows, None
    if all(given):
        X_val, _ = flat_rows(estimator, X_val, rows.image_shape)
        dtypes = [d for d in float_dtypes(X_val) if rows.dtype in str(d)]
        X_val, y_val = checked_rows(estimator, X_val, on_host(y_val), dtype=dtypes, reset=False, **options)
        if y_val.shape[1:] != rows.y.shape[1:]:
            raise ValueError(
                "The 'y_val' of fit must have the columns of y, a shape of "
                f"{('n', *rows.y.shape[1:])}. Got shape {y_val.shape}. Pass the same targets for both."
            )
        return rows, Rows(bring_rows(X_val, estimator), y_val, None)
    parts = held_out(
        estimator.validation_fraction,
        owner,
        [rows.X, rows.y] if rows.s is None else [rows.X, rows.y, rows.s],
        labels=rows.y if stratify and rows.y.ndim == 1 else None,
        random_state=check_random_state(estimator.random_state),
    )
    X, X_val, y, y_val = parts[:4]
    s, s_val = parts[4:] if rows.s is not None else (None, None)
    return Rows(X, y, s, rows.image_shape), Rows(X_val, y_val, s_val)
