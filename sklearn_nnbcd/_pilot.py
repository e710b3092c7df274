# SPDX-License-Identifier: BSD-3-Clause
"""What short fits to some rows say of a table, judged on others: ramps, thin factors, length of a fit."""

from __future__ import annotations

import math
import warnings
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from scipy.optimize import minimize_scalar
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
#: the same for a fit that tells how sure outputs may be: one that has not learned yet is too unsure
SURE_SEEN, SURE_PASSES = 100_000, (5, 60)
#: share of a constant's loss that is left where a fit has its usual length; the power of the ratio to it by
#: which fits are longer and shorter; and the bounds of that
USUAL_SHARE, LENGTH_POWER, LENGTHS = 0.15, 0.5, (0.7, 1.15)
#: standard errors by which a short fit is to be better by thin factors, and the share of its loss that it may
#: lose by them where it is one to noisy numbers
SURE_ERRORS, LATE_NOISE = 2.0, 0.02
#: rows from which the lower bound rises, with their root, up to 1: noise of more rows is harder to follow
MANY_ROWS = 10_000
#: losses of classes and of numbers whose shares tell the length: in units of entropy, and of variance
TELLING = {True: (CrossEntropy, Logistic), False: (SquaredError,)}
#: bounds of the logarithm of what outputs are multiplied by to be calibrated
LOG_FACTORS = (-2.0, 2.0)
#: what the two fits do without: the question is one of columns
PLAIN = {
    "compression": None,
    **dict.fromkeys(("rank", "sparsity", "bits", "activation_bits", "compression_ratio", "max_bytes")),
    **dict.fromkeys(("compress_output", "early_stopping", "warm_start"), False),
    "verbose": 0,
}


@dataclass(frozen=True)
class Finding:
    """What short fits say of a table.

    Attributes
    ----------
    ramps : bool
        Whether a small network loses less on held-out rows with ramps than without.
    share : float or None
        What the better one of both loses there, as a share of what the best constant loses; None: of a loss
        in other units.
    temperature : float or None
        What its outputs are to be divided by to be as sure as these rows allow; None: of a loss that is
        not calibrated.
    joined : bool
        Whether it loses less still with thin factors of its first weight, see ``with_joined_ramps``.
    bins : int
        Of each column in these fits, at most; 0: not known.
    rounds_later : bool
        Whether numbers will have few bits after the fit, so that the ends of bins are to take few bytes.
    """

    ramps: bool = False
    share: float | None = None
    temperature: float | None = None
    joined: bool = False
    bins: int = 0
    rounds_later: bool = False

    def length(self, n_rows: int) -> float:
        """How many times as long as usual a fit to so many rows should be.

        Where little is left to lose by chance, what is left is to be learned, and takes long. Where much is
        left, a long fit only comes to follow the noise of its rows, unless these are many.
        """
        if self.share is None or np.isnan(self.share):
            return 1.0
        few, many = LENGTHS
        few = min(1.0, few * max(1.0, n_rows / MANY_ROWS) ** 0.5)
        least = USUAL_SHARE * many ** (-1.0 / LENGTH_POWER)
        return max(few, (USUAL_SHARE / max(self.share, least)) ** LENGTH_POWER)


#: where there are no short fits, and for these themselves: their outputs are what is to be calibrated
NOTHING_FOUND, UNCALIBRATED = Finding(), Finding(temperature=1.0)
#: attribute of an estimator whose fit is told what short fits have found, and makes none
_GIVEN = "_given_finding"


def fit_given(estimator: Any, finding: Finding | None, *arrays: Any, **rest: Any) -> Any:
    """The estimator after a fit that takes a finding for its own; None: it makes its own."""
    vars(estimator)[_GIVEN] = finding
    try:
        return estimator.fit(*arrays, **rest)
    finally:
        vars(estimator).pop(_GIVEN, None)


def given_finding(estimator: Any) -> Finding | None:
    """What :func:`fit_given` gave."""
    return vars(estimator).get(_GIVEN)


def try_ramps(estimator: Any, rows: Any, bins: int) -> Finding:
    """Short fits of a small network to some of the rows, with ramps and without, judged on others.

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
    fits = [ShortFit.to_rows(estimator, rows, b) for b in (0, bins)]
    without, with_ramps = (fit.losses for fit in fits)
    lost, error = mean_and_error(with_ramps - without, fits[0].s)
    helps = lost < (error if rows.X.shape[0] > PILOT_ROWS else 0.0)
    share = fits[int(helps)].share_left()
    joined = helps and joins(estimator, rows, bins, fits[1], share)
    return Finding(helps, share, joined=joined, bins=bins)


def joins(estimator: Any, rows: Any, bins: int, plain: ShortFit, share: float | None) -> bool:
    """Whether a short fit with thin factors of its first weight loses less than a plain one.

    That is by more than two standard errors. Noisy numbers may lose a little by it: a plain fit follows
    their noise later on. Only networks of plain matrices ask.

    Parameters
    ----------
    estimator : estimator
        Not changed.
    rows : Rows
        In memory.
    bins : int
        Of each column.
    plain : ShortFit
        The same without factors.
    share : float or None
        What is left of a constant's loss.
    """
    given = estimator.compression, estimator.bits, estimator.weight_regularizer
    if given not in ((None, None, None), ("auto", None, None)):
        return False
    losses = ShortFit.to_rows(estimator, rows, bins, joined=True).losses
    more, error = mean_and_error(losses - plain.losses, plain.s)
    if is_classifier(estimator) or share is None or share <= USUAL_SHARE:
        return more < -SURE_ERRORS * error
    return more < LATE_NOISE * mean_and_error(plain.losses, plain.s)[0]


def try_out(estimator: Any, rows: Any, bins: int) -> float | None:
    """The temperature of one longer fit of a small network, with so many bins of a column.

    Parameters
    ----------
    estimator : estimator
        Of a loss that is calibrated; not changed.
    rows : Rows
        In memory.
    bins : int
    """
    fit = ShortFit.to_rows(estimator, rows, bins, SURE_SEEN, SURE_PASSES)
    return fit.targets.temperature


@dataclass(frozen=True, eq=False)
class ShortFit:
    """A short fit of a small network to some rows, and its outputs on others.

    Attributes
    ----------
    targets : BaseTargets
        With the temperature that these rows ask for, where the loss is calibrated.
    Y, V : arrays of shape (n, d_N)
        Encoded targets and outputs, in the units of y, of rows whose classes it knows.
    s : ndarray of shape (n,) or None
        Their weights, those of classes included.
    """

    targets: Any
    Y: Any
    V: Any
    s: np.ndarray | None

    @classmethod
    def to_rows(
        cls,
        estimator: Any,
        rows: Any,
        bins: int,
        seen: int = PILOT_SEEN,
        passes: tuple = PILOT_PASSES,
        joined: bool = False,
    ) -> ShortFit:
        """Fit to two thirds of the rows, or of a part of them, and look at the rest."""
        classify, state = is_classifier(estimator), clone(estimator).random_state
        fitted, held_out = split(rows.y, classify, state, most=PILOT_ROWS, share=PILOT_SHARE)

        def part(places: np.ndarray) -> tuple:
            return take_rows(rows.X, places), rows.y[places], None if rows.s is None else rows.s[places]

        max_iter = min(passes[1], max(passes[0], seen // len(fitted)))
        plain = plain_network(estimator).set_params(column_bins=bins, max_iter=max_iter)
        fit_quietly(plain, replace(UNCALIBRATED, joined=joined), *part(fitted))
        targets, (Y, V, weights) = plain.targets_, outputs_on(plain, *part(held_out))
        found = None if targets.loss.for_calibration() is None else temperature(targets.loss, Y, V, weights)
        if found is not None:
            targets, V = targets.calibrated(found), V / found
        return cls(targets, Y, V, weights)

    @property
    def losses(self) -> np.ndarray:
        """Loss of each row, in the units of y."""
        return to_numpy(user_losses(self.targets, self.Y, self.V, xp=namespace_of(self.V)))

    def share_left(self) -> float | None:
        """Mean loss of the rows as a share of that of the best constant outputs; None: in other units.

        1 where there is no loss.
        """
        targets, Y, V, s = self.targets, self.Y, self.V, self.s
        if not isinstance(targets.loss, TELLING[hasattr(targets, "classes")]):
            return None
        if says_nothing(Y, s):
            return 1.0
        xp, loss = namespace_of(V), targets.user_loss
        weights = None if s is None else xp.asarray(s, dtype=V.dtype)
        if not hasattr(targets, "classes"):
            loss, V = targets.loss, targets.engine_outputs(V, xp=xp)
        found = weighted_mean(loss.value(Y, V, xp=xp), weights, xp=xp)
        constant = constant_loss(loss, Y, weights, xp=xp)
        return found / constant if constant > 0.0 else 1.0


def fit_quietly(model: Any, finding: Finding, X: Any, y: Any, s: Any) -> None:
    """Fit without a warning, as the real fit warns again; an interrupt is one of that."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        warnings.filterwarnings("error", message=".*interrupted by the user", category=UserWarning)
        try:
            fit_given(model, finding, getattr(X, "entries", X), y, s)
        except UserWarning as interrupted:
            raise KeyboardInterrupt from interrupted


def plain_network(estimator: Any) -> Any:
    """A clone with narrow plain layers, for a short fit that no callback watches."""
    plain = clone(estimator).set_params(**PLAIN)
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
    return Y, network.forward(X), targets.row_weights(y, s, network.dtype)


def temperature(loss: Any, Y: Any, V: Any, s: np.ndarray | None) -> float | None:
    """What outputs are to be divided by to be as sure as some rows allow (Guo et al. 2017), or None.

    It has the least mean log loss of these rows and of one more, of which each class is as likely: a network
    that is right on the few rows there are is not sure without bound.

    Parameters
    ----------
    loss : loss
        Of classes, with a share of smoothed targets.
    Y, V : arrays of shape (n, d_N)
        Targets and outputs of rows that the network was not fitted to.
    s : array of shape (n,) or None
        Weights.
    """
    if says_nothing(Y, s):
        return None
    xp = namespace_of(V)
    V = xp.astype(V, xp.float64)
    weights = None if s is None else xp.asarray(s, dtype=xp.float64)
    count = V.shape[0] if s is None else float(np.sum(s) ** 2 / np.sum(s * s))
    smoothed = loss.with_smoothing(1.0 / (1.0 + count))

    def lost(factor: float) -> float:
        return weighted_mean(smoothed.value(Y, math.exp(factor) * V, xp=xp), weights, xp=xp)

    found = minimize_scalar(lost, bounds=LOG_FACTORS, method="bounded", options={"xatol": 1e-3})
    return math.exp(-found.x) if np.isfinite(found.fun) else None


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
