# SPDX-License-Identifier: BSD-3-Clause
"""Generated C computes what the estimator does: compiled without a warning, called on whole sets.

``SKLEARN_NNBCD_FUZZ=500`` draws as many networks as it says; without it there are two dozen.
"""

import ctypes
import io
import os
import re
import shutil
import subprocess
from dataclasses import replace

import numpy as np
import pytest
from compiled import Compiled
from random_networks import random_network
from sklearn.datasets import load_digits, load_iris
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler, PolynomialFeatures, StandardScaler

from sklearn_nnbcd import NNBCDClassifier, NNBCDRegressor
from sklearn_nnbcd.compressions import TensorTrain
from sklearn_nnbcd.datasets import fetch_har
from sklearn_nnbcd.export import IntegerNetwork, export_c, graph_of
from sklearn_nnbcd.export._c_integer import integer_c
from sklearn_nnbcd.export._c_integer_helpers import helper
from sklearn_nnbcd.export._c_interface import File
from sklearn_nnbcd.graphs._nodes import Levels, Product
from sklearn_nnbcd.integers import IntegerForm
from sklearn_nnbcd.integers._bent import arc
from sklearn_nnbcd.integers._build import IntegerBuilder
from sklearn_nnbcd.integers._grids import PRECISIONS
from sklearn_nnbcd.layers import Conv2D

# few passes make weights to compute with, not good ones
pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
N_NETWORKS = int(os.environ.get("SKLEARN_NNBCD_FUZZ", "24"))
#: rows of a float32 network sum some hundred products: 1e-5 of the largest number is a hundred roundings
FLOAT = 1e-5


def assert_close(found, expected, share=FLOAT):
    """Equal up to a share of the largest entry."""
    expected = np.asarray(expected, dtype=np.float64).reshape(found.shape)
    atol = share * max(np.abs(expected).max(), 1e-6)
    np.testing.assert_allclose(found, expected, rtol=share, atol=atol)


def rounding_share(model, graph, X):
    """1e-5, or eight times what float32 costs the estimator's own outputs, as shares of the largest one.

    Squares of squares of squares multiply each rounding error; the order of sums is then seen.
    """
    if graph.dtype == np.float64:
        return FLOAT
    exact = replace(graph, dtype=np.dtype(np.float64)).values(X.astype(np.float64), graph.scores)
    own = graph.values(X, graph.scores)[graph.scores]
    error = np.abs(own - exact[graph.scores]).max() / max(np.abs(own).max(), 1e-6)
    return max(FLOAT, 8.0 * float(error))


def assert_float_agrees(compiled, model, X):
    """Numbers to 1e-5; labels wherever the two largest scores are farther apart than that."""
    X = X.astype(np.float32)
    share = rounding_share(model, compiled.graph, X)
    if compiled.graph.task == "numbers":
        assert_close(compiled.predict(X), model.predict(X), share)
        return
    scores = np.asarray(model.decision_function(X), dtype=np.float64).reshape(len(X), -1)
    assert_close(compiled.scores(X), scores, share)
    assert_close(compiled.proba(X), model.predict_proba(X), share)
    margin = 3.0 * share * np.abs(scores).max()
    if compiled.graph.task == "labels" and scores.shape[1] > 1:
        two = np.sort(scores, axis=1)[:, -2:]
        clear = two[:, 1] - two[:, 0] > margin
    else:
        clear = (np.abs(scores) > margin).all(axis=1)
    predicted, expected = compiled.predict(X), model.predict(X)
    assert (predicted == expected)[clear].all()


def assert_integers_equal(compiled, network, X):
    """Scores and labels bit for bit; what is computed from them in float32 up to its rounding."""
    if network.graph.task == "numbers":
        np.testing.assert_allclose(compiled.predict(X), network.predict(X), rtol=1e-6)
        return
    np.testing.assert_array_equal(compiled.scores(X), network.scores(X))
    np.testing.assert_array_equal(compiled.predict(X), network.predict(X))
    np.testing.assert_allclose(compiled.proba(X), network.predict_proba(X), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("seed", range(N_NETWORKS))
def test_random_networks(seed, tmp_path):
    """Float32 agrees with the estimator, and integers are those of IntegerNetwork, or it is refused."""
    model, X, _ = random_network(seed)
    graph = graph_of(model)
    assert_float_agrees(Compiled(export_c(model), graph, tmp_path), model, X)
    dtype = ("int8", "int16")[seed % 2]
    input = ("float32", dtype)[seed // 2 % 2]
    options = {"name": "small", "dtype": dtype, "input": input, "X_calibration": X[:20]}
    try:
        text = export_c(model, **options)
    except ValueError as refusal:
        assert "Use dtype='float32'" in str(refusal)
        return
    network = IntegerNetwork.from_estimator(model, X[:20], dtype)
    compiled = Compiled(text, graph, tmp_path, "small", np.int32)
    rows = X.astype(np.float32)
    np.testing.assert_array_equal(compiled.quantise(rows, dtype), network.quantise(rows))
    assert_integers_equal(compiled, network, rows if input == "float32" else network.quantise(rows))


def test_patches_that_are_no_rows_of_the_first_product(tmp_path):
    """A train whose first core takes a part of a patch: the patches are laid out, not cut one by one."""
    rng = np.random.default_rng(0)
    X, shape = rng.standard_normal((60, 60)), (6, 5, 2)
    train = TensorTrain(rank=0.6, tensorization="flat_transposed")
    layers = [Conv2D(4, 3, padding=1)]
    options = {"layers": layers, "input_shape": shape, "max_iter": 2, "solver": "full", "random_state": 0}
    model = NNBCDRegressor(compression=train, **options).fit(X, X[:, 0] * X[:, 1])
    assert_float_agrees(Compiled(export_c(model), graph_of(model), tmp_path), model, X)
    network = IntegerNetwork.from_estimator(model, X)
    text = export_c(model, name="small", dtype="int8", X_calibration=X)
    compiled = Compiled(text, network.graph, tmp_path, "small", np.int32)
    assert_integers_equal(compiled, network, X.astype(np.float32))


SETTINGS = [
    {},
    {"compression": "low_rank", "rank": 6},
    {"compression": "tt", "rank": 4},
    {"compression": "l0", "sparsity": 0.8},
]


@pytest.mark.parametrize("settings", SETTINGS, ids=lambda settings: settings.get("compression", "dense"))
def test_digits(settings, tmp_path):
    """A whole set; int8 costs at most one row in fifty of the accuracy, int16 at most one in two hundred."""
    X, y = load_digits(return_X_y=True)
    options = {"max_iter": 3, "bend_columns": False, "random_state": 0}
    model = make_pipeline(StandardScaler(), NNBCDClassifier((24,), **options, **settings))
    model.fit(X[:1000], y[:1000])
    X, y = X[1000:], y[1000:]
    assert_float_agrees(Compiled(export_c(model), graph_of(model), tmp_path), model, X)
    for dtype, loss in (("int8", 0.02), ("int16", 0.005)):
        text = export_c(model, name=dtype + "_net", dtype=dtype, X_calibration=X)
        network = IntegerNetwork.from_estimator(model, X, dtype)
        compiled = Compiled(text, network.graph, tmp_path, dtype + "_net", np.int32)
        assert_integers_equal(compiled, network, X.astype(np.float32))
        assert (network.predict(X) == y).mean() >= model.score(X, y) - loss


def test_har(data_home, tmp_path):
    """All 2,947 test rows of HAR, whose columns one grid serves: no table of scales is stored."""
    parts = [fetch_har(data_home=data_home, subset=part, return_X_y=True) for part in ("train", "test")]
    (X_train, y_train), (X, y) = parts
    settings = {"compression": "low_rank", "rank": 6, "loss": "squared_error", "compress_output": True}
    options = {"max_iter": 3, "bend_columns": False, "random_state": 0}
    model = make_pipeline(StandardScaler(), NNBCDClassifier((64,), **options, **settings))
    model.fit(X_train, y_train)
    X = X.astype(np.float32)
    assert_float_agrees(Compiled(export_c(model), graph_of(model), tmp_path), model, X)
    text = export_c(model, name="small", dtype="int8", input="int8", X_calibration=X_train[::5])
    network = IntegerNetwork.from_estimator(model, X_train[::5])
    compiled = Compiled(text, network.graph, tmp_path, "small", np.int32)
    assert_integers_equal(compiled, network, network.quantise(X))
    assert network.predict(X).shape == y.shape
    assert (network.predict(X) == y).mean() > model.score(X, y) - 0.005
    assert "small_columns" not in text


@pytest.fixture(scope="module")
def iris():
    X, y = load_iris(return_X_y=True)
    return NNBCDClassifier((6,), max_iter=3, solver="full", random_state=0).fit(X, y), X, y


def test_out_file(iris, tmp_path):
    model, X, _ = iris
    text = export_c(model, name="iris")
    assert export_c(model, tmp_path / "a.c", name="iris") is None
    assert (tmp_path / "a.c").read_text() == text
    with io.StringIO() as file:
        assert export_c(model, file, name="iris") is None
        assert file.getvalue() == text
    with pytest.raises(TypeError, match="must be a path, or a file that is open for text. Got 3"):
        export_c(model, 3)


def test_a_program_of_two_files(iris, tmp_path):
    """The file compiles on its own, and declares itself where it is included."""
    if shutil.which("gcc") is None:
        pytest.skip("needs gcc")
    model, X, y = iris
    export_c(model, tmp_path / "iris.c", name="iris")
    row = ",".join(f"{v}f" for v in X[77])
    main = (
        '#define IRIS_DECLARATIONS_ONLY\n#include "iris.c"\n#include "iris.c"\n'
        f"int main(void) {{ const float x[IRIS_FEATURES] = {{{row}}}; return iris_predict(x); }}\n"
    )
    (tmp_path / "main.c").write_text(main)
    sources = [str(tmp_path / name) for name in ("main.c", "iris.c")]
    strict = ["-std=c99", "-Wall", "-Wextra", "-Werror", "-Wmissing-prototypes", "-pedantic"]
    subprocess.run(["gcc", *strict, *sources, "-o", str(tmp_path / "main"), "-lm"], check=True)
    done = subprocess.run([str(tmp_path / "main")], check=False)
    assert done.returncode == model.predict(X[77:78])[0]


def test_the_file_names_the_columns_in_their_order(iris, tmp_path):
    """Whatever a column is called, the comment ends where it should."""
    pd = pytest.importorskip("pandas")
    _, X, y = iris
    names = ["length", "naïve */ int x = 1; /*", "two\nlines \\", "??/"]
    model = NNBCDClassifier((2,), max_iter=2, solver="full").fit(pd.DataFrame(X, columns=names), y)
    turned = pd.DataFrame(X[:, ::-1], columns=names[::-1])
    with pytest.raises(ValueError, match="must be those of fit, in their order"):
        export_c(model, dtype="int8", X_calibration=turned)
    assert export_c(model, dtype="int8", X_calibration=turned[names]) is not None
    text = export_c(model, tmp_path / "named.c") or (tmp_path / "named.c").read_text()
    assert " * A row: length, na?ve * / int x = 1; / *, two lines \\, ??/.\n" in text
    assert text.startswith("/*\n * A network of 4 features and 3 outputs")
    if shutil.which("gcc"):
        command = ["gcc", "-std=c99", "-Wall", "-Werror", "-c", "named.c", "-o", "named.o"]
        subprocess.run(command, cwd=tmp_path, check=True)


def test_a_step_that_is_no_scaler_is_refused_with_a_way_out(iris):
    """What the message says works: the network alone, with rows as the steps before it make them."""
    _, X, y = iris
    steps = [PolynomialFeatures(2), StandardScaler(), NNBCDClassifier((3,), max_iter=2, solver="full")]
    model = make_pipeline(*steps).fit(X, y)
    with pytest.raises(ValueError, match=r"Got PolynomialFeatures\. Export the network alone, model\[-1\]"):
        export_c(model)
    rows = model[:-1].transform(X)
    assert "network_predict" in export_c(model[-1], dtype="int8", X_calibration=rows)


@pytest.mark.parametrize("dtype", ["float32", "int8", "int16"])
def test_only_what_is_used_is_in_the_file(iris, dtype):
    """ReLU and a squared error need no libm, and no allocation is ever made."""
    _, X, y = iris
    model = NNBCDClassifier((6,), loss="squared_error", max_iter=2, solver="full", random_state=0).fit(X, y)
    text = export_c(model, dtype=dtype, X_calibration=None if dtype == "float32" else X)
    for word in ("math.h", "malloc", "sparse", "softmax", "pool", "cut"):
        assert word not in text, word
    assert ("float *network_run" in text) == (dtype == "float32")
    assert "math.h" in export_c(NNBCDClassifier((6,), max_iter=2, solver="full").fit(X, y))


def test_the_format_of_the_weights_is_kept(tmp_path):
    """A low-rank file holds two factors, a sparse one entries, and the bytes of gaps that the network has."""
    rng = np.random.default_rng(0)
    X = rng.standard_normal((80, 300))
    y = X[:, :3].sum(axis=1)
    options = {"max_iter": 2, "solver": "full", "random_state": 0, "compress_output": False}
    thin = NNBCDRegressor((40,), compression="low_rank", rank=2, **options).fit(X, y)
    text = export_c(thin)
    assert "[600]" in text and "[80]" in text and "[12000]" not in text
    sparse = NNBCDRegressor((40,), compression="l0", sparsity=0.9, **options).fit(X, y)
    values, gaps = sparse.network_.coefs[0].arrays
    text = export_c(sparse)
    assert f"network_w0[{len(values)}]" in text and f"uint8_t network_gaps1[{len(gaps)}]" in text
    assert len(values) == 1200 and len(gaps) < 0.7 * 1200
    fast = export_c(sparse, sparse="fast")
    assert "static const uint8_t network_index1[1200]" in fast  # of 40 outputs, not of 300 inputs


def test_bad_parameters(iris):
    model, X, _ = iris
    cases = [
        ({"name": "3d"}, "must be a name in C"),
        ({"name": "while"}, "must be a name in C"),
        ({"sparse": "tiny"}, "'sparse' of export_c"),
        ({"dtype": "int4"}, "'dtype' of export_c"),
        ({"input": "int8"}, "'input' of export_c with dtype='float32'"),
        ({"dtype": "int8", "input": "int16", "X_calibration": X}, "'input' of export_c with dtype='int8'"),
        ({"dtype": "int8"}, "'X_calibration' of export_c must be rows"),
        ({"dtype": "int8", "X_calibration": X[:, :2]}, "must have 4 features"),
        ({"dtype": "int8", "X_calibration": np.full((3, 4), np.nan)}, "NaN"),
        ({"dtype": "int8", "X_calibration": 1e300 * X}, "within the range of float32. Got one of .*e\\+300"),
        ({"X_calibration": X}, "'X_calibration' of export_c must be None for dtype='float32'"),
    ]
    for options, message in cases:
        with pytest.raises(ValueError, match=message):
            export_c(model, **options)
    with pytest.raises(TypeError, match="'out_file' of export_c.*open for text.*mode 'w'"):
        export_c(model, out_file=io.BytesIO())
    halves = NNBCDClassifier((4,), max_iter=2, solver="full").fit(X[:, :2], np.arange(150) % 2 + 0.0)
    halves.targets_.classes[:] = [0.5, 1.5]
    with pytest.raises(ValueError, match="integers or strings as classes"):
        export_c(halves)


def test_numbers_beyond_float32_are_refused(iris):
    _, X, _ = iris
    model = NNBCDRegressor((3,), max_iter=2, solver="full").fit(X, 1e60 * X[:, 0])
    with pytest.raises(ValueError, match="within the range of float32"):
        export_c(model)


@pytest.mark.parametrize("d_in", [6, 7])
def test_given_integers_stay_and_two_of_four_bits_take_one_byte(d_in, tmp_path):
    """Weights that are integers times factors of rows and columns: the same integers are in the file."""
    rng = np.random.default_rng(d_in)
    X = rng.standard_normal((90, d_in)) * 2.0 ** np.arange(d_in)
    y = (X / 2.0 ** np.arange(d_in)).sum(axis=1)
    options = {"max_iter": 2, "solver": "full", "random_state": 0}
    model = NNBCDRegressor((12,), compression="low_rank", rank=2, **options).fit(X, y)
    graph = graph_of(model)
    nodes, given = list(graph.nodes), {}
    for place, node in enumerate(nodes[:3]):
        if isinstance(node, Product):
            levels = rng.integers(-7, 8, node.matrix.shape)
            rows = (
                2.0 ** -np.arange(levels.shape[0]) if place == 1 else rng.uniform(0.5, 2.0, levels.shape[0])
            )
            matrix = rows[:, None] * levels * rng.uniform(0.1, 0.2, levels.shape[1])
            nodes[place] = replace(node, matrix=matrix, levels=Levels(levels, rows))
            given[place] = levels
    graph = replace(graph, nodes=tuple(nodes))
    builder = IntegerBuilder(graph, X, PRECISIONS["int8"])
    found = {operation.place: operation for operation in builder.operations}
    np.testing.assert_array_equal(found[1].weights[0], given[1])
    np.testing.assert_array_equal(found[4].weights[0], given[2])  # with its intercept and its clip
    network = IntegerNetwork(graph, IntegerForm(tuple(builder.operations), builder.scale, "int8"))
    text = integer_c(network, "small", "int8", [])
    assert re.search(rf"uint8_t small_weights\d+\[{2 * ((d_in + 1) // 2)}\]", text)
    compiled = Compiled(text, graph, tmp_path, "small", np.int32)
    assert_integers_equal(compiled, network, network.quantise(X))
    values = graph.values(X, graph.scores)[graph.scores][:, 0]
    assert np.corrcoef(values, network.predict(X))[0, 1] > 0.999


@pytest.mark.parametrize("kind", [NNBCDClassifier, NNBCDRegressor])
def test_bent_columns(kind, tmp_path):
    """Far entries go through asinhf, or for integers through an arc that every machine rounds alike."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(300, 6))
    X[:, [1, 4]] = np.exp(2.0 * X[:, [1, 4]])
    y = np.log(X[:, 1]) + X[:, 0]
    model = kind((8,), max_iter=5, random_state=0).fit(X, y if kind is NNBCDRegressor else y > 0)
    assert model.network_.columns.bend is not None
    text = export_c(model)
    assert "asinhf" in text and "#include <math.h>" in text
    assert_float_agrees(Compiled(text, graph_of(model), tmp_path), model, X)
    T = X.astype(np.float32)
    T[:4, 1], T[:4, 0] = [np.inf, -np.inf, np.nan, 1e38], [0.0, np.nan, 1.0, -np.inf]
    for dtype, least in (("int8", 0.99), ("int16", 0.9999)):  # 1 / 256 and 1 / 65,536 of a range
        network = IntegerNetwork.from_estimator(model, X, dtype)
        name = f"of_{dtype}"  # a library is loaded once
        text = export_c(model, name=name, dtype=dtype, X_calibration=X)
        assert_integers_equal(Compiled(text, network.graph, tmp_path, name, np.int32), network, T)
        values = model.predict(X) if kind is NNBCDRegressor else model.decision_function(X)
        assert np.corrcoef(network.decision_function(X), values)[0, 1] > least


@pytest.mark.parametrize(
    "scalers", [[StandardScaler()], [MinMaxScaler(clip=True)], [StandardScaler(), MinMaxScaler()]]
)
def test_bent_columns_after_scalers(scalers, tmp_path):
    """Scales in front become part of the arcs; with ``activation_bits`` predict and C agree on most rows.

    A scaler of scikit-learn rounds its own way: a value between two integers may be either.
    """
    rng = np.random.default_rng(0)
    X = rng.normal(size=(400, 4)).astype(np.float32)
    X[:, 1] = np.exp(2.0 * X[:, 1])
    y = (np.log(X[:, 1]) + X[:, 0] > 0).astype(int)
    pipeline = make_pipeline(*scalers, NNBCDClassifier((8,), activation_bits=8, max_iter=5, random_state=0))
    pipeline.fit(X[:300], y[:300])
    assert pipeline[-1].network_.columns.bend is not None
    network = IntegerNetwork.from_estimator(pipeline)
    compiled = Compiled(
        export_c(pipeline, name="small", dtype="int8"), network.graph, tmp_path, "small", np.int32
    )
    T = 2.0 * X  # beyond the ends of the scalers, too
    np.testing.assert_array_equal(compiled.scores(T), network.scores(T))
    expected = pipeline[-1].integers_.scores(pipeline[:-1].transform(T))
    step = np.abs(network.scores(T) - expected).max(axis=1)
    assert (step == 0).mean() > 0.97


def test_numbers_that_float32_has_as_zeros_are_refused():
    X = np.random.default_rng(0).normal(size=(60, 3))
    model = NNBCDRegressor((4,), max_iter=5, random_state=0).fit(X, 1e-300 * X[:, 0])
    with pytest.raises(ValueError, match="which would be 0"):
        export_c(model)


def test_arcs_of_c_are_those_of_python_bit_by_bit(tmp_path):
    """Integers of a network hide the last places of an arc; here they are seen."""
    if shutil.which("gcc") is None:
        pytest.skip("needs gcc, to compile what export_c writes")
    file = File("small", weight_bits=8)
    name = helper(file, "arc")
    source, library = tmp_path / "arc.c", tmp_path / "arc.so"
    each = (
        f"void all(const float *x, float *y, int n) {{ for (; n > 0; --n) *y++ = {name}(*x++, 0.5f, 3.0f); }}"
    )
    source.write_text("\n".join(["#include <stdint.h>", *file.own_helpers.values(), each]))
    for flags in (
        ["-O0"],
        ["-O3", "-std=gnu17", "-march=native"],
    ):  # with fused products, where there are any
        subprocess.run(["gcc", *flags, "-shared", "-fPIC", "-o", library, source, "-lm"], check=True)
        size = np.logspace(-8, 37, 20_001)
        X = np.concatenate([-size, size, [0.0, 0.5, np.inf, -np.inf, np.nan]]).astype(np.float32)
        found = np.empty_like(X)
        pointers = [v.ctypes.data_as(ctypes.POINTER(ctypes.c_float)) for v in (X, found)]
        ctypes.CDLL(str(library)).all(*pointers, len(X))
        np.testing.assert_array_equal(found, arc((X - np.float32(0.5)) * np.float32(3.0)))
        library = tmp_path / "fused.so"  # a library is loaded once
