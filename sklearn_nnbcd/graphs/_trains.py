# SPDX-License-Identifier: BSD-3-Clause
"""The order in which a tensor train is multiplied by a row."""

from __future__ import annotations

import math

import numpy as np

from ..compressions.tensors import Tensorization

#: (matrix, before, after): a product along the middle axis of a value of shape (before, d_in, after)
Step = tuple[np.ndarray, int, int]


def train_steps(cores: list[np.ndarray], tensorization: Tensorization) -> list[Step] | None:
    """Products that multiply a row by the matrix of a train, core by core, nothing but cores stored.

    Row modes leave and column modes enter from one end; of the two ends the one that takes fewer
    multiply-adds begins.

    Parameters
    ----------
    cores : list of arrays of shape (r_{k-1}, n_k, r_k)
    tensorization : Tensorization

    Returns
    -------
    steps : list of (matrix, before, after), or None
        None: a mode lies across the border between rows and columns, so that a row cannot be
        multiplied by the cores one at a time.

    Examples
    --------
    >>> cores = [np.ones((1, 4, 2)), np.ones((2, 3, 1))]  # rows of 4, columns of 3
    >>> [(matrix.shape, before, after) for matrix, before, after in
    ...  train_steps(cores, Tensorization((4, 3), (4, 3)))]
    [((4, 2), 1, 1), ((2, 3), 1, 1)]
    """
    pairs = mode_pairs(tensorization)
    if pairs is None:
        return None
    rows_first = not tensorization.transposed
    split = [_split_core(core, *pair, rows_first) for core, pair in zip(cores, pairs, strict=True)]
    orders = [_from_left(split, pairs), _from_right(split, pairs)]
    return min(orders, key=multiply_adds)


def multiply_adds(steps: list[Step]) -> int:
    """Multiply-adds of one row."""
    return sum(matrix.size * before * after for matrix, before, after in steps)


def mode_pairs(tensorization: Tensorization) -> list[tuple[int, int]] | None:
    """Row entries and column entries (m_k, n_k) of each mode; None where one lies across the border."""
    if tensorization.rows is not None and tensorization.columns is not None:
        return list(zip(tensorization.rows, tensorization.columns, strict=True))
    d_in, d_out = tensorization.shape
    first, modes = (d_out if tensorization.transposed else d_in), tensorization.modes
    pairs, rest = [], first
    for mode in modes:
        inner = min(rest, mode)  # what is left of the side that comes first
        if rest % inner or mode % inner:
            return None
        pairs.append((inner, mode // inner))
        rest //= inner
    if math.prod(inner for inner, _ in pairs) != first:
        return None
    return [pair[::-1] for pair in pairs] if tensorization.transposed else pairs


def _split_core(core: np.ndarray, m: int, n: int, rows_first: bool) -> np.ndarray:
    """A core as an array of shape (r, m, n, r')."""
    before, _, after = core.shape
    if rows_first:
        return core.reshape(before, m, n, after)
    return core.reshape(before, n, m, after).transpose(0, 2, 1, 3)


def _from_left(cores: list[np.ndarray], pairs: list[tuple[int, int]]) -> list[Step]:
    """The value has the shape (columns made, r * m_k, rows left)."""
    steps: list[Step] = []
    done, rest = 1, math.prod(m for m, _ in pairs)
    for core, (m, n) in zip(cores, pairs, strict=True):
        rest //= m
        steps.append((core.reshape(core.shape[0] * m, -1), done, rest))
        done *= n
    return steps


def _from_right(cores: list[np.ndarray], pairs: list[tuple[int, int]]) -> list[Step]:
    """The value has the shape (rows left, m_k * r, columns made)."""
    steps: list[Step] = []
    done, rest = 1, math.prod(m for m, _ in pairs)
    for core, (m, n) in zip(reversed(cores), reversed(pairs), strict=True):
        rest //= m
        steps.append((core.transpose(1, 3, 0, 2).reshape(m * core.shape[3], -1), rest, done))
        done *= n
    return steps
