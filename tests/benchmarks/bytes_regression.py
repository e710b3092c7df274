# SPDX-License-Identifier: BSD-3-Clause
"""The best network in N bytes for targets that are numbers, beside what a user would take instead.

    OMP_NUM_THREADS=1 python tests/benchmarks/bytes_regression.py          what is missing
    OMP_NUM_THREADS=1 python tests/benchmarks/bytes_regression.py --tables ccpp --again

``NNBCDRegressor(max_bytes=...)``, everything else at its default, columns and targets as they come; rivals as
``bytes_rivals.py`` says. The tables are those of ``table_sets`` with seed 0, ``friedman1`` a generated one.
Scores are R2 on test rows; nothing is chosen on these. Writes ``results/bytes_regression.json``
(``--folder``: elsewhere) after every fit of ours, so that it can be stopped.
"""

import argparse
import json
import os
import sys
import warnings
from pathlib import Path

for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(variable, "1")

from bytes import ours, place_row  # noqa: E402
from bytes_rivals import Contest  # noqa: E402
from records import RESULTS, ROOT, commit, read, write  # noqa: E402

sys.path.insert(0, str(ROOT))  # the package of this checkout, whatever is installed

from table_sets import Split, load  # noqa: E402

BUDGETS = tuple(int(1024 * kb) for kb in (0.25, 0.5, 1, 2, 4, 8, 16, 32, 64))
TABLES = ("diabetes", "friedman1", "ccpp", "california_housing")
FAMILIES = ("ridge", "mlp", "extra trees", "boosted trees")


def rivals(name: str, split: Split) -> list[dict]:
    """All rivals at all budgets."""
    contest, found = Contest(split.X, split.y, split.T, split.t, scale=True, regress=True), []
    for family in contest.families:
        for room in BUDGETS:
            point = contest.best(family, room)
            if point is not None:
                place = {"table": name, "seed": 0, "room": room, "family": family, "commit": commit()}
                found.append(place | point)
    return found


def places(rows: list[dict]) -> list[dict]:
    """The table of the page: all families on one table in so many bytes."""
    scores: dict = {}
    for row in rows:
        scores.setdefault((row["table"], row["room"], row["family"]), []).append(row["score"])
    found = [place_row(name, room, scores, FAMILIES) for name in TABLES for room in BUDGETS]
    return [row for row in found if row is not None]


def main() -> None:
    """Run what is missing."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--tables", default=",".join(TABLES))
    parser.add_argument("--seeds", default="0,1,2")
    parser.add_argument("--only", default="nnbcd,rivals")
    parser.add_argument("--again", action="store_true")
    parser.add_argument("--folder", type=Path, default=RESULTS)
    given = parser.parse_args()
    warnings.simplefilter("ignore")
    name, found = "bytes_regression", {}

    def key(row: dict) -> tuple:
        return row["table"], row["seed"], row["room"], row["family"]

    def save() -> None:
        places_first = lambda row: (TABLES.index(row["table"]), row["room"], row["family"], row["seed"])  # noqa: E731
        order = sorted(found.values(), key=places_first)
        settings = {
            "seeds": f"{sorted({r['seed'] for r in order if r['family'] == 'nnbcd'})} of ours, one of rivals",
            "threads": 1,
            "fits at": ", ".join(sorted({r["commit"] for r in order})),
        }
        write(name, settings, order, sections={name: places(order)}, folder=given.folder)

    if (given.folder / f"{name}.json").exists():
        found = {key(row): row for row in read(name, given.folder)["rows"]}
    for table in given.tables.split(","):
        split = load(table, 0)
        is_missing = not any((table, 0, BUDGETS[-1], family) in found for family in FAMILIES)
        if "rivals" in given.only and (given.again or is_missing):
            found |= {key(row): row for row in rivals(table, split)}
            save()
        for seed in map(int, given.seeds.split(",") if "nnbcd" in given.only else ()):
            for room in BUDGETS:
                place = {"table": table, "seed": seed, "room": room, "family": "nnbcd", "commit": commit()}
                if key(place) in found and not given.again:
                    continue
                found[key(place)] = place | ours(split, room, seed)
                print(json.dumps(found[key(place)]), flush=True)
                save()
    save()


if __name__ == "__main__":
    main()
