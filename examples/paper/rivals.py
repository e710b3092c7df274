# SPDX-License-Identifier: BSD-3-Clause
"""What else fits into the weights of a row: plain networks with one hidden layer, as narrow as that takes."""

import warnings
from collections.abc import Iterable

from harness import Results, fit_and_score
from sklearn.exceptions import ConvergenceWarning
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sklearn_nnbcd import NNBCDClassifier

#: names of the methods in the tables
SCIKIT_LEARN, OURS = "MLPClassifier, one layer", "NNBCDClassifier, one layer"


def small_networks(
    results: Results, data: tuple, n_weights: int, ratios: Iterable, seeds: int, **more: int
) -> None:
    """Rows of both libraries' plain networks with at most a ratio of the paper's weights.

    Parameters
    ----------
    results : Results
    data : tuple of arrays
        X, y, T, t; images are taken as rows.
    n_weights : int
        Of the paper's dense network.
    ratios : iterable of float
    seeds : int
    **more
        What else the fits are known by.
    """
    X, y, T, t = data
    data = X.reshape(len(X), -1), y, T.reshape(len(T), -1), t
    each = data[0].shape[1] + len(set(y))  # weights of a hidden unit
    for seed in range(seeds):
        for ratio in ratios:
            width = max(1, int(ratio * n_weights) // each)
            models = {
                SCIKIT_LEARN: make_pipeline(StandardScaler(), MLPClassifier((width,), random_state=seed)),
                OURS: NNBCDClassifier((width,), random_state=seed),
            }
            for method, model in models.items():
                key = {"method": method, "format": "dense", "size": ratio, **more, "seed": seed}

                def fit(model=model, width=width) -> dict:
                    with warnings.catch_warnings():
                        warnings.simplefilter("ignore", ConvergenceWarning)
                        return fit_and_score(model, data) | {"ratio": width * each / n_weights}

                results.once(key, fit)
