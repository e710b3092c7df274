# SPDX-License-Identifier: BSD-3-Clause
"""The study behind the default parameters of solver="full": a random search over many problems.

    OMP_NUM_THREADS=1 python tests/benchmarks/study_defaults.py search --n-configs 100
    OMP_NUM_THREADS=1 python tests/benchmarks/study_defaults.py try gain=0.1 gain=0.1,max_iter=100
    python tests/benchmarks/study_defaults.py report study.jsonl

Each configuration is fitted, dense and compressed, on data sets of scikit-learn, on generated sets,
and on some *training* rows of HAR and flare (where `SKLEARN_NNBCD_DATA` names their folder). The
splits (shuffles from seed 1000 on) are not those of compare_mlp_defaults.py (seeds 0, 1, 2 ...), so
that the comparison there is not made on splits that chose the parameters. Lines already in the
output file are kept and a search goes on behind them.

The report ranks configurations by their mean regret: for each task the best score that any
configuration reached minus its own, clipped at 0.1 so that one failure does not hide the rest.
"""

import argparse
import json
import os
import time
import warnings
from pathlib import Path

import numpy as np
from sklearn.datasets import (
    load_breast_cancer,
    load_diabetes,
    load_digits,
    load_iris,
    load_wine,
    make_classification,
    make_friedman1,
    make_moons,
)
from sklearn.metrics import balanced_accuracy_score
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sklearn_nnbcd import NNBCDClassifier, NNBCDRegressor
from sklearn_nnbcd.datasets import fetch_flare, fetch_har
from sklearn_nnbcd.initializers import KaimingNormal

FIRST_SEED = 1000
SPACE = {
    "gain": [0.05, 0.1, 0.2, 0.3, 0.5],  # times the scale of He et al.
    "ridge": [0.1, 0.3, 1.0, 3.0],
    "proximal": [0.01, 0.1, 1.0],
    "rho": [0.3, 1.0, 3.0],
    "tau": [1.0, 10.0, 30.0, 100.0],
    "max_iter": [100],
}

CHOSEN = {"gain": 0.15, "ridge": 1.0, "proximal": 0.01, "rho": 1.0, "tau": 10.0, "max_iter": 200}


def data_sets():
    """Name -> (X, y, estimator class, number of splits)."""
    classification = {
        "iris": (*load_iris(return_X_y=True), 3),
        "wine": (*load_wine(return_X_y=True), 3),
        "breast_cancer": (*load_breast_cancer(return_X_y=True), 2),
        "digits": (*some_rows(*load_digits(return_X_y=True), 685), 1),
        "moons": (*make_moons(600, noise=0.2, random_state=1), 1),
        "classes": (*make_classification(600, n_informative=8, n_classes=4, random_state=1), 1),
    }
    regression = {
        "diabetes": (*load_diabetes(return_X_y=True), 3),
        "friedman1": (*make_friedman1(600, noise=0.5, random_state=1), 1),
    }
    if os.environ.get("SKLEARN_NNBCD_DATA"):
        for name, fetch, n in (("har", fetch_har, 400), ("flare", fetch_flare, 700)):
            X, y = fetch(subset="train", return_X_y=True, download_if_missing=False)
            X, y = np.asarray(X, dtype=np.float64), np.asarray(y)
            if name == "flare":  # units span 28 orders of magnitude, with heavy tails
                X = np.arcsinh(X / np.median(np.abs(X), axis=0))
            classification[name] = *some_rows(X, y, n), 1
    sets = {k: (X, y, NNBCDClassifier, n) for k, (X, y, n) in classification.items()}
    return sets | {k: (X, y, NNBCDRegressor, n) for k, (X, y, n) in regression.items()}


def some_rows(X, y, n):
    """n rows drawn without replacement."""
    rows = np.random.RandomState(0).permutation(len(y))[:n]
    return X[rows], y[rows]


def tasks(sets):
    """(task name, data set, parameters) of every fit."""
    small_deep = {"hidden_layer_sizes": (64, 64, 64)}
    out = [(f"{name} dense", name, {}) for name in sets]
    out.append(("digits deep dense", "digits", small_deep))
    formats = {
        "low_rank": {"compression": "low_rank", "rank": 0.25},
        "tt": {"compression": "tt", "rank": 0.25},
        "l0": {"compression": "l0", "sparsity": 0.9},
    }
    out += [(f"digits {label}", "digits", extra) for label, extra in formats.items()]
    out += [("classes tt", "classes", formats["tt"])]
    out += [("friedman1 low_rank", "friedman1", formats["low_rank"])]
    out.append(("digits deep low_rank", "digits", small_deep | formats["low_rank"]))
    out.append(("breast_cancer l0", "breast_cancer", formats["l0"]))
    return out


def constructor_parameters(config):
    """Constructor parameters of a drawn configuration."""
    parameters = dict(config)
    gain = parameters.pop("gain")
    return parameters | {
        "solver": "full",
        "initializer": KaimingNormal(gain=gain),
        "gamma": config["rho"],
    }


def evaluate(config, X, y, estimator, n_splits, extra):
    """Mean test score over shuffles, and seconds per fit."""
    scores, seconds = [], 0.0
    classes = estimator is NNBCDClassifier
    for seed in range(FIRST_SEED, FIRST_SEED + n_splits):
        X_train, X_test, y_train, y_test = train_test_split(
            X, y, test_size=0.3, random_state=seed, stratify=y if classes else None
        )
        parameters = constructor_parameters(config) | extra
        rare = classes and len(np.unique(y)) == 2 and min(np.mean(y), 1 - np.mean(y)) < 0.1
        if rare:
            parameters["class_weight"] = "balanced"
        model = make_pipeline(StandardScaler(), estimator(random_state=seed, **parameters))
        start = time.perf_counter()
        model.fit(X_train, y_train)
        seconds += time.perf_counter() - start
        if rare:
            scores.append(balanced_accuracy_score(y_test, model.predict(X_test)))
        else:
            scores.append(model.score(X_test, y_test))
    return float(np.mean(scores)), seconds / n_splits


def search(n_configs, out, seed):
    """Draw configurations and append one JSON line for each."""
    sets = data_sets()
    done = len(out.read_text().splitlines()) if out.exists() else 0
    random_state = np.random.RandomState(seed)
    for k in range(n_configs):
        config = {name: values[random_state.randint(len(values))] for name, values in SPACE.items()}
        if k >= done:
            run(config, sets, out)


def try_changes(changes, skip, out):
    """One JSON line for each change of :data:`CHOSEN`, e.g. "gain=0.1,max_iter=200"."""
    sets = {name: data for name, data in data_sets().items() if name not in skip}
    for change in changes:
        pairs = [pair.split("=") for pair in change.split(",") if pair]
        run(CHOSEN | {name: type(CHOSEN[name])(value) for name, value in pairs}, sets, out)


def run(config, sets, out):
    """Fit all tasks and append a JSON line."""
    scores, seconds = {}, {}
    for task, name, extra in tasks(sets):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            scores[task], seconds[task] = evaluate(config, *sets[name], extra)
    with out.open("a") as file:
        file.write(json.dumps({"config": config, "scores": scores, "seconds": seconds}) + "\n")


def report(path, n_best):
    """Print the best configurations, dense and compressed, and the mean regret of every value."""
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    names = list(lines[0]["scores"])
    scores = np.array([[line["scores"][name] for name in names] for line in lines])
    regret = np.clip(scores.max(axis=0) - scores, 0.0, 0.1)
    dense = np.array([name.endswith("dense") for name in names])
    print(f"{len(lines)} configurations, {len(names)} tasks; mean clipped regret\n")
    for label, part in (("all", dense | ~dense), ("dense", dense), ("compressed", ~dense)):
        mean = regret[:, part].mean(axis=1)
        print(f"## {label}")
        for k in np.argsort(mean)[:n_best]:
            total = sum(lines[k]["seconds"].values())
            values = ", ".join(f"{n} {v:g}" for n, v in lines[k]["config"].items())
            print(f"{mean[k]:.4f}  {total:6.1f} s  {values}")
        print()
    print("## mean regret of the better half, by value: dense, compressed")
    for name, values in SPACE.items():
        print(name)
        for value in sorted(set(values)):
            rows = np.array([line["config"][name] == value for line in lines])
            if rows.any():
                halves = []
                for part in (dense, ~dense):
                    mean = np.sort(regret[rows][:, part].mean(axis=1))
                    halves.append(mean[: (len(mean) + 1) // 2].mean())
                print(f"  {value:>8g}  {halves[0]:.4f}  {halves[1]:.4f}  ({rows.sum()} drawn)")
    print("\n## best score of each task")
    for j, name in enumerate(names):
        print(f"  {name:24s} {scores[:, j].max():.4f}  median {np.median(scores[:, j]):.4f}")


def main():
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    commands = parser.add_subparsers(dest="command", required=True)
    draw = commands.add_parser("search")
    draw.add_argument("--n-configs", type=int, default=100)
    draw.add_argument("--out", type=Path, default=Path("study.jsonl"))
    draw.add_argument("--seed", type=int, default=0)
    near = commands.add_parser("try")
    near.add_argument("changes", nargs="+")
    near.add_argument("--skip", nargs="*", default=[])
    near.add_argument("--out", type=Path, default=Path("study.jsonl"))
    show = commands.add_parser("report")
    show.add_argument("path", type=Path)
    show.add_argument("--n-best", type=int, default=12)
    arguments = parser.parse_args()
    if arguments.command == "search":
        search(arguments.n_configs, arguments.out, arguments.seed)
    elif arguments.command == "try":
        try_changes(arguments.changes, arguments.skip, arguments.out)
    else:
        report(arguments.path, arguments.n_best)


if __name__ == "__main__":
    main()
