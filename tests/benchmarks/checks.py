# SPDX-License-Identifier: BSD-3-Clause
"""scikit-learn's checks of both estimators with every solver and every format, none of them excused.

    python tests/benchmarks/checks.py [--solvers NAME ...] [--formats NAME ...]

Each estimator and what fails of it is one line of ``results/checks.json``. A later run goes on with what is
not there, and others may run beside it.
"""

import argparse
import itertools
import sys
import time
import warnings
from pathlib import Path

from records import RESULTS, read, write
from sklearn.utils.estimator_checks import check_estimator

sys.path[:0] = [str(Path(__file__).parents[1] / folder) for folder in ("estimators", "support")]
from test_estimators import roomy

from sklearn_nnbcd import NNBCDClassifier, NNBCDRegressor
from sklearn_nnbcd.compressions import COMPRESSIONS
from sklearn_nnbcd.solvers import SOLVERS

ESTIMATORS = {"classifier": NNBCDClassifier, "regressor": NNBCDRegressor}


def settings_of(solver, name):
    """Settings that let small tables be learned, as in tests/estimators/test_estimators.py."""
    if name == "dense":
        return {"hidden_layer_sizes": (16, 16), "max_iter": 60}
    given = roomy(name) | {"compression": name, "max_iter": 60}
    if name in ("ternary", "binary"):  # numbers of a bit or so: more of them, in one layer
        given |= {"hidden_layer_sizes": (32,), "tau": 10.0}
    if solver != "full":
        given["max_iter"] = 20  # several batches each
        given.pop("tau")  # its own schedule
    return given


def rows_so_far():
    """What was written, by this run or another."""
    return read("checks")["rows"] if (RESULTS / "checks.json").exists() else []


def same(key, row):
    """Whether a row stands for an estimator, a solver and a format."""
    return key.items() <= row.items()


def failures(estimator):
    """Names of the checks that fail, how many there were, and CPU seconds."""
    start = time.process_time()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = check_estimator(estimator, on_skip=None, on_fail=None)
    failed = sorted({c["check_name"] for c in found if c["status"] == "failed"})
    return failed, len(found), time.process_time() - start


def main():
    """Check what no row stands for yet, and write after each."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--solvers", nargs="+", default=list(SOLVERS), choices=list(SOLVERS))
    parser.add_argument("--formats", nargs="+", default=["dense", *COMPRESSIONS])
    parser.add_argument("--again", action="store_true", help="also what a row stands for")
    given = parser.parse_args()
    for name, solver, kind in itertools.product(given.formats, given.solvers, ESTIMATORS):
        key = {"estimator": kind, "solver": solver, "format": name}
        if not given.again and any(same(key, row) for row in rows_so_far()):
            continue
        failed, count, seconds = failures(ESTIMATORS[kind](solver=solver, **settings_of(solver, name)))
        found = key | {"checks": count, "failed": ", ".join(failed), "seconds": round(seconds, 1)}
        print(found, flush=True)
        write("checks", {}, [*(row for row in rows_so_far() if not same(key, row)), found])


if __name__ == "__main__":
    main()
