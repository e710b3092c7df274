# SPDX-License-Identifier: BSD-3-Clause
"""Default and other settings on many tables, beside scikit-learn's MLP, boosted trees and linear models.

    OMP_NUM_THREADS=1 python tests/benchmarks/tables.py                 what is missing or out of date
    OMP_NUM_THREADS=1 python tests/benchmarks/tables.py --again ours    all of ours once more
    OMP_NUM_THREADS=1 python tests/benchmarks/tables.py --only none    only what follows from the rows
    OMP_NUM_THREADS=1 python tests/benchmarks/tables.py --seeds 0 --only rivals,nnbcd_wide --tables letter

Writes ``results/tables.json`` after every fit: one row for each table, contestant and seed, and the rows of
the tables on ``docs/results/tables.md`` that follow from them. A row that is there is not made again unless
it is ours and the sources of the package have changed since, or ``--again`` names it. The order: for each
seed the rivals, our defaults, ablations, compressed networks. All in one process, one thread.

The tables to develop on, and HAR, are read from ``SKLEARN_NNBCD_DATA`` or from ``shared/data`` beside the
checkout; where they are missing these tables are left out. ``--quick``: seed 0, at most 2,000 rows.
"""

import argparse
import hashlib
import json
import os
import sys
import time
import warnings
from pathlib import Path

for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(variable, "1")

import numpy as np  # noqa: E402
from records import RESULTS, ROOT, read, write  # noqa: E402

sys.path.insert(0, str(ROOT))  # the package of this checkout, whatever is installed

from sklearn import __version__ as sklearn_version  # noqa: E402
from table_contestants import CONTESTANTS, REACH, SEEDS, count_weights, last_step  # noqa: E402
from table_sets import NAMES, load, loader  # noqa: E402
from table_summary import sections  # noqa: E402

import sklearn_nnbcd  # noqa: E402

QUICK_ROWS = 2000
#: of a contestant that is timed until it is good enough
MOST_PASSES = 200
SETTINGS = {
    "seeds": list(SEEDS),
    "threads": 1,
    "notes": {
        "seconds": "CPU seconds (time.process_time) of fit, a StandardScaler in front included",
        "probe": "CPU seconds of a fixed piece of work before and after the fit: how busy the machine was",
        "code": "of ours: a hash of the sources of the package",
        "fewer seeds": "mlp_wide on adult, realmlp: seed 0 only; linear models on tables with a fixed split: "
        "once, since nothing depends on the seed",
    },
}


def package_state() -> str:
    """A name for the sources of the package that is imported, as they are."""
    digest, folder = hashlib.sha256(), Path(sklearn_nnbcd.__file__).parent
    for path in sorted(folder.rglob("*.py")):
        digest.update(path.relative_to(folder).as_posix().encode() + path.read_bytes())
    return digest.hexdigest()[:12]


def probe() -> float:
    """CPU seconds of some matrix products and some Python, about a twentieth of a second."""
    A = np.ones((256, 256), dtype=np.float32)
    begin = time.process_time()
    for _ in range(20):
        A = A @ A
        A /= A[0, 0]
    sum(k * k for k in range(100_000))
    return time.process_time() - begin


def fit(contestant, split, seed):
    """The fitted estimator, CPU seconds, and passes, where there is a number of them."""
    model = contestant.make(split, seed)
    if not contestant.reach:
        begin = time.process_time()
        model.fit(split.X, split.y)
        seconds = time.process_time() - begin
        n_iter = getattr(last_step(model), "n_iter_", None)
        return model, seconds, None if n_iter is None else int(np.max(n_iter))
    begin, network = time.process_time(), last_step(model)
    X, T, classes = split.X, split.T, np.unique(split.y)
    if network is not model:  # a scaler in front
        model[0].fit(X)
        X, T = model[0].transform(X), model[0].transform(T)
    seconds, passes, reached = time.process_time() - begin, 0, False
    while passes < MOST_PASSES and not reached:
        begin = time.process_time()
        network.partial_fit(X, split.y, classes=classes)
        seconds += time.process_time() - begin
        passes += 1
        reached = network.score(T, split.t) >= REACH[split.name]
    return model, seconds, passes


def log_loss(model, split):
    """Mean over the test rows of -log of the probability of what is right, clipped at 1e-12."""
    columns = np.searchsorted(model.classes_, split.t)
    probabilities = np.asarray(model.predict_proba(split.T), dtype=np.float64)
    right = probabilities[np.arange(len(split.t)), columns]
    return float(-np.log(np.clip(right, 1e-12, 1.0)).mean())


def record(key, split, seed, package):
    """One row of the results."""
    contestant = CONTESTANTS[key]
    before = probe()
    model, seconds, passes = fit(contestant, split, seed)
    after = probe()
    row = {
        "table": split.name,
        "contestant": key,
        "seed": seed,
        "score": float(model.score(split.T, split.t)),
    }
    if not split.regression:
        row["log_loss"] = log_loss(model, split)
    row |= {
        "seconds": seconds,
        "probe": (before + after) / 2,
        "weights": count_weights(model),
        "n_iter": passes,
        "rows": len(split.X),
        "code": package if contestant.ours else f"scikit-learn {sklearn_version}",
    }
    return row


def names(text, groups):
    """Keys of contestants from a list of them and of groups, separated by commas."""
    chosen = []
    for word in text.split(",") if text else ():
        if word not in groups and word not in CONTESTANTS:
            raise SystemExit(f"no contestant or group {word!r}; there are {[*groups, *CONTESTANTS]}")
        chosen += groups.get(word, [word])
    return chosen


def jobs(keys, tables, seeds):
    """(seed, table, contestant) in the order of the runs."""
    first, last = ("nnbcd", "nnbcd_wide"), [key for key in keys if "_quarter" in key or "_tenth" in key]
    stages = {key: 0 if not CONTESTANTS[key].ours else 1 if key in first else 2 for key in keys}
    stages |= dict.fromkeys(last, 3)
    for seed in seeds:
        for stage in range(4):
            for table in tables:
                for key in keys:
                    if stages[key] == stage and CONTESTANTS[key].runs(key, table, seed):
                        yield seed, table, key


def run(keys, tables, seeds, again, folder, n_rows=None):
    """Make what is missing; what failed."""
    path, found = folder / "tables.json", {}
    if path.exists():
        rows = read("tables", folder)["rows"]
        found = {(row["table"], row["contestant"], row["seed"]): row for row in rows}
    get, package, missing, failed = loader(), package_state(), set(), []
    for seed, table, key in jobs(keys, tables, seeds):
        place = (table, key, seed)
        known = found.get(place)
        if known is not None and key not in again and (not CONTESTANTS[key].ours or known["code"] == package):
            continue
        try:
            split = get(table, seed)
        except FileNotFoundError:
            if table not in missing:
                print(f"{table}: no such file, left out", flush=True)
            missing.add(table)
            continue
        try:
            row = record(key, split if n_rows is None else split.first(n_rows), seed, package)
        except Exception as error:  # one that fails must not keep the others from running
            failed.append(f"{table}, {key}, seed {seed}: {type(error).__name__}: {error}")
            print(failed[-1], flush=True)
            continue
        found[place] = row
        print(json.dumps(row), flush=True)
        save(found, folder)
    if found:
        save(found, folder)
    return failed


def save(found, folder):
    """Write rows and what follows from them."""
    order = {name: k for k, name in enumerate([*NAMES, *CONTESTANTS])}
    rows = sorted(found.values(), key=lambda r: (order[r["table"]], order[r["contestant"]], r["seed"]))
    return write("tables", SETTINGS, rows, folder=folder, sections=sections(rows))


def main():
    """Read the command line."""
    groups = {
        "all": list(CONTESTANTS),
        "none": [],
        "rivals": [key for key, contestant in CONTESTANTS.items() if not contestant.ours],
        "ours": [key for key, contestant in CONTESTANTS.items() if contestant.ours],
    }
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", default="all", help=f"contestants or {list(groups)}, with commas")
    parser.add_argument("--again", default="", help="which to run even if they are in the results")
    parser.add_argument("--tables", default=",".join(NAMES))
    parser.add_argument("--seeds", default=",".join(map(str, SEEDS)))
    parser.add_argument("--folder", type=Path, default=RESULTS)
    parser.add_argument("--quick", action="store_true", help="seed 0, at most 2,000 rows; needs a --folder")
    arguments = parser.parse_args()
    if arguments.quick and arguments.folder == RESULTS:
        parser.error("--quick needs a --folder: its figures are not those of the whole tables")
    warnings.simplefilter("ignore")
    seeds = (0,) if arguments.quick else [int(seed) for seed in arguments.seeds.split(",")]
    n_rows = QUICK_ROWS if arguments.quick else None
    keys, again = names(arguments.only, groups), names(arguments.again, groups)
    warm = load("iris", 0)
    for key in (
        ("linear", "mlp", "histgb", "nnbcd") if keys else ()
    ):  # what the first fit of a process loads is no one's time
        CONTESTANTS[key].make(warm, 0).fit(warm.X, warm.y)
    failed = run(keys, arguments.tables.split(","), seeds, again, arguments.folder, n_rows)
    if failed:
        sys.exit("\n".join(["failed:", *failed]))
    print("now: python docs/make_tables.py", file=sys.stderr)


if __name__ == "__main__":
    main()
