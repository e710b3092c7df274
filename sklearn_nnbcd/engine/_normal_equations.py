# SPDX-License-Identifier: BSD-3-Clause
"""The linear system of (12), from sums over rows that were taken about an old mean of V_{i-1}."""

from typing import Any

from ..backends import Pass, get_backend
from ..numerics._linalg import add_to_diagonal, rounding_shift
from ..numerics._metric import Metric
from ._state import Problem, Weights


def normal_equations(
    weights: Weights, i: int, problem: Problem, statistics: Any
) -> tuple[Any, Any, Metric | None]:
    """The two sides of (12) for the change of W_i, and the metric in which tau counts; None: Frobenius.

    left = rho Vc'Vc + (ridge + alpha_w [+ tau]) I, right = rho Vc'E + tau (M_i - W_i) - ridge W_i. Without
    a metric tau stands on the diagonal; with one, (M_i - W_i) is multiplied by it, and the solver adds tau.
    The diagonal gets what rounding may have taken from the Gram matrix, and from the rows of hidden layers.
    """
    xp, p = problem.xp, problem.penalties
    right, diagonal, metric = right_side(weights, i, problem, statistics)
    gram = statistics.gram if i > 1 else weights.gram
    diagonal += p.rho * (rounding_shift(gram, xp=xp) + _rounding_of_means(weights, i, statistics, xp=xp))
    mean_v = sum_v = None
    if problem.fit_intercept:
        mean_v = (statistics.sum_v / statistics.weight)[:, None]
        sum_v = statistics.sum_v[None, :]
    settings = {"settings": (p.rho, p.tau, p.ridge)}
    (left,) = get_backend(xp).row_pass(_about_mean, gram, mean_v, sum_v, None, None, **settings, xp=xp).rows
    return add_to_diagonal(left, diagonal, xp=xp), right, metric


def _rounding_of_means(weights: Weights, i: int, statistics: Any, *, xp: Any) -> Any:
    """As :func:`rounding_shift`, for the part of V_{i-1}'V_{i-1} that was taken off with the mean.

    Units that differ from their means by less than the root of the rounding would get weights that multiply
    the rounding of the means to the size of the outputs. X is given, and its columns have units of their own.
    """
    mean = weights.shift[i]
    if i == 1 or mean is None:
        return 0.0
    squares = get_backend(xp).number(xp.sum(mean * mean), xp=xp)
    return 4.0 * float(xp.finfo(mean.dtype).eps) * statistics.weight * squares


def right_side(
    weights: Weights, i: int, problem: Problem, statistics: Any
) -> tuple[Any, float, Metric | None]:
    """The right side of (12), what stands on the diagonal beside the Gram matrix, and the metric or None."""
    xp, p, W = problem.xp, problem.penalties, weights.W[i]
    diagonal = p.ridge + p.alpha_w
    metric = pull = None
    if problem.plans[i] is not None:
        metric, pull = weights.metric(i), weights.M_dense[i] - W
        if metric is None:
            diagonal += p.tau
        else:
            pull = metric.multiply(pull)
    mean_v = sum_e = None
    if problem.fit_intercept:
        mean_v, sum_e = (statistics.sum_v / statistics.weight)[:, None], statistics.sum_e[None, :]
    arrays = statistics.cross, mean_v, sum_e, pull, W if p.ridge else None
    settings = {"settings": (p.rho, p.tau, p.ridge)}
    (right,) = get_backend(xp).row_pass(_about_mean, *arrays, **settings, xp=xp).rows
    return right, diagonal, metric


def _about_mean(
    S: Any, mean: Any, total: Any, pull: Any, W: Any, rho: float, tau: float, ridge: float, *, xp: Any
) -> Pass:
    """rho (S - mean total) + tau pull - ridge W, without what is None."""
    S = rho * S if mean is None else rho * (S - mean * total)
    if pull is not None:
        S += tau * pull
    if W is not None:
        S -= ridge * W
    return Pass(rows=(S,))
