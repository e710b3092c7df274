# SPDX-License-Identifier: BSD-3-Clause
"""One budget for a whole network, distributed over the layers by what each of them loses."""

from ..backends import get_backend
from ..utils._metric import EUCLIDEAN
from ..utils._validation import check_number


def budget_plans(compressions, weights, compression_ratio, *, metrics=None, xp):
    """Plans whose weights together take at most a share of the dense parameters.

    Formats with a ``rank`` share their part of the budget by the spectra of the weights: rank by
    rank, whatever saves the most per parameter of a low-rank format comes next. Every format with a
    ``rank`` gets its layer's share as a float, tensor formats too. Formats with a ``sparsity`` keep
    the entries with the largest scores W_ij^2 G_ii S_jj of all layers.

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
    ratio = check_number(
        compression_ratio, "compression_ratio", owner, strict=True, high=1.0, cure="Try 0.1."
    )
    metrics = [None] * len(weights) if metrics is None else metrics
    parts = list(zip(compressions, weights, metrics, strict=True))
    budget = ratio * sum(W.shape[0] * W.shape[1] for W in weights)
    budget -= sum(W.shape[0] * W.shape[1] for c, W, _ in parts if c is None)
    parts = [part for part in parts if part[0] is not None]
    names = {name for c, _, _ in parts for name in ("rank", "sparsity") if hasattr(c, name)}
    if len(names) != 1 or not all(hasattr(c, name) for c, _, _ in parts for name in names):
        raise ValueError(
            f"The 'compressions' of {owner} must all have a 'rank' or all a 'sparsity'. Got "
            f"{compressions!r}. Give each layer its own parameters instead of a budget."
        )
    (name,) = names
    least = sum(sum(W.shape) if name == "rank" else 1 for _, W, _ in parts)
    if budget < least:
        raise ValueError(
            f"The 'compression_ratio' of {owner} must leave room for {least} entries of the "
            f"compressed layers. Got {compression_ratio!r}, which leaves {int(budget)}. Raise it, or "
            "compress more layers."
        )
    values = (_rank_shares if name == "rank" else _sparsities)(parts, budget, xp=xp)
    values = iter(values)
    return [
        None if c is None else _with(c, name, next(values)).plan(tuple(W.shape))
        for c, W in zip(compressions, weights, strict=True)
    ]


def _with(compression, name, value):
    """The compression with one parameter replaced."""
    return type(compression)(**compression.get_params(deep=False) | {name: value})


def _spectrum(W, metric, *, xp):
    """Squared singular values in the metric, falling; relative to their sum without a metric."""
    Z = (EUCLIDEAN if metric is None else metric).whiten(W)
    values = xp.linalg.eigvalsh(Z.T @ Z if W.shape[1] <= W.shape[0] else Z @ Z.T)
    squares = [max(float(value), 0.0) for value in get_backend(xp).to_numpy(values, xp=xp)[::-1]]
    total = (sum(squares) or 1.0) if metric is None else 1.0
    return [square / total for square in squares]


def _rank_shares(parts, budget, *, xp):
    """Share of the dense parameters of every layer: greedy, which is optimal for low rank."""
    steps = []
    for i, (_, W, metric) in enumerate(parts):
        price = sum(W.shape)
        most = max(1, W.shape[0] * W.shape[1] // price)
        for r, gain in enumerate(_spectrum(W, metric, xp=xp)[:most]):
            first = r == 0  # every layer has its first rank before any has a second one
            steps.append((not first, -gain / price, i, price))
    spent = [0] * len(parts)
    closed = set()
    for _, _, i, price in sorted(steps):
        if i in closed or price > budget:
            closed.add(i)
            continue
        spent[i] += price
        budget -= price
    return [
        min(1.0, entries / (W.shape[0] * W.shape[1])) for entries, (_, W, _) in zip(spent, parts, strict=True)
    ]


def _sparsities(parts, budget, *, xp):
    """Share of the entries that each layer loses when the largest scores of all layers stay."""
    scores = []
    for _, W, metric in parts:
        weight = 1.0 if metric is None else metric.diagonal(W.shape, W.dtype, xp=xp)
        score = xp.reshape(W * W * weight, (-1,))
        if metric is None:
            total = xp.sum(score)
            score = xp.where(total > 0, score / xp.where(total > 0, total, total + 1.0), score)
        scores.append(score)
    every = xp.concat(scores)
    keep = max(1, min(int(budget), every.shape[0]))
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
        kept = min(max(above + took, 1), size)
        # one entry less than all: a sparsity of 0 is no sparsity
        values.append(min(max(1.0 - kept / size, 0.5 / size), 1.0 - 0.5 / size))
    return values
