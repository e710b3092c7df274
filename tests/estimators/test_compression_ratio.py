# SPDX-License-Identifier: BSD-3-Clause
"""compression_ratio=: a budget for the whole network, through the estimators."""

import pickle

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.datasets import load_digits

from sklearn_nnbcd import NNBCDClassifier, NNBCDRegressor
from sklearn_nnbcd.compressions import DenseWeight, LowRank
from sklearn_nnbcd.engine import _full
from sklearn_nnbcd.inspection import compression_report

X, Y = load_digits(return_X_y=True)
X, Y = X[:600] / 16, Y[:600]
FULL = NNBCDClassifier((24, 24), solver="full", max_iter=12, tol=0, random_state=0)
BATCHES = NNBCDClassifier((24, 24), solver="minibatch", max_iter=6, random_state=0)


@pytest.mark.parametrize("ratio", [0.2, 0.5, 1.0])
@pytest.mark.parametrize("compression", ["low_rank", "tt", "tucker", "cp", "l0"])
@pytest.mark.parametrize("network", [FULL, BATCHES], ids=["full", "minibatch"])
def test_the_ratio_is_kept(network, compression, ratio):
    network = clone(network).set_params(compression=compression, compression_ratio=ratio)
    network.set_params(max_iter=3 if network.solver == "full" else 2).fit(X[:200], Y[:200])
    assert network.compression_ratio_ <= ratio
    least = {"low_rank": ratio - 0.04, "l0": ratio - 1e-3}.get(compression, 0.3 * ratio)  # 88 of 2352
    assert network.compression_ratio_ >= min(least, 0.99)
    total = compression_report(network).to_dict()
    assert total["ratio"][-1] == network.compression_ratio_


def test_full_plans_once_more_and_descends_before_and_after(monkeypatch):
    network = clone(FULL).set_params(compression="low_rank", compression_ratio=0.6)
    network.set_params(hidden_layer_sizes=(40, 40))  # narrower ones happen to ask for what stays
    network.fit(X[:300], Y[:300])
    curve = np.asarray(network.objective_curve_)
    rising = {k for k in range(1, len(curve)) if curve[k] > curve[k - 1] * (1 + 1e-10)}
    assert rising <= {_full.PLAN_SWEEPS - 1}
    monkeypatch.setattr(_full, "PLAN_SWEEPS", 100)
    first = clone(network).fit(X[:300], Y[:300])
    assert np.all(np.diff(first.objective_curve_) <= 0)
    assert first.compression_ratio_ <= 0.6
    # the random weights of the start do not know what training makes of them
    assert [c.n_parameters for c in first.compressed_coefs_] != [
        c.n_parameters for c in network.compressed_coefs_
    ]


def test_a_layer_that_matters_less_gets_less():
    """Rows with 4 directions: 4 ranks of the first layer are all that can matter."""
    rng = np.random.default_rng(0)
    T = rng.normal(size=(600, 4)) @ rng.normal(size=(4, 40))
    t = np.argmax(np.abs(T[:, :6] @ rng.normal(size=(6, 6))), axis=1)
    for network in (FULL, BATCHES):
        network = clone(network).set_params(compression="low_rank", compression_ratio=0.4).fit(T, t)
        first, second, _ = network.compressed_coefs_
        assert first.n_parameters <= 5 * sum(first.shape)  # the budget pays for 8 ranks of each


def test_batches_keep_their_plans_once_they_pull():
    sizes = []
    network = clone(BATCHES).set_params(compression="low_rank", compression_ratio=0.3)
    classes = np.unique(Y)
    for _ in range(40):  # 600 batches to the end of the rise, a third of them free
        network.partial_fit(X, Y, classes=classes)
        sizes.append([c.n_parameters for c in network.compressed_coefs_])
        assert network.compression_ratio_ <= 0.3
    assert sizes[-20:] == [sizes[-1]] * 20
    assert network.score(X, Y) > 0.8


def test_clone_and_pickle():
    network = clone(BATCHES).set_params(compression="l0", compression_ratio=0.3).fit(X, Y)
    again = clone(network).fit(X, Y)
    np.testing.assert_array_equal(network.predict_proba(X), again.predict_proba(X))
    copy = pickle.loads(pickle.dumps(network))
    np.testing.assert_array_equal(network.predict_proba(X), copy.predict_proba(X))
    assert copy.get_params()["compression_ratio"] == 0.3


def test_a_list_leaves_its_dense_layers_alone():
    network = clone(FULL).set_params(compression=[None, LowRank(), "low_rank"], compression_ratio=0.8)
    network.fit(X[:200], Y[:200])
    assert isinstance(network.compressed_coefs_[0], DenseWeight)
    assert network.compression_ratio_ <= 0.8


def test_regularised_layers_stay_beside_a_budget():
    network = clone(FULL).set_params(compression="low_rank", compression_ratio=0.5)
    network.set_params(weight_regularizer=[None, None, "nonnegative"]).fit(X[:200], Y[:200])
    assert network.coefs_[2].min() >= 0 and network.compression_ratio_ <= 0.5


def test_regressor():
    y = X @ np.random.default_rng(0).normal(size=64)
    network = NNBCDRegressor((24,), compression="low_rank", compression_ratio=0.5, random_state=0)
    network.fit(X, y)
    assert network.compression_ratio_ <= 0.5 and network.score(X, y) > 0.8


# layers that no rank makes smaller ---------------------------------------------------------------


def test_few_features_stay_dense_by_default():
    """Rank 1 of 2 x 100 takes 102 of 200 entries, more than the default's quarter."""
    rng = np.random.default_rng(0)
    T = rng.normal(size=(300, 2))
    t = (T[:, 0] * T[:, 1] > 0).astype(int)
    for solver in ("full", "minibatch"):
        options = dict(solver=solver, max_iter=60, random_state=0)
        network = NNBCDClassifier((100, 20), compression="low_rank", **options).fit(T, t)
        formats = [type(coef).__name__ for coef in network.compressed_coefs_]
        assert formats == ["DenseWeight", "LowRankWeight", "DenseWeight"]
        assert network.score(T, t) > 0.9  # through rank 1 a fold of one direction: 0.5


@pytest.mark.parametrize(
    ("parameters", "dense"),
    [
        ({"compression": "low_rank", "rank": 1}, False),  # 104 of 400: asked for
        ({"compression": "low_rank", "rank": 0.1}, False),  # rank 1 is as near as it gets
        ({"compression": "low_rank", "rank": 4}, True),  # 416 of 400
        ({"compression": LowRank(rank=4)}, True),
        ({"compression": "tt", "rank": 1.0}, False),
    ],
)
def test_a_rank_that_saves_nothing_is_dense(parameters, dense):
    rng = np.random.default_rng(0)
    T = rng.normal(size=(40, 4))
    network = NNBCDClassifier((100,), max_iter=2, random_state=0, **parameters).fit(T, T[:, 0] > 0)
    assert isinstance(network.compressed_coefs_[0], DenseWeight) == dense
    assert network.compression_ratio_ <= 1.0


@pytest.mark.parametrize("rank", [(), [], 1, 1.0])
def test_a_tensor_of_one_mode_has_no_inner_rank(rank):
    from sklearn_nnbcd.compressions import TensorTrain

    plan = TensorTrain(rank=rank).plan((1, 5))
    W = np.arange(5.0)[None, :]
    xp = __import__("array_api_compat").array_namespace(W)
    assert plan.ranks == (1, 1)
    np.testing.assert_array_equal(plan.project(W, xp=xp).to_dense(xp=xp), W)
