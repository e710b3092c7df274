# SPDX-License-Identifier: BSD-3-Clause
"""Weights of few bits go out as the integers that the fit gave them."""

import io
import math
import re

import numpy as np
import pytest
from compiled import Compiled
from sklearn.datasets import load_digits

from sklearn_nnbcd import NNBCDClassifier
from sklearn_nnbcd.compressions import L0, LowRank, Quantized, TensorTrain
from sklearn_nnbcd.export import (
    IntegerNetwork,
    export_c,
    export_onnx,
    graph_of,
    load_network,
    save_network,
)
from sklearn_nnbcd.graphs._fold import rows_scaled
from sklearn_nnbcd.graphs._levels import row_factors
from sklearn_nnbcd.graphs._nodes import Levels, Product, SparseProduct

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")


def test_factors_of_rows_are_found_up_to_one_common_factor():
    rng = np.random.default_rng(0)
    integers = rng.integers(-7, 8, (9, 5))
    integers[3] = 0
    rows, columns = 2.0 ** rng.integers(-3, 4, 9), rng.uniform(0.1, 2.0, 5)
    W = rows[:, None] * integers * columns
    found = row_factors(W, integers)
    ratio = np.delete(found / rows, 3)
    np.testing.assert_allclose(ratio, ratio[0], rtol=1e-6)
    assert row_factors(W + 0.1, integers) is None


def test_integers_stay_when_scales_of_inputs_go_into_rows():
    """diag(factors) W has the same integers, and rows that say so; a negative factor has no such rows."""
    rng = np.random.default_rng(0)
    integers = rng.integers(-7, 8, (6, 4)) * (rng.random((6, 4)) < 0.5)
    rows, columns, factors = 2.0 ** rng.integers(-3, 4, 6), rng.uniform(0.1, 2.0, 4), rng.uniform(0.5, 2.0, 6)
    W = rows[:, None] * integers * columns
    at = np.nonzero(integers)
    pointers = np.append(0, np.cumsum((integers != 0).sum(axis=1)))
    sparse = SparseProduct(4, (0,), W[at], at[1], pointers, W.shape, levels=Levels(integers[at], rows))
    for node in (Product(4, (0,), W, levels=Levels(integers, rows)), sparse):
        scaled = rows_scaled(node, factors)
        product = scaled.to_product() if node is sparse else scaled
        np.testing.assert_array_equal(product.levels.integers, integers)
        found = product.levels.rows[:, None] * integers * columns
        np.testing.assert_allclose(product.matrix, found, rtol=1e-14)  # two roundings
        assert rows_scaled(node, -factors).levels is None


FORMATS = [
    *(Quantized(bits=4), Quantized(LowRank(rank=5), bits=4), Quantized(LowRank(rank=5), bits=8)),
    *(Quantized(L0(0.8), bits=bits) for bits in (4, 8)),
]


@pytest.mark.parametrize("compression", [*FORMATS, Quantized(TensorTrain(rank=4), bits=4)])
def test_digits(compression, tmp_path):
    """Float32 agrees with predict, int8 nearly always: it rounds activations beside."""
    X, y = load_digits(return_X_y=True)
    options = {"loss": "squared_error", "compress_output": True, "max_iter": 3, "random_state": 0}
    model = NNBCDClassifier((24,), compression=compression, bend_columns=False, column_bins=0, **options).fit(
        X[:900] / 16.0, y[:900]
    )
    graph, rows = graph_of(model), (X[900:] / 16.0).astype(np.float32)
    compiled = Compiled(export_c(model), graph, tmp_path)
    scores = model.decision_function(X[900:] / 16.0)
    np.testing.assert_allclose(compiled.scores(rows), scores, rtol=1e-5, atol=1e-5 * np.abs(scores).max())
    network = IntegerNetwork.from_estimator(model, X[:900] / 16.0)
    text = export_c(model, name="small", dtype="int8", X_calibration=X[:900] / 16.0)
    small = Compiled(text, network.graph, tmp_path, "small", np.int32)
    np.testing.assert_array_equal(small.scores(rows), network.scores(rows))
    assert (network.predict(rows) == model.predict(rows)).mean() > 0.97
    if compression in FORMATS:
        assert_integers_stay(graph, network)
        biases = re.findall(r"static const (int\d+_t) small_bias", text)
        largest = max(np.abs(op.bias).max() for op in network.operations if hasattr(op, "bias"))
        assert set(biases) == {"int16_t" if largest < 2**15 else "int32_t"}
        assert compression != FORMATS[0] or largest < 2**15
        sizes = [int(n) for n in re.findall(r"uint8_t small_weights\d+\[(\d+)\]", text)]
        shapes = [node.levels.integers.T.shape for node in graph.nodes if getattr(node, "levels", None)]
        halves = [math.prod(shape[:-1]) * math.ceil(shape[-1] / 2) for shape in shapes]
        assert sizes == (halves if compression.bits == 4 else [])


def assert_integers_stay(graph, network):
    """Products of an integer network have the integers that the fit gave them."""
    nodes = [node for node in graph.nodes if isinstance(node, Product | SparseProduct)]
    assert all(node.levels is not None for node in nodes)
    found = [op.weights for op in network.operations if hasattr(op, "weights")]
    assert len(nodes) == len(found)
    for node, kept in zip(nodes, found, strict=True):
        np.testing.assert_array_equal(kept.reshape(node.levels.integers.shape), node.levels.integers)


@pytest.mark.parametrize("offset", [0.0, 1000.0])
def test_ramps_whose_ends_are_integers(offset, tmp_path):
    """Every way out agrees with predict; ends are of a byte, or of two far from 0, in arrays and in C."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(600, 4)) + [offset, 0.0, 0.0, 0.0]
    y = np.abs(X[:, 0] - offset) + (X[:, 1] > 0.3) > 1.0
    model = NNBCDClassifier((), bits=8, column_bins=6, max_iter=5, random_state=0).fit(X, y)
    ramps, T = model.network_.columns.ramps, X.astype(np.float32)
    kind = "int16" if offset else "int8"
    assert ramps.edges.dtype == kind and ramps.powers is not None
    text, scores = export_c(model), model.decision_function(T)[:, None]
    assert f"{kind}_t network_edges" in text
    compiled = Compiled(text, graph_of(model), tmp_path)
    np.testing.assert_allclose(compiled.scores(T), scores, rtol=1e-4, atol=1e-4 * np.abs(scores).max())
    network = IntegerNetwork.from_estimator(model, X)
    small = Compiled(
        export_c(model, name="small", dtype="int8", X_calibration=X),
        network.graph,
        tmp_path,
        "small",
        np.int32,
    )
    np.testing.assert_array_equal(small.scores(T), network.scores(T))
    assert (
        offset or (network.predict(T) == model.predict(T)).mean() > 0.97
    )  # int8 inputs far from 0 are coarse
    file = io.BytesIO()
    save_network(model, file)
    file.seek(0)
    np.testing.assert_array_equal(load_network(file).predict_proba(T), model.predict_proba(T))
    runtime = pytest.importorskip("onnxruntime")
    session = runtime.InferenceSession(export_onnx(model))
    labels = session.run(None, {session.get_inputs()[0].name: T})[0]
    assert (np.asarray(labels).ravel() == model.predict(T)).all()
