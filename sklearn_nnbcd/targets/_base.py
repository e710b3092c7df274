# SPDX-License-Identifier: BSD-3-Clause
"""What the estimators and the Dask workers ask of targets."""

from typing import Any

import numpy as np


class BaseTargets:
    """How the user's y becomes the engine's Y, and how outputs become predictions again.

    A small frozen value that pickles: it goes to Dask workers as it is. Targets live on the host; what
    :meth:`encode` returns goes to the device of X.

    Attributes
    ----------
    loss : loss
        The engine's, of outputs and Y.
    """

    loss: Any

    @property
    def n_outputs(self) -> int:
        """Columns d_N of Y."""
        raise NotImplementedError

    def encode(self, y: np.ndarray, dtype: str) -> np.ndarray:
        """Y of shape (n, d_N) for checked targets of some rows."""
        raise NotImplementedError

    def row_weights(self, y: np.ndarray, s: np.ndarray | None, dtype: str) -> np.ndarray | None:
        """All weights of some rows, shape (n,): sample weights times class weights; None: all one."""
        return s

    def decode(self, V: Any, *, xp: Any) -> Any:
        """Predictions from outputs of shape (n, d_N), up to the names of classes."""
        raise NotImplementedError

    def user_network(self, network: Any) -> Any:
        """A network of the engine's, in the units of y."""
        return network

    def engine_network(self, network: Any) -> Any:
        """A network in the units of y, in the engine's: the inverse of :meth:`user_network`."""
        return network

    def user_targets(self, Y: Any, *, xp: Any) -> Any:
        """Y as the loss in the units of y takes it."""
        return Y

    @property
    def user_loss(self) -> Any:
        """The loss for outputs and targets in the units of y."""
        return self.loss

    def score(self, y: np.ndarray, V: np.ndarray, s: np.ndarray | None) -> float:
        """What ``score`` of the estimator gives for outputs V in the units of y, both on the host."""
        raise NotImplementedError

    def is_near(self, other: Any) -> bool:
        """Whether another value of the same kind means the same up to a share of the targets' spreads."""
        return True

    def check_validation(self, y: np.ndarray) -> None:
        """Raise ValueError unless the targets of validation rows are of the kind that was learned."""

    def engine_outputs(self, V: Any, *, xp: Any) -> Any:
        """Outputs in the units of y as the engine sees them."""
        return V
