# SPDX-License-Identifier: BSD-3-Clause
"""Ctrl-C at random moments of fit and partial_fit: the old model, or a complete new one.

    python tests/fuzz/interrupts.py [MOMENTS] [SEED]      50 moments for each solver, unless told otherwise

``tests/algorithm/test_interrupts.py`` has the few moments of continuous integration.
"""

import sys
import time
import warnings
from collections import Counter
from pathlib import Path

import numpy as np
from sklearn.base import clone

sys.path[:0] = [str(Path(__file__).parents[1] / "algorithm")]
from test_interrupts import OTHER, SOLVERS, X, Y, assert_complete, interrupted

from sklearn_nnbcd import NNBCDClassifier


def fitted(solver, k):
    """A model of other rows; formats take turns."""
    kind = [None, "tt", "l0"][k % 3]
    return NNBCDClassifier((20,), solver=solver, compression=kind, max_iter=12, random_state=0).fit(*OTHER)


def interrupt_fit(solver, k, moment):
    """What came of an interrupt at a share of a fit's time."""
    model = fitted(solver, k)
    start = time.perf_counter()
    clone(model).fit(X, Y)
    whole = time.perf_counter() - start
    old, before = model.predict_proba(X), dict(vars(model))
    raised, found = interrupted(lambda: model.fit(X, Y), max(1e-4, moment * whole))
    if raised:
        assert vars(model) == before
        np.testing.assert_array_equal(model.predict_proba(X), old)
        return "fit: the old model"
    assert_complete(model)
    told = any("interrupted by the user" in str(w.message) for w in found)
    assert told or model.n_iter_ == 12
    return "fit: complete sweeps" if told else "fit: too late"


def interrupt_stream(solver, k, moment):
    """What came of an interrupt within a call of partial_fit."""
    model = fitted(solver, k).partial_fit(*OTHER)
    twin, before = clone(model), dict(vars(model))
    start = time.perf_counter()
    twin.fit(*OTHER).partial_fit(*OTHER).partial_fit(X, Y)
    whole = time.perf_counter() - start
    raised, _ = interrupted(lambda: model.partial_fit(X, Y), max(1e-4, moment * whole / 14))
    if raised:
        assert vars(model) == before
        return "partial_fit: the old model"
    np.testing.assert_array_equal(model.predict_proba(X), twin.predict_proba(X))
    return "partial_fit: the new model"


def main(moments=50, seed=0):
    """Counts of what came of the interrupts; an assertion ends it."""
    rng = np.random.default_rng(seed)
    warnings.simplefilter("ignore")
    for solver in SOLVERS:
        counts = Counter(interrupt_fit(solver, k, rng.random()) for k in range(moments))
        if solver != "full":
            counts.update(interrupt_stream(solver, k, 1.5 * rng.random()) for k in range(moments))
        print(solver, dict(sorted(counts.items())), flush=True)


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
