# SPDX-License-Identifier: BSD-3-Clause
"""How strong the ridge of each layer is: by the evidence, or as the user says.

MacKay's fixed point on the Kronecker-factored Laplace approximation (MacKay 1992; Ritter, Botev and
Barber 2018). A layer's Hessian is n G x S, so its eigenvalues are lambda = n g s, and
gamma = sum lambda / (lambda + delta) of its weights are determined by the data. The ridge is where
delta ||W||^2 = phi gamma, with phi the dispersion of the loss. One number for the whole network is less
at the mercy of single layers: delta_i = a d_i / 2, with d_i the inputs of the layer, so that a = 1 says
that first weights as those of He et al. are likely. Where W is to become a W^MC of fewer numbers, all of
its gamma counts all the same: which numbers are kept is learned, too. Two factors of one weight have the
gamma of both.
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

from ...backends import get_backend
from ._ridges import prior_ridges
from ._state import BatchState

#: curvature updates between two updates of the ridges
EVERY = 4
#: share of the fixed point: the approximation counts directions as determined that new rows are not sure of;
#: of a likelihood it is that where the dispersion on new rows is 1, within bounds
SHARE = 0.5
LIKELIHOOD_BOUNDS = (0.1, 1.0)
#: dispersion below which rows have hardly a label by chance: the share falls faster from there
NOISY = 0.5
#: temperatures on held-out rows between which labels are more and more clean. Near 1 it says little of one
#: table; below, that of the short fit is of its shortness
CLEAN = (0.65, 0.8)
#: part of the weights that rows determine below which a network has some to spare; bounds of what there is
#: of it; and the power of that, for each factor of e below the upper end of CLEAN
FEW_DETERMINED, PART_BOUNDS, SPARE_POWER = 0.2, (1e-3, 1.0), 10.0
#: least part of a row's outputs that other rows are taken to determine; the same for a loss without units of
#: its own, where few rows would lose all that they say
LEAST_LEFT, LEAST_FREE = 0.1, 0.7
#: least share of the trace of a Hessian that is not of smoothed targets
LEAST_UNSURE = 0.1
#: share of the running dispersion that survives a batch
DISPERSION_MEMORY = 0.98
#: least and largest ridge
BOUNDS = (1e-8, 1e12)


def update_dispersion(state: BatchState, gradient: Any, shares: Any, hessian: Any) -> Any:
    """phi, the running mean square of the loss's gradient over the trace of its Hessian.

    For a loss in units of its own, such as squared error, it is the variance of what is left. Where the
    loss is minus the logarithm of a likelihood both are the same on average if the model holds: less
    says that the rows are fitted closer than the model expects. Curvature that is there only as smoothed
    targets keep outputs from being sure says nothing of that, and is taken off.

    Parameters
    ----------
    state : BatchState
    gradient : array of shape (n, d_N)
        Of each row's loss in its outputs.
    shares : array of shape (n,) or None
        Sample weights of the batch; None: ones.
    hessian : array of shape (d_N, d_N)
        Of the batch, or the running one.
    """
    xp = state.problem.xp
    number = get_backend(xp).number
    squares = xp.sum(gradient**2, axis=1)
    mean = xp.mean(squares) if shares is None else xp.sum(shares * squares) / xp.sum(shares)
    unit = float(xp.finfo(gradient.dtype).eps)  # where nothing is left, rounding is
    trace = xp.linalg.trace(hessian)
    sure = state.problem.loss.sure_curvature(gradient.shape[1])
    if sure:
        trace = xp.maximum(trace - sure, LEAST_UNSURE * trace)
    new = number(mean / (trace + unit) + unit, xp=xp)
    if state.dispersion is None:
        return new
    return DISPERSION_MEMORY * state.dispersion + (1.0 - DISPERSION_MEMORY) * new


def update_ridges(state: BatchState) -> BatchState:
    """The state with new ridges where they are due and not given."""
    if state.problem.penalties.ridge is not None or not state.settings.linearized:
        return state
    n_updates = state.curvatures[1].count
    if n_updates == 0 or n_updates % EVERY:
        return state
    problem, xp = state.problem, state.problem.xp
    backend = get_backend(xp)
    number, squares = backend.number, backend.sum_of_squares
    prior, determined, wanted, size = prior_ridges(problem), 0.0, 0.0, 0.0
    in_products = factor_layers(state)
    for i in range(1, problem.N + 1):
        curvature = state.curvatures[i]
        sides = curvature.input_eigenvalues(xp=xp), backend.eigenvalues(curvature.sensitivity, xp=xp)
        g, s = (xp.clip(values, 0.0, None) for values in sides)
        eigenvalues = (state.evidence_rows * g)[:, None] * s[None, :]
        of_layer = number(xp.sum(eigenvalues / (eigenvalues + state.ridges[i])), xp=xp)
        determined = determined + of_layer
        wanted = wanted + (2.0 * of_layer if i in in_products else of_layer)
        size = size + prior[i] * squares(state.weights.W[i], xp=xp)
    share = evidence_share(state, determined) * wanted / (size + BOUNDS[0])
    ridges = [None]
    for i in range(1, problem.N + 1):  # the geometric mean of the old and the new one
        ridge = bounded((state.ridges[i] * share * prior[i]) ** 0.5, BOUNDS, xp=xp)
        ridges.append(ridge if isinstance(ridge, float) else xp.astype(ridge, state.weights.W[i].dtype))
    return replace(state, ridges=tuple(ridges))


def factor_layers(state: BatchState) -> set[int]:
    """Layers that are a factor of a weight A B each.

    What draws A B back along its own size is delta ||A||^2, or as much by B, and not the sum of both: with
    the gamma of A alone for A, the product would have half the ridge that a weight has by its gamma.
    """
    if state.factorization is None:
        return set()
    pairs = [(first, last) for _, first, last in state.factorization.positions() if first != last]
    return {i for pair in pairs for i in pair}


def numbers_of_a_row(state: BatchState) -> float:
    """How many numbers a row says.

    One for each output; about K classes not K - 1, as few of them compete: the root of K - 1 is between.
    """
    n_outputs = state.weights.W[state.problem.N].shape[1]
    return n_outputs if state.problem.loss.elementwise else max(n_outputs - 1, 1) ** 0.5


def evidence_share(state: BatchState, determined: Any) -> Any:
    """What gamma is multiplied by at the fixed point: a share, in units of the loss.

    The dispersion on new rows is about phi / (1 - h)^2, with h the part of a row's outputs that the row
    itself determines, as in cross-validation by leaving one out: without it a network that has begun to
    learn its rows by heart would have less and less ridge. A loss without units of its own has its share in
    units of that: ``SHARE``; of a regression the root of it where that is more, and all at most. So much of
    targets of variance 1 is left over then that weights follow errors of the rows. A likelihood has units.
    Its share goes with the root, so that rows with hardly an error to learn from (letters) ask for less ridge
    than noisy ones (incomes), and small noisy tables for all of it. Below ``NOISY`` it goes with phi^1.5:
    where labels are hardly ever by chance a wide network may follow them all.

    Rows that were held out tell it better than those that are fitted: see :func:`spare_factor`.

    Parameters
    ----------
    state : BatchState
    determined : number
        gamma.
    """
    problem, xp, phi = state.problem, state.problem.xp, state.dispersion
    said = state.evidence_rows * numbers_of_a_row(state)
    left = bounded(1.0 - determined / said, (LEAST_LEFT, 1.0), xp=xp)
    if not problem.loss.is_likelihood:
        new_rows = phi / bounded(left, (LEAST_FREE, 1.0), xp=xp) ** 2
        in_variances = problem.loss.standardises and "regression" in problem.loss.tasks
        return new_rows * (bounded(new_rows**0.5, (SHARE, 1.0), xp=xp) if in_variances else SHARE)
    share = SHARE * phi**0.5 * bounded(phi / NOISY, (0.0, 1.0), xp=xp) / left
    return bounded(share * spare_factor(state, determined), LIKELIHOOD_BOUNDS, xp=xp)


def spare_factor(state: BatchState, determined: Any) -> Any:
    """min(5 gamma / P, 1)^(10 log(0.8 / T)), what the share falls by where labels are clean and weights many.

    T is the temperature of a short fit on rows that were held out from it. Well below 1 it says that outputs
    could have been surer of rows that they had not seen: labels are hardly ever by chance. Then P weights,
    many more than the gamma that rows determine, can follow them all, and the approximation, which counts
    layer by layer, asks for too much ridge. Narrow networks have no weights to spare.
    """
    xp, (low, high) = state.problem.xp, CLEAN
    temperature = min(max(state.settings.temperature, low), high)
    n_weights = sum(math.prod(W.shape) for W in state.weights.W[1:])
    part = bounded(determined / (FEW_DETERMINED * n_weights), PART_BOUNDS, xp=xp)
    return part ** (SPARE_POWER * math.log(high / temperature))


def loss_unit(state: BatchState) -> Any:
    """What a change of the loss is measured in: phi, or 1 for a likelihood, a number."""
    if state.dispersion is None or state.problem.loss.is_likelihood:
        return 1.0
    return state.dispersion


def bounded(x: Any, bounds: tuple, *, xp: Any) -> Any:
    """A number within bounds."""
    low, high = bounds
    return min(max(x, low), high) if isinstance(x, float) else xp.clip(x, low, high)
