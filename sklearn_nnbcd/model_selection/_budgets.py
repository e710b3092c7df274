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
from .._resolve import resolve_solver
from .._sizing import BRIEF, Candidates, chosen_of
from .._stream import begin_again
from .._within_bytes import (
    ATTEMPTS,
    ROUNDING_ROWS,
    first_within,
    fit_within,
    nothing_within,
    rounded,
    shortened,
    some_rows,
)
from ..network import network_rows, shrunk_network
from ..solvers import MiniBatch

#: columns with their ramps, at most; units of a hidden layer that open widths begin with
MOST_INPUTS, WIDE = 400, 256
#: shares of its passes that a wide network has in a comparison, without ramps and with, as it learns faster
#: by these; and when it goes on to all rows
BEGINNING, FINISHING = {False: 0.18, True: 0.09}, 0.4
#: share of the passes of the wide network that a sparse one goes on for, and share of their own passes that
#: plain networks have after units have gone, and thin factors
GOING_ON, SHRINKING = 0.04, 0.2
#: rows that numbers of what is chosen are rounded on, about: more take longer and are no better
FINAL_ROWS = 4_000
#: passes at least; share of its bytes that a network has to lose once more to be trained as long as before
FEW, MUCH = 2, 0.1


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
        self.candidates = Candidates(estimator, *self.parts, most_inputs=MOST_INPUTS)
        self.bounds: dict[tuple, float] = {}
        self.losses: dict[tuple, float] = {}
        self.fits: dict[tuple, Any] = {}
        self.starts: dict[tuple, Any] = {}
        self.taken: dict[Kind, tuple[int, int]] = {}
        self.n_fits = 0
        self.is_open = isinstance(estimator.hidden_layer_sizes, str)
        self.is_in_batches = isinstance(resolve_solver(estimator, len(self.parts[1])), MiniBatch)

    def network(self, room: int) -> tuple[Any, dict, list[dict]]:
        """The estimator that was fitted to all rows at one budget, its parameters, and what was compared.

        Raises
        ------
        ValueError
            If nothing fits.
        """
        kinds = self.kinds(room)
        rows = self.compared(kinds, room) if len(kinds) > 1 else []
        found = first_within(rows, kinds, lambda kind: self.fitted(kind, room, on_all=True))
        if found is None:
            raise nothing_within(self.estimator, kinds, room, self.size, self.arrays)
        kind, fitted, rows = found
        return fitted, chosen_of(fitted, kind.within(room, *self.size) or {}), rows

    def kinds(self, room: int) -> list[Kind]:
        """What is compared, up to some width; of thin factors behind ramps, which take long, one layer."""
        kinds = [replace(kind, widest=WIDE) for kind in self.candidates.kinds(room)]
        if self.estimator.compression != "auto" or not self.is_open:
            return kinds
        return [kind for kind in kinds if not (kind.bins and kind.compression and len(kind.widths or ()) > 1)]

    def compared(self, kinds: list[Kind], room: int) -> list[dict]:
        """How kinds do on held-out rows, the chosen one first.

        Kinds with something to go on from are tried first, and the best one of these is chosen unless another
        kind is better by more than a standard error. Scores are of networks that are not rounded yet, unless
        bits are very few.
        """
        T, t = self.held_out
        rows: list[dict] = []
        found: dict[tuple, float] = {}
        losses: dict[tuple, float] = {}
        left = list(kinds)
        while left:
            kind = max(left, key=self.promise)
            left.remove(kind)
            if not self.may_be_chosen(kind, rows):
                continue
            with constants_allowed():
                fitted = self.fitted(kind, room, on_all=False)
            if fitted is None:
                continue
            params = chosen_of(fitted, kind.within(room, *self.size) or {})
            told = fitted if self.is_coarse(params["bits"]) else self.starts.get((kind, False), fitted)
            row = judged(told, T, t) | {"n_bytes": fitted.n_bytes_, "params": params, "kind": kind}
            rows.append(row)
            found[family(kind)] = max(row["score"], found.get(family(kind), -math.inf))
            losses[family(kind)] = min(row["loss"], losses.get(family(kind), math.inf))
        self.bounds |= found
        self.losses |= losses
        begun = [row for row in rows if self.is_begun(row["kind"])]
        return best_first(rows, len(t), is_classifier(self.estimator), begun)

    def promise(self, kind: Kind) -> tuple:
        """What kinds are tried in the order of: something to go on from, and how they did with more bytes."""
        is_begun = self.is_begun(kind)
        return is_begun, -self.losses.get(family(kind), -math.inf) if is_begun else 0.0, self.bound(kind)

    def may_be_chosen(self, kind: Kind, rows: list[dict]) -> bool:
        """Whether a kind could be, beside what was tried, if it does hardly better than with more bytes."""
        if not rows:
            return True
        bound, best = self.bound(kind), max(row["score"] for row in rows)
        error = standard_error(best, len(self.held_out[1]), is_classifier(self.estimator))
        level = [row for row in rows if self.is_begun(row["kind"]) and row["score"] >= best - error]
        if not level or bound < best - error:
            return bound >= best - error
        if not self.is_begun(kind):
            return bound > max(row["score"] for row in level)
        return self.losses.get(family(kind), -math.inf) < min(row["loss"] for row in level)

    def is_begun(self, kind: Kind) -> bool:
        """Whether there is a network of all rows that a kind goes on from."""
        return (kind, True) in self.starts or (*wide(kind), True) in self.starts

    def bound(self, kind: Kind) -> float:
        """What a kind had with more bytes, or the wide network that it goes on from, if they are known."""
        return min(self.bounds.get(known, math.inf) for known in (family(kind), wide(kind)))

    def fitted(self, kind: Kind, room: int, *, on_all: bool) -> Any:
        """A network of a kind within some bytes, fitted now or at a larger budget, or None."""
        key = kind, repr(kind.within(room, *self.size)), on_all
        before = self.fits.get(key)
        if before is not None and before.n_bytes_ <= room:
            return before
        arrays = self.arrays if on_all else self.parts
        start = self.start(kind, room, on_all)
        self.n_fits += 1
        if start is None:
            model = self.estimator if on_all else clone(self.estimator).set_params(verbose=0)
            share, finding = 1.0 if on_all else BRIEF, self.candidates.finding
            found = fit_within(model, kind, room, self.size, arrays, {}, finding=finding, share=share)
        else:
            found = self.smaller(kind, room, start, arrays, on_all)
        self.fits[key] = found
        return found

    def smaller(self, kind: Kind, room: int, start: Any, arrays: Any, on_all: bool) -> Any:
        """A network that goes on from a fitted one, and whose numbers are rounded in the end, or None.

        The next smaller one goes on from what it was before it was rounded.
        """
        model, target, brief = going_on(start), self.reckoned(kind, room), self.estimator.max_iter == "auto"
        params: dict | None = None
        part: float = 1.0
        for _ in range(ATTEMPTS):
            last, params = params, kind.within(target, *self.size)
            while params is not None and params == last:  # no smaller than what was too large
                target -= NUMBER
                params = kind.within(target, *self.size)
            if params is None:
                return None
            widths = no_wider(params["hidden_layer_sizes"], model.hidden_layer_sizes)
            bits, params = params["bits"], params | {"hidden_layer_sizes": widths}
            is_known = kind.compression is None and widths == model.hidden_layer_sizes
            model = narrowed(model, widths, arrays)
            model.set_params(**params | {"bits": None, "activation_bits": None})
            if brief:
                model.set_params(max_iter=self.passes(model, kind, start, arrays, on_all, part))
            if not is_known:
                model.fit(*arrays)
            found = self.rounded(model, bits, arrays, on_all)
            if params.get("compression_ratio") != 1.0:
                self.taken[kind] = target, found.n_bytes_
            if found.n_bytes_ <= room:
                self.starts[kind, on_all] = model
                user = {name: getattr(self.estimator, name) for name in ("warm_start", "max_iter", "verbose")}
                return found.set_params(bits=bits, **user)
            target -= (found.n_bytes_ - room) * 9 // 8 + 1
            part = min(1.0, (found.n_bytes_ - room) / (MUCH * room))
        return None

    def reckoned(self, kind: Kind, room: int) -> int:
        """Bytes to ask for so that a network takes ``room`` of them, by what the last one of a kind took.

        Sparse ones take fewer where whole units have gone. The first one may have a unit for each column.
        """
        asked, took = self.taken.get(kind, (0, self.size[0]))
        if kind.compression == "l0" and took < asked:
            return room * asked // took - room // 100
        return room - max(0, took - asked) - NUMBER

    def rounded(self, model: Any, bits: Any, arrays: Any, on_all: bool) -> Any:
        """A copy with numbers of few bits; in a comparison only its bytes count, unless bits are very few."""
        activation_bits, (X, y) = self.estimator.activation_bits, arrays[:2]
        if activation_bits is None or not on_all:  # ranges of activations are those of all rows
            count = FINAL_ROWS if on_all else ROUNDING_ROWS
            X, y = some_rows(X, count), some_rows(y, count)
        feedback = "both" if on_all else "inputs" if self.is_coarse(bits) else "none"
        return rounded(model, X, y, bits, activation_bits, feedback=feedback)

    def is_coarse(self, bits: Any) -> bool:
        """Whether so few bits make a network another one, so that a comparison is of rounded ones."""
        each = bits if isinstance(bits, list | tuple) else [bits]
        few = any(isinstance(n, str) or (n is not None and n < 4) for n in each)
        return few or self.estimator.activation_bits is not None

    def passes(self, model: Any, kind: Kind, start: Any, arrays: Any, on_all: bool, part: float) -> Any:
        """``max_iter`` of a network that goes on from another one, or some part of it."""
        if kind.compression == "l0":
            fewer = isinstance(model.solver_, MiniBatch)
            passes: Any = GOING_ON * start.n_iter_ if fewer else "auto"
        else:
            passes = self.share_of_passes(model, kind, arrays, SHRINKING * (1.0 if on_all else BRIEF))
        if passes == "auto":
            return passes if part == 1.0 else FEW
        return math.ceil(max(FEW, part * passes))

    def share_of_passes(self, model: Any, kind: Kind, arrays: Any, share: float) -> Any:
        """A share of those that "auto" stands for, whatever the fit before had."""
        usual = clone(model).set_params(max_iter="auto")
        return shortened(usual, kind, self.size, arrays[1], share)

    def start(self, kind: Kind, room: int, on_all: bool) -> Any:
        """What a network goes on from: the last budget's, or a wide plain one; None: from nothing.

        Fewer bits may leave room for more units than there were with more bytes.
        """
        if kind.widths == () or not (self.is_in_batches or kind.compression == "l0"):
            return None
        found, params = self.starts.get((kind, on_all)), kind.within(room, *self.size)
        if found is None or (params is not None and not covers(found, params["hidden_layer_sizes"])):
            return self.wide(kind, room, on_all)
        return found

    def wide(self, kind: Kind, room: int, on_all: bool) -> Any:
        """The plain network that all kinds of as many layers, and with as many bins, go on from."""
        params = kind.within(room, *self.size)
        widths = () if params is None else params["hidden_layer_sizes"]
        if self.is_open and not kind.bins:
            widths = tuple(max(width, WIDE) for width in widths)
        found = self.starts.get((*wide(kind), on_all))
        if found is None or not covers(found, widths):
            found = self.starts[*wide(kind), on_all] = self.wide_fit(kind, widths, on_all)
            self.n_fits += 1
        return found

    def wide_fit(self, kind: Kind, widths: tuple, on_all: bool) -> Any:
        """A plain network of some widths; that of all rows goes on from that of the comparison."""
        arrays, before = self.arrays if on_all else self.parts, self.starts.get((*wide(kind), False))
        if on_all and before is not None and covers(before, widths):
            model = going_on(before)
            begin_again(model)
            if self.estimator.max_iter == "auto":
                model.set_params(max_iter=self.share_of_passes(model, kind, arrays, FINISHING))
            return model.fit(*arrays)
        plain = replace(kind, compression=None).parameters(widths, None)
        model = clone(self.estimator).set_params(**plain, activation_bits=None)
        if not on_all:
            share = BEGINNING[kind.bins > 0]
            model.set_params(max_iter=shortened(model, kind, self.size, arrays[1], share))
        fit_given(model, replace(self.candidates.finding, rounds_later=True), *arrays)
        if not on_all:
            self.bounds[wide(kind)] = float(model.score(*self.held_out))
        return model


def covers(fitted: Any, widths: tuple) -> bool:
    """Whether a network has as many units as these."""
    return all(a >= b for a, b in zip(fitted.hidden_layer_sizes, widths, strict=True))


def no_wider(widths: tuple, limits: tuple) -> tuple:
    """Widths, each up to its limit: fewer bits in fewer bytes may leave room for more units."""
    return tuple(min(pair) for pair in zip(widths, limits, strict=True))


def wide(kind: Kind) -> tuple:
    """What kinds share that go on from one wide network."""
    return kind.depth or len(kind.widths or ()), kind.straight, kind.bins


def family(kind: Kind) -> tuple:
    """What kinds share that differ in what comes before the first layer, but for whether it has ramps."""
    return kind.compression, kind.bits, kind.widths, kind.depth, kind.bins > 0


def going_on(fitted: Any) -> Any:
    """A copy of a fitted estimator whose next fit goes on from its weights."""
    return copy.deepcopy(fitted).set_params(verbose=0, warm_start=True)


def narrowed(fitted: Any, widths: tuple, arrays: Any) -> Any:
    """A fitted estimator with fewer units, which are to be trained like first weights."""
    network = fitted.network_
    if tuple(coef.shape[1] for coef in network.coefs[:-1]) == tuple(widths):
        return fitted
    rows = network_rows(network, arrays[0], "compression_path")
    s = None if len(arrays) < 3 else network.xp.asarray(arrays[2], dtype=network.coefs[0].dtype)
    fitted.network_ = shrunk_network(network, rows, widths, s)
    begin_again(fitted)
    return fitted
