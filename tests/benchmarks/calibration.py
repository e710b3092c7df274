# SPDX-License-Identifier: BSD-3-Clause
"""How much targets are smoothed, and what a temperature on held-out rows makes of it: on training rows.

    OMP_NUM_THREADS=1 python tests/benchmarks/calibration.py
    OMP_NUM_THREADS=1 python tests/benchmarks/calibration.py --tables letter,digits

The default classifiers, with one hidden layer of 100 and with (256, 256), fitted to three quarters of the
training rows of the development tables (8,000 at most) and of generated ones, and judged on the rest: with
targets smoothed by several shares and calibrated, and with 0.02 and outputs as they come.
Writes ``results/calibration.json`` after every table. Test rows take no part.
"""

import argparse
import os
import sys
import warnings
from contextlib import contextmanager
from pathlib import Path

for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(variable, "1")

import numpy as np  # noqa: E402
from records import RESULTS, ROOT, commit, read, write  # noqa: E402

sys.path.insert(0, str(ROOT))  # the package of this checkout, whatever is installed

from sklearn.datasets import make_classification  # noqa: E402
from sklearn.metrics import log_loss  # noqa: E402
from table_sets import load  # noqa: E402

from sklearn_nnbcd import NNBCDClassifier, _pilot  # noqa: E402
from sklearn_nnbcd.losses import CrossEntropy, Logistic  # noqa: E402

TABLES = ("digits", "spambase", "satimage", "pendigits", "letter", "magic", "adult")
#: rows, columns, classes and share of labels by chance
GENERATED = {"5 noisy classes": (4000, 20, 5, 0.1), "2 clean classes": (4000, 20, 2, 0.0)}
WIDTHS, SEEDS, MOST = ((100,), (256, 256)), (0, 1, 2), 8000
#: shares of the smoothing; None: 0.02 without a temperature
SHARES = (None, 0.0, 0.01, 0.02, 0.05)


def parts(name: str, seed: int) -> tuple:
    """Rows to fit to and rows to judge on."""
    if name in GENERATED:
        n, d, k, flip = GENERATED[name]
        made = {"n_informative": 10, "n_redundant": 2, "n_classes": k, "flip_y": flip, "random_state": seed}
        X, y = make_classification(n + 4000, d, **made)
        return X[:n], y[:n], X[n:], y[n:]
    split = load(name, 0)
    X, y = np.asarray(split.X), split.y
    order = np.random.default_rng(seed).permutation(len(X))
    n = min(len(X) * 3 // 4, MOST)
    fitted, judged = order[:n], order[n : n + 4000]
    return X[fitted], y[fitted], X[judged], y[judged]


@contextmanager
def calibrated(wanted: bool):
    """Whether short fits say a temperature."""
    found = _pilot.temperature
    _pilot.temperature = found if wanted else lambda *_: 1.0
    try:
        yield
    finally:
        _pilot.temperature = found


def race(name: str, widths: tuple, share: float | None) -> dict:
    """Mean accuracy, log loss and temperature over the seeds."""
    scores, losses, temperatures = [], [], []
    for seed in SEEDS:
        X, y, T, t = parts(name, seed)
        loss = Logistic if len(np.unique(y)) == 2 else CrossEntropy
        model = NNBCDClassifier(widths, loss=loss("auto" if share is None else share), random_state=seed)
        with calibrated(share is not None):
            model.fit(X, y)
        scores.append(model.score(T, t))
        losses.append(log_loss(t, model.predict_proba(T), labels=model.classes_))
        temperatures.append(model.targets_.temperature or 1.0)
    return {
        "table": name,
        "widths": str(widths),
        "smoothing": "no temperature" if share is None else share,
        "score": float(np.mean(scores)),
        "spread": float(np.std(scores, ddof=1)),
        "log_loss": float(np.mean(losses)),
        "temperature": float(np.mean(temperatures)),
        "commit": commit(),
    }


def sections(rows: list[dict]) -> dict:
    """Each share with a temperature beside 0.02 without one, over all tables of a width."""
    before = {(r["table"], r["widths"]): r for r in rows if r["smoothing"] == "no temperature"}
    found = []
    for widths in map(str, WIDTHS):
        for share in SHARES[1:]:
            own = [r for r in rows if r["smoothing"] == share and r["widths"] == widths]
            pairs = [(r, before[r["table"], widths]) for r in own if (r["table"], widths) in before]
            if pairs:
                gains = [a["score"] - b["score"] for a, b in pairs]
                ratios = [a["log_loss"] / b["log_loss"] for a, b in pairs]
                found.append(
                    {
                        "widths": widths,
                        "smoothing": share,
                        "score": f"{np.mean(gains):+.4f} ({min(gains):+.4f} to {max(gains):+.4f})",
                        "log_loss": f"{np.exp(np.mean(np.log(ratios))):.3f} "
                        f"({min(ratios):.3f} to {max(ratios):.3f})",
                        "tables": len(pairs),
                    }
                )
    return {"calibration_shares": found}


def main() -> None:
    """Race what is missing."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--tables", default=",".join((*TABLES, *GENERATED)))
    parser.add_argument("--again", action="store_true")
    parser.add_argument("--folder", type=Path, default=RESULTS)
    given = parser.parse_args()
    warnings.simplefilter("ignore")
    rows = read("calibration", given.folder)["rows"] if (given.folder / "calibration.json").exists() else []
    names = given.tables.split(",")
    if given.again:
        rows = [row for row in rows if row["table"] not in names]
    for name in names:
        if any(row["table"] == name for row in rows):
            continue
        for widths in WIDTHS:
            for share in SHARES:
                rows.append(race(name, widths, share))
                print(rows[-1], flush=True)
        settings = {"rows": MOST, "seeds": list(SEEDS)}
        write("calibration", settings, rows, sections=sections(rows), folder=given.folder)


if __name__ == "__main__":
    main()
