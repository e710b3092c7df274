# SPDX-License-Identifier: BSD-3-Clause
"""What a compressed network stores, computes and takes, layer by layer."""

import math
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..backends import SparseRows, get_backend
from ..compressions import CompressedWeight, DenseWeight
from ..network import network_metrics, network_rows
from ..numerics import Metric
from ._reference import check_reference
from ._rows import unwrapped
from ._table import columns_of, table_html, table_text

#: rows that are timed, and how often; the best time counts
_ROWS, _REPEATS = 1000, 5

_COLUMNS = {
    "layer": "layer",
    "format": "format",
    "shape": "shape",
    "dense_parameters": "dense",
    "parameters": "stored",
    "ratio": "ratio",
    "nonzeros": "non-zeros",
    "dense_bytes": "dense bytes",
    "bytes": "bytes",
    "dense_flops": "dense flops/row",
    "flops": "flops/row",
    "dense_microseconds": "dense us/row",
    "microseconds": "us/row",
    "error": "error",
    "data_error": "data error",
}


@dataclass(frozen=True)
class CompressionReport:
    """A small table: one dict per layer, and one of totals.

    Attributes
    ----------
    rows : list of dict
        One per layer.
    total : dict
        Sums over the layers; times and errors where they can be summed.
    """

    rows: list
    total: dict

    def to_dict(self) -> dict[str, list]:
        """Column name -> list of values, the total last; ``pandas.DataFrame`` reads it."""
        return columns_of([*self.rows, self.total], _COLUMNS)

    def __str__(self) -> str:
        """The table as text."""
        return table_text([*self.rows, self.total], _COLUMNS)

    def _repr_html_(self) -> str:
        """The table in a notebook."""
        return table_html([*self.rows, self.total], _COLUMNS, "What each layer stores, computes and takes")


def compression_report(
    estimator: Any, X: Any = None, *, reference: Sequence | None = None
) -> CompressionReport:
    """Parameters, non-zeros, bytes, flops and measured times of a fitted network.

    Parameters
    ----------
    estimator : NNBCDClassifier or NNBCDRegressor
        Fitted; also one on Dask, in a pipeline, a search, or another estimator that holds one.
    X : {array-like, sparse matrix} of shape (n_samples, n_features) or None, default=None
        Rows as the estimator takes them. The first thousand go through the network for the times,
        and all of them make the metric of ``data_error``. None: random rows, and no ``data_error``.
    reference : list of arrays of shape (d_{i-1}, d_i) or None, default=None
        Dense weights that the compressed ones stand for, such as ``coefs_`` of a network before its
        compression; for the columns ``error``, ||W - M|| / ||W||, and with X ``data_error``, the
        same in the metric of the layer's inputs and of what the network makes of its outputs.

    Returns
    -------
    report : CompressionReport
        ``print`` shows the table. "dense" columns are those of the same shape uncompressed. Times
        are measured here and now, of the product with the weight alone, through the stored form;
        where the dense product is expected to be faster, ``predict`` uses that.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sklearn_nnbcd import NNBCDClassifier
    >>> X, y = load_iris(return_X_y=True)
    >>> model = NNBCDClassifier((20, 20), compression="low_rank", rank=2, solver="full")
    >>> report = compression_report(model.set_params(max_iter=3).fit(X, y), X)
    >>> report.to_dict()["parameters"]
    [48, 80, 60, 188]
    """
    estimator, X, _ = unwrapped(estimator, "compression_report", X)
    network = estimator.network_
    xp = network.xp
    if reference is not None:
        check_reference(reference, network.coefs, "compression_report")
    rows = np.random.default_rng(0).standard_normal((_ROWS, network.n_features)) if X is None else X
    V, U = network.trace(network_rows(network, rows, "compression_report"))
    metrics = None
    if reference is not None and X is not None:
        metrics = network_metrics(network, V, U, coefs=list(reference))
    lines = []
    for i, coef in enumerate(network.coefs, 1):
        layer = network.layers[i]
        A = layer.design(V[i - 1][:_ROWS, :], xp=xp)
        lines.append(_line(i, coef, layer.positions, A, xp=xp))
        if reference is not None:
            metric = None if metrics is None else metrics[i]
            lines[-1] |= _errors(coef, reference[i - 1], metric, xp=xp)
    return CompressionReport(lines, _total(lines))


def _line(i: int, coef: CompressedWeight, positions: int, A: Any, *, xp: Any) -> dict[str, Any]:
    """All columns of one layer but the errors."""
    dense = DenseWeight(coef.to_dense(xp=xp))
    n = A.shape[0] / positions
    return {
        "layer": i,
        "format": type(coef).__name__,
        "shape": tuple(coef.shape),
        "dense_parameters": dense.n_parameters,
        "parameters": coef.n_parameters,
        "ratio": coef.n_parameters / dense.n_parameters,
        "nonzeros": int(xp.sum(xp.astype(dense.array != 0, xp.int64))),
        "dense_bytes": dense.nbytes,
        "bytes": coef.nbytes,
        "dense_flops": 2 * positions * dense.multiplications,
        "flops": 2 * positions * coef.multiplications,
        "dense_microseconds": 1e6 * _seconds(dense, A, xp=xp) / n,
        "microseconds": 1e6 * _seconds(coef, A, xp=xp) / n,
    }


def _seconds(coef: CompressedWeight, A: Any, *, xp: Any) -> float:
    """Best time of one product with the rows A."""
    make = coef.sparse_operator if isinstance(A, SparseRows) else coef.operator
    multiply, best = make(xp=xp), math.inf
    for _ in range(_REPEATS):
        start = time.perf_counter()
        float(multiply(A)[0, 0])  # reading a number waits for a device
        best = min(best, time.perf_counter() - start)
    return best


def _total(lines: list[dict]) -> dict[str, Any]:
    """Sums of what adds up."""
    total: dict[str, Any] = {"layer": "total", "format": None, "shape": None}
    for name in lines[0]:
        if name not in total and name not in ("ratio", "error", "data_error"):
            total[name] = sum(line[name] for line in lines)
    total["ratio"] = total["parameters"] / total["dense_parameters"]
    return total


def _errors(coef: CompressedWeight, W: Any, metric: Metric | None, *, xp: Any) -> dict[str, float]:
    """Relative distances of the weight from its reference."""
    M = coef.to_dense(xp=xp)
    W = xp.asarray(W, dtype=M.dtype)
    squares = get_backend(xp).sum_of_squares
    tiny = float(xp.finfo(M.dtype).smallest_normal)
    errors = {"error": math.sqrt(squares(W - M, xp=xp) / max(squares(W, xp=xp), tiny))}
    if metric is not None:
        total = max(metric.squared_norm(W, xp=xp), tiny)
        errors["data_error"] = math.sqrt(metric.squared_distance(W, M, xp=xp) / total)
    return errors
