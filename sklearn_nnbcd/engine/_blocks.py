# SPDX-License-Identifier: BSD-3-Clause
"""The blocks of Algorithm 1, equations (8) to (13) of arXiv 2303.06815, one function an equation.

=====  ====================  ==========================================================================
(8)    `update_V_output`     V_N
(9)    `update_V`            V_i, i < N; with a regulariser s_i `update_regularized_V`
(10)   `output_U`            U_N
(11)   `hidden_U`            U_i, i < N
(12)   `update_W`            W_i and b_i
(13)   `update_M`            M_i, the paper's W_i^MC
=====  ====================  ==========================================================================

Rows are samples, so that the paper's W_i V_{i-1} is V_{i-1} W_i + b_i here: P_i, of `affine`. Each
function returns a new block of rows, or new weights, in which its block minimises L of (7) plus the
stated proximal term, and so lowers L (Lemma 5). A sample weight s_j multiplies all terms of row j: it
cancels from the updates of rows, and enters those of weights through the sums over rows.

The solver sweeps with `_fused.update_rows`, which computes the numbers of (8) to (11) in fewer passes
over the rows.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from ..numerics._choice import choose
from ..numerics._linalg import spd_solve
from ..numerics._metric import EUCLIDEAN
from ._forward import affine
from ._normal_equations import normal_equations
from ._state import Block, Penalties, Problem, Weights, put

# rows: V and U ----------------------------------------------------------------------------------


def update_V_output(block: Block, problem: Problem) -> Block:
    """V_N by (8): argmin_v s_N(v) + loss(v, Y) + gamma/2 ||v - U_N||^2 + alpha/2 ||v - V_N||^2.

    The prox of the loss at the weighted mean of U_N and the old V_N, or of s_N where the loss is a
    quadratic. With another loss and an s_N, or a loss that has no prox, by (19).
    """
    p, N, loss, xp = problem.penalties, problem.N, problem.loss, problem.xp
    weight, regularizer = p.gamma + p.alpha, problem.regularizer(N)
    center = (p.gamma * block.U[N] + p.alpha * block.V[N]) * (1.0 / weight)
    if regularizer is None and loss.has_prox:
        return block.with_V(N, loss.prox(block.Y, center, weight, xp=xp))
    quadratic = loss.as_quadratic(block.Y, center, weight, xp=xp)
    if regularizer is not None and quadratic is not None:
        return block.with_V(N, regularizer.prox(*quadratic, xp=xp))
    return block.with_V(N, linearized_V_output(block, problem))


#: alpha of (19) where the proximal weight is less, and how often it may be doubled
LEAST_ALPHA, DOUBLINGS = 0.25, 60


def linearized_V_output(block: Block, problem: Problem) -> Any:
    """V_N by (19): argmin_v s_N(v) + <loss'(V_N), v - V_N> + gamma/2 ||v - U_N||^2 + alpha/2 ||v - V_N||^2.

    alpha is found for each row, by doubling, such that the loss is nowhere above its tangent by more than
    alpha/4 ||step||^2: a Lipschitz constant of its gradient need not be known, nor exist. So L falls by at
    least alpha/4 ||step||^2 (Lemma 5). A row for which there is none stays.
    """
    p, N, loss, xp = problem.penalties, problem.N, problem.loss, problem.xp
    Y, old, regularizer = block.Y, block.V[N], problem.regularizer(N)
    slope, value = loss.gradient(Y, old, xp=xp), loss.value(Y, old, xp=xp)
    alpha = xp.full((old.shape[0], 1), max(p.alpha, LEAST_ALPHA), dtype=old.dtype)
    for _ in range(DOUBLINGS):
        weight = (p.gamma + alpha) * xp.ones_like(old)
        new = old - (slope + p.gamma * (old - block.U[N])) / weight
        if regularizer is not None:
            new = regularizer.prox(new, weight, xp=xp)
        step = new - old
        above = loss.value(Y, new, xp=xp) - value - xp.sum(slope * step, axis=1)
        size = xp.abs(value) * (4.0 * float(xp.finfo(old.dtype).eps))
        fits = (above <= 0.25 * alpha[:, 0] * row_squares(step, xp=xp) + size)[:, None]
        if bool(xp.all(fits)):
            return new
        alpha = xp.where(fits, alpha, 2.0 * alpha)
    return xp.where(fits, new, old)


def update_V(block: Block, i: int, problem: Problem, weights: Weights, operator: Any, S: Any) -> Block:
    """V_i by (9): argmin_v s_i(v) + gamma/2 ||v - S||^2 + rho/2 ||U_{i+1} - v W_{i+1} - b_{i+1}||^2.

    A least squares problem, solved for the change from the centre C of :func:`center_V`. V_i goes omega
    times the way to the minimiser, omega the relaxation.

    Parameters
    ----------
    block : Block
    i : int
        1 ... N - 1.
    problem : Problem
    weights : Weights
        With the new W_{i+1} and b_{i+1}.
    operator : object
        Of :func:`input_operator`.
    S : array of the shape of V_i
        sigma_i(U_i) of the old U_i.
    """
    C = center_V(block, i, problem, weights, S)
    if problem.regularizer(i) is not None:
        return update_regularized_V(block, i, problem, weights, operator, C)
    xp, old = problem.xp, block.V[i]
    R = block.U[i + 1] - affine(problem, i + 1, put(block.V, i, C), weights.W, weights.b)
    new = problem.layers[i + 1].solve_input(operator, C, R, start=old, xp=xp)
    return block.with_V(i, relaxed(old, new, problem.penalties.relaxation))


def output_U(U: Any, V: Any, P: Any, penalties: Penalties, activation: Any, *, xp: Any) -> Any:
    """U_N by (10): argmin_u gamma/2 ||V_N - u||^2 + rho/2 ||u - P_N||^2, a weighted mean."""
    p = penalties
    return (p.gamma * V + p.rho * P) * (1.0 / (p.gamma + p.rho))


def hidden_U(U: Any, V: Any, P: Any, penalties: Penalties, activation: Any, *, xp: Any) -> Any:
    """U_i by (11): argmin_u gamma/2 ||V_i - sigma(u)||^2 + rho/2 ||u - P_i||^2 + alpha/2 ||u - U_i||^2.

    Per entry the prox of 1/2 (sigma(u) - v)^2 (appendix B.2; Lemma 9 for ReLU), with the weight
    (rho + alpha)/gamma, at (rho P + alpha U)/(rho + alpha).
    """
    p = penalties
    center = p.alpha / (p.rho + p.alpha) * (U - P) + P
    return activation.prox(V, center, (p.rho + p.alpha) / p.gamma, xp=xp)


def update_U(block: Block, i: int, problem: Problem, P: Any) -> Block:
    """U_i by (11), or by (10) for i = N, with P = P_i of :func:`affine`."""
    formula, settings = formula_U(problem, i)
    return block.with_U(i, formula(block.U[i], block.V[i], P, *settings, xp=problem.xp))


def formula_U(problem: Problem, i: int) -> tuple[Callable, tuple]:
    """(10) or (11), the one that belongs to layer i, and its settings: penalties and activation."""
    formula = output_U if i == problem.N else hidden_U
    return formula, (problem.penalties, problem.activations[i])


# weights: W, b and M ----------------------------------------------------------------------------


def weight_statistics(block: Block, i: int, problem: Problem, weights: Weights, E: Any) -> Any:
    """What (12) needs of the rows, with E = U_i - P_i of the new U_i: sums that add up over blocks."""
    with_gram = i > 1 or weights.gram is None  # that of X never changes
    given = block.V[i - 1], E, block.s, weights.shift[i]
    only_diagonal = problem.wide and i == 1
    return problem.layers[i].statistics(
        *given, with_gram=with_gram, only_diagonal=only_diagonal, xp=problem.xp
    )


def update_W(weights: Weights, i: int, problem: Problem, statistics: Any) -> Weights:
    """W_i and b_i by (12), with a ridge and a proximal term of its own.

    argmin_{W, b} rho/2 ||U_i - V_{i-1} W - b||^2 + tau/2 ||W - M_i||^2 + ridge/2 ||W||^2
    + alpha_w/2 ||W - W_i||^2, the first with sample weights, the second in the metric of layer i.

    Solved for the change dW from the old W_i, which single precision needs where W_i is nearly right.
    With E = U_i - P_i of the old weights and Vc the centred V_{i-1}, db = mean(E) - mean(V_{i-1}) dW and

    (rho Vc'Vc + (tau + ridge + alpha_w) I) dW = rho Vc'E + tau (M_i - W_i) - ridge W_i.

    In a metric (G, S), tau dW becomes tau G dW S, and tau (M_i - W_i) likewise. W_i changes by omega dW,
    omega the relaxation, and b_i is then the best for it.

    Parameters
    ----------
    weights : Weights
    i : int
    problem : Problem
    statistics : LayerStatistics
        Of :func:`weight_statistics`, over all rows.
    """
    xp, p = problem.xp, problem.penalties
    if i == 1 and weights.gram is None:
        weights = replace(weights, gram=statistics.gram)
    left, right, metric = normal_equations(weights, i, problem, statistics)
    if metric is None:
        change = spd_solve(left, right, xp=xp)
    else:
        change = metric.solve(left, right, p.tau, xp=xp)
    del left, right
    if p.relaxation != 1.0:
        change = p.relaxation * change
    if problem.fit_intercept:
        weights = update_b(weights, i, statistics, change)
    return weights.updated(W=(i, weights.W[i] + change))


def update_b(weights: Weights, i: int, statistics: Any, change: Any) -> Weights:
    """b_i of (12), the best one for a change of W_i; from now on V_{i-1} is taken about its present mean."""
    mean_v = statistics.sum_v / statistics.weight + weights.shift[i]
    b = weights.b[i] + statistics.sum_e / statistics.weight - mean_v @ change
    return weights.updated(b=(i, b), shift=(i, weights.shift[i] if i == 1 else mean_v))


def update_M(weights: Weights, i: int, problem: Problem) -> Weights:
    """M_i by (13): argmin_M r_i(M) + tau/2 ||W_i - M||^2 + alpha/2 ||M - M_i||^2 for M in its format.

    The compression's own step at the weighted mean of W_i and the old M_i (appendix B.3); where that is
    inexact and no better than the old M_i, the old one stays. Both norms are in the metric of layer i.
    With alpha ``on_factors``, (26) where the format has it: alpha/2 ||G - G_i||^2 of its cores or factors G.
    """
    plan, xp, p = problem.plans[i], problem.xp, problem.penalties
    if plan is None:
        return weights
    alpha = p.alpha if p.alpha_m is None else p.alpha_m
    if p.on_factors and plan.has_factor_step:
        new = plan.factor_step(weights.W[i], weights.M[i], p.tau, alpha, xp=xp)
        return weights.updated(M=(i, new), M_dense=(i, new.to_dense(xp=xp)))
    old, old_dense, weight = weights.M[i], weights.M_dense[i], p.tau + alpha
    target = (p.tau * weights.W[i] + alpha * old_dense) * (1.0 / weight)
    metric = weights.metric(i)
    norm = metric or EUCLIDEAN

    def value(M: Any, dense: Any) -> Any:
        return plan.penalty(M, xp=xp) + 0.5 * weight * norm.squared_distance(dense, target, xp=xp)

    new = plan.step(target, old, weight, metric=metric, xp=xp)
    new_dense = new.to_dense(xp=xp)
    worse = value(new, new_dense) > value(old, old_dense)
    M, M_dense = choose(worse, (old, old_dense), (new, new_dense), xp=xp)
    return weights.updated(M=(i, M), M_dense=(i, M_dense))


# parts of (9) -----------------------------------------------------------------------------------


def input_operator(i: int, problem: Problem, weights: Weights) -> Any:
    """What (9) needs of W_{i+1}, once a sweep; None for i = N, whose V has (8).

    Without s_i, rho (rho W'W + g I)^{-1} W' with g of :func:`center_weight`, by the smaller Gram side (or
    what the layer has in its place); with s_i, a Lipschitz constant of the quadratic's gradient.
    """
    if i == problem.N:
        return None
    xp, rho, g = problem.xp, problem.penalties.rho, center_weight(problem, i)
    layer, W = problem.layers[i + 1], weights.W[i + 1]
    if problem.regularizer(i) is not None:
        # one that is not convex leaves nothing of the descent to a step as long as the curvature allows
        return rho * layer.input_curvature(W, xp=xp) + (g if problem.regularizer(i).convex else 2.0 * g)
    return layer.input_operator(W, rho, g, xp=xp)


def center_weight(problem: Problem, i: int) -> float:
    """g in g/2 ||V_i - C||^2 of (9): gamma, and rho on top where a residual block carries V_i on."""
    p = problem.penalties
    return p.gamma if problem.skip_from(i) is None else p.gamma + p.rho


def center_V(block: Block, i: int, problem: Problem, weights: Weights, S: Any) -> Any:
    """C in g/2 ||V_i - C||^2 of (9): S = sigma_i(U_i), unless a residual block carries V_i into some U_j.

    Then rho/2 ||V - T||^2 with T = U_j - V_{j-1} W_j - b_j joins gamma/2 ||V - S||^2. Together they are,
    up to a constant, (gamma + rho)/2 ||V - C||^2 with C = (gamma S + rho T)/(gamma + rho).
    """
    j, p = problem.skip_from(i), problem.penalties
    if j is None:
        return S
    given = block.V[j - 1], weights.W[j], weights.b[j]
    T = block.U[j] - problem.layers[j].forward(*given, xp=problem.xp)
    return (p.gamma * S + p.rho * T) * (1.0 / (p.gamma + p.rho))


def relaxed(old: Any, new: Any, omega: float) -> Any:
    """From ``old``, omega times the way to ``new``."""
    return new if omega == 1.0 else omega * new + (1.0 - omega) * old


#: accelerated steps of (9) with s_i, before the last plain one
ACCELERATED_STEPS = 8


def update_regularized_V(
    block: Block, i: int, problem: Problem, weights: Weights, curvature: Any, C: Any
) -> Block:
    """V_i by (9) with a regulariser s_i, by accelerated proximal gradient steps from the old V_i.

    F(v) = s_i(v) + g/2 ||v - C||^2 + rho/2 ||U_{i+1} - v W_{i+1} - b_{i+1}||^2 is g-strongly convex, and the
    gradient of its quadratic has the Lipschitz constant ``curvature`` = rho ||W||^2 + g. The closed form
    followed by the prox of s_i would not minimise F, nor even lower it always.

    Descent, row by row: the accelerated point counts where F fell by at least g/4 ||step||^2, else the old
    row does; one plain step from there lowers F by at least curvature/2 ||step||^2. Together at least
    g/8 ||V_i - old V_i||^2 (Lemma 5). With an s_i that is not convex, ``curvature`` is larger by g, and the
    plain step lowers F by at least g/2 ||step||^2: enough for the same.
    """
    p, xp, layer, regularizer = problem.penalties, problem.xp, problem.layers[i + 1], problem.regularizer(i)
    U, old, g = block.U[i + 1], block.V[i], center_weight(problem, i)

    def residual(V: Any) -> Any:
        return U - affine(problem, i + 1, put(block.V, i, V), weights.W, weights.b)

    def step(V: Any) -> Any:
        slope = g * (V - C)
        slope -= p.rho * layer.pull_back(residual(V), weights.W[i + 1], xp=xp)
        return regularizer.prox(V - slope * (1.0 / curvature), curvature, xp=xp)

    def value(V: Any) -> Any:
        quadratic = p.rho * row_squares(residual(V), xp=xp) + g * row_squares(V - C, xp=xp)
        return 0.5 * quadratic + regularizer.value(V, xp=xp)

    root = (g / curvature) ** 0.5
    momentum = (1.0 - root) / (1.0 + root)
    V = ahead = old
    for _ in range(ACCELERATED_STEPS):
        new = step(ahead)
        ahead, V = new + momentum * (new - V), new
    fell = value(V) + 0.25 * g * row_squares(V - old, xp=xp) <= value(old)
    return block.with_V(i, step(xp.where(fell[:, None], V, old)))


def row_squares(E: Any, *, xp: Any) -> Any:
    """||e||^2 of each row of E."""
    return xp.sum(E * E, axis=1)
