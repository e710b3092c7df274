# SPDX-License-Identifier: BSD-3-Clause
"""What a network of the fuzzer becomes elsewhere, in files, C and ONNX; and fits of sparse and Dask rows."""

import functools
import io
import shutil
import tempfile
from importlib.util import find_spec
from typing import Any

import numpy as np
from compiled import Compiled
from scipy import sparse
from sklearn.base import clone

from sklearn_nnbcd.compressions import L0, Sum
from sklearn_nnbcd.export import export_c, export_onnx, graph_of, load_network, save_network

#: formats that choose between codes or places that tie: two fits that differ by rounding may part
TYING = ("binary", "codebook", "ternary", "quantized", "l0", "l0_penalty", "sum", "group_lasso")
#: roundings of a float32 network: see :func:`assert_close` of tests/export/test_c.py
FLOAT = 1e-5
#: outputs below this are 0 in float32, and in the optimised graphs of onnxruntime
LEAST = 1e-30
#: sums over rows in another order, times what an ill-conditioned fit makes of them
FITS = 1e-4


def last_method(model: Any) -> str:
    """The outputs that say most."""
    return "decision_function" if hasattr(model, "classes_") else "predict"


def outputs(model: Any, X: Any) -> np.ndarray:
    """Outputs of rows."""
    return np.asarray(getattr(model, last_method(model))(X))


def distance(a: np.ndarray, b: np.ndarray) -> float:
    """The largest difference, relative to the largest number."""
    a, b = np.asarray(a, dtype=np.float64), np.asarray(b, dtype=np.float64)
    size = float(np.max(np.abs(b), initial=0.0)) or 1.0
    return float(np.max(np.abs(a / size - b.reshape(a.shape) / size), initial=0.0))


def slack(model: Any, X: np.ndarray, expected: np.ndarray) -> float:
    """How far roundings of X to single precision move the outputs: no float32 program can be nearer."""
    X, rng = X.astype(np.float64), np.random.RandomState(0)
    moved = [X * (1.0 + 6e-8 * rng.choice([-1.0, 1.0], X.shape)) for _ in range(3)]
    return max(distance(outputs(model, x), expected) for x in moved)


# exports ------------------------------------------------------------------------------------------


def problems_of_file(model: Any, X: Any) -> list[str]:
    """A saved network comes back as it was, bit for bit."""
    file = io.BytesIO()
    save_network(model, file)
    file.seek(0)
    other = load_network(file)
    same = np.array_equal(outputs(other, X), outputs(model, X)) and repr(other) == repr(model)
    return [] if same else ["a file changes the network"]


def cancelled(model: Any, X: np.ndarray, expected: np.ndarray) -> float:
    """What single precision takes from sums over the last hidden units that are larger than the outputs."""
    sums = np.abs(np.asarray(model.network_.trace(X)[0][-2])) @ np.abs(np.asarray(model.coefs_[-1]))
    return 6e-8 * float(sums.max() / (np.abs(expected).max() or 1.0))


def largest(model: Any, X: np.ndarray) -> float:
    """The largest number on the way from rows to outputs: single precision ends at 3e38."""
    V, U = model.network_.trace(X.astype(model.network_.dtype))[:2]
    return max(float(np.abs(np.asarray(A)).max()) for A in (*V, *U) if A is not None)


def single(model: Any, X: Any) -> tuple[np.ndarray, np.ndarray, float]:
    """Rows in single precision, the estimator's outputs of them, and what float32 may change."""
    with np.errstate(over="ignore"):
        rows = np.asarray(X).astype(np.float32)
    rows = rows[np.isfinite(rows).all(axis=1)]
    expected = outputs(model, rows) if len(rows) else np.zeros(0)
    if not len(rows):
        return rows, expected, FLOAT
    off = max(slack(model, rows, expected), cancelled(model, rows.astype(model.network_.dtype), expected))
    return rows, expected, FLOAT + 10.0 * off


def problems_of_c(model: Any, X: Any) -> list[str]:
    """Generated C computes the estimator's outputs, as near as single precision can."""
    rows, expected, tolerance = single(model, X)
    if shutil.which("gcc") is None or not len(rows):
        return []
    text = export_c(model)
    with tempfile.TemporaryDirectory() as folder:
        compiled = Compiled(text, graph_of(model), folder)
        found = compiled.predict(rows) if last_method(model) == "predict" else compiled.scores(rows)
    if np.abs(expected).max() < LEAST:
        return []
    if not np.isfinite(found).all():
        return ["C: outputs are not finite"] if largest(model, rows) < 1e30 else []
    off = distance(found.reshape(expected.shape), expected)
    return [] if off <= tolerance else [f"C: outputs differ by {off:.1e}, more than {tolerance:.1e}"]


def problems_of_onnx(model: Any, X: Any) -> list[str]:
    """An ONNX file computes the estimator's predictions: in its own precision, as near as that is."""
    if find_spec("onnxruntime") is None:
        return []
    import onnxruntime

    dtype = model.network_.dtype
    rows, expected, tolerance = np.asarray(X).astype(dtype), None, 1e-9
    if "32" in str(dtype):
        rows, _, tolerance = single(model, X)
    if not len(rows):
        return []
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(export_onnx(model), options, providers=["CPUExecutionProvider"])
    found = session.run(None, {"X": rows})
    expected = np.asarray(model.predict_proba(rows) if len(found) == 2 else model.predict(rows))
    if np.abs(expected).max() < LEAST:
        return []
    values = np.asarray(found[-1])
    if not np.isfinite(values).all():
        return ["ONNX: outputs are not finite"] if np.abs(expected).max() < 1e30 else []
    off = distance(values.reshape(expected.shape), expected)
    return [] if off <= tolerance else [f"ONNX: outputs differ by {off:.1e}, more than {tolerance:.1e}"]


# rows of other kinds ------------------------------------------------------------------------------


def tried(model: Any, *rows: Any) -> Any:
    """The fitted model, or the error."""
    try:
        return model.fit(*rows)
    except (ValueError, TypeError) as error:
        return error


def is_mild(case: Any) -> bool:
    """Whether two fits that differ by rounding stay near each other: no odd columns, no ties."""
    kind = case.estimator.compression
    ties = isinstance(kind, (L0, Sum)) or (isinstance(kind, str) and kind in TYING)
    X = np.asarray(case.X)
    plain = "[]" in case.words.get("rows", "") and X.dtype == np.float64 and np.abs(X).max(initial=0) < 1e3
    cut = case.estimator.column_bins not in ("auto", 0)  # dense rows alone have ramps
    return plain and not (ties or cut) and len(X) > X.shape[1] and case.s is None


def is_steady(case: Any, fitted: Any, X: np.ndarray) -> bool:
    """Whether a fit of rows that differ by rounding is near: nothing can be said of the others."""
    if isinstance(fitted, Exception):
        return True
    nudged = X * (1.0 + 1e-15 * np.random.RandomState(0).randn(*X.shape))
    other = tried(clone(case.estimator), nudged, case.y, case.s)
    return not isinstance(other, Exception) and distance(outputs(other, X), outputs(fitted, X)) <= FITS


def problems_of_pair(one: Any, other: Any, X: Any, mild: bool, what: str, judge: Any) -> list[str]:
    """Both fits raise, or both are finite and, of mild tables, near each other."""
    if isinstance(other, Exception):
        wrong = judge(other)
        return wrong if isinstance(one, Exception) or not mild else [*wrong, f"{what} refused: {other}"]
    if isinstance(one, Exception):
        return [f"{what} fit what is refused otherwise: {one}"] if mild else []
    found = outputs(other, X)
    if found.dtype.kind == "f" and not np.isfinite(found).all():
        return [f"{what}: outputs are not finite"]
    off = distance(found, outputs(one, X)) if mild else 0.0
    return [] if off <= FITS else [f"{what} change the fit by {off:.1e}"]


def problems_of_sparse(case: Any, seed: int, judge: Any) -> list[str]:
    """Sparse rows give the fit and the outputs of dense ones."""
    X = np.asarray(case.X)
    if X.dtype == np.float16 or case.estimator.input_shape is not None:
        return []
    X = np.where(np.random.RandomState(seed).rand(*X.shape) < 0.4, X, 0).astype(X.dtype)
    kinds = [sparse.csr_matrix, sparse.csc_array, sparse.csr_array, sparse.csc_matrix]
    thin = kinds[seed // 7 % 4](X)
    dense = tried(clone(case.estimator), X, case.y, case.s)
    other = tried(clone(case.estimator), thin, case.y, case.s)
    mild = is_mild(case) and is_steady(case, dense, X)
    wrong = problems_of_pair(dense, other, X, mild, "sparse rows", judge)
    if not wrong and not isinstance(other, Exception):
        tolerance = 1e-3 if "32" in str(other.network_.dtype) else 1e-7
        off = distance(outputs(other, thin), outputs(other, X))
        wrong += [] if off <= tolerance else [f"outputs of sparse rows differ by {off:.1e}"]
    return wrong


@functools.cache
def client() -> Any:
    """A cluster of one thread in this process."""
    import logging

    import distributed

    logging.getLogger("distributed").setLevel(
        logging.CRITICAL
    )  # errors that come out of fit are judged there
    return distributed.Client(
        processes=False, n_workers=1, threads_per_worker=1, dashboard_address=None, set_as_default=False
    )


def problems_of_dask(case: Any, seed: int, judge: Any) -> list[str]:
    """Partitions give the fit of the same rows in memory."""
    if find_spec("distributed") is None:
        return []
    import dask.array as da

    from sklearn_nnbcd.dask import DaskNNBCDClassifier, DaskNNBCDRegressor

    X, y, plain = np.asarray(case.X), np.asarray(case.y), {"solver": "full", "early_stopping": False}
    if X.dtype == np.float16 or case.estimator.layers is not None or y.dtype == object:
        return []
    local = clone(case.estimator).set_params(**plain, memory_limit=None)
    cls = DaskNNBCDClassifier if hasattr(case.estimator, "classes_") else DaskNNBCDRegressor
    there = cls(**local.get_params(deep=False), client=client())
    n = max(1, len(X) // 3)
    given = [da.from_array(v, chunks=(n, *v.shape[1:])) for v in (X, y)]
    given += [] if case.s is None else [da.from_array(case.s, chunks=n)]
    one, other = tried(local, X, y, case.s), tried(clone(there), *given)
    mild = is_mild(case)
    if isinstance(other, Exception):
        return problems_of_pair(one, other, X, mild, "Dask rows", judge)
    wrong = problems_of_pair(one, other.to_local(), X, mild, "Dask rows", judge)
    if not wrong:
        found = np.asarray(getattr(other, last_method(other))(given[0]).compute())
        off = distance(found, outputs(other.to_local(), X))
        tolerance = 1e-3 if "32" in str(other.network_.dtype) else 1e-7
        wrong += [] if off <= tolerance else [f"outputs of Dask rows differ by {off:.1e}"]
    return wrong


def problems_elsewhere(case: Any, seed: int, judge: Any) -> list[str]:
    """What is wrong elsewhere, one or two kinds of it for each seed; ``judge`` reads errors."""
    model, kinds = case.estimator, []
    kinds += [lambda: problems_of_file(model, case.X)] if seed % 2 else []
    kinds += [lambda: problems_of_c(model, case.X)] if seed % 8 == 2 else []
    kinds += [lambda: problems_of_onnx(model, case.X)] if seed % 8 in (4, 5) else []
    kinds += [lambda: problems_of_sparse(case, seed, judge)] if seed % 7 == 1 else []
    kinds += [lambda: problems_of_dask(case, seed, judge)] if seed % 20 == 6 else []
    wrong = []
    for kind in kinds:
        try:
            wrong += kind()
        except (ValueError, TypeError) as error:
            wrong += judge(error)
    return wrong
