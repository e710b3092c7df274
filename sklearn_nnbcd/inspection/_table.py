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


def table_html(lines: list[dict], headings: dict[str, str], caption: str) -> str:
    """The table as HTML: with a caption, and the first column as the headings of the rows.

    It has no colours, so that it is read in light and in dark, and scrolls where the page is narrow.

    Parameters
    ----------
    lines : list of dict
    headings : dict of name -> heading
    caption : str
        What the table shows.
    """
    first, *others = cells_of(lines, headings)
    head = "".join(f'<th scope="col">{escape(cell)}</th>' for cell in first)
    rows = []
    for name, *cells in others:
        rest = "".join(f"<td>{escape(cell)}</td>" for cell in cells)
        rows.append(f'<tr><th scope="row" style="text-align: left">{escape(name)}</th>{rest}</tr>')
    body = "\n".join(rows)
    return (
        f'<div role="region" aria-label="{escape(caption)}" tabindex="0" style="overflow-x: auto">\n'
        '<table style="text-align: right; font-variant-numeric: tabular-nums; border-spacing: 0.8em 0.1em">\n'
        '<caption style="text-align: left; caption-side: top; white-space: nowrap">'
        f"{escape(caption)}</caption>\n"
        f"<thead><tr>{head}</tr></thead>\n<tbody>\n{body}\n</tbody>\n</table>\n</div>"
    )


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
