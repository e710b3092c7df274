# SPDX-License-Identifier: BSD-3-Clause
"""Small tables as text, and as columns that a data frame reads."""

from html import escape
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
    table = cells_of(lines, headings)
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    pairs = [zip(cells, widths, strict=True) for cells in table]
    return "\n".join("  ".join(cell.rjust(width) for cell, width in pair) for pair in pairs)


def table_html(lines: list[dict], headings: dict[str, str]) -> str:
    """The table as HTML, without any style of its own."""
    first, *others = cells_of(lines, headings)

    def row(cells: list[str], tag: str) -> str:
        return "<tr>" + "".join(f"<{tag}>{escape(cell)}</{tag}>" for cell in cells) + "</tr>"

    body = "\n".join(row(cells, "td") for cells in others)
    return f"<table>\n<thead>{row(first, 'th')}</thead>\n<tbody>\n{body}\n</tbody>\n</table>"


def cells_of(lines: list[dict], headings: dict[str, str]) -> list[list[str]]:
    """Text of every cell, the headings first."""
    columns = columns_of(lines, headings)
    return [
        [headings[name] for name in columns],
        *([cell_text(line.get(name)) for name in columns] for line in lines),
    ]


def cell_text(value: Any) -> str:
    """A number in three digits, a shape as 2x3, nothing for None."""
    if value is None:
        return ""
    if isinstance(value, float):
        return f"{value:.3g}"
    return "x".join(map(str, value)) if isinstance(value, tuple) else str(value)
