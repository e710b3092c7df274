# SPDX-License-Identifier: BSD-3-Clause
"""What ``max_bytes`` stands for: widths, format and bits of a network whose stored arrays fit.

Of each kind of network (linear, one and two hidden layers, sparse wide ones, thin factors) there is one that
uses the bytes up. These are fitted to a part of the training rows and compared on the rest, and the one that
does best is fitted to all rows.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np
from sklearn.base import clone, is_classifier

from ._arrays import on_host
from ._held_out import best_first, close_ones, divisions, judged, mean_of, told
from ._kinds import NUMBER, Kind, kinds_within, straight_too
from ._validation import parse_bytes
from .compressions import COMPRESSIONS

#: share of the bytes that may be left over
SLACK = 0.1
#: fits of one kind until its network fits into the bytes
ATTEMPTS = 4
#: parameters that ``max_bytes`` takes the place of, and all that it may set
REPLACED = ("rank", "sparsity", "compression_ratio")
SET_PARAMETERS = (
    *("hidden_layer_sizes", "compression", "bits", "compression_ratio", "compress_output"),
    *("bend_columns", "column_bins"),
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
    owner = type(estimator).__name__
    room = check_bytes(estimator)
    size = count_features(X), count_outputs(y, is_classifier(estimator))
    kinds = kinds_within(estimator, room, size)
    kinds = straight_too(kinds, bend_bytes(estimator, X, y, sample_weight), room)
    compared = compare(estimator, kinds, room, size, X, y, sample_weight) if len(kinds) > 1 else []
    kind = compared[0].pop("kind") if compared else kinds[0]
    for row in compared[1:]:
        del row["kind"]
    model = clone(estimator)
    arrays = (X, y) if sample_weight is None else (X, y, sample_weight)
    fitted = fit_within(model, kind, room, size, arrays, rest)
    if fitted is None:
        raise ValueError(
            f"The 'max_bytes' of {owner} must leave room for what scales the columns of X, too. Got "
            f"{estimator.max_bytes!r}. Raise it, or standardise the columns first."
        )
    parameters = fitted.get_params(deep=False)
    own = estimator.get_params(deep=False)
    attributes = {name: x for name, x in vars(fitted).items() if name not in parameters}
    chosen = {name: x for name, x in parameters.items() if name in SET_PARAMETERS and x is not own[name]}
    return attributes | {"chosen_params_": chosen, "compared_": compared}


def bend_bytes(estimator: Any, X: Any, y: Any, sample_weight: Any = None) -> int:
    """Bytes of the columns that a fit would bend, by one pass of a linear network."""
    if not estimator.bend_columns:
        return 0
    brief = {"hidden_layer_sizes": (), "compression": None, "bits": 8, "activation_bits": None}
    brief |= {"max_iter": 1, "verbose": 0, "max_bytes": None, "early_stopping": False, "column_bins": 0}
    with warnings.catch_warnings():  # a real fit warns again
        warnings.simplefilter("ignore")
        fitted = clone(estimator).set_params(**brief).fit(X, y, sample_weight)
    columns = fitted.network_.columns
    return 0 if columns is None else columns.nbytes


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
    estimator: Any, kinds: list, room: int, size: tuple, X: Any, y: Any, sample_weight: Any
) -> list[dict]:
    """How each kind does on rows that it was not fitted to, the best one first.

    The best has the highest score; of those whose scores differ by less than a standard error, the lowest
    loss. Few rows are divided twice, and those that are close meet again in the sizes that fitted.
    """
    quiet, classify, n_judged = clone(estimator).set_params(verbose=0), is_classifier(estimator), 0
    left: list[dict] = [{"kind": kind, "params": kind.within(room, *size)} for kind in kinds]
    found: dict[Kind, Any] = {}
    out: list[dict] = []
    for k, (arrays, (T, t)) in enumerate(divisions(estimator, X, y, sample_weight)):
        if k == 0:
            fits = [fit_within(quiet, row["kind"], room, size, arrays, {}) for row in told(estimator, left)]
        elif len(left) > 1:
            fits = [clone(found[row["kind"]]).fit(*arrays) for row in told(estimator, left)]
        else:
            break
        found = {row["kind"]: fitted for row, fitted in zip(left, fits, strict=True) if fitted is not None}
        left = [row for row in left if row["kind"] in found]
        rows = [row | mean_of(row, judged(found[row["kind"]], T, t), k) for row in left]
        n_judged += len(t)
        left = close_ones(rows, n_judged, classify)
        out = [*(row for row in rows if row not in left), *out]
    return best_first(left, n_judged, classify) + out


def fit_within(model: Any, kind: Kind, room: int, size: tuple, arrays: Sequence, rest: dict) -> Any:
    """A clone with a network of a kind that takes at most ``room`` bytes, or None.

    What a network takes beside what was reckoned with, such as scales of columns, is taken off; what is left
    over by that, where it is much, is given back once.
    """
    target, best, last = room, None, None
    for _ in range(ATTEMPTS):
        params = kind.within(target, *size)
        while best is None and params is not None and params == last:  # as wide as the one that was too large
            target -= NUMBER
            params = kind.within(target, *size)
        if params is None or params == last:
            return best
        last = params
        fitted = clone(model).set_params(**params, max_bytes=None).fit(*arrays, **rest)
        over = fitted.n_bytes_ - room
        if over > 0 and best is not None:
            return best
        if over > 0:
            target -= over + over // 8
            continue
        if best is not None or kind.compression is None or -over <= SLACK * room:
            return fitted if best is None or fitted.n_bytes_ > best.n_bytes_ else best
        best, target = fitted, target - over * 4 // 5
    return best
