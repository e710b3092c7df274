# SPDX-License-Identifier: BSD-3-Clause
"""The oracle: Algorithm 1 of arXiv:2303.06815 in plain NumPy loops, sharing no code with ours.

Rows are samples; sums, not means. A network is a dictionary:

``X, Y, s``
    Inputs, targets and sample weights (always an array).
``U, V, W, b``
    Lists with entry i for layer i; V[0] is X, U[0], W[0], b[0] are None. ``b[i]`` is None without
    intercepts.
``M``
    List of what W_i^MC stores, as the functions below want it; None: layer i is not compressed.
``rho, gamma, tau, alpha, alpha_w, ridge``
    Penalties.
``activation, loss, compression``
    Pairs and triples of functions from the tables at the end, or others with the same signatures.

Every step is taken by another route than the package's: printed lemmas entry by entry, one linear
system for each row, least squares of stacked rows, explicit design matrices.
"""

import math

import numpy as np

# activations: sigma(u) and argmin_u 1/2 (sigma(u) - a)^2 + g/2 (u - b)^2, scalars --------------


def relu(u):
    return max(0.0, u)


def relu_prox(a, b, g):
    """Lemma 9, as printed."""
    if a + g * b >= 0 and b >= 0:
        return (a + g * b) / (1 + g)
    if -(math.sqrt(g * (g + 1)) - g) * a <= g * b < 0:
        return (a + g * b) / (1 + g)
    if -a <= g * b <= -(math.sqrt(g * (g + 1)) - g) * a < 0:
        return b
    return min(b, 0.0)


def leaky_relu(u, slope=0.01):
    return u if u >= 0 else slope * u


def leaky_relu_prox(a, b, g, slope=0.01):
    """All stationary points on their own side and the kink; the best of them."""
    candidates = [0.0]
    if (a + g * b) / (1 + g) > 0:
        candidates.append((a + g * b) / (1 + g))
    if (slope * a + g * b) / (slope**2 + g) < 0:
        candidates.append((slope * a + g * b) / (slope**2 + g))
    return min(candidates, key=lambda u: (leaky_relu(u, slope) - a) ** 2 + g * (u - b) ** 2)


def identity(u):
    return u


def identity_prox(a, b, g):
    return b + (a - b) / (1 + g)


# losses: loss(v, y) and argmin_v loss(v, y) + g/2 (v - b)^2, scalars, summed over outputs -------


def squared_error(v, y):
    return 0.5 * (v - y) ** 2


def squared_error_prox(y, b, g):
    return b + (y - b) / (1 + g)


def hinge(v, y):
    return max(0.0, 1.0 - y * v)


def hinge_prox(a, b, g):
    """Lemma 8, as printed."""
    if a == 0:
        return b
    if a * b <= 1 - a * a / g:
        return b + a / g
    if a * b < 1:
        return 1 / a
    return b


# compressions: dense(M), step(target, M), penalty(M) --------------------------------------------


def no_penalty(M):
    return 0.0


def l0_step(target, M):
    """Keep as many entries as M has: the largest, by a full sort."""
    order = np.argsort(-np.abs(target).ravel(), kind="stable")
    new = np.zeros(target.size)
    for place in order[: np.count_nonzero(M)]:
        new[place] = target.ravel()[place]
    return new.reshape(target.shape)


def low_rank_step(target, M):
    """Best left factor for the old right one, then the best right factor for that left one."""
    _, right = M
    left = np.linalg.lstsq(right.T, target.T, rcond=None)[0].T
    return left, np.linalg.lstsq(left, target, rcond=None)[0]


def train(cores):
    """The full tensor of TT-cores, entry by entry of the first index pairs."""
    tensor = cores[0]
    for core in cores[1:]:
        tensor = np.tensordot(tensor, core, axes=1)
    return tensor[0, ..., 0]


def train_step(tensor, cores):
    """Core 1 to core d, each by least squares with the others fixed, eq. (26) without its prox."""
    cores = list(cores)
    for k, core in enumerate(cores):
        columns = []
        for place in np.ndindex(core.shape):
            unit = np.zeros(core.shape)
            unit[place] = 1.0
            columns.append(train([*cores[:k], unit, *cores[k + 1 :]]).ravel())
        design = np.stack(columns, axis=1)
        solution = np.linalg.lstsq(design, tensor.ravel(), rcond=None)[0]
        cores[k] = solution.reshape(core.shape)
    return cores


def flat_tt(shape, modes):
    """Tensor trains of a plain reshape to ``modes``."""

    def dense(cores):
        return train(cores).reshape(shape)

    def step(target, cores):
        return train_step(target.reshape(modes), cores)

    return dense, step, no_penalty


def paired_tt(shape, rows, columns):
    """Tensor trains of eq. (2): mode k runs over the pairs (i_k, j_k), i_k slow and j_k fast."""

    def pairs():
        for i, row in enumerate(np.ndindex(rows)):
            for j, column in enumerate(np.ndindex(columns)):
                place = tuple(a * n + c for a, c, n in zip(row, column, columns, strict=True))
                yield i, j, place

    def dense(cores):
        tensor, W = train(cores), np.zeros(shape)
        for i, j, place in pairs():
            W[i, j] = tensor[place]
        return W

    def step(target, cores):
        tensor = np.zeros([m * n for m, n in zip(rows, columns, strict=True)])
        for i, j, place in pairs():
            tensor[place] = target[i, j]
        return train_step(tensor, cores)

    return dense, step, no_penalty


# Algorithm 1 ------------------------------------------------------------------------------------


def preactivation(net, i):
    """P_i = V_{i-1} W_i + b_i."""
    P = net["V"][i - 1] @ net["W"][i]
    return P if net["b"][i] is None else P + net["b"][i]


def objective(net):
    """L of (7), summed entry by entry."""
    N, L = len(net["W"]) - 1, 0.0
    sigma, loss = net["activation"][0], net["loss"][0]
    for j in range(len(net["X"])):
        for v, y in zip(net["V"][N][j], net["Y"][j], strict=True):
            L += net["s"][j] * loss(v, y)
    for i in range(1, N + 1):
        P = preactivation(net, i)
        for j, o in np.ndindex(P.shape):
            u, v = net["U"][i][j, o], net["V"][i][j, o]
            L += net["s"][j] * net["rho"] / 2 * (u - P[j, o]) ** 2
            L += net["s"][j] * net["gamma"] / 2 * (v - (sigma(u) if i < N else u)) ** 2
        L += net["ridge"] / 2 * np.sum(net["W"][i] ** 2)
        if net["M"][i] is not None:
            dense, _, penalty = net["compression"][i]
            L += net["tau"] / 2 * np.sum((net["W"][i] - dense(net["M"][i])) ** 2)
            L += penalty(net["M"][i])
    return L


def update_V_output(net):
    """(8): per entry, centre (gamma U + alpha V)/(gamma + alpha)."""
    N, gamma, alpha = len(net["W"]) - 1, net["gamma"], net["alpha"]
    new = np.zeros_like(net["V"][N])
    for place in np.ndindex(new.shape):
        center = (gamma * net["U"][N][place] + alpha * net["V"][N][place]) / (gamma + alpha)
        new[place] = net["loss"][1](net["Y"][place], center, gamma + alpha)
    net["V"][N] = new


def update_U_output(net):
    """(10)."""
    N, gamma, rho = len(net["W"]) - 1, net["gamma"], net["rho"]
    P, new = preactivation(net, N), np.zeros_like(net["U"][N])
    for place in np.ndindex(new.shape):
        new[place] = (gamma * net["V"][N][place] + rho * P[place]) / (gamma + rho)
    net["U"][N] = new


def update_V(net, i):
    """(9): the normal equations of each row; relaxed."""
    W, b, U = net["W"][i + 1], net["b"][i + 1], net["U"][i + 1]
    left = net["rho"] * W @ W.T + net["gamma"] * np.eye(len(W))
    new = np.zeros_like(net["V"][i])
    for j in range(len(new)):
        sigma = np.array([net["activation"][0](u) for u in net["U"][i][j]])
        residual = U[j] if b is None else U[j] - b
        new[j] = np.linalg.solve(left, net["rho"] * W @ residual + net["gamma"] * sigma)
    net["V"][i] = net["V"][i] + net["relaxation"] * (new - net["V"][i])


def update_U(net, i):
    """(11): per entry, centre (rho P + alpha U)/(rho + alpha), weight (rho + alpha)/gamma."""
    rho, gamma, alpha = net["rho"], net["gamma"], net["alpha"]
    P, new = preactivation(net, i), np.zeros_like(net["U"][i])
    for place in np.ndindex(new.shape):
        center = (rho * P[place] + alpha * net["U"][i][place]) / (rho + alpha)
        new[place] = net["activation"][1](net["V"][i][place], center, (rho + alpha) / gamma)
    net["U"][i] = new


def update_W(net, i):
    """(12) with sample weights, ridge, intercept and its own prox: one stacked least squares.

    W is relaxed; b is the best one for it.
    """
    V, U, W, M = net["V"][i - 1], net["U"][i], net["W"][i], net["M"][i]
    d_in, d_out = W.shape
    has_b = net["b"][i] is not None
    rows, values = [], []
    for j in range(len(V)):
        root = math.sqrt(net["rho"] * net["s"][j])
        rows.append(root * np.append(V[j], 1.0 if has_b else 0.0))
        values.append(root * U[j])
    pulls = [(net["ridge"], np.zeros_like(W)), (net["alpha_w"], W)]
    if M is not None:
        pulls.append((net["tau"], net["compression"][i][0](M)))
    for weight, center in pulls:
        for k in range(d_in):
            unit = np.zeros(d_in + 1)
            unit[k] = math.sqrt(weight)
            rows.append(unit)
            values.append(math.sqrt(weight) * center[k])
    solution = np.linalg.lstsq(np.array(rows), np.array(values), rcond=None)[0]
    net["W"][i] = W + net["relaxation"] * (solution[:d_in] - W)
    if has_b:
        offsets = [U[j] - V[j] @ net["W"][i] for j in range(len(V))]
        net["b"][i] = np.average(offsets, axis=0, weights=net["s"])


def update_M(net, i):
    """(13): the compression's step at (tau W + alpha M)/(tau + alpha); the old M unless better."""
    if net["M"][i] is None:
        return
    dense, step, penalty = net["compression"][i]
    tau, alpha, old = net["tau"], net["alpha"], net["M"][i]
    target = (tau * net["W"][i] + alpha * dense(old)) / (tau + alpha)
    new = step(target, old)
    value_old = penalty(old) + (tau + alpha) / 2 * np.sum((dense(old) - target) ** 2)
    value_new = penalty(new) + (tau + alpha) / 2 * np.sum((dense(new) - target) ** 2)
    if value_new <= value_old:
        net["M"][i] = new


def sweep(net):
    """One iteration of Algorithm 1, in place."""
    N = len(net["W"]) - 1
    update_V_output(net)
    update_U_output(net)
    update_W(net, N)
    update_M(net, N)
    for i in range(N - 1, 0, -1):
        update_V(net, i)
        update_U(net, i)
        update_W(net, i)
        update_M(net, i)


ACTIVATIONS = {
    "relu": (relu, relu_prox),
    "leaky_relu": (leaky_relu, leaky_relu_prox),
    "identity": (identity, identity_prox),
}
LOSSES = {
    "squared_error": (squared_error, squared_error_prox),
    "hinge": (hinge, hinge_prox),
}
COMPRESSIONS = {
    "low_rank": (lambda M: M[0] @ M[1], low_rank_step, no_penalty),
    "l0": (lambda M: M, l0_step, no_penalty),
}
