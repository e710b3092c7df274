# SPDX-License-Identifier: BSD-3-Clause
"""Rows that stay on the workers of a cluster, in the place of rows in memory."""

import functools
import math
from dataclasses import dataclass, replace
from typing import Any

import array_api_compat
import numpy as np

from ._dask_parts import (
    encode_part,
    inner_sums,
    input_moments,
    map_part,
    part_ends,
    sample_part,
    total_moments,
)
from .numerics import ColumnMoments, without_extremes
from .placements import DaskBlocks, answered
from .solvers import block_size, cut_rows
from .targets import BaseTargets


@dataclass(frozen=True, eq=False)
class PartRows:
    """Rows on the workers, as futures of parts (X, y, s); takes the place of ``Rows`` in a fit.

    Attributes
    ----------
    client : distributed.Client
    futures : list
    X : ndarray of shape (n, d_0)
        Without memory of its own: it says shape and dtype.
    columns : ColumnMap or None, default=None
        What X has been through.
    """

    client: Any
    futures: list
    X: np.ndarray
    columns: Any = None

    y = s = image_shape = None
    namespace = array_api_compat.array_namespace(np.zeros(0))

    @property
    def dtype(self) -> str:
        """Name of the dtype of X."""
        return str(self.X.dtype)

    def map(self, function: Any, *args: Any) -> "PartRows":
        """The rows with ``function(part, *args)`` for each part, where the parts are."""
        jobs = [self.client.submit(function, part, *args, pure=False) for part in self.futures]
        return PartRows(self.client, jobs, self.X, self.columns)

    def collect(self, function: Any, *args: Any) -> list:
        """The small results of ``function(part, *args)``."""
        return answered(self.client, self.client.gather, self.map(function, *args).futures)

    is_local = False

    def moments(self, targets: BaseTargets, whole: Any = None) -> ColumnMoments:
        """Means and spreads of the columns of X, by all weights of the rows, see ``Rows``."""
        moments = total_moments(self.collect(input_moments, targets)).checked()
        return without_extremes(
            moments, lambda *near: total_moments(self.collect(inner_sums, targets, *near)), whole
        )

    def ends(self) -> tuple[Any, Any]:
        """Least and largest entries of the columns of X."""
        lows, highs = zip(*[part for part in self.collect(part_ends) if part is not None], strict=True)
        return np.min(lows, axis=0), np.max(highs, axis=0)

    def mapped(self, columns: Any) -> "PartRows":
        """The rows after a map of their columns, where the parts are; None: as they are."""
        if columns is None:
            return self
        X = np.broadcast_to(np.zeros((), self.X.dtype), (self.X.shape[0], self.X.shape[1] + columns.n_new))
        return replace(self.map(map_part, columns), X=X, columns=columns)

    def sample(self, targets: BaseTargets, most: int, columns: np.ndarray | None = None) -> tuple:
        """(X, Y, all weights or None) of at most so many rows, as many of each part as its share."""
        parts = self.collect(sample_part, targets, most / self.X.shape[0], columns)
        X, Y, weights = zip(*parts, strict=True)
        s = None if weights[0] is None else np.concatenate(weights)
        return np.concatenate(X), np.concatenate(Y), s

    def encoded(self, targets: BaseTargets) -> tuple:
        """(X, rows on the workers, None); the placement knows what to do with them."""
        return self.X, self.map(encode_part, targets), None


def place_parts(problem: Any, weights: Any, rows: tuple, context: Any, extrapolation: bool) -> DaskBlocks:
    """The rows of :class:`PartRows` where they are, for the full solver."""
    X, parts, _ = rows
    each = math.ceil(X.shape[0] / max(1, len(answered(parts.client, parts.client.nthreads))))
    size, on_disk = block_size(problem, weights, each, context, extrapolation)
    return DaskBlocks(parts.futures, parts.client, functools.partial(cut_rows, size=size), on_disk)
