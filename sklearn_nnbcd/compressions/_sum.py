# SPDX-License-Identifier: BSD-3-Clause
"""Sums of formats, such as low rank plus sparse."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from ..numerics._metric import Metric
from ._base import BaseCompression, CompressedWeight, CompressionPlan
from ._l0 import L0
from ._local import Local
from ._low_rank import LowRank

#: rounds over the parts of a cold projection
_PROJECT_ROUNDS = 5


@dataclass(frozen=True, eq=False)
class SumWeight(CompressedWeight):
    """W = the sum of compressed weights of one shape."""

    parts: tuple

    @property
    def shape(self) -> tuple:
        """(d_in, d_out)."""
        return self.parts[0].shape

    @property
    def n_parameters(self) -> int:
        """What all parts store."""
        return sum(part.n_parameters for part in self.parts)

    @property
    def arrays(self) -> tuple:
        """The arrays of all parts."""
        return tuple(array for part in self.parts for array in part.arrays)

    def compact(self, *, xp: Any) -> Any:
        """With the indices of all parts in few bytes."""
        return SumWeight(tuple(part.compact(xp=xp) for part in self.parts))

    @property
    def numbers(self) -> tuple:
        """Those of all parts."""
        return tuple(array for part in self.parts for array in part.numbers)

    @property
    def bonds(self) -> Any:
        """Those within the parts."""
        pairs, first = [], 0
        for part in self.parts:
            pairs += [(first + k, first + j) for k, j in part.bonds]
            first += len(part.numbers)
        return tuple(pairs)

    def with_numbers(self, numbers: Sequence) -> Any:
        """Each part with its own."""
        parts, first = [], 0
        for part in self.parts:
            last = first + len(part.numbers)
            parts.append(part.with_numbers(numbers[first:last]))
            first = last
        return SumWeight(tuple(parts))

    def _owner(self, k: int) -> tuple[int, int]:
        """Which part number k belongs to, and which number of it."""
        for p, part in enumerate(self.parts):
            if k < len(part.numbers):
                return p, k
            k -= len(part.numbers)
        raise IndexError(k)

    def local(self, k: int, W: Any, metric: "Metric | None", *, xp: Any) -> Local:
        """That of the part, near what the others leave."""
        p, own = self._owner(k)
        for q, part in enumerate(self.parts):
            if q != p:
                W = W - part.to_dense(xp=xp)
        return self.parts[p].local(own, W, metric, xp=xp)

    def has_column_scales(self, k: int) -> bool:
        """As the part says."""
        p, own = self._owner(k)
        return self.parts[p].has_column_scales(own)

    def spread(self, k: int, scale: Any, *, xp: Any) -> Any:
        """As the part does."""
        p, own = self._owner(k)
        return self.parts[p].spread(own, scale, xp=xp)

    @property
    def cost(self) -> float:
        """What all parts cost."""
        return sum(part.cost for part in self.parts)

    @property
    def multiplications(self) -> int:
        """Those of all parts."""
        return sum(part.multiplications for part in self.parts)

    def to_dense(self, *, xp: Any) -> Any:
        """The sum."""
        first, *others = (part.to_dense(xp=xp) for part in self.parts)
        return sum(others, start=first)

    def check_arrays(self, *, xp: Any) -> None:
        """Those of every part, and all parts of one shape."""
        for part in self.parts:
            part.check_arrays(xp=xp)
            if part.shape != self.shape:
                raise ValueError(f"the parts of a sum are of shapes {part.shape} and {self.shape}")

    def operator(self, *, xp: Any) -> Callable[[Any], Any]:
        """V -> the sum of the parts' products."""
        first, *others = (part.operator(xp=xp) for part in self.parts)
        return lambda V: sum((product(V) for product in others), start=first(V))

    def selected(self, indices: Any, axis: int, *, xp: Any) -> "SumWeight | None":
        """Rows or columns of every part, if all of them can."""
        parts = tuple(part.selected(indices, axis, xp=xp) for part in self.parts)
        return None if any(part is None for part in parts) else SumWeight(parts)

    def scaled(self, factor: float) -> "SumWeight":
        """Scale every part."""
        return SumWeight(tuple(part.scaled(factor) for part in self.parts))


@dataclass(frozen=True)
class SumPlan(CompressionPlan):
    """One plan per part."""

    plans: tuple
    exact = False

    @property
    def takes_bits(self) -> bool:  # type: ignore[override]
        """Where all parts do."""
        return all(plan.takes_bits for plan in self.plans)

    @property
    def step_every(self) -> int:  # type: ignore[override]
        """As the dearest part."""
        return max(plan.step_every for plan in self.plans)

    @property
    def shape(self) -> tuple:
        """(d_in, d_out)."""
        return self.plans[0].shape

    @property
    def n_parameters(self) -> int | None:
        """What all parts store; None where one of them does not know."""
        counts = [plan.n_parameters for plan in self.plans]
        return None if None in counts else sum(counts)

    def project(self, W: Any, *, metric: Metric | None = None, xp: Any) -> SumWeight:
        """Each part projects what the ones before it left over; then rounds of :meth:`step`."""
        parts, rest = [], W
        for plan in self.plans:
            parts.append(plan.project(rest, metric=metric, xp=xp))
            rest = rest - parts[-1].to_dense(xp=xp)
        M = SumWeight(tuple(parts))
        for _ in range(_PROJECT_ROUNDS):
            M = self.step(W, M, 1.0, metric=metric, xp=xp)
        return M

    def step(
        self, target: Any, previous: SumWeight, weight: float, *, metric: Metric | None = None, xp: Any
    ) -> SumWeight:
        """Block by block: each part steps towards what the others leave; no block goes up."""
        parts = list(previous.parts)
        rest = target - previous.to_dense(xp=xp)
        for k, plan in enumerate(self.plans):
            rest = rest + parts[k].to_dense(xp=xp)
            parts[k] = plan.step(rest, parts[k], weight, metric=metric, xp=xp)
            rest = rest - parts[k].to_dense(xp=xp)
        return SumWeight(tuple(parts))

    def penalty(self, M: SumWeight, *, xp: Any) -> Any:
        """The penalties of all parts."""
        pairs = zip(self.plans, M.parts, strict=True)
        return sum(plan.penalty(part, xp=xp) for plan, part in pairs)


class Sum(BaseCompression):
    """Weights that are a sum of several formats, each fitted to what the others leave.

    Parameters
    ----------
    parts : list of compressions or None, default=None
        Instances such as ``[LowRank(rank=8), L0(sparsity=0.99)]``. None is low rank plus sparse, an
        eighth of the dense parameters each.

    Examples
    --------
    >>> Sum([LowRank(rank=2), L0(sparsity=0.99)]).plan((30, 20)).n_parameters
    106
    """

    def __init__(self, parts: Sequence[BaseCompression] | None = None):
        self.parts = parts

    def lowered(self, shape: tuple) -> "Sum":
        """The sum with ranks that weights of a shape can have."""
        if not isinstance(self.parts, list | tuple) or not all(hasattr(p, "lowered") for p in self.parts):
            return self  # :meth:`plan` says what is wrong
        parts = [part.lowered(shape) for part in self.parts]
        return self if all(a is b for a, b in zip(parts, self.parts, strict=True)) else Sum(parts)

    def plan(self, shape: tuple) -> SumPlan:
        """Plan every part for weights of shape (d_in, d_out)."""
        parts = [LowRank(rank=0.125), L0(sparsity=0.875)] if self.parts is None else self.parts
        right = isinstance(parts, list | tuple) and len(parts) > 0
        if not right or not all(isinstance(part, BaseCompression) for part in parts):
            raise TypeError(
                "The 'parts' of Sum must be a list of one or more compressions. Got "
                f"{self.parts!r}. Try [LowRank(rank=0.1), L0(sparsity=0.95)]."
            )
        return SumPlan(tuple(part.plan(shape) for part in parts))
