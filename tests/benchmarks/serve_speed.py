# SPDX-License-Identifier: BSD-3-Clause
"""ONNX models of compressed networks: bytes of the file, and time for one row in onnxruntime.

    OMP_NUM_THREADS=1 python tests/benchmarks/serve_speed.py [--rounds 51]

Pipelines of a StandardScaler and a network for tables of the shape of letter (16 columns, 26 classes), of the
digits (64 and 10) and of HAR (561 and 6), float32, one hidden layer of 100; on one thread. How well a network
fits does not matter, so each is fitted on 1,024 random rows for two passes; for bent columns, half of the
columns have an entry far from the rest; networks with ramps have eight for each column. Medians of the
processor's time over rounds in which all take turns, of twenty calls each; beside it the pipeline's own
``predict_proba``, and MLPClassifier as skl2onnx converts it.
"""

import argparse
import statistics
import time
import warnings

import numpy as np
import onnxruntime
from records import write
from skl2onnx import to_onnx
from sklearn.exceptions import ConvergenceWarning
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sklearn_nnbcd import NNBCDClassifier
from sklearn_nnbcd.export import export_onnx

SHAPES = {"letter": (16, 26), "digits": (64, 10), "HAR": (561, 6)}
#: columns up to which a network with ramps is among the others: eight ramps a column
MOST_COLUMNS = 64
NETWORKS = {
    "dense": {},
    "low rank 8": {"compression": "low_rank", "rank": 8},
    "low rank 8, squared error": {"compression": "low_rank", "rank": 8, "loss": "squared_error"},
    "l0, sparsity 0.95": {"compression": "l0", "sparsity": 0.95},
    "l0, sparsity 0.8, 4 bits": {"compression": "l0", "sparsity": 0.8, "bits": 4},
    "tt, share 0.1": {"compression": "tt", "rank": 0.1},
    "tucker, share 0.1": {"compression": "tucker", "rank": 0.1},
    "cp, share 0.1": {"compression": "cp", "rank": 0.1},
    "ternary": {"bits": "ternary"},
    "dense, bent columns": {},
    "dense, ramps": {"column_bins": 8},
    "l0, sparsity 0.8, 4 bits, ramps": {"compression": "l0", "sparsity": 0.8, "bits": 4, "column_bins": 8},
}


def session_of(content):
    """A session on one thread."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    return onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])


def models(n_features, n_classes):
    """Name -> (pipeline, its ONNX model, bytes of its arrays); scikit-learn's MLP by skl2onnx the first."""
    random = np.random.RandomState(0)
    X = random.normal(size=(1024, n_features)).astype(np.float32)
    y, scales, far = np.arange(1024) % n_classes, 8 * n_features, X.copy()
    far[0, ::2] = 100.0
    mlp = make_pipeline(StandardScaler(), MLPClassifier((100,), max_iter=2, random_state=0)).fit(X, y)
    converted = to_onnx(mlp, X[:1], target_opset=17, options={"zipmap": False}).SerializeToString()
    arrays = sum(array.nbytes for array in (*mlp[-1].coefs_, *mlp[-1].intercepts_))
    found = {"MLPClassifier by skl2onnx": (mlp, converted, arrays + scales)}
    for name, options in NETWORKS.items():
        if "ramps" in name and n_features > MOST_COLUMNS:
            continue
        options = {"column_bins": 0} | options
        network = NNBCDClassifier((100,), solver="minibatch", max_iter=2, random_state=0, **options)
        pipeline = make_pipeline(StandardScaler(), network).fit(far if "bent" in name else X, y)
        found[name] = pipeline, export_onnx(pipeline), network.n_bytes_ + scales
    return found


def main():
    """Fit, measure, and write what was found."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--rounds", type=int, default=51)
    rounds = parser.parse_args().rounds
    warnings.simplefilter("ignore", ConvergenceWarning)
    calls, rows = {}, {}
    for shape, size in SHAPES.items():
        row = np.random.RandomState(1).normal(size=(1, size[0])).astype(np.float32)
        for name, (pipeline, content, arrays) in models(*size).items():
            session, key = session_of(content), (shape, name)
            rows[key] = {"bytes": len(content), "bytes_of_arrays": arrays, "share": len(content) / arrays}
            calls[key, "microseconds"] = lambda row=row, session=session: session.run(None, {"X": row})
            calls[key, "in_sklearn"] = lambda row=row, pipeline=pipeline: pipeline.predict_proba(row)
    seconds = {key: [] for key in calls}
    for _ in range(rounds):
        for key, call in calls.items():
            for k in range(24):
                begin = time.process_time()
                call()
                if k >= 4:  # the first ones find the caches full of others
                    seconds[key].append(time.process_time() - begin)
    table = []
    for (shape, name), row in rows.items():
        times = {
            what: statistics.median(seconds[(shape, name), what]) * 1e6
            for what in ("microseconds", "in_sklearn")
        }
        table.append({"table": shape, "network": name} | row | times)
        print(table[-1])
    settings = {"rounds": rounds, "calls": 20, "threads": 1}
    print(write("serve_speed", settings, table, libraries=("onnxruntime", "onnx", "skl2onnx")))


if __name__ == "__main__":
    main()
