# SPDX-License-Identifier: BSD-3-Clause
"""A fitted network as one file of C99."""

from __future__ import annotations

import os
from typing import IO, Any

import numpy as np

from .._validation import check_option
from ._c_float import float_c
from ._c_text import check_name, write_text
from ._fold import folded
from ._graph import Graph, graph_of


def export_c(
    estimator: Any,
    out_file: str | os.PathLike | IO[str] | None = None,
    *,
    name: str = "network",
    dtype: str = "float32",
    input: str = "float32",
    X_calibration: Any = None,
) -> str | None:
    """TODO."""
    check_name(name)
    graph = folded(graph_of(estimator))
    return write_text(float_c(graph, name, ["Made by sklearn_nnbcd."]), out_file)
