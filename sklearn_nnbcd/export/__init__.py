# SPDX-License-Identifier: BSD-3-Clause
"""Fitted networks out of Python."""

from ._files import load_network, save_network
from ._graph import Graph, graph_of
from ._mlp import to_mlp

__all__ = ["Graph", "graph_of", "load_network", "save_network", "to_mlp"]
