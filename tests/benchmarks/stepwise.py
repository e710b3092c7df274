# SPDX-License-Identifier: BSD-3-Clause
"""A fit taken sweep by sweep, so that a script can score, time and save it in between."""

from dataclasses import dataclass
from typing import Any

import array_api_compat
import numpy as np

from sklearn_nnbcd import NNBCDClassifier
from sklearn_nnbcd._resolve import resolve_loss, resolve_problem, resolve_solver
from sklearn_nnbcd._start import first_weights
from sklearn_nnbcd.engine import Problem
from sklearn_nnbcd.network import Network
from sklearn_nnbcd.solvers import BaseSolver, FitContext
from sklearn_nnbcd.targets import Labels


@dataclass(frozen=True, eq=False)
class Fit:
    """A fit before its first sweep, as ``NNBCDClassifier.fit`` begins it.

    Attributes
    ----------
    problem : Problem
    shapes : list of tuple
        Weight shapes of layers 1 ... N.
    targets : Labels
    solver : solver
    state : state of the solver
    """

    problem: Problem
    shapes: list
    targets: Labels
    solver: BaseSolver
    state: Any


def begin(model: NNBCDClassifier, X: np.ndarray, y: np.ndarray, max_iter: int) -> Fit:
    """The fit of a classifier before its first sweep."""
    loss, solver = resolve_loss(model, "classification"), resolve_solver(model, len(X))
    targets = Labels.fit(y, None, loss=loss, class_weight=None, owner=type(model).__name__)
    xp = array_api_compat.array_namespace(X)
    problem, shapes = resolve_problem(model, X.shape[1], targets.n_outputs, loss, solver, xp)
    context = FitContext(max_iter, np.random.RandomState(model.random_state))

    def start() -> tuple:
        return first_weights(model, problem, shapes, targets, solver, X.dtype)

    rows = X, targets.encode(y, str(X.dtype)), None
    return Fit(problem, shapes, targets, solver, solver.init(problem, start, rows, context))


def compressed_share(problem: Problem, shapes: list) -> tuple[int, int]:
    """(entries that are kept, entries of the dense weights) of all layers."""
    plans = zip(problem.plans[1:], shapes, strict=True)
    kept = sum(a * b if plan is None else plan.n_parameters for plan, (a, b) in plans)
    return kept, sum(a * b for a, b in shapes)


def accuracy(problem: Problem, weights: Any, X: np.ndarray, codes: np.ndarray) -> float:
    """Accuracy of the compressed network; ``codes`` are the labels' places among the classes."""
    V = Network.from_weights(problem, weights).forward(X)
    found = (V[:, 0] > 0).astype(int) if V.shape[1] == 1 else V.argmax(axis=1)
    return float((found == codes).mean())
