# SPDX-License-Identifier: BSD-3-Clause
"""Tensor trains."""

import math
from dataclasses import dataclass

from ..backends import get_backend
from ..utils._tensor_train import contract_cores, split_point, sweep_cores, tt_to_tensor
from ..utils._tensorize import (
    factor_modes,
    feasible_tt_ranks,
    largest_rank,
    pair_modes,
    tt_size,
)
from ..utils._validation import check_option, check_rank_number
from ._base import BaseCompression, CompressedWeight, CompressionPlan


@dataclass(frozen=True)
class Tensorization:
    """How a matrix becomes a tensor.

    ``rows`` is None: a plain reshape to ``modes``. Otherwise the paired format of eq. (2): rows split
    into m_1 ... m_d, columns into n_1 ... n_d, and mode k runs over the pairs (m_k, n_k).
    """

    shape: tuple
    modes: tuple
    rows: tuple | None = None
    columns: tuple | None = None

    def to_tensor(self, W, *, xp):
        """The tensor of a matrix."""
        if self.rows is None:
            return xp.reshape(W, self.modes)
        d = len(self.rows)
        order = tuple(axis for k in range(d) for axis in (k, d + k))
        split = xp.reshape(W, self.rows + self.columns)
        return xp.reshape(xp.permute_dims(split, order), self.modes)

    def to_matrix(self, tensor, *, xp):
        """The matrix of a tensor."""
        if self.rows is None:
            return xp.reshape(tensor, self.shape)
        d = len(self.rows)
        pairs = tuple(n for pair in zip(self.rows, self.columns, strict=True) for n in pair)
        order = tuple(range(0, 2 * d, 2)) + tuple(range(1, 2 * d, 2))
        return xp.reshape(xp.permute_dims(xp.reshape(tensor, pairs), order), self.shape)


@dataclass(frozen=True, eq=False)
class TensorTrainWeight(CompressedWeight):
    """TT-cores G_k of shape (r_{k-1}, n_k, r_k), eq. (1)."""

    cores: tuple
    tensorization: Tensorization

    @property
    def shape(self):
        """(d_in, d_out)."""
        return self.tensorization.shape

    @property
    def n_parameters(self):
        """Entries of all cores."""
        return sum(math.prod(core.shape) for core in self.cores)

    @property
    def arrays(self):
        """The cores."""
        return self.cores

    @property
    def _split(self):
        if self.tensorization.rows is not None:
            return None
        return split_point(self.tensorization.modes, self.shape[0])

    @property
    def cost(self):
        """r (d_in + d_out) where a flat train splits between rows and columns, d_in d_out elsewhere."""
        split = self._split
        if split is None:
            return float(self.shape[0] * self.shape[1])
        return float(self.cores[split].shape[0] * sum(self.shape))

    def to_dense(self, *, xp):
        """Contract the train."""
        return self.tensorization.to_matrix(tt_to_tensor(self.cores, xp=xp), xp=xp)

    def operator(self, *, xp):
        """V -> V @ W; a flat train that splits between rows and columns is two thin matrices."""
        split = self._split
        if split is None:
            return super().operator(xp=xp)
        left = contract_cores(self.cores[:split], xp=xp)
        right = xp.reshape(contract_cores(self.cores[split:], xp=xp), (left.shape[1], -1))
        return lambda V: (V @ left) @ right

    def scaled(self, factor):
        """Scale the last core."""
        return TensorTrainWeight((*self.cores[:-1], self.cores[-1] * factor), self.tensorization)


@dataclass(frozen=True)
class TensorTrainPlan(CompressionPlan):
    """Modes and ranks for one shape."""

    tensorization: Tensorization
    ranks: tuple
    exact = False

    @property
    def shape(self):
        """(d_in, d_out)."""
        return self.tensorization.shape

    @property
    def n_parameters(self):
        """Entries of all cores."""
        return tt_size(self.tensorization.modes, self.ranks)

    def project(self, W, *, xp):
        """TT-SVD (TensorLy), under a local TensorLy backend."""
        import tensorly
        from tensorly.decomposition import tensor_train

        tensor = self.tensorization.to_tensor(W, xp=xp)
        if len(self.ranks) == 2:
            return TensorTrainWeight((xp.reshape(tensor, (1, -1, 1)),), self.tensorization)
        backend = get_backend(xp)
        name = backend.tensorly_name
        if name is None:
            tensor = backend.to_numpy(tensor, xp=xp)
        with tensorly.backend_context(name or "numpy", local_threadsafe=True):
            cores = tensor_train(tensor, rank=list(self.ranks)).factors
        if name is None:
            cores = [xp.asarray(core) for core in cores]
        return TensorTrainWeight(tuple(cores), self.tensorization)

    def step(self, target, previous, weight, *, xp):
        """One pass of core-wise least squares from the old cores, eq. (26); it never goes up."""
        tensor = self.tensorization.to_tensor(target, xp=xp)
        cores = sweep_cores(tensor, previous.cores, xp=xp)
        return TensorTrainWeight(tuple(cores), self.tensorization)


class TensorTrain(BaseCompression):
    """Weights in tensor-train format, eq. (1) and (2).

    Parameters
    ----------
    rank : int, tuple of int or float, default=0.25
        An int bounds every TT-rank; a tuple gives r_1 ... r_{d-1} one by one; ranks above what an
        unfolding can have are lowered to it. A float in (0, 1] is the share of the dense parameters
        that the cores may take; one bound for all ranks, the largest that fits, at least 1.
    tensorization : {"flat", "paired"}, default="flat"
        "flat" reshapes the matrix as it lies (row modes, then column modes); "paired" is the paper's
        eq. (2), where mode k pairs a row mode with a column mode.
    tensor_shape : tuple of int, tuple of two tuples of int, or None, default=None
        Modes. "flat": integers whose product is d_in * d_out. "paired": two equally long tuples with
        products d_in and d_out. None factors d_in and d_out into modes of about 4 (a prime stays
        whole).

    Examples
    --------
    >>> plan = TensorTrain(rank=8).plan((64, 256))
    >>> plan.tensorization.modes
    (4, 4, 4, 4, 4, 4, 4)
    >>> plan.ranks
    (1, 4, 8, 8, 8, 8, 4, 1)
    >>> plan.n_parameters
    1056
    """

    def __init__(self, rank=0.25, tensorization="flat", tensor_shape=None):
        self.rank = rank
        self.tensorization = tensorization
        self.tensor_shape = tensor_shape

    def highest_rank(self, shape):
        """The largest rank that any unfolding of the tensor can have."""
        return max(feasible_tt_ranks(self._tensorize(tuple(shape)).modes))

    def plan(self, shape):
        """Resolve modes and ranks for weights of shape (d_in, d_out)."""
        check_option(self.tensorization, ("flat", "paired"), "tensorization", "TensorTrain")
        tensorization = self._tensorize(tuple(shape))
        return TensorTrainPlan(tensorization, self._ranks(tensorization))

    def _tensorize(self, shape):
        if self.tensorization == "flat":
            modes = self.tensor_shape
            if modes is None:
                modes = factor_modes(shape[0]) + factor_modes(shape[1]) or (1,)
            modes = _integers(modes)
            if modes is None or math.prod(modes) != shape[0] * shape[1]:
                raise ValueError(
                    "The 'tensor_shape' of TensorTrain must be integers >= 1 with product "
                    f"{shape[0]} * {shape[1]} = {shape[0] * shape[1]} for a weight of shape {shape} "
                    f"and tensorization='flat'. Got {self.tensor_shape!r}. Try "
                    f"{factor_modes(shape[0]) + factor_modes(shape[1])!r}, or None."
                )
            return Tensorization(shape, modes)
        automatic = pair_modes(factor_modes(shape[0]), factor_modes(shape[1]))
        given = automatic if self.tensor_shape is None else self.tensor_shape
        pair = [_integers(part) for part in given] if isinstance(given, tuple | list) else []
        if (
            len(pair) != 2
            or None in pair
            or len(pair[0]) != len(pair[1])
            or (math.prod(pair[0]), math.prod(pair[1])) != shape
        ):
            raise ValueError(
                "The 'tensor_shape' of TensorTrain must be two equally long tuples of integers with "
                f"products {shape[0]} and {shape[1]} for a weight of shape {shape} and "
                f"tensorization='paired'. Got {self.tensor_shape!r}. Try {automatic!r}, or None."
            )
        modes = tuple(m * n for m, n in zip(*pair, strict=True))
        return Tensorization(shape, modes, *pair)

    def _ranks(self, tensorization):
        modes = tensorization.modes
        feasible = feasible_tt_ranks(modes)
        if isinstance(self.rank, tuple | list):
            given = _integers(self.rank)
            if given is None or len(given) != len(modes) - 1:
                raise ValueError(
                    f"The 'rank' of TensorTrain must have one integer >= 1 for each of the "
                    f"{len(modes) - 1} inner ranks of the modes {modes} (weight of shape "
                    f"{tensorization.shape}). Got {self.rank!r}. Try a single int or a float share."
                )
            wanted = (1, *given, 1)
            return tuple(min(a, b) for a, b in zip(wanted, feasible, strict=True))
        rank = check_rank_number(self.rank, max(feasible), "TensorTrain", tensorization.shape)

        def capped(r):
            return tuple(min(r, most) for most in feasible)

        if isinstance(rank, float):
            budget = rank * math.prod(modes)
            rank = largest_rank(lambda r: tt_size(modes, capped(r)), max(feasible), budget)
        return capped(rank)


def _integers(values):
    """The values as a tuple of integers >= 1, or None."""
    try:
        numbers = tuple(int(v) for v in values)
    except (TypeError, ValueError):
        return None
    same = all(n == v for n, v in zip(numbers, values, strict=True))
    return numbers if numbers and same and min(numbers) >= 1 else None
