# SPDX-License-Identifier: BSD-3-Clause
"""More columns than rows: seconds, and a few times the memory of X."""

import os
import subprocess
import sys

import pytest

pytest.importorskip("resource")

SCRIPT = """
import resource, numpy as np
from sklearn_nnbcd import NNBCDClassifier
X = np.random.default_rng(0).normal(size=(100, 20_000))
y = (X[:, :50].sum(axis=1) > 0).astype(int)
peak = lambda: resource.getrusage(resource.RUSAGE_SELF)
before = peak()
m = NNBCDClassifier(solver={solver!r}, compression={compression!r}, random_state=0).fit(X, y)
after = peak()
print(m.score(X, y), after.ru_utime - before.ru_utime, (after.ru_maxrss - before.ru_maxrss) * 1024 / X.nbytes)
"""


@pytest.mark.parametrize("compression", [None, "low_rank"])
@pytest.mark.parametrize("solver", ["full", "minibatch", "exact"])
def test_more_columns_than_rows(solver, compression):
    script = SCRIPT.format(solver=solver, compression=compression)
    done = subprocess.run(
        [sys.executable, "-c", script],
        capture_output=True,
        text=True,
        check=True,
        env=os.environ | {"OMP_NUM_THREADS": "1"},
    )
    score, seconds, memory = map(float, done.stdout.split())
    assert score > (0.98 if solver == "full" else 0.55)  # the evidence for 20,000 columns is thin
    assert seconds < 15.0
    assert memory < 4.0
