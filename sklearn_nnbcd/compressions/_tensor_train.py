# SPDX-License-Identifier: BSD-3-Clause
"""Tensor trains."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from .._validation import check_rank_number
from ..backends import get_backend
from ..numerics._metric import Metric
from ._base import CompressedWeight, CompressionPlan
from ._local import Local
from ._low_rank import LowRankPlan
from ._tensorized import TensorizedCompression, positive_integers
from .tensors._core_problem import core_problem
from .tensors._proximal_train import proximal_cores
from .tensors._tensor_train import contract_cores, sweep_cores, tt_to_tensor
from .tensors._tensorize import Tensorization, feasible_tt_ranks, largest_rank, tt_size
from .tensors._train_fit import fit_split_train, fit_train

#: conjugate gradient iterations per core: of one warm step in a metric, and of a cold projection
_STEP_ITERATIONS, _PROJECT_ITERATIONS = 5, 15
#: passes of a cold projection in a metric
_PROJECT_PASSES = 4


@dataclass(frozen=True, eq=False)
class TensorTrainWeight(CompressedWeight):
    """TT-cores G_k of shape (r_{k-1}, n_k, r_k), as in (1)."""

    cores: tuple
    tensorization: Tensorization
    bonds = ((0, 1),)

    @property
    def shape(self) -> tuple:
        """(d_in, d_out)."""
        return self.tensorization.shape

    @property
    def n_parameters(self) -> int:
        """Entries of all cores."""
        return sum(math.prod(core.shape) for core in self.cores)

    @property
    def arrays(self) -> tuple:
        """The cores."""
        return self.cores

    def with_numbers(self, numbers: Sequence) -> Any:
        """Other cores."""
        return TensorTrainWeight(tuple(numbers), self.tensorization)

    def local(self, k: int, W: Any, metric: "Metric | None", *, xp: Any) -> Local:
        """Least squares for one core.

        Entries of the first core share a scale where they meet the same slice of the second; those of other
        cores, which are taken transposed, where the same slice of the one before meets them.
        """
        best, left, right = core_problem(self.cores, k, self.tensorization, W, metric, xp=xp)
        before, mode, after = best.shape
        if k == 0:
            return Local(xp.reshape(best, (mode, after)), Metric(left, right), self._first)
        matrix = xp.reshape(best, (before, mode * after)).T
        return Local(matrix, Metric(right, left), lambda M: xp.reshape(M.T, (before, mode, after)))

    def _first(self, matrix: Any) -> Any:
        return matrix[None, :, :]

    def spread(self, k: int, scale: Any, *, xp: Any) -> Any:
        """The last index of the first core, the first one of others."""
        return scale[None, None, :] if k == 0 else scale[:, None, None]

    @property
    def cost(self) -> float:
        """Multiply-adds per row: of two thin matrices, core by core if paired, or d_in d_out."""
        if self.tensorization.rows is not None:
            pairs = zip(self.tensorization.rows, self.tensorization.columns, strict=True)  # type: ignore[arg-type]
            total, size = 0, self.shape[0]  # size: entries of a row that is partly contracted
            for core, (m, n) in zip(self.cores, pairs, strict=True):
                size = size // (m * core.shape[0]) * n * core.shape[2]
                total += size * m * core.shape[0]
            return float(total)
        split = self.tensorization.split
        if split is None:
            return float(self.shape[0] * self.shape[1])
        return float(self.cores[split].shape[0] * sum(self.shape))

    def to_dense(self, *, xp: Any) -> Any:
        """Contract the train."""
        return self.tensorization.to_matrix(tt_to_tensor(self.cores, xp=xp), xp=xp)

    def check_arrays(self, *, xp: Any) -> None:
        """Cores must follow one another and have the modes of the tensor, and these the weight's shape."""
        form, shapes = self.tensorization, [core.shape for core in self.cores]
        sound = (
            all(len(shape) == 3 for shape in shapes)
            and tuple(shape[1] for shape in shapes) == form.modes
            and all(before[2] == after[0] for before, after in zip(shapes, shapes[1:], strict=False))
            and shapes[0][0] == shapes[-1][2] == 1
            and math.prod(form.modes) == math.prod(form.shape)
            and (form.rows is None) == (form.columns is None)
        )
        if sound and form.rows is not None and form.columns is not None:
            pairs = zip(form.rows, form.columns, strict=True)
            sound = tuple(m * n for m, n in pairs) == form.modes
            sound = sound and (math.prod(form.rows), math.prod(form.columns)) == form.shape
        if not sound:
            raise ValueError(f"the cores of a tensor train of shape {form.shape} do not fit together")

    def operator(self, *, xp: Any) -> Callable[[Any], Any]:
        """V -> V @ W: through two thin matrices, or core by core for a paired train."""
        if self.tensorization.rows is not None:
            return lambda V: self._contract(V, xp=xp)
        split = self.tensorization.split
        if split is None:
            return super().operator(xp=xp)
        left = contract_cores(self.cores[:split], xp=xp)
        right = xp.reshape(contract_cores(self.cores[split:], xp=xp), (left.shape[1], -1))
        return lambda V: (V @ left) @ right

    def _contract(self, V: Any, *, xp: Any) -> Any:
        """V @ W of a paired train; row modes leave and column modes enter from the left."""
        T, rest = V, self.shape[0]
        pairs = zip(self.tensorization.rows, self.tensorization.columns, strict=True)  # type: ignore[arg-type]
        for core, (m, n) in zip(self.cores, pairs, strict=True):
            before, _, after = core.shape
            matrix = xp.permute_dims(xp.reshape(core, (before, m, n, after)), (2, 3, 0, 1))
            rest = rest // m
            T = xp.reshape(T, (-1, before * m, rest))
            T = xp.matmul(xp.reshape(matrix, (n * after, before * m)), T)
            T = xp.reshape(T, (T.shape[0] * n, after, rest))
        return xp.reshape(T, (V.shape[0], -1))

    def scaled(self, factor: float) -> "TensorTrainWeight":
        """Scale the last core."""
        return TensorTrainWeight((*self.cores[:-1], self.cores[-1] * factor), self.tensorization)


@dataclass(frozen=True)
class TensorTrainPlan(CompressionPlan):
    """Modes and ranks for one shape."""

    tensorization: Tensorization
    ranks: tuple
    exact = False
    takes_bits = True
    has_factor_step = True
    step_every = 5

    @property
    def shape(self) -> tuple:
        """(d_in, d_out)."""
        return self.tensorization.shape

    @property
    def n_parameters(self) -> int:
        """Entries of all cores."""
        return tt_size(self.tensorization.modes, self.ranks)

    def project(self, W: Any, *, metric: Metric | None = None, xp: Any) -> TensorTrainWeight:
        """TT-SVD; in a metric, passes of :meth:`step` from the TT-SVD of the nearest low rank.

        TT-SVD itself knows no metric but the Frobenius norm, and what it cuts off may be what
        matters.
        """
        if metric is None:
            return TensorTrainWeight(self._tt_svd(W, xp=xp), self.tensorization)
        split, start = self.tensorization.split, W
        if split is not None:
            low_rank = LowRankPlan(self.shape, self.ranks[split])
            start = low_rank.project(W, metric=metric, xp=xp).to_dense(xp=xp)
        cores: Sequence = self._tt_svd(start, xp=xp)
        for _ in range(_PROJECT_PASSES):
            cores = self._fit(W, cores, metric, _PROJECT_ITERATIONS, xp=xp)
        return TensorTrainWeight(tuple(cores), self.tensorization)

    def step(
        self,
        target: Any,
        previous: TensorTrainWeight,
        weight: float,
        *,
        metric: Metric | None = None,
        xp: Any,
    ) -> TensorTrainWeight:
        """One pass of core-wise least squares from the old cores, (26); it never goes up."""
        cores = self._fit(target, previous.cores, metric, _STEP_ITERATIONS, xp=xp)
        return TensorTrainWeight(tuple(cores), self.tensorization)

    def factor_step(
        self, W: Any, previous: TensorTrainWeight, tau: float, alpha: float, *, xp: Any
    ) -> TensorTrainWeight:
        """Eq. (26) with its proximal term, core by core from the old cores."""
        tensor = self.tensorization.to_tensor(W, xp=xp)
        cores = proximal_cores(tensor, previous.cores, tau, alpha, xp=xp)
        return TensorTrainWeight(tuple(cores), self.tensorization)

    def _fit(self, target: Any, cores: Sequence, metric: Metric | None, n_iter: int, *, xp: Any) -> list:
        to_tensor, to_matrix = self.tensorization.to_tensor, self.tensorization.to_matrix
        if metric is None:
            return sweep_cores(to_tensor(target, xp=xp), cores, xp=xp)
        if self.tensorization.split is not None:
            return fit_split_train(cores, self.tensorization.split, target, metric, n_iter, xp=xp)

        def multiply(D: Any) -> Any:
            return to_tensor(metric.multiply(to_matrix(D, xp=xp)), xp=xp)

        # a full product is dear: fewer iterations, more often
        return fit_train(cores, to_tensor(target, xp=xp), multiply, 1 + n_iter // 4, xp=xp)

    def _tt_svd(self, W: Any, *, xp: Any) -> tuple:
        """Cores by TensorLy, under a local TensorLy backend."""
        import tensorly
        from tensorly.decomposition import tensor_train

        tensor = self.tensorization.to_tensor(W, xp=xp)
        if len(self.ranks) == 2:
            return (xp.reshape(tensor, (1, -1, 1)),)
        backend = get_backend(xp)
        name = backend.tensorly_name
        if name is None:
            tensor = backend.to_numpy(tensor, xp=xp)
        with tensorly.backend_context(name or "numpy", local_threadsafe=True):
            cores = tensor_train(tensor, rank=list(self.ranks)).factors
        if name is None:
            cores = [xp.asarray(core) for core in cores]
        return tuple(cores)


class TensorTrain(TensorizedCompression):
    """Weights in tensor-train format, (1) and (2) of the paper.

    Parameters
    ----------
    rank : int, tuple of int or float, default=0.25
        An int bounds every TT-rank; a tuple gives r_1 ... r_{d-1} one by one; ranks above what an
        unfolding can have are lowered to it. A float in (0, 1] is the share of the dense parameters
        that the cores may take; one bound for all ranks, the largest that fits, at least 1.
    tensorization : {"flat", "flat_transposed", "paired"}, default="flat"
        "flat" reshapes the matrix as it lies (row modes, then column modes); "flat_transposed" its
        transpose, outputs first, as the paper's notebooks do; "paired" is the paper's eq. (2),
        where mode k pairs a row mode with a column mode.
    tensor_shape : tuple of int, tuple of two tuples of int, or None, default=None
        Modes. "flat" and "flat_transposed": integers whose product is d_in * d_out. "paired": two
        equally long tuples with products d_in and d_out. None factors d_in and d_out into modes of
        about 4 (a prime stays whole).

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

    def __init__(
        self, rank: float | tuple = 0.25, tensorization: str = "flat", tensor_shape: tuple | None = None
    ):
        self.rank = rank
        self.tensorization = tensorization
        self.tensor_shape = tensor_shape

    def highest_rank(self, shape: tuple) -> int:
        """The largest rank that any unfolding of the tensor can have."""
        return max(feasible_tt_ranks(self._tensorize(tuple(shape)).modes))

    def plan(self, shape: tuple) -> TensorTrainPlan:
        """Resolve modes and ranks for weights of shape (d_in, d_out)."""
        tensorization = self._tensorize(tuple(shape))
        return TensorTrainPlan(tensorization, self._ranks(tensorization))

    def _ranks(self, tensorization: Tensorization) -> tuple:
        modes = tensorization.modes
        feasible = feasible_tt_ranks(modes)
        if isinstance(self.rank, tuple | list):
            given = positive_integers(self.rank) if self.rank else ()
            if given is None or len(given) != len(modes) - 1:
                raise ValueError(
                    f"The 'rank' of TensorTrain must have one integer >= 1 for each of the "
                    f"{len(modes) - 1} inner ranks of the modes {modes} (weight of shape "
                    f"{tensorization.shape}). Got {self.rank!r}. Try {feasible[1:-1]!r}, a single int or "
                    "a float share."
                )
            return feasible_tt_ranks(modes, given)
        rank = check_rank_number(self.rank, max(feasible), "TensorTrain", tensorization.shape)

        def capped(r: int) -> tuple:
            return tuple(min(r, most) for most in feasible)

        if isinstance(rank, float):
            budget = rank * math.prod(modes)
            rank = largest_rank(lambda r: tt_size(modes, capped(r)), max(feasible), budget)
        return capped(rank)
