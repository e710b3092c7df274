# SPDX-License-Identifier: BSD-3-Clause
"""What ``max_bytes`` stands for: widths, format and bits of a network whose stored arrays fit.

Of each kind of network (linear, one and two hidden layers, sparse wide ones, thin factors, and what stands
behind ramps) there is one that uses the bytes up. These are fitted to a part of the training rows, briefly,
and compared on the rest; those that are close meet again, and the best one is fitted to all rows.
"""

from __future__ import annotations

import math
from dataclasses import replace
from functools import cached_property, partial
from typing import Any

import numpy as np
from sklearn.base import clone, is_classifier

from ._arrays import on_host, to_numpy
from ._asked import warn_of_bins
from ._bins import MOST_BINS, MOST_VALUES
from ._held_out import best_first, close_ones, divisions, judged, mean_of, told
from ._kinds import (
    BEND_SHARES,
    BINS,
    MOST_INPUTS,
    ROWS_OF_A_BIN,
    Kind,
    for_few_rows,
    kinds_within,
    ramp_kinds,
    straight_too,
)
from ._outcome import constants_allowed
from ._pilot import NOTHING_FOUND, PILOT_WIDTH, Finding, fit_given
from ._validation import parse_bytes
from ._within_bytes import after_a_pass, first_within, fit_within, nothing_within
from .compressions import COMPRESSIONS

#: share of the passes of a fit that all kinds are compared by at first
BRIEF = 0.25
#: parameters that ``max_bytes`` takes the place of, and all that it may set
REPLACED = ("rank", "sparsity", "compression_ratio")
SET_PARAMETERS = (
    *("hidden_layer_sizes", "compression", "bits", "compression_ratio", "compress_output"),
    *("bend_columns", "column_bins", "ridge"),
)


def fit_in_bytes(estimator: Any, X: Any, y: Any, sample_weight: Any = None, **rest: Any) -> dict:
    """Fitted attributes of a network that takes at most ``max_bytes``, as a fit with its parameters has them.

    Parameters
    ----------
    estimator : estimator
        With ``max_bytes``; is not changed.
    X, y, sample_weight : arrays
        As ``fit`` gets them.
    **rest
        Passed on to the last fit, to all rows.

    Returns
    -------
    attributes : dict
        By name. ``chosen_params_`` says what was chosen; ``compared_`` has for each kind ``params``,
        ``n_bytes``, ``score`` and ``loss`` on held-out rows, the chosen one first.

    Raises
    ------
    ValueError
        If nothing fits, with what is needed about; for parameters that ``max_bytes`` takes the place of.
    """
    room = check_bytes(estimator)
    size = count_features(X), count_outputs(y, is_classifier(estimator))
    kinds_within(estimator, room, size)  # refuses what is too little before any work
    candidates = Candidates(estimator, X, y, sample_weight)
    kinds = for_few_rows(candidates.kinds(room), estimator, len(np.asarray(on_host(y))))
    if not any(kind.bins for kind in kinds):
        warn_of_bins(estimator)
    model, finding = clone(estimator), candidates.finding
    compared = compare(model, finding, kinds, room, size, X, y, sample_weight) if len(kinds) > 1 else []
    arrays = (X, y) if sample_weight is None else (X, y, sample_weight)
    fit = partial(fit_within, model, finding=finding)
    found = first_within(compared, kinds, lambda kind: fit(kind, room, size, arrays, rest))
    if found is None:
        raise nothing_within(model, kinds, room, size, arrays)
    _, fitted, compared = found
    parameters = fitted.get_params(deep=False)
    own = estimator.get_params(deep=False)
    attributes = {name: x for name, x in vars(fitted).items() if name not in parameters}
    chosen = {name: x for name, x in parameters.items() if name in SET_PARAMETERS and x is not own[name]}
    return attributes | {"chosen_params_": chosen, "compared_": compared}


class Candidates:
    """The kinds of networks that are worth comparing on some rows, at one number of bytes or at several.

    Parameters
    ----------
    estimator : estimator
        Not changed.
    X, y, sample_weight : arrays
        As ``fit`` gets them.
    most_inputs : int
        Columns with their ramps, at most.
    """

    def __init__(
        self, estimator: Any, X: Any, y: Any, sample_weight: Any = None, *, most_inputs: int = MOST_INPUTS
    ):
        self.estimator, self.arrays, self.most_inputs = estimator, (X, y, sample_weight), most_inputs
        self.size = count_features(X), count_outputs(y, is_classifier(estimator))
        bent = self.columns(column_bins=0) if estimator.bend_columns else None
        self.bend = 0 if bent is None else bent.nbytes

    def kinds(self, room: int) -> list[Kind]:
        """Those of ``room`` bytes.

        Raises
        ------
        ValueError
            If nothing fits, with what is needed about.
        """
        kinds = straight_too(kinds_within(self.estimator, room, self.size), self.bend, room)
        straight = self.bend > BEND_SHARES[0] * room
        kinds += ramp_kinds(self.estimator, self.cuts[straight], straight, room, self.size)
        bent = [
            kind if kind.straight or kind.bins else replace(kind, column_bytes=self.bend) for kind in kinds
        ]
        return [kind for kind in bent if kind.within(room, *self.size) is not None] or kinds

    @cached_property
    def bins(self) -> list[int]:
        """Bins that columns may be cut into, most first; none where a short comparison says so."""
        given, n_rows = self.estimator.column_bins, len(np.asarray(on_host(self.arrays[1])))
        if given != "auto":
            return [given] if given else []
        bins = [b for b in BINS if b * ROWS_OF_A_BIN <= n_rows and self.size[0] + b <= self.most_inputs]
        if not bins:
            return []
        columns = self.scout.network_.columns
        if columns is None or columns.ramps is None:
            return []
        found = to_numpy(columns.ramps.bins)
        most, count = MOST_VALUES if max(found) > MOST_BINS else MOST_BINS, np.count_nonzero(found)
        return [b for b in bins if b <= most and self.size[0] + b * count <= self.most_inputs]

    @cached_property
    def scout(self) -> Any:
        """A small network after one pass, with all that short fits have found for it."""
        plain = {"compression": None, "bits": 8, "activation_bits": None}
        params = {"hidden_layer_sizes": (PILOT_WIDTH,)} | plain
        return after_a_pass(self.estimator, params, self.arrays, None)

    @property
    def finding(self) -> Finding:
        """What is known of outputs on held-out rows, for all networks alike; of numbers nothing."""
        if not is_classifier(self.estimator):
            return NOTHING_FOUND
        return Finding(temperature=getattr(self.scout.targets_, "temperature", None))

    @cached_property
    def cuts(self) -> dict[bool, list[tuple[int, int, int]]]:
        """Bins of each column, ramps, and bytes of these and of bends, where columns are straight and not."""
        found: dict[bool, list] = {}
        for straight in (False, True) if self.bend else (False,):
            options = {"bend_columns": False} if straight else {}
            each = [(b, self.columns(column_bins=b, **options)) for b in self.bins]
            found[straight] = [(b, c.ramps.n_ramps, c.nbytes) for b, c in each if c is not None and c.ramps]
        return found

    def columns(self, **parameters: Any) -> Any:
        """What columns go through in a fit with some parameters, by one pass of a linear network."""
        linear = {"hidden_layer_sizes": (), "compression": None, "bits": 8, "activation_bits": None}
        return after_a_pass(self.estimator, linear | parameters, self.arrays).network_.columns


def check_bytes(estimator: Any) -> int:
    """``max_bytes`` as a number; ValueError for parameters beside it that it takes the place of."""
    owner = type(estimator).__name__
    for name in REPLACED:
        if getattr(estimator, name) is not None:
            raise ValueError(
                f"The 'max_bytes' of {owner} takes the place of {name!r}. Got both: max_bytes="
                f"{estimator.max_bytes!r} and {name}={getattr(estimator, name)!r}. Leave one out."
            )
    if estimator.layers is not None or isinstance(estimator.compression, list | tuple):
        raise ValueError(
            f"The 'max_bytes' of {owner} needs plain layers and one format for all of them. Got layers="
            f"{estimator.layers!r} and compression={estimator.compression!r}. Use hidden_layer_sizes and the "
            "name of a format, or compression_ratio and bits in place of max_bytes."
        )
    if estimator.warm_start:
        raise ValueError(
            f"The 'max_bytes' of {owner} chooses a network for the rows of each fit. Got warm_start=True, "
            "which keeps the last one. Leave one out."
        )
    name = estimator.compression
    if isinstance(name, str) and name != "auto" and name in COMPRESSIONS:
        if not any(hasattr(COMPRESSIONS[name](), parameter) for parameter in ("rank", "sparsity")):
            raise ValueError(
                f"The 'compression' of {owner} must have a rank or a sparsity beside 'max_bytes'. Got "
                f"{name!r}. Try 'auto', 'l0' or 'low_rank'."
            )
    room = parse_bytes(estimator.max_bytes, "max_bytes", owner)
    assert room is not None
    return room


def count_features(X: Any) -> int:
    """Entries of a row; NumPy does not see the shape of a sparse matrix."""
    return math.prod((X.shape if hasattr(X, "shape") else np.shape(X))[1:])


def count_outputs(y: Any, classify: bool) -> int:
    """Outputs of a network for these targets."""
    y = np.asarray(on_host(y))
    if y.ndim == 2 and y.shape[1] > 1:
        return y.shape[1]
    if not classify:
        return 1
    count = len(np.unique(y))
    return 1 if count <= 2 else count


def compare(
    estimator: Any,
    finding: Finding | None,
    kinds: list,
    room: int,
    size: tuple,
    X: Any,
    y: Any,
    sample_weight: Any,
) -> list[dict]:
    """How each kind does on rows that it was not fitted to, the best one first.

    The best has the highest score; of those whose scores differ by less than a standard error, the lowest
    loss. All kinds are fitted briefly where the length of fits is open. Those that are close meet again on
    another division of the rows, in the sizes that fitted and at full length, which alone counts from then
    on, as some learn faster than others; and those that are close still on the first division, too.
    """
    classify, n_judged = is_classifier(estimator), 0
    quiet = clone(estimator).set_params(verbose=0)
    brief = partial(fit_within, quiet, finding=finding, share=BRIEF)
    left: list[dict] = [{"kind": kind, "params": kind.within(room, *size)} for kind in kinds]
    found: dict[Kind, Any] = {}
    out: list[dict] = []
    first, second = divisions(estimator, X, y, sample_weight)
    for k, (arrays, (T, t)) in enumerate((first, second, first)):
        if k and len(left) < 2:
            break
        with constants_allowed():
            if k == 0:
                given: tuple = (room, size, arrays, {})
                fits = [brief(row["kind"], *given) for row in told(estimator, left)]
            else:
                whole = {"max_iter": estimator.max_iter}
                again = (clone(found[row["kind"]]).set_params(**whole) for row in told(estimator, left))
                fits = [fit_given(model, finding, *arrays) for model in again]
        found = {row["kind"]: fitted for row, fitted in zip(left, fits, strict=True) if fitted is not None}
        left = [row for row in left if row["kind"] in found]
        rows = [row | mean_of(row, judged(found[row["kind"]], T, t), max(0, k - 1)) for row in left]
        rows = [row | {"params": chosen_of(found[row["kind"]], row["params"])} for row in rows]
        n_judged = len(t) if k < 2 else n_judged + len(t)
        left = close_ones(rows, n_judged, classify)
        out = [*(row for row in rows if row not in left), *out]
    return best_first(left, n_judged, classify) + out


def chosen_of(fitted: Any, params: dict) -> dict:
    """What the parameters of these names are in a fitted estimator."""
    return {name: fitted.get_params(deep=False)[name] for name in params}
