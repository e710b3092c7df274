# SPDX-License-Identifier: BSD-3-Clause
"""Acceleration of the full solver: over-relaxed blocks, proximal weights, repeated row sweeps.

    python tests/benchmarks/study_full.py [--sweeps 100]

Validation rows only. A relaxed block moves by omega times the change to its minimiser; for a quadratic
block every omega in (0, 2) still descends. "twice" visits the rows of a layer twice before its weights.
Each run is one line of ``results/study_full.jsonl``.
"""

import argparse
import contextlib
import os
from unittest import mock

for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ.setdefault(name, "1")

import numpy as np  # noqa: E402
from contest import Log, load, output_folder  # noqa: E402

from sklearn_nnbcd import NNBCDClassifier  # noqa: E402
from sklearn_nnbcd.engine import _full, _updates  # noqa: E402

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
}


@contextlib.contextmanager
def changed(W=1.0, V=1.0, inner=1):
    """The engine with relaxed W and V blocks, and ``inner`` visits of the rows."""
    solve, renew, rows = _updates.spd_solve, _updates.update_V, _updates.update_rows

    def relaxed_solve(A, B, *, xp):
        return W * solve(A, B, xp=xp)

    def relaxed_V(block, i, problem, weights, operator, S):
        new = renew(block, i, problem, weights, operator, S)
        return new.with_V(i, block.V[i] + V * (new.V[i] - block.V[i]))

    def repeated(block, i, problem, weights, operator):
        block, first = rows(block, i, problem, weights, operator)
        for _ in range(inner - 1):
            block, last = rows(block, i, problem, weights, operator)
            first.statistics = last.statistics
        return block, first

    with contextlib.ExitStack() as stack:
        if W != 1.0:
            stack.enter_context(mock.patch.object(_updates, "spd_solve", relaxed_solve))
        if V != 1.0:
            stack.enter_context(mock.patch.object(_updates, "update_V", relaxed_V))
        if inner > 1:
            stack.enter_context(mock.patch.object(_full, "update_rows", repeated))
        yield


def run(task, fold, sweeps, alpha=0.01, **patches):
    """L after 10, 30 and all sweeps, whether it ever rose, and the validation accuracy."""
    X, y, T, t = load(task, fold=fold, seed=fold)
    mean, scale = X.mean(axis=0), X.std(axis=0) + 1e-6
    model = NNBCDClassifier(
        TASKS[task],
        solver="full",
        max_iter=sweeps,
        tol=0.0,
        alpha=alpha,
        relaxation=1.0,  # what is relaxed here is relaxed by the patches
        random_state=fold,
    )
    with changed(**patches):
        model.fit((X - mean) / scale, y)
    L = np.asarray(model.objective_curve_) / len(X)
    score = model.score((T - mean) / scale, t)
    rose = bool(np.any(np.diff(L) > 1e-5 * L[:-1]))
    return dict(L10=float(L[9]), L30=float(L[29]), L=float(L[-1]), loss=model.loss_, rose=rose, score=score)


def main():
    """Run what is missing, then print the table."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--sweeps", type=int, default=100)
    parser.add_argument("--folds", type=int, default=2)
    arguments = parser.parse_args()
    log = Log(output_folder() / "study_full.jsonl")
    print("| task | variant | L after 10 | 30 | all | forward loss | L rose | accuracy |")
    print("|---|---|---|---|---|---|---|---|")
    for task in TASKS:
        for name, options in VARIANTS.items():
            results = [
                log.once(
                    f"{task} {name} {fold} {arguments.sweeps}",
                    lambda f=fold, o=options, k=task: run(k, f, arguments.sweeps, **o),
                )
                for fold in range(arguments.folds)
            ]
            means = {key: float(np.mean([r[key] for r in results])) for key in results[0]}
            cells = " | ".join(f"{means[key]:.4g}" for key in ("L10", "L30", "L", "loss", "rose"))
            print(f"| {task} | {name} | {cells} | {means['score']:.4f} |", flush=True)


if __name__ == "__main__":
    main()
