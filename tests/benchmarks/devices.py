# SPDX-License-Identifier: BSD-3-Clause
"""Networks on an emulated Cortex-M beside what emlearn and m2cgen make of other models.

    SKLEARN_NNBCD_DATA=... python tests/benchmarks/devices.py [--tables har letter digits mnist]

Rows of tables that are not asked for stay as they were.

Needs the extra ``bench``, gcc-arm-none-eabi, libnewlib-arm-none-eabi and qemu-system-arm. Every model is
compiled by the same compiler with -O2 and linked without what it does not use; flash and RAM are what it
adds to an empty program, stack included in RAM. Instructions are counted by QEMU on 100 test rows, whose
labels are compared with those of the model in Python. Accuracy is that of what is compiled, on all test rows.

Settings are those of a person who has a few kilobytes and tried nothing: one size for each table, the first
seed. What is not said is at its default, but for columns, which are neither bent nor cut into bins unless
ramps are named. Integer networks read integers and get their ranges from all training rows; emlearn's MLP
reads rows that are standardised already, and its trees int16.
"""

import argparse
import sys
import tempfile
import warnings
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from records import RESULTS, ROOT, read, write
from sklearn.ensemble import ExtraTreesClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from table_sets import Split, load

from sklearn_nnbcd import NNBCDClassifier
from sklearn_nnbcd.datasets import fetch_mnist
from sklearn_nnbcd.export import IntegerNetwork, export_c

sys.path.insert(0, str(ROOT / "tests" / "support"))
from cortex import Run, cortex

N_ROWS, MNIST_ROWS = 100, 10_000


class Compiled(NamedTuple):
    """C of a model: its text with ``int rival_predict(const TYPE *x)``, rows, labels, accuracy and flags."""

    text: str
    rows: np.ndarray
    labels: np.ndarray
    accuracy: float
    options: tuple = ()


#: table -> (network's parameters, widths of the rival MLP, leaves of each of ten trees)
SETTINGS: dict[str, tuple[dict[str, dict[str, Any]], tuple, int]] = {
    "har": (
        {
            "(64,), rank 6": {"hidden_layer_sizes": (64,), "compression": "low_rank", "rank": 6},
            "(16,)": {"hidden_layer_sizes": (16,)},
        },
        (16,),
        60,
    ),
    "letter": (
        {
            "(64,)": {"hidden_layer_sizes": (64,), "loss": "cross_entropy"},
            "(64,), ramps": {"hidden_layer_sizes": (64,), "loss": "cross_entropy", "column_bins": 4},
            "(256,), l0 0.5": {
                "hidden_layer_sizes": (256,),
                "compression": "l0",
                "sparsity": 0.5,
                "loss": "cross_entropy",
            },
        },
        (64,),
        200,
    ),
    "digits": ({"(24,)": {"hidden_layer_sizes": (24,)}}, (24,), 40),
    "mnist": (
        {
            "(128,), l0 0.96": {"hidden_layer_sizes": (128,), "compression": "l0", "sparsity": 0.96},
            "(64,), rank 8": {"hidden_layer_sizes": (64,), "compression": "low_rank", "rank": 8},
        },
        (16,),
        100,
    ),
}


def table(name: str) -> Split:
    """Rows of a table; of MNIST the first 10,000 training rows."""
    if name != "mnist":
        return load(name, 0)
    (X, y), (T, t) = (fetch_mnist(subset=part, return_X_y=True) for part in ("train", "test"))
    X, T = (A.reshape(len(A), -1).astype(np.float32) for A in (X, T))
    return Split(name, X[:MNIST_ROWS], y[:MNIST_ROWS], T, t)


def ours(model: Any, data: Split, dtype: str, sparse: str = "small") -> Compiled:
    """A network of ours."""
    classes = model[-1].classes_
    if dtype == "float32":
        rows, labels = data.T, model.predict(data.T)
        text = export_c(model, name="network", sparse=sparse)
    else:
        network = IntegerNetwork.from_estimator(model, data.X, dtype)
        rows = network.quantise(data.T)
        labels = network.predict(rows)
        options = {"dtype": dtype, "input": dtype, "X_calibration": data.X}
        text = export_c(model, name="network", sparse=sparse, **options)
    kind = {"float32": "float", "int8": "int8_t"}[dtype]
    numbers = labels if classes.dtype.kind not in "UO" else np.searchsorted(classes, labels)
    text += f"\nint rival_predict(const {kind} *x) {{ return network_predict(x); }}\n"
    return Compiled(text, rows[:N_ROWS], numbers[:N_ROWS], float((labels == data.t).mean()))


def with_emlearn(model: Any, data: Split, *, scaled: bool) -> Compiled:
    """An MLP on standardised rows in float32, or trees on int16, by emlearn."""
    with np.errstate():
        import emlearn  # which makes NumPy raise, for everybody

    rows = _standardised(data) if scaled else _int16(data)
    model.fit(rows[0], _codes(data)[0])
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "model.h"
        emlearn.convert(model, method="inline").save(file=str(file), name="model")
        text = file.read_text()
    kind, n = ("float" if scaled else "int16_t"), rows[0].shape[1]
    text += f"\nint rival_predict(const {kind} *x) {{ return model_predict(x, {n}); }}\n"
    options = ("-std=gnu99", "-w", "-I", emlearn.includedir)
    labels = model.predict(rows[1]) if scaled else _votes(model, rows[1])
    return _rival(labels, data, rows[1], text, options)


def _votes(forest: Any, X: np.ndarray) -> np.ndarray:
    """The class that most trees name, as emlearn's do; those of scikit-learn add up probabilities."""
    named = np.stack([tree.predict(X).astype(int) for tree in forest.estimators_])
    return np.stack([(named == k).sum(axis=0) for k in range(len(forest.classes_))]).argmax(axis=0)


def with_m2cgen(model: Any, data: Split) -> Compiled:
    """A linear model on standardised rows in float64, by m2cgen."""
    import m2cgen

    sys.setrecursionlimit(20_000)  # a sum of 561 products is 561 levels deep there
    rows = _standardised(data)
    model.fit(rows[0], _codes(data)[0])
    n, k = rows[0].shape[1], len(model.classes_)
    text = m2cgen.export_to_c(model) + (
        f"\nint rival_predict(const float *x) {{\n    double v[{n}], out[{k}];\n    int i, best = 0;\n"
        f"    for (i = 0; i < {n}; ++i) v[i] = x[i];\n    score(v, out);\n"
        f"    for (i = 1; i < {k}; ++i) if (out[i] > out[best]) best = i;\n    return best;\n}}\n"
    )
    return _rival(model.predict(rows[1]), data, rows[1], text, ("-std=gnu99", "-w"))


def _rival(labels: np.ndarray, data: Split, rows: np.ndarray, text: str, options: tuple) -> Compiled:
    accuracy = float((labels == _codes(data)[1]).mean())
    return Compiled(text, rows[:N_ROWS], labels[:N_ROWS], accuracy, options)


def _codes(data: Split) -> list[np.ndarray]:
    classes = np.unique(data.y)
    return [np.searchsorted(classes, y) for y in (data.y, data.t)]


def _standardised(data: Split) -> list[np.ndarray]:
    scaler = StandardScaler().fit(data.X)
    return [scaler.transform(X).astype(np.float32) for X in (data.X, data.T)]


def _int16(data: Split) -> list[np.ndarray]:
    factor = 16000.0 / np.abs(data.X).max()  # emlearn rounds thresholds down
    return [np.rint(factor * X).astype(np.int16) for X in (data.X, data.T)]


def measured(made: Compiled) -> tuple[Run, Run]:
    """On both chips."""
    kind = {"float32": "float", "int8": "int8_t", "int16": "int16_t"}[str(made.rows.dtype)]
    prototype = f"int rival_predict(const {kind} *x);"
    with tempfile.TemporaryDirectory() as folder:
        runs = [
            cortex(
                *(chip, made.text, made.rows, made.labels, folder),
                predict="rival_predict",
                prototype=prototype,
                options=made.options,
            )
            for chip in ("m4", "m3")
        ]
    return runs[0], runs[1]


def contestants(data: Split):
    """(what, by which tool, its C)."""
    networks, widths, leaves = SETTINGS[data.name]
    for name, options in networks.items():
        defaults = {"loss": "squared_error", "compress_output": "compression" in options}
        # bent columns would cost a root each, and ramps weights of their own
        defaults |= {"bend_columns": False, "column_bins": 0, "random_state": 0}
        model = make_pipeline(StandardScaler(), NNBCDClassifier(**(defaults | options)))
        model.fit(data.X, data.y)
        for dtype in ("float32", "int8"):
            yield f"NN-BCD {name}", f"export_c, {dtype}", ours(model, data, dtype)
        if options.get("compression") == "l0":
            yield f"NN-BCD {name}", "export_c, int8, fast", ours(model, data, "int8", sparse="fast")
    mlp = MLPClassifier(widths, random_state=0)
    yield f"MLP {widths}", "emlearn, float32", with_emlearn(mlp, data, scaled=True)
    trees = ExtraTreesClassifier(10, max_leaf_nodes=leaves, random_state=0)
    yield f"10 extra trees, {leaves} leaves", "emlearn, int16", with_emlearn(trees, data, scaled=False)
    linear = LogisticRegression(max_iter=200)
    yield "logistic regression", "m2cgen, float64", with_m2cgen(linear, data)


def _before() -> list[dict[str, Any]]:
    """Rows of an earlier run."""
    return read("devices")["rows"] if (RESULTS / "devices.json").is_file() else []


def main() -> None:
    """Fit, compile, run, and write what was found."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--tables", nargs="+", default=list(SETTINGS), choices=list(SETTINGS))
    asked = parser.parse_args().tables
    rows = [row for row in _before() if row["table"] not in asked]
    for name in asked:
        data = table(name)
        for what, tool, made in contestants(data):
            m4, m3 = measured(made)
            rows.append(
                {
                    "table": name,
                    "model": what,
                    "tool": tool,
                    "accuracy": made.accuracy,
                    "flash": m4.flash,
                    "ram": m4.ram + m4.stack,
                    "m4": m4.instructions,
                    "m3": m3.instructions,
                    "wrong": max(m4.wrong, m3.wrong),
                }
            )
            print(rows[-1], flush=True)
    rows.sort(key=lambda row: list(SETTINGS).index(row["table"]))
    print(write("devices", {"rows": N_ROWS, "MNIST rows": MNIST_ROWS}, rows, libraries=("emlearn", "m2cgen")))


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    main()
