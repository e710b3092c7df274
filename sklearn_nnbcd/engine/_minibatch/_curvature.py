# SPDX-License-Identifier: BSD-3-Clause
"""Running second moments of the layers: both sides of the mini-batch solvers' metric."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

from ...backends import get_backend, namespace_of
from ...numerics._linalg import add_to_diagonal, inverse_factor, own_product
from ...numerics._metric import Metric
from ...numerics._sketch import GramSketch
from .._metrics import mean_diagonal, output_sensitivity, with_ridge
from ._rows import weighted_rows
from ._schedule import BatchSettings

if TYPE_CHECKING:
    from ._state import BatchState

#: ridges of a metric's G and S, in units of their mean diagonals
METRIC_RIDGES = (1e-3, 0.1)


@dataclass(frozen=True, eq=False)
class Curvature:
    """Running second moments of one layer, and the inverses of their damped forms.

    Attributes
    ----------
    constant : bool
        Whether the last input is the constant 1 of the intercept.
    count : int
        Batches in the sums.
    gram : array of shape (d_in + 1, d_in + 1), or GramSketch of one, or None
        Mean of v v' with a constant 1 appended to v; (d_in, d_in) without intercepts. None: no batch yet.
    overlap : array of shape (d_out, d_out) or None
        Mean of d d' over rows (and positions), with d the slopes of sigma at u: derivatives, or chords
        where none are taken. None for the output layer.
    sensitivity : array of shape (d_out, d_out) or None
        What the loss feels of a change of U_i: S_N its mean Hessian in the outputs and
        S_i = (W_{i+1} S_{i+1} W_{i+1}') * overlap_i, entry by entry.
    gram_inverse, sensitivity_inverse : arrays or None
        Inverses of the damped ``gram`` and ``sensitivity``; messages in closed form need no second one.
    """

    constant: bool = True
    count: int = 0
    gram: Any = None
    overlap: Any = None
    sensitivity: Any = None
    gram_inverse: Any = None
    sensitivity_inverse: Any = None

    @cached_property
    def mean_input(self) -> Any:
        """Mean of v, shape (d_in,); None without a constant, or before the first batch."""
        if self.gram is None or not self.constant:
            return None
        return self.gram[-1, :-1] / self.gram[-1, -1]

    @cached_property
    def mean_diagonals(self) -> tuple:
        """Means of the diagonals of G and S, numbers; never nothing."""
        xp = namespace_of(self.gram)
        tiny = float(xp.finfo(self.gram.dtype).smallest_normal)
        return tuple(mean_diagonal(A, xp=xp) + tiny for A in (self.gram, self.sensitivity))

    @cached_property
    def metric(self) -> Metric | None:
        """Centred G, and S, with small ridges; None, the Frobenius norm, before the first batch.

        The same object as long as the sums stay, so that its factors are computed once.
        """
        if self.gram is None:
            return None
        xp, G, S = namespace_of(self.gram), self.gram, self.sensitivity
        if self.constant:
            mean = self.mean_input
            G = G[:-1, :-1] - G[-1, -1] * (mean[:, None] * mean[None, :])
        G = with_ridge(G, METRIC_RIDGES[0], xp=xp)
        return Metric(G, with_ridge(S, METRIC_RIDGES[1], xp=xp))

    # what is made of the inputs; a wide layer keeps less of them

    def input_moments(self, A: Any) -> Any:
        """A'A of weighted rows A, in the form of ``gram``."""
        return A.T @ A

    def mean_square(self, gram: Any, *, xp: Any) -> Any:
        """Mean of the diagonal, a number."""
        return mean_diagonal(gram, xp=xp)

    def damped(self, gram: Any, damping: float, *, xp: Any) -> Any:
        """(gram + damping * mean diagonal I)^{-1}, for products from the left."""
        return damped_inverse(gram, damping, xp=xp)

    def input_eigenvalues(self, *, xp: Any) -> Any:
        """Eigenvalues of ``gram``."""
        return get_backend(xp).eigenvalues(self.gram, xp=xp)


@dataclass(frozen=True, eq=False)
class WideCurvature(Curvature):
    """The curvature of a first layer of very many inputs: ``gram`` is a :class:`GramSketch`."""

    @cached_property
    def mean_input(self) -> Any:
        """Mean of v, shape (d_in,); None without a constant, or before the first batch."""
        if self.gram is None or not self.constant:
            return None
        column = self.gram.last_column
        return column[:-1] / column[-1]

    @cached_property
    def metric(self) -> Metric | None:
        """The diagonal of the centred G, and S, with small ridges; None before the first batch."""
        if self.gram is None:
            return None
        G, xp = self.gram.diagonal, namespace_of(self.gram.diagonal)
        if self.constant:
            G = xp.clip(G[:-1] - G[-1] * self.mean_input**2, 0.0, None)
        S = with_ridge(self.sensitivity, METRIC_RIDGES[1], xp=xp)
        return Metric(with_ridge(G, METRIC_RIDGES[0], xp=xp), S)

    def input_moments(self, A: Any) -> GramSketch:
        """The sketch of A'A."""
        return GramSketch.of(A, None if self.gram is None else self.gram.tests)

    def mean_square(self, gram: GramSketch, *, xp: Any) -> Any:
        """Mean of the diagonal, a number."""
        return gram.mean_diagonal()

    def damped(self, gram: GramSketch, damping: float, *, xp: Any) -> Any:
        """The same inverse of the sketch."""
        ridge = damping * gram.mean_diagonal()
        return gram.inverse(ridge + float(xp.finfo(gram.diagonal.dtype).eps))

    def input_eigenvalues(self, *, xp: Any) -> Any:
        """Eigenvalues of the sketch."""
        return self.gram.eigenvalues()


def update_curvature(
    curvature: Curvature, A: Any, slopes: Any, above: Any, ridge: Any, settings: BatchSettings, *, xp: Any
) -> Curvature:
    """The curvature with one more batch in its sums.

    Parameters
    ----------
    curvature : Curvature
    A : array of shape (rows, d_in + 1)
        Inputs, each row times the root of its share of the weight.
    slopes : array of shape (rows, d_out) or None
        Of the activation at u, weighted likewise; None for the output layer.
    above : array of shape (d_out, d_out)
        The next layer's sensitivity in terms of V_i; the loss's own for the output layer.
    ridge : number
        delta_i / n, the curvature of the ridge: where the data say nothing it is all there is.
    settings : BatchSettings
    xp : module
    """
    memory = min(settings.memory, curvature.count / (curvature.count + 1.0))
    gram, overlap = running_mean(curvature.gram, curvature.input_moments(A), memory), curvature.overlap
    sensitivity = above
    if slopes is not None:
        overlap = running_mean(overlap, slopes.T @ slopes, memory)
        sensitivity = above * overlap
    inverse = None
    if settings.linearized:
        unit = (1.0 + settings.damping) * curvature.mean_square(gram, xp=xp) + float(xp.finfo(A.dtype).eps)
        inverse = damped_inverse(sensitivity, settings.damping, ridge / unit, xp=xp)
    return replace(
        curvature,
        count=curvature.count + 1,
        gram=gram,
        overlap=overlap,
        sensitivity=sensitivity,
        gram_inverse=curvature.damped(gram, settings.damping, xp=xp),
        sensitivity_inverse=inverse,
    )


def update_curvatures(state: BatchState, inputs: list, slopes: list, root: Any) -> tuple:
    """Curvatures of all layers, from the output back, with one more batch in the running sums.

    Parameters
    ----------
    state : BatchState
    inputs : list of arrays
        Of each layer, as :func:`~._rows.weighted_inputs` makes them.
    slopes : list of arrays
        Of the hidden layers' activations, derivatives or chords.
    root : array or float
        From :func:`~._rows.share_roots`.
    """
    problem, W, settings = state.problem, state.weights.W, state.settings
    xp, N = problem.xp, problem.N
    new, S = list(state.curvatures), [None] * (N + 1)
    for i in range(N, 0, -1):
        above, rows = output_sensitivity(problem, i, W, S, state.hessian), None
        if i < N:
            layer = problem.layers[i]
            rows = weighted_rows(layer, slopes[i], root, xp=xp) * layer.positions**-0.5
        ridge = state.ridges[i] / state.ridge_rows
        new[i] = update_curvature(new[i], inputs[i], rows, above, ridge, settings, xp=xp)
        S[i] = new[i].sensitivity
    return tuple(new)


#: share of the running Hessian that survives a batch
HESSIAN_MEMORY = 0.9


def update_hessian(hessian: Any, new: Any) -> Any:
    """The running mean of the loss's Hessian with that of one more batch."""
    return running_mean(hessian, new, HESSIAN_MEMORY)


def running_mean(old: Any, new: Any, memory: float) -> Any:
    """Running average; the first value is taken as it is."""
    return new if old is None else memory * old + (1.0 - memory) * new


def damped_inverse(A: Any, damping: float, more: Any = 0.0, *, xp: Any) -> Any:
    """(A + (damping * mean diagonal + more) I)^{-1}."""
    K = inverse_factor(add_to_diagonal(with_ridge(A, damping, xp=xp), more, xp=xp), xp=xp)
    return own_product(K, xp=xp)
