# SPDX-License-Identifier: BSD-3-Clause
"""Running second moments of the layers: both sides of the mini-batch solver's metric."""

from ..backends import get_backend
from ..numerics._linalg import add_to_diagonal, inverse_factor, times_transposed
from ..numerics._metric import Metric


class Curvature:
    """Running second moments of one layer, and the inverses of their damped forms.

    Attributes
    ----------
    gram : array of shape (d_in + 1, d_in + 1)
        Mean of v v' with a constant 1 appended to v; (d_in, d_in) without intercepts.
    overlap : array of shape (d_out, d_out) or None
        Mean of sigma'(u) sigma'(u)' over rows (and positions); None for the output layer.
    sensitivity : array of shape (d_out, d_out)
        What the loss feels of a change of U_i: S_N = I and
        S_i = (W_{i+1} S_{i+1} W_{i+1}') * overlap_i, entry by entry.
    """

    def __init__(self):
        self.gram = self.overlap = self.sensitivity = None
        self.gram_inverse = self.sensitivity_inverse = self._metric = None
        self.count = 0

    def refresh(self, A, slopes, above, settings, *, xp):
        """Take in one more batch.

        Parameters
        ----------
        A : array of shape (rows, d_in + 1)
            Inputs, each row times the root of its share of the weight.
        slopes : array of shape (rows, d_out) or None
            sigma'(u), weighted likewise; None for the output layer.
        above : array of shape (d_out, d_out)
            The next layer's sensitivity in terms of V_i; the loss's own for the output layer.
        settings : BatchSettings
        xp : module
        """
        memory = min(settings.memory, self.count / (self.count + 1.0))
        self.count += 1
        self._metric = None
        self.gram, self.sensitivity = mixed(self.gram, A.T @ A, memory), above
        if slopes is not None:
            self.overlap = mixed(self.overlap, slopes.T @ slopes, memory)
            self.sensitivity = above * self.overlap
        self.gram_inverse = damped_inverse(self.gram, settings.damping, xp=xp)
        self.sensitivity_inverse = damped_inverse(self.sensitivity, settings.damping, xp=xp)

    def metric(self, fit_intercept, *, xp):
        """(Metric, mean input) of the layer: centred G and S, with small ridges.

        The same object until the next refresh, so that its factors are computed once. Before the
        first one nothing is known: (None, None), the Frobenius norm.
        """
        if self.gram is None:
            return None, None
        if self._metric is None:
            G, mean = self.gram, None
            if fit_intercept:
                mean = G[-1, :-1] / G[-1, -1]
                G = G[:-1, :-1] - G[-1, -1] * (mean[:, None] * mean[None, :])
            self._metric = Metric(ridged(G, 1e-3, xp=xp), ridged(self.sensitivity, 0.1, xp=xp)), mean
        return self._metric


def pulled_back(problem, i, W, sensitivities):
    """What the loss feels of a change of V_i, an array (d_out, d_out) of layer i, from the S above it.

    The next layer's, as a form of V_i; and what a residual block carries past its layers. The
    identity for the outputs.
    """
    xp = problem.xp
    if i == problem.N:
        return xp.eye(W[i].shape[1], dtype=W[i].dtype)
    above = problem.layers[i + 1].pull_back_metric(sensitivities[i + 1], W[i + 1], xp=xp)
    j = problem.skip_from(i)
    return above if j is None else above + sensitivities[j]


def mixed(old, new, memory):
    """Running average; the first value is taken as it is."""
    return new if old is None else memory * old + (1.0 - memory) * new


def mean_diagonal(A, *, xp):
    """Mean of a matrix's diagonal, a number."""
    return get_backend(xp).number(xp.linalg.trace(A), xp=xp) / A.shape[0]


def ridged(A, share, *, xp):
    """A plus ``share`` of its mean diagonal (and never singular)."""
    ridge = share * mean_diagonal(A, xp=xp) + float(xp.finfo(A.dtype).smallest_normal)
    return add_to_diagonal(A, ridge, xp=xp)


def damped_inverse(A, damping, *, xp):
    """(A + damping * mean diagonal * I)^{-1}."""
    K = inverse_factor(ridged(A, damping, xp=xp), xp=xp)
    return times_transposed(K, K, xp=xp)
