# SPDX-License-Identifier: BSD-3-Clause
"""Columns cut into bins, with a ramp for each bin: a piecewise-linear encoding."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from array_api_compat import device

from .._arrays import to_numpy
from ..backends import get_backend, namespace_of
from ..compressions import stored_bytes

#: largest integers that edges are stored as, in a byte and in two, and the largest exponent of their unit
LARGEST = (2**7 - 1, 2**15 - 1)
LARGEST_POWER = 100


@dataclass(frozen=True, eq=False)
class Ramps:
    """x -> (x, r_1 ... r_m): behind all columns, a ramp from 0 to 1 for each bin of a column.

    r = min(max((x - low) / (high - low), 0), 1) for a bin from low to high. A weighted sum of a column and of
    its ramps is any continuous function that is straight within each bin, so a network has for every column
    a curve of its own to begin with. Thresholds, peaks and values with a meaning of their own, which trees
    find and smooth networks miss, are within its reach. The encoding is that of Gorishniy, Rubachev and
    Babenko, "On embeddings for numerical features in tabular deep learning" (2022), beside the column itself.

    Attributes
    ----------
    bins : array of unsigned int of shape (d_0,)
        Bins of each column; 0: the column has no ramps.
    edges : array of shape (m + number of columns with bins,)
        Ends of the bins, column by column, rising within a column.
    powers : array of int8 of shape (number of columns with bins,) or None, default=None
        The ends are ``edges`` times 2^powers, with integers as edges; None: they are the edges.

    Examples
    --------
    >>> import numpy as np
    >>> ramps = Ramps(np.asarray([0, 2], dtype=np.uint8), np.asarray([0.0, 1.0, 3.0]))
    >>> ramps(np.asarray([[5.0, -1.0], [5.0, 2.0]])).tolist()
    [[5.0, -1.0, 0.0, 0.0], [5.0, 2.0, 1.0, 0.5]]
    """

    bins: Any
    edges: Any
    powers: Any = None

    @classmethod
    def from_edges(cls, edges: list, like: Any, powers: list | None = None) -> Ramps | None:
        """The ramps of some ends of bins; None if there are none.

        Parameters
        ----------
        edges : list of list of float
            One for each column, rising; empty: the column has none.
        like : array
            Its library, device and dtype are those of the edges.
        powers : list of int or None, default=None
            One for each column; the edges are multiples of 2^power, and are stored as integers.
        """
        xp = namespace_of(like)
        bins = [max(len(each) - 1, 0) for each in edges]
        if not any(bins):
            return None
        where = {"device": device(like)}
        kind = get_backend(xp).index_type(max(bins) + 1, xp=xp)
        counts = xp.asarray(bins, dtype=kind, **where)
        if powers is None:
            flat = [x for each in edges if len(each) > 1 for x in each]
            return cls(counts, xp.asarray(flat, dtype=like.dtype, **where))
        kept = [(each, power) for each, power in zip(edges, powers, strict=True) if len(each) > 1]
        whole = [round(x / 2.0**power) for each, power in kept for x in each]
        small = xp.int8 if max(map(abs, whole)) <= LARGEST[0] else xp.int16
        stored = xp.asarray([power for _, power in kept], dtype=xp.int8, **where)
        return cls(counts, xp.asarray(whole, dtype=small, **where), stored)

    @property
    def arrays(self) -> tuple:
        """All of them."""
        return (self.bins, self.edges) if self.powers is None else (self.bins, self.edges, self.powers)

    @property
    def n_ramps(self) -> int:
        """How many there are, m."""
        return int(self.edges.shape[0]) - int((self.bins > 0).sum())

    @property
    def nbytes(self) -> int:
        """Bytes of the arrays."""
        return sum(stored_bytes(x) for x in self.arrays)

    def on_host(self) -> Ramps:
        """The same with arrays of NumPy."""
        return Ramps(*(to_numpy(x) for x in self.arrays))

    def check(self, n_columns: int, dtype: Any) -> None:
        """Raise ValueError unless these are bins of some of so many columns, with edges of a dtype."""
        xp = namespace_of(self.edges)
        sound = (
            tuple(self.bins.shape) == (n_columns,)
            and xp.isdtype(self.bins.dtype, "unsigned integer")
            and self.edges.ndim == 1
            and self._are_edges_of(dtype, xp)
            and 0 < int(xp.sum(xp.astype(self.bins, xp.int64))) == self.n_ramps
            and (self.powers is not None or bool(xp.all(xp.isfinite(self.edges))))
        )
        if not (sound and bool(xp.all(self.parts[2] > self.parts[1]))):
            raise ValueError("the bins of the columns do not fit the network")

    def _are_edges_of(self, dtype: Any, xp: Any) -> bool:
        """Whether edges are of a dtype, or integers with powers."""
        if self.powers is None:
            return self.edges.dtype == dtype
        return (
            self.edges.dtype in (xp.int8, xp.int16)
            and self.powers.dtype == xp.int8
            and tuple(self.powers.shape) == (int(xp.sum(xp.astype(self.bins > 0, xp.int64))),)
            and int(xp.max(xp.abs(xp.astype(self.powers, xp.int64)))) <= LARGEST_POWER
        )

    @cached_property
    def parts(self) -> tuple[Any, Any, Any]:
        """Column, low and high end of each ramp: arrays of shape (m,)."""
        xp, bins = namespace_of(self.edges), to_numpy(self.bins).astype(np.int64)
        columns = np.repeat(np.arange(len(bins)), bins)
        # each column before that has bins has one edge more than these
        order = np.cumsum(bins > 0)[columns] - 1
        low = np.arange(len(columns)) + order
        columns, order, low = (xp.asarray(x, device=device(self.edges)) for x in (columns, order, low))
        ends = xp.take(self.edges, low), xp.take(self.edges, low + 1)
        if self.powers is None:
            return columns, *ends
        unit = xp.take(2.0 ** xp.astype(self.powers, xp.float32), order)
        return columns, *(xp.astype(end, xp.float32) * unit for end in ends)

    def _steps(self, dtype: Any) -> tuple[Any, Any, Any]:
        """Column, low end and slope of each ramp, for rows of a dtype."""
        if dtype not in self._known:
            columns, low, high = self.parts
            xp, slope = namespace_of(low), 1.0 / (high - low)
            self._known[dtype] = columns, *(xp.astype(x, dtype, copy=False) for x in (low, slope))
        return self._known[dtype]

    @cached_property
    def _known(self) -> dict:
        """What follows from the arrays, for a dtype of the rows."""
        return {}

    def __call__(self, X: Any, once: bool = False) -> Any:
        """Rows of shape (n, d_0 + m); ``once``: one product reads them, in whatever order they lie."""
        xp = namespace_of(X)
        return get_backend(xp).with_ramps(X, *self._steps(X.dtype), once, xp=xp)

    def __getstate__(self) -> dict:
        return {"bins": self.bins, "edges": self.edges, "powers": self.powers}
