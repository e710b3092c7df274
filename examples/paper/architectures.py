# SPDX-License-Identifier: BSD-3-Clause
"""Algorithm 1 beyond fully connected networks: convolution, residual blocks, images that are not MNIST's.

    python examples/paper/architectures.py            four networks on the 8 x 8 digits, three seeds: minutes
    python examples/paper/architectures.py --quick

The paper proves descent for its fully connected network and says that residual ones follow; the summary of
the paper asks what holds beyond. Counted here: sweeps after which the objective (7) was larger than before
(sweeps relaxed and extrapolated, as by default, and those of the paper), and what the network
learned. Each seed is a random 70/30 split of scikit-learn's 1,797 digits and its own first weights.
"""

from harness import Results, parser, show, summary, sweep_by_sweep
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

from sklearn_nnbcd import NNBCDClassifier
from sklearn_nnbcd.layers import AveragePool2D, Conv2D, Dense, Residual
from sklearn_nnbcd.solvers import FullBatch

SWEEPS = 100


def networks() -> dict[str, list]:
    """Name -> layers."""
    return {
        "dense (64, 64)": [Dense(64), Dense(64)],
        "convolution, dense": [Conv2D(8, 3, padding=1), AveragePool2D(2), Dense(32)],
        "2 residual blocks": [Dense(32), Residual([Dense(32), Dense(32)]), Residual([Dense(32), Dense(32)])],
        "the same without skips": [Dense(32) for _ in range(5)],
    }


def tables(fits: list[dict]) -> dict[str, list[dict]]:
    """Means over seeds."""
    for row in fits:
        values = [point[1] for point in row["curve"]]
        row["rises"] = sum(after > before for before, after in zip(values, values[1:], strict=False))
        row["fell_to"] = values[-1] / values[0]
    return {
        "architectures": list(summary(fits, ("network", "sweeps_are"), ("test", "train", "rises", "fell_to")))
    }


def main() -> None:
    """Run what is missing, and make the table."""
    options = parser(__doc__, seeds=3).parse_args()
    results = Results("architectures", options, {"sweeps": SWEEPS}, tables)
    X, y = load_digits(return_X_y=True)
    X = (X.reshape(-1, 8, 8, 1) / 16.0).astype("float64")
    for seed in [] if options.report else range(1 if options.quick else options.seeds):
        parts = train_test_split(X, y, test_size=0.3, random_state=seed, stratify=y)
        for kind, solver in {
            "accelerated": FullBatch(),
            "the paper's": FullBatch.paper(),
        }.items():
            for name, layers in networks().items():
                flat = not isinstance(layers[0], Conv2D)
                images = [p.reshape(len(p), -1) if flat else p for p in parts[:2]]
                data = images[0], parts[2], images[1], parts[3]
                model = NNBCDClassifier(
                    layers=layers,
                    input_shape=None if flat else (8, 8, 1),
                    loss="squared_error",
                    solver=solver,
                    bend_columns=False,
                    column_bins=0,
                    random_state=seed,
                )
                key = {"network": name, "sweeps_are": kind, "seed": seed}
                sweep_by_sweep(results, key, model, data, sweeps=3 if options.quick else SWEEPS, every=1)
    show(results)


if __name__ == "__main__":
    main()
