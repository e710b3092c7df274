# SPDX-License-Identifier: BSD-3-Clause
"""From a list of layers to the affine maps of the network, bound to their shapes."""

import math
from dataclasses import dataclass
from typing import Any, NoReturn

from ._base import BaseLayer
from ._dense import Dense
from ._pool import AveragePool2D
from ._residual import Residual


@dataclass(frozen=True)
class Stack:
    """The resolved layers of a network; entry 0 of both tuples is None.

    Attributes
    ----------
    layers : tuple of BaseLayer
        Bound to the shapes of their input rows.
    skips : tuple of int or None
        Entry i is the index k of the V_k that U_i carries, None where there is none.
    shapes : list of tuple
        Weight shapes of layers 1 ... N.
    """

    layers: tuple
    skips: tuple
    shapes: list


class _Builder:
    """Puts one layer after another and says which one does not fit."""

    layers: list
    skips: list
    shapes: list
    pool: AveragePool2D | None

    def __init__(self, input_shape: tuple, owner: str):
        self.owner, self.shape = owner, tuple(input_shape)
        self.layers, self.skips, self.shapes = [None], [None], []
        self.pool = None

    def fail(self, place: int | str, item: Any, text: str, kind: type[Exception] = ValueError) -> NoReturn:
        """Raise, naming the layer and the rows that it gets."""
        name = " ".join(repr(item).split())
        raise kind(
            f"The 'layers' of {self.owner}: layer {place}, {name}, gets rows of shape {self.shape}. {text}"
        ) from None

    def add(self, item: Any, place: int | str) -> None:
        """One entry of the list."""
        if isinstance(item, Residual):
            self.add_residual(item, place)
        elif isinstance(item, AveragePool2D):
            self.add_pool(item, place)
        elif isinstance(item, BaseLayer):
            self.add_layer(item, place)
        else:
            self.fail(
                place,
                item,
                "It must be a layer of sklearn_nnbcd.layers: Dense, Conv2D, AveragePool2D or "
                "Residual. For plain widths use hidden_layer_sizes.",
                TypeError,
            )

    def built(self, item: Any, place: int | str) -> tuple:
        """Shape after the layer; its own complaint gets its place in the list."""
        try:
            return item.build(self.shape)
        except (ValueError, TypeError) as error:
            self.fail(place, item, str(error), type(error))

    def add_pool(self, pool: AveragePool2D, place: int | str) -> None:
        """Remember the pooling for the layer that follows."""
        after = self.built(pool, place)
        if self.pool is not None:
            self.fail(
                place,
                pool,
                "Two poolings in a row are one: use one AveragePool2D with the larger pool_size.",
            )
        self.pool, self.before_pool, self.shape = pool, self.shape, after

    def add_layer(self, layer: BaseLayer, place: int | str) -> None:
        """A layer with a weight, with the pooling before it."""
        after, before = self.built(layer, place), self.shape
        if self.pool is not None:
            layer, before, self.pool = self.pool.before(layer), self.before_pool, None
        self.layers.append(layer.bind(before))
        self.skips.append(None)
        self.shapes.append(layer.weight_shape(before))
        self.shape = after

    def add_residual(self, block: Residual, place: int | str) -> None:
        """The layers of a block, and its skip connection."""
        if self.pool is not None:
            self.fail(
                place,
                block,
                "A block must read the output of an activation, not of a pooling: put a layer with "
                "weights between them, or use a Conv2D with a stride instead of the pooling.",
            )
        if not isinstance(block.layers, list | tuple):
            self.fail(place, block, "Its 'layers' must be a list, such as [Dense(64), Dense(64)].", TypeError)
        first, shape = len(self.layers) - 1, self.shape
        for number, item in enumerate(block.layers, 1):
            if isinstance(item, Residual):
                self.fail(f"{place}.{number}", item, "A block cannot hold a block: put one after the other.")
            self.add(item, f"{place}.{number}")
        after, self.shape = self.shape, shape
        if self.pool is not None:
            self.fail(place, block, "It must end with a layer that has weights, not with a pooling.")
        if len(self.layers) - 1 - first < 2:
            self.fail(
                place,
                block,
                "It needs at least two layers with weights: one alone is a plain layer, so take it "
                "out of the Residual, or add a second one.",
            )
        if after != shape:
            self.fail(
                place,
                block,
                f"Its output has the shape {after}, and must have that of its input: change the last "
                "layer of the block (for Conv2D: filters, stride 1, padding), or reach the shape by a "
                "layer before the block.",
            )
        self.skips[-1], self.shape = first, after


def resolve_stack(layers: list | tuple, input_shape: tuple, n_outputs: int, owner: str) -> Stack:
    """The :class:`Stack` of the given hidden layers and the output layer after them.

    Parameters
    ----------
    layers : list of layers
    input_shape : tuple of int
        Shape of one row of X.
    n_outputs : int
        Units of the output layer.
    owner : str
        Name of the estimator, for messages.

    Returns
    -------
    stack : Stack

    Raises
    ------
    ValueError, TypeError
        Naming the layer, the shape of its input and the cure.
    """
    if not isinstance(layers, list | tuple):
        raise TypeError(
            f"The 'layers' of {owner} must be a list of layers. Got {layers!r}. Try "
            "[Conv2D(8, 3), Dense(100)] with input_shape=(height, width, channels), or "
            "hidden_layer_sizes for plain widths."
        )
    builder = _Builder(input_shape, owner)
    for place, item in enumerate(layers, 1):
        builder.add(item, place)
    builder.add(Dense(n_outputs), "output")
    return Stack(tuple(builder.layers), tuple(builder.skips), builder.shapes)


def resolve_input_shape(input_shape: tuple | None, n_features: int, owner: str) -> tuple:
    """Checked shape of one row of X with ``n_features`` entries; None: a flat row."""
    if input_shape is None:
        return (n_features,)
    good = isinstance(input_shape, list | tuple) and len(input_shape) in (1, 3)
    if not good or any(isinstance(d, bool) or not hasattr(d, "__index__") for d in input_shape):
        raise TypeError(
            f"The 'input_shape' of {owner} must be None or (height, width, channels), integers >= 1. "
            f"Got {input_shape!r}. Try (28, 28, 1)."
        )
    shape = tuple(int(d) for d in input_shape)
    if min(shape) < 1 or math.prod(shape) != n_features:
        raise ValueError(
            f"The 'input_shape' of {owner} must have integers >= 1 whose product is the number of "
            f"features, {n_features}. Got {input_shape!r}, with product {math.prod(shape)}. "
            "Change it, or pass X as (n_samples, height, width, channels)."
        )
    return shape
