# SPDX-License-Identifier: BSD-3-Clause
"""ONNX models beside onnxruntime: equal labels, numbers up to rounding, small files, or refused by name."""

import io
import itertools
import warnings

import numpy as np
import pytest
from random_networks import random_network
from sklearn.compose import make_column_transformer
from sklearn.datasets import load_iris
from sklearn.ensemble import VotingClassifier
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler, PowerTransformer, StandardScaler

from sklearn_nnbcd import NNBCDClassifier, NNBCDRegressor
from sklearn_nnbcd.activations import ACTIVATIONS
from sklearn_nnbcd.compressions import COMPRESSIONS
from sklearn_nnbcd.export import export_onnx, graph_of, register_onnx_converter
from sklearn_nnbcd.export._onnx_writer import EMITTERS
from sklearn_nnbcd.graphs._nodes import Input, Node
from sklearn_nnbcd.losses import LOSSES

onnx = pytest.importorskip("onnx")
ort = pytest.importorskip("onnxruntime")

#: what the order of a few hundred additions, and a runtime's own exp and tanh, may change
TOLERANCES = {"float32": 1e-6, "float64": 1e-12}
#: bytes of a file beside its arrays: names and shapes, about a hundred for a node
SMALL = 4096
#: nodes and names of a network with one hidden layer
NAMES = 900


def session_of(content):
    """A session on one thread."""
    options = ort.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    return ort.InferenceSession(content, options, providers=["CPUExecutionProvider"])


def assert_agrees(model, content, X, name="X"):
    """The model's outputs are the estimator's."""
    last = model[-1] if hasattr(model, "steps") else model
    dtype = last.network_.dtype
    found = session_of(content).run(None, {name: X.astype(dtype)})
    tolerance = TOLERANCES[dtype]
    if isinstance(last, NNBCDRegressor):
        expected = model.predict(X).reshape(len(X), -1)
        if last.loss == "poisson":  # an error of v is a relative one of exp(v), and v may be some tens
            tolerance *= 4
        np.testing.assert_allclose(
            found[0], expected, rtol=0, atol=tolerance * max(1, np.abs(expected).max())
        )
        return
    label, probabilities = found
    assert label.tolist() == np.asarray(model.predict(X)).tolist()
    np.testing.assert_allclose(probabilities, model.predict_proba(X), rtol=0, atol=tolerance)


def test_every_node_has_an_emitter():
    assert set(EMITTERS) == set(Node.__subclasses__()) - {Input}


@pytest.mark.parametrize("seed", range(24))
def test_any_network_agrees(seed):
    model, X, text = random_network(1000 + seed)
    content = export_onnx(model)
    onnx.checker.check_model(content, full_check=True)
    assert_agrees(model, content, X)
    last = model[-1] if hasattr(model, "steps") else model
    assert len(content) <= 1.2 * last.n_bytes_ + SMALL, text


@pytest.fixture(scope="module")
def table():
    """40 rows to fit and 40 new ones, and numbers that depend on them."""
    random = np.random.RandomState(0)
    X = random.normal(size=(80, 12))
    return X[:40], X[40:], X[:40] @ random.normal(size=(12, 3)) + 0.1 * random.normal(size=(40, 3))


def cases():
    """Every format with every activation, and every loss in turn."""
    for k, (compression, activation) in enumerate(itertools.product([None, *COMPRESSIONS], ACTIVATIONS)):
        yield compression, activation, list(LOSSES)[k % len(LOSSES)], "float32" if k % 2 else "float64"


@pytest.mark.parametrize("compression, activation, loss, dtype", list(cases()))
def test_formats_activations_and_losses(table, compression, activation, loss, dtype):
    X, new, scores = (array.astype(dtype) for array in table)
    options = {"compression": compression, "activation": activation, "loss": loss, "max_iter": 1}
    if compression is not None:
        options["compress_output"] = True
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for kind, targets in targets_for(loss, scores):
            model = kind((9, 6), **options, random_state=0).fit(X, targets)
            assert_agrees(model, export_onnx(model), new)


def targets_for(loss, scores):
    """Pairs of an estimator and targets for every task of a loss."""
    tasks = LOSSES[loss].tasks
    if "classification" in tasks:
        names = np.array(["rot", "grün", "blau"])
        yield NNBCDClassifier, names[scores.argmax(axis=1)]
        yield NNBCDClassifier, scores[:, 0] > 0
        yield NNBCDClassifier, (scores > 0).astype(int)
    if "regression" in tasks:
        numbers = np.exp(0.2 * scores) if loss == "poisson" else 100.0 + scores
        yield NNBCDRegressor, numbers
        yield NNBCDRegressor, numbers[:, 0]


@pytest.mark.parametrize("opset", [14, 17, 18, 21])
def test_opsets(table, opset):
    X, new, scores = table
    model = NNBCDClassifier((8,), loss="squared_error", max_iter=2, random_state=0)
    model = make_pipeline(StandardScaler(), model).fit(X, scores.argmax(axis=1))
    content = export_onnx(model, opset=opset)
    assert onnx.load_from_string(content).opset_import[0].version == opset
    assert_agrees(model, content, new)


@pytest.mark.parametrize("compression", [None, "low_rank", "l0", "tt", "tucker", "cp"])
def test_files_are_as_large_as_their_arrays(compression):
    random = np.random.RandomState(0)
    X = random.normal(size=(200, 256)).astype(np.float32)
    options = {} if compression is None else {"compression": compression}
    model = NNBCDClassifier((256, 128), **options, max_iter=1, random_state=0).fit(X, np.arange(200) % 4)
    assert len(export_onnx(model)) <= 1.2 * model.n_bytes_


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("bits", [8, 4, 3, 2, "ternary", "binary"])
def test_few_bits_stay_few_in_a_file(dtype, bits):
    """Three levels take 1.6 bits, five in a byte."""
    random = np.random.RandomState(0)
    X = random.normal(size=(200, 256)).astype(dtype)
    model = NNBCDClassifier((128, 64), bits=bits, max_iter=1, random_state=0).fit(X, np.arange(200) % 4)
    content = export_onnx(model)
    assert_agrees(model, content, X)
    assert len(content) <= 1.2 * model.n_bytes_ + SMALL


@pytest.mark.parametrize("bits", [8, 4, 3, 2, "ternary", "binary"])
def test_files_of_few_bits_are_as_large_as_their_arrays(bits):
    """Eleven digits of seven levels share four bytes; beside 200,000 of them nodes are small."""
    random = np.random.RandomState(0)
    X = random.normal(size=(200, 256)).astype(np.float32)
    model = NNBCDClassifier((512, 128), bits=bits, max_iter=1, random_state=0).fit(X, np.arange(200) % 4)
    content = export_onnx(model)
    assert_agrees(model, content, X)
    assert len(content) <= 1.2 * model.n_bytes_


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("bits", [8, 4, 3, 2, "ternary", "binary"])
@pytest.mark.parametrize("bins", [0, 8])
def test_sparse_weights_of_few_bits(dtype, bits, bins):
    """Entries, gaps between them and ends of ramps take the bits that the network has for them."""
    random = np.random.RandomState(0)
    X = random.normal(size=(200, 64)).astype(dtype)
    options = {"bits": bits, "column_bins": bins, "max_iter": 1, "random_state": 0}
    model = NNBCDClassifier((256, 64), compression="l0", compression_ratio=0.25, **options)
    model.fit(X, np.arange(200) % 4)
    assert model.network_.columns is None or (model.network_.columns.ramps is None) == (bins == 0)
    content = export_onnx(model)
    assert_agrees(model, content, X)
    assert len(content) <= 1.2 * model.n_bytes_ + SMALL


@pytest.mark.parametrize("share", [0.5, 0.05, 0.002])
def test_matrices_and_ramps_are_made_once(share, tmp_path):
    """When a session begins: what is left for a row are products, and the ramps of its own columns."""
    random = np.random.RandomState(0)
    X = random.normal(size=(400, 64)).astype(np.float32)
    options = {"compression": "l0", "compress_output": True, "bits": 4, "max_iter": 1, "random_state": 0}
    model = NNBCDClassifier((200,), compression_ratio=share, column_bins=8, **options)
    model.fit(X, np.arange(400) % 4)
    settings = ort.SessionOptions()
    settings.optimized_model_filepath = str(tmp_path / "left.onnx")
    settings.log_severity_level = 3  # such a file is for one machine, as the runtime warns
    ort.InferenceSession(export_onnx(model), settings, providers=["CPUExecutionProvider"])
    kinds = {node.op_type for node in onnx.load(tmp_path / "left.onnx").graph.node}
    assert {"Gather", "Clip", "Concat"} <= kinds
    assert not kinds & {"ScatterElements", "CumSum", "Mod", "Cast", "Pow", "Slice", "Less"}


@pytest.mark.parametrize("share", [0.5, 0.05, 0.002])
def test_places_of_entries_as_the_network_has_them(share):
    """Whatever the gaps' width; fillers, and what fills the last row of digits, are no entries."""
    random = np.random.RandomState(0)
    X = random.normal(size=(200, 300)).astype(np.float32)
    options = {"compress_output": True, "max_iter": 1, "random_state": 0}
    model = NNBCDClassifier((200,), compression="l0", compression_ratio=share, **options)
    model.fit(X, np.arange(200) % 4)
    kinds = [node.op_type for node in onnx.load_from_string(export_onnx(model)).graph.node]
    assert ("Less" in kinds) == (share > 0.002)  # of 120 entries steps of a byte or two are smaller
    assert_agrees(model, export_onnx(model), X)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("bits", [8, 4, 3, 2, "ternary", "binary"])
def test_small_files_of_few_bits(dtype, bits):
    """7,400 weights: all layers share the nodes that take their digits apart, and names are of one letter."""
    random = np.random.RandomState(0)
    X = random.normal(size=(300, 64)).astype(dtype)
    model = NNBCDClassifier((100,), bits=bits, max_iter=1, random_state=0)
    model = make_pipeline(StandardScaler(), model).fit(X, np.arange(300) % 10)
    content = export_onnx(model)
    assert_agrees(model, content, X)
    if dtype == "float32":
        assert len(content) <= model[-1].n_bytes_ + 8 * X.shape[1] + NAMES


def test_matrices_of_other_levels_do_not_share(table):
    """One constant for each set of levels; the last matrix is padded, and small ones go as they are."""
    X, new, scores = table
    model = NNBCDClassifier((64, 16, 8), bits=[3, "ternary", 2, "ternary"], max_iter=1, random_state=0)
    model.fit(X, scores.argmax(axis=1))
    content = export_onnx(model)
    kinds = [node.op_type for node in onnx.load_from_string(content).graph.node]
    assert kinds.count("Mod") == 2
    assert_agrees(model, content, new)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_scalers_become_weights_where_their_origins_are_near(table, dtype):
    X, new, scores = (array.astype(dtype) for array in table)
    for origin, stays in ((1.0, False), (1000.0, True)):
        model = NNBCDClassifier((8,), max_iter=2, bend_columns=False, column_bins=0, random_state=0)
        model = make_pipeline(StandardScaler(), model).fit(X + X.dtype.type(origin), scores.argmax(axis=1))
        content = export_onnx(model)
        assert ("Sub" in {node.op_type for node in onnx.load_from_string(content).graph.node}) == stays
        assert_agrees(model, content, new + X.dtype.type(origin))


def test_files_and_refusals(table, tmp_path):
    X, new, scores = table
    model = NNBCDRegressor((8,), max_iter=2, random_state=0).fit(X, scores)
    assert export_onnx(model, tmp_path / "a.onnx") is None
    with open(tmp_path / "b.onnx", "wb") as file:
        export_onnx(model, file)
    content = export_onnx(model)
    assert (tmp_path / "a.onnx").read_bytes() == (tmp_path / "b.onnx").read_bytes() == content
    assert_agrees(model, content, new)
    with pytest.raises(ValueError, match="'opset' of export_onnx must be an integer >= 14. Got 9"):
        export_onnx(model, opset=9)
    with pytest.raises(TypeError, match="'out_file' of export_onnx.*open for bytes"):
        export_onnx(model, io.StringIO())
    with pytest.raises(ValueError, match="Got 10000"):
        export_onnx(model, opset=10000)
    with pytest.raises(ValueError, match="PowerTransformer"):
        export_onnx(make_pipeline(PowerTransformer(), model).fit(X, scores))
    with pytest.raises(ImportError, match=r"pip install 'sklearn-nnbcd\[onnx\]'"):
        from sklearn_nnbcd.export._onnx import installed

        installed("no_such_module_anywhere")


# skl2onnx -----------------------------------------------------------------------------------------


@pytest.fixture
def skl2onnx():
    module = pytest.importorskip("skl2onnx")
    register_onnx_converter()
    return module


def test_columns_that_skl2onnx_leaves_out_are_said(skl2onnx):
    X, y = load_iris(return_X_y=True)
    X = X.astype(np.float32)
    X[::7, 1] = np.nan
    for indicate in (False, True):
        steps = SimpleImputer(add_indicator=indicate), NNBCDClassifier((4,), max_iter=2, random_state=0)
        model = make_pipeline(*steps).fit(X, y)
        with warnings.catch_warnings(record=True) as found:
            warnings.simplefilter("always")
            skl2onnx.to_onnx(model, X[:1], target_opset=17)
        said = [str(each.message) for each in found if "must bring 5 columns. Got 4" in str(each.message)]
        assert len(said) == indicate


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("names", [np.arange(3), np.array([5, -2, 9]), np.array(["a", "b", "ß"])], ids=str)
def test_whole_pipelines_convert(skl2onnx, dtype, names):
    X, y = load_iris(return_X_y=True)
    X = X.astype(dtype)
    # skl2onnx has no PowerTransformer in float64
    before = PowerTransformer(standardize=False) if dtype == "float32" else MinMaxScaler()
    scaled = make_column_transformer((before, [0, 1]), remainder="passthrough")
    network = NNBCDClassifier((8,), compression="low_rank", rank=2, max_iter=20, random_state=0)
    model = make_pipeline(scaled, StandardScaler(), network).fit(X, names[y])
    converted = skl2onnx.to_onnx(model, X[:1], target_opset=17, options={"zipmap": False})
    label, probabilities = session_of(converted.SerializeToString()).run(None, {"X": X})
    assert label.tolist() == model.predict(X).tolist()
    # the steps before are skl2onnx's own
    np.testing.assert_allclose(
        probabilities, model.predict_proba(X), atol=1e-5 if dtype == "float32" else 1e-9
    )


def test_zipmap_labels_ensembles_and_regressors_convert(skl2onnx):
    X, y = load_iris(return_X_y=True)
    X = X.astype(np.float32)

    def run(model, **options):
        converted = skl2onnx.to_onnx(model, X[:1], target_opset=17, **options)
        return session_of(converted.SerializeToString()).run(None, {"X": X})

    network = NNBCDClassifier((8,), max_iter=5, random_state=0)
    label, maps = run(network.fit(X, y))
    assert label.tolist() == network.predict(X).tolist()
    assert sorted(maps[0]) == [0, 1, 2]
    Y = np.stack([y == 0, y > 1], axis=1).astype(int)
    labels, probabilities = run(network.fit(X, Y), options={"zipmap": False})
    np.testing.assert_array_equal(labels, network.predict(X))
    np.testing.assert_allclose(probabilities, network.predict_proba(X), atol=1e-6)
    voters = [("network", network), ("linear", LogisticRegression())]
    both = VotingClassifier(voters, voting="soft", flatten_transform=False).fit(X, y)
    label, _ = run(both, options={"zipmap": False})
    assert label.tolist() == both.predict(X).tolist()
    numbers = NNBCDRegressor((8,), max_iter=5, random_state=0).fit(X, 100.0 + X[:, :2])
    np.testing.assert_allclose(run(numbers)[0], numbers.predict(X), rtol=1e-6)


def test_the_graph_of_a_pipeline_is_the_pipelines(table):
    """An estimator inside a pipeline is converted by itself: its own graph has no scaler."""
    X, _, scores = table
    model = make_pipeline(StandardScaler(), NNBCDRegressor((4,), max_iter=1, random_state=0)).fit(X, scores)
    assert len(graph_of(model).nodes) == len(graph_of(model[-1]).nodes) + 1


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_bent_columns(dtype):
    """Far entries go through asinh; single precision has an operator for it, double has none."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(300, 6))
    X[:, [1, 4]] = np.exp(2.0 * X[:, [1, 4]])
    X = X.astype(dtype)
    model = NNBCDClassifier((8,), max_iter=5, random_state=0).fit(X, np.log(X[:, 1]) + X[:, 0] > 0)
    assert model.network_.columns.bend is not None
    assert_agrees(model, export_onnx(model), X)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("loss", ["logistic", "exponential"])
def test_rows_that_no_class_takes(table, loss, dtype):
    """A runtime's own logistic function is zero far below zero, and shares of zeros are not numbers."""
    X, new, scores = (array.astype(dtype) for array in table)
    model = NNBCDClassifier((6,), loss=loss, max_iter=1, random_state=0).fit(X, scores.argmax(axis=1))
    model.network_.intercepts[-1][:] -= 800.0
    probabilities = model.predict_proba(new)
    np.testing.assert_allclose(probabilities.sum(axis=1), 1.0, rtol=1e-6)
    assert np.ptp(probabilities) > 0.1
    with np.errstate(all="ignore"):
        found = session_of(export_onnx(model)).run(None, {"X": new})[1]
    # float32 has steps of 6e-5 at 800, and of twice that at 1600
    np.testing.assert_allclose(found, probabilities, rtol=0, atol=1e-12 if dtype == "float64" else 3e-4)


@pytest.mark.parametrize("n_features", [7, 24, 30, 60])
def test_sides_of_terms_are_multiplied_out(n_features):
    """One, two and three modes on a side: no operator stays for a mode of a sum of outer products."""
    random = np.random.RandomState(0)
    X = random.normal(size=(80, n_features))
    options = {"compression": "cp", "rank": 3, "compress_output": True, "random_state": 0}
    model = NNBCDClassifier((30, 24), **options).fit(X, X[:, :5].argmax(axis=1))
    content = export_onnx(model)
    assert "ReduceSum" not in {node.op_type for node in onnx.load_from_string(content).graph.node}
    assert sum(node.op_type == "MatMul" for node in onnx.load_from_string(content).graph.node) == 6
    assert_agrees(model, content, X)
