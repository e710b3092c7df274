# SPDX-License-Identifier: BSD-3-Clause
"""An integer network as C99: one function for each kind of operation."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ..graphs._nodes import Gather, Scatter, Windows
from ..integers import IntegerNetwork
from ..integers._operations import (
    Combine,
    IntegerPool,
    IntegerProduct,
    Move,
    Operation,
    Quantise,
    Rounding,
    SparseIntegerProduct,
    Table,
)
from ._c_integer_helpers import helper
from ._c_interface import File, add_functions, assembled, declarations
from ._c_memory import Memory
from ._c_quantise import add_quantise
from ._c_sparse import add_sparse
from ._c_text import number, packed

#: entries of int32 and bytes that a type takes
KINDS = {8: "int8_t", 16: "int16_t", 32: "int32_t"}


@dataclass
class Layout:
    """Where values lie, in bytes of one static union.

    Attributes
    ----------
    name : str
        Of the network.
    offsets : dict of int to int
        First byte of each value, a multiple of 4; those that are the function's argument are absent.
    bits : dict of int to int
        Of an entry of each value.
    patches, sums : dict of int to int
        First byte of the memory of a patch, and of int32 sums, of the operations that need one.
    size : int
        Bytes in all.
    """

    name: str
    offsets: dict[int, int] = field(default_factory=dict)
    bits: dict[int, int] = field(default_factory=dict)
    patches: dict[int, int] = field(default_factory=dict)
    sums: dict[int, int] = field(default_factory=dict)
    size: int = 0

    def at(self, place: int) -> str:
        """C expression of a value."""
        return self.pointer(self.bits[place], self.offsets[place]) if place in self.offsets else "x"

    def pointer(self, bits: int, offset: int) -> str:
        """C expression of an offset, as entries of a width."""
        return f"{self.name}_memory.i{bits} + {offset * 8 // bits}"

    def kind(self, place: int) -> str:
        """Type of the entries of a value."""
        return KINDS[self.bits[place]]


@dataclass(frozen=True)
class Context:
    """What an emitter gets beside its operation: the file, the layout, and windows cut patch by patch."""

    file: File
    layout: Layout
    cut: dict[int, Move]


def _rounding(file: File, rounding: Rounding) -> str:
    """A table of shift, zero and ends; its name."""
    numbers = [rounding.shift, rounding.zero, rounding.low, rounding.high]
    return file.add_table("int32_t", np.asarray(numbers), "rounding")


def _weights(c: Context, operation: Any) -> tuple[str, str, str]:
    """Tables of a bias, of multipliers and of the rounding."""
    bias = c.file.add_table(KINDS[c.file.bias_bits], operation.bias, "bias")
    multiplier = c.file.add_table("uint16_t", operation.rounding.multiplier, "multiplier")
    return bias, multiplier, _rounding(c.file, operation.rounding)


def _over_positions(c: Context, operation: Any, rows: int, call: Callable[[str, str, int], str]) -> list[str]:
    """``call(source, out, rows)`` for all rows at once, or patch by patch of an image."""
    (source,) = operation.sources
    if source not in c.cut:
        return [call(c.layout.at(source), c.layout.at(operation.place), rows)]
    move = c.cut[source]
    window, kind = move.node.window, c.layout.kind(move.sources[0])
    (counts, columns), (down, right), (top, left) = window.counts, window.stride, window.padding
    (height, width, channels), (high, wide) = window.image, window.size
    patch = c.layout.pointer(move.bits, c.layout.patches[operation.place])
    out = f"{c.layout.at(operation.place)} + (r * {columns} + s) * {operation.size // rows}"
    sizes = f"{height}, {width}, {channels}, r * {down} - {top}, s * {right} - {left}, {high}, {wide}"
    cut = f"{helper(c.file, 'cut', v=kind)}({c.layout.at(move.sources[0])}, {patch}, {sizes}, {move.zero});"
    return [
        f"for (int r = 0; r < {counts}; ++r)",
        f"    for (int s = 0; s < {columns}; ++s) {{",
        f"        {cut}",
        f"        {call(patch, out, 1)}",
        "    }",
    ]


def _product(c: Context, operation: IntegerProduct) -> list[str]:
    groups, d_in, d_out = operation.weights.shape
    (source,) = operation.sources
    v = c.cut[source].bits if source in c.cut else c.layout.bits[source]
    kind = "int8_t" if c.file.weight_bits == 8 else "int16_t"
    columns = operation.weights.transpose(0, 2, 1).astype(np.int64)
    if np.abs(columns).max(initial=0) <= 7 and groups == operation.after == 1:
        kind, columns = "uint8_t", packed(columns[0])
    kinds = {"v": KINDS[v], "w": kind, "o": KINDS[operation.bits], "b": KINDS[c.file.bias_bits]}
    w = c.file.add_table(kind, columns, "weights")
    tables = ", ".join([w, *_weights(c, operation)])
    if groups > 1 or operation.after > 1:
        sizes = f"{operation.blocks}, {groups}, {d_in}, {d_out}, {operation.after}"
        name = helper(c.file, "mode_product", **kinds)
        return [f"{name}({c.layout.at(source)}, {tables}, {c.layout.at(operation.place)}, {sizes});"]
    name = helper(c.file, "product", **kinds)
    return _over_positions(
        c,
        operation,
        operation.blocks,
        lambda v, out, rows: f"{name}({v}, {tables}, {out}, {rows}, {d_in}, {d_out});",
    )


def _sparse_product(c: Context, operation: SparseIntegerProduct) -> list[str]:
    (source,), node = operation.sources, operation.node
    d_in, d_out = node.shape
    v = c.cut[source].bits if source in c.cut else c.layout.bits[source]
    kind = "int8_t" if c.file.weight_bits == 8 else "int16_t"
    name, entries = add_sparse(
        c.file, node, kind, (operation.weights, "weights"), (KINDS[v], KINDS[c.file.bias_bits], "int32_t")
    )
    bias, multiplier, r = _weights(c, operation)
    after = helper(c.file, "round_all", o=KINDS[operation.bits])
    sums = c.layout.pointer(32, c.layout.sums[operation.place])

    def call(v: str, out: str, rows: int) -> str:
        first = f"{name}({v}, {entries}, {bias}, {sums}, {rows}, {d_in}, {d_out});"
        return f"{first} {after}({sums}, {multiplier}, {r}, {out}, {rows}, {d_out});"

    return _over_positions(c, operation, node.before, call)


def _combine(c: Context, operation: Combine) -> list[str]:
    each = zip(operation.factors, operation.sources, strict=True)
    terms = [f"{factor} * ({c.layout.at(source)})[i]" for factor, source in each]
    if len(operation.constant) == 1:
        constant = [str(int(operation.constant[0]))] if operation.constant[0] else []
    else:
        index = "i" if len(operation.constant) == operation.size else f"i % {len(operation.constant)}"
        constant = [f"{c.file.add_table('int32_t', operation.constant, 'constant')}[{index}]"]
    kind, out = KINDS[operation.bits], c.layout.at(operation.place)
    total = " + ".join([*terms, *constant])
    if operation.bits == 32:
        value = total
    else:
        r = _rounding(c.file, operation.rounding)
        value = f"({kind}){helper(c.file, 'round')}({total}, 1, {r})"
    return [f"for (int i = 0; i < {operation.size}; ++i)", f"    ({out})[i] = {value};"]


def _pool(c: Context, operation: IntegerPool) -> list[str]:
    window = operation.window
    (rows, columns), (down, right), (high, wide) = window.counts, window.stride, window.size
    _, width, channels = window.image
    sizes = f"{width}, {channels}, {rows}, {columns}, {down}, {right}, {high}, {wide}"
    r, name = _rounding(c.file, operation.rounding), helper(c.file, "pool", v=KINDS[operation.bits])
    source, out = c.layout.at(operation.sources[0]), c.layout.at(operation.place)
    return [f"{name}({source}, {out}, {sizes}, {operation.rounding.multiplier}, {r});"]


def _table(c: Context, operation: Table) -> list[str]:
    name = helper(c.file, "table", o=KINDS[operation.bits])
    table = c.file.add_table("int16_t", operation.table, "table")
    source, out = c.layout.at(operation.sources[0]), c.layout.at(operation.place)
    shifts = f"{operation.spacing}, {operation.spacing + operation.fraction}"
    ends = f"{operation.low}, {operation.high}"
    return [f"{name}({source}, {table}, {out}, {operation.size}, {shifts}, {ends});"]


def _move(c: Context, operation: Move) -> list[str]:
    node, size = operation.node, operation.size
    source, out = c.layout.at(operation.sources[0]), c.layout.at(operation.place)
    if isinstance(node, Windows):
        window, kind = node.window, KINDS[operation.bits]
        (rows, columns), (down, right), (top, left) = window.counts, window.stride, window.padding
        (height, width, channels), (high, wide) = window.image, window.size
        at = f"{out} + (r * {columns} + s) * {high * wide * channels}"
        sizes = f"{height}, {width}, {channels}, r * {down} - {top}, s * {right} - {left}, {high}, {wide}"
        return [
            f"for (int r = 0; r < {rows}; ++r)",
            f"    for (int s = 0; s < {columns}; ++s)",
            f"        {helper(c.file, 'cut', v=kind)}({source}, {at}, {sizes}, {operation.zero});",
        ]
    index = c.file.add_table("uint16_t" if node.indices.max() < 2**16 else "uint32_t", node.indices, "index")
    n = len(node.indices)
    if isinstance(node, Gather):
        wide = c.file.sizes[operation.sources[0]] // node.before
        entry = f"({source})[i / {n} * {wide} + {index}[i % {n}]]"
        return [f"for (int i = 0; i < {size}; ++i)", f"    ({out})[i] = {entry};"]
    assert isinstance(node, Scatter)
    wide = size // node.before
    return [
        f"for (int i = 0; i < {size}; ++i)",
        f"    ({out})[i] = {operation.zero};",
        f"for (int i = 0; i < {n * node.before}; ++i)",
        f"    ({out})[i / {n} * {wide} + {index}[i % {n}]] = ({source})[i];",
    ]


EMITTERS: dict[type[Operation], Callable[[Context, Any], list[str]]] = {
    IntegerProduct: _product,
    SparseIntegerProduct: _sparse_product,
    Combine: _combine,
    IntegerPool: _pool,
    Table: _table,
    Move: _move,
}


def integer_c(
    network: IntegerNetwork, name: str, input: str, remarks: list[str], sparse: str = "small"
) -> str:
    """The file of an integer network.

    Parameters
    ----------
    network : IntegerNetwork
    name : str
    input : {"float32", "int8", "int16"}
        What a row is: numbers as the estimator takes them, or the integers of NAME_quantise.
    remarks : list of str
        For the comment at the top.
    sparse : {"small", "fast"}, default="small"
        How the places of sparse weights are stored.
    """
    weight_bits = int(network.dtype.removeprefix("int"))
    file = File(name, sparse, weight_bits=weight_bits, bias_bits=_bias_bits(network))
    first, *others = network.operations
    assert isinstance(first, Quantise)
    file.sizes = {operation.place: operation.size for operation in network.operations}
    layout, cut = _layout(network, name, own_input=input != "float32")
    c = Context(file, layout, cut)
    kind, input_type = KINDS[first.bits], "float" if input == "float32" else KINDS[first.bits]
    quantise = f"void {name}_quantise(const float *x, {kind} *q)"
    declared = declarations(network.graph, name, input_type, "int32_t")
    declared += [
        "/* numbers as the integers that the network computes with, this many of them */",
        f"#define {name.upper()}_INPUTS {first.size}",
        f"{quantise};",
    ]
    add_quantise(file, first, kind, quantise)
    lines: list[str] = []
    if input == "float32":
        lines.append(f"{name}_quantise(x, {layout.at(first.place)});")
    for operation in others:
        if operation.place not in cut:
            emitted = EMITTERS[type(operation)](c, operation)
            lines += ["{", *("    " + line for line in emitted), "}"]
    lines.append(f"return {layout.at(network.graph.scores)};")
    words = (layout.size + 3) // 4
    union = f"int8_t i8[{4 * words}];\n    int16_t i16[{2 * words}];\n    int32_t i32[{words}];"
    file.tables.append(f"static union {{\n    {union}\n}} {name}_memory;")
    file.function(f"static const int32_t *{name}_run(const {input_type} *x)", lines)
    add_functions(file, network.graph, input_type, "int32_t", number(network.scale))
    remarks = [*remarks, f"RAM: {4 * words} bytes of static memory, so one row at a time."]
    return assembled(file, declared, "int32_t", remarks)


def _bias_bits(network: IntegerNetwork) -> int:
    """Bits that hold every bias; one type for all of them, as each would have functions of its own."""
    biases = [operation.bias for operation in network.operations if hasattr(operation, "bias")]
    return 16 if all(np.abs(bias.astype(np.int64)).max(initial=0) < 2**15 for bias in biases) else 32


def _layout(network: IntegerNetwork, name: str, own_input: bool) -> tuple[Layout, dict[int, Move]]:
    """The place of every value, and the windows that are cut where they are used."""
    operations = network.operations
    readers: dict[int, list[Operation]] = {operation.place: [] for operation in operations}
    for operation in operations:
        for source in operation.sources:
            readers[source].append(operation)
    cut = {
        operation.place: operation
        for operation in operations
        if isinstance(operation, Move) and isinstance(operation.node, Windows)
        if readers[operation.place]
        if all(_takes_patches(r, operation.node.window.counts) for r in readers[operation.place])
    }

    def read(operation: Operation) -> list[int]:
        return [cut[s].sources[0] if s in cut else s for s in operation.sources]

    steps = [operation for operation in operations if operation.place not in cut]
    last = {source: step.place for step in steps for source in read(step)}
    layout, memory = Layout(name), Memory()
    for step in steps:
        layout.bits[step.place] = step.bits
        if not (own_input and isinstance(step, Quantise)):
            layout.offsets[step.place] = memory.take(step.place, _words(step.size, step.bits))
        rows = 1
        for source in step.sources:
            if source in cut:
                move = cut[source]
                rows = step.node.before if isinstance(step, SparseIntegerProduct) else step.blocks  # type: ignore[attr-defined]
                layout.patches[step.place] = memory.take(10**9, _words(move.size // rows, move.bits))
        if isinstance(step, SparseIntegerProduct):
            n_sums = step.node.shape[1] * (step.node.before if rows == 1 else 1)
            layout.sums[step.place] = memory.take(10**9 + 1, _words(n_sums, 32))
        for key in (10**9, 10**9 + 1):
            memory.release(key)
        for source in read(step):
            if last[source] == step.place and source != network.graph.scores:
                memory.release(source)
    layout.size = memory.size
    return layout, cut


def _words(entries: int, bits: int) -> int:
    """Bytes of entries, a multiple of 4."""
    return (entries * bits // 8 + 3) // 4 * 4


def _takes_patches(operation: Operation, counts: tuple[int, int]) -> bool:
    """Whether an operation multiplies one patch after the other, each as one row."""
    if isinstance(operation, IntegerProduct):
        thin = operation.after == 1 and len(operation.weights) == 1
        return thin and operation.blocks == counts[0] * counts[1]
    return isinstance(operation, SparseIntegerProduct)
