# SPDX-License-Identifier: BSD-3-Clause
"""Fitted networks out of Python."""

from ._c import export_c
from ._graph import Graph, graph_of
from ._integer import IntegerNetwork

__all__ = ["Graph", "IntegerNetwork", "export_c", "graph_of"]
