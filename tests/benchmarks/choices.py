# SPDX-License-Identifier: BSD-3-Clause
"""What ``max_bytes`` loses by choosing on held-out rows, and what ramps gain: its choice beside others.

    OMP_NUM_THREADS=1 python tests/benchmarks/choices.py                        what is missing
    OMP_NUM_THREADS=1 python tests/benchmarks/choices.py --tables spambase --again

Training rows of some tables are parted in two; every kind of network that ``max_bytes`` compares is fitted
to the first part as ``max_bytes`` does, judged by it, and scored on the second one. Writes
``results/choices.json`` after every budget: the scores of the choice, of choices by other shares of a
standard error, of the choice among networks without ramps, and of the best kind in hindsight. Test rows take
no part. Runs of before there were ramps have none among their kinds.
"""

import argparse
import os
import sys
import warnings

for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(variable, "1")

import numpy as np  # noqa: E402
from records import RESULTS, ROOT, commit, read, write  # noqa: E402

sys.path.insert(0, str(ROOT))  # the package of this checkout, whatever is installed

from sklearn.base import clone  # noqa: E402
from sklearn.model_selection import train_test_split  # noqa: E402
from table_sets import load  # noqa: E402

from sklearn_nnbcd import NNBCDClassifier  # noqa: E402
from sklearn_nnbcd._held_out import divided, judged, standard_error  # noqa: E402
from sklearn_nnbcd._sizing import Candidates  # noqa: E402
from sklearn_nnbcd._within_bytes import fit_within  # noqa: E402

TABLES, SEEDS, ROOMS, ROWS = ("spambase", "magic", "pendigits", "satimage"), (0, 1), (1024, 2048, 4096), 6000
#: shares of a standard error within which networks count as level; 1 is what the package does
SHARES = (0.0, 0.5, 1.0, 2.0)


def kinds_of_budget(name: str, seed: int, room: int) -> dict:
    """Held-out score and loss of every kind, its score on rows that had no part, and its bins."""
    split = load(name, 0)
    X, y = np.asarray(split.X, dtype=np.float32), np.asarray(split.y)
    if len(X) > ROWS:
        X, _, y, _ = train_test_split(X, y, train_size=ROWS, random_state=seed, stratify=y)
    A, T, a, t = train_test_split(X, y, test_size=0.35, random_state=seed, stratify=y)
    model = NNBCDClassifier(max_bytes=room, random_state=seed)
    candidates = Candidates(model, A, a)
    kinds, size = candidates.kinds(room), candidates.size
    arrays, (H, h) = divided(model, A, a, None)
    found = []
    for kind in kinds:
        fitted = fit_within(clone(model), kind, room, size, arrays, {})
        whole = fit_within(clone(model), kind, room, size, (A, a), {})
        if fitted is not None and whole is not None:
            row = judged(fitted, H, h)
            found.append([row["score"], row["loss"], float(whole.score(T, t)), kind.bins])
    place = {"table": name, "seed": seed, "room": room, "held_out": len(h), "kinds": found}
    return place | {"commit": commit()}


def choice(row: dict, share: float) -> float:
    """Score of the kind that is chosen where kinds within a share of a standard error are level."""
    best = max(kind[0] for kind in row["kinds"])
    least = best - share * standard_error(best, row["held_out"], True)
    return min((kind for kind in row["kinds"] if kind[0] >= least), key=lambda kind: kind[1])[2]


def summary(rows: list[dict]) -> list[dict]:
    """Mean scores by the rule, table by table and over all."""
    parts = {name: [row for row in rows if row["table"] == name] for name in TABLES} | {"all": rows}
    made = []
    for name, part in parts.items():
        if part:
            line = {
                f"within {share:g}": float(np.mean([choice(row, share) for row in part])) for share in SHARES
            }
            plain = [row | {"kinds": [kind for kind in row["kinds"] if not kind[3]]} for row in part]
            line["without ramps"] = float(np.mean([choice(row, 1.0) for row in plain]))
            best = float(np.mean([max(kind[2] for kind in row["kinds"]) for row in part]))
            made.append({"table": name, "budgets": len(part)} | line | {"hindsight": best})
    return made


def main() -> None:
    """Run what is missing."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--tables", default=",".join(TABLES))
    parser.add_argument("--again", action="store_true")
    given = parser.parse_args()
    warnings.simplefilter("ignore")
    rows = read("choices")["rows"] if (RESULTS / "choices.json").exists() else []
    for seed in SEEDS:
        for name in given.tables.split(","):
            for room in ROOMS:
                place = name, seed, room
                known = [r for r in rows if (r["table"], r["seed"], r["room"]) == place]
                if given.again or not known:
                    rows = [row for row in rows if row not in known] + [kinds_of_budget(*place)]
                    sections = {"choices_summary": summary(rows)}
                    write("choices", {"rows": ROWS, "seeds": list(SEEDS)}, rows, sections=sections)
    for line in summary(rows):
        print(line)


if __name__ == "__main__":
    main()
