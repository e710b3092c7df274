# SPDX-License-Identifier: BSD-3-Clause
"""skops files: every class of ours is named, and files are as large as their arrays."""

import zipfile

import numpy as np
import pytest
from random_networks import random_network
from sklearn.datasets import load_digits, load_iris
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sklearn_nnbcd import NNBCDClassifier, NNBCDRegressor, solvers
from sklearn_nnbcd.export import skops_trusted_types

skops = pytest.importorskip("skops.io")


def assert_comes_back(model, X):
    """The loaded model predicts the same."""
    content = skops.dumps(model, compression=zipfile.ZIP_DEFLATED)
    unknown = set(skops.get_untrusted_types(data=content)) - set(skops_trusted_types())
    assert unknown == set()
    other = skops.loads(content, trusted=skops_trusted_types())
    np.testing.assert_array_equal(other.predict(X), model.predict(X))
    return len(content), other


@pytest.mark.parametrize("seed", range(20))
def test_any_network_comes_back(seed):
    model, X, _ = random_network(100 + seed)
    assert_comes_back(model, X)


def test_curves_streams_and_instances_come_back():
    random = np.random.RandomState(0)
    X = random.normal(size=(60, 3))
    given = {
        "solver": solvers.MiniBatch(batch_size=16),
        "early_stopping": True,
        "max_iter": 4,
        "random_state": 0,
    }
    model = NNBCDRegressor((4,), **given).fit(X, X[:, 0])
    _, other = assert_comes_back(model, X)
    assert other.validation_scores_ == model.validation_scores_
    assert other.objective_terms_.tolist() == model.objective_terms_.tolist()
    assert_comes_back(model.set_params(early_stopping=False).partial_fit(X, X[:, 0]), X)


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"compression": "low_rank", "rank": 8},
        {"compression": "l0"},
        {"compression": "tt", "max_iter": 60},
        {"bits": "ternary"},
        {"solver": "full", "max_iter": 40, "early_stopping": True},
    ],
    ids=str,
)
def test_files_are_as_large_as_their_arrays(options):
    X, y = load_digits(return_X_y=True)
    model = make_pipeline(StandardScaler(), NNBCDClassifier(**({"max_iter": 40} | options), random_state=0))
    size, _ = assert_comes_back(model.fit(X, y), X)
    assert size <= 1.3 * model[-1].n_bytes_ + 10_000


def test_integers_are_kept():
    """An estimator with activation_bits predicts the same integers from a file of trusted types only."""
    X, y = load_iris(return_X_y=True)
    options = {"compression": "l0", "sparsity": 0.5, "activation": "tanh", "max_iter": 2, "random_state": 0}
    model = NNBCDClassifier((8,), activation_bits=8, **options).fit(X, y)
    other = skops.loads(skops.dumps(model), trusted=skops_trusted_types())
    assert (other.decision_function(X) == model.decision_function(X)).all()
