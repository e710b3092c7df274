# SPDX-License-Identifier: BSD-3-Clause
"""What the engine asks of an activation."""

from typing import Any

from .._sklearn_compat import LinkedEstimator


class BaseActivation(LinkedEstimator):
    """An entry-wise activation sigma and the exact solution of its U block.

    One proximal convention for the whole library: the caller gives the *weight* of the quadratic.
    """

    def check_parameters(self) -> None:
        """Raise ValueError or TypeError for bad parameters; called once, before any work."""

    def __call__(self, U: Any, *, xp: Any) -> Any:
        """sigma(U), entry by entry; U is not changed."""
        raise NotImplementedError

    def over(self, U: Any, *, xp: Any) -> Any:
        """sigma(U), entry by entry; U is not needed any more, and may be written over."""
        return self(U, xp=xp)

    def prox(self, V: Any, center: Any, weight: float, *, xp: Any) -> Any:
        """argmin_u 1/2 (sigma(u) - v)^2 + weight/2 (u - center)^2, entry by entry (11), (21).

        Parameters
        ----------
        V, center : arrays of the same shape
        weight : float > 0
        xp : module
            Array API namespace.

        Returns
        -------
        U : array
            A *global* minimiser of each entry's problem, which need not be convex.
        """
        raise NotImplementedError

    def derivative(self, U: Any, *, xp: Any) -> Any:
        """sigma'(U), entry by entry; one of the two slopes at a kink."""
        raise NotImplementedError
