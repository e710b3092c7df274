# SPDX-License-Identifier: BSD-3-Clause
"""A fitted network as a graph of few kinds of nodes: what exporters and integer networks are made of."""

from ._fold import folded
from ._graph import Graph, graph_of, network_graph

__all__ = ["Graph", "folded", "graph_of", "network_graph"]
