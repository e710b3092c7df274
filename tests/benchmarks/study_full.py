# SPDX-License-Identifier: BSD-3-Clause
"""Acceleration of the full solver: relaxed blocks, proximal weights, repeated visits, extrapolation.

    python tests/benchmarks/study_full.py [--sweeps 100] [--compression tt] [--only "the engine"]
    python tests/benchmarks/study_full.py --tables

Validation rows only; "sweeps" are those until L is where the base is after all of its own. A relaxed
block moves by omega times the change to its minimiser; for a quadratic block every omega in (0, 2) still
descends. "twice" visits the rows of a layer twice before its weights. "extrapolated" goes on from the
state x after a sweep to z = x + beta (x - its predecessor), in all of U, V, W and b or in those that are
named, with Nesterov's betas, at most the one named; where L(z) > L(x) it goes back to x and beta to 0.
Its L(z) costs a quarter of a sweep and is not counted as one. "the engine's" rows are the estimator's
own parameters; its extrapolation learns L(z) from the sweep that begins there. Each run is one line of
``results/study_full.jsonl``. With --tables: scores of five folds, five times, of scikit-learn's small
tables, with default parameters (behind a StandardScaler).
"""

import argparse
import contextlib
import functools
import os
import time
from dataclasses import replace
from unittest import mock

for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ.setdefault(name, "1")

import numpy as np  # noqa: E402
from contest import Log, load, output_folder  # noqa: E402
from sklearn import datasets  # noqa: E402
from sklearn.model_selection import (  # noqa: E402
    RepeatedKFold,
    RepeatedStratifiedKFold,
    cross_val_score,
)
from sklearn.pipeline import make_pipeline  # noqa: E402
from sklearn.preprocessing import StandardScaler  # noqa: E402

from sklearn_nnbcd import NNBCDClassifier, NNBCDRegressor, _solvers  # noqa: E402
from sklearn_nnbcd.engine import _blocks, _full, _fused, center_inputs, objective  # noqa: E402

TASKS = {"digits": (64, 64), "made": (128, 128), "har": (128, 128)}
VARIANTS = {
    "base": {},
    "W 1.3": dict(W=1.3),
    "W 1.6": dict(W=1.6),
    "W 1.8": dict(W=1.8),
    "V 1.3": dict(V=1.3),
    "V 1.6": dict(V=1.6),
    "V 1.8": dict(V=1.8),
    "W 1.6, V 1.6": dict(W=1.6, V=1.6),
    "alpha 0": dict(alpha=0.0),
    "alpha 1": dict(alpha=1.0),
    "twice": dict(inner=2),
    "extrapolated 0.5": dict(beta=0.5),
    "extrapolated 0.9": dict(beta=0.9),
    "extrapolated 1": dict(beta=1.0),
    "extrapolated 1, V and W": dict(beta=1.0, which="VW"),
    "extrapolated 1, U and W": dict(beta=1.0, which="UW"),
    "extrapolated 1, W": dict(beta=1.0, which="W"),
    "W 1.6, V 1.6, extrapolated 0.5": dict(W=1.6, V=1.6, beta=0.5),
    "W 1.6, V 1.6, extrapolated 0.9": dict(W=1.6, V=1.6, beta=0.9),
    "W 1.6, V 1.6, extrapolated 1": dict(W=1.6, V=1.6, beta=1.0),
    "W 1.3, V 1.3, extrapolated 1": dict(W=1.3, V=1.3, beta=1.0),
    "the engine's 1.6": dict(relaxation=1.6),
    "the engine's 1, extrapolated": dict(extrapolation=True),
    "the engine's 1.3, extrapolated": dict(relaxation=1.3, extrapolation=True),
    "the engine's 1.6, extrapolated": dict(relaxation=1.6, extrapolation=True),
}


def extrapolated(state, before, beta, which):
    """(weights, blocks) beyond ``state`` by beta times its difference to ``before``."""

    def beyond(name, new, old):
        if name not in which:
            return new
        return tuple(x if x is None else x + beta * (x - y) for x, y in zip(new, old, strict=True))

    (weights, blocks), (old, old_blocks) = state, before
    weights = replace(weights, W=beyond("W", weights.W, old.W), b=beyond("W", weights.b, old.b))
    pairs = zip(blocks, old_blocks, strict=True)
    moved = [
        replace(x, U=beyond("U", x.U, y.U), V=(x.V[0], *beyond("V", x.V[1:], y.V[1:]))) for x, y in pairs
    ]
    return weights, moved


def fit_extrapolated(problem, weights, placement, *, max_iter, on_sweep, most, which):
    """:func:`fit_full` with extrapolation and restart."""
    weights = center_inputs(problem, weights, placement)
    placement.blocks = [replace(block, overwritable=False) for block in placement.blocks]
    before, t = (weights, list(placement.blocks)), 1.0
    for k in range(1, max_iter + 1):
        weights, terms = _full.sweep(problem, weights, placement)
        state, L = (weights, list(placement.blocks)), objective(problem, weights, placement).total
        on_sweep(k, weights, terms)
        after = 0.5 * (1.0 + (1.0 + 4.0 * t * t) ** 0.5)
        beta, t = min(most, (t - 1.0) / after), after
        if beta and k < max_iter:
            weights, placement.blocks = extrapolated(state, before, beta, which)
            if not objective(problem, weights, placement).total <= L:
                weights, placement.blocks, t = state[0], list(state[1]), 1.0
        before = state
    return weights, objective(problem, weights, placement), True


@contextlib.contextmanager
def changed(W=1.0, V=1.0, inner=1, beta=0.0, which="UVW"):
    """The engine with relaxed W and V blocks, ``inner`` visits of the rows, and extrapolation."""
    solve, update_V, rows = _blocks.spd_solve, _fused.update_V_in_slices, _fused.update_rows

    def relaxed_solve(A, B, *, xp):
        return W * solve(A, B, xp=xp)

    def relaxed_V(block, i, problem, weights, operator, S):
        block = replace(block, overwritable=False)  # its old V is still needed
        new = update_V(block, i, problem, weights, operator, S)
        return new.with_V(i, block.V[i] + V * (new.V[i] - block.V[i]))

    def repeated(block, i, problem, weights, operator):
        block, first = rows(block, i, problem, weights, operator)
        for _ in range(inner - 1):
            block, last = rows(block, i, problem, weights, operator)
            first = replace(first, statistics=last.statistics)
        return block, first

    with contextlib.ExitStack() as stack:
        if W != 1.0:
            stack.enter_context(mock.patch.object(_blocks, "spd_solve", relaxed_solve))
        if V != 1.0:
            stack.enter_context(mock.patch.object(_fused, "update_V_in_slices", relaxed_V))
        if inner > 1:
            stack.enter_context(mock.patch.object(_full, "update_rows", repeated))
        if beta:
            fit = functools.partial(fit_extrapolated, most=beta, which=which)
            stack.enter_context(mock.patch.object(_solvers, "fit_full", fit))
        yield


def run(task, fold, sweeps, compression, alpha=0.01, relaxation=1.0, extrapolation=False, **patches):
    """L after 10, 30 and all sweeps, whether it ever rose, and the validation accuracy."""
    X, y, T, t = load(task, fold=fold, seed=fold)
    mean, scale = X.mean(axis=0), X.std(axis=0) + 1e-6
    model = NNBCDClassifier(
        TASKS[task],
        solver="full",
        max_iter=sweeps,
        tol=0.0,
        alpha=alpha,
        relaxation=relaxation,
        extrapolation=extrapolation,
        compression=compression,
        sparsity=0.8,
        random_state=fold,
    )
    with changed(**patches):
        model.fit((X - mean) / scale, y)
    L = np.asarray(model.objective_curve_) / len(X)
    score = model.score((T - mean) / scale, t)
    rose = bool(np.any(np.diff(L) > 1e-5 * L[:-1]))
    numbers = dict(L10=L[9], L30=L[29], L=L[-1], loss=model.loss_, rose=rose, score=score)
    return {key: float(value) for key, value in numbers.items()} | {"curve": L.tolist()}


def table_score(name, compression, relaxation, extrapolation):
    """Mean score of 25 folds, and seconds."""
    regression = name == "diabetes"
    X, y = getattr(datasets, f"load_{name}")(return_X_y=True)
    options = dict(solver="full", compression=compression, sparsity=0.8, random_state=0)
    options |= dict(relaxation=relaxation, extrapolation=extrapolation)
    model = (NNBCDRegressor if regression else NNBCDClassifier)(**options)
    kind = RepeatedKFold if regression else RepeatedStratifiedKFold
    folds = kind(n_splits=5, n_repeats=5, random_state=0)
    begin = time.perf_counter()
    scores = cross_val_score(make_pipeline(StandardScaler(), model), X, y, cv=folds)
    return dict(score=float(scores.mean()), seconds=time.perf_counter() - begin)


def tables(log):
    """Print the scores of small tables."""
    kinds = {"plain": (1.0, False), "relaxed by 1.6": (1.6, False), "1.3, extrapolated": (1.3, True)}
    print(f"| table | compression | {' | '.join(kinds)} |")
    print("|---|---|" + "---|" * len(kinds))
    for name in ("iris", "wine", "breast_cancer", "diabetes"):
        for compression in (None, "low_rank", "l0"):
            cells = []
            for kind, options in kinds.items():
                key = f"table {name} {compression} {kind}"
                r = log.once(key, lambda o=options, n=name, c=compression: table_score(n, c, *o))
                cells.append(f"{r['score']:.4f} ({r['seconds']:.0f} s)")
            print(f"| {name} | {compression or 'dense'} | {' | '.join(cells)} |", flush=True)


def main():
    """Run what is missing, then print the table."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--sweeps", type=int, default=100)
    parser.add_argument("--folds", type=int, default=2)
    parser.add_argument("--compression", default=None, help="a name, such as tt (rank 0.25) or l0 (0.8)")
    parser.add_argument("--only", default="", help="part of the names of the variants")
    parser.add_argument("--tables", action="store_true")
    arguments = parser.parse_args()
    log = Log(output_folder() / "study_full.jsonl")
    if arguments.tables:
        return tables(log)
    print("| task | variant | L after 10 | 30 | all | forward loss | L rose | sweeps | accuracy |")
    print("|---|---|---|---|---|---|---|---|---|")
    for task in TASKS:
        base = []
        for name, options in VARIANTS.items():
            if arguments.only not in name and name != "base":
                continue
            results = [
                log.once(
                    f"{task} {name} {fold} {arguments.sweeps} {arguments.compression}",
                    lambda f=fold, o=options, k=task: run(k, f, arguments.sweeps, arguments.compression, **o),
                )
                for fold in range(arguments.folds)
            ]
            base = results if name == "base" else base
            sweeps = [  # until L is what the base has at its end
                np.append(np.asarray(r["curve"]) <= one["curve"][-1], True).argmax() + 1
                for r, one in zip(results, base)
            ]
            means = {key: float(np.mean([r[key] for r in results])) for key in results[0]}
            cells = " | ".join(f"{means[key]:.4g}" for key in ("L10", "L30", "L", "loss", "rose"))
            print(f"| {task} | {name} | {cells} | {np.mean(sweeps):.0f} | {means['score']:.4f} |", flush=True)


if __name__ == "__main__":
    main()
