# SPDX-License-Identifier: BSD-3-Clause
"""Test accuracy on HAR from every initialiser, one small network: the paper's Figures 4b, 7b, 10b.

    python tests/benchmarks/initializer_spread.py --output docs/results/initializers.md

Needs the HAR data; SKLEARN_NNBCD_DATA names the folder that holds it.
"""

import argparse
import platform
import time
from pathlib import Path

import numpy as np
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sklearn_nnbcd import NNBCDClassifier
from sklearn_nnbcd.datasets import fetch_har
from sklearn_nnbcd.initializers import INITIALIZERS


def measure(name, data, options, seeds):
    """Test accuracies of some seeds, and seconds per fit."""
    X, y, X_test, y_test = data
    scores, start = [], time.perf_counter()
    for seed in seeds:
        network = NNBCDClassifier(initializer=name, random_state=seed, **options)
        model = make_pipeline(StandardScaler(), network).fit(X, y)
        scores.append(model.score(X_test, y_test))
    return np.asarray(scores), (time.perf_counter() - start) / len(scores)


def load():
    """X, y, X_test, y_test of the given split, X in single precision."""
    data = []
    for subset in ("train", "test"):
        X, y = fetch_har(return_X_y=True, subset=subset)
        data += [np.asarray(X, dtype=np.float32), y]
    return data


def main():
    """Measure and print a table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--layers", type=int, nargs="+", default=[64, 64])
    parser.add_argument("--solver", default="minibatch", choices=["minibatch", "full"])
    parser.add_argument("--max-iter", type=int, default=10)
    parser.add_argument("--seeds", type=int, default=2)
    parser.add_argument("--output")
    args = parser.parse_args()
    options = {
        "hidden_layer_sizes": tuple(args.layers),
        "solver": args.solver,
        "max_iter": args.max_iter,
    }
    data, means = load(), {}
    lines = ["| initialiser | test accuracy | seconds a fit |", "|---|---|---|"]
    for name in INITIALIZERS:
        scores, seconds = measure(name, data, options, range(args.seeds))
        means[name] = scores.mean()
        lines.append(f"| {name} | {scores.mean():.4f} +- {scores.std():.4f} | {seconds:.1f} |")
        print(lines[-1], flush=True)
    spread = max(means.values()) - min(means.values())
    text = f"""# Spread over initialisers

HAR, hidden layers {tuple(args.layers)}, ReLU, squared error, solver={args.solver!r},
max_iter={args.max_iter}, everything else as by default; mean and standard deviation of
{args.seeds} seeds. Written by
`tests/benchmarks/initializer_spread.py` ({platform.machine()}, {platform.system()}).

{chr(10).join(lines)}

Largest minus smallest mean: **{spread:.4f}** (the bar is 0.02).
"""
    print(text)
    if args.output:
        Path(args.output).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
