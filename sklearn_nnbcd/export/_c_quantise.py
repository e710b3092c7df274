# SPDX-License-Identifier: BSD-3-Clause
"""C99 that makes integers of the columns of X: as they are, bent, and with ramps behind them."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..integers._operations import Quantise
from ._c_integer_helpers import helper
from ._c_interface import File
from ._c_text import integer_type, number


def add_quantise(file: File, first: Quantise, kind: str, head: str) -> None:
    """The function of a head that writes integers of a kind to ``q`` from floats at ``x``."""
    write = _with_ramps if first.columns is not None else _column_by_column
    file.function(head, write(file, first, kind))


def _call(file: File, first: Quantise, kind: str, x: str, rows: Any, index: str) -> str:
    """The integer of ``x`` by the numbers of some entries, of which ``index`` says the place."""

    def entry(value: Any, kind: str) -> str:
        if np.ndim(value):
            return f"{file.add_table(kind, value[rows], 'columns')}[{index}]"
        return number(value) if kind == "float" else str(int(value))

    numbers = [entry(value, "float") for value in (first.origin, first.factor)]
    ends = [entry(value, "int16_t") for value in (first.zero, first.low, first.high)]
    return f"({kind}){helper(file, 'quantise_one')}({x}, {', '.join([*numbers, *ends])})"


def _arc(file: File, first: Quantise, x: str, index: str) -> str:
    """``x`` as an arc of the bent column that ``index`` names among these."""
    assert first.bent is not None
    tables = [file.add_table("float", v, "columns") for v in (first.bent.centre, first.bent.slope)]
    return f"{helper(file, 'arc')}({x}, {', '.join(f'{table}[{index}]' for table in tables)})"


def _column_by_column(file: File, first: Quantise, kind: str) -> list[str]:
    """Columns as they are, and then bent ones in the place of some."""
    lines, bent = [], first.bent
    if bent is None or len(bent.columns) < first.size:
        call = _call(file, first, kind, "x[i]", slice(None), "i")
        lines += [f"for (int i = 0; i < {first.size}; ++i)", f"    q[i] = {call};"]
    if bent is not None:
        columns = file.add_table(integer_type(0, int(bent.columns.max())), bent.columns, "columns")
        call = _call(file, first, kind, _arc(file, first, f"x[{columns}[j]]", "j"), bent.columns, "j")
        lines += [f"for (int j = 0; j < {len(bent.columns)}; ++j)", f"    q[{columns}[j]] = {call};"]
    return lines


def _with_ramps(file: File, first: Quantise, kind: str) -> list[str]:
    """Each column, bent or not, and its ramps, so that an arc is computed once."""
    bent, n = first.bent, first.n_columns
    assert first.columns is not None
    counts = np.bincount(first.columns[n:], minlength=n)
    bins = file.add_table(integer_type(0, int(counts.max())), counts, "columns")
    lines = [f"int k = {n};", f"for (int i = 0; i < {n}; ++i) {{", "    float v = x[i];"]
    if bent is not None:
        among = np.full(n, -1)
        among[bent.columns] = np.arange(len(bent.columns))
        place = f"{file.add_table(integer_type(-1, int(among.max())), among, 'columns')}[i]"
        lines.append(f"    if ({place} >= 0) v = {_arc(file, first, 'v', place)};")
    return [
        *lines,
        f"    q[i] = {_call(file, first, kind, 'v', slice(None), 'i')};",
        f"    for (int end = k + {bins}[i]; k < end; ++k)",
        f"        q[k] = {_call(file, first, kind, 'v', slice(None), 'k')};",
        "}",
    ]
