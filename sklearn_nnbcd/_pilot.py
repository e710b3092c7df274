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
PILOT_SEEN, PILOT_PASSES, PILOT_WIDTH = 60_000, (10, 40), 64
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
    noise. Thresholds, peaks and values with a meaning of their own ask for them.

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
    without, with_ramps = (mean_loss(each, *part(held_out)) for each in fits)
    return with_ramps < without


def plain_network(estimator: Any, n_rows: int) -> Any:
    """A clone with narrow plain layers, for a short fit to so many rows that no callback watches."""
    few, many = PILOT_PASSES
    plain = clone(estimator).set_params(**PLAIN, max_iter=min(many, max(few, PILOT_SEEN // n_rows)))
    if plain.layers is None:
        sizes = resolve_sizes(estimator.hidden_layer_sizes, type(estimator).__name__)
        plain.set_params(hidden_layer_sizes=tuple(min(size, PILOT_WIDTH) for size in sizes))
    vars(plain).pop("_skl_callbacks", None)
    return plain


def mean_loss(fitted: Any, X: Any, y: np.ndarray, s: np.ndarray | None) -> float:
    """The weighted mean of the loss, in the units of y, over rows whose targets the network knows."""
    if is_classifier(fitted) and y.ndim == 1:
        known = np.flatnonzero(np.isin(y, fitted.classes_))
        X, y, s = take_rows(X, known), y[known], None if s is None else s[known]
    network, targets = fitted.network_, fitted.targets_
    xp = network.xp
    Y = xp.asarray(targets.encode(y, network.dtype))
    losses = to_numpy(user_losses(targets, Y, network.forward(X), xp=xp))
    return float(np.average(losses, weights=s))
