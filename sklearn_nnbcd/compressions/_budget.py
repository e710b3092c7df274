# SPDX-License-Identifier: BSD-3-Clause
"""One budget for a whole network, distributed over the layers by what each of them loses."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from .._validation import check_number
from ..backends import get_backend
from ..numerics._metric import EUCLIDEAN, Metric
from ._base import BaseCompression, CompressionPlan
from ._rounded import rounded_plans


def budget_plans(
    compressions: Sequence,
    weights: Sequence,
    compression_ratio: float,
    *,
    metrics: Sequence | None = None,
    xp: Any,
) -> list[CompressionPlan | None]:
    """Plans whose weights together take at most a share of the dense parameters.

    Formats with a ``rank`` share their part of the budget by the spectra of the weights: rank by
    rank, whatever saves the most per parameter of a low-rank format comes next; a layer for which the
    ranks would take as much as the weight itself stays dense. What a layer with the sum T of its spectrum
    loses counts as T log(T / kept): T - kept where little goes, and ever more where most goes, since
    signals pass all layers, and none may be left with hardly a rank. Every format with a ``rank`` gets its
    layer's share as a float, tensor formats too. Formats with a ``sparsity`` keep the entries with the
    largest scores W_ij^2 G_ii S_jj of all layers, and one of each layer at least.

    Parameters
    ----------
    compressions : list of compressions or None
        One per layer; None is a dense layer, which counts in full. Their own ``rank`` or ``sparsity``
        is replaced. All must have the one, or all the other.
    weights : list of arrays of shape (d_in, d_out)
    compression_ratio : float
        Weight entries after / before, over all layers, in (0, 1].
    metrics : list of Metric or None, default=None
        One per layer. With sensitivities of one loss, losses of different layers compare as they
        are. None: in the Frobenius norm, relative to the weight's own norm.
    xp : module
        Array API namespace.

    Returns
    -------
    plans : list of CompressionPlan or None
        None where a layer is dense.

    Raises
    ------
    ValueError
        If the ratio is out of range, or smaller than the least that the layers can have.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn_nnbcd.compressions import LowRank
    >>> weights = [np.eye(20), np.ones((20, 20))]  # the second one needs one rank only
    >>> plans = budget_plans([LowRank(), LowRank()], weights, 0.5, xp=np)
    >>> [plan.rank for plan in plans]
    [9, 1]
    """
    owner = "budget_plans"
    ratio = check_ratio(compression_ratio, owner)
    metrics = [None] * len(weights) if metrics is None else metrics
    shapes = [tuple(W.shape) for W in weights]
    name, budget = check_budget(compressions, shapes, ratio, owner)
    parts = [
        (c, W, metric) for c, W, metric in zip(compressions, weights, metrics, strict=True) if c is not None
    ]
    values: Any = iter((_rank_shares if name == "rank" else _sparsities)(parts, budget, xp=xp))
    values = [None if c is None else next(values) for c in compressions]
    return [
        None if value is None else _with(c, name, value).plan(shape)
        for c, value, shape in zip(compressions, values, shapes, strict=True)
    ]


def check_ratio(value: Any, owner: str) -> float:
    """The ``compression_ratio`` as a float in (0, 1]; anything else raises."""
    return check_number(value, "compression_ratio", owner, strict=True, high=1.0, cure="Try 0.1.")


def check_budget(
    compressions: Sequence, shapes: Sequence[tuple], ratio: float, owner: str
) -> tuple[str, int]:
    """What a budget sets, 'rank' or 'sparsity', and the entries that it has for compressed layers.

    Raises
    ------
    ValueError
        If the compressions have no such parameter in common, or need more than there is.
    """
    pieces = [c for c in compressions if c is not None]
    names = {name for c in pieces for name in ("rank", "sparsity") if hasattr(c, name)}
    if len(names) != 1 or not all(hasattr(c, name) for c in pieces for name in names):
        raise ValueError(
            f"The 'compressions' of {owner} must all have a 'rank' or all a 'sparsity'. Got "
            f"{list(compressions)!r}. Give each layer its own parameters instead of a budget."
        )
    (name,) = names
    sizes = [d_in * d_out for d_in, d_out in shapes]
    dense = sum(size for c, size in zip(compressions, sizes, strict=True) if c is None)
    least = least_entries(compressions, shapes)
    budget = int(ratio * sum(sizes) * (1.0 + 1e-12)) - dense  # the product may be rounded down
    if budget < least:
        raise ValueError(
            f"The 'compression_ratio' of {owner} must leave room for {least} entries of the "
            f"compressed layers. Got {ratio!r}, which leaves {budget} beside {dense} of dense ones. "
            "Raise it, or compress more layers (compress_output=True)."
        )
    return name, budget


def least_entries(compressions: Sequence, shapes: Sequence[tuple]) -> int:
    """Fewest entries that compressed layers can have: rank 1, or one entry, each."""
    pairs = [(c, shape) for c, shape in zip(compressions, shapes, strict=True) if c is not None]
    return sum(_least(c, shape) if hasattr(c, "rank") else 1 for c, shape in pairs)


@dataclass(frozen=True)
class Budget:
    """The budget of one network, as the engine calls it.

    Attributes
    ----------
    compressions : tuple of compressions or None
        One for each of the layers 1 ... N; None where the budget makes no plan.
    plans : tuple of CompressionPlan or None
        Entry i belongs to layer i: what stays where there is no compression.
    ratio : float
        Weight entries after / before, over all layers.
    grids : tuple of Grid or None, default=()
        Of layers 1 ... N: those whose numbers have few bits; empty: none.
    scale : array of shape (d_0,) or None, default=None
        What the columns of X are multiplied by before the first layer, see ``for_scaled_inputs``.
    """

    compressions: tuple
    plans: tuple
    ratio: float
    grids: tuple = ()
    scale: Any = None

    @property
    def training(self) -> "Budget":
        """The budget without rounding."""
        plans = tuple(None if plan is None else plan.training for plan in self.plans)
        return replace(self, plans=plans, grids=())

    def loosened(self, share: float, density: float) -> "Budget":
        """The budget with a share of the entries beyond its own that weights of a density have."""
        return replace(self, ratio=self.ratio + share * max(0.0, density - self.ratio))

    def __call__(self, W: Sequence, metrics: Sequence | None = None, *, xp: Any) -> tuple:
        """Plans for layers 0 ... N; entry 0 of W, of the metrics and of the plans is None."""
        metrics = None if metrics is None else metrics[1:]
        made = budget_plans(self.compressions, W[1:], self.ratio, metrics=metrics, xp=xp)
        pairs = zip(self.compressions, self.plans[1:], made, strict=True)
        plans = (None, *(kept if c is None else plan for c, kept, plan in pairs))
        if self.grids:
            shapes = [tuple(w.shape) for w in W[1:]]
            plans = rounded_plans(plans, shapes, list(self.grids), "the budget", self.compressions)
        if self.scale is None or plans[1] is None:
            return plans
        return (None, plans[1].for_scaled_inputs(self.scale, xp=xp), *plans[2:])


def _least(compression: BaseCompression, shape: tuple) -> int:
    """Entries that a compressed layer takes at least; all of them where rank 1 saves nothing."""
    return min(_with(compression, "rank", 1).plan(shape).n_parameters, shape[0] * shape[1])


def _with(compression: BaseCompression, name: str, value: Any) -> BaseCompression:
    """The compression with one parameter replaced."""
    return type(compression)(**compression.get_params(deep=False) | {name: value})


def _spectrum(W: Any, metric: Metric | None, *, xp: Any) -> list[float]:
    """Squared singular values in the metric, falling; relative to their sum without a metric."""
    Z = (EUCLIDEAN if metric is None else metric).whiten(W)
    values = xp.linalg.eigvalsh(Z.T @ Z if W.shape[1] <= W.shape[0] else Z @ Z.T)
    squares = [max(float(value), 0.0) for value in get_backend(xp).to_numpy(values, xp=xp)[::-1]]
    total = (sum(squares) or 1.0) if metric is None else 1.0
    return [square / total for square in squares]


def _logarithmic_gains(values: list[float]) -> list[float]:
    """T log(kept after / kept before) of each value that is kept in turn, with T their sum; the first: inf.

    Losses of different layers add up where they are small. A layer that is left with hardly anything
    ruins what all the others let through, which no sum of squares says.
    """
    total, kept, gains = sum(values), 0.0, []
    for value in values:
        gains.append(total * math.log1p(value / kept) if kept else math.inf)
        kept += value
    return gains


def _rank_shares(parts: list, budget: int, *, xp: Any) -> list[float | None]:
    """Share of the dense parameters of every layer, None for all: greedy, optimal for low rank.

    Gains are those of :func:`_logarithmic_gains`. Prices are those of low rank, but for the first rank,
    which is the format's own, and for the last step of a layer, which makes it dense.
    """
    steps = []
    for i, (c, W, metric) in enumerate(parts):
        shape = tuple(W.shape)
        size, price, first = shape[0] * shape[1], sum(shape), _least(c, shape)
        spectrum = _spectrum(W, metric, xp=xp)
        costs = [first]  # every layer has its first rank before any has a second one
        while len(costs) < len(spectrum) and first + len(costs) * price < size:
            costs.append(price)
        gains = _logarithmic_gains([*spectrum[: len(costs)], sum(spectrum[len(costs) :])])
        worth = math.inf
        for r, (gain, cost) in enumerate(zip(gains, [*costs, size - sum(costs)], strict=True)):
            if cost > 0:
                worth = min(worth, gain / cost)
                steps.append((r > 0, -worth, i, r, cost))
    spent, closed = [0] * len(parts), set()
    for _, _, i, _, cost in sorted(steps):
        if i in closed or cost > budget:
            closed.add(i)
            continue
        spent[i] += cost
        budget -= cost
    sizes = [W.shape[0] * W.shape[1] for _, W, _ in parts]
    # half an entry more: rounding must not take a rank away
    return [
        None if entries == size else (entries + 0.5) / size
        for entries, size in zip(spent, sizes, strict=True)
    ]


def _sparsities(parts: list, budget: int, *, xp: Any) -> list[float]:
    """Share of the entries that each layer loses when the largest scores of all layers stay."""
    scores = []
    for _, W, metric in parts:
        weight = 1.0 if metric is None else metric.diagonal(W.shape, W.dtype, xp=xp)
        score = xp.reshape(W * W * weight, (-1,))
        if metric is None:
            total = xp.sum(score)
            score = xp.where(total > 0, score / xp.where(total > 0, total, total + 1.0), score)
        best = xp.arange(score.shape[0]) == xp.argmax(score)  # a layer keeps one entry at least
        scores.append(xp.where(best, xp.asarray(math.inf, dtype=score.dtype), score))
    every = xp.concat(scores)
    keep = min(budget, every.shape[0])
    threshold = get_backend(xp).kth_largest(every, keep, xp=xp)
    shares = []
    for score in scores:
        above = int(xp.sum(xp.astype(score > threshold, xp.int64)))
        tied = int(xp.sum(xp.astype(score == threshold, xp.int64)))
        shares.append([above, tied, score.shape[0]])
    room = keep - sum(above for above, _, _ in shares)
    values = []
    for above, tied, size in shares:
        took = min(tied, room)
        room -= took
        kept = above + took
        # one entry less than all: a sparsity of 0 is no sparsity
        values.append(min(max(1.0 - kept / size, 0.5 / size), 1.0 - 0.5 / size))
    return values
