# SPDX-License-Identifier: BSD-3-Clause
"""What two short fits to some rows say of a table, judged on others: ramps, length of a fit, ridge."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.base import clone, is_classifier

from ._arrays import take_rows, to_numpy
from ._held_out import split
from ._outcome import constant_loss, user_losses, weighted_mean
from ._resolve import resolve_sizes
from .backends import namespace_of
from .losses import CrossEntropy, Logistic, SquaredError

#: rows of the two fits and of their comparison, and the share of the comparison
PILOT_ROWS, PILOT_SHARE = 10_000, 1.0 / 3.0
#: rows that each fit sees, one after the other, in so many passes at least and at most; widest hidden layers
PILOT_SEEN, PILOT_PASSES, PILOT_WIDTH = 30_000, (5, 20), 64
#: share of a constant's loss that is left where a fit has its usual length; the power of the ratio to it by
#: which fits are longer and shorter; and the bounds of that
USUAL_SHARE, LENGTH_POWER, LENGTHS = 0.15, 0.5, (0.7, 1.15)
#: losses of classes and of numbers whose shares tell the length: in units of entropy, and of variance
TELLING = {True: (CrossEntropy, Logistic), False: (SquaredError,)}
#: what the two fits do without: the question is one of columns
PLAIN = {
    "compression": None,
    **dict.fromkeys(("rank", "sparsity", "bits", "activation_bits", "compression_ratio", "max_bytes")),
    **dict.fromkeys(("compress_output", "early_stopping", "warm_start"), False),
    "verbose": 0,
}


@dataclass(frozen=True)
class Finding:
    """What two short fits say of a table.

    Attributes
    ----------
    ramps : bool
        Whether a small network loses less on held-out rows with ramps than without.
    share : float or None
        What the better one of both loses there, as a share of what the best constant loses; None: of a loss
        in other units.
    dispersion : float, default=1.0
        Mean square of its loss's slope there over the trace of the mean Hessian, 1 on average where the
        model holds, and for a loss that is no likelihood.
    """

    ramps: bool = False
    share: float | None = None
    dispersion: float = 1.0

    @property
    def length(self) -> float:
        """How many times as long as usual a fit should be.

        Where little is left to lose by chance, what is left is to be learned, and takes long. Where much is
        left, a long fit only comes to follow the noise of its rows.
        """
        if self.share is None or np.isnan(self.share):
            return 1.0
        few, many = LENGTHS
        least = USUAL_SHARE * many ** (-1.0 / LENGTH_POWER)
        return max(few, (USUAL_SHARE / max(self.share, least)) ** LENGTH_POWER)


#: where there are no short fits
NOTHING_FOUND = Finding()


def try_ramps(estimator: Any, rows: Any, bins: int) -> Finding:
    """Two short fits of a small network to some of the rows, with ramps and without, judged on others.

    Smooth functions and clouds of points need none, and what ramps can follow they follow at the cost of
    noise. Thresholds, peaks and values with a meaning of their own ask for them. That cost falls with the
    number of rows: where there are more than both fits see, they help unless they lose by more than a
    standard error.

    Parameters
    ----------
    estimator : estimator
        Not changed.
    rows : Rows
        In memory.
    bins : int
        Of each column.
    """
    classify, state = is_classifier(estimator), clone(estimator).random_state
    fitted, held_out = split(rows.y, classify, state, most=PILOT_ROWS, share=PILOT_SHARE)
    plain = plain_network(estimator, len(fitted))

    def part(places: np.ndarray) -> tuple:
        return take_rows(rows.X, places), rows.y[places], None if rows.s is None else rows.s[places]

    with warnings.catch_warnings():  # the real fit warns again
        warnings.simplefilter("ignore")
        fits = [clone(plain).set_params(column_bins=b).fit(*part(fitted)) for b in (0, bins)]
    seen = [outputs_on(fit, *part(held_out)) for fit in fits]
    without, with_ramps = (row_losses(fit.targets_, *each[:2]) for fit, each in zip(fits, seen, strict=True))
    lost, error = mean_and_error(with_ramps - without, seen[0][2])
    helps = lost < (error if rows.X.shape[0] > PILOT_ROWS else 0.0)
    better, seen_by = fits[int(helps)].targets_, seen[int(helps)]
    return Finding(
        helps,
        share_left(better, *seen_by) if isinstance(better.loss, TELLING[classify]) else None,
        dispersion(better, *seen_by) if better.loss.is_likelihood else 1.0,
    )


def plain_network(estimator: Any, n_rows: int) -> Any:
    """A clone with narrow plain layers, for a short fit to so many rows that no callback watches."""
    few, many = PILOT_PASSES
    plain = clone(estimator).set_params(**PLAIN, max_iter=min(many, max(few, PILOT_SEEN // n_rows)))
    if plain.layers is None:
        sizes = resolve_sizes(estimator.hidden_layer_sizes, type(estimator).__name__)
        plain.set_params(hidden_layer_sizes=tuple(min(size, PILOT_WIDTH) for size in sizes))
    vars(plain).pop("_skl_callbacks", None)
    return plain


def outputs_on(fitted: Any, X: Any, y: np.ndarray, s: np.ndarray | None) -> tuple:
    """(Y, V, s): encoded targets, outputs in the units of y and weights of rows whose classes it knows."""
    if is_classifier(fitted) and y.ndim == 1:
        known = np.flatnonzero(np.isin(y, fitted.classes_))
        X, y, s = take_rows(X, known), y[known], None if s is None else s[known]
    network, targets = fitted.network_, fitted.targets_
    Y = network.xp.asarray(targets.encode(y, network.dtype))
    return Y, network.forward(X), s


def row_losses(targets: Any, Y: Any, V: Any) -> np.ndarray:
    """Loss of each row, in the units of y."""
    return to_numpy(user_losses(targets, Y, V, xp=namespace_of(V)))


def share_left(targets: Any, Y: Any, V: Any, s: np.ndarray | None) -> float:
    """Mean loss on some rows, as a share of that of the best constant outputs; 1 where there is no loss."""
    if says_nothing(Y, s):
        return 1.0
    xp = namespace_of(V)
    weights = None if s is None else xp.asarray(s, dtype=V.dtype)
    outputs = targets.engine_outputs(V, xp=xp)
    found = weighted_mean(targets.loss.value(Y, outputs, xp=xp), weights, xp=xp)
    constant = constant_loss(targets.loss, Y, weights, xp=xp)
    return found / constant if constant > 0.0 else 1.0


def dispersion(targets: Any, Y: Any, V: Any, s: np.ndarray | None) -> float:
    """Mean square of the loss's slope over the trace of its mean Hessian; 1 where that says nothing."""
    if says_nothing(Y, s):
        return 1.0
    xp, loss = namespace_of(V), targets.loss
    V = targets.engine_outputs(V, xp=xp)
    weights = None if s is None else xp.asarray(s, dtype=V.dtype)
    square = weighted_mean(xp.sum(loss.gradient(Y, V, xp=xp) ** 2, axis=1), weights, xp=xp)
    curvature = float(xp.linalg.trace(loss.mean_hessian(Y, V, weights, xp=xp)))
    return square / curvature if curvature > 0.0 and np.isfinite(square) else 1.0


def says_nothing(Y: Any, s: np.ndarray | None) -> bool:
    """Whether there is no row with a weight."""
    return not Y.shape[0] or (s is not None and not np.any(s))


def mean_and_error(x: np.ndarray, s: np.ndarray | None) -> tuple[float, float]:
    """The weighted mean of some numbers and its standard error; zeros if nothing has a weight."""
    weights = np.ones(len(x)) if s is None else s
    if not np.any(weights):
        return 0.0, 0.0
    mean = float(np.average(x, weights=weights))
    return mean, float(np.sqrt(np.sum((weights * (x - mean)) ** 2)) / np.sum(weights))
