# SPDX-License-Identifier: BSD-3-Clause
"""Small random problems for the engine's tests, put together from the registries."""

import math

import array_api_compat
import numpy as np

from sklearn_nnbcd._arrays import to_numpy
from sklearn_nnbcd.activations import ACTIVATIONS, Identity
from sklearn_nnbcd.compressions import COMPRESSIONS
from sklearn_nnbcd.engine import (
    Block,
    Penalties,
    Problem,
    center_inputs,
    initial_block,
    initial_weights,
)
from sklearn_nnbcd.layers import Dense, resolve_stack
from sklearn_nnbcd.losses import LOSSES
from sklearn_nnbcd.placements import InMemory

NUMPY = array_api_compat.array_namespace(np.zeros(1))


def mild(name, **other):
    """A registered compression that removes about half: small problems keep something to fit."""
    known = COMPRESSIONS[name]().get_params()
    chosen = {"rank": 0.6, "sparsity": 0.5, "strength": 0.1, **other}
    return COMPRESSIONS[name](**{key: value for key, value in chosen.items() if key in known})


#: every registered compression, the second tensorization, and none
MILD_COMPRESSIONS = {name: mild(name) for name in COMPRESSIONS}
MILD_COMPRESSIONS["tt_paired"] = mild("tt", tensorization="paired")
MILD_COMPRESSIONS["group_lasso_inputs"] = mild("group_lasso", groups="inputs")
MILD_COMPRESSIONS["quantized_4"] = mild("quantized", bits=4)
MILD_COMPRESSIONS["quantized_low_rank"] = mild("quantized", compression=mild("low_rank"))
MILD_COMPRESSIONS["none"] = None


#: "relu-hinge-tt" -> (activation, loss, compression)
COMBINATIONS = {f"{a}-{e}-{c}": (a, e, c) for a in ACTIVATIONS for e in LOSSES for c in MILD_COMPRESSIONS}


def covering(families):
    """Triples in which every two members of different families meet, few of them."""
    chosen, met = {}, set()
    for first, second, third in (0, 1, 2), (0, 2, 1), (1, 2, 0):
        others = list(families[third])
        for i, x in enumerate(families[first]):
            for j, y in enumerate(families[second]):
                if (first, x, second, y) in met:
                    continue
                triple = {first: x, second: y, third: others[(i + j) % len(others)]}
                pieces = tuple(triple[k] for k in range(3))
                chosen["-".join(pieces)] = pieces
                met |= {(k, pieces[k], m, pieces[m]) for k in range(3) for m in range(k + 1, 3)}
    return chosen


#: enough of them: a block update of the engine knows the pieces of two families at most
COVERING = covering((ACTIVATIONS, LOSSES, MILD_COMPRESSIONS))


def random_targets(loss, n, d, rng):
    """Targets that the loss allows, shape (n, d): classes as it codes them, or real numbers."""
    if "regression" in loss.tasks:
        Y = rng.normal(size=(n, d))
        return Y if math.isinf(loss.lowest_target) else loss.lowest_target + np.abs(Y)
    labels = rng.integers(max(d, 2), size=n)
    if d == 1:
        return np.where(labels[:, None] == 1, 1.0, -1.0)
    return np.where(np.arange(d) == labels[:, None], 1.0, loss.off)


def make_problem(
    widths,
    *,
    activation="relu",
    loss="squared_error",
    compression="none",
    compress_output=True,
    fit_intercept=True,
    xp=NUMPY,
    **penalties,
):
    """The :class:`Problem` of a dense network with the given widths d_0 ... d_N, by names."""
    shapes = list(zip(widths, widths[1:]))
    layers = (None, *(Dense(units).bind((size,)) for size, units in shapes))
    plans = mild_plans(compression, shapes, compress_output)
    pieces = dict(activation=activation, loss=loss, plans=plans)
    return put_together(layers, pieces, fit_intercept, xp, penalties)


def make_stack_problem(
    layers,
    input_shape,
    n_outputs,
    *,
    activation="relu",
    loss="squared_error",
    compression="none",
    compress_output=True,
    fit_intercept=True,
    xp=NUMPY,
    **penalties,
):
    """The :class:`Problem` of a list of layers, and the shapes of its weights."""
    stack = resolve_stack(layers, input_shape, n_outputs, "the test")
    plans = mild_plans(compression, stack.shapes, compress_output)
    pieces = dict(activation=activation, loss=loss, plans=plans, skips=stack.skips)
    return put_together(stack.layers, pieces, fit_intercept, xp, penalties), stack.shapes


def mild_plans(compression, shapes, compress_output):
    """Plans for the weights, None where a layer stays dense."""
    piece = MILD_COMPRESSIONS[compression]
    plans = [None if piece is None else piece.plan(shape) for shape in shapes]
    if not compress_output:
        plans[-1] = None
    return (None, *plans)


def put_together(layers, pieces, fit_intercept, xp, penalties):
    """The problem of some layers and of pieces by their names."""
    sigma = [ACTIVATIONS[pieces["activation"]]() for _ in layers[2:]]
    return Problem(
        layers=layers,
        activations=(None, *sigma, Identity()),
        plans=pieces["plans"],
        loss=LOSSES[pieces["loss"]](),
        penalties=Penalties(**penalties),
        fit_intercept=fit_intercept,
        xp=xp,
        skips=pieces.get("skips", ()),
    )


def draw_start(problem, widths, rng, scale=1.0):
    """Random W and b (scaled as LeCun's), on the host."""
    W = [rng.normal(size=shape) * scale / shape[0] ** 0.5 for shape in zip(widths, widths[1:])]
    b = [0.3 * rng.normal(size=w.shape[1]) if problem.fit_intercept else None for w in W]
    return [None, *W], [None, *b]


def start(problem, X, Y, s, W, b, *, slices=None, noise=None, dtype="float64"):
    """Weights, centred, and a placement with the rows in the given slices.

    ``noise`` (a generator) moves U and V away from the forward pass, to a state as it may come.
    """
    xp = problem.xp

    def convert(x):
        return None if x is None else xp.asarray(x, dtype=getattr(xp, dtype))

    weights = initial_weights(problem, [convert(w) for w in W], [convert(v) for v in b])
    block = initial_block(problem, weights, convert(X), convert(Y), convert(s))
    if noise is not None:
        V, U = [block.V[0]], [None]
        for v, u in zip(block.V[1:], block.U[1:]):
            V.append(v + convert(noise.normal(size=v.shape)))
            U.append(u + convert(noise.normal(size=u.shape)))
        block = Block(block.Y, tuple(V), tuple(U), block.s)
    blocks = [block] if slices is None else [cut(block, part) for part in slices]
    placement = InMemory(blocks)
    return center_inputs(problem, weights, placement), placement


def cut(block, part):
    """The rows of a block in a slice."""
    return Block(
        block.Y[part, ...],
        tuple(v[part, ...] for v in block.V),
        (None, *(u[part, ...] for u in block.U[1:])),
        None if block.s is None else block.s[part],
    )


def to_host(x):
    """A NumPy array of any array, or None."""
    return None if x is None else to_numpy(x)


def fitted(weights):
    """Everything that a fit produces, as a flat list of NumPy arrays."""
    parts = [*weights.W[1:], *weights.b[1:], *weights.M_dense[1:]]
    return [to_host(part) for part in parts if part is not None]
