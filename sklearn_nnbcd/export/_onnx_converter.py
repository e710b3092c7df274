# SPDX-License-Identifier: BSD-3-Clause
"""The estimators as steps that skl2onnx converts."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np

from .._classifier import NNBCDClassifier
from .._regressor import NNBCDRegressor
from ..graphs._graph import graph_of
from ..network import refuse_integers
from ..targets import Indicators
from ._onnx import FIRST_OPSET, installed
from ._onnx_values import Writer
from ._onnx_writer import class_names, write_outputs


def register_onnx_converter() -> None:
    """Teach skl2onnx to convert NNBCDClassifier and NNBCDRegressor, so that whole pipelines convert.

    Afterwards ``skl2onnx.to_onnx(pipeline, X[:1])`` and ``convert_sklearn`` take pipelines, column
    transformers and ensembles with these estimators inside. A network computes in the precision of the
    rows that it gets; other numbers are made float32. The option ``zipmap`` of classifiers works as for
    scikit-learn's own; several labels per row have one output ``label`` of 0 and 1, and one
    ``probabilities``.

    Warns
    -----
    UserWarning
        While a model is converted, where skl2onnx brings a network other columns than those of its fit.

    Raises
    ------
    ImportError
        Without the package skl2onnx (extra ``onnx``).

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sklearn.pipeline import make_pipeline
    >>> from sklearn.preprocessing import StandardScaler
    >>> from sklearn_nnbcd import NNBCDClassifier
    >>> from sklearn_nnbcd.export import register_onnx_converter
    >>> X, y = load_iris(return_X_y=True)
    >>> model = make_pipeline(StandardScaler(), NNBCDClassifier((8,), random_state=0)).fit(X, y)
    >>> skl2onnx = __import__("pytest").importorskip("skl2onnx")
    >>> register_onnx_converter()
    >>> converted = skl2onnx.to_onnx(model, X[:1], target_opset=17, options={"zipmap": False})
    >>> [output.name for output in converted.graph.output]
    ['label', 'probabilities']
    """
    register = installed("skl2onnx").update_registered_converter
    options = {
        "zipmap": [True, False, "columns"],
        "output_class_labels": [False, True],
        "nocl": [True, False],
    }
    register(NNBCDClassifier, "SklearnNNBCDClassifier", _classifier_shape, _convert, options=options)
    register(NNBCDRegressor, "SklearnNNBCDRegressor", _regressor_shape, _convert)


def _floating(operator: Any) -> Any:
    """skl2onnx's type of what the operator computes."""
    from skl2onnx.common.data_types import DoubleTensorType, FloatTensorType

    is_double = isinstance(operator.inputs[0].type, DoubleTensorType)
    return DoubleTensorType if is_double else FloatTensorType


def _rows(operator: Any) -> Any:
    """How many rows come in, and a warning where columns are not those of the fit."""
    n_rows, *columns = operator.inputs[0].type.shape
    network = operator.raw_operator
    if len(columns) == 1 and isinstance(columns[0], int) and columns[0] != network.n_features_in_:
        warnings.warn(
            f"The steps before {type(network).__name__} must bring {network.n_features_in_} columns. Got "
            f"{columns[0]} from skl2onnx, which does not convert all that steps do, such as "
            "SimpleImputer(add_indicator=True). Compare a row's prediction before you use the model.",
            stacklevel=2,
        )
    return n_rows


def _regressor_shape(operator: Any) -> None:
    operator.outputs[0].type = _floating(operator)([_rows(operator), operator.raw_operator.n_outputs_])


def _classifier_shape(operator: Any) -> None:
    """Types of labels and probabilities."""
    from skl2onnx.common.data_types import BooleanTensorType, Int64TensorType, StringTensorType

    targets, n = operator.raw_operator.targets_, _rows(operator)
    n_columns = len(targets.classes)
    operator.outputs[1].type = _floating(operator)([n, n_columns])
    if isinstance(targets, Indicators):
        operator.outputs[0].type = Int64TensorType([n, n_columns])
        return
    kind = class_names(targets.classes).dtype.kind
    if kind == "f":
        raise ValueError(
            "The 'estimator' of skl2onnx must have labels that are integers, strings or bools. Got "
            f"{targets.classes.tolist()!r}. Fit it with one of these, or use export_onnx."
        )
    types = {"i": Int64TensorType, "b": BooleanTensorType, "O": StringTensorType}
    operator.outputs[0].type = types[kind]([n])


def _convert(scope: Any, operator: Any, container: Any) -> None:
    """Put the nodes of the estimator's graph into skl2onnx's container."""
    from onnx import helper, numpy_helper
    from skl2onnx.common.data_types import DoubleTensorType, FloatTensorType

    opset = container.target_opset
    if opset < FIRST_OPSET:
        raise ValueError(
            f"The 'target_opset' of skl2onnx must be at least {FIRST_OPSET} for "
            f"{type(operator.raw_operator).__name__}. Got {opset}. Leave it out."
        )
    floating = _floating(operator)
    dtype = np.float64 if floating is DoubleTensorType else np.float32
    w = Writer(dtype, opset, scope.get_unique_variable_name)
    x = operator.inputs[0].full_name
    if not isinstance(operator.inputs[0].type, FloatTensorType | DoubleTensorType):
        x = w.cast(x, w.types.FLOAT)
    refuse_integers(operator.raw_operator, "the ONNX converter")
    write_outputs(w, graph_of(operator.raw_operator), x, [output.full_name for output in operator.outputs])
    for tensor in w.constants:
        # as lists, which those who read converted models (orbital) understand, as they do not raw bytes
        is_text = tensor.data_type == w.types.STRING
        content = list(tensor.string_data) if is_text else numpy_helper.to_array(tensor).ravel().tolist()
        container.add_initializer(tensor.name, tensor.data_type, list(tensor.dims), content)
    for node in w.nodes:
        attributes = {each.name: helper.get_attribute_value(each) for each in node.attribute}
        name = scope.get_unique_operator_name(node.op_type)
        container.add_node(
            node.op_type, list(node.input), list(node.output), op_version=opset, name=name, **attributes
        )
