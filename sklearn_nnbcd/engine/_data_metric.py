# SPDX-License-Identifier: BSD-3-Clause
"""The metric in which the full solver compares W with W^MC, measured by a forward pass over all rows.

W_i - W_i^MC counts by what it does: ||S_i^{1/2} (W_i - W_i^MC)' G_i^{1/2}||, with G_i the centred
second moments of the layer's input and S_i what the rest of the network makes of a change of U_i.
Between two measurements the metric is constant, so that every block update lowers L (Lemma 5) there.
"""

from dataclasses import dataclass, replace
from typing import Any

from ..backends import get_backend
from ..numerics._metric import EUCLIDEAN, Metric
from ._forward import forward
from ._metrics import mean_diagonal, output_sensitivity, with_ridge
from ._state import Block, Problem, Weights


@dataclass(frozen=True)
class Moments:
    """Sums over rows of one layer: of a a', a, sigma'(u) sigma'(u)' and the weights; they add."""

    gram: Any
    total: Any
    overlap: Any
    weight: float

    def __add__(self, other: "Moments") -> "Moments":
        return Moments(
            self.gram + other.gram,
            self.total + other.total,
            None if self.overlap is None else self.overlap + other.overlap,
            self.weight + other.weight,
        )


@dataclass(frozen=True)
class LayerMoments:
    """The moments of layers 1 ... N of a block of rows; they add layer by layer."""

    layers: list
    hessian: Any
    weight: float

    def __add__(self, other: "LayerMoments") -> "LayerMoments":
        layers = [a + b for a, b in zip(self.layers, other.layers, strict=True)]
        return LayerMoments(layers, self.hessian + other.hessian, self.weight + other.weight)


def second_moments(block: Block, problem: Problem, weights: Weights) -> LayerMoments:
    """:class:`LayerMoments` of a block, by a forward pass with W and b; inputs are taken about ``shift``."""
    xp = problem.xp
    gram = get_backend(xp).gram
    V, U = forward(problem, block.V[0], weights.W, weights.b)
    found = []
    for i in range(1, problem.N + 1):
        layer, overlap = problem.layers[i], None
        A = layer.design(V[i - 1], xp=xp)
        if weights.shift[i] is not None:
            A = A - weights.shift[i]
        root = None
        if block.s is not None:
            root = xp.sqrt(layer.spread(block.s, xp=xp))[:, None]
            A = A * root
        total = get_backend(xp).column_sums(A if root is None else A * root, xp=xp)
        weight = float(A.shape[0]) if root is None else float(xp.sum(root * root))
        if i < problem.N:
            D = layer.rows(problem.activations[i].derivative(U[i], xp=xp), xp=xp)
            overlap = gram(D if root is None else D * root, xp=xp)
        squares = get_backend(xp).column_squares if problem.wide and i == 1 else gram
        found.append(Moments(squares(A, xp=xp), total, overlap, weight))
    hessian = problem.loss.mean_hessian(block.Y, V[problem.N], block.s, xp=xp)
    return LayerMoments(found, hessian * weight, weight)


def measured_metrics(problem: Problem, weights: Weights, placement: Any) -> tuple | None:
    """The metric of every layer, in units of the losses' mean over rows; entry 0 is None.

    Parameters
    ----------
    problem : Problem
    weights : Weights
        W and b make the forward pass; ``shift`` is about the mean of each layer's input.
    placement : placement
        Holds the blocks.

    Returns
    -------
    metrics : tuple of Metric, or None
        None if the numbers overflow.
    """
    xp, N, W = problem.xp, problem.N, weights.W
    moments = placement.reduce(second_moments, problem, weights.for_forward())
    sums, hessian = [None, *moments.layers], moments.hessian * (1.0 / moments.weight)
    S: list = [None] * (N + 1)
    metrics: list = [None] * (N + 1)
    for i in range(N, 0, -1):
        m = sums[i]
        G = m.gram * (1.0 / m.weight)
        if problem.fit_intercept:
            mean = m.total * (1.0 / m.weight)
            G = G - (mean * mean if G.ndim == 1 else mean[:, None] * mean[None, :])
        S[i] = output_sensitivity(problem, i, W, S, hessian)
        if i < N:
            S[i] = S[i] * (m.overlap * (1.0 / m.weight))
        if not bool(xp.isfinite(xp.sum(G) + xp.sum(S[i]))):
            return None
        metrics[i] = Metric(with_ridge(G, 1e-3, xp=xp), with_ridge(S[i], 0.1, xp=xp))
    return tuple(metrics)


#: ridges of the coupling's G and S, in units of their mean diagonals: W must not leave W^MC where the
#: data say nothing. Chosen on digits, see tests/benchmarks/full_projection.py
COUPLING_RIDGES = (0.1, 1.0)


def unit_metric(metric: Metric, *, xp: Any) -> Metric:
    """The metric with a ridge, and mean diagonals of 1: tau means what it means in the Frobenius norm."""
    sides = []
    for A, share in zip((metric.G, metric.S), COUPLING_RIDGES, strict=True):
        A = with_ridge(A, share, xp=xp)
        sides.append(A * (1.0 / mean_diagonal(A, xp=xp)))
    return Metric(*sides)


def remeasure(problem: Problem, weights: Weights, placement: Any, *, plan: bool) -> tuple[Problem, Weights]:
    """Measure the metrics, make plans if ``plan``, and project W anew where that is nearer.

    L may jump here: it is another problem that is solved from here on. W, b, U and V stay.

    Parameters
    ----------
    problem : Problem
    weights : Weights
    placement : placement
    plan : bool
        Whether the problem's budget makes new plans; all W^MC are then projected from nothing.

    Returns
    -------
    problem : Problem
    weights : Weights
    """
    xp = problem.xp
    measured = measured_metrics(problem, weights, placement)
    if measured is None:
        return problem, weights
    metrics: tuple = (None,) * (problem.N + 1)
    if problem.data_metric:
        metrics = (None, *(unit_metric(metric, xp=xp) for metric in measured[1:]))
    if plan:
        problem = problem.with_plans(weights.W, measured)
    M, M_dense = list(weights.M), list(weights.M_dense)
    for i in range(1, problem.N + 1):
        old = None if plan else (M[i], M_dense[i])
        M[i], M_dense[i] = projected(problem.plans[i], weights.W[i], old, metrics[i], xp=xp)
    return problem, replace(weights, M=tuple(M), M_dense=tuple(M_dense), metrics=metrics)


def projected(plan: Any, W: Any, old: tuple | None, metric: Metric | None, *, xp: Any) -> tuple:
    """W^MC and its dense form: the projection of W, or ``old``, such a pair, where it is not worse."""
    if plan is None:
        return None, None
    M = plan.project(W, metric=metric, xp=xp)
    new = M, M.to_dense(xp=xp)
    if old is None:
        return new
    norm = metric or EUCLIDEAN
    far = [norm.squared_distance(W, dense, xp=xp) for _, dense in (new, old)]
    return new if far[0] < far[1] else old
