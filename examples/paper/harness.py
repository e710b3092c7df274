# SPDX-License-Identifier: BSD-3-Clause
"""What the scripts of the paper's tables and figures share: seeds, results as JSON, resuming, curves.

Every script has the same options:

    --seeds 3          seeds 0, 1, 2
    --quick            minutes at most, few rows and sweeps, to see that it works; written elsewhere
    --folder FOLDER    where the results are written (tests/benchmarks/results)
    --report           run nothing, make the table again from the fits that are there
    --device cuda      fit on a GPU (extras `cuda12`, `cuda13`); seconds are then those of the clock

A fit is a row of ``FOLDER/NAME.json``, written as soon as it is done, and a fit that is there is not made
again: a script that was stopped goes on where it was. Fits of many sweeps also leave a checkpoint, and
their curve so far, on the way (``--checkpoints FOLDER``, in the user's cache folder by default). One run at a
time writes a file: a second one ends with an error, since each would undo the other's fits.
"""

import argparse
import json
import os
import pathlib
import pickle
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import numpy as np

sys.path.append(str(pathlib.Path(__file__).resolve().parents[2] / "tests" / "benchmarks"))
import records
from stepwise import accuracy, begin

Row = dict[str, Any]
#: results of --quick
QUICK = pathlib.Path(tempfile.gettempdir()) / "sklearn_nnbcd_quick"
#: figures that the documentation shows
IMAGES = records.ROOT / "docs" / "images"


def parser(description: str, *, seeds: int) -> argparse.ArgumentParser:
    """A command line with the options that every script has."""
    made = argparse.ArgumentParser(
        description=description, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    cache = pathlib.Path(os.environ.get("XDG_CACHE_HOME", "~/.cache")).expanduser()
    made.add_argument("--seeds", type=int, default=seeds)
    made.add_argument("--quick", action="store_true")
    made.add_argument("--folder", type=pathlib.Path)
    made.add_argument("--checkpoints", type=pathlib.Path, default=cache / "sklearn_nnbcd_paper")
    made.add_argument("--report", action="store_true")
    made.add_argument("--device", choices=("cpu", "cuda"), default="cpu")
    return made


def timer(device: str) -> Callable[[], float]:
    """Seconds: of the processor, or of the clock once the GPU has done what it was told."""
    if device == "cpu":
        return time.process_time
    import cupy

    def seconds() -> float:
        cupy.cuda.runtime.deviceSynchronize()
        return time.perf_counter()

    return seconds


def fit_and_score(model: Any, data: tuple) -> Row:
    """Training and test accuracy of an estimator that is fitted on the CPU now."""
    X, y, T, t = data
    model.fit(X, y)
    return {"train": model.score(X, y), "test": model.score(T, t), "device": "cpu"}


class Results:
    """The fits of one table: read at the start, written after every fit.

    Parameters
    ----------
    name : str
        Of the file.
    options : argparse.Namespace
        As :func:`parser` reads them.
    settings : dict
        What all fits have in common, told beneath the table.
    tables : callable
        The rows of the tables that follow from the fits, by the tables' names.
    libraries : tuple of str, default=()
        Distributions beside numpy and its like whose versions matter.
    """

    def __init__(
        self,
        name: str,
        options: argparse.Namespace,
        settings: Row,
        tables: Callable[[list[Row]], dict[str, list[Row]]],
        libraries: tuple[str, ...] = (),
    ):
        self.folder = options.folder or (QUICK if options.quick else records.RESULTS)
        self.name, self.settings, self.tables, self.libraries = name, settings, tables, libraries
        self.checkpoints, self.report = options.checkpoints / name, options.report
        self.device = options.device
        self.commit = records.commit()  # the code that runs, whatever the checkout is by the end
        self.lock = only_run(self.folder, name)
        path = self.folder / f"{name}.json"
        self.rows: list[Row] = json.loads(path.read_text(encoding="utf-8"))["rows"] if path.exists() else []

    def find(self, key: Row) -> Row | None:
        """The fit with that key, finished or not."""
        return next((row for row in self.rows if all(row.get(k) == v for k, v in key.items())), None)

    def put(self, row: Row, key: Row) -> Row:
        """Write a fit in place of the one with the same key."""
        row = key | {"commit": self.commit, "device": records.device_name(self.device)} | row
        old = self.find(key)
        self.rows = [each for each in self.rows if each is not old] + [row]
        self.write()
        return row

    def once(self, key: Row, make: Callable[[], Row]) -> Row | None:
        """The fit with that key; made, if it is not there. None with ``--report``."""
        found = self.find(key)
        if found is not None and found.get("finished", True):
            return found
        if self.report:
            return found
        clock = timer(self.device)
        start = clock()
        row = make()
        row.setdefault("cpu", clock() - start)
        print(key | {k: v for k, v in row.items() if k != "curve"}, flush=True)
        return self.put(row, key)

    def write(self) -> None:
        """The file with its tables, complete or as it was."""
        partial, sections = self.folder / f".{self.name}", self.tables(self.rows)
        made = records.write(
            self.name, self.settings, self.rows, libraries=self.libraries, folder=partial, sections=sections
        )
        record = json.loads(made.read_text(encoding="utf-8"))
        commits = sorted({row["commit"] for row in self.rows})
        record["commit"] = ", ".join(commits) or self.commit
        # one line a fit: a curve has a line to itself and not one for each of its numbers
        head = {k: v for k, v in record.items() if k not in ("rows", "sections")}
        text = json.dumps(head, indent=1, ensure_ascii=False)[:-2]
        text += ',\n "rows": ' + lines(record["rows"], "  ")
        parts = [f'  "{name}": {lines(rows, "   ")}' for name, rows in record["sections"].items()]
        text += ',\n "sections": {\n' + ",\n".join(parts) + "\n }"
        made.write_text(text + "\n}\n", encoding="utf-8")
        made.replace(self.folder / f"{self.name}.json")
        partial.rmdir()

    def checkpoint(self, key: Row) -> pathlib.Path:
        """Where a fit of many sweeps leaves its state."""
        return self.checkpoints / ("_".join(str(value) for value in key.values()) + ".pkl")


def only_run(folder: pathlib.Path, name: str) -> Any:
    """A lock that this process holds as long as it lives, so that no other run writes the same file."""
    try:
        import fcntl
    except ImportError:  # not on Windows: there nobody is kept from it
        return None
    place = pathlib.Path(tempfile.gettempdir()) / "sklearn_nnbcd_paper"
    place.mkdir(exist_ok=True)
    path = place / (str(folder.resolve()).strip("/").replace("/", "+") + f"+{name}.lock")
    lock = path.open("w")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        raise SystemExit(f"Another run is writing {folder / name}.json. Wait for its end.") from None
    return lock


def images(options: argparse.Namespace) -> pathlib.Path:
    """Where figures go: to the documentation's, or beside results that are not the documentation's."""
    return options.folder or (QUICK if options.quick else IMAGES)


def show(results: Results) -> None:
    """Write the file again, and print its tables."""
    results.write()
    for name, table in results.tables(results.rows).items():
        for row in table:
            print(name, {k: v for k, v in row.items() if k.endswith("_mean") or not k.count("_")})


def lines(rows: list[Row], indent: str) -> str:
    """A JSON list with one line for each row."""
    if not rows:
        return "[]"
    body = (",\n" + indent).join(json.dumps(row, ensure_ascii=False) for row in rows)
    return f"[\n{indent}{body}\n{indent[:-1]}]"


def summary(rows: Iterable[Row], by: tuple[str, ...], fields: tuple[str, ...]) -> Iterator[Row]:
    """One row for each value of ``by``, in the order of the first fit.

    It has mean, deviation, least and most of each field. Fits that are not finished count, and ``unfinished``
    says how many they are. The deviation is that of a sample (n - 1), 0 for one fit.
    """
    rows = list(rows)
    for group in dict.fromkeys(tuple(row.get(k) for k in by) for row in rows):
        members = [row for row in rows if tuple(row.get(k) for k in by) == group]
        made: Row = dict(zip(by, group, strict=True)) | {"seeds": len(members)}
        made["unfinished"] = sum(not row.get("finished", True) for row in members)
        for field in fields:
            values = [row[field] for row in members if row.get(field) is not None]
            if values:
                made[f"{field}_mean"] = statistics.mean(values)
                made[f"{field}_sd"] = statistics.stdev(values) if len(values) > 1 else 0.0
                made[f"{field}_least"], made[f"{field}_most"] = min(values), max(values)
        yield made


def sweep_by_sweep(
    results: Results,
    key: Row,
    model: Any,
    data: tuple,
    *,
    sweeps: int,
    every: int,
    score: Callable[[Any, np.ndarray, np.ndarray], float] = accuracy,
    save_every: int | None = None,
    minutes: float = float("inf"),
) -> Row | None:
    """A fit with its curve, sweep by sweep; it goes on from its checkpoint.

    Parameters
    ----------
    results : Results
    key : dict
        Of the fit.
    model : NNBCDClassifier
    data : tuple (X, y, T, t)
        Training and test rows; y are codes from 0.
    sweeps, every : int
        Sweeps, and sweeps between two points of the curve.
    score : callable (network, X, y) -> float, default=accuracy
    save_every : int, default=None
        Sweeps between checkpoints; None: none is written, nor by a fit on a GPU, which takes minutes.
    minutes : float, default=inf
        Minutes after which the fit is left as it is; another run of the script goes on with it.

    Returns
    -------
    row : dict
        ``test``, ``train``, ``objective`` (per row), ``sweeps``, ``finished``, ``seconds_per_sweep`` (see
        :func:`timer`), and ``curve``: lists of sweep, L per row before it, score on training and test rows.
    """
    found, checkpoint = results.find(key), results.checkpoint(key)
    if results.report or (found is not None and found["finished"] and found["sweeps"] >= sweeps):
        return found
    X, y, T, t = data
    fit, clock = begin(model.set_params(device=results.device), X, y, sweeps), timer(results.device)
    state, done, seconds, curve = fit.state, 0, 0.0, []
    if found is not None and checkpoint.exists():
        done, seconds, curve, state = pickle.loads(checkpoint.read_bytes())
    kept, dense = fit.counts
    row: Row = {"ratio": kept / dense, "curve": curve}
    began = clock()
    for k in range(done + 1, sweeps + 1):
        start = clock()
        state, before = fit.solver.step(state)
        seconds += clock() - start
        late = clock() - began > 60.0 * minutes
        if k % every == 0 or k in (1, sweeps) or late:
            network = fit.network(state)
            point = [float(before.total) / len(X), score(network, X, y), score(network, T, t)]
            curve.append([k, *(float(f"{value:.6g}") for value in point)])
            row |= {"objective": point[0], "train": point[1], "test": point[2], "sweeps": k}
            row |= {"finished": k == sweeps, "seconds_per_sweep": seconds / k, "cpu": seconds}
            print(key, curve[-1], f"{seconds / k:.2f} s a sweep", flush=True)
            results.put(row, key)
        if save_every and results.device == "cpu" and (k % save_every == 0 or k == sweeps or late):
            checkpoint.parent.mkdir(parents=True, exist_ok=True)
            partial = checkpoint.with_suffix(".partial")
            partial.write_bytes(pickle.dumps((k, seconds, curve, state)))
            partial.replace(checkpoint)
        if late:
            break
    fit.solver.close(state)
    return results.find(key)
