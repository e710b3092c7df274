# SPDX-License-Identifier: BSD-3-Clause
"""ONNX models of compressed networks: bytes of the file, and time for one row in onnxruntime.

    OMP_NUM_THREADS=1 python tests/benchmarks/serve_speed.py [--rounds 1001]

Pipelines of a StandardScaler and a network for tables of the shape of HAR (561 columns, 6 classes) and of the
digits (64 columns, 10 classes), float32, one hidden layer of 100; on one thread. How well a network fits does
not matter, so each is fitted on 512 random rows for two passes. Medians over rounds in which all take turns.
"""

import argparse
import statistics
import time

import numpy as np
import onnxruntime
from records import write
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sklearn_nnbcd import NNBCDClassifier
from sklearn_nnbcd.export import export_onnx

SHAPES = {"digits": (64, 10), "HAR": (561, 6)}
NETWORKS = {
    "dense": {},
    "low rank 8": {"compression": "low_rank", "rank": 8},
    "low rank 8, squared error": {"compression": "low_rank", "rank": 8, "loss": "squared_error"},
    "l0, sparsity 0.95": {"compression": "l0", "sparsity": 0.95},
    "tt, share 0.1": {"compression": "tt", "rank": 0.1},
    "tucker, share 0.1": {"compression": "tucker", "rank": 0.1},
    "cp, share 0.1": {"compression": "cp", "rank": 0.1},
}


def session_of(content):
    """A session on one thread."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    return onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])


def main():
    """Fit, measure, and write what was found."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--rounds", type=int, default=1001)
    rounds = parser.parse_args().rounds
    random, calls, sizes = np.random.RandomState(0), {}, {}
    for shape, (n_features, n_classes) in SHAPES.items():
        X = random.normal(size=(512, n_features)).astype(np.float32)
        y, row = np.arange(512) % n_classes, X[:1]
        mlp = make_pipeline(StandardScaler(), MLPClassifier((100,), max_iter=2)).fit(X, y)
        calls[shape, "MLPClassifier in scikit-learn"] = lambda row=row, mlp=mlp: mlp.predict_proba(row)
        for name, options in NETWORKS.items():
            network = NNBCDClassifier((100,), solver="minibatch", max_iter=2, random_state=0, **options)
            model = make_pipeline(StandardScaler(), network).fit(X, y)
            content = export_onnx(model)
            session = session_of(content)
            calls[shape, name] = lambda row=row, session=session: session.run(None, {"X": row})
            sizes[shape, name] = len(content), network.n_bytes_ + 8 * n_features
    seconds = {key: [] for key in calls}
    for k in range(rounds + 10):
        for key, call in calls.items():
            begin = time.perf_counter()
            call()
            if k >= 10:
                seconds[key].append(time.perf_counter() - begin)
    table = []
    for (shape, name), found in seconds.items():
        row = {"table": shape, "network": name, "microseconds": statistics.median(found) * 1e6}
        if (shape, name) in sizes:
            file, arrays = sizes[shape, name]
            row |= {"bytes": file, "bytes_of_arrays": arrays, "share": file / arrays}
        print(row)
        table.append(row)
    print(write("serve_speed", {"rounds": rounds, "threads": 1}, table, libraries=("onnxruntime", "onnx")))


if __name__ == "__main__":
    main()
