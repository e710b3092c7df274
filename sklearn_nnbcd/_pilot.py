# SPDX-License-Identifier: BSD-3-Clause
"""Whether ramps are worth having: two short fits to some of the rows, compared on others."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
from sklearn.base import clone, is_classifier

from ._arrays import take_rows, to_numpy
from ._held_out import split
from ._outcome import user_losses
from ._resolve import resolve_sizes

#: rows of the two fits and of their comparison, and the share of the comparison
PILOT_ROWS, PILOT_SHARE = 10_000, 1.0 / 3.0
#: rows that each fit sees, one after the other, in so many passes at least and at most; widest hidden layers
PILOT_SEEN, PILOT_PASSES, PILOT_WIDTH = 30_000, (5, 20), 64
#: what the two fits do without: the question is one of columns
PLAIN = {
    "compression": None,
    **dict.fromkeys(("rank", "sparsity", "bits", "activation_bits", "compression_ratio", "max_bytes")),
    **dict.fromkeys(("compress_output", "early_stopping", "warm_start"), False),
    "verbose": 0,
}


def ramps_help(estimator: Any, rows: Any, bins: int) -> bool:
    """Whether a small network loses less on held-out rows with ramps than without.

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
    without, with_ramps, s = losses(*fits, *part(held_out))
    lost, error = mean_and_error(with_ramps - without, s)
    return lost < (error if rows.X.shape[0] > PILOT_ROWS else 0.0)


def plain_network(estimator: Any, n_rows: int) -> Any:
    """A clone with narrow plain layers, for a short fit to so many rows that no callback watches."""
    few, many = PILOT_PASSES
    plain = clone(estimator).set_params(**PLAIN, max_iter=min(many, max(few, PILOT_SEEN // n_rows)))
    if plain.layers is None:
        sizes = resolve_sizes(estimator.hidden_layer_sizes, type(estimator).__name__)
        plain.set_params(hidden_layer_sizes=tuple(min(size, PILOT_WIDTH) for size in sizes))
    vars(plain).pop("_skl_callbacks", None)
    return plain


def losses(one: Any, other: Any, X: Any, y: np.ndarray, s: np.ndarray | None) -> tuple:
    """Losses of two networks, in the units of y, and the weights, of those rows whose targets they know."""
    if is_classifier(one) and y.ndim == 1:
        known = np.flatnonzero(np.isin(y, one.classes_))
        X, y, s = take_rows(X, known), y[known], None if s is None else s[known]

    def of(fitted: Any) -> np.ndarray:
        network, targets = fitted.network_, fitted.targets_
        xp = network.xp
        Y = xp.asarray(targets.encode(y, network.dtype))
        return to_numpy(user_losses(targets, Y, network.forward(X), xp=xp))

    return of(one), of(other), s


def mean_and_error(x: np.ndarray, s: np.ndarray | None) -> tuple[float, float]:
    """The weighted mean of some numbers and its standard error; zeros if nothing has a weight."""
    weights = np.ones(len(x)) if s is None else s
    if not np.any(weights):
        return 0.0, 0.0
    mean = float(np.average(x, weights=weights))
    return mean, float(np.sqrt(np.sum((weights * (x - mean)) ** 2)) / np.sum(weights))
