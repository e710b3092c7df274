# SPDX-License-Identifier: BSD-3-Clause
"""Placements: the contract of each, fed by the registry, and the same fit wherever rows live."""

import numpy as np
import pytest
from problems import cut, draw_start, fitted, make_problem, start

from sklearn_nnbcd.engine import center_inputs, objective, sweep
from sklearn_nnbcd.placements import PLACEMENTS
from sklearn_nnbcd.placements._memory import row_slices
from sklearn_nnbcd.utils._testing import check_placement


@pytest.mark.parametrize("name", PLACEMENTS)
def test_contract(name):
    check_placement(PLACEMENTS[name])


@pytest.mark.parametrize("name", PLACEMENTS)
def test_same_fit(name):
    rng, widths = np.random.default_rng(0), (6, 4, 2)
    problem = make_problem(widths, compression="low_rank", rho=1.3, ridge=0.2)
    X, Y, s = rng.normal(size=(30, 6)), rng.normal(size=(30, 2)), rng.uniform(0, 2, size=30)
    weights, whole = start(problem, X, Y, s, *draw_start(problem, widths, rng))
    edges = [0, 3, 4, 11, 12, 20, 29, 30]
    blocks = [cut(whole.blocks[0], slice(a, b)) for a, b in zip(edges, edges[1:])]
    other, placement = weights, PLACEMENTS[name](blocks)
    other = center_inputs(problem, other, placement)
    for _ in range(5):
        weights, expected = sweep(problem, weights, whole)
        other, before = sweep(problem, other, placement)
        assert before.total == pytest.approx(expected.total, rel=1e-11)
    for ours, theirs in zip(fitted(other), fitted(weights), strict=True):
        # The same sums in another order, over five sweeps.
        np.testing.assert_allclose(ours, theirs, rtol=1e-9, atol=1e-10)
    expected = objective(problem, weights, whole).total
    assert objective(problem, other, placement).total == pytest.approx(expected, rel=1e-11)


@pytest.mark.parametrize("n, size", [(10, 3), (9, 3), (2, 5), (1, 1)])
def test_row_slices_cover_all_rows_once(n, size):
    parts = [np.arange(n)[part] for part in row_slices(n, size)]
    np.testing.assert_array_equal(np.concatenate(parts), np.arange(n))
    assert all(0 < len(part) <= size for part in parts)
