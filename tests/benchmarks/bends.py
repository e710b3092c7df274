# SPDX-License-Identifier: BSD-3-Clause
"""Which columns to bend, and how much: cross-validated on training rows of the development tables.

    OMP_NUM_THREADS=1 python tests/benchmarks/bends.py

The default estimators without a bend, and with that of columns whose entries lie beyond 4, 6 or 8 spreads,
with a knee at 1 or 2. Writes ``results/bends.json`` after every table. Test rows take no part.
"""

import os
import sys
import warnings

for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(variable, "1")

import numpy as np  # noqa: E402
from records import RESULTS, ROOT, commit, read, write  # noqa: E402

sys.path.insert(0, str(ROOT))  # the package of this checkout, whatever is installed

from sklearn.metrics import log_loss  # noqa: E402
from sklearn.model_selection import KFold  # noqa: E402
from table_sets import load  # noqa: E402

from sklearn_nnbcd import NNBCDClassifier, NNBCDRegressor  # noqa: E402
from sklearn_nnbcd.network import _bend  # noqa: E402

TABLES = ("spambase", "california_housing", "magic", "adult", "ccpp", "satimage", "pendigits", "letter")
ROWS, FOLDS, SEEDS = 4000, 4, (0, 1)
#: (spreads beyond which an entry is far, knee); None: straight columns
WAYS = (None, (6.0, 1.0), (6.0, 2.0), (4.0, 1.0), (8.0, 1.0))


def race(name: str, way: tuple | None) -> dict:
    """Mean score and log loss of one way on one table, and how many columns it bends."""
    split = load(name, 0)
    X, y = np.asarray(split.X, dtype=float)[:ROWS], split.y[:ROWS]
    kind = NNBCDRegressor if split.regression else NNBCDClassifier
    if way is not None:
        _bend.FAR, _bend.KNEE = way
    scores, losses, bent = [], [], 0
    for seed in SEEDS:
        for fitted, held_out in KFold(FOLDS, shuffle=True, random_state=seed).split(X):
            model = kind(random_state=seed, bend_columns=way is not None).fit(X[fitted], y[fitted])
            scores.append(model.score(X[held_out], y[held_out]))
            if not split.regression:
                losses.append(log_loss(y[held_out], model.predict_proba(X[held_out]), labels=model.classes_))
            bend = model.network_.columns.bend
            bent = 0 if bend is None else len(bend.columns)
    return {
        "table": name,
        "way": "straight" if way is None else f"beyond {way[0]:g}, knee {way[1]:g}",
        "bent": bent,
        "columns": X.shape[1],
        "score": float(np.mean(scores)),
        "log_loss": float(np.mean(losses)) if losses else None,
        "commit": commit(),
    }


def main() -> None:
    """Race what is missing."""
    warnings.simplefilter("ignore")
    rows = read("bends")["rows"] if (RESULTS / "bends.json").exists() else []
    for name in TABLES:
        if any(row["table"] == name for row in rows):
            continue
        for way in WAYS:
            rows.append(race(name, way))
            print(rows[-1], flush=True)
            if way is not None and not rows[-1]["bent"]:
                break  # without far entries there is nothing to choose
        write("bends", {"rows": ROWS, "folds": FOLDS, "seeds": list(SEEDS)}, rows)


if __name__ == "__main__":
    main()
