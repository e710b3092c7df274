# SPDX-License-Identifier: BSD-3-Clause
"""Pruning on the flare table: LeNet-300-100, balanced accuracy against sparsity.

    python tests/benchmarks/flare_pruning.py tune --seeds 3 'max_iter=40' 'max_iter=40,ridge=3.0'
    python tests/benchmarks/flare_pruning.py run --seeds 10

``tune`` fits changes of the parameters on three training years of 2010-2013 and scores them on the
fourth, and fits on all four and scores on 2014: no test year takes part. ``run`` fits the chosen
parameters (:data:`CHOSEN`) on 2010-2013 and scores them on 2015-2019, beside the dense network and
two logistic regressions. A fit that is in the results file is not repeated. Needs `flare.npz` in the
folder that `SKLEARN_NNBCD_DATA` names.
"""

import argparse
import ast
import functools
import warnings

import numpy as np
from contest import Log, output_folder
from records import write
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import balanced_accuracy_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler

from sklearn_nnbcd import NNBCDClassifier
from sklearn_nnbcd.compressions import L0
from sklearn_nnbcd.datasets import fetch_flare
from sklearn_nnbcd.solvers import MiniBatch

SPARSITIES = (0.50, 0.75, 0.90, 0.95, 0.993, 0.998)
N_FEATURES, HIDDEN = 25, (300, 100)
#: what every fit has, and what ``tune`` chose on top of it
COMMON = dict(hidden_layer_sizes=HIDDEN, class_weight="balanced")
CHOSEN = dict(loss="logistic", ridge=300.0, max_iter=20, solver__batch_size=512, first=0.6)


def rows():
    """X, y, year of all rows; the years 2015-2019 are the test."""
    bunch = fetch_flare(download_if_missing=False)
    X = np.asarray(bunch.data, dtype=np.float64)
    return X, np.asarray(bunch.target), np.asarray(bunch.date) // 10000


def folds(year):
    """(name, training rows, validation rows) of the years before 2015."""
    for held in (2011, 2012, 2013):
        yield str(held), (year <= 2013) & (year != held), year == held
    yield "2014", year <= 2013, year == 2014


def score(classifier, X, y, train, held):
    """Balanced accuracy on the held-out rows, and what the fitted classifier stores."""
    unit = np.median(np.abs(X[train]), axis=0)  # units span 28 orders of magnitude
    model = make_pipeline(FunctionTransformer(np.arcsinh), StandardScaler(), classifier)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model.fit(X[train] / unit, y[train])
    result = dict(
        test=balanced_accuracy_score(y[held], model.predict(X[held] / unit)),
        train=balanced_accuracy_score(y[train], model.predict(X[train] / unit)),
    )
    if isinstance(classifier, NNBCDClassifier):
        result |= dict(
            weights=sum(coef.n_parameters for coef in model[-1].compressed_coefs_),
            sparsity=model[-1].sparsity_,
            effective=model[-1].effective_sparsity_,
        )
    return result


def score_new(make, *rows):
    """:func:`score` of a classifier that is made now."""
    return score(make(), *rows)


def network(seed, sparsity, parameters):
    """The classifier at a sparsity of the hidden layers together; None: dense.

    ``first`` among the parameters is the share of the kept weights that the first layer gets, where
    it has so many; without it every layer has the same sparsity.
    """
    parameters = COMMON | parameters
    first = parameters.pop("first", None)
    if sparsity is not None:
        sizes = np.array([N_FEATURES * HIDDEN[0], HIDDEN[0] * HIDDEN[1]])
        kept = (1.0 - sparsity) * sizes.sum()
        share = sizes[0] / sizes.sum() if first is None else first
        one = min(share * kept, 0.99 * sizes[0])
        removed = 1.0 - np.array([one, kept - one]) / sizes
        parameters["compression"] = [*(L0(float(each)) for each in removed), None]
    return NNBCDClassifier(solver=MiniBatch(), random_state=seed).set_params(**parameters)


def logistic(penalty):
    """Balanced logistic regression."""
    return LogisticRegression(class_weight="balanced", max_iter=5000, C=penalty)


def parsed(change):
    """The parameters of a change such as "max_iter=40,ridge=3.0"."""
    pairs = [pair.split("=") for pair in change.split(",") if pair]

    def value(text):
        try:
            return ast.literal_eval(text)
        except (ValueError, SyntaxError):
            return text

    return {name: value(text) for name, text in pairs}


def tune(changes, sparsities, seeds):
    """A line for each change and sparsity: mean over validation years and seeds."""
    X, y, year = rows()
    log = Log(output_folder() / "flare_tune.jsonl")
    for C in (1.0, 0.01):
        parts = [score(logistic(C), X, y, train, held)["test"] for _, train, held in folds(year)]
        print(f"balanced logistic regression, C = {C:g}: {np.mean(parts):.4f}  {np.round(parts, 3)}")
    for change in changes:
        parameters = parsed(change)
        for sparsity in sparsities:
            table = []
            for name, train, held in folds(year):
                each = []
                for seed in range(seeds):
                    fit = functools.partial(network, seed, sparsity, parameters)
                    job = functools.partial(score_new, fit, X, y, train, held)
                    each.append(log.once(f"{name}|{sparsity}|{change}|{seed}", job))
                table.append([(r["test"], r["train"]) for r in each])
            table = np.array(table)
            test, train = table[:, :, 0], table[:, :, 1]
            print(
                f"{change or 'defaults':40s} {sparsity}: {test.mean():.4f} (sd of a year's seeds "
                f"{test.std(axis=1).mean():.4f}, train {train.mean():.4f})  {np.round(test.mean(axis=1), 3)}",
                flush=True,
            )


def run(seeds):
    """The table of the test years."""
    X, y, year = rows()
    train, test = year <= 2013, year >= 2015
    log, table = Log(output_folder() / "flare_run.jsonl"), []
    for C in (1.0, 0.01):
        value = score(logistic(C), X, y, train, test)["test"]
        print(f"balanced logistic regression, C = {C:g}: {value:.4f}")
        table.append({"network": f"logistic regression, C = {C:g}", "test_mean": value, "test_sd": 0.0})
    print("| sparsity | weights | effective sparsity | train | test |\n|---|---|---|---|---|")
    for sparsity in (None, *SPARSITIES):
        each = []
        for seed in range(seeds):
            fit = functools.partial(network, seed, sparsity, CHOSEN)
            job = functools.partial(score_new, fit, X, y, train, test)
            each.append(log.once(f"{sparsity}|{seed}|{sorted(CHOSEN.items())}", job))
        columns = [np.array([r[k] for r in each]) for k in ("train", "test")]
        cells = [f"{column.mean():.4f} ± {column.std():.4f}" for column in columns]
        effective = np.mean([r["effective"] for r in each])
        label = "dense" if sparsity is None else f"{sparsity:g}"
        print(f"| {label} | {each[0]['weights']} | {effective:.4f} | {' | '.join(cells)} |", flush=True)
        row = {"network": label, "weights": each[0]["weights"], "effective": effective}
        for name, column in zip(("train", "test"), columns, strict=True):
            row |= {f"{name}_mean": column.mean(), f"{name}_sd": column.std()}
        table.append(row)
    write("flare", {"seeds": seeds, "chosen": CHOSEN}, table)


def main():
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    commands = parser.add_subparsers(dest="command", required=True)
    trial = commands.add_parser("tune")
    trial.add_argument("changes", nargs="*", default=[""])
    trial.add_argument("--sparsities", nargs="*", default=["None", "0.9", "0.993", "0.998"])
    trial.add_argument("--seeds", type=int, default=2)
    final = commands.add_parser("run")
    final.add_argument("--seeds", type=int, default=10)
    arguments = parser.parse_args()
    if arguments.command == "tune":
        tune(arguments.changes, [ast.literal_eval(s) for s in arguments.sparsities], arguments.seeds)
    else:
        run(arguments.seeds)


if __name__ == "__main__":
    main()
