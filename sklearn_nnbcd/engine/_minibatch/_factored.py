# SPDX-License-Identifier: BSD-3-Clause
"""The constrained form in which W is W^MC: a layer whose format is a product becomes two linear ones.

Where every weight of a format is A B with free factors, U = V A B + b are two layers with the
identity between them, whose W blocks are A and B: no dense weight, no penalty tau, and products that
are as thin as the factors.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from .._state import Problem, Weights

#: the tuples of :class:`Weights` that have an entry for each layer
FIELDS = ("W", "b", "M", "M_dense", "shift")


@dataclass(frozen=True, eq=False)
class Factorization:
    """A problem, and the longer one in which its products are two layers each.

    Attributes
    ----------
    original : Problem
        With its final plans: a budget has done its work.
    problem : Problem
        The longer one.
    last : tuple of int
        ``last[i]`` is where U_i of the original problem is in the longer one.
    """

    original: Problem
    problem: Problem
    last: tuple

    def positions(self) -> list[tuple[int, int, int]]:
        """Triples (i, number of its first layer in the longer problem, of its last one)."""
        return [(i, self.last[i - 1] + 1, self.last[i]) for i in range(1, self.original.N + 1)]


def inner_rank(problem: Problem, i: int) -> int | None:
    """Columns of A where layer i can be two layers, otherwise None."""
    plan = problem.plans[i]
    rank = None if plan is None else plan.inner_rank
    return rank if rank is not None and problem.layers[i].factored(rank) is not None else None


def factorize(problem: Problem) -> Factorization:
    """The :class:`Factorization` of a problem."""
    layers, activations, plans, last = [None], [None], [None], [0]
    for i in range(1, problem.N + 1):
        rank = inner_rank(problem, i)
        if rank is None:
            layers.append(problem.layers[i])
            plans.append(problem.plans[i])
        else:
            layers.extend(problem.layers[i].factored(rank))
            plans.extend((None, None))
            activations.append(problem.activations[problem.N])  # the identity
        activations.append(problem.activations[i])
        last.append(len(layers) - 1)
    skips: list[int | None] = [None] * len(layers)
    for i in range(1, problem.N + 1):
        k = problem.skip_into(i)
        if k is not None:
            skips[last[i]] = last[k]
    longer = replace(
        problem,
        layers=tuple(layers),
        activations=tuple(activations),
        plans=tuple(plans),
        skips=tuple(skips) if problem.skips else (),
        budget=None,
    )
    return Factorization(problem, longer, tuple(last))


def match_norms(factorization: Factorization, weights: Weights) -> Weights:
    """The weights of the original problem with every product A B scaled to the norm of its W."""
    xp = factorization.original.xp
    for i, first, last in factorization.positions():
        if first != last:
            size = float(xp.linalg.matrix_norm(weights.M_dense[i]))
            factor = float(xp.linalg.matrix_norm(weights.W[i])) / size if size else 1.0
            M = weights.M[i].scaled(factor)
            weights = weights.updated(M=(i, M), M_dense=(i, factor * weights.M_dense[i]))
    return weights


def split_weights(factorization: Factorization, weights: Weights) -> Weights:
    """The weights of the longer problem: A and B in place of W^MC, other layers as they are."""
    xp, entries = factorization.original.xp, []
    for i, first, last in factorization.positions():
        own = {name: getattr(weights, name)[i] for name in FIELDS}
        if first == last:
            entries.append(own)
            continue
        A, B = weights.M[i].factors
        b = own["b"]
        if b is not None and own["shift"] is not None:  # what W^MC changes at the mean
            b = b + own["shift"] @ (own["W"] - own["M_dense"])
        zero = None if b is None else xp.zeros(A.shape[1], dtype=A.dtype)
        nothing = {"M": None, "M_dense": None, "shift": None}
        entries += [{"W": A, "b": zero} | nothing, {"W": B, "b": b} | nothing]
    return _collected(entries)


def merge_weights(factorization: Factorization, weights: Weights) -> Weights:
    """The weights of the original problem, W = W^MC = A B and b = b_A B + b_B."""
    xp, entries = factorization.original.xp, []
    for i, first, last in factorization.positions():
        own = {name: getattr(weights, name)[last] for name in FIELDS}
        if first != last:
            A, B = weights.W[first], weights.W[last]
            M = factorization.original.plans[i].product(A, B)
            dense = M.to_dense(xp=xp)
            own.update(W=dense, M=M, M_dense=dense)
            if own["b"] is not None:
                own["b"] = weights.b[first] @ B + own["b"]
                own["shift"] = xp.zeros(A.shape[0], dtype=A.dtype)
        entries.append(own)
    return _collected(entries)


def _collected(entries: list[dict]) -> Weights:
    """Weights from one dict per layer."""
    return Weights(**{name: (None, *(entry[name] for entry in entries)) for name in FIELDS})
