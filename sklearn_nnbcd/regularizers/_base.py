# SPDX-License-Identifier: BSD-3-Clause
"""What the engine and the plans ask of a regulariser."""

from typing import Any

from .._sklearn_compat import LinkedEstimator


class BaseRegularizer(LinkedEstimator):
    """A function r of arrays that is a sum over entries, and its prox.

    It serves as r_i of (7) on weights and as s_i on the rows of V_i. The same prox convention as
    everywhere: the caller gives the *weight* of the quadratic.

    Attributes
    ----------
    convex : bool
        Whether r is. The prox of another must be a global minimiser, too.
    """

    convex: bool = True

    def check_parameters(self) -> None:
        """Raise ValueError or TypeError, naming the parameter, unless the parameters make sense."""

    def value(self, Z: Any, *, xp: Any) -> Any:
        """r of each row of Z, shape (n,), inf where a constraint is broken."""
        raise NotImplementedError

    def prox(self, Z: Any, weight: Any, *, xp: Any) -> Any:
        """argmin_X r(X) + sum weight/2 (X - Z)^2; weight is a float > 0, or an array like Z."""
        raise NotImplementedError

    def project(self, Z: Any, *, xp: Any) -> Any:
        """The point nearest to Z at which r is finite."""
        return Z


def row_sums(Z: Any, *, xp: Any) -> Any:
    """Sums over all axes but the first."""
    return xp.sum(xp.reshape(Z, (Z.shape[0], -1)), axis=1)
