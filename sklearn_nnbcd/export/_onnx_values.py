# SPDX-License-Identifier: BSD-3-Clause
"""An ONNX model in the making: its nodes, constants and values."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from ..compressions.quantization import FixedPoint
from ..graphs._nodes import Node

#: of names, without the X of the rows
LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWYZ"
#: bytes that a vector of small integers must save to be worth the nodes that make numbers of them
NODES = 80


class Value(NamedTuple):
    """A result: its name, its shape behind a first axis that holds all that is left, a sample's entries."""

    name: str
    layout: tuple[int, ...]
    size: int = 0


class Writer:
    """Collects ONNX nodes and constants.

    Parameters
    ----------
    dtype : numpy.dtype
        float32 or float64: of all that is computed.
    opset : int
    unique : callable, default=None
        Makes a name unique in a larger model; None: the names are all that there are.
    """

    def __init__(self, dtype: Any, opset: int, unique: Callable[[str], str] | None = None) -> None:
        from onnx import TensorProto, helper, numpy_helper

        self.dtype, self.opset = np.dtype(dtype), opset
        self.nodes: list[Any] = []
        self.constants: list[Any] = []
        self._helper, self._from_array, self.types = helper, numpy_helper.from_array, TensorProto
        self._unique = unique
        self._known: dict = {}
        self._n_names = 0
        #: by the id of a matrix of integers: the name of what is written already, and a factor
        self.integers: dict[int, tuple[str, int]] = {}

    @property
    def is_alone(self) -> bool:
        """Whether the model is this network and nothing else."""
        return self._unique is None

    def name(self, prefix: str) -> str:
        """A new name, of one letter where there are few: a small model is names for the most part."""
        if self._unique is not None:
            return self._unique(prefix)
        number, name = self._n_names, ""
        self._n_names += 1
        while number >= 0:
            number, letter = divmod(number, len(LETTERS))
            name, number = LETTERS[letter] + name, number - 1
        return name

    def op(self, kind: str, *inputs: str, output: str | None = None, **attributes: Any) -> str:
        """Append a node with one output; its name."""
        output = self.name("v") if output is None else output
        self.nodes.append(self._helper.make_node(kind, list(inputs), [output], **attributes))
        return output

    def parts(self, v: str, sizes: list[int]) -> list[str]:
        """The names of the parts of v, along the first axis, of some sizes."""
        outputs = [self.name("v") for _ in sizes]
        split = self.constant(sizes, np.int64)
        self.nodes.append(self._helper.make_node("Split", [v, split], outputs))
        return outputs

    def finish(self, v: str, output: str) -> None:
        """Give what a node makes the name of an output of the model; anything else is copied."""
        if not any(v in node.output for node in self.nodes):
            self.op("Identity", v, output=output)
            return
        for node in self.nodes:
            for names in (node.input, node.output):
                names[:] = [output if name == v else name for name in names]

    def constant(self, content: Any, dtype: Any = None) -> str:
        """A constant, of the network's dtype where none is named; equal small ones are one."""
        array = np.array(content, self.dtype if dtype is None else dtype, order="C")
        key = (array.dtype.str, array.shape, array.tobytes()) if array.size <= 64 else None
        if key in self._known:
            return self._known[key]
        name = self.name("c")
        self.constants.append(self._from_array(array, name))
        if key is not None:
            self._known[key] = name
        return name

    def shaped(self, value: Value, *layout: int) -> str:
        """The name of a value with another layout."""
        if value.layout == layout:
            return value.name
        return self.op("Reshape", value.name, self.constant([-1, *layout], np.int64))

    def flat(self, node: Node, value: Value) -> str:
        """The name of a value with a row for every sample."""
        return self.shaped(value, node.size)

    def reduced(self, kind: str, v: str, axes: list[int], keepdims: bool = True) -> str:
        """A sum, mean or maximum along axes; how they are named depends on the opset."""
        if kind == "ReduceSum" or self.opset >= 18:
            return self.op(kind, v, self.constant(axes, np.int64), keepdims=int(keepdims))
        return self.op(kind, v, axes=axes, keepdims=int(keepdims))

    def zeros(self, shape: list[int], dtype: Any, fill: float = 0) -> str:
        """An array of one number, which takes no bytes in the file."""
        value = self._from_array(np.asarray([fill], dtype), "value")
        return self.op("ConstantOfShape", self.constant(shape, np.int64), value=value)

    def cast(self, v: str, kind: int) -> str:
        """v as another type of ONNX."""
        return self.op("Cast", v, to=kind)

    def counts(self, content: np.ndarray) -> str:
        """Integers >= 0 as int64, a constant of the smallest type that holds them."""
        return self.cast(self.constant(content, np.min_scalar_type(int(content.max()))), self.types.INT64)

    def powers_of_two(self, exponents: np.ndarray) -> str:
        """2^k of integers from -128 to 127, a byte each."""
        return self.op("Pow", self.constant(2.0), self.floating(self.constant(exponents, np.int8)))

    def numbers(self, content: np.ndarray) -> str:
        """A vector; of integers times a power of two as these, where that saves more than the nodes take."""
        array = np.asarray(content, self.dtype)
        found = FixedPoint.near(array, np.zeros(len(array)))
        if not isinstance(found, FixedPoint) or array.nbytes - found.integers.nbytes <= NODES:
            return self.constant(array)
        integers = self.floating(self.constant(found.integers, found.integers.dtype))
        return self.op("Mul", integers, self.constant(2.0 ** float(found.power[0])))

    def floating(self, v: str) -> str:
        """v as what is computed with."""
        return self.cast(v, self.types.DOUBLE if self.dtype == np.float64 else self.types.FLOAT)
