# SPDX-License-Identifier: BSD-3-Clause
"""Loaders of the data sets that the paper and the benchmarks use, in the style of scikit-learn."""

from ._flare import fetch_flare
from ._har import fetch_har
from ._mnist import fetch_mnist

__all__ = ["fetch_flare", "fetch_har", "fetch_mnist"]
