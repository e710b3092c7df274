# SPDX-License-Identifier: BSD-3-Clause
"""Tables, names and literals of C99."""

from __future__ import annotations

import os
import re
from typing import IO, Any

import numpy as np

from .._validation import check_file

KEYWORDS = frozenset(
    "auto break case char const continue default do double else enum extern float for goto if inline int "
    "long main register restrict return short signed sizeof static struct switch typedef union unsigned void "
    "volatile while".split()
)
#: characters of a line of a table
_WIDTH = 108


def check_name(name: Any) -> str:
    """A name that C functions may begin with; anything else raises."""
    good = isinstance(name, str) and re.fullmatch(r"[A-Za-z][A-Za-z0-9_]*", name) is not None
    if not good or name in KEYWORDS:
        raise ValueError(
            "The 'name' of export_c must be a name in C: a letter, then letters, digits and underscores. "
            f"Got {name!r}. Try 'network'."
        )
    return name


def number(value: Any) -> str:
    """A float32 literal that reads back as the same number."""
    return f"{np.float32(value)!s}f"


def string(text: str) -> str:
    """A string literal in UTF-8, every byte beyond plain letters as an octal escape."""
    plain = set(b" !#$%&'()*+,-./:;<=>@[]^_`{|}~") | {*range(48, 58), *range(65, 91), *range(97, 123)}
    return '"' + "".join(chr(c) if c in plain else f"\\{c:03o}" for c in text.encode()) + '"'


def integer_type(low: int, high: int) -> str:
    """The smallest integer type that holds low ... high."""
    for bits in (8, 16, 32, 64):
        if low >= 0 and high < 2**bits:
            return f"uint{bits}_t"
        if low >= -(2 ** (bits - 1)) and high < 2 ** (bits - 1):
            return f"int{bits}_t"
    raise ValueError(f"No integer type of C holds {low} ... {high}.")


def check_float32(array: np.ndarray, what: str) -> np.ndarray:
    """The array in float32; ValueError where its numbers are too large for it, or all too small."""
    with np.errstate(over="ignore"):
        narrow = np.asarray(array).astype(np.float32)
    if not np.isfinite(narrow).all():
        raise ValueError(
            f"The 'estimator' of export_c must have numbers within the range of float32. Got {what} as large "
            f"as {np.abs(array).max():.3g}. Scale the columns of X, or the targets."
        )
    if np.any(array) and not np.any(narrow):
        raise ValueError(
            f"The 'estimator' of export_c must have numbers within the range of float32. Got {what} of at "
            f"most {np.abs(array).max():.3g}, which would be 0. Scale the columns of X, or the targets."
        )
    return narrow


def packed(columns: np.ndarray) -> np.ndarray:
    """Rows of integers from -8 to 7, two in a byte, the first one in the low half; odd rows end with a 0."""
    even = np.pad(columns, ((0, 0), (0, columns.shape[1] % 2))) & 15
    return even[:, ::2] | even[:, 1::2] << 4


def table(kind: str, name: str, values: Any) -> str:
    """A constant array; an empty one has one zero, as C knows no empty ones."""
    flat = np.asarray(values).reshape(-1)
    flat = flat if flat.size else np.zeros(1, flat.dtype)
    entries = [number(v) for v in flat] if flat.dtype.kind == "f" else [str(int(v)) for v in flat]
    lines, line = [], "   "
    for entry in entries:
        if len(line) + len(entry) + 2 > _WIDTH:
            lines.append(line)
            line = "   "
        line += f" {entry},"
    return "\n".join([f"static const {kind} {name}[{flat.size}] = {{", *lines, line.rstrip(","), "};"])


def indented(lines: list[str], by: int = 1) -> list[str]:
    """Lines farther to the right."""
    return ["    " * by + line if line else line for line in lines]


def write_text(text: str, out_file: str | os.PathLike | IO[str] | None) -> str | None:
    """The text itself, or None once it is in the file.

    Raises
    ------
    TypeError
        If ``out_file`` is neither None, a path nor a file to write text to.
    """
    if out_file is None:
        return text
    if isinstance(out_file, str | os.PathLike):
        with open(out_file, "w", encoding="ascii", newline="\n") as file:
            file.write(text)
        return None
    check_file(out_file, "out_file", "export_c", "w")
    out_file.write(text)
    return None
