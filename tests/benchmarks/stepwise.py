# SPDX-License-Identifier: BSD-3-Clause
"""A fit taken sweep by sweep, so that a script can score, time and save it in between."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from sklearn_nnbcd import NNBCDClassifier
from sklearn_nnbcd._arrays import to_device, to_namespace, to_numpy
from sklearn_nnbcd._input import Rows
from sklearn_nnbcd._mapping import mapped_rows
from sklearn_nnbcd._resolve import resolve_loss, resolve_solver
from sklearn_nnbcd._training import Training
from sklearn_nnbcd.network import Network
from sklearn_nnbcd.solvers import BaseSolver
from sklearn_nnbcd.targets import Labels


@dataclass(frozen=True, eq=False)
class Fit:
    """A fit before its first sweep, as ``NNBCDClassifier.fit`` begins it.

    Attributes
    ----------
    training : Training
        The problem, and the way from its weights to the network.
    state : state of the solver
    """

    training: Training
    state: Any

    @property
    def solver(self) -> BaseSolver:
        """The resolved solver."""
        return self.training.solver

    def network(self, state: Any) -> Network:
        """The compressed network of a state."""
        return self.training.finished(self.training.to_network(self.solver.result(state)))

    @property
    def counts(self) -> tuple[int, int]:
        """(entries that are kept, entries of the dense weights) of all layers."""
        shapes = self.training.shapes
        plans = zip(self.training.problem.plans[1:], shapes, strict=True)
        kept = sum(a * b if plan is None else plan.n_parameters for plan, (a, b) in plans)
        return kept, sum(a * b for a, b in shapes)


def begin(model: NNBCDClassifier, X: np.ndarray, y: np.ndarray, max_iter: int) -> Fit:
    """The fit of a classifier before its first sweep."""
    loss, solver = resolve_loss(model, "classification"), resolve_solver(model, len(X))
    targets = Labels.fit(y, None, loss=loss, class_weight=None, owner=type(model).__name__)
    X = to_device(flat(X), model.device)
    rows, _, moments, _ = mapped_rows(model, Rows(X, y, None), None, targets, solver, None)
    training = Training.prepare(model, rows, targets, solver, moments)
    encoded = training.X, *rows.encoded(targets)[1:]
    state = solver.init(training.problem, training.start(), encoded, training.context(max_iter))
    return Fit(training, state)


def flat(X: np.ndarray) -> np.ndarray:
    """Rows of numbers: images as the layers' ``input_shape`` reads them."""
    return X.reshape(len(X), -1)


def accuracy(network: Network, X: np.ndarray, codes: np.ndarray) -> float:
    """Accuracy of a network; ``codes`` are the labels' places among the classes."""
    V = to_numpy(network.forward(to_namespace(flat(X), like=network.array, dtype=X.dtype)))
    found = (V[:, 0] > 0).astype(int) if V.shape[1] == 1 else V.argmax(axis=1)
    return float((found == codes).mean())
