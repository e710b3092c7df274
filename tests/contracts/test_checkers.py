# SPDX-License-Identifier: BSD-3-Clause
"""The contract checkers reject wrong pieces: each case is a correct piece with one thing wrong."""

from dataclasses import replace

import numpy as np
import pytest

from sklearn_nnbcd.activations import Identity, LeakyReLU, ReLU
from sklearn_nnbcd.initializers import Gaussian, XavierNormal
from sklearn_nnbcd.layers import Dense
from sklearn_nnbcd.losses import Hinge, SquaredError
from sklearn_nnbcd.placements import InMemory
from sklearn_nnbcd.testing._base import (
    check_activation,
    check_initializer,
    check_loss,
    check_placement,
    check_probabilities,
)
from sklearn_nnbcd.testing._layers import check_layer


def variant(base, **methods):
    """An instance of a subclass with some methods replaced."""
    return type(f"Wrong{base.__name__}", (base,), methods)


def rejects(check, *args, match, **kwargs):
    with pytest.raises(AssertionError, match=match):
        check(*args, **kwargs)


# activations --------------------------------------------------------------------------------------


def in_place(self, V, center, weight, *, xp):
    V += weight * center
    V /= 1.0 + weight
    return V


WRONG_ACTIVATIONS = {
    "sign of the prox": (
        Identity,
        lambda self, V, center, weight, *, xp: (V - weight * center) / (1.0 + weight),
        "global minimiser",
    ),
    "weight of the other term": (
        Identity,
        lambda self, V, center, weight, *, xp: (weight * V + center) / (1.0 + weight),
        "global minimiser",
    ),
    "only a local minimiser": (
        ReLU,
        lambda self, V, center, weight, *, xp: xp.where(
            center > 0, xp.maximum((V + weight * center) / (1 + weight), xp.zeros_like(V)), center
        ),
        "global minimiser",
    ),
    "prox of another slope": (
        LeakyReLU,
        lambda self, *args, xp: LeakyReLU(0.02).prox(*args, xp=xp),
        "global minimiser",
    ),
    "single precision lost": (
        Identity,
        lambda self, V, center, weight, *, xp: xp.astype((V + weight * center) / 3, xp.float64),
        "dtype",
    ),
    "arguments changed": (Identity, in_place, "changed its arguments"),
}


@pytest.mark.parametrize("case", WRONG_ACTIVATIONS)
def test_wrong_prox_of_an_activation(case):
    base, prox, match = WRONG_ACTIVATIONS[case]
    rejects(check_activation, variant(base, prox=prox)(), dtype="float32", match=match)


def test_wrong_sigma():
    mixing = variant(ReLU, __call__=lambda self, U, *, xp: U - xp.mean(U))
    rejects(check_activation, mixing(), match="entry by entry")
    flat = variant(ReLU, __call__=lambda self, U, *, xp: xp.reshape(U, (-1,)))
    rejects(check_activation, flat(), match="shape")


# losses -------------------------------------------------------------------------------------------

WRONG_LOSSES = {
    "step instead of weight": (
        SquaredError,
        {"prox": lambda self, Y, C, w, *, xp: (Y + C / w) / (1.0 + 1.0 / w)},
        "does not minimise",
    ),
    "loss without the half": (
        SquaredError,
        {"value": lambda self, Y, V, *, xp: xp.sum((V - Y) ** 2, axis=1)},
        "does not minimise",
    ),
    "hinge against the target": (
        Hinge,
        {"prox": lambda self, Y, C, w, *, xp: Hinge().prox(-Y, C, w, xp=xp)},
        "does not minimise",
    ),
    "hinge that stops late": (
        Hinge,
        {"prox": lambda self, Y, C, w, *, xp: xp.where(Y * C < 1.0, C + Y / w, C)},
        "does not minimise",
    ),
    "mean over all": (
        SquaredError,
        {"value": lambda self, Y, V, *, xp: 0.5 * xp.mean((V - Y) ** 2)},
        "per row",
    ),
    "value mixes rows": (
        SquaredError,
        {"value": lambda self, Y, V, *, xp: xp.sum((V - Y) ** 2, axis=1) / V.shape[0]},
        "mixes rows",
    ),
    "prox mixes rows": (
        SquaredError,
        {"prox": lambda self, Y, C, w, *, xp: (Y + w * C) / (1.0 + w) + xp.mean(Y - C)},
        "mixes rows",
    ),
    "unknown task": (SquaredError, {"tasks": frozenset({"ranking"})}, "tasks"),
}


@pytest.mark.parametrize("case", WRONG_LOSSES)
def test_wrong_loss(case):
    base, methods, match = WRONG_LOSSES[case]
    rejects(check_loss, variant(base, **methods)(), match=match)


WRONG_PROBABILITIES = {
    "not normalised": (lambda P: 0.5 * P, "sum to 1"),
    "negative": (lambda P: 2.0 * P - 1.0 / P.shape[1], "negative"),
    "order turned": (lambda P: P[:, ::-1], "order|sign"),
    "one column": (lambda P: P[:, 1:], "shape"),
}


@pytest.mark.parametrize("case", WRONG_PROBABILITIES)
def test_wrong_probabilities(case):
    change, match = WRONG_PROBABILITIES[case]

    def to_proba(self, V, *, xp):
        return change(SquaredError().to_proba(V, xp=xp))

    rejects(check_probabilities, variant(SquaredError, to_proba=to_proba)(), match=match)


# layers -------------------------------------------------------------------------------------------


def statistics(change):
    """Statistics with one thing changed."""

    def wrong(self, V, E, s, shift, *, with_gram, xp):
        sums = Dense(self.units).statistics(V, E, s, shift, with_gram=with_gram, xp=xp)
        return replace(sums, **change(sums, V, E, s, xp))

    return {"statistics": wrong}


WRONG_LAYERS = {
    "means instead of sums": (
        statistics(lambda t, V, E, s, xp: {"sum_v": t.sum_v / t.weight}),
        "does not add up",
    ),
    "rows counted without weights": (
        statistics(lambda t, V, E, s, xp: {"weight": float(V.shape[0])}),
        "that many copies",
    ),
    "weights not in the products": (
        statistics(lambda t, V, E, s, xp: {"cross": V.T @ E}),
        "that many copies",
    ),
    "transposed residual": (
        statistics(lambda t, V, E, s, xp: {"cross": -t.cross}),
        "minimiser of the W block",
    ),
    "residual sum lost": (
        statistics(lambda t, V, E, s, xp: {"sum_e": 0.0 * t.sum_e}),
        "minimiser of the W block",
    ),
    "not linear in V": (
        {"forward": lambda self, V, W, b, *, xp: Dense(self.units).forward(V * V, W, b, xp=xp)},
        "linear in V",
    ),
    "not linear in W": (
        {"forward": lambda self, V, W, b, *, xp: Dense(self.units).forward(V, W + 1.0, b, xp=xp)},
        "linear in W",
    ),
    "shape not told": ({"build": lambda self, shape: (self.units + 1,)}, "shape of forward"),
    "penalties exchanged": (
        {"input_operator": lambda self, W, rho, gamma, *, xp: Dense(1).input_operator(W, gamma, rho, xp=xp)},
        "minimiser of the V block",
    ),
    "residual forgotten": (
        {"solve_input": lambda self, operator, S, R, *, xp: S + 0.0 * (R @ operator)},
        "minimiser of the V block",
    ),
    "sum of the wrong rows": (
        {"input_sum": lambda self, V, s, *, xp: (xp.sum(V, axis=0), float(V.shape[0]))},
        "input_sum",
    ),
    "weights not counted": (
        {"input_sum": lambda self, V, s, *, xp: (Dense(1).input_sum(V, s, xp=xp)[0], 1.0)},
        "input_sum",
    ),
}


@pytest.mark.parametrize("case", WRONG_LAYERS)
def test_wrong_layer(case):
    methods, match = WRONG_LAYERS[case]
    rejects(check_layer, variant(Dense, **methods)(4), (6,), match=match)


# initialisers and placements ----------------------------------------------------------------------

WRONG_DRAWS = {
    "own generator": (lambda shape, state: np.random.default_rng().normal(size=shape), "same draw"),
    "global state": (lambda shape, state: np.random.normal(size=shape), "same draw"),  # noqa: NPY002
    "no generator": (lambda shape, state: np.ones(shape), "ignores|mean 0"),
    "biased": (lambda shape, state: state.normal(0.3, 1.0, size=shape), "mean 0"),
    "transposed": (lambda shape, state: state.normal(size=shape[::-1]), "shape"),
    "single precision": (lambda shape, state: state.normal(size=shape).astype("f4"), "float64"),
    "not finite": (lambda shape, state: state.normal(size=shape) / 0.0, "not finite"),
    "deviation for variance": (
        lambda shape, state: state.normal(0.0, 2.0 / sum(shape), size=shape),
        "variance",
    ),
}


@pytest.mark.parametrize("case", WRONG_DRAWS)
@pytest.mark.filterwarnings("ignore:divide by zero:RuntimeWarning")
def test_wrong_draw(case):
    draw, match = WRONG_DRAWS[case]
    wrong = variant(Gaussian, draw=lambda self, shape, state: draw(shape, state))()
    rejects(check_initializer, wrong, variance=XavierNormal().variance, match=match)


def first_only(self, step, *args):
    self.blocks[0], total = step(self.blocks[0], *args)
    return total + sum(step(block, *args)[1] for block in self.blocks[1:])


def last_part(self, step, *args):
    for k, block in enumerate(self.blocks):
        self.blocks[k], part = step(block, *args)
    return part


def changing(self, measure, *args):
    total = sum(measure(block, *args) for block in self.blocks)
    self.blocks = [0.5 * block for block in self.blocks]
    return total


WRONG_PLACEMENTS = {
    "new blocks not kept": ({"sweep": first_only}, "keep the new blocks"),
    "parts not added": ({"sweep": last_part}, "sweep does not add up"),
    "reduce changes blocks": ({"reduce": changing}, "reduce changes"),
    "reduce forgets a block": (
        {"reduce": lambda self, measure, *args: measure(self.blocks[0], *args)},
        "reduce does not add up",
    ),
}


@pytest.mark.parametrize("case", WRONG_PLACEMENTS)
def test_wrong_placement(case):
    methods, match = WRONG_PLACEMENTS[case]
    rejects(check_placement, variant(InMemory, **methods), match=match)


# and the base of all these: unchanged pieces pass -------------------------------------------------


def test_right_pieces_pass():
    """So that no case above fails for another reason than the one thing that it changes."""
    for activation in (Identity, LeakyReLU, ReLU):
        check_activation(variant(activation)(), dtype="float32")
    for loss in (SquaredError, Hinge):
        check_loss(variant(loss)())
        check_probabilities(variant(loss)())
    check_layer(variant(Dense)(4), (6,))
    check_initializer(variant(XavierNormal)(), variance=XavierNormal().variance)
    check_placement(variant(InMemory))
