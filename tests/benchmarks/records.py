# SPDX-License-Identifier: BSD-3-Clause
"""Figures as data: what a benchmark found, as a JSON file that the tables of README and docs are made of.

    write("size", {"ratio": 0.05}, [{"network": "dense", "bytes": 12813013}, ...])

writes ``tests/benchmarks/results/size.json``. ``python docs/make_tables.py`` then makes the tables again.
"""

import importlib.metadata
import json
import os
import platform
import subprocess
from datetime import date
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
RESULTS = Path(__file__).resolve().parent / "results"
#: libraries that a figure may depend on
LIBRARIES = ("numpy", "scipy", "scikit-learn", "tensorly")


def commit() -> str:
    """The commit of the checkout, and whether its package differs from it.

    A copy without a history is told its commit by ``SKLEARN_NNBCD_COMMIT``.
    """

    def git(*arguments: str) -> str:
        done = subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, text=True, check=False)
        return done.stdout.strip() if done.returncode == 0 else ""

    name = git("rev-parse", "--short=10", "HEAD") or os.environ.get("SKLEARN_NNBCD_COMMIT", "unknown")
    changed = git("status", "--porcelain", "--", "sklearn_nnbcd")
    return f"{name} with changes" if changed else name


def device_name(device: str) -> str:
    """What a row calls the device of its fit, "cpu" or "cuda": "cpu", or the name of the GPU."""
    if device == "cpu":
        return device
    import cupy

    return cupy.cuda.runtime.getDeviceProperties(0)["name"].decode()


def versions(*others: str) -> dict[str, str]:
    """Versions of Python and of the libraries."""
    names = (*LIBRARIES, *others)
    return {"python": platform.python_version()} | {name: importlib.metadata.version(name) for name in names}


def write(
    name: str,
    settings: dict[str, Any],
    rows: list[dict[str, Any]],
    *,
    libraries: tuple[str, ...] = (),
    folder: Path = RESULTS,
    sections: dict[str, list[dict[str, Any]]] | None = None,
) -> Path:
    """Write what a benchmark found.

    Parameters
    ----------
    name : str
        Of the file, and of the table that is made of it.
    settings : dict
        What the run was told: seeds, sizes, threads.
    rows : list of dict
        One for each row of the table: numbers and strings.
    libraries : tuple of str, default=()
        Distributions beside numpy and its like whose versions matter, such as "torch".
    folder : Path, default=RESULTS
    sections : dict of str to list of dict, default=None
        Rows of several tables that follow from ``rows``, by the names of these tables.

    Returns
    -------
    path : Path
    """
    record = {
        "name": name,
        "commit": commit(),
        "date": date.today().isoformat(),
        "versions": versions(*libraries),
        "settings": settings,
        "rows": rows,
    }
    if sections is not None:
        record["sections"] = sections
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}.json"
    text = json.dumps(record, indent=1, ensure_ascii=False, default=float)
    path.write_text(text + "\n", encoding="utf-8")
    return path


def read(name: str, folder: Path = RESULTS) -> dict[str, Any]:
    """The record of that name."""
    return json.loads((folder / f"{name}.json").read_text(encoding="utf-8"))


def complete(name, columns, keys, measure, summary, folder):
    """Measure what a results file lacks, and write it after every row.

    Parameters
    ----------
    name : str
        Of the file, and of the section that :func:`write` gets.
    columns : tuple of str
        Of a row, which together are its key; "seed" among them.
    keys : iterable of tuple
        Of the rows that there should be.
    measure : callable
        ``measure(*key)`` makes a row.
    summary : callable
        ``summary(rows)`` makes the section.
    folder : Path
    """
    rows = read(name, folder)["rows"] if (folder / f"{name}.json").exists() else []
    done = {tuple(row[column] for column in columns) for row in rows}
    for key in keys:
        if key in done:
            continue
        rows.append(measure(*key) | {"commit": commit()})
        print(rows[-1], flush=True)
        settings = {"seeds": sorted({row["seed"] for row in rows}), "threads": 1}
        write(name, settings, rows, folder=folder, sections={name: summary(rows)})
