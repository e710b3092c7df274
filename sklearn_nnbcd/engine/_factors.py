# SPDX-License-Identifier: BSD-3-Clause
"""The constrained form in which W is W^MC: a layer whose format is a product becomes two linear ones.

Where every weight of a format is A B with free factors, U = V A B + b are two layers with the
identity between them, whose W blocks are A and B: no dense weight, no penalty tau, and products that
are as thin as the factors.
"""

from dataclasses import replace

from ._state import Weights


def inner_rank(problem, i):
    """Columns of A where layer i can be two layers, otherwise None."""
    plan = problem.plans[i]
    rank = None if plan is None else plan.inner_rank
    return rank if rank is not None and problem.layers[i].factored(rank) is not None else None


class Factored:
    """A problem, and the longer one in which its products are two layers each.

    Parameters
    ----------
    problem : Problem
        With its plans made: a budget has done its work.

    Attributes
    ----------
    problem : Problem
        The longer one.
    """

    def __init__(self, problem):
        self.whole, self.last = problem, [0]  # last[i]: where U_i of the whole problem is in the longer one
        layers, activations, plans = [None], [None], [None]
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
            self.last.append(len(layers) - 1)
        self.problem = replace(
            problem,
            layers=tuple(layers),
            activations=tuple(activations),
            plans=tuple(plans),
            skips=self._skips(problem, len(layers)),
            budget=None,
        )

    def _skips(self, problem, count):
        skips = [None] * count
        for i in range(1, problem.N + 1):
            if problem.skip_into(i) is not None:
                skips[self.last[i]] = self.last[problem.skip_into(i)]
        return tuple(skips) if problem.skips else ()

    def _places(self):
        """Pairs (i, place of its first layer, place of its last one)."""
        return [(i, self.last[i - 1] + 1, self.last[i]) for i in range(1, self.whole.N + 1)]

    def scaled(self, weights):
        """The weights with every product A B scaled to the norm of its W."""
        xp = self.whole.xp
        for i, first, last in self._places():
            if first != last:
                size = float(xp.linalg.matrix_norm(weights.M_dense[i]))
                factor = float(xp.linalg.matrix_norm(weights.W[i])) / size if size else 1.0
                M = weights.M[i].scaled(factor)
                weights = weights.updated(M=(i, M), M_dense=(i, factor * weights.M_dense[i]))
        return weights

    def parted(self, weights):
        """The weights of the longer problem: A and B in place of W^MC, other layers as they are."""
        xp, parts = self.whole.xp, {name: [None] for name in ("W", "b", "M", "M_dense", "shift")}
        for i, first, last in self._places():
            own = {name: getattr(weights, name)[i] for name in parts}
            if first == last:
                entries = [own]
            else:
                A, B = weights.M[i].factors
                b = own["b"]
                if b is not None and own["shift"] is not None:  # what W^MC changes at the mean
                    b = b + own["shift"] @ (own["W"] - own["M_dense"])
                zero = None if b is None else xp.zeros(A.shape[1], dtype=A.dtype)
                nothing = dict(M=None, M_dense=None, shift=None)
                entries = [dict(W=A, b=zero, **nothing), dict(W=B, b=b, **nothing)]
            for name, values in parts.items():
                values.extend(entry[name] for entry in entries)
        return Weights(**{name: tuple(values) for name, values in parts.items()})

    def joined(self, weights):
        """The weights of the whole problem, W = W^MC = A B and b = b_A B + b_B."""
        xp, parts = self.whole.xp, {name: [None] for name in ("W", "b", "M", "M_dense", "shift")}
        for i, first, last in self._places():
            own = {name: getattr(weights, name)[last] for name in parts}
            if first != last:
                A, B = weights.W[first], weights.W[last]
                M = self.whole.plans[i].product(A, B)
                dense = M.to_dense(xp=xp)
                own.update(W=dense, M=M, M_dense=dense)
                if own["b"] is not None:
                    own["b"] = weights.b[first] @ B + own["b"]
                    own["shift"] = xp.zeros(A.shape[0], dtype=A.dtype)
            for name, values in parts.items():
                values.append(own[name])
        return Weights(**{name: tuple(values) for name, values in parts.items()})
