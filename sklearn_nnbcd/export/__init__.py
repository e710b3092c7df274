# SPDX-License-Identifier: BSD-3-Clause
"""Fitted networks out of Python."""

from ._graph import Graph, graph_of

__all__ = ["Graph", "graph_of"]
