# SPDX-License-Identifier: BSD-3-Clause
"""Random fitted networks through every exporter: equal or refused.

    python tests/fuzz/exports.py 0 500 found.jsonl       seeds 0 ... 499; what is wrong goes to the file

Each seed's network goes out as C in float32 and in integers (int8 and int16 in turn; also by an estimator
with ``activation_bits``), as ONNX, and as a file of ``save_network``. What float32 may differ by is eight
times what it costs the estimator itself, but 1e-5 (C) and 1e-6 (ONNX) of the largest output at least. C may
refuse numbers that float32 does not have, and overflow where an output is beyond them.
"""

import copy
import io
import json
import sys
import tempfile
import traceback
import warnings
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))

from compiled import Compiled
from random_networks import random_network

from sklearn_nnbcd.export import IntegerNetwork, export_c, export_onnx, graph_of, load_network, save_network
from sklearn_nnbcd.integers import quantize_activations

#: shares of the largest output
LEAST = {"C": 1e-5, "ONNX": 1e-6}


def run_seed(seed):
    """What is wrong with the exports of a seed's network, in words; None where nothing was fitted."""
    try:
        model, X, text = random_network(seed)
    except pytest.skip.Exception:
        return None
    graph, found = graph_of(model), []
    checks = (in_c, in_integers, as_estimator, in_onnx, in_a_file)
    for check in checks:
        try:
            with tempfile.TemporaryDirectory() as folder:
                found += [f"{check.__name__}: {what}" for what in check(seed, model, graph, X, folder)]
        except Exception:
            found.append(f"{check.__name__}: {traceback.format_exc(limit=-3)}")
    return [f"{what} [{text}]" for what in found]


def outputs(model, graph, X):
    """Predictions of numbers, or decision values of classes, in float64."""
    function = model.predict if graph.task == "numbers" else model.decision_function
    return np.asarray(function(X), dtype=np.float64).reshape(len(X), -1)


def allowed(model, graph, X, kind):
    """Largest difference of outputs."""
    own = outputs(model, graph, X)
    exact = replace(graph, dtype=np.dtype(np.float64)).values(X.astype(np.float64), graph.scores)
    share = np.abs(graph.values(X, graph.scores)[graph.scores] - exact[graph.scores]).max()
    share /= max(np.abs(exact[graph.scores]).max(), 1e-6)
    least = LEAST[kind] if kind == "C" or graph.dtype == np.float32 else 1e-12
    return max(least, 8.0 * float(share)) * max(np.abs(own).max(), 1.0)


def in_c(seed, model, graph, X, folder):
    try:
        compiled, rows = Compiled(export_c(model), graph, folder), X.astype(np.float32)
    except ValueError as refusal:
        if "within the range of float32" not in str(refusal):
            raise
        return
    given = compiled.predict(rows) if graph.task == "numbers" else compiled.scores(rows)
    expected = outputs(model, graph, rows)
    inside = np.abs(expected) <= np.finfo(np.float32).max
    difference = np.abs((given.reshape(len(X), -1) - expected)[inside]).max(initial=0.0)
    if not difference <= (room := 2.0 * allowed(model, graph, rows, "C")):
        yield f"differs by {difference:.2g}, allowed {room:.2g}"
    if graph.task != "numbers":
        difference = np.abs(compiled.proba(rows) - model.predict_proba(rows)).max()
        if not difference <= room:
            yield f"probabilities differ by {difference:.2g}, allowed {room:.2g}"


def in_integers(seed, model, graph, X, folder):
    dtype = ("int8", "int16")[seed % 2]
    try:
        network = IntegerNetwork.from_estimator(model, X[:20], dtype)
    except ValueError as refusal:
        if "Use dtype='float32'" not in str(refusal):
            yield f"refused by {refusal}"
        return
    text = export_c(model, name="small", dtype=dtype, X_calibration=X[:20])
    compiled, rows = Compiled(text, graph, folder, "small", np.int32), X.astype(np.float32)
    yield from unequal(compiled, network, rows, network.scores(rows))


def as_estimator(seed, model, graph, X, folder):
    last = model[-1] if hasattr(model, "steps") else model
    rows = (model[:-1].transform(X) if hasattr(model, "steps") else X).astype(np.float32)
    try:
        small = quantize_activations(last, rows[:20], (16, 8)[seed % 2])
    except ValueError as refusal:
        if "activation_bits=None" not in str(refusal):
            yield f"refused by {refusal}"
        return
    compiled = Compiled(export_c(small, name="own"), graph_of(small), folder, "own", np.int32)
    yield from unequal(compiled, small, rows, small.integers_.scores(rows))
    file = io.BytesIO()
    save_network(small, file)
    if not np.array_equal(outputs(load_network(file), graph, rows), outputs(small, graph, rows)):
        yield "a file changes the integers"


def unequal(compiled, network, rows, scores):
    """What of the device is not what Python computes."""
    if compiled.graph.task != "numbers" and not np.array_equal(compiled.scores(rows), scores):
        yield "integers differ"
    given, expected = compiled.predict(rows), network.predict(rows)
    close = compiled.graph.task == "numbers"  # exp of a Poisson loss, in single precision
    expected = expected.astype(np.float32) if close else expected
    if not (np.allclose(given, expected, rtol=1e-6, atol=0) if close else np.array_equal(given, expected)):
        yield "predictions differ"


def in_onnx(seed, model, graph, X, folder):
    import onnxruntime

    session = onnxruntime.InferenceSession(export_onnx(model), providers=["CPUExecutionProvider"])
    rows = X.astype(graph.dtype)
    found = session.run(None, {"X": rows})
    room = allowed(model, graph, rows, "ONNX")
    if graph.task == "numbers":
        difference = np.abs(found[0] - outputs(model, graph, rows).reshape(found[0].shape)).max()
    else:
        difference = np.abs(found[1] - model.predict_proba(rows)).max()
        if found[0].tolist() != np.asarray(model.predict(rows)).tolist():
            yield "labels differ"
    if not difference <= room:
        yield f"differs by {difference:.2g}, allowed {room:.2g}"


def in_a_file(seed, model, graph, X, folder):
    last, file = copy.copy(model[-1] if hasattr(model, "steps") else model), io.BytesIO()
    save_network(last, file)
    rows = model[:-1].transform(X) if hasattr(model, "steps") else X
    if not np.array_equal(outputs(load_network(file), graph, rows), outputs(last, graph, rows)):
        yield "a file changes outputs"


def main(first, last, path):
    """All seeds; a line a fault, and counts at the end."""
    counts = {"fitted": 0, "not fitted": 0, "wrong": 0}
    with open(path, "a", encoding="utf-8") as file:
        for seed in range(first, last):
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                found = run_seed(seed)
            counts["not fitted" if found is None else "fitted"] += 1
            counts["wrong"] += bool(found)
            for what in found or ():
                file.write(json.dumps({"seed": seed, "what": what}) + "\n")
                file.flush()
            if seed % 25 == 24:
                print(seed + 1, counts, flush=True)
    print(counts)


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), sys.argv[3])
