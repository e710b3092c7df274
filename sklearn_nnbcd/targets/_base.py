# SPDX-License-Identifier: BSD-3-Clause
"""What the estimators and the Dask workers ask of targets."""

from dataclasses import dataclass, replace
from typing import Any, Self

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

    def calibrated(self, temperature: float | None) -> Self:
        """These targets with outputs that are divided by a temperature; None: as they are."""
        return self


@dataclass(frozen=True, eq=False, kw_only=True)
class ClassTargets(BaseTargets):
    """Targets of classes, whose outputs may be calibrated by a temperature (Guo et al. 2017).

    Attributes
    ----------
    temperature : float or None, default=None
        What the engine's outputs are divided by, so that probabilities are those of new rows; its last
        layer takes that up. None: they are not calibrated.
    """

    temperature: float | None = None

    def calibrated(self, temperature: float | None) -> Self:
        """These targets with a temperature, and the loss to train with for it."""
        loss = self.loss.for_calibration()
        if temperature is None or loss is None:
            return self
        changed: dict[str, Any] = {"loss": loss, "temperature": temperature}
        return replace(self, **changed)

    def user_network(self, network: Any) -> Any:
        """The network with the temperature in its last layer."""
        return self._times(network, None if self.temperature is None else 1.0 / self.temperature)

    def engine_network(self, network: Any) -> Any:
        """The network before that."""
        return self._times(network, self.temperature)

    def _times(self, network: Any, factor: float | None) -> Any:
        if factor is None:
            return network
        return network.with_output_units(np.full(self.n_outputs, factor), np.zeros(self.n_outputs))

    def engine_outputs(self, V: Any, *, xp: Any) -> Any:
        """Outputs before they were divided by the temperature."""
        return V if self.temperature is None else V * self.temperature

    @property
    def user_loss(self) -> Any:
        """Of calibrated outputs: the loss of targets that are not smoothed."""
        return self.loss if self.temperature is None else self.loss.with_smoothing(0.0)
