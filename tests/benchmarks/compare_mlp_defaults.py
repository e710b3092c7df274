# SPDX-License-Identifier: BSD-3-Clause
"""Default parameters beside scikit-learn's MLP: 5-fold cross-validation after StandardScaler.

    OMP_NUM_THREADS=1 python tests/benchmarks/compare_mlp_defaults.py --repeats 5

Writes ``results/defaults.json``: for each data set the mean test score (accuracy, or R^2 for diabetes) over
all folds and repeats, its standard deviation between repeats, and the mean CPU seconds of a fit. A
repeat shuffles the folds and seeds both estimators anew; both are fitted on the same folds, one
after the other, in this run. `--fail-below 0.01` exits with 1 if a mean is lower by more than that.
"""

import argparse
import os
import sys
import time
import warnings

import numpy as np
from records import write
from sklearn.datasets import (
    load_breast_cancer,
    load_diabetes,
    load_digits,
    load_iris,
    load_wine,
)
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import KFold, StratifiedKFold
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sklearn_nnbcd import NNBCDClassifier, NNBCDRegressor

CLASSIFICATION = {
    "iris": load_iris,
    "wine": load_wine,
    "breast_cancer": load_breast_cancer,
    "digits": load_digits,
}
REGRESSION = {"diabetes": load_diabetes}


def compare(load, estimators, splitter, repeats):
    """Scores (estimator, repeat) as means over the folds, and seconds per fit of each estimator."""
    X, y = load(return_X_y=True)
    scores, seconds = np.zeros((len(estimators), repeats)), np.zeros(len(estimators))
    for seed in range(repeats):
        folds = list(splitter(5, shuffle=True, random_state=seed).split(X, y))
        for train, test in folds:
            for k, estimator in enumerate(estimators):
                model = make_pipeline(StandardScaler(), estimator(random_state=seed))
                start = time.process_time()
                model.fit(X[train], y[train])
                seconds[k] += time.process_time() - start
                scores[k, seed] += model.score(X[test], y[test]) / len(folds)
    return scores, seconds / (5 * repeats)


def main():
    """Fit, and write what was found."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--fail-below", type=float, default=None)
    arguments = parser.parse_args()
    warnings.simplefilter("ignore", ConvergenceWarning)
    table = []
    sets = [(n, f, (MLPClassifier, NNBCDClassifier), StratifiedKFold) for n, f in CLASSIFICATION.items()]
    sets += [(n, f, (MLPRegressor, NNBCDRegressor), KFold) for n, f in REGRESSION.items()]
    for name, load, estimators, splitter in sets:
        scores, seconds = compare(load, estimators, splitter, arguments.repeats)
        row = {"data": name, "difference": scores[1].mean() - scores[0].mean()}
        for k, who in enumerate(("mlp", "nnbcd")):
            row |= {f"{who}_mean": scores[k].mean(), f"{who}_sd": scores[k].std()}
            row |= {f"{who}_scores": scores[k].tolist(), f"{who}_seconds": seconds[k]}
        table.append(row)
        print(row, flush=True)
    threads = os.environ.get("OMP_NUM_THREADS", "all")
    print(write("defaults", {"repeats": arguments.repeats, "folds": 5, "threads": threads}, table))
    lowest = min(row["difference"] for row in table)
    if arguments.fail_below is not None and lowest < -arguments.fail_below:
        sys.exit(f"a mean score is lower by {-lowest:.4f}")


if __name__ == "__main__":
    main()
