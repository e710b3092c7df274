# SPDX-License-Identifier: BSD-3-Clause
"""The block updates of Algorithm 1 that need sums over all rows: W_i and W_i^MC."""

from dataclasses import replace
from functools import partial

from ..backends import Pass, get_backend
from ..numerics._choice import choose
from ..numerics._linalg import add_to_diagonal, rounding_shift, spd_solve
from ..numerics._metric import EUCLIDEAN
from ._proximal import own_weight


def input_operator(i, problem, weights):
    """What the V_i step needs of W_{i+1}; nothing for the output layer."""
    if i == problem.N:
        return None
    p, layer = problem.penalties, problem.layers[i + 1]
    if problem.regularizer(i) is not None:
        return p.rho * layer.input_curvature(weights.W[i + 1], xp=problem.xp) + own_weight(problem, i)
    return layer.input_operator(weights.W[i + 1], p.rho, own_weight(problem, i), xp=problem.xp)


def update_W(weights, i, problem, statistics):
    """W_i and b_i by (12), solved for the change.

    With E = U_i - V_{i-1} W_i - b_i of the old weights, Vc the centred V_{i-1} and M = W_i^MC:

    (rho Vc'Vc + (tau + ridge + alpha_w) I) dW = rho Vc'E + tau (M - W) - ridge W,
    db = mean(E) - mean(V_{i-1}) dW, for every dW; dW may be relaxed.

    In a metric tau dW becomes tau G dW S, and tau (M - W) likewise. The right hand side is small
    where W is nearly right, which is what single precision needs.
    """
    xp, p = problem.xp, problem.penalties
    W, compressed = weights.W[i], problem.plans[i] is not None
    gram = weights.gram if i == 1 and weights.gram is not None else statistics.gram
    entries = {}
    if i == 1:
        weights = replace(weights, gram=gram)
    metric = weights.metric(i) if compressed else None
    diagonal = p.ridge + p.alpha_w + p.rho * rounding_shift(gram, xp=xp)
    pull = weights.M_dense[i] - W if compressed else None
    if metric is not None:
        pull = metric.multiply(pull)
    elif compressed:
        diagonal += p.tau
    mean_v = column = sum_v = sum_e = None
    if problem.fit_intercept:
        mean_v = statistics.sum_v / statistics.weight
        column, sum_v, sum_e = mean_v[:, None], statistics.sum_v[None, :], statistics.sum_e[None, :]
    centred = partial(get_backend(xp).row_pass, _about_mean, settings=(p.rho, p.tau, p.ridge), xp=xp)
    (left,) = centred(gram, column, sum_v, None, None).rows
    (right,) = centred(statistics.cross, column, sum_e, pull, W if p.ridge else None).rows
    left = add_to_diagonal(left, diagonal, xp=xp)
    if metric is None:
        change = spd_solve(left, right, xp=xp)
    else:
        change = metric.solve(left, right, p.tau, xp=xp)
    del left, right
    if p.relaxation != 1.0:
        change = p.relaxation * change
    if problem.fit_intercept:
        mean_v = mean_v + weights.shift[i]
        entries["b"] = (i, weights.b[i] + statistics.sum_e / statistics.weight - mean_v @ change)
        entries["shift"] = (i, weights.shift[i] if i == 1 else mean_v)
    return weights.updated(W=(i, W + change), **entries)


def _about_mean(S, column, row, pull, W, rho, tau, ridge, *, xp):
    """rho (S - column row) + tau pull - ridge W, without what is None."""
    S = rho * S if column is None else rho * (S - column * row)
    if pull is not None:
        S += tau * pull
    if W is not None:
        S -= ridge * W
    return Pass(rows=(S,))


def update_M(weights, i, problem):
    """W_i^MC by (13); an inexact step that is not better than the old one is dropped.

    With a metric of layer i both quadratics of (13) are in that metric.
    """
    plan, xp, p = problem.plans[i], problem.xp, problem.penalties
    if plan is None:
        return weights
    old, old_dense, weight = weights.M[i], weights.M_dense[i], p.tau + p.alpha
    target = (p.tau * weights.W[i] + p.alpha * old_dense) * (1.0 / weight)
    metric = weights.metric(i)
    form = metric or EUCLIDEAN

    def value(M, dense):
        return plan.penalty(M, xp=xp) + 0.5 * weight * form.squared_distance(dense, target, xp=xp)

    new = plan.step(target, old, weight, metric=metric, xp=xp)
    new_dense = new.to_dense(xp=xp)
    worse = value(new, new_dense) > value(old, old_dense)
    M, M_dense = choose(worse, (old, old_dense), (new, new_dense), xp=xp)
    return weights.updated(M=(i, M), M_dense=(i, M_dense))
