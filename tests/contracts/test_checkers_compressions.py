# SPDX-License-Identifier: BSD-3-Clause
"""The contract checkers reject wrong compressions; see test_checkers.py."""

from dataclasses import dataclass, replace

import numpy as np
import pytest
from problems import NUMPY
from test_checkers import rejects, variant

from sklearn_nnbcd.compressions import L0, DenseWeight, LowRank, TensorTrain
from sklearn_nnbcd.testing._compressions import (
    check_compression,
    check_error_falls,
    check_lossless,
)


def with_plan(base, compression=None, **methods):
    """A compression whose plan has some methods replaced."""
    compression = compression or base()

    def plan(self, shape):
        right = base(**self.get_params()).plan(shape)
        wrong = object.__new__(type("Wrong", (type(right),), methods))
        wrong.__dict__.update(vars(right))
        return wrong

    return variant(base, plan=plan)(**compression.get_params())


def off_by_one_rank(self, W, *, metric=None, xp):
    """Rank r - 1 in factors of rank r."""
    U, s, Vh = xp.linalg.svd(W, full_matrices=False)
    s = xp.where(xp.arange(s.shape[0]) < self.rank - 1, s, xp.zeros_like(s))
    right = LowRank(rank=self.rank).plan(self.shape).project(W, xp=xp)
    return type(right)(U[:, : self.rank] * s[: self.rank], Vh[: self.rank, :])


def smallest(self, W, *, metric=None, xp):
    """Keep the wrong end."""
    right = L0(sparsity=0.5).plan(self.shape)
    return right.project(xp.where(W > 0, 1.0, -1.0) / (1e-9 + xp.abs(W)), xp=xp)


def keep_one_more(self, W, *, metric=None, xp):
    right = L0(sparsity=0.5).plan(self.shape)
    return replace(right, beta=self.beta + 1).project(W, xp=xp)


def worse(self, target, previous, weight, *, xp):
    return type(self).project(self, -target, xp=xp)


WRONG_PLANS = {
    "keeps the small entries": (
        L0(0.5),
        {"step": lambda self, t, p, w, *, xp: smallest(self, t, xp=xp)},
        "goes up|is better",
    ),
    "keeps one more": (L0(0.5), {"project": keep_one_more}, "the plan says"),
    "step away from the target": (LowRank(0.5), {"step": worse}, "goes up"),
    "step ignores its start": (
        TensorTrain(0.5),
        {"step": lambda self, t, p, w, *, xp: p.scaled(1.1)},
        "goes up",
    ),
    "claims to be exact": (LowRank(2), {"exact": True}, "is better"),
    "wrong shape": (LowRank(2), {"shape": property(lambda self: (6, 8))}, "shape"),
    "wrong count": (LowRank(2), {"n_parameters": property(lambda self: 28 - 1)}, "the plan says"),
    "projection is not stable": (
        L0(0.5),
        {"project": lambda self, W, *, metric=None, xp: L0(0.5).plan(self.shape).project(0.9 * W, xp=xp)},
        "is better|changes it|goes up",
    ),
}


@pytest.mark.parametrize("case", WRONG_PLANS)
def test_wrong_plan(case):
    compression, methods, match = WRONG_PLANS[case]
    wrong = with_plan(type(compression), compression, **methods)
    rejects(check_compression, wrong, (8, 6), match=match)


def test_projection_off_by_one_rank():
    wrong = with_plan(LowRank, LowRank(rank=3), project=off_by_one_rank)
    rejects(check_lossless, wrong, (8, 6), match="not the weight")


def test_projection_that_gets_worse_with_the_rank():
    def project(self, W, *, metric=None, xp):
        return LowRank(rank=self.rank).plan(self.shape).project(W, xp=xp).scaled(0.8**self.rank)

    rejects(check_error_falls, with_plan(LowRank, project=project), (8, 6), match="rises")


def test_full_step_that_stops_short():
    def step(self, target, previous, weight, *, xp):
        return LowRank(rank=self.rank).plan(self.shape).step(0.99 * target, previous, weight, xp=xp)

    rejects(check_lossless, with_plan(LowRank, step=step), (8, 6), match="do not reach")


@dataclass(frozen=True, eq=False)
class Wrapped:
    """A weight with one property or method replaced."""

    weight: object
    changes: dict

    def __getattr__(self, name):
        if name.startswith("__") or name in ("weight", "changes"):
            raise AttributeError(name)
        value = self.changes.get(name)
        return getattr(self.weight, name) if value is None else value(self.weight)

    def scaled(self, factor):
        change = self.changes.get("scaled")
        return Wrapped(change(self.weight, factor) if change else self.weight.scaled(factor), self.changes)

    def rows_scaled(self, factors, *, xp):
        change = self.changes.get("rows_scaled", lambda M, f, xp: Wrapped(M.rows_scaled(f, xp=xp), {}))
        return change(self.weight, factors, xp)

    def columns_scaled(self, factors, *, xp):
        change = self.changes.get("columns_scaled", lambda M, f, xp: Wrapped(M.columns_scaled(f, xp=xp), {}))
        return change(self.weight, factors, xp)


def drop_weight(self):
    return (Wrapped, (self.weight.scaled(1.0 + 1e-9), {}))


WRONG_WEIGHTS = {
    "indices counted": ({"n_parameters": lambda M: 2 * M.n_parameters}, "are stored"),
    "indices without bytes": ({"nbytes": lambda M: M.data.nbytes}, "nbytes"),
    "apply of the transposed": (
        {"apply": lambda M: lambda V, *, xp: V @ (0.5 * M.to_dense(xp=xp))},
        "apply is not",
    ),
    "scaled twice": ({"scaled": lambda M, factor: M.scaled(factor * factor)}, "does not scale"),
    "rows scaled twice": (
        {"rows_scaled": lambda M, f, xp: Wrapped(M.rows_scaled(f * f, xp=xp), {})},
        "rows_scaled does not scale",
    ),
    "rows become another format": (
        {"rows_scaled": lambda M, f, xp: DenseWeight(f[:, None] * M.to_dense(xp=xp))},
        "rows_scaled must keep the format",
    ),
    "columns not scaled": (
        {
            "rows_scaled": lambda M, f, xp: None,  # allowed
            "columns_scaled": lambda M, f, xp: Wrapped(M, {}),
        },
        "columns_scaled does not scale",
    ),
    "transposed": ({"to_dense": lambda M: lambda *, xp: M.to_dense(xp=xp).T}, "another shape"),
    "double precision": (
        {"to_dense": lambda M: lambda *, xp: xp.astype(M.to_dense(xp=xp), xp.float64)},
        "dtype",
    ),
}


def wrap_project(changes):
    def project(self, W, *, metric=None, xp):
        return Wrapped(L0(0.5).plan(self.shape).project(W, xp=xp), changes)

    return project


@pytest.mark.parametrize("case", WRONG_WEIGHTS)
def test_wrong_weight(case):
    changes, match = WRONG_WEIGHTS[case]
    wrong = with_plan(L0, L0(0.5), project=wrap_project(changes))
    rejects(check_compression, wrong, (8, 6), dtype="float32", match=match)


def test_pickle_that_loses_something(monkeypatch):
    monkeypatch.setattr(Wrapped, "__reduce__", drop_weight, raising=False)
    wrong = with_plan(L0, L0(0.5), project=wrap_project({}))
    rejects(check_compression, wrong, (8, 6), match="pickle")


def test_right_pieces_pass():
    """So that no case above fails for another reason than the one thing that it changes."""
    for compression in (L0(0.5), LowRank(0.5), LowRank(2), TensorTrain(0.5)):
        right = with_plan(type(compression), compression)
        check_compression(right, (8, 6))
        check_lossless(right, (8, 6))
        check_error_falls(right, (8, 6))
    wrapped = Wrapped(L0(0.5).plan((8, 6)).project(np.ones((8, 6)), xp=NUMPY), {})
    assert wrapped.n_parameters == 24
