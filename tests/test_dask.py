# SPDX-License-Identifier: BSD-3-Clause
"""Dask: workers that die, what travels, and the estimators."""

import os
import signal

import numpy as np
import pytest
from problems import fitted
from test_placements import FIVE, cut_rows, fit_rows, random_rows

from sklearn_nnbcd.engine import fit_full, start_block
from sklearn_nnbcd.placements import DaskBlocks, InMemory

pytest.importorskip("distributed", reason="needs the extra sklearn-nnbcd[dask]")


def kill(client, worker):
    """End a worker process as the operating system would."""
    os.kill(client.run(os.getpid, workers=[worker])[worker], signal.SIGKILL)


def die_once(block, mark):
    """A step whose worker dies at its first call, anywhere."""
    try:
        os.close(os.open(mark, os.O_CREAT | os.O_EXCL))
    except FileExistsError:
        return block, 1
    os.kill(os.getpid(), signal.SIGKILL)


def test_a_killed_worker_changes_nothing(dask_client, tmp_path):
    """Between two calls and in the middle of one; the sums are the same but for their order."""
    problem, first, rows = random_rows("tt")
    expected, terms = fit_rows(problem, first, InMemory([rows]))
    placement = DaskBlocks(cut_rows(rows, FIVE), dask_client)

    def on_sweep(k, weights, before):
        if k == 2:
            kill(dask_client, sorted(dask_client.nthreads())[0])
        if k == 3:
            assert placement.rebuilt in (2, 3)
            assert placement.sweep(die_once, str(tmp_path / "mark")) == 5

    placement.map(start_block, problem, first)
    weights, there, _ = fit_full(problem, first, placement, max_iter=4, on_sweep=on_sweep)
    assert placement.rebuilt >= 4
    placement.close()
    for ours, theirs in zip(fitted(weights), fitted(expected), strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-8, atol=1e-8)
    assert there.total == pytest.approx(terms.total, rel=1e-10)
