# SPDX-License-Identifier: BSD-3-Clause
"""One backward sweep of V and U blocks on a batch: messages E_i, how each U_i should change.

The blocks start from a forward pass: P_i = U_i and sigma_i(U_i) = V_i.
"""

from collections.abc import Iterator
from typing import Any

from .._blocks import update_U, update_V, update_V_output
from .._state import Block, Problem, Weights


def activation_slopes(problem: Problem, U: tuple) -> list:
    """sigma_i'(U_i) of the hidden layers; entry 0 is None."""
    activations, xp = problem.activations, problem.xp
    return [None, *(activations[i].derivative(U[i], xp=xp) for i in range(1, problem.N))]


def activation_chords(problem: Problem, block: Block) -> list:
    """(sigma_i(U_i) - sigma_i(0)) / U_i of the hidden layers at a forward pass; entry 0 is None.

    Slopes without a derivative, of the lines from zero: those of an activation that is linear on both
    sides of zero are its derivatives. Where U is so small that rounding would show, the chord is shorter.
    """
    xp, chords = problem.xp, [None]
    for i in range(1, problem.N):
        U = block.U[i]
        origin = problem.activations[i](xp.zeros((1, 1), dtype=U.dtype), xp=xp)
        size = xp.clip(xp.abs(U), float(xp.finfo(U.dtype).eps) ** 0.5, None)
        chords.append((block.V[i] - origin) * (xp.sign(U) / size))
    return chords


def linearized_messages(
    problem: Problem, weights: Weights, slopes: list, gradient: Any
) -> Iterator[tuple[int, Any]]:
    """Pairs (i, E_i), i = N ... 1, with the V and U blocks linearised at the forward pass.

    The paper's option (19) carried to every layer:
    E_N = -loss'(V_N), E_{i-1} = (E_i W_i') sigma'(U_{i-1}). ``gradient`` is loss'(V_N).
    """
    xp, skipped = problem.xp, {}
    E = -gradient
    for i in range(problem.N, 0, -1):
        yield i, E
        if problem.skip_into(i) is not None:
            skipped[problem.skip_into(i)] = E
        if i > 1:
            E = problem.layers[i].pull_back(E, weights.W[i], xp=xp)
            if i - 1 in skipped:  # a residual block hands V_{i-1} its message as it is
                E = E + skipped.pop(i - 1)
            E = E * slopes[i - 1]


def closed_form_messages(
    problem: Problem, weights: Weights, block: Block, operators: tuple
) -> Iterator[tuple[int, Any]]:
    """Pairs (i, E_i), i = N ... 1, by the closed forms (8), (10), (9), (11); no derivative is taken.

    ``operators[i + 1]`` is what the V_i step needs of W_{i+1}.
    """
    xp, N = problem.xp, problem.N
    start = block
    block = update_U(update_V_output(block, problem), N, problem, block.U[N])
    E = block.U[N] - start.U[N]
    yield N, E
    for i in range(N - 1, 0, -1):
        operator = operators[i + 1]
        if problem.skip_from(i) is None:
            V = problem.layers[i + 1].solve_input(operator, block.V[i], E, xp=xp)
            block = block.with_V(i, V)
        else:
            block = update_V(block, i, problem, weights, operator, block.V[i])
        block = update_U(block, i, problem, block.U[i])
        E = block.U[i] - start.U[i]
        yield i, E
