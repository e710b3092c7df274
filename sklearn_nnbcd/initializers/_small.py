# SPDX-License-Identifier: BSD-3-Clause
"""A fraction of the usual scale, for networks that learn their features and compress well."""

from ._kaiming import KaimingNormal


class SmallNormal(KaimingNormal):
    """Normal draws with a fraction of the standard deviation of He et al. (2015).

    From weights of the usual size the hidden layers hardly move, and their random part cannot be
    compressed. From small ones the features are learned and the weights get a low rank.

    Parameters
    ----------
    gain : float, default=0.15
        Factor on the standard deviation sqrt(2 / d_in).
    """

    def __init__(self, gain: float = 0.15):
        super().__init__(gain)
