# SPDX-License-Identifier: BSD-3-Clause
"""States in the middle of a fit, and what every single block update has to lower L by (Lemma 5).

The amounts. A step that minimises L plus a proximal term a/2 ||step||^2 in its block gains at least
a/2 ||step||^2 from the minimum alone, and m/2 ||step||^2 more where L plus that term is m-strongly
convex in the block. Terms of row j, and so the amounts, carry its sample weight s_j.

==========  ========================  ===========================================================
block       sum over rows of s_j ...  from
==========  ========================  ===========================================================
V_N         (gamma/2 + alpha) |dv|^2  a = alpha; m = gamma + alpha, the loss being convex
U_N         (gamma+rho)/2 |du|^2      quadratic with m = gamma + rho
V_i         gamma/2 |dv|^2 + rho/2    quadratic, half the Hessian form of the step:
            |dv W_{i+1}|^2            gamma I + rho W W' (gamma + rho in place of gamma where a
                                      residual block carries V_i on; by conjugate gradients: 0,
                                      each step of theirs descends, however far it is from the end)
U_i         alpha/2 |du|^2            a = alpha; the problem need not be convex
W_i, b_i    rho/2 |v dW + db|^2       quadratic, the row part of the Hessian form
            without s_j: (tau +       a = alpha_w; m = tau + ridge + alpha_w (tau only where the
            ridge)/2 + alpha_w        layer is compressed)
M_i         without s_j: alpha/2      a = alpha; the set need not be convex. With a metric of layer
                                      i, the tau part of W_i and all of M_i are in that metric
==========  ========================  ===========================================================

V_i and W_i may be relaxed, and are as the solver is shipped: their blocks are quadratic, with half the
Hessian form q(step). The minimiser at the distance d gains q(d); omega d, omega in [1, 2), gains
omega (2 - omega) q(d), which is q(omega d) times 2/omega - 1. So it is with alpha_w and b_i, where more is
gained: the proximal term itself and the mean of the residuals, which b_i takes whole.
"""

from dataclasses import replace

import numpy as np
from hypothesis import strategies as st
from problems import COMBINATIONS, NUMPY, draw_start, make_problem, random_targets, start

from sklearn_nnbcd.compressions import RegularizedPlan
from sklearn_nnbcd.engine._blocks import (
    input_operator,
    update_M,
    update_U,
    update_V,
    update_V_output,
    update_W,
    weight_statistics,
)
from sklearn_nnbcd.engine._forward import affine
from sklearn_nnbcd.layers._base import Iterated
from sklearn_nnbcd.numerics._metric import EUCLIDEAN
from sklearn_nnbcd.regularizers import REGULARIZERS
from sklearn_nnbcd.solvers import FullBatch


def decades(low, high):
    """10 to the power of a number in the range: penalties over decades."""
    return st.floats(low, high).map(lambda power: 10.0**power)


#: omega of the shipped solver
SHIPPED = FullBatch().relaxation

positive = decades(-3, 3)
non_negative = st.one_of(st.just(0.0), decades(-3, 2))

cases = st.fixed_dictionaries(
    {
        "seed": st.integers(0, 2**32 - 1),
        "rows": st.integers(1, 9),
        "widths": st.lists(st.integers(1, 6), min_size=2, max_size=4).map(tuple),
        "scale": decades(-2, 2),
        "weighted": st.booleans(),
        "fit_intercept": st.booleans(),
        "compress_output": st.booleans(),
        "rho": positive,
        "gamma": positive,
        "tau": positive,
        "alpha": non_negative,
        "alpha_w": non_negative,
        "ridge": non_negative,
        "relaxation": st.one_of(st.just(1.0), st.just(SHIPPED), st.floats(1.0, 1.95)),
    }
)


def random_state(combination, case):
    """A problem, and a state as it may come in the middle of a fit: nothing fits anything."""
    case = dict(case)
    rng = np.random.default_rng(case.pop("seed"))
    rows, widths, scale = case.pop("rows"), case.pop("widths"), case.pop("scale")
    weighted = case.pop("weighted")
    activation, loss, compression = COMBINATIONS[combination]
    names = dict(activation=activation, loss=loss, compression=compression)
    problem = make_problem(widths, **names, **case)
    X = scale * (rng.normal(size=(rows, widths[0])) + rng.normal(size=widths[0]))
    Y = random_targets(problem.loss, rows, widths[-1], rng)
    s = None
    if weighted:
        s = rng.exponential(size=rows) * (rng.uniform(size=rows) < 0.8)
        s[rng.integers(rows)] = 1.0  # all-zero weights are refused long before the engine
    W, b = draw_start(problem, widths, rng)
    weights, placement = start(problem, X, Y, s, W, b, noise=rng)
    for i in range(1, problem.N + 1):
        moved = weights.W[i] + 0.5 * rng.normal(size=weights.W[i].shape)
        weights = weights.updated(W=(i, moved))
    return problem, weights, placement.blocks[0]


def regularized(problem, weights, block, name, strength=0.7):
    """The same state with s_i on every hidden layer and r_i on every layer without a compression."""
    known = {"strength": strength} if "strength" in REGULARIZERS[name]().get_params() else {}
    piece = REGULARIZERS[name](**known)
    plans, M, dense = [None], [None], [None]
    for W in weights.W[1:]:
        plans.append(RegularizedPlan(W.shape, piece))
        M.append(plans[-1].project(W, xp=NUMPY))
        dense.append(M[-1].array)
    activity = (None, *([piece] * (problem.N - 1)), None)
    problem = replace(problem, plans=tuple(plans), activity=activity)
    weights = replace(weights, M=tuple(M), M_dense=tuple(dense))
    for i in range(1, problem.N):
        block = block.with_V(i, piece.project(block.V[i], xp=NUMPY))
    return problem, weights, block


def squares(x, s=None):
    """sum_j s_j |x_j|^2."""
    return float(np.sum(x * x if s is None else s[:, None] * x * x))


def bound(side):
    """The largest eigenvalue of a side of a metric."""
    return 1.0 if side.A is None else float(np.linalg.eigvalsh(side.A)[-1])


def rounding(problem, weights, block):
    """What rounding can do to L: each residual is rounded relative to the terms it is made of."""
    p, s = problem.penalties, block.s
    size = squares(block.Y, s) + squares(block.V[-1], s) + len(block.Y)
    for i in range(1, problem.N + 1):
        size_b = None if weights.b[i] is None else np.abs(weights.b[i])
        size_V, size_W = [np.abs(v) for v in block.V], np.abs(weights.W[i])
        P = affine(problem, i, size_V, [size_W] * (i + 1), [size_b] * (i + 1))
        size += p.rho * (squares(P, s) + squares(block.U[i], s))
        size += p.gamma * (squares(block.V[i], s) + squares(block.U[i], s))
        size += p.ridge * squares(weights.W[i])
        if problem.plans[i] is not None:
            metric = weights.metric(i) or EUCLIDEAN
            size += p.tau * (bound(metric.rows) * bound(metric.columns)) * squares(weights.W[i])
    # Sums of a few dozen terms in double precision, and residuals of the small solves.
    return 100 * np.finfo(float).eps * size


def relaxed_share(penalties):
    """How much of the lemma's amount a relaxed step has to gain."""
    return 2.0 / penalties.relaxation - 1.0


def row_steps(problem, weights, block, i):
    """The V_i and U_i updates: name, new block, what it has to gain."""
    p, s, xp = problem.penalties, block.s, problem.xp
    if i == problem.N:
        new = update_V_output(block, problem)
        step = new.V[i] - block.V[i]
        yield "V_N", new, (p.gamma / 2 + p.alpha) * squares(step, s)
    else:
        S = problem.activations[i](block.U[i], xp=xp)
        operator = input_operator(i, problem, weights)
        new = update_V(block, i, problem, weights, operator, S)
        step, above = new.V[i] - block.V[i], problem.layers[i + 1]
        forward = squares(above.forward(step, weights.W[i + 1], None, xp=xp), s)
        gamma = p.gamma if problem.skip_from(i) is None else p.gamma + p.rho
        amount = gamma / 2 * squares(step, s) + p.rho / 2 * forward
        yield f"V_{i}", new, 0.0 if isinstance(operator, Iterated) else relaxed_share(p) * amount
    block = new
    P = affine(problem, i, block.V, weights.W, weights.b)
    new = update_U(block, i, problem, P)
    weight = (p.gamma + p.rho if i == problem.N else p.alpha) / 2
    yield "U_N" if i == problem.N else f"U_{i}", new, weight * squares(new.U[i] - block.U[i], s)


def weight_steps(problem, weights, block, i):
    """The (W_i, b_i) and M_i updates: name, new weights, what it has to gain."""
    p, s, xp, layer = problem.penalties, block.s, problem.xp, problem.layers[i]
    V, compressed = block.V[i - 1], problem.plans[i] is not None
    E = block.U[i] - affine(problem, i, block.V, weights.W, weights.b)
    new = update_W(weights, i, problem, weight_statistics(block, i, problem, weights, E))
    step = new.W[i] - weights.W[i]
    offset = None if new.b[i] is None else new.b[i] - weights.b[i]
    rows = layer.forward(V, step, offset, xp=xp)
    metric = weights.metric(i) or EUCLIDEAN
    amount = (p.ridge / 2 + p.alpha_w) * squares(step) + p.rho / 2 * squares(rows, s)
    if compressed:
        amount += p.tau / 2 * metric.squared_norm(step, xp=xp)
    yield f"W_{i}", new, relaxed_share(p) * amount
    weights = new
    new = update_M(weights, i, problem)
    if compressed:
        distance = metric.squared_distance(new.M_dense[i], weights.M_dense[i], xp=xp)
        yield f"M_{i}", new, p.alpha / 2 * distance
