# SPDX-License-Identifier: BSD-3-Clause
"""Networks on an emulated Cortex-M3 and M4: every row right, in no more flash, memory and time than said.

Ceilings are a tenth above what was measured with GCC 12: they catch what grows, not compilers. ``.ci/run``
installs the tools by apt where they are absent.
"""

import numpy as np
import pytest
from cortex import cortex, missing_tools
from sklearn.datasets import load_digits, load_iris
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sklearn_nnbcd import NNBCDClassifier
from sklearn_nnbcd.datasets import fetch_har
from sklearn_nnbcd.export import IntegerNetwork, export_c
from sklearn_nnbcd.layers import AveragePool2D, Conv2D, Dense, Residual

MISSING = missing_tools()
PACKAGES = "gcc-arm-none-eabi libnewlib-arm-none-eabi qemu-system-arm"
pytestmark = [
    pytest.mark.skipif(bool(MISSING), reason=f"needs {', '.join(MISSING)}: apt-get install {PACKAGES}"),
    # three passes make weights to compute with, not good ones
    pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning"),
]
N_ROWS = 60

NETWORKS = {
    "dense": {"hidden_layer_sizes": (16,)},
    "low_rank": {"hidden_layer_sizes": (32,), "compression": "low_rank", "rank": 4},
    "tt": {"hidden_layer_sizes": (32,), "compression": "tt", "rank": 4},
    "l0": {"hidden_layer_sizes": (32,), "compression": "l0", "sparsity": 0.8},
    "cp": {"hidden_layer_sizes": (32,), "compression": "cp", "rank": 4, "activation": "tanh"},
    "conv": {"layers": [Conv2D(4, 3), AveragePool2D(2), Dense(12)], "input_shape": (8, 8, 1)},
    "residual": {"layers": [Dense(16), Residual([Dense(16), Dense(16)])], "activation": "leaky_relu"},
}
#: (network, dtype, chip): bytes of flash and of static memory, instructions a row
CEILINGS = {
    ("dense", "float32", "m4"): (5560, 120, 8290),
    ("dense", "int8", "m3"): (1870, 70, 6640),
    ("low_rank", "float32", "m3"): (4950, 210, 57860),
    ("low_rank", "int8", "m4"): (1590, 90, 3600),
    ("low_rank", "int16", "m4"): (2240, 130, 3290),
    ("tt", "float32", "m4"): (3980, 570, 10740),
    ("tt", "int8", "m3"): (2460, 190, 13090),
    ("l0", "int8", "m4"): (1630, 170, 13360),
    ("l0", "int16", "m3"): (2410, 202, 12520),
    ("cp", "int8", "m3"): (2030, 140, 5840),
    ("conv", "int8", "m4"): (1510, 200, 16120),
    ("residual", "int8", "m3"): (3960, 90, 11750),
}


@pytest.fixture(scope="module")
def models():
    """Name -> fitted network, and rows; fitted when it is first asked for."""
    X, y = load_digits(return_X_y=True)
    fitted = {}

    def get(name):
        if name not in fitted:
            options = {"loss": "squared_error", "max_iter": 3, "random_state": 0}
            options |= {"bend_columns": False, "column_bins": 0}
            options |= NETWORKS[name]
            fitted[name] = make_pipeline(StandardScaler(), NNBCDClassifier(**options)).fit(X[:1000], y[:1000])
        return fitted[name], X.astype(np.float32)

    return get


@pytest.mark.parametrize("name, dtype, chip", CEILINGS)
def test_networks(name, dtype, chip, models, tmp_path):
    model, X = models(name)
    rows = X[1000 : 1000 + N_ROWS]
    labels = model.predict(rows)
    options = {}
    if dtype != "float32":
        network = IntegerNetwork.from_estimator(model, X[:1000], dtype)
        rows = network.quantise(rows)
        labels = network.predict(rows)
        options = {"dtype": dtype, "input": dtype, "X_calibration": X[:1000]}
    run = cortex(chip, export_c(model, **options), rows, labels, tmp_path)
    assert run.wrong == 0
    flash, ram, instructions = CEILINGS[name, dtype, chip]
    assert run.flash <= flash and run.ram <= ram and run.instructions <= instructions, run
    assert run.stack <= 400, run


@pytest.mark.parametrize("dtype, bits", [("float32", None), ("int8", None), ("int8", 4), ("int16", 4)])
def test_an_index_for_each_entry_is_faster_and_larger(dtype, bits, tmp_path):
    """With the same results: of many columns by outputs, of few by inputs."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(300, 40)).astype(np.float32)
    y = (X[:, :4].sum(axis=1) > 0).astype(int)
    options = {"bend_columns": False, "column_bins": 0, "max_iter": 5, "random_state": 0}
    options |= {"compression": "l0", "sparsity": 0.8, "compress_output": True, "bits": bits}
    model, rows = NNBCDClassifier((30,), **options).fit(X, y), X[:20]
    labels, options = model.predict(rows), {}
    if dtype != "float32":
        network = IntegerNetwork.from_estimator(model, X, dtype)
        rows, labels = network.quantise(rows), network.predict(rows)
        options = {"dtype": dtype, "input": dtype, "X_calibration": X}
    small, fast = (
        cortex("m4", export_c(model, sparse=sparse, **options), rows, labels, tmp_path)
        for sparse in ("small", "fast")
    )
    assert small.wrong == fast.wrong == 0
    assert small.flash < fast.flash and small.instructions > fast.instructions


#: (dtype, chip) of a network of which two of six columns are bent: as above
BENT_CEILINGS = {
    ("float32", "m4"): (3690, 1260, 1220),  # with asinhf comes errno, a kilobyte of newlib's
    ("float32", "m3"): (5620, 1260, 15540),
    ("int8", "m4"): (1265, 40, 1430),
    ("int8", "m3"): (2820, 40, 5130),
}


@pytest.fixture(scope="module")
def bent():
    """A network that reads columns with far entries, and new rows."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(400, 6))
    X[:, [1, 4]] = np.exp(2.0 * X[:, [1, 4]])
    y = (np.log(X[:, 1]) + X[:, 0] > 0).astype(int) + (X[:, 2] > 0)
    X = X.astype(np.float32)
    model = NNBCDClassifier((12,), max_iter=20, random_state=0).fit(X[:300], y[:300])
    assert model.network_.columns.bend.columns.tolist() == [1, 4]
    return model, X[:300], X[300:]


@pytest.mark.parametrize("dtype, chip", BENT_CEILINGS)
def test_bent_columns(dtype, chip, bent, tmp_path):
    """Numbers come in, and the device bends them itself."""
    model, X, rows = bent
    labels, options = model.predict(rows), {}
    if dtype != "float32":
        labels = IntegerNetwork.from_estimator(model, X, dtype).predict(rows)
        options = {"dtype": dtype, "X_calibration": X}
    run = cortex(chip, export_c(model, **options), rows, labels, tmp_path)
    assert run.wrong == 0
    flash, ram, instructions = BENT_CEILINGS[dtype, chip]
    assert run.flash <= flash and run.ram <= ram and run.instructions <= instructions, run
    assert run.stack <= 400, run


#: (dtype, bits, chip) of a network of four columns with eight ramps each: as above
RAMP_CEILINGS = {
    ("float32", None, "m4"): (2680, 212, 3820),
    ("float32", None, "m3"): (4110, 212, 41460),
    ("float32", 4, "m3"): (3970, 207, 38300),  # ends of bins as integers
    ("int8", None, "m4"): (1760, 53, 3000),
    ("int8", 4, "m3"): (3090, 53, 12850),
}


@pytest.mark.parametrize("dtype, bits, chip", RAMP_CEILINGS)
def test_ramps(dtype, bits, chip, tmp_path):
    """Columns in unlike units, cut into bins; the device makes the ramps."""
    rng = np.random.default_rng(0)
    X = (rng.normal(size=(400, 4)) * [1.0, 10.0, 0.01, 1.0] + [0.0, 300.0, 0.0, 2.0]).astype(np.float32)
    y = (np.abs(X[:, 0]) > 0.7).astype(int) + (X[:, 1] > 300.0)
    model = NNBCDClassifier((12,), column_bins=8, bits=bits, max_iter=20, random_state=0)
    model.fit(X[:300], y[:300])
    ramps, rows = model.network_.columns.ramps, X[300:]
    assert ramps.bins.min() >= 7 and (ramps.powers is not None) == (bits is not None)
    labels, options = model.predict(rows), {}
    if dtype != "float32":
        labels = IntegerNetwork.from_estimator(model, X[:300], dtype).predict(rows)
        options = {"dtype": dtype, "X_calibration": X[:300]}
    run = cortex(chip, export_c(model, **options), rows, labels, tmp_path)
    assert run.wrong == 0
    flash, ram, instructions = RAMP_CEILINGS[dtype, bits, chip]
    assert run.flash <= flash and run.ram <= ram and run.instructions <= instructions, run
    assert run.stack <= 400, run


def test_har(data_home, tmp_path):
    """Activities of new people from 561 columns: .964 in 5.5 kB and 35,000 instructions, on all rows."""
    (X_train, y_train), (X, y) = (
        fetch_har(data_home=data_home, subset=part, return_X_y=True) for part in ("train", "test")
    )
    options = {"compression": "low_rank", "rank": 6, "compress_output": True, "loss": "squared_error"}
    network = NNBCDClassifier((64,), **options, bend_columns=False, column_bins=0, random_state=0)
    model = make_pipeline(StandardScaler(), network).fit(X_train, y_train)
    integers = IntegerNetwork.from_estimator(model, X_train)
    rows = integers.quantise(X.astype(np.float32))
    labels = integers.predict(rows)
    assert (labels == y).mean() >= 0.964
    text = export_c(model, dtype="int8", input="int8", X_calibration=X_train)
    for chip in ("m3", "m4"):
        run = cortex(chip, text, rows, labels, tmp_path)
        assert run.wrong == 0
        assert run.flash <= 5500 and run.instructions <= 35_000, run


def test_pairs_are_multiplied_at_once_where_the_chip_can(models, tmp_path):
    """The path for the Cortex-M4 takes fewer instructions than plain C there, with the same results."""
    model, X = models("dense")
    network = IntegerNetwork.from_estimator(model, X[:1000])
    rows = network.quantise(X[1000:1020])
    text = export_c(model, dtype="int8", input="int8", X_calibration=X[:1000])
    options = ([], ["-DNETWORK_PORTABLE"])
    fast, plain = (cortex("m4", text, rows, network.predict(rows), tmp_path, options=o) for o in options)
    assert fast.wrong == plain.wrong == 0
    assert fast.instructions < 0.8 * plain.instructions


def test_numbers_as_inputs_and_names_of_classes(tmp_path):
    """An int8 network that reads float32 with a grid for every column, on a chip without floating point."""
    X, y = load_iris(return_X_y=True)
    X = (X * [1.0, 10.0, 100.0, 1000.0]).astype(np.float32)
    names = np.array(["setosa", "versicolor", "virginica"])
    model = NNBCDClassifier((8,), max_iter=5, solver="full", random_state=0).fit(X, names[y])
    network = IntegerNetwork.from_estimator(model, X)
    places = np.searchsorted(names, network.predict(X))
    run = cortex("m3", export_c(model, dtype="int8", X_calibration=X), X, places, tmp_path)
    assert run.wrong == 0
