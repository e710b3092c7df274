# SPDX-License-Identifier: BSD-3-Clause
"""Rows of a small problem, cut into partitions, and a fit of them in whatever placement."""

import numpy as np
from problems import draw_start, make_problem

from sklearn_nnbcd.engine import fit_full, initial_weights, start_block

#: edges of five uneven partitions of 203 rows
FIVE = [0, 50, 90, 100, 160, 203]


def random_rows(compression, weighted=True, rows=203):
    """Problem, first weights, and (X, Y, s) of a small network."""
    rng, widths = np.random.default_rng(0), (12, 20, 16, 3)
    problem = make_problem(widths, compression=compression, rho=1.3, tau=0.7, alpha=0.2, ridge=0.2)
    X, Y = rng.normal(size=(rows, 12)), rng.normal(size=(rows, 3))
    s = rng.uniform(0, 2, size=rows) if weighted else None
    return problem, initial_weights(problem, *draw_start(problem, widths, rng)), (X, Y, s)


def cut_rows(rows, edges):
    """Tuples (X, Y, s) of the rows between neighbouring edges."""
    parts = [slice(a, b) for a, b in zip(edges, edges[1:])]
    return [tuple(None if x is None else x[part] for x in rows) for part in parts]


def fit_rows(problem, weights, placement, sweeps=4):
    """Weights and terms of L after some sweeps from rows alone, as the estimators do it."""
    placement.map(start_block, problem, weights)
    return fit_full(problem, weights, placement, max_iter=sweeps, on_sweep=lambda *a: False)[:2]
