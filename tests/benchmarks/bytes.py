# SPDX-License-Identifier: BSD-3-Clause
"""The best network in N bytes beside what a user would take instead, at the same bytes.

    OMP_NUM_THREADS=1 python tests/benchmarks/bytes.py                     what is missing
    OMP_NUM_THREADS=1 python tests/benchmarks/bytes.py --tables letter --seeds 0,1,2 --again
    OMP_NUM_THREADS=1 python tests/benchmarks/bytes.py --only none         only what follows from the rows

``NNBCDClassifier(max_bytes=...)``, everything else at its default, columns as they come; rivals as
``bytes_rivals.py`` says. Writes ``results/bytes.json`` (``--folder``: elsewhere) after every fit of ours, so
that it can be stopped. Scores are accuracies on test rows; nothing is chosen on these.
"""

import argparse
import json
import os
import sys
import time
import warnings
from pathlib import Path

for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(variable, "1")

import numpy as np  # noqa: E402
from bytes_rivals import Contest  # noqa: E402
from records import RESULTS, ROOT, commit, read, write  # noqa: E402

sys.path.insert(0, str(ROOT))  # the package of this checkout, whatever is installed

from table_sets import Split, data_home, load  # noqa: E402

from sklearn_nnbcd import NNBCDClassifier, NNBCDRegressor  # noqa: E402

BUDGETS = tuple(int(1024 * kb) for kb in (0.5, 1, 2, 4, 8, 16, 32, 64))
TABLES = ("digits", "spambase", "satimage", "pendigits", "letter", "magic", "har", "adult", "mnist")
#: (table, bytes, accuracy aimed at)
AIMS = (
    ("letter", 4096, 0.950),
    ("letter", 8192, 0.963),
    ("letter", 16384, 0.972),
    ("letter", 32768, 0.978),
    ("mnist", 4096, 0.962),
    ("mnist", 16384, 0.977),
    ("mnist", 65536, 0.984),
    ("har", 1024, 0.945),
    ("har", 2048, 0.964),
    ("har", 4096, 0.967),
    ("pendigits", 1024, 0.975),
    ("pendigits", 4096, 0.980),
    ("satimage", 4096, 0.905),
)


def table(name: str, seed: int) -> Split:
    """A table; MNIST's pixels are from 0 to 1."""
    if name != "mnist":
        return load(name, seed)
    with np.load(data_home() / "mnist.npz") as arrays:
        X, T = (np.float32(arrays[k].reshape(len(arrays[k]), -1) / 255.0) for k in ("X_train", "X_test"))
        return Split(name, X, arrays["y_train"], T, arrays["y_test"])


def ours(split: Split, room: int, seed: int) -> dict:
    """One fit."""
    start, estimator = time.process_time(), NNBCDRegressor if split.regression else NNBCDClassifier
    model = estimator(max_bytes=room, random_state=seed).fit(split.X, split.y)
    return {
        "n_bytes": model.n_bytes_,
        "score": float(model.score(split.T, split.t)),
        "chosen": {name: str(value) for name, value in model.chosen_params_.items()},
        "seconds": time.process_time() - start,
    }


def sections(rows: list[dict]) -> dict:
    """The tables of the page."""
    scores: dict = {}
    for row in rows:
        scores.setdefault((row["table"], row["room"], row["family"]), []).append(row["score"])
    places = sorted({key[:2] for key in scores}, key=lambda place: (TABLES.index(place[0]), place[1]))
    found = [place_row(name, room, scores, FAMILIES) for name, room in places]
    found = [row for row in found if row is not None]
    aims = []
    for name, room, aim in AIMS:
        own = scores.get((name, room, "nnbcd"))
        if own:
            met = "yes" if np.mean(own) >= aim else "**no**"
            aims.append({"table": name, "kb": room / 1024, "aim": aim, "found": spread(own), "met": met})
    return {"bytes_best": found, "bytes_aims": aims, "bytes_summary": summary(found)}


def spread(values: list[float]) -> str:
    """Mean, and standard deviation where there are several."""
    text = f"{np.mean(values):.4f}"
    return text if len(values) == 1 else f"{text} ± {np.std(values, ddof=1):.4f}"


def place_row(name: str, room: int, scores: dict, families: tuple) -> dict | None:
    """All families on one table in so many bytes; None unless there are ours and others."""
    own = scores.get((name, room, "nnbcd"))
    others = {family: scores.get((name, room, family)) for family in families}
    means = {family: float(np.mean(values)) for family, values in others.items() if values}
    if own is None or not means:
        return None
    best = max(means, key=lambda family: means[family])
    cells = {
        family.replace(" ", "_"): f"{means[family]:.4f}" if family in means else "–" for family in families
    }
    difference = float(np.mean(own)) - means[best]
    return {
        "table": name,
        "kb": room / 1024,
        "nnbcd": spread(own),
        "rival": best,
        "difference": difference,
    } | cells


def summary(found: list[dict]) -> list[dict]:
    """What was aimed at over all places."""
    if not found:
        return []
    worst = min(found, key=lambda row: row["difference"])
    behind = [
        f"{row['table']} {row['kb']:g} kB ({row['rival']})" for row in found if row["difference"] < -0.005
    ]
    mean = np.mean([row["difference"] for row in found])
    return [
        {
            "what": "mean difference to the best rival of each place",
            "aim": "at least +0.010",
            "found": f"{mean:+.4f} over {len(found)} places",
        },
        {
            "what": "worst difference",
            "aim": "at least -0.005",
            "found": f"{worst['difference']:+.4f} ({worst['table']}, {worst['kb']:g} kB, {worst['rival']})",
        },
        {
            "what": "places more than 0.005 behind",
            "aim": "none",
            "found": f"{len(behind)} of {len(found)}{': ' if behind else ''}{', '.join(behind)}",
        },
    ]


FAMILIES = ("logistic", "svc", "svc l1", "mlp", "extra trees", "boosted trees")


def main() -> None:
    """Run what is missing."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--tables", default=",".join(TABLES))
    parser.add_argument("--seeds", default="0,1,2")
    parser.add_argument("--budgets", default=",".join(map(str, BUDGETS)))
    parser.add_argument("--only", default="nnbcd,rivals")
    parser.add_argument("--again", action="store_true")
    parser.add_argument("--folder", type=Path, default=RESULTS)
    given = parser.parse_args()
    warnings.simplefilter("ignore")
    found = {}
    if (given.folder / "bytes.json").exists():
        rows = read("bytes", given.folder)["rows"]
        found = {(r["table"], r["seed"], r["room"], r["family"]): r for r in rows}
    budgets = [int(room) for room in given.budgets.split(",")]

    def save() -> None:
        rows = sorted(
            found.values(), key=lambda r: (TABLES.index(r["table"]), r["room"], r["family"], r["seed"])
        )
        settings = {
            "seeds": f"{sorted({r['seed'] for r in rows if r['family'] == 'nnbcd'})} of ours, one of rivals",
            "threads": 1,
            "fits at": ", ".join(sorted({r["commit"] for r in rows})),
        }
        write("bytes", settings, rows, sections=sections(rows), folder=given.folder)

    for name in given.tables.split(","):
        split = table(name, 0)
        if "nnbcd" in given.only:
            for seed in map(int, given.seeds.split(",")):
                for room in budgets:
                    key = (name, seed, room, "nnbcd")
                    if key in found and not given.again:
                        continue
                    place = {"table": name, "seed": seed, "room": room, "family": "nnbcd", "commit": commit()}
                    try:
                        found[key] = place | ours(split, room, seed)
                    except ValueError as error:  # no network in so few bytes
                        print(name, room, error, flush=True)
                        continue
                    print(json.dumps(found[key]), flush=True)
                    save()
        missing = given.again or not any((name, 0, BUDGETS[-1], f) in found for f in FAMILIES)
        if "rivals" in given.only and missing:
            contest = Contest(
                split.X,
                split.y,
                split.T,
                split.t,
                scale=name not in ("har", "mnist"),
                many_rows=name == "mnist",
            )
            for family in contest.families:
                for room in BUDGETS:
                    point = contest.best(family, room)
                    if point is not None:
                        place = {"table": name, "seed": 0, "room": room, "family": family, "commit": commit()}
                        found[name, 0, room, family] = place | point
                        print(json.dumps(found[name, 0, room, family]), flush=True)
            save()
    save()


if __name__ == "__main__":
    main()
