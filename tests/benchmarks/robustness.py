# SPDX-License-Identifier: BSD-3-Clause
"""Robustness: default parameters on eight data sets, dense and compressed, beside scikit-learn's.

    OMP_NUM_THREADS=1 python tests/benchmarks/robustness.py [--seeds 5]

Seeds are also the splits (70/30, stratified) where a data set has no test part of its own; HAR gives
1,500 training rows and all its test rows, flare its training years and its test years. All models
stand behind a StandardScaler; nothing but the format differs between ours: `compression="low_rank"`
and "tt" with a quarter of the weights (`rank=0.25`), "l0" with nine tenths removed. A fit counts as
diverged if an output or the objective is not finite, if it warns of such numbers, or if its score is
below that of a constant (chance, or R2 < -1). A fit in the results file is not repeated. HAR and flare
need the folder that `SKLEARN_NNBCD_DATA` names.
"""

import argparse
import time
import warnings

import numpy as np
from contest import Log, output_folder
from records import write
from sklearn.datasets import (
    load_breast_cancer,
    load_diabetes,
    load_digits,
    load_iris,
    load_wine,
    make_classification,
)
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.metrics import balanced_accuracy_score
from sklearn.model_selection import train_test_split
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sklearn_nnbcd import NNBCDClassifier, NNBCDRegressor
from sklearn_nnbcd.datasets import fetch_flare, fetch_har

FORMATS = {
    "dense": {},
    "low_rank": dict(compression="low_rank", rank=0.25),
    "tt": dict(compression="tt", rank=0.25),
    "l0": dict(compression="l0", sparsity=0.9),
}
SETS = ("iris", "wine", "breast_cancer", "digits", "diabetes", "generated", "har", "flare")
PEERS = ("MLP", "linear", "boosting")
SMALL = dict(iris=load_iris, wine=load_wine, breast_cancer=load_breast_cancer, digits=load_digits)


def data(name, seed):
    """X, y of training rows and of test rows."""
    if name == "har":
        bunch = fetch_har(download_if_missing=False)
        train = np.flatnonzero(bunch.split == "train")
        rows = np.random.RandomState(seed).permutation(train)[:1500]
        test = bunch.split == "test"
        return bunch.data[rows], bunch.target[rows], bunch.data[test], bunch.target[test]
    if name == "flare":
        bunch = fetch_flare(download_if_missing=False)
        year = np.asarray(bunch.date) // 10000
        X = np.asarray(bunch.data, dtype=np.float64)
        train, test = year <= 2013, year >= 2015
        X = np.arcsinh(X / np.median(np.abs(X[train]), axis=0))
        return X[train], bunch.target[train], X[test], bunch.target[test]
    if name == "generated":
        X, y = make_classification(2000, 40, n_informative=10, n_classes=5, random_state=seed)
    else:
        X, y = (load_diabetes if name == "diabetes" else SMALL[name])(return_X_y=True)
    labels = None if name == "diabetes" else y
    X, T, y, t = train_test_split(X, y, test_size=0.3, random_state=seed, stratify=labels)
    return X, y, T, t


def model(who, name, seed):
    """An estimator with its default parameters, balanced class weights on flare where it has them."""
    regression = name == "diabetes"
    balanced = dict(class_weight="balanced") if name == "flare" else {}
    if who in FORMATS:
        kind = NNBCDRegressor if regression else NNBCDClassifier
        return kind(random_state=seed, **balanced, **FORMATS[who])
    if who == "MLP":
        return (MLPRegressor if regression else MLPClassifier)(random_state=seed)
    if who == "linear":
        return Ridge() if regression else LogisticRegression(max_iter=1000, **balanced)
    boosting = HistGradientBoostingRegressor if regression else HistGradientBoostingClassifier
    return boosting(random_state=seed, **balanced)


def fit(who, name, seed):
    """Score on test rows, CPU seconds, and whether the fit diverged."""
    X, y, T, t = data(name, seed)
    pipeline = make_pipeline(StandardScaler(), model(who, name, seed))
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        begun = time.process_time()
        pipeline.fit(X, y)
        seconds = time.process_time() - begun
        outputs = pipeline.predict(T) if name == "diabetes" else pipeline.predict_proba(T)
        predicted = pipeline.predict(T)
    flare = name == "flare"
    score = balanced_accuracy_score(t, predicted) if flare else pipeline.score(T, t)
    chance = -1.0 if name == "diabetes" else (0.5 if flare else max(np.bincount(t)) / len(t))
    finite = bool(np.isfinite(outputs).all())
    if who in FORMATS:
        finite &= bool(np.isfinite(pipeline[-1].objective_curve_).all())
    warned = any("finite" in str(warning.message) for warning in said)
    return dict(score=float(score), seconds=seconds, diverged=warned or not finite or bool(score < chance))


def main():
    """Run what is missing, print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--sets", nargs="*", default=SETS)
    parser.add_argument("--report", action="store_true", help="run nothing, print what there is")
    arguments = parser.parse_args()
    log = Log(output_folder() / "robustness.jsonl")
    for seed in range(0 if arguments.report else arguments.seeds):
        for name in arguments.sets:
            for who in (*FORMATS, *PEERS):
                key = f"{name}|{who}|{seed}"
                if key not in log.records:
                    result = log.once(key, lambda w=who, n=name, s=seed: fit(w, n, s))
                    print(key, result, flush=True)
    print("| data | seeds | " + " | ".join((*FORMATS, *PEERS)) + " |\n" + "|---" * 9 + "|")
    everyone, table = (*FORMATS, *PEERS), []
    for name in arguments.sets:
        cells, row = [], {"data": name}
        each = [{k.split("|")[2] for k in log.records if k.startswith(f"{name}|{who}|")} for who in everyone]
        common = set.intersection(*each)
        for who in everyone:
            records = [log.records[f"{name}|{who}|{seed}"] for seed in sorted(common)]
            scores = np.array([r["score"] for r in records])
            cells.append(f"{scores.mean():.4f} ± {scores.std():.4f}" if len(scores) else "-")
            if len(scores):
                row |= {f"{who}_mean": scores.mean(), f"{who}_sd": scores.std()}
        print(f"| {name} | {len(common)} | {' | '.join(cells)} |")
        table.append(row | {"seeds": len(common)})
    write("robustness", {"formats": FORMATS}, table)
    ours = {k: r for k, r in log.records.items() if k.split("|")[1] in FORMATS}
    diverged = [key for key, r in ours.items() if r["diverged"]]
    print(f"\n{len(ours)} fits of ours, diverged: {diverged or 'none'}")
    print(f"{len(log.records) - len(ours)} fits of the peers")


if __name__ == "__main__":
    main()
