# SPDX-License-Identifier: BSD-3-Clause
"""Seconds of one full-batch sweep on HAR beside the machine's own matrix-product rate, and its memory.

    python -m pytest tests/benchmarks/test_sweep.py -s
    NNBCD_BLOCK_ENTRIES=4194304 python -m pytest tests/benchmarks/test_sweep.py -s    blocks of another size

Not run by default; needs the ``bench`` extra. HAR's shapes are drawn at random where the data set is
absent: a sweep's time does not depend on the values.

Sweep efficiency = (GFLOP that no sweep can avoid / rate of a float32 product in the same run) /
seconds of a sweep. Layer i >= 2 needs n (8 d_{i-1} d_i + d_{i-1}^2) flops: P 2, cross product 2, V step
4, Gram matrix by symmetry d^2; layer 1 needs 4 n d_0 d_1, since the Gram matrix of X never changes.
That is 196 GFLOP for HAR's MLP-4. Rate and sweep are timed in turn and their medians taken, since
shared machines drift. Peak memory is what the fit of an estimator allocates (tracemalloc), X not counted.
"""

import os
import statistics
import time
import tracemalloc

import array_api_compat
import numpy as np
import pytest

from sklearn_nnbcd import NNBCDClassifier
from sklearn_nnbcd._resolve import resolve_loss, resolve_problem
from sklearn_nnbcd.backends import NumpyBackend
from sklearn_nnbcd.engine import center_inputs, initial_weights, start_block, sweep
from sklearn_nnbcd.placements import InMemory, block_rows
from sklearn_nnbcd.solvers import FullBatch, _full

#: entries of a block's widest array
ENTRIES = int(os.environ.get("NNBCD_BLOCK_ENTRIES", NumpyBackend.block_entries))
ROWS, WIDTHS = 7352, (561, 1024, 1024, 1024, 512, 6)
ROUNDS = 7


def unavoidable_flops():
    """Flops of a sweep by the count above."""
    pairs = list(zip(WIDTHS, WIDTHS[1:], strict=False))
    first = 4 * WIDTHS[0] * WIDTHS[1]
    return ROWS * (first + sum(8 * a * b + a * a for a, b in pairs[1:]))


def product_seconds(A, B):
    """Seconds of the layer product that dominates a sweep."""
    begin = time.perf_counter()
    A @ B
    return time.perf_counter() - begin


@pytest.mark.parametrize("compression", [None, "tt", "low_rank", "l0"])
def test_sweep_efficiency(compression, benchmark):
    """Print the efficiency; the bar without compression is 0.6."""
    random = np.random.RandomState(0)
    X = random.uniform(-1.0, 1.0, size=(ROWS, WIDTHS[0])).astype(np.float32)
    Y = np.eye(WIDTHS[-1], dtype=np.float32)[random.randint(WIDTHS[-1], size=ROWS)]
    model = NNBCDClassifier(WIDTHS[1:-1], compression=compression, rank=80, sparsity=0.9, rho=0.5, gamma=0.5)
    xp = array_api_compat.array_namespace(X)
    loss = resolve_loss(model, "classification")
    problem, shapes = resolve_problem(model, WIDTHS[0], WIDTHS[-1], loss, FullBatch(), xp)
    W = (None, *(random.normal(0.0, 0.03, size=shape).astype(np.float32) for shape in shapes))
    b = (None, *(np.zeros(shape[1], dtype=np.float32) for shape in shapes))
    state = {"weights": initial_weights(problem, W, b)}
    size = block_rows(WIDTHS, ENTRIES)
    parts = [slice(k, k + size) for k in range(0, ROWS, size)]
    placement = InMemory([(X[p], Y[p], None) for p in parts])
    placement.map(start_block, problem, state["weights"])
    state["weights"] = center_inputs(problem, state["weights"], placement)
    A = random.normal(size=(ROWS, 1024)).astype(np.float32)
    B = random.normal(size=(1024, 1024)).astype(np.float32)
    products = []

    def one_sweep():
        state["weights"], _ = sweep(problem, state["weights"], placement)

    def before_each():
        products.append(min(product_seconds(A, B) for _ in range(3)))

    benchmark.pedantic(one_sweep, setup=before_each, rounds=ROUNDS, warmup_rounds=2)
    rate = 2.0 * A.shape[0] * B.size / statistics.median(products)
    seconds = benchmark.stats.stats.median
    efficiency = unavoidable_flops() / rate / seconds
    benchmark.extra_info.update(efficiency=efficiency, gflops=rate / 1e9)
    print(
        f"\n{compression or 'dense'}: product rate {rate / 1e9:.0f} GFLOP/s, sweep {seconds:.2f} s, "
        f"efficiency {efficiency:.2f} ({unavoidable_flops() / 1e9:.0f} GFLOP a sweep)"
    )


@pytest.mark.parametrize("extrapolation", [False, True])
@pytest.mark.parametrize("compression", [None, "tt"])
def test_peak_memory(compression, extrapolation, monkeypatch):
    """Print the peak beside U and V; the bar without compression and extrapolation is 1.25."""
    monkeypatch.setattr(_full, "block_rows", lambda widths, entries: block_rows(widths, ENTRIES))
    random = np.random.RandomState(0)
    X, y = random.normal(size=(ROWS, WIDTHS[0])).astype(np.float32), random.randint(WIDTHS[-1], size=ROWS)
    model = NNBCDClassifier(
        WIDTHS[1:-1],
        compression=compression,
        rank=80,
        solver=FullBatch(extrapolation=extrapolation),
        max_iter=3,
        random_state=0,
    )
    tracemalloc.start()
    model.fit(X, y)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    states = 2 * 4 * ROWS * sum(WIDTHS[1:])
    print(
        f"\n{compression or 'dense'}, extrapolation={extrapolation}: peak {peak / 1e6:.0f} MB, "
        f"{peak / states:.3f} of U and V ({states / 1e6:.0f} MB)"
    )
