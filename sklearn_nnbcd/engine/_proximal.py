# SPDX-License-Identifier: BSD-3-Clause
"""The V_i step (9) with a regulariser s_i, where the quadratic is not separable and s_i is."""

from ._state import put

#: accelerated steps before the last plain one
_STEPS = 8


def own_weight(problem, i):
    """Weight of ||V_i - C||^2/2 in the V_i block: gamma, and rho on top under a residual block."""
    p = problem.penalties
    return p.gamma if problem.skip_from(i) is None else p.gamma + p.rho


def descend(block, i, problem, weights, curvature, C, affine):
    """V_i by accelerated proximal gradient steps from the old V_i.

    F(v) = rho/2 ||u - v W - b||^2 + g/2 ||v - c||^2 + s_i(v) with g of :func:`own_weight` is g-strongly
    convex, and the gradient of its quadratic has the Lipschitz constant ``curvature`` =
    rho ||W||^2 + g. The closed form followed by the prox of s_i would not minimise F, nor even lower
    it always.

    Descent, row by row: the accelerated point is kept where F fell by at least g/4 ||step||^2, else
    the old row; one plain step from there lowers F by at least curvature/2 ||step||^2. Together at
    least g/8 ||V_i - V_i old||^2 (Lemma 5).

    Parameters
    ----------
    block, i, problem, weights
        As for the plain step.
    curvature : number
    C : array of the shape of V_i
        sigma_i(U_i), or its mean with what a residual block asks for.
    affine : callable
        ``affine(problem, i + 1, V, W, b)`` gives V_i W_{i+1} + b_{i+1}.

    Returns
    -------
    V_i : array
    """
    p, xp, layer, regularizer = problem.penalties, problem.xp, problem.layers[i + 1], problem.activity[i]
    W, U, old, g = weights.W[i + 1], block.U[i + 1], block.V[i], own_weight(problem, i)

    def residual(V):
        return U - affine(problem, i + 1, put(block.V, i, V), weights.W, weights.b)

    def step(V):
        slope = g * (V - C)
        slope -= p.rho * layer.pull_back(residual(V), W, xp=xp)
        return regularizer.prox(V - slope * (1.0 / curvature), curvature, xp=xp)

    def value(V):
        quadratic = p.rho * row_squares(residual(V), xp=xp) + g * row_squares(V - C, xp=xp)
        return 0.5 * quadratic + regularizer.value(V, xp=xp)

    root = (g / curvature) ** 0.5
    momentum = (1.0 - root) / (1.0 + root)
    V = ahead = old
    for _ in range(_STEPS):
        new = step(ahead)
        ahead, V = new + momentum * (new - V), new
    enough = value(V) + 0.25 * g * row_squares(V - old, xp=xp) <= value(old)
    return step(xp.where(enough[:, None], V, old))


def row_squares(E, *, xp):
    """||e||^2 of each row of E."""
    return xp.sum(E * E, axis=1)
