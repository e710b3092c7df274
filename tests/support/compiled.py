# SPDX-License-Identifier: BSD-3-Clause
"""Generated C as Python functions: compiled with every warning as an error, called through ctypes."""

import ctypes
import re
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest

FLAGS = ("-std=c99", "-Wall", "-Wextra", "-Werror", "-O1", "-shared", "-fPIC")


class Compiled:
    """The file of :func:`sklearn_nnbcd.export.export_c`, as functions of rows.

    Parameters
    ----------
    text : str
        C99.
    graph : Graph
        What it was made of.
    folder : Path
        For the file and the library.
    name : str, default="network"
    score_type : dtype, default=np.float32
        Of scores: int32 for integer networks.
    """

    def __init__(self, text, graph, folder, name="network", score_type=np.float32):
        if shutil.which("gcc") is None:
            pytest.skip("needs gcc, to compile what export_c writes")
        self.graph, self.name, self.score_type = graph, name, score_type
        inputs = re.search(rf"#define {name.upper()}_INPUTS (\d+)", text)
        self.n_inputs = int(inputs[1]) if inputs else graph.n_features
        source, library = Path(folder) / f"{name}.c", Path(folder) / f"{name}.so"
        source.write_text(text, encoding="ascii")
        command = ["gcc", *FLAGS, "-o", str(library), str(source), "-lm"]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        self.library = ctypes.CDLL(str(library))

    def _each(self, function, X, width, dtype):
        """``function(row, out)`` for every row."""
        out = np.zeros((len(X), width), dtype=dtype)
        call = getattr(self.library, f"{self.name}_{function}")
        call.restype = None
        for row, result in zip(np.ascontiguousarray(X), out, strict=True):
            call(_pointer(row), _pointer(result))
        return out

    def scores(self, X):
        """Scores of shape (n, n_outputs)."""
        return self._each("scores", X, self.graph.n_outputs, self.score_type)

    def proba(self, X):
        """Probabilities of shape (n, n_classes)."""
        return self._each("proba", X, self.graph.nodes[self.graph.probabilities].size, np.float32)

    def quantise(self, X, dtype):
        """Rows as integers."""
        return self._each("quantise", X.astype(np.float32), self.n_inputs, dtype)

    def predict(self, X):
        """Predictions as the estimator gives them."""
        if self.graph.task == "indicators":
            return self._each("predict", X, self.graph.n_outputs, np.uint8)
        if self.graph.task == "numbers" and not self.graph.one_column:
            return self._each("predict", X, self.graph.n_outputs, np.float32)
        call = getattr(self.library, f"{self.name}_predict")
        call.restype = ctypes.c_float if self.graph.task == "numbers" else ctypes.c_int32
        values = [call(_pointer(row)) for row in np.ascontiguousarray(X)]
        if self.graph.task == "numbers":
            return np.asarray(values, dtype=np.float32)
        if self.graph.classes.dtype.kind in "UO":
            n = len(self.graph.classes)
            table = (ctypes.c_char_p * n).in_dll(self.library, f"{self.name}_classes")
            return np.asarray([table[value].decode() for value in values])
        return np.asarray(values)


def _pointer(array):
    return array.ctypes.data_as(ctypes.c_void_p)
