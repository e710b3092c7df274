# SPDX-License-Identifier: BSD-3-Clause
"""One batch: forward pass, messages from the output back, and the W blocks that follow them.

On a batch, U and V are set by a forward pass; one backward sweep of V and U blocks makes a target
for every U_i, and its distance E_i from U_i is the message that W_i follows by damped normal
equations with running Gram sums.
"""

import math
from dataclasses import replace
from typing import Any

from ...backends import get_backend
from ...numerics._sketch import N_TESTS
from .._blocks import input_operator
from .._forward import forward
from .._objective import weighted_sum
from .._state import Block
from ._averaging import update_mean
from ._curvature import update_curvatures, update_hessian
from ._evidence import bounded, loss_unit, update_dispersion, update_ridges
from ._messages import activation_chords, activation_slopes, closed_form_messages, linearized_messages
from ._rows import share_roots, weighted_inputs, weighted_rows
from ._schedule import hessian_due, refresh_due, refresh_interval, remaining_share
from ._state import BatchState


def batch_step(state: BatchState, X: Any, Y: Any, s: Any = None, pull: float = 0.0) -> tuple[BatchState, Any]:
    """Change the weights by one batch.

    Parameters
    ----------
    state : BatchState
    X, Y, s : arrays
        Rows, targets, sample weights (None: ones).
    pull : float, default=0.0
        W becomes (W + change + pull W^MC) / (1 + pull) where layer i is compressed.

    Returns
    -------
    state : BatchState
    loss : number
        Weighted loss of the batch before the change.
    """
    problem, weights, N = state.problem, state.weights, state.problem.N
    with problem.row_products():
        V, U = forward(problem, X, weights.W, weights.b)
    block, root = Block(Y, V, U, s), share_roots(X, s, state.batch_weight, xp=problem.xp)
    state, value, gradient = expand_loss(state, block)
    inputs = [None, *(weighted_inputs(problem, i, V[i - 1], root) for i in range(1, N + 1))]
    slopes = activation_slopes(problem, U) if state.settings.linearized else None
    state = refresh_statistics(state, block, inputs, slopes, root)
    changes, gain = [None] * (N + 1), 0.0
    with problem.row_products():
        if slopes is None:
            messages = closed_form_messages(problem, weights, block, state.operators)
        else:
            messages = linearized_messages(problem, weights, slopes, gradient)
        for i, E in messages:
            rows = weighted_rows(problem.layers[i], E, root, xp=problem.xp)
            changes[i], predicted = layer_change(state, i, inputs[i], rows)
            gain += predicted
    state = apply_changes(state, changes, gain, pull)
    state = replace(state, n_batches=state.n_batches + 1)
    if state.n_batches % state.interval == 0:
        state = update_mean(state)
    return state, weighted_sum(value, s, xp=problem.xp)


def expand_loss(state: BatchState, block: Block) -> tuple[BatchState, Any, Any]:
    """The state with this batch in the loss's running Hessian and dispersion; value and gradient of rows.

    With blocks in closed form there is the value alone, as no derivative is taken.
    """
    loss, xp, V = state.problem.loss, state.problem.xp, block.V[state.problem.N]
    if not state.settings.linearized:
        return state, loss.value(block.Y, V, xp=xp), None
    value, gradient, hessian = loss.expansion(block.Y, V, block.s, xp=xp)
    running = new = state.hessian
    if running is None or hessian_due(state.n_batches - state.first_batch, V.shape[1]):
        new = hessian()
        running = update_hessian(running, new)
    dispersion = update_dispersion(state, gradient, block.s, new)
    return replace(state, hessian=running, dispersion=dispersion), value, gradient


def refresh_statistics(
    state: BatchState, block: Block, inputs: list, slopes: list | None, root: Any
) -> BatchState:
    """The state with this batch in its curvatures, if it is due.

    Parameters
    ----------
    state : BatchState
    block : Block
        Forward pass of the batch.
    inputs : list of arrays
        From :func:`~._rows.weighted_inputs`.
    slopes : list of arrays or None
        Derivatives of the hidden layers' activations; None: chords take their place.
    root : array or float
        From :func:`~._rows.share_roots`.
    """
    problem, weights, settings = state.problem, state.weights, state.settings
    count, interval = state.n_batches - state.first_batch, state.interval
    if interval is None:
        shapes, rows = [W.shape for W in weights.W[1:]], [A.shape[0] for A in inputs[1:]]
        if problem.wide:  # nothing of the size of its Gram matrix is made
            shapes[0] = (N_TESTS, shapes[0][1])
        interval = refresh_interval(settings, shapes, rows)
    if not refresh_due(count, interval):
        return state
    slopes = activation_chords(problem, block) if slopes is None else slopes
    curvatures = update_curvatures(state, inputs, slopes, root)
    operators = state.operators
    if not settings.linearized:
        solved = (input_operator(i - 1, problem, weights) for i in range(2, problem.N + 1))
        operators = (None, None, *solved)
    state = replace(state, curvatures=curvatures, operators=operators, interval=interval)
    return update_ridges(state)


def layer_change(state: BatchState, i: int, A: Any, E: Any) -> tuple[Any, Any]:
    """Change (G + .)^{-1} D (S + .)^{-1} of W_i and b_i, and its product with D, a number.

    D = A'E - delta_i / n W_i is minus the gradient of the mean loss with its ridge. A message in closed
    form is the change of U_i itself, not a slope: it needs no S, and stands beside delta_i / (rho n).
    """
    curvature, xp, linearized = state.curvatures[i], state.problem.xp, state.settings.linearized
    slope, W = A.T @ E, state.weights.W[i]
    weight = state.ridge_rows * (1.0 if linearized else state.problem.penalties.rho)
    pull = (state.ridges[i] / weight) * W
    if slope.shape[0] == W.shape[0]:
        slope = slope - pull
    else:  # the intercept has no ridge
        slope = xp.concat([slope[:-1, :] - pull, slope[-1:, :]], axis=0)
    change = curvature.gram_inverse @ slope
    if linearized:
        change = change @ curvature.sensitivity_inverse
    return change, get_backend(xp).number(xp.sum(change * slope), xp=xp)


def apply_changes(state: BatchState, changes: list, gain: Any, pull: float) -> BatchState:
    """Shrink to the trust region, add momentum, change W and b, and pull W towards W^MC.

    Parameters
    ----------
    state : BatchState
    changes : list of arrays
        Of W_i and b_i, from :func:`layer_change`.
    gain : number
        Sum of what it predicts.
    pull : float
    """
    settings, weights, N = state.settings, state.weights, state.problem.N
    together = N if settings.linearized else 1
    step = settings.step * remaining_share(state.n_batches, state.n_steps)
    size = step * step * gain / loss_unit(state)
    shrink = trust_factor(size, state.trust, xp=state.problem.xp)
    velocities: list = [None] * (N + 1)
    for i in range(1, N + 1):
        velocity = shrink * changes[i]
        if state.velocity[i] is not None:
            velocity += settings.momentum * state.velocity[i]
        velocities[i] = velocity
        change, W, b = (step / together) * velocity, weights.W[i], weights.b[i]
        if b is not None:
            b = b + change[-1, :]
            change = change[:-1, :]
        W = W * (1.0 - decay_share(state, i, shrink * step / together)) + change
        if pull and weights.M[i] is not None:
            W = (W + pull * weights.M_dense[i]) * (1.0 / (1.0 + pull))
        weights = weights.updated(W=(i, W), b=(i, b))
    pulled = state.pulled or pull > 0.0
    return replace(state, weights=weights, velocity=tuple(velocities), stale=True, pulled=pulled)


def trust_factor(size: Any, trust: float, *, xp: Any) -> Any:
    """Factor that brings a predicted change of the loss into the trust region, at most 1; a number."""
    if not get_backend(xp).synchronous:
        ones = xp.ones_like(size)
        return xp.sqrt(trust / xp.where(size > trust, size, trust * ones))
    return math.sqrt(trust / size) if size > trust else 1.0


def decay_share(state: BatchState, i: int, step: Any) -> Any:
    """Share of W_i that one batch takes away beside its change, a number.

    Over a whole fit, what no batch asks for is to fall by exp(-shrink), however short the fit: first
    weights are random, and what is left of them is what a compression cannot keep. The ridge's own share
    counts, in directions of mean curvature; with messages in closed form it is left out. The curvature of
    a likelihood falls as the outputs get sure, so that its ridge is enough; that of others stays. A ridge
    that is given is all there is.

    Parameters
    ----------
    state : BatchState
    i : int
        Layer, 1 ... N.
    step : number
        Factor of the changes of this batch.
    """
    settings, problem = state.settings, state.problem
    enough = problem.loss.is_likelihood or problem.penalties.ridge is not None
    if not state.n_steps or (settings.linearized and enough):
        return 0.0
    share = 2.0 * settings.shrink / state.n_steps * remaining_share(state.n_batches, state.n_steps)
    if not settings.linearized:
        return share
    ridge, unit = state.ridges[i] / state.ridge_rows, 1.0 + settings.damping
    g, s = (unit * mean for mean in state.curvatures[i].mean_diagonals)
    taken = step / (1.0 - settings.momentum) * ridge / (g * s + ridge)
    return bounded(share - taken, (0.0, share), xp=problem.xp)
