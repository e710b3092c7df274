# SPDX-License-Identifier: BSD-3-Clause
"""Every format with every activation, loss, task and precision as ONNX: what CI does in part.

    python tests/fuzz/onnx_matrix.py

Prints each case that is not equal (labels; numbers to 1e-6 in float32, 1e-12 in float64), and counts.
"""

import itertools
import sys
import warnings
from pathlib import Path

import numpy as np

TESTS = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(TESTS / "export"), str(TESTS / "support")]

from test_onnx import assert_agrees, targets_for

from sklearn_nnbcd.activations import ACTIVATIONS
from sklearn_nnbcd.compressions import COMPRESSIONS
from sklearn_nnbcd.export import export_onnx
from sklearn_nnbcd.losses import LOSSES


def main():
    """All cases; the exit status says whether one is not equal."""
    random = np.random.RandomState(0)
    X = random.normal(size=(80, 12))
    scores = X[:40] @ random.normal(size=(12, 3)) + 0.1 * random.normal(size=(40, 3))
    counts = {"equal": 0, "not fitted": 0, "not equal": 0}
    cases = itertools.product([None, *COMPRESSIONS], ACTIVATIONS, LOSSES, ("float32", "float64"))
    for compression, activation, loss, dtype in cases:
        rows, new, numbers = (array.astype(dtype) for array in (X[:40], X[40:], scores))
        options = {"compression": compression, "activation": activation, "loss": loss, "max_iter": 1}
        options |= {} if compression is None else {"compress_output": True}
        for kind, targets in targets_for(loss, numbers):
            try:
                model = kind((9, 6), **options, random_state=0).fit(rows, targets)
            except ValueError as refusal:
                counts["not fitted"] += 1
                print(options, dtype, refusal)
                continue
            try:
                assert_agrees(model, export_onnx(model), new)
                counts["equal"] += 1
            except AssertionError as difference:
                counts["not equal"] += 1
                print(options, dtype, kind.__name__, " ".join(str(difference).split())[:300], flush=True)
    print(counts)
    return counts["not equal"]


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    sys.exit(main() > 0)
