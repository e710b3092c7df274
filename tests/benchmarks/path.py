# SPDX-License-Identifier: BSD-3-Clause
"""What a path of eight budgets costs, beside eight separate fits and one dense fit of (256, 256).

    python tests/benchmarks/path.py [--tables digits,letter] [--separate]

Tables are those of ``table_sets``. Times are processor seconds of this
process: run it with OMP_NUM_THREADS=1. It writes nothing but its output.
"""

import argparse
import time

from table_sets import load

from sklearn_nnbcd import NNBCDClassifier
from sklearn_nnbcd.model_selection import compression_path

BUDGETS = (64_000, 32_000, 16_000, 8_000, 4_000, 2_000, 1_000, 500)


def timed(make):
    """What a function returns, and its processor seconds."""
    start = time.process_time()
    found = make()
    return found, time.process_time() - start


def measure(name, separate):
    """Print the seconds and the scores of one table."""
    table = load(name, 0)
    X, y, T, t = table.X, table.y, table.T, table.t
    dense, unit = timed(lambda: NNBCDClassifier((256, 256), random_state=0).fit(X, y))
    print(
        f"{name}: dense (256, 256) {unit:.1f} s, {dense.n_bytes_} bytes, {dense.score(T, t):.4f}", flush=True
    )
    model = NNBCDClassifier(random_state=0)
    path, seconds = timed(lambda: compression_path(model, X, y, BUDGETS, X_test=T, y_test=t))
    print(path)
    print(f"path: {seconds:.1f} s, {seconds / unit:.2f} dense fits, {path.n_fits} fits", flush=True)
    total = 0.0
    for room in BUDGETS if separate else ():
        fitted, seconds = timed(lambda room=room: NNBCDClassifier(max_bytes=room, random_state=0).fit(X, y))
        total += seconds
        print(
            f"separate {room}: {seconds:.1f} s, {fitted.n_bytes_} bytes, {fitted.score(T, t):.4f}", flush=True
        )
    if separate:
        print(f"separate fits: {total:.1f} s, {total / unit:.2f} dense fits")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--tables", default="digits")
    parser.add_argument("--separate", action="store_true")
    arguments = parser.parse_args()
    for name in arguments.tables.split(","):
        measure(name, arguments.separate)
