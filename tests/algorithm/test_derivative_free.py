# SPDX-License-Identifier: BSD-3-Clause
"""Which solvers ask an activation for its derivative, and which never do."""

import warnings

import numpy as np
import pytest
from sklearn.datasets import load_iris

from sklearn_nnbcd import NNBCDClassifier
from sklearn_nnbcd.activations import Tanh
from sklearn_nnbcd.solvers import ExactMiniBatch, FullBatch, MiniBatch


class AskedError(Exception):
    """Somebody asked."""


class NoSlope(Tanh):
    """An activation whose derivative raises."""

    def derivative(self, U, *, xp):
        raise AskedError


def fit(solver, compression):
    X, y = load_iris(return_X_y=True)
    pieces = dict(activation=NoSlope(), compression=compression, random_state=0)
    rank = None if compression in (None, "l1") else 2
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a format that does not pay for some layer
        model = NNBCDClassifier((8, 6), solver=solver, rank=rank, max_iter=6, **pieces).fit(X, y)
    return model.predict(X)


@pytest.mark.parametrize("compression", [None, "tt", "low_rank", "l1"])
@pytest.mark.parametrize("solver", [FullBatch(), ExactMiniBatch()], ids=["full", "exact"])
def test_closed_forms_never_ask(solver, compression):
    assert len(np.unique(fit(solver, compression))) > 1


@pytest.mark.parametrize("solver", [MiniBatch(), FullBatch(projection="data")], ids=["minibatch", "data"])
def test_the_others_do(solver):
    with pytest.raises(AskedError):
        fit(solver, "low_rank")
