# SPDX-License-Identifier: BSD-3-Clause
"""Fitted networks out of Python."""

from ..graphs._graph import Graph, graph_of
from ..integers import IntegerNetwork
from ._c import export_c
from ._files import load_network, save_network
from ._mlp import to_mlp
from ._onnx import export_onnx
from ._onnx_converter import register_onnx_converter
from ._skops import skops_trusted_types

__all__ = [
    "Graph",
    "IntegerNetwork",
    "export_c",
    "export_onnx",
    "graph_of",
    "load_network",
    "register_onnx_converter",
    "save_network",
    "skops_trusted_types",
    "to_mlp",
]
