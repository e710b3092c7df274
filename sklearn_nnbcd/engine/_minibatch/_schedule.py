# SPDX-License-Identifier: BSD-3-Clause
"""What steers the mini-batch solvers, and how it changes over a fit."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

#: batches over which the schedules of a stream run
STREAM_BATCHES = 600
#: outputs beyond which only every fourth batch has its Hessian made: it takes as long as a layer
MANY_OUTPUTS, HESSIAN_INTERVAL = 64, 4


@dataclass(frozen=True)
class BatchSettings:
    """What steers the mini-batch solvers; one set serves every problem.

    Attributes
    ----------
    linearized : bool
        Whether the V and U blocks are linearised at the forward pass, which takes derivatives of the
        activations; otherwise they are solved by their closed forms, without any.
    step : float
        First step length; it falls linearly to zero over a fit whose end is known. With linearised
        blocks it is divided by the number of layers, since all of them change at once.
    momentum : float
        Share of the last change that is added to the next one.
    damping : float
        Ridge on both sides of the metric, in units of its mean diagonal.
    memory : float
        Share of the running sums that survives an update; the first ones are plain means.
    refresh : int or None
        Batches between two updates of the sums and their inverses, once there were as many; before,
        they come after 1, 2, 4, 8 ... batches. None: see :func:`refresh_interval`.
    trust : float
        Bound on the predicted mean squared change of the outputs by one batch; inf: none.
    factored : bool
        Whether formats that are products A B train as A and B once the compression starts, W being
        W^MC. Only with linearised blocks.
    factored_trust : float
        ``trust`` from then on.
    shrink : float
        Over a fit whose end is known, weights that no batch asks for fall by exp(-shrink).
    free : float
        Share of the fit before the compression starts to pull.
    pull : tuple of float
        First and last weight tau with which W is pulled towards W^MC, rising geometrically, in
        units of the parameter tau.
    averaging : float
        The result is a mean of the weights, those after the k-th batch with a share like k^averaging:
        the last 1/(averaging + 1) of the batches, about. W^MC is fitted to the mean. inf: the last weights.
    temperature : float
        Of outputs on rows that were held out from a short fit; 1: none were.
    """

    linearized: bool = True
    step: float = 0.1
    momentum: float = 0.9
    damping: float = 0.5
    memory: float = 0.95
    refresh: int | None = None
    trust: float = 1e-3
    factored: bool = True
    factored_trust: float = 3e-3
    shrink: float = 1.0
    free: float = 0.05
    pull: tuple = (0.0004, 0.1)
    averaging: float = 6.0
    temperature: float = 1.0

    @classmethod
    def closed_form(cls, **others: Any) -> BatchSettings:
        """The settings for blocks in closed form.

        Their messages fade with every layer that they pass: they bear longer steps, and need them.
        """
        return cls(**{"linearized": False, "step": 1.0, "damping": 0.1, "trust": 1e-2} | others)


def refresh_interval(settings: BatchSettings, shapes: list, rows: list) -> int:
    """Batches between two updates of the curvatures.

    Where ``settings`` leave it open: 10, or as many (up to 40) as make the updates twice as dear as
    the batches between them. Thin factors leave little to do for a batch, and no less for the inverses.

    Parameters
    ----------
    settings : BatchSettings
    shapes : list of tuple
        Weight shapes of all layers.
    rows : list of int
        Rows of a batch that meet each weight.
    """
    if settings.refresh is not None:
        return settings.refresh
    update = batch = 0.0
    for (d, m), n in zip(shapes, rows, strict=True):
        update += 2.5 * (d**3 + m**3) + 2.0 * n * (d * d + m * m) + 2.0 * d * m * (d + m)
        change = min(2.0 * n * (d * d + m * m + d * m), 2.0 * d * m * (d + m + n))
        batch += 4.0 * n * d * m + change
    return min(max(10, int(0.5 * update / batch)), 40)


def refresh_due(count: int, interval: int) -> bool:
    """Whether the curvatures take in batch ``count``: 0, 1, 2, 4, 8 ..., then every ``interval``-th."""
    if count < interval:
        return count & (count - 1) == 0
    return count % interval == 0


def hessian_due(count: int, n_outputs: int) -> bool:
    """Whether the loss's running Hessian takes in batch ``count``: each one, unless outputs are many."""
    return n_outputs <= MANY_OUTPUTS or refresh_due(count, HESSIAN_INTERVAL)


def remaining_share(n_batches: int, n_steps: int | None) -> float:
    """Share of the fit that is left, by which the step length falls.

    Where no end is known it falls like 1 / (1 + k / 600) with the number of batches k: what comes late in a
    stream refines what is there.
    """
    if n_steps:
        return max(0.0, 1.0 - n_batches / n_steps)
    return 1.0 / (1.0 + n_batches / STREAM_BATCHES)


def pull_weight(settings: BatchSettings, share: float, tau: float) -> float:
    """Weight of the pull towards W^MC after a share of the fit; 0 while W is free."""
    if share < settings.free:
        return 0.0
    first, last = settings.pull
    rest = 1.0 - settings.free
    return tau * first * (last / first) ** ((share - settings.free) / rest if rest else 1.0)
