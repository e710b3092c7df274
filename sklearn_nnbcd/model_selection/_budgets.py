# SPDX-License-Identifier: BSD-3-Clause
"""The kinds of networks, compared at one budget after the other, with what the budgets can share."""

from __future__ import annotations

import copy
import math
from dataclasses import replace
from typing import Any

from sklearn.base import clone, is_classifier

from .._held_out import best_first, divided, judged, standard_error
from .._kinds import NUMBER, Kind
from .._outcome import constants_allowed
from .._pilot import fit_given
from .._sizing import ATTEMPTS, BRIEF, Candidates, chosen_of, fit_within, rounded, shortened
from ..solvers import MiniBatch

#: share of the passes of the dense fit that a sparse network goes on from it, or from the last budget's
GOING_ON = 0.04
#: passes at least, and of a network that is made a little smaller
FEW = 2


class SharedBudgets:
    """What the budgets of a path share: rows, networks that fit several of them, and dense fits.

    Budgets are to come from large to small.

    Parameters
    ----------
    estimator : estimator
        Without ``max_bytes``; is not changed.
    size : tuple of int
        Features and outputs.
    X, y, sample_weight : arrays
        As ``fit`` gets them.
    """

    def __init__(self, estimator: Any, size: tuple[int, int], X: Any, y: Any, sample_weight: Any):
        if estimator.compression == "l0":  # sparse networks go on from one dense fit, which has no ramps
            estimator = clone(estimator).set_params(column_bins=0)
        self.estimator, self.size = estimator, size
        self.arrays = (X, y) if sample_weight is None else (X, y, sample_weight)
        self.parts, self.held_out = divided(estimator, X, y, sample_weight)
        self.candidates = Candidates(estimator, *self.parts)
        self.bounds: dict[Kind, float] = {}
        self.fits: dict[tuple, Any] = {}
        self.starts: dict[tuple, Any] = {}
        self.extras: dict[Kind, int] = {}
        self.n_fits = 0

    def network(self, room: int) -> tuple[Any, dict, list[dict]]:
        """The estimator that was fitted to all rows at one budget, its parameters, and what was compared.

        Raises
        ------
        ValueError
            If nothing fits.
        """
        kinds = self.candidates.kinds(room)
        rows = self.compared(kinds, room) if len(kinds) > 1 else []
        kind = rows[0]["kind"] if rows else kinds[0]
        fitted = self.fitted(kind, room, on_all=True)
        if fitted is None:
            raise ValueError(
                f"The 'max_bytes' of compression_path must leave room for what scales the columns of X, too. "
                f"Got {room}. Leave it out, or standardise the columns first."
            )
        chosen = chosen_of(fitted, kind.within(room, *self.size) or {})
        return fitted, chosen, [{name: x for name, x in row.items() if name != "kind"} for row in rows]

    def compared(self, kinds: list[Kind], room: int) -> list[dict]:
        """How kinds do on held-out rows, the chosen one first.

        A kind does no better with fewer bytes. So they are tried in the order of what they had with more,
        and those whose score there is below the best one here by more than a standard error are left out.
        """
        T, t = self.held_out
        classify = is_classifier(self.estimator)
        rows: list[dict] = []
        best = -math.inf
        for kind in sorted(kinds, key=lambda kind: -self.bounds.get(kind, math.inf)):
            if self.bounds.get(kind, math.inf) < best - standard_error(best, len(t), classify):
                break
            with constants_allowed():
                fitted = self.fitted(kind, room, on_all=False)
            if fitted is None:
                continue
            params = chosen_of(fitted, kind.within(room, *self.size) or {})
            rows.append(judged(fitted, T, t) | {"params": params, "kind": kind})
            self.bounds[kind] = rows[-1]["score"]
            best = max(best, rows[-1]["score"])
        return best_first(rows, len(t), classify)

    def fitted(self, kind: Kind, room: int, *, on_all: bool) -> Any:
        """A network of a kind within some bytes, fitted now or at a larger budget, or None."""
        key = kind, repr(kind.within(room, *self.size)), on_all
        before = self.fits.get(key)
        if before is not None and before.n_bytes_ <= room:
            return before
        arrays = self.arrays if on_all else self.parts
        start = self.start(kind, on_all)
        self.n_fits += 1
        if start is None:
            model = self.estimator if on_all else clone(self.estimator).set_params(verbose=0)
            share, finding = 1.0 if on_all else BRIEF, self.candidates.finding
            found = fit_within(model, kind, room, self.size, arrays, {}, finding=finding, share=share)
        else:
            found = self.sparse(kind, room, start, arrays, on_all)
        self.fits[key] = found
        return found

    def sparse(self, kind: Kind, room: int, start: Any, arrays: Any, on_all: bool) -> Any:
        """A sparse network that goes on from a fitted one, and whose numbers are rounded in the end, or None.

        The next smaller one goes on from what it was before it was rounded. It is made smaller at once by the
        bytes that this one took beyond what was reckoned, and by those of a number; the first one by a byte
        for each column, whose unit may be stored.
        """
        model, extra = going_on(start, self.estimator.max_iter == "auto"), self.size[0] + NUMBER
        target = room - self.extras.get(kind, extra)
        for _ in range(ATTEMPTS):
            params = kind.within(target, *self.size)
            if params is None:
                return None
            model.set_params(**params | {"bits": None, "activation_bits": None}).fit(*arrays)
            found = rounded(model, arrays[0], arrays[1], kind.bits, self.estimator.activation_bits)
            self.extras[kind] = max(0, found.n_bytes_ - target) + NUMBER
            if found.n_bytes_ <= room:
                self.starts[kind, on_all] = model
                user = {name: getattr(self.estimator, name) for name in ("warm_start", "max_iter", "verbose")}
                return found.set_params(bits=kind.bits, **user)
            target -= (found.n_bytes_ - room) * 9 // 8 + 1
            if model.max_iter != self.estimator.max_iter:
                model.set_params(max_iter=FEW)
        return None

    def start(self, kind: Kind, on_all: bool) -> Any:
        """What a sparse wide network goes on from: the last budget's, or a dense one; None: from nothing."""
        if kind.compression != "l0" or not kind.widths:
            return None
        found = self.starts.get((kind, on_all))
        return self.dense(kind, on_all) if found is None else found

    def dense(self, kind: Kind, on_all: bool) -> Any:
        """The plain network of a kind's widths that all budgets share."""
        key = kind.widths, kind.straight, on_all
        if key not in self.starts:
            plain = replace(kind, compression=None).parameters(kind.widths, None)
            model, arrays = clone(self.estimator).set_params(**plain), self.arrays if on_all else self.parts
            if not on_all:
                model.set_params(max_iter=shortened(model, kind, self.size, arrays[1], BRIEF))
            self.starts[key] = fit_given(model, self.candidates.finding, *arrays)
            self.n_fits += 1
        return self.starts[key]


def going_on(fitted: Any, fewer: bool) -> Any:
    """A copy of a fitted estimator whose next fit goes on from its weights, perhaps for fewer passes."""
    model = copy.deepcopy(fitted).set_params(verbose=0)
    if model.warm_start:
        return model
    model.set_params(warm_start=True)
    if fewer and isinstance(model.solver_, MiniBatch):
        model.set_params(max_iter=max(FEW, math.ceil(GOING_ON * model.n_iter_)))
    return model
