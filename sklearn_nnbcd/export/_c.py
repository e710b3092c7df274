# SPDX-License-Identifier: BSD-3-Clause
"""A fitted network as one file of C99."""

from __future__ import annotations

import os
import textwrap
from typing import IO, Any

from .._validation import check_option
from ..graphs._fold import folded
from ..graphs._graph import Graph, graph_of
from ..integers import IntegerNetwork, check_own, last_step
from ._c_float import float_c
from ._c_integer import integer_c
from ._c_text import check_name, write_text


def export_c(
    estimator: Any,
    out_file: str | os.PathLike | IO[str] | None = None,
    *,
    name: str = "network",
    dtype: str | None = None,
    input: str = "float32",
    X_calibration: Any = None,
    sparse: str = "small",
) -> str | None:
    """Write a fitted network as one file of C99, for a microcontroller or any other compiler.

    The file keeps the format of the weights: two factors are two products, a tensor train is multiplied
    core by core, sparse weights are their entries and gaps of few bits. There is no allocation, no recursion
    and no library but ``asinhf``, ``expf``, ``log1pf``, ``tanhf`` of libm where bent
    columns, activations or probabilities need them. Memory is static, so one row is computed at a time.

    With ``name="network"`` a classifier's file has

    - ``network_predict(x)``: the class, an integer; where classes are strings its place in
      ``network_classes``; for several labels ``network_predict(x, y)`` writes 0 or 1 for each;
    - ``network_scores(x, scores)``: what ``decision_function`` gives;
    - ``network_proba(x, proba)``: what ``predict_proba`` gives;

    and a regressor's ``network_predict(x)``, or ``network_predict(x, y)`` for several targets. Compile the
    file on its own, and include it elsewhere with ``NETWORK_DECLARATIONS_ONLY`` defined.

    Parameters
    ----------
    estimator : NNBCDClassifier, NNBCDRegressor or Pipeline
        Fitted. The steps of a pipeline before the network may be StandardScaler, MinMaxScaler and
        RobustScaler; they become part of the first weights where these can take them.
    out_file : str, path, file or None, default=None
        Where to write; None returns the text.
    name : str, default="network"
        What all names in the file begin with.
    dtype : {"float32", "int8", "int16"} or None, default=None
        Of weights and values. Integers take a quarter or a half of the memory, and no floating point
        but for probabilities, targets of regressions and numbers as inputs. They compute exactly what
        :class:`IntegerNetwork` does. None: that of an estimator's ``activation_bits``, whose ``predict`` the
        file then computes, integer by integer; "float32" without them.
    input : {"float32", "int8", "int16"}, default="float32"
        What a row is: numbers as the estimator takes them, or integers of the network's own ``dtype``, as
        ``network_quantise(x, q)`` of the file or ``IntegerNetwork.quantise`` makes them.
    X_calibration : array-like of shape (n_samples, n_features), default=None
        Rows as the estimator takes them, such as training rows; needed for integers, whose ranges they set,
        and not allowed with ``activation_bits``, whose ranges the fit has set.
    sparse : {"small", "fast"}, default="small"
        How a device finds the entries of sparse weights: by gaps of few bits, as many bytes as the network
        counts, or by an index of one or two bytes for each, in a third to a half of the instructions.

    Returns
    -------
    text : str or None
        The file, if ``out_file`` is None.

    Raises
    ------
    ValueError
        For a step or a piece that cannot be exported, by name; for integers without rows; for classes that
        are neither integers nor strings; for numbers beyond float32.
    TypeError
        For another estimator, or an ``out_file`` that cannot be written to.
    NotFittedError
        If the estimator is not fitted.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sklearn_nnbcd import NNBCDClassifier
    >>> from sklearn_nnbcd.export import export_c
    >>> X, y = load_iris(return_X_y=True)
    >>> model = NNBCDClassifier((8,), compression="low_rank", rank=2, random_state=0).fit(X, y)
    >>> text = export_c(model, name="iris")
    >>> "int32_t iris_predict(const float *x);" in text
    True
    >>> small = export_c(model, name="iris", dtype="int8", input="int8", X_calibration=X)
    >>> "int32_t iris_predict(const int8_t *x);" in small
    True
    """
    check_name(name)
    check_option(sparse, ("small", "fast"), "sparse", "export_c")
    own = getattr(last_step(estimator), "integers_", None)
    if dtype is not None:
        check_option(dtype, ("float32", "int8", "int16"), "dtype", "export_c")
    if own is not None:
        check_own(own, X_calibration, dtype, "export_c")
    dtype = dtype or ("float32" if own is None else own.dtype)
    if dtype == "float32":
        if X_calibration is not None:
            raise ValueError(
                "The 'X_calibration' of export_c must be None for dtype='float32', which has no ranges to "
                "set. Got rows. Use dtype='int8', or leave them out."
            )
        check_option(input, ("float32",), "input", "export_c with dtype='float32'")
        graph = folded(graph_of(estimator))
        return write_text(float_c(graph, name, _remarks(estimator, graph, name), sparse), out_file)
    check_option(input, ("float32", dtype), "input", f"export_c with dtype={dtype!r}")
    if own is None and X_calibration is None:
        raise ValueError(
            f"The 'X_calibration' of export_c must be rows of X for dtype={dtype!r}, as they set the ranges "
            "of all values. Got None. Pass training rows, or fit with activation_bits."
        )
    network = IntegerNetwork.from_estimator(estimator, X_calibration, dtype)
    remarks = _remarks(estimator, network.graph, name)
    return write_text(integer_c(network, name, input, remarks, sparse), out_file)


def _remarks(estimator: Any, graph: Graph, name: str) -> list[str]:
    """The first lines of the file, with the names of the columns in their order where fit saw some."""
    inputs, outputs = _counted(graph.n_features, "feature"), _counted(graph.n_outputs, "output")
    columns = [_plain(column) for column in getattr(estimator, "feature_names_in_", ())]
    row = textwrap.wrap("A row: " + ", ".join(columns) + ".", 100) if columns else []
    return [
        f"A network of {inputs} and {outputs} in C99, by sklearn_nnbcd.",
        *row,
        "",
        f"Compile this file on its own; define {name.upper()}_DECLARATIONS_ONLY to include it elsewhere.",
    ]


def _counted(number: int, noun: str) -> str:
    """A number and what it counts."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _plain(column: Any) -> str:
    """The name of a column as a comment can hold it: printable ASCII that does not end the comment."""
    text = " ".join(str(column).encode("ascii", "replace").decode().split())
    return text.replace("*/", "* /").replace("/*", "/ *")
