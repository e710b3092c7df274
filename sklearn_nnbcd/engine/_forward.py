# SPDX-License-Identifier: BSD-3-Clause
"""The network with its dense weights W: one layer's affine map, and the forward pass."""

from collections.abc import Sequence
from typing import Any


def affine(problem: Any, i: int, V: Sequence, W: Sequence, b: Sequence) -> Any:
    """P_i = V_{i-1} W_i + b_i, and V_k on top where a residual block carries it into U_i."""
    P = problem.layers[i].forward(V[i - 1], W[i], b[i], xp=problem.xp)
    k = problem.skip_into(i)
    return P if k is None else P + V[k]


def forward(problem: Any, X: Any, W: Sequence, b: Sequence) -> tuple[tuple, tuple]:
    """V_0 ... V_N and U_1 ... U_N of a forward pass; U_0 is None."""
    V, U = [X], [None]
    for i in range(1, problem.N + 1):
        U.append(affine(problem, i, V, W, b))
        V.append(problem.activations[i](U[-1], xp=problem.xp))
    return tuple(V), tuple(U)
