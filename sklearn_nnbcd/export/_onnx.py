# SPDX-License-Identifier: BSD-3-Clause
"""A fitted network as an ONNX model, alone or as a step that skl2onnx converts."""

from __future__ import annotations

import os
from typing import IO, Any

import numpy as np

from .._validation import check_file, check_integer
from ..graphs._fold import folded
from ..graphs._graph import Graph, graph_of
from ..integers import last_step
from ..network import refuse_integers
from ._onnx_values import Writer
from ._onnx_writer import class_names, write_outputs

#: the first opset in which all operators that are used have their present form, and the usual one
FIRST_OPSET, USUAL_OPSET = 14, 17
#: origins in units of spread up to which a scaler becomes part of the first weights: what cancels then is
#: no larger than what rows themselves are in these units
LARGEST_SHIFT = 4.0


def installed(name: str) -> Any:
    """A module of the extra; ImportError with the command that installs it."""
    from importlib import import_module

    try:
        return import_module(name)
    except ImportError as error:
        raise ImportError(
            f"The export to ONNX needs {name}. Install it: pip install 'sklearn-nnbcd[onnx]'."
        ) from error


def export_onnx(
    estimator: Any, out_file: str | os.PathLike | IO[bytes] | None = None, *, opset: int = USUAL_OPSET
) -> bytes | None:
    """Write a fitted network as an ONNX model, which keeps its compression.

    The model takes rows named ``X``, of shape (n, n_features) and of the precision that the network was
    fitted in. A classifier's outputs are ``label``, of shape (n,) (several labels: 0 and 1 of shape
    (n, n_labels)), and ``probabilities``; a regressor's is ``variable``, of shape (n, n_outputs). Factors
    stay factors and cores stay cores; a sparse matrix is stored sparse, and written out once when a
    runtime loads the model. A scaler becomes part of the first weights where that costs no digits.

    Parameters
    ----------
    estimator : NNBCDClassifier, NNBCDRegressor or Pipeline
        Fitted. The steps of a pipeline before the network may be StandardScaler, MinMaxScaler and
        RobustScaler; for others see :func:`register_onnx_converter`.
    out_file : str, path or binary file object, default=None
        Where to write the model; None returns it.
    opset : int, default=17
        Version of the operators, at least 14.

    Returns
    -------
    model : bytes or None
        As ``onnxruntime.InferenceSession`` takes it; None where it was written to a file.

    Raises
    ------
    ImportError
        Without the package onnx (extra ``onnx``).
    ValueError, TypeError
        For a step, a piece or labels that cannot be exported, by name, and for an unknown opset.
    NotFittedError
        If the estimator is not fitted.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sklearn_nnbcd import NNBCDClassifier
    >>> from sklearn_nnbcd.export import export_onnx
    >>> X, y = load_iris(return_X_y=True)
    >>> model = NNBCDClassifier((8,), random_state=0).fit(X, y)
    >>> onnxruntime = __import__("pytest").importorskip("onnxruntime")
    >>> session = onnxruntime.InferenceSession(export_onnx(model))
    >>> label, probabilities = session.run(None, {"X": X})
    >>> bool((label == model.predict(X)).all())
    True
    """
    onnx = installed("onnx")
    known = onnx.defs.onnx_opset_version()
    opset = check_integer(opset, "opset", "export_onnx", low=FIRST_OPSET, cure=f"Try {USUAL_OPSET}.")
    if opset > known:
        raise ValueError(
            f"The 'opset' of export_onnx must be at most {known}, the newest that the installed onnx knows. "
            f"Got {opset}. Try {USUAL_OPSET}, or upgrade onnx."
        )
    refuse_integers(last_step(estimator), "export_onnx")
    model = _model(onnx, folded(graph_of(estimator), LARGEST_SHIFT), opset)
    content = model.SerializeToString()
    if out_file is None:
        return content
    if isinstance(out_file, str | os.PathLike):
        with open(out_file, "wb") as opened:
            opened.write(content)
    else:
        check_file(out_file, "out_file", "export_onnx", "wb")
        out_file.write(content)
    return None


def _model(onnx: Any, graph: Graph, opset: int) -> Any:
    """The ModelProto of a graph."""
    from .. import __version__

    w = Writer(graph.dtype, opset)
    floating = w.types.DOUBLE if graph.dtype == np.float64 else w.types.FLOAT
    info, helper = onnx.helper.make_tensor_value_info, onnx.helper
    if graph.task == "numbers":
        outputs = [info("variable", floating, [None, graph.n_outputs])]
    else:
        kind, n_columns = label_type(w, graph), graph.nodes[graph.probabilities or 0].size
        shape = [None, n_columns] if graph.task == "indicators" else [None]
        outputs = [info("label", kind, shape), info("probabilities", floating, [None, n_columns])]
    write_outputs(w, graph, "X", [output.name for output in outputs])
    inputs = [info("X", floating, [None, graph.n_features])]
    content = helper.make_graph(w.nodes, "sklearn_nnbcd", inputs, outputs, w.constants)
    imports = [helper.make_opsetid("", opset)]
    return helper.make_model(
        content,
        opset_imports=imports,
        ir_version=helper.find_min_ir_version_for(imports),
        producer_name="sklearn_nnbcd",
        producer_version=__version__,
    )


def label_type(w: Writer, graph: Graph) -> int:
    """ONNX's number of the type of labels."""
    if graph.task == "indicators":
        return w.types.INT64
    names = class_names(graph.classes)
    kinds = {"i": w.types.INT64, "b": w.types.BOOL, "O": w.types.STRING}
    if names.dtype.kind == "f":
        return w.types.DOUBLE if names.dtype == np.float64 else w.types.FLOAT
    return kinds[names.dtype.kind]
