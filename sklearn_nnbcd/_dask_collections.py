# SPDX-License-Identifier: BSD-3-Clause
"""Dask collections as a user passes them: what is known of them before any work, and its checks."""

from __future__ import annotations

import math
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
from sklearn.exceptions import DataConversionWarning

from ._input import checked_rows


def as_dask_array(x: Any, name: str, owner: str) -> Any:
    """A Dask array of a Dask collection, whose chunks may be of unknown sizes; anything else raises."""
    import dask.array as da

    if hasattr(x, "to_dask_array"):
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", message="Dask currently has limited support")
            x = x.to_dask_array()  # names of classes become Python's strings
    if not isinstance(x, da.Array):
        raise TypeError(
            f"The {name!r} of {owner} must be a Dask array, or a Dask DataFrame or Series. Got "
            f"{type(x).__name__}. Use dask.array.from_array({name}, chunks=...), or the plain estimator."
        )
    return x


def with_known_rows(x: Any) -> Any:
    """The array with chunks of known sizes: computed where they are not, in a copy."""
    return x.copy().compute_chunk_sizes() if any(math.isnan(rows) for rows in x.chunks[0]) else x


def as_columns(X: Any, owner: str) -> Any:
    """A Dask array with all columns in each chunk."""
    X = as_dask_array(X, "X", owner)
    if X.ndim != 2:
        raise ValueError(
            f"The 'X' of {owner} must have two dimensions. Got shape {X.shape}. Reshape it to "
            "(n_samples, n_features)."
        )
    return X if X.numblocks[1] == 1 else X.rechunk({1: -1})


def check_columns(estimator: Any, X: Any, *, reset: bool) -> None:
    """Learn or check the number, the names and the types of the columns; nothing is computed.

    Raises
    ------
    ValueError, TypeError
        For columns that differ from those of fit, also in their order, and for text or times.
    """
    owner, meta = type(estimator).__name__, getattr(X, "_meta", None)
    stand_in: Any = np.broadcast_to(0.0, (1, X.shape[1]))
    if meta is not None and hasattr(meta, "columns"):
        stand_in = meta
        wrong = [name for name, kind in meta.dtypes.items() if is_no_number(kind)]
        if wrong:
            raise ValueError(
                f"The 'X' of {owner} must be numeric. Got columns of text or of times: {wrong}. Encode "
                "categories, e.g. with dask_ml.preprocessing.OneHotEncoder or pandas.get_dummies."
            )
    checked_rows(estimator, stand_in, skip_check_array=True, reset=reset)


def is_no_number(kind: Any) -> bool:
    """Whether a column type of pandas is one of text or of times."""
    return str(kind).startswith(("str", "datetime", "timedelta", "period"))


def aligned(x: Any, name: str, X: Any, owner: str) -> Any:
    """A Dask array of a collection, in chunks of the rows of X's."""
    x = with_known_rows(as_dask_array(x, name, owner))
    if x.shape[0] != X.shape[0]:
        what = f"The {name!r} of {owner} must have one entry for each of the {X.shape[0]} rows of X"
        raise ValueError(f"{what}. Got {x.shape[0]}. Build both from the same collection.")
    x = x.rechunk({0: X.chunks[0], **{axis: -1 for axis in range(1, x.ndim)}})
    return x[:, 0] if name == "sample_weight" and x.ndim == 2 and x.shape[1] == 1 else x


def one_label(y: Any, owner: str) -> Any:
    """Labels of shape (n,), also of one column.

    Raises
    ------
    ValueError
        For several columns.
    """
    if y.ndim == 2 and y.shape[1] == 1:
        warnings.warn(
            "A column-vector y was passed when a 1d array was expected; it is taken as shape (n_samples,).",
            DataConversionWarning,
            stacklevel=4,
        )
        return y[:, 0]
    if y.ndim != 1:
        raise ValueError(
            f"The 'y' of {owner} must hold one label per row. Got {y.ndim} dimensions. Fit NNBCDClassifier "
            "for several labels."
        )
    return y


def rows_of_chunks(*arrays: Any) -> Iterator[tuple]:
    """Delayed chunks of arrays cut at the same rows, for each chunk that has rows; None stays None."""
    sizes = arrays[0].chunks[0]
    chunks = [None if a is None else a.to_delayed().reshape(len(sizes), -1)[:, 0] for a in arrays]
    for k, rows in enumerate(sizes):
        if rows:
            yield tuple(None if c is None else c[k] for c in chunks)


@contextmanager
def connected(client: Any, owner: str) -> Iterator[None]:
    """Whatever goes wrong because the connection is closed is one error.

    Raises
    ------
    RuntimeError
        If the client is no longer connected.
    """
    try:
        yield
    except Exception as error:
        if client is None or client.status == "running":
            raise
        raise RuntimeError(
            f"The 'client' of {owner} must stay connected until the work is done. It was closed, or lost its "
            "scheduler. The estimator is as it was before; make a new client = distributed.Client(...), set "
            "it, and call this again."
        ) from error
