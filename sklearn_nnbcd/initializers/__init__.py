# SPDX-License-Identifier: BSD-3-Clause
"""Initialisers of the weights: draws from a NumPy random state on the host."""

from ._base import BaseInitializer
from ._from_mlp import FromMLP
from ._gaussian import Gaussian
from ._kaiming import KaimingNormal, KaimingUniform
from ._lecun import LecunNormal, LecunUniform
from ._orthogonal import Orthogonal
from ._small import SmallNormal
from ._uniform import Uniform
from ._xavier import XavierNormal, XavierUniform

INITIALIZERS = {
    "gaussian": Gaussian,
    "uniform": Uniform,
    "kaiming_normal": KaimingNormal,
    "kaiming_uniform": KaimingUniform,
    "lecun_normal": LecunNormal,
    "lecun_uniform": LecunUniform,
    "xavier_normal": XavierNormal,
    "xavier_uniform": XavierUniform,
    "orthogonal": Orthogonal,
    "small_normal": SmallNormal,
}

# FromMLP has no name in the registry: it needs an MLP
__all__ = ["INITIALIZERS", "BaseInitializer", "FromMLP", *sorted(c.__name__ for c in INITIALIZERS.values())]
