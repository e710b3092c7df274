# SPDX-License-Identifier: BSD-3-Clause
"""Residual blocks: a bracket around layers, resolved into a skip connection."""

from .._sklearn_compat import LinkedEstimator


class Residual(LinkedEstimator):
    """Layers around which the input is carried and added before the last activation.

    The splitting. Let the block read V_k, and let its layers be k+1 ... i. All constraints stay as
    they are but that of its last pre-activation,

        U_i = V_{i-1} W_i + b_i + V_k,        V_i = sigma_i(U_i),

    which is V_i = sigma(V_k + f(V_k)) after a forward pass. U_i and W_i are updated as before, with
    V_k on the side of b_i. The block of V_k gains the term rho/2 ||V_k - T||^2 with
    T = U_i - V_{i-1} W_i - b_i, which joins gamma/2 ||V_k - S||^2, S = sigma_k(U_k):

        V_k = argmin rho/2 ||U_{k+1} - V W_{k+1} - b_{k+1}||^2 + (gamma + rho)/2 ||V - C||^2,
        C = (gamma S + rho T)/(gamma + rho),

    again (9), with other numbers. So every block update stays exact and lowers the objective (7).

    Parameters
    ----------
    layers : list of layers
        At least two layers with weights, the last one of the shape that the block reads. (One layer
        alone would be a dense layer with W + I in place of W.)

    Examples
    --------
    >>> from sklearn_nnbcd.layers import Dense
    >>> len(Residual([Dense(16), Dense(16)]).layers)
    2
    """

    def __init__(self, layers: list | tuple):
        self.layers = layers
