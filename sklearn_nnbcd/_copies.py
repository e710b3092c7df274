# SPDX-License-Identifier: BSD-3-Clause
"""Few rows whose weights say how many copies each stands for, as these copies."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from ._arrays import take_rows, to_numpy
from .backends import SparseRows
from .placements import are_copies

if TYPE_CHECKING:
    from ._input import Rows

#: rows, copies counted, up to which weights become copies: a fit of so few takes a second or so
MOST_ROWS = 1000


def with_copies(rows: Rows) -> Rows:
    """The rows of a small table, each as often as its weight says, in an order that hangs on nothing else.

    That a weight of k equals k copies holds in formula (7), up to rounding. A fit makes more of it: batches
    are cut by rows, and what is kept of a weight or how it is rounded is a choice, which the last digit of a
    sum may turn. So where there are few rows both are made the same table, to the bit: weights that are
    whole multiples of the least one become copies, each with the least weight, and where some rows are
    equal, all are put in the order of their digests. Of more rows, of other weights and of rows that are
    all different nothing changes.

    Parameters
    ----------
    rows : Rows
        With positive weights.

    Returns
    -------
    rows : Rows

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn_nnbcd._input import Rows
    >>> X, y = np.asarray([[1.0], [2.0], [3.0]]), np.asarray([0, 1, 0])
    >>> weighted = with_copies(Rows(X, y, np.asarray([1.0, 3.0, 1.0])))
    >>> again = with_copies(Rows(X[[1, 0, 1, 2, 1]], y[[1, 0, 1, 2, 1]], None))
    >>> weighted.X.shape, bool((weighted.X == again.X).all()), weighted.s is again.s is None
    ((5, 1), True, True)
    """
    n, s, least = rows.X.shape[0], rows.s, 1.0
    if n > MOST_ROWS:
        return rows
    counts = np.ones(n, dtype=np.int64)
    if s is not None:
        least = float(s.min())
        if not are_copies(s, least, xp=np):
            return rows
        counts = np.rint(s / s.min()).astype(np.int64)
    keys = digests(rows.X, rows.y)
    if counts.sum() > MOST_ROWS or len(set(keys)) == counts.sum():
        return rows
    order = np.asarray(sorted(range(n), key=keys.__getitem__))
    chosen = order.repeat(counts[order])
    s = None if s is None or least == 1.0 else np.full(len(chosen), least, dtype=s.dtype)
    return replace(rows, X=take_rows(rows.X, chosen), y=rows.y[chosen], s=s)


def digests(X: Any, y: np.ndarray) -> list[bytes]:
    """What tells a row and its target from all others, and does not change with its place.

    Parameters
    ----------
    X : array or SparseRows of shape (n, d)
    y : ndarray of shape (n,) or (n, n_outputs)
    """
    if y.dtype.kind not in "biuf":  # text, or objects: their bytes are addresses
        y = np.unique(y, return_inverse=True)[1].reshape(y.shape)
    found = []
    for (columns, entries), target in zip(stored_entries(X), y, strict=True):
        digest = hashlib.blake2b(target.tobytes(), digest_size=16)
        digest.update(columns.astype(np.int64).tobytes())
        digest.update(entries.tobytes())
        found.append(digest.digest())
    return found


def stored_entries(X: Any) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Columns and values of each row's entries that are not 0, alike for dense and sparse rows."""
    if not isinstance(X, SparseRows):
        for row in to_numpy(X):
            columns = np.flatnonzero(row)
            yield columns, row[columns]
        return
    S = X.entries
    for start, end in zip(S.indptr[:-1], S.indptr[1:], strict=True):
        columns, entries = S.indices[start:end], S.data[start:end]
        yield columns[entries != 0], entries[entries != 0]
