# SPDX-License-Identifier: BSD-3-Clause
"""Small tables as text, and as columns that a data frame reads."""

from typing import Any


def columns_of(lines: list[dict], headings: dict[str, str]) -> dict[str, list]:
    """Column name -> list of values, in the order of the headings, as far as the lines have them."""
    return {name: [line.get(name) for line in lines] for name in headings if name in lines[0]}


def table_text(lines: list[dict], headings: dict[str, str]) -> str:
    """The table as text, every column to the right.

    Parameters
    ----------
    lines : list of dict
    headings : dict of name -> heading
    """
    columns = columns_of(lines, headings)
    table = [[headings[name] for name in columns]]
    table += [[cell_text(line.get(name)) for name in columns] for line in lines]
    widths = [max(len(cells[j]) for cells in table) for j in range(len(columns))]
    pairs = [zip(cells, widths, strict=True) for cells in table]
    return "\n".join("  ".join(cell.rjust(width) for cell, width in pair) for pair in pairs)


def cell_text(value: Any) -> str:
    """A number in three digits, a shape as 2x3, nothing for None."""
    if value is None:
        return ""
    if isinstance(value, float):
        return f"{value:.3g}"
    return "x".join(map(str, value)) if isinstance(value, tuple) else str(value)
