# SPDX-License-Identifier: BSD-3-Clause
"""Gradual pruning beside pruning at once, and beside a dense network with as many weights.

    OMP_NUM_THREADS=1 python tests/benchmarks/pruning.py [--tables letter,satimage] [--seeds 0,1]

Layers of (256, 256), ``compression="l0"``, a tenth to a hundredth of all weights, output included,
everything else at its default; test rows of the tables of ``table_sets``. "At once" takes all entries away
when the compression begins. The rivals have one hidden layer, as wide as that number of weights allows: the
estimator itself, and MLPClassifier behind a StandardScaler. Writes
``results/pruning.json`` (``--folder``: elsewhere) after every fit; what is there is not made again.
"""

import argparse
import os
import sys
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import product
from pathlib import Path
from typing import Any

for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(variable, "1")

import numpy as np  # noqa: E402
from records import RESULTS, ROOT, complete  # noqa: E402

sys.path.insert(0, str(ROOT))  # the package of this checkout, whatever is installed

from sklearn.metrics import log_loss  # noqa: E402
from sklearn.neural_network import MLPClassifier  # noqa: E402
from sklearn.pipeline import make_pipeline  # noqa: E402
from sklearn.preprocessing import StandardScaler  # noqa: E402
from table_sets import load  # noqa: E402

from sklearn_nnbcd import NNBCDClassifier  # noqa: E402
from sklearn_nnbcd.engine._minibatch import _pruning  # noqa: E402

HIDDEN, RATIOS = (256, 256), (0.1, 0.03, 0.01)
TABLES = ("satimage", "pendigits", "letter", "digits", "spambase")
CONTESTANTS = ("gradually", "at once", "dense", "MLPClassifier")


@contextmanager
def pruned_by(share: float) -> Iterator[None]:
    """The share of a fit over which entries are taken away."""
    before, _pruning.PRUNED_BY = _pruning.PRUNED_BY, share
    try:
        yield
    finally:
        _pruning.PRUNED_BY = before


def model_of(contestant: str, size: tuple[int, int], ratio: float, seed: int) -> Any:
    """An estimator; ``size`` is columns and outputs."""
    widths = (size[0], *HIDDEN, size[1])
    weights = ratio * sum(a * b for a, b in zip(widths, widths[1:], strict=False))
    width = max(1, round(weights / sum(size)))
    if contestant == "dense":
        return NNBCDClassifier((width,), column_bins=0, random_state=seed)
    if contestant == "MLPClassifier":
        return make_pipeline(StandardScaler(), MLPClassifier((width,), random_state=seed))
    few = {"compression": "l0", "compression_ratio": ratio, "compress_output": True}
    return NNBCDClassifier(HIDDEN, column_bins=0, random_state=seed, **few)


def measure(table: str, ratio: float, contestant: str, seed: int) -> dict:
    """One fit."""
    split = load(table, seed)
    n_classes = len(np.unique(split.y))
    size = split.X.shape[1], 1 if n_classes == 2 else n_classes
    model = model_of(contestant, size, ratio, seed)
    start = time.process_time()
    with pruned_by(0.0 if contestant == "at once" else _pruning.PRUNED_BY):
        model.fit(split.X, split.y)
    seconds = time.process_time() - start
    row = {"table": table, "ratio": ratio, "contestant": contestant, "seed": seed}
    found = {"score": float(model.score(split.T, split.t)), "cpu": round(seconds, 2)}
    return row | found | {"log_loss": float(log_loss(split.t, model.predict_proba(split.T)))}


def means(rows: list[dict]) -> list[dict]:
    """A line for each table and ratio: means over seeds, one column for each contestant."""
    lines = []
    for table, ratio in sorted(
        {(row["table"], row["ratio"]) for row in rows}, key=lambda key: (key[0], -key[1])
    ):
        line: dict = {"table": table, "ratio": ratio}
        for name in CONTESTANTS:
            of = [r for r in rows if (r["table"], r["ratio"], r["contestant"]) == (table, ratio, name)]
            for number in ("score", "log_loss", "cpu"):
                values = [row[number] for row in of]
                line[f"{name} {number}"] = float(np.mean(values)) if values else float("nan")
        lines.append(line)
    return lines


def main() -> None:
    """Measure what is missing, and write."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--tables", default=",".join(TABLES))
    parser.add_argument("--seeds", default="0,1")
    parser.add_argument("--folder", type=Path, default=RESULTS)
    given = parser.parse_args()
    warnings.simplefilter("ignore")
    seeds = [int(seed) for seed in given.seeds.split(",")]
    keys = product(given.tables.split(","), RATIOS, CONTESTANTS, seeds)
    complete("pruning", ("table", "ratio", "contestant", "seed"), keys, measure, means, given.folder)


if __name__ == "__main__":
    main()
