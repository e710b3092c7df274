# SPDX-License-Identifier: BSD-3-Clause
"""Fits of one kind of network that take at most so many bytes, and what a network takes after one pass."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from sklearn.base import clone, is_classifier

from ._arrays import on_host
from ._kinds import NUMBER, Kind, least_room
from ._pilot import NOTHING_FOUND, Finding, fit_given
from ._resolve import resolve_loss, resolve_problem, resolve_solver
from ._sklearn_compat import take_rows
from .integers import quantize_activations
from .network import quantize
from .solvers import ExactMiniBatch, MiniBatch

#: share of the bytes that may be left over
SLACK = 0.1
#: fits of one kind until its network fits into the bytes
ATTEMPTS = 4
#: rows that numbers are rounded on where only their bytes matter, about
ROUNDING_ROWS = 3_000


def first_within(
    compared: list[dict], kinds: Sequence[Kind], fit: Callable[[Kind], Any]
) -> tuple[Kind, Any, list[dict]] | None:
    """The first kind of which there is a network within the bytes, this one, and what was compared.

    The kinds are those that were compared, the best one first, then all others. What fitted beside the rows
    of a comparison may be too large on all of them: how many numbers are short is known after a fit only.
    None: there is none.
    """
    tried = [row["kind"] for row in compared]
    for kind in [*tried, *(kind for kind in kinds if kind not in tried)]:
        fitted = fit(kind)
        if fitted is not None:
            chosen_first = sorted(compared, key=lambda row: row["kind"] != kind) if kind in tried else []
            rows = [{name: x for name, x in row.items() if name != "kind"} for row in chosen_first]
            return kind, fitted, rows
    return None


def nothing_within(model: Any, kinds: Sequence[Kind], room: int, size: tuple, arrays: Sequence) -> ValueError:
    """What to raise where no kind has a network within the bytes, with how many do."""
    smallest = [(kind, kind.within(least_room([kind], size), *size)) for kind in kinds]
    sizes = [bytes_after_a_pass(model, kind, params, arrays) for kind, params in smallest if params]
    least = max(room + 1, min(sizes, default=0))
    return ValueError(
        f"The 'max_bytes' of {type(model).__name__} must leave room for what maps the columns of X, too, and "
        f"for numbers that cannot be short: about {least} bytes do. Got {room}. Raise it, "
        "standardise the columns first, or leave hidden_layer_sizes, compression and bits open."
    )


def fit_within(
    model: Any,
    kind: Kind,
    room: int,
    size: tuple,
    arrays: Sequence,
    rest: dict,
    *,
    finding: Finding | None = None,
    share: float = 1.0,
) -> Any:
    """A clone with a network of a kind that takes at most ``room`` bytes, or None.

    It is told a finding, if there is one, and has a share of the passes, where their number is open.

    What a network takes is known after one pass over the rows, so that hardly any is fitted that turns out
    too large; only where weights are left out by their size may it still change.
    """
    target = room
    for _ in range(ATTEMPTS):
        params = sized(model, kind, target, size, arrays)
        if params is None:
            return None
        fitted = clone(model).set_params(**params, max_bytes=None)
        if share < 1.0:
            fitted.set_params(max_iter=shortened(fitted, kind, size, arrays[1], share))
        fit_given(fitted, finding, *arrays, **rest)
        if fitted.n_bytes_ <= room:
            return fitted
        target -= (fitted.n_bytes_ - room) * 9 // 8 + 1
    return None


def shortened(model: Any, kind: Kind, size: tuple, y: Any, share: float) -> Any:
    """``max_iter`` of a fit by mini-batches for a share of the passes that "auto" stands for."""
    n_rows = len(np.asarray(on_host(y)))
    solver = resolve_solver(model, n_rows)
    if model.max_iter != "auto" or not isinstance(solver, MiniBatch | ExactMiniBatch):
        return model.max_iter
    loss = resolve_loss(model, "classification" if is_classifier(model) else "regression")
    problem, _ = resolve_problem(model, size[0] + kind.n_ramps, size[1], loss, solver, np)
    return max(1, round(share * solver.auto_max_iter(problem, n_rows, kind.bins > 0)))


def sized(model: Any, kind: Kind, room: int, size: tuple, arrays: Sequence) -> dict | None:
    """Parameters of a network of a kind that takes at most ``room`` bytes after one pass, or None.

    What it takes beside what was reckoned with, such as scales of columns, is taken off; what is left over by
    that, where it is much, is given back once.
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
        over = bytes_after_a_pass(model, kind, params, arrays) - room
        if over > 0 and best is not None:
            return best
        if over > 0:
            target -= over + over // 8
            continue
        if best is not None or kind.compression is None or -over <= SLACK * room:
            return params
        best, target = params, target - over * 4 // 5
    return best


def bytes_after_a_pass(model: Any, kind: Kind, params: dict, arrays: Sequence) -> int:
    """What a network takes, whose numbers are rounded one by one: how well makes no difference.

    Ramps depend on the bits: there the fit itself rounds.
    """
    if kind.bins:
        return after_a_pass(model, params, arrays).n_bytes_
    fitted = after_a_pass(model, params | {"bits": None, "activation_bits": None}, arrays)
    some = some_rows(arrays[0], ROUNDING_ROWS)
    return rounded(fitted, some, None, params["bits"], model.activation_bits, feedback="none").n_bytes_


def some_rows(X: Any, count: int) -> Any:
    """Rows or targets at even distances, about so many where there are more."""
    X = X if hasattr(X, "shape") else np.asarray(X)
    return take_rows(X, np.arange(0, X.shape[0], 1 + X.shape[0] // count))


def rounded(fitted: Any, X: Any, y: Any, bits: Any, activation_bits: Any, *, feedback: str = "both") -> Any:
    """A copy of a fitted estimator with few bits for its numbers, and for activations where wanted."""
    found = quantize(fitted, X, y, bits, feedback=feedback)
    return found if activation_bits is None else quantize_activations(found, X, activation_bits)


def after_a_pass(model: Any, params: dict, arrays: Sequence, finding: Finding | None = NOTHING_FOUND) -> Any:
    """A clone with some parameters after one pass: what it stores and what columns go through are known."""
    brief = {"max_iter": 1, "verbose": 0, "max_bytes": None, "early_stopping": False}
    with warnings.catch_warnings():  # a real fit warns again
        warnings.simplefilter("ignore")
        return fit_given(clone(model).set_params(**params | brief), finding, *arrays)
