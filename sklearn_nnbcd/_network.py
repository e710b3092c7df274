# SPDX-License-Identifier: BSD-3-Clause
"""The network that a fit leaves behind, and how it is run."""

from .compressions import DenseWeight

#: entries of the widest array that one block of rows may have: a few megabytes, about one cache
_BLOCK_ENTRIES = 2**20


def block_rows(widths):
    """Rows of a block such that its widest array stays near the size of a cache."""
    return max(64, _BLOCK_ENTRIES // max(widths))


def operators(coefs, *, xp):
    """One function V -> V @ W per layer: through the compressed form, or dense where that is faster."""
    chosen = []
    for coef in coefs:
        dense = coef.shape[0] * coef.shape[1]
        fast = coef if coef.cost < dense else DenseWeight(coef.to_dense(xp=xp))
        chosen.append(fast.operator(xp=xp))
    return chosen


def network_weights(problem, weights):
    """The compressed network: W^MC (W where a layer is dense) and the intercepts that go with it.

    b_i belongs to W_i; what the compression changes at the mean input moves into the intercept,
    b_i + mean(V_{i-1}) (W_i - W_i^MC), which is the exact minimiser of (7) in b_i for W_i^MC.
    """
    coefs, intercepts = [], []
    for i in range(1, problem.N + 1):
        W, b, M = weights.W[i], weights.b[i], weights.M[i]
        coefs.append(DenseWeight(W) if M is None else M)
        if M is not None and b is not None:
            b = b + weights.shift[i] @ (W - weights.M_dense[i])
        intercepts.append(b)
    return coefs, intercepts


def run_network(X, operators, intercepts, activations, rows, *, layers=None, skips=(), xp):
    """Outputs of a forward pass, ``rows`` rows at a time.

    Parameters
    ----------
    X : array of shape (n, d_0)
    operators : list of callables
        A -> A @ W_i, from :func:`operators`.
    intercepts : list of arrays or None
    activations : sequence of activations
    rows : int
    layers : tuple or None, default=None
        The layers of the problem, entry 0 None; None: all of them dense.
    skips : tuple, default=()
        As in the problem: entry i is the k of the V_k that U_i carries, or None.
    xp : module
        Array API namespace.

    Returns
    -------
    V : array of shape (n, d_N)
    """
    outputs = []
    for first in range(0, X.shape[0], rows):
        V = [X[first : first + rows]]
        steps = zip(operators, intercepts, activations, strict=True)
        for i, (multiply, b, sigma) in enumerate(steps, 1):
            if layers is None:
                U = multiply(V[-1])
                U = U if b is None else U + b
            else:
                U = layers[i].apply(V[-1], multiply, b, xp=xp)
            if skips and skips[i] is not None:
                U = U + V[skips[i]]
            V.append(sigma(U, xp=xp))
        outputs.append(V[-1])
    return outputs[0] if len(outputs) == 1 else xp.concat(outputs, axis=0)
