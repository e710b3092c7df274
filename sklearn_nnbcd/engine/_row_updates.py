# SPDX-License-Identifier: BSD-3-Clause
"""The block updates of Algorithm 1 that touch rows only, V_i and U_i, one short function each.

They may run wherever the rows live; those of the weights, in ``_weight_updates``, need sums over all
rows. Every update is an exact minimiser of (7) in its block plus the stated proximal term, so each
lowers L (Lemma 5).
"""

from ..backends import Pass, get_backend
from ._proximal import descend
from ._state import put


def row_roots(s, *, xp):
    """Roots of the sample weights as a column, shape (n, 1); None: all one."""
    return None if s is None else xp.sqrt(s)[:, None]


def weighted(E, roots):
    """The rows of E times the roots of their weights."""
    return E if roots is None else E * roots


def weighted_squares(E, s, *, xp):
    """sum_j s_j ||e_j||^2 over the rows of E, a number."""
    return get_backend(xp).sum_of_squares(weighted(E, row_roots(s, xp=xp)), xp=xp)


def weighted_sum(value, s, *, xp):
    """sum_j s_j value_j, a number; value of shape (n,)."""
    return get_backend(xp).number(xp.sum(value if s is None else s * value), xp=xp)


def weighted_loss(problem, block):
    """sum_j s_j loss(V_N[j], Y[j]), a number."""
    value = problem.loss.value(block.Y, block.V[problem.N], xp=problem.xp)
    return weighted_sum(value, block.s, xp=problem.xp)


def affine(problem, i, V, W, b):
    """P_i = V_{i-1} W_i + b_i, and V_k on top where a residual block carries it into U_i."""
    P = problem.layers[i].forward(V[i - 1], W[i], b[i], xp=problem.xp)
    k = problem.skip_into(i)
    return P if k is None else P + V[k]


def affine_parts(problem, i, V, W, b):
    """P_i before its sums: V_{i-1} W_i, b_i as a row (1, d), and V_k; None for what there is not.

    For a pass over the rows that adds them on the way: ``joined`` of a slice is P_i.
    """
    layer, k = problem.layers[i], problem.skip_into(i)
    offset = None if b[i] is None else layer.spread_channels(b[i], xp=problem.xp)[None, :]
    return layer.forward(V[i - 1], W[i], None, xp=problem.xp), offset, None if k is None else V[k]


def joined(P, offset, skip):
    """The sum of what :func:`affine_parts` returns."""
    P = P if offset is None else P + offset
    return P if skip is None else P + skip


def weighted_regularizer(problem, block, i):
    """sum_j s_j s_i(V_i[j]), a number."""
    regularizer, xp = problem.regularizer(i), problem.xp
    if regularizer is None:
        return 0.0
    return weighted_sum(regularizer.value(block.V[i], xp=xp), block.s, xp=xp)


def forward(problem, X, W, b):
    """V_1 ... V_N and U_1 ... U_N of a forward pass, with the dense weights W."""
    V, U = [X], [None]
    for i in range(1, problem.N + 1):
        U.append(affine(problem, i, V, W, b))
        V.append(problem.activations[i](U[-1], xp=problem.xp))
    return tuple(V), tuple(U)


def update_V_output(block, problem):
    """V_N by (8): the loss's prox at (gamma U_N + alpha V_N)/(gamma + alpha)."""
    p, N = problem.penalties, problem.N
    weight = p.gamma + p.alpha
    center = (p.gamma * block.U[N] + p.alpha * block.V[N]) * (1.0 / weight)
    return block.with_V(N, problem.loss.prox(block.Y, center, weight, xp=problem.xp))


def output_U(U, V, P, penalties, activation, *, xp):
    """U_N by (10), with P = V_{N-1} W_N + b_N of :func:`affine`; no proximal term."""
    p = penalties
    return (p.gamma * V + p.rho * P) * (1.0 / (p.gamma + p.rho))


def hidden_U(U, V, P, penalties, activation, *, xp):
    """U_i by (11), with P = V_{i-1} W_i + b_i of :func:`affine`."""
    p = penalties
    center = U - P
    center *= p.alpha / (p.rho + p.alpha)
    center += P
    weight = (p.rho + p.alpha) / p.gamma
    return activation.prox(V, center, weight, xp=xp)


def U_step(problem, i):
    """The function for U_i, (10) or (11), and what it takes last: the penalties and the activation."""
    step = output_U if i == problem.N else hidden_U
    return step, (problem.penalties, problem.activations[i])


def update_U(block, i, problem, P):
    """U_i by (10) or (11), with P = V_{i-1} W_i + b_i of :func:`affine`."""
    step, settings = U_step(problem, i)
    return block.with_U(i, step(block.U[i], block.V[i], P, *settings, xp=problem.xp))


def update_V(block, i, problem, weights, operator, S):
    """V_i by (9), with S = sigma_i(U_i).

    Where a residual block carries V_i into U_j, rho/2 ||V - T||^2 with T = U_j - V_{j-1} W_j - b_j
    joins gamma/2 ||V - S||^2: (gamma + rho)/2 ||V - C||^2 up to a constant, with
    C = (gamma S + rho T)/(gamma + rho) in place of S. An s_i leaves no closed form: descent steps.
    """
    layer, xp, p = problem.layers[i + 1], problem.xp, problem.penalties
    j = problem.skip_from(i)
    if j is not None:
        T = block.U[j] - problem.layers[j].forward(
            block.V[j - 1], weights.W[j], weights.b[j], xp=xp
        )
        S = (p.gamma * S + p.rho * T) * (1.0 / (p.gamma + p.rho))
    if problem.regularizer(i) is not None:
        return block.with_V(i, descend(block, i, problem, weights, operator, S, affine))
    P, offset, skip = affine_parts(problem, i + 1, put(block.V, i, S), weights.W, weights.b)
    row_pass = get_backend(xp).row_pass
    (R,) = row_pass(_residual, block.U[i + 1], P, offset, skip, into=(P,), xp=xp).rows
    del P
    change = layer.input_change(operator, S, R, start=block.V[i], xp=xp)
    del R
    arrays, into = (S, change, block.V[i]), (block.spare(block.V[i]),)
    (new,) = row_pass(_relaxed, *arrays, settings=(p.relaxation,), into=into, xp=xp).rows
    return block.with_V(i, new)


def _residual(U, P, offset, skip, *, xp):
    return Pass(rows=(U - joined(P, offset, skip),))


def _relaxed(S, change, old, relaxation, *, xp):
    new = S + change
    if relaxation != 1.0:
        new *= relaxation
        new += (1.0 - relaxation) * old
    return Pass(rows=(new,))


class RowSums:
    """What one layer's pass over the rows adds up: statistics for W_i, and terms of L.

    ``split``, ``activation``, ``loss`` and ``regularizer`` are those of the state *before* the pass,
    at no extra product: when layer i is visited, U_i, V_i, V_{i-1}, W_i and b_i are all still those
    of the last sweep.
    """

    def __init__(self, statistics, split, activation, loss, regularizer=0.0):
        self.statistics = statistics
        self.split = split
        self.activation = activation
        self.loss = loss
        self.regularizer = regularizer

    def __add__(self, other):
        return RowSums(
            self.statistics + other.statistics,
            self.split + other.split,
            self.activation + other.activation,
            self.loss + other.loss,
            self.regularizer + other.regularizer,
        )


def observe_V(block, i, problem):
    """sigma_i(U_i), and the squares of V_i - sigma_i(U_i) before the update, in one pass."""
    xp, settings = problem.xp, (problem.activations[i],)
    arrays = block.U[i], block.V[i], row_roots(block.s, xp=xp)
    result = get_backend(xp).row_pass(_observe, *arrays, settings=settings, xp=xp)
    return *result.rows, *result.squares


def _observe(U, V, roots, activation, *, xp):
    S = activation(U, xp=xp)
    return Pass(rows=(S,), squares=(weighted(V - S, roots),))


def renew_U(block, i, problem, weights):
    """The block with the new U_i, the residual E of the new U_i, and the squares of the old one.

    One pass over the rows between two products: each slice stays in the caches.
    """
    P, offset, skip = affine_parts(problem, i, block.V, weights.W, weights.b)
    xp, (step, settings) = problem.xp, U_step(problem, i)
    arrays = block.U[i], block.V[i], P, offset, skip, row_roots(block.s, xp=xp)
    into = block.spare(block.U[i]), P
    result = get_backend(xp).row_pass(_renew, *arrays, settings=(step, *settings), into=into, xp=xp)
    (U, E), (squares,) = result.rows, result.squares
    return block.with_U(i, U), E, squares


def _renew(U, V, P, offset, skip, roots, step, penalties, activation, *, xp):
    P = joined(P, offset, skip)
    before = U - P
    U = step(U, V, P, penalties, activation, xp=xp)
    return Pass(rows=(U, U - P), squares=(weighted(before, roots),))


def update_rows(block, i, problem, weights, operator):
    """V_i and U_i of one block, then the sums for W_i: lines 2-3 (i = N) or 7-8 of Algorithm 1."""
    S, activation = observe_V(block, i, problem)
    loss = weighted_loss(problem, block) if i == problem.N else 0.0
    regularizer = weighted_regularizer(problem, block, i)
    if i == problem.N:
        block = update_V_output(block, problem)
    else:
        block = update_V(block, i, problem, weights, operator, S)
    del S
    block, E, split = renew_U(block, i, problem, weights)
    with_gram, shift = i > 1 or weights.gram is None, weights.shift[i]
    sums = problem.layers[i].statistics(
        block.V[i - 1], E, block.s, shift, with_gram=with_gram, xp=problem.xp
    )
    return block, RowSums(sums, split, activation, loss, regularizer)
