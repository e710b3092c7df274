# SPDX-License-Identifier: BSD-3-Clause
"""An estimator with ``activation_bits`` predicts what a device computes: the same integers, row by row."""

import copy
import io
import pickle
import re

import numpy as np
import pytest
from compiled import Compiled
from scipy import sparse
from sklearn.base import clone
from sklearn.datasets import load_diabetes, load_digits
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler, StandardScaler

from sklearn_nnbcd import NNBCDClassifier, NNBCDRegressor
from sklearn_nnbcd.compressions import LowRank, Quantized
from sklearn_nnbcd.export import (
    IntegerNetwork,
    export_c,
    export_onnx,
    graph_of,
    load_network,
    save_network,
    to_mlp,
)
from sklearn_nnbcd.integers import quantize_activations
from sklearn_nnbcd.layers import Conv2D, Dense
from sklearn_nnbcd.model_selection import compression_path
from sklearn_nnbcd.network import narrow, quantize

# few passes make weights to compute with, not good ones
pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
FEW = {"max_iter": 2, "random_state": 0}


@pytest.fixture(scope="module")
def digits():
    X, y = load_digits(return_X_y=True)
    return X[:900] / 16.0, y[:900], X[900:] / 16.0, y[900:]


def assert_device_agrees(model, X, folder):
    """The C of an estimator, called on rows of numbers and of integers, computes what its methods give."""
    own, rows = model.integers_, X.astype(np.float32)
    for given in ("float32", own.dtype):
        text = export_c(model, name="device", input=given)
        (folder / given).mkdir()
        compiled = Compiled(text, graph_of(model), folder / given, "device", np.int32)
        inputs = rows if given == "float32" else own.quantise(rows)
        assert_methods_agree(compiled, model, inputs, X)


def assert_methods_agree(compiled, model, inputs, X):
    expected, found = model.predict(X), compiled.predict(inputs)
    if compiled.graph.task == "numbers":
        np.testing.assert_array_equal(found, expected)
        return
    np.testing.assert_array_equal(found, expected)
    scores = compiled.scores(inputs)
    np.testing.assert_array_equal(scores, model.integers_.scores(X.astype(np.float32)))
    values = np.asarray(model.decision_function(X)).reshape(scores.shape)
    np.testing.assert_array_equal(scores * model.integers_.scale, values)
    # the device's probabilities are float32
    np.testing.assert_allclose(compiled.proba(inputs), model.predict_proba(X), rtol=1e-5, atol=1e-6)


SETTINGS = [
    {"activation_bits": 8},
    {"activation_bits": 16, "loss": "hinge"},
    {"activation_bits": 8, "bits": 4},
    {"activation_bits": 8, "compression": "low_rank", "rank": 6, "loss": "squared_error"},
    {"activation_bits": 8, "compression": "l0", "sparsity": 0.8, "activation": "tanh"},
    {"activation_bits": 16, "compression": "tt", "rank": 4},
    {"activation_bits": 8, "compression": Quantized(LowRank(rank=5), bits=8), "compress_output": True},
]


@pytest.mark.parametrize("settings", SETTINGS, ids=lambda s: "-".join(str(v)[:12] for v in s.values()))
def test_predictions_are_those_of_the_device(settings, digits, tmp_path):
    X, y, T, t = digits
    model = NNBCDClassifier((16,), **FEW, **settings).fit(X, y)
    assert_device_agrees(model, T, tmp_path)
    assert model.score(T, t) == np.mean(model.predict(T) == t)
    plain = copy.copy(model)
    plain.integers_ = None
    assert np.mean(plain.predict(T) == model.predict(T)) > 0.95
    assert not np.array_equal(plain.decision_function(T), model.decision_function(T))


def test_images_several_labels_and_two_classes(digits, tmp_path):
    X, y, T, _ = digits
    layers = [Conv2D(4, 3, stride=2), Dense(12)]
    image = NNBCDClassifier(layers=layers, input_shape=(8, 8, 1), activation_bits=8, **FEW).fit(X, y)
    assert_device_agrees(image, T[:200], tmp_path)
    targets = {"labels": np.stack([y > 4, y % 2 == 0, y == 3], axis=1).astype(int), "two": y > 4}
    for name, target in targets.items():
        (tmp_path / name).mkdir()
        model = NNBCDClassifier((8,), activation_bits=8, **FEW).fit(X, target.astype(int))
        assert_device_agrees(model, T[:200], tmp_path / name)


@pytest.mark.parametrize("activation_bits", [8, 16])
@pytest.mark.parametrize("columns", [1, 2])
def test_regressions_are_equal_bit_for_bit(activation_bits, columns, tmp_path):
    """One product in float32 makes a number of an integer, here as there."""
    X, y = load_diabetes(return_X_y=True)
    y = y if columns == 1 else np.stack([y, y**2], axis=1)
    model = NNBCDRegressor((12,), activation_bits=activation_bits, **FEW).fit(X, y)
    assert model.predict(X).dtype == np.float32
    assert_device_agrees(model, X, tmp_path)


@pytest.mark.parametrize("scaler", [StandardScaler(), MinMaxScaler(clip=True)], ids=["standard", "min_max"])
def test_a_scaler_before_it_is_part_of_the_first_step(scaler, digits, tmp_path):
    """Scikit-learn's scaler rounds by itself: rows at the border of two integers may fall on either side."""
    X, y, T, _ = digits
    model = make_pipeline(scaler, NNBCDClassifier((12,), activation_bits=8, **FEW)).fit(X, y)
    network = IntegerNetwork.from_estimator(model)
    text = export_c(model, name="device")
    compiled = Compiled(text, network.graph, tmp_path, "device", np.int32)
    rows = T.astype(np.float32)
    np.testing.assert_array_equal(compiled.scores(rows), network.scores(rows))
    own = model[-1].integers_.quantise(model[0].transform(T))
    assert np.mean(network.quantise(rows) != own) < 0.01  # sixteenths, many of them at such a border
    same = (network.quantise(rows) == own).all(axis=1)
    assert same.mean() > 0.9
    np.testing.assert_array_equal(compiled.predict(rows)[same], model.predict(T)[same])


def test_it_is_kept_by_files_pickles_and_copies(digits):
    X, y, T, _ = digits
    model = NNBCDClassifier((12,), compression="l0", sparsity=0.7, activation_bits=8, **FEW).fit(X, y)
    assert model.get_params()["activation_bits"] == clone(model).activation_bits == 8
    file = io.BytesIO()
    save_network(model, file)
    for other in (load_network(file), pickle.loads(pickle.dumps(model)), copy.deepcopy(model)):
        np.testing.assert_array_equal(other.decision_function(T), model.decision_function(T))
        assert export_c(other) == export_c(model)
    plain = io.BytesIO()
    other = copy.copy(model)
    other.integers_ = None
    save_network(other, plain)
    n_weights = sum(coef.n_parameters for coef in model.compressed_coefs_)
    # integers of one byte, indices of four, names and the headers of arrays
    assert len(file.getvalue()) - len(plain.getvalue()) < 5 * n_weights + 8000


def test_files_hold_sparse_weights_behind_scales(digits):
    """A map of the columns that the float network keeps is part of the integers: sources are other nodes."""
    X, y, T, _ = digits
    options = {"compression": "sum", "activation_bits": 8, "solver": "full"}
    model = NNBCDClassifier((8,), **options, **FEW).fit(X[:200], y[:200])
    assert model.network_.inputs is not None
    file = io.BytesIO()
    save_network(model, file)
    np.testing.assert_array_equal(load_network(file).predict(T), model.predict(T))


def test_quantize_activations_is_the_end_of_a_fit(digits):
    X, y, T, _ = digits
    model = NNBCDClassifier((12,), activation_bits=8, **FEW).fit(X, y)
    plain = NNBCDClassifier((12,), **FEW).fit(X, y)
    assert plain.integers_ is None
    found = quantize_activations(plain, X)
    assert found.activation_bits == 8 and plain.activation_bits is None
    np.testing.assert_array_equal(found.predict(T), model.predict(T))
    small = quantize_activations(quantize(plain, X, y, bits=4), X, 16)
    assert small.integers_.dtype == "int16" and small.network_.is_rounded
    np.testing.assert_array_equal(small.predict(T), IntegerNetwork.from_estimator(small).predict(T))


def test_other_rows(digits):
    """Sparse rows, one row, partial_fit, and a search over bytes."""
    X, y, T, _ = digits
    model = NNBCDClassifier((12,), activation_bits=8, **FEW).fit(sparse.csr_array(X), y)
    np.testing.assert_array_equal(model.predict(sparse.csr_array(T)), model.predict(T))
    np.testing.assert_array_equal(model.decision_function(T[:1]), model.decision_function(T)[:1])
    stream = NNBCDClassifier((12,), activation_bits=8, solver="minibatch").partial_fit(
        X, y, classes=range(10)
    )
    first = stream.integers_
    stream.partial_fit(X, y)
    assert stream.integers_ is not first
    np.testing.assert_array_equal(stream.predict(T), IntegerNetwork.from_estimator(stream).predict(T))
    path = compression_path(NNBCDClassifier(activation_bits=8, **FEW), X, y, max_bytes=[3000, 1000])
    for point in path.estimators:
        np.testing.assert_array_equal(point.predict(T), IntegerNetwork.from_estimator(point).predict(T))


def test_what_would_predict_something_else_is_refused(digits):
    X, y, _, _ = digits
    model = NNBCDClassifier((8,), activation_bits=8, **FEW).fit(X, y)
    for function in (lambda m: quantize(m, X), narrow, to_mlp, export_onnx):
        with pytest.raises(
            ValueError, match="must compute in floating numbers. Got one with activation_bits=8"
        ):
            function(model)
    for options in ({"dtype": "float32"}, {"dtype": "int16"}, {"X_calibration": X}):
        with pytest.raises(ValueError, match="must be those of the fit"):
            export_c(model, **options)
    with pytest.raises(ValueError, match="must be rows, such as training rows"):
        IntegerNetwork.from_estimator(NNBCDClassifier((8,), **FEW).fit(X, y))
    for bits in (4, True, 8.0, "int8"):
        message = f"The 'activation_bits' of NNBCDClassifier must be 8, 16 or None. Got {bits!r}"
        with pytest.raises(ValueError, match=re.escape(message)):
            NNBCDClassifier((8,), activation_bits=bits).fit(X, y)
    with pytest.raises(ValueError, match="must be 8 or 16. Got None"):
        quantize_activations(model, X, None)
    with pytest.raises(ValueError, match="must have 64 features"):
        quantize_activations(model, X[:, :3])


def test_counts_beyond_single_precision(tmp_path):
    """An integer estimator predicts in float32, where exp becomes its tangent sooner."""
    X = np.random.RandomState(0).normal(size=(60, 3))
    model = NNBCDRegressor((4,), loss="poisson", max_iter=3, random_state=0).fit(X, np.exp(X[:, 0]))
    model.network_.coefs[-1].array[:] *= 60.0  # outputs up to 150
    small = quantize_activations(model, X)
    expected, rows = small.predict(X), X.astype(np.float32)
    assert model.predict(X).max() > 1e38 > expected.max() > 1e29
    compiled = Compiled(export_c(small), graph_of(small), tmp_path, score_type=np.int32)
    np.testing.assert_allclose(compiled.predict(rows), expected, rtol=1e-6)
    np.testing.assert_allclose(IntegerNetwork.from_estimator(small).predict(rows), expected, rtol=1e-6)
