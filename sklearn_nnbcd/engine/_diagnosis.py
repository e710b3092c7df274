# SPDX-License-Identifier: BSD-3-Clause
"""How far each equation of the network is from holding: what a fit can hide in U, V and W - W^MC."""

import math
from dataclasses import dataclass
from typing import Any

from ..numerics._metric import EUCLIDEAN
from ._forward import affine
from ._objective import weighted_squares
from ._state import Block, Problem, Weights


@dataclass(frozen=True)
class Diagnosis:
    """The state at the end of a fit, in few numbers.

    Attributes
    ----------
    layers : list of dict
        One per layer: relative gaps and terms of L by name, None where the solver has no such thing.
    weight : float
        Sum of all sample weights.
    loss : float or None
        Mean loss of a forward pass through the dense weights W; None where none was made.
    """

    layers: list
    weight: float
    loss: float | None = None

    def __repr__(self) -> str:
        """One line, however many layers there are."""
        loss = "" if self.loss is None else f", a loss of {self.loss:.4g}"
        return f"<Diagnosis of {len(self.layers)} layers{loss}>"


@dataclass(frozen=True)
class LayerSums:
    """Sums over rows that a :class:`Diagnosis` needs; they add entry by entry."""

    squares: list
    loss: float
    weight: float

    def __add__(self, other: "LayerSums") -> "LayerSums":
        both = zip(self.squares, other.squares, strict=True)
        squares = [tuple(a + b for a, b in zip(x, y, strict=True)) for x, y in both]
        return LayerSums(squares, self.loss + other.loss, self.weight + other.weight)


def layer_sums(block: Block, problem: Problem, weights: Weights) -> LayerSums:
    """||U - P||^2, ||U||^2, ||V - sigma(U)||^2, ||V||^2 of each layer, and the loss of a forward pass."""
    xp, squares, V = problem.xp, [], [block.V[0]]
    for i in range(1, problem.N + 1):
        P = affine(problem, i, block.V, weights.W, weights.b)
        S = problem.activations[i](block.U[i], xp=xp)
        arrays = (block.U[i] - P, block.U[i], block.V[i] - S, block.V[i])
        squares.append(tuple(float(weighted_squares(A, block.s, xp=xp)) for A in arrays))
        V.append(problem.activations[i](affine(problem, i, V, weights.W, weights.b), xp=xp))
        if not problem.skips:
            V[i - 1] = None  # two layers at a time are enough
    value = problem.loss.value(block.Y, V[problem.N], xp=xp)
    if block.s is None:
        return LayerSums(squares, float(xp.sum(value)), float(value.shape[0]))
    return LayerSums(squares, float(xp.sum(block.s * value)), float(xp.sum(block.s)))


def coupling_gaps(problem: Problem, weights: Weights) -> list[tuple]:
    """||W_i - W_i^MC|| / ||W_i|| and tau/2 ||W_i - W_i^MC||^2 by layer; None where i is not compressed.

    In the metrics of the weights.
    """
    xp = problem.xp
    pairs: list[tuple] = []
    for i in range(1, problem.N + 1):
        if weights.M[i] is None:
            pairs.append((None, None))
            continue
        norm = weights.metric(i) or EUCLIDEAN
        distance = norm.squared_distance(weights.W[i], weights.M_dense[i], xp=xp)
        total = norm.squared_norm(weights.W[i], xp=xp)
        pairs.append((relative(distance, total), 0.5 * problem.penalties.tau * distance))
    return pairs


def relative(squared_distance: float, squared_norm: float) -> float:
    """Root of a quotient of squares; 0 / 0 is 0."""
    if squared_distance == 0.0:
        return 0.0
    return math.sqrt(squared_distance / squared_norm) if squared_norm else math.inf


def diagnose(problem: Problem, weights: Weights, placement: Any) -> Diagnosis:
    """A :class:`Diagnosis` of the full solver's state.

    Parameters
    ----------
    problem : Problem
    weights : Weights
    placement : placement
        Holds the blocks with U and V.

    Returns
    -------
    diagnosis : Diagnosis
    """
    p, sums, layers = problem.penalties, placement.reduce(layer_sums, problem, weights), []
    parts = zip(sums.squares, coupling_gaps(problem, weights), strict=True)
    for i, ((split, U, activation, V), (gap, coupling)) in enumerate(parts, 1):
        layers.append(
            {
                "layer": i,
                "split_gap": relative(split, U),
                "activation_gap": relative(activation, V),
                "coupling_gap": gap,
                "split": 0.5 * p.rho * split,
                "activation": 0.5 * p.gamma * activation,
                "coupling": coupling,
            }
        )
    return Diagnosis(layers, sums.weight, sums.loss / sums.weight)


def diagnose_weights(problem: Problem, weights: Weights, weight: float) -> Diagnosis:
    """A :class:`Diagnosis` where U and V come from forward passes: only W and W^MC can differ.

    Parameters
    ----------
    problem : Problem
    weights : Weights
    weight : float
        Sum of all sample weights.
    """
    gaps = [gap for gap, _ in coupling_gaps(problem, weights)]
    return Diagnosis([{"layer": i, "coupling_gap": gap} for i, gap in enumerate(gaps, 1)], weight)
