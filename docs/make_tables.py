# SPDX-License-Identifier: BSD-3-Clause
"""Make the tables of README and docs from what the benchmarks found (``tests/benchmarks/results/NAME.json``).

    python docs/make_tables.py           write them
    python docs/make_tables.py --check   say which differ, and exit with 1 if one does

A table stands between ``<!-- table: NAME -->`` and ``<!-- end -->`` in Markdown, between the comments
``.. table: NAME`` and ``.. end`` in reStructuredText. Everything between the two is made here.
"""

import argparse
import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

ROOT = Path(__file__).resolve().parents[1]
RESULTS = ROOT / "tests" / "benchmarks" / "results"
MARKED = {
    ".md": re.compile(r"^<!-- table: (\S+) -->\n(.*?)^<!-- end -->$", re.M | re.S),
    ".rst": re.compile(r"^\.\. table: (\S+)\n(.*?)^\.\. end$", re.M | re.S),
}


class Table(NamedTuple):
    """Columns (title, format of a row's fields), and the script that made the rows."""

    script: str
    columns: tuple[tuple[str, str], ...]


MEAN = "{%s_mean:.4f} ± {%s_sd:.4f}"
TABLES = {
    "quickstart": Table(
        "tests/benchmarks/quickstart.py",
        (
            ("network", "{network}"),
            ("accuracy on test rows", "{accuracy:.4f}"),
            ("compression ratio", "{ratio:.3g}"),
            ("bytes on disk", "{bytes:,}"),
        ),
    ),
    "defaults": Table(
        "tests/benchmarks/compare_mlp_defaults.py",
        (
            ("data", "{data}"),
            ("MLP", MEAN % ("mlp", "mlp")),
            ("NN-BCD", MEAN % ("nnbcd", "nnbcd")),
            ("difference", "{difference:+.4f}"),
            ("MLP CPU s/fit", "{mlp_seconds:.2f}"),
            ("NN-BCD CPU s/fit", "{nnbcd_seconds:.2f}"),
        ),
    ),
    "size": Table(
        "tests/benchmarks/size_and_speed.py",
        (
            ("network", "{network}"),
            ("CR", "{ratio:.4f}"),
            ("bytes", "{bytes:,}"),
            ("of dense", "{bytes_of_dense:.4f}"),
            ("µs per row", "{microseconds:.2f}"),
            ("times faster", "{times_faster:.2f}"),
        ),
    ),
    "budget": Table(
        "tests/benchmarks/budget_digits.py",
        (
            ("solver", "{solver}"),
            ("asked ratio", "{asked}"),
            ("shares", "{shares}"),
            ("ratio", "{ratio:.3f}"),
            ("ranks, last split", "{ranks}"),
            ("test accuracy", MEAN % ("test", "test")),
        ),
    ),
}


def load(name: str) -> dict[str, Any]:
    """What the benchmark of a table found."""
    return json.loads((RESULTS / f"{name}.json").read_text(encoding="utf-8"))


def origin(name: str, record: dict[str, Any]) -> str:
    """One sentence: script, settings, commit, day, versions."""
    plain = {k: v for k, v in record["settings"].items() if isinstance(v, int | float | str)}
    told = "".join(f", {key} {value}" for key, value in plain.items())
    known = ", ".join(f"{library} {version}" for library, version in record["versions"].items())
    return f"(`{TABLES[name].script}`{told}; commit {record['commit']}, {record['date']}; {known})"


def markdown(name: str, record: dict[str, Any]) -> str:
    """The lines of a table between its two marks in Markdown."""
    columns = TABLES[name].columns
    lines = ["| " + " | ".join(title for title, _ in columns) + " |", "|---" * len(columns) + "|"]
    for row in record["rows"]:
        lines.append("| " + " | ".join(cell.format(**row) for _, cell in columns) + " |")
    return "\n" + "\n".join(lines) + "\n\n" + origin(name, record) + "\n\n"


def restructured(name: str, record: dict[str, Any]) -> str:
    """The same in reStructuredText."""
    columns = TABLES[name].columns
    lines = [".. list-table::", "   :header-rows: 1", ""]
    rows = [[title for title, _ in columns]]
    rows += [[cell.format(**row) for _, cell in columns] for row in record["rows"]]
    for row in rows:
        lines += [f"   {'* -' if k == 0 else '  -'} {cell}" for k, cell in enumerate(row)]
    return "\n" + "\n".join(lines) + "\n\n" + origin(name, record) + "\n\n"


def remade(text: str, suffix: str) -> str:
    """A page with its tables made again."""
    make = markdown if suffix == ".md" else restructured

    def replacement(match: re.Match) -> str:
        head, tail = match[0].split("\n", 1)[0], match[0].rsplit("\n", 1)[1]
        return f"{head}\n{make(match[1], load(match[1]))}{tail}"

    return MARKED[suffix].sub(replacement, text)


def pages() -> Iterator[Path]:
    """README and every page of docs."""
    yield ROOT / "README.md"
    for path in sorted((ROOT / "docs").rglob("*")):
        generated = {"_build", "generated", "auto_examples"} & set(path.relative_to(ROOT).parts)
        if path.suffix in MARKED and not generated:
            yield path


def names(page: Path) -> list[str]:
    """Names of the tables of a page."""
    return [match[1] for match in MARKED[page.suffix].finditer(page.read_text(encoding="utf-8"))]


def stale() -> dict[Path, str]:
    """Pages whose tables are not what the results say, with the text that they should have."""
    found = {}
    for page in pages():
        text = page.read_text(encoding="utf-8")
        new = remade(text, page.suffix)
        if new != text:
            found[page] = new
    return found


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true")
    check, differing = parser.parse_args().check, stale()
    for page, text in differing.items():
        print(f"{page.relative_to(ROOT)}: {'differs' if check else 'written'}")
        if not check:
            page.write_text(text, encoding="utf-8")
    sys.exit(1 if check and differing else 0)


if __name__ == "__main__":
    main()
