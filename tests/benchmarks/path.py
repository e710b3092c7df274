# SPDX-License-Identifier: BSD-3-Clause
"""What a path of eight budgets costs, and how good a choice on it by cross-validation is.

    OMP_NUM_THREADS=1 python tests/benchmarks/path.py [--tables digits,letter] [--folds 3] [--separate]

The unit is a dense fit of (256, 256) with everything else at its default. One path leaves open what
``max_bytes`` leaves open, the other one prunes layers of (256, 256) by l0. ``NNBCDClassifierCV`` then chooses
a budget by cross-validation, and stands beside the budget of the first path that is best on the test rows,
which no fit knows. ``--separate`` adds what one fit after the other takes. Tables are those of
``table_sets``; times are processor seconds of this process. Writes ``results/path.json`` (``--folder``:
elsewhere) after every table.
"""

import argparse
import os
import sys
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(variable, "1")

from records import RESULTS, ROOT, read, write  # noqa: E402

sys.path.insert(0, str(ROOT))  # the package of this checkout, whatever is installed

from table_sets import load  # noqa: E402

from sklearn_nnbcd import NNBCDClassifier  # noqa: E402
from sklearn_nnbcd.model_selection import NNBCDClassifierCV, compression_path  # noqa: E402

BUDGETS = (64_000, 32_000, 16_000, 8_000, 4_000, 2_000, 1_000, 500)
#: what layers of (256, 256) leave room for
SPARSE_BUDGETS = (64_000, 48_000, 32_000, 24_000, 16_000, 12_000, 10_000, 8_000)
TABLES = ("digits", "spambase", "satimage", "pendigits", "magic", "letter")


def timed(make: Callable[[], Any]) -> tuple[Any, float]:
    """What a function returns, and its processor seconds."""
    start = time.process_time()
    found = make()
    return found, time.process_time() - start


def measure(name: str, folds: int, separate: bool) -> dict:
    """One table."""
    table = load(name, 0)
    rows, tested = (table.X, table.y), (table.T, table.t)
    dense, unit = timed(lambda: NNBCDClassifier((256, 256), random_state=0).fit(*rows))
    row = {"table": name, "dense": float(dense.score(*tested)), "dense_seconds": unit}
    test = dict(zip(("X_test", "y_test"), tested, strict=True))
    model = NNBCDClassifier(random_state=0)
    sparse = NNBCDClassifier((256, 256), compression="l0", random_state=0)
    path, seconds = timed(lambda: compression_path(model, *rows, BUDGETS, **test))
    print(path, flush=True)
    row |= {"open": seconds / unit, "n_fits": path.n_fits, "scores": path.scores}
    path, seconds = timed(lambda: compression_path(sparse, *rows, SPARSE_BUDGETS, **test))
    print(path, flush=True)
    row |= {"sparse": seconds / unit, "sparse_scores": path.scores}
    search, seconds = timed(lambda: NNBCDClassifierCV(model, max_bytes=BUDGETS, cv=folds).fit(*rows))
    best = max(row["scores"])
    row |= {"search": seconds / unit, "folds": folds, "chosen": search.best_max_bytes_}
    row |= {"best": best, "best_at": BUDGETS[row["scores"].index(best)]}
    row["lost"] = best - row["scores"][BUDGETS.index(search.best_max_bytes_)]
    if separate:
        fits = [NNBCDClassifier(max_bytes=room, random_state=0) for room in BUDGETS]
        row["separate"] = timed(lambda: [fit.fit(*rows) for fit in fits])[1] / unit
    return row


def costs(rows: list[dict]) -> list[dict]:
    """The rows of the page's table, and their means."""
    numbers = ("dense_seconds", "open", "sparse", "search", "lost")
    means = {"table": "mean"} | {name: sum(row[name] for row in rows) / len(rows) for name in numbers}
    budgets = [{name: f"{row[name]:,}" for name in ("chosen", "best_at")} for row in rows]
    made = [
        {name: row[name] for name in ("table", *numbers)} | own
        for row, own in zip(rows, budgets, strict=True)
    ]
    return [*made, means | {"chosen": "", "best_at": ""}]


def main() -> None:
    """Measure the tables, and write."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--tables", default=",".join(TABLES))
    parser.add_argument("--folds", type=int, default=3)
    parser.add_argument("--separate", action="store_true")
    parser.add_argument("--folder", type=Path, default=RESULTS)
    given = parser.parse_args()
    warnings.simplefilter("ignore")
    rows = read("path", given.folder)["rows"] if (given.folder / "path.json").exists() else []
    for name in given.tables.split(","):
        row = measure(name, given.folds, given.separate)
        print(row, flush=True)
        rows = [each for each in rows if each["table"] != name] + [row]
        settings = {"folds": given.folds, "threads": os.environ["OMP_NUM_THREADS"]}
        write("path", settings, rows, folder=given.folder, sections={"path_costs": costs(rows)})


if __name__ == "__main__":
    main()
