# SPDX-License-Identifier: BSD-3-Clause
"""Networks trained in single and in double precision on rows in double precision, beside scikit-learn's MLP.

    OMP_NUM_THREADS=1 python tests/benchmarks/precision.py [--tables letter,satimage] [--seeds 0,1]

Default parameters but for the hidden layers, (100,) and (256, 256); test rows of tables of ``table_sets``.
MLPClassifier and MLPRegressor have the same layers behind a StandardScaler, and one seed. CPU seconds of
fits in one process, the contestants of a table one after the other. Writes ``results/precision.json``
(``--folder``: elsewhere) after every fit; what is there is not made again.
"""

import argparse
import os
import sys
import time
import warnings
from itertools import product
from pathlib import Path
from typing import Any

for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(variable, "1")

import numpy as np  # noqa: E402
from records import RESULTS, ROOT, complete  # noqa: E402

sys.path.insert(0, str(ROOT))  # the package of this checkout, whatever is installed

from sklearn.compose import TransformedTargetRegressor  # noqa: E402
from sklearn.metrics import log_loss  # noqa: E402
from sklearn.neural_network import MLPClassifier, MLPRegressor  # noqa: E402
from sklearn.pipeline import make_pipeline  # noqa: E402
from sklearn.preprocessing import StandardScaler  # noqa: E402
from table_sets import load  # noqa: E402

from sklearn_nnbcd import NNBCDClassifier, NNBCDRegressor  # noqa: E402
from sklearn_nnbcd.solvers import MiniBatch  # noqa: E402

LAYERS = {"(100,)": (100,), "(256, 256)": (256, 256)}
TABLES = ("spambase", "satimage", "pendigits", "magic", "letter", "ccpp", "california_housing", "digits")
CONTESTANTS = ("single", "double", "MLP")
NUMBERS = ("score", "log_loss", "cpu")


def model_of(contestant: str, layers: tuple[int, ...], seed: int, regression: bool) -> Any:
    """An estimator."""
    if contestant != "MLP":
        estimator = NNBCDRegressor if regression else NNBCDClassifier
        return estimator(layers, random_state=seed, solver=MiniBatch(precision=contestant))
    if not regression:
        return make_pipeline(StandardScaler(), MLPClassifier(layers, random_state=seed))
    mlp = MLPRegressor(hidden_layer_sizes=layers, random_state=seed)
    return make_pipeline(StandardScaler(), TransformedTargetRegressor(mlp, transformer=StandardScaler()))


def measure(table: str, layers: str, contestant: str, seed: int) -> dict:
    """One fit."""
    split = load(table, seed)
    X, T = (np.asarray(rows, dtype=np.float64) for rows in (split.X, split.T))
    model = model_of(contestant, LAYERS[layers], seed, split.regression)
    start = time.process_time()
    model.fit(X, split.y)
    row = {"table": table, "layers": layers, "contestant": contestant, "seed": seed}
    row |= {"cpu": round(time.process_time() - start, 3), "score": float(model.score(T, split.t))}
    return row | {"log_loss": None if split.regression else float(log_loss(split.t, model.predict_proba(T)))}


def means(rows: list[dict]) -> list[dict]:
    """A line for each table and layers: means over seeds, one column for each contestant and number."""
    lines = []
    for table, layers in product(TABLES, LAYERS):
        here = [row for row in rows if (row["table"], row["layers"]) == (table, layers)]
        if not here:
            continue
        line: dict = {"table": table, "layers": layers}
        for name, number in product(CONTESTANTS, NUMBERS):
            found = [row[number] for row in here if row["contestant"] == name and row[number] is not None]
            line[f"{name} {number}"] = float(np.mean(found)) if found else None
        losses = {f"{name} log_loss": in_words(line[f"{name} log_loss"]) for name in CONTESTANTS}
        single, double = line["single cpu"], line["double cpu"]
        lines.append(line | losses | {"ratio": single / double if single and double else None})
    return lines


def in_words(log_loss: float | None) -> str:
    """Four digits, or a dash for numbers, which have none."""
    return "–" if log_loss is None else f"{log_loss:.4f}"


def main() -> None:
    """Measure what is missing, and write."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--tables", default=",".join(TABLES))
    parser.add_argument("--seeds", default="0,1,2")
    parser.add_argument("--folder", type=Path, default=RESULTS)
    given = parser.parse_args()
    warnings.simplefilter("ignore")
    seeds = [int(seed) for seed in given.seeds.split(",")]
    places = product(seeds, given.tables.split(","), LAYERS, CONTESTANTS)
    keys = [(table, layers, name, seed) for seed, table, layers, name in places if name != "MLP" or seed == 0]
    complete("precision", ("table", "layers", "contestant", "seed"), keys, measure, means, given.folder)


if __name__ == "__main__":
    main()
