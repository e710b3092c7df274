# SPDX-License-Identifier: BSD-3-Clause
"""Budgets in bytes: what is chosen fits, does better than a line where there is more, and is repeatable."""

import pickle

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.datasets import load_digits, make_moons

from sklearn_nnbcd import NNBCDClassifier, NNBCDRegressor
from sklearn_nnbcd._kinds import Kind, kinds_of, plain_bytes, shapes_of
from sklearn_nnbcd._sizing import fit_within


@pytest.fixture(scope="module")
def moons():
    """Two classes that no line parts, in columns of unlike units."""
    X, y = make_moons(800, noise=0.1, random_state=0)
    return X * [1.0, 1e3], y


def stored_bytes(model):
    """Bytes of every array that prediction needs, counted here."""
    network = model.network_
    arrays = [array for coef in network.coefs for array in coef.arrays]
    arrays += [b for b in network.intercepts if b is not None]
    if network.inputs is not None:
        arrays += [network.inputs.origin, network.inputs.scale]
    return sum(np.asarray(array).nbytes for array in arrays)


@pytest.mark.parametrize("room", [100, 300, "1 kB", "0.5 KiB"])
def test_all_that_is_stored_fits(moons, room):
    model = NNBCDClassifier(max_bytes=room, random_state=0).fit(*moons)
    limit = {"1 kB": 1000, "0.5 KiB": 512}.get(room, room)
    assert stored_bytes(model) == model.n_bytes_ <= limit
    assert model.score(*moons) > 0.95  # a line has .88
    assert len(model.chosen_params_["hidden_layer_sizes"]) >= 1


def test_what_was_chosen_can_be_given_and_fits_the_same(moons):
    """max_bytes is a way to parameters, no hidden state."""
    model = NNBCDClassifier(max_bytes=300, random_state=0).fit(*moons)
    same = NNBCDClassifier(random_state=0, **model.chosen_params_).fit(*moons)
    np.testing.assert_array_equal(same.decision_function(moons[0]), model.decision_function(moons[0]))
    again = clone(model).fit(*moons)
    assert again.chosen_params_ == model.chosen_params_
    assert pickle.loads(pickle.dumps(model)).n_bytes_ == model.n_bytes_


def test_a_line_wins_where_it_is_enough():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(600, 5))
    y = X @ rng.normal(size=5) > 0
    model = NNBCDClassifier(max_bytes=200, random_state=0).fit(X, y)
    line = next(row for row in model.compared_ if row["params"]["hidden_layer_sizes"] == ())
    assert model.compared_[0]["score"] >= line["score"] - 0.02  # a standard error of 150 rows, and a half
    assert model.score(X, y) > 0.97


def test_regression_and_weights():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(700, 3))
    y = 1e4 * np.abs(X[:, 0])
    model = NNBCDRegressor(max_bytes=400, random_state=0).fit(X, y, np.ones(len(y)))
    assert model.n_bytes_ <= 400 and model.score(X, y) > 0.9


@pytest.mark.parametrize(
    "given, expected",
    [
        ({"hidden_layer_sizes": (12,)}, {"hidden_layer_sizes": (12,)}),
        ({"bits": 8}, {"bits": 8}),
        ({"compression": "l0", "hidden_layer_sizes": (40,)}, {"compression": "l0"}),
        ({"compression": None}, {"compression": None}),
    ],
)
def test_what_is_given_stays(given, expected):
    X, y = load_digits(return_X_y=True)
    model = NNBCDClassifier(max_bytes=1500, random_state=0, max_iter=8, **given).fit(X[:900], y[:900])
    assert model.n_bytes_ <= 1500
    chosen = model.get_params() | model.chosen_params_
    assert {name: chosen[name] for name in expected} == expected


def test_an_impossible_budget_names_what_would_do(moons):
    with pytest.raises(ValueError, match=r"'max_bytes' of NNBCDClassifier must leave room.*9 bytes do"):
        NNBCDClassifier(max_bytes=5).fit(*moons)


@pytest.mark.parametrize(
    "parameters, message",
    [
        ({"rank": 2}, "takes the place of 'rank'"),
        ({"compression_ratio": 0.5}, "takes the place of 'compression_ratio'"),
        ({"warm_start": True}, "warm_start=True"),
        ({"max_bytes": "many"}, "'max_bytes' of NNBCDClassifier must be a number of bytes"),
        ({"compression": "l1"}, "must have a rank or a sparsity beside 'max_bytes'"),
    ],
)
def test_bad_budgets(moons, parameters, message):
    with pytest.raises(ValueError, match=message):
        NNBCDClassifier(**{"max_bytes": 500} | parameters).fit(*moons)


def test_streams_are_refused(moons):
    model = NNBCDClassifier(max_bytes=500, solver="minibatch")
    with pytest.raises(ValueError, match="needs all rows at once"):
        model.partial_fit(*moons, classes=[0, 1])


def test_widths_are_the_largest_that_fit():
    """By trying all of them."""
    shapes = shapes_of(10, 3)
    for room in (60, 200, 1000):
        for depth in (1, 2):
            found = Kind(None, 4, None, depth).within(room, 10, 3)
            fitting = [h for h in range(2, 257) if plain_bytes(shapes((h,) * depth), 4) <= room]
            assert (found is None and not fitting) or found["hidden_layer_sizes"] == (fitting[-1],) * depth


def test_many_columns_have_more_kinds():
    assert {kind.compression for kind in kinds_of(None, "auto", None, 500)} == {None, "l0", "low_rank"}
    assert {kind.compression for kind in kinds_of(None, None, None, 500)} == {None}


@pytest.mark.parametrize("room", range(140, 160, 3))
def test_a_byte_too_many_makes_a_layer_narrower(room):
    """Attempts are not spent on the same width: with 12 columns and 150 bytes each was a byte too large."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(80, 12)) * np.logspace(-3, 3, 12)
    kind = Kind(None, 4, None, 1)
    model = NNBCDRegressor(max_iter=1, random_state=0)
    fitted = fit_within(model, kind, room, (12, 1), (X, X[:, 0]), {})
    assert fitted is not None and fitted.n_bytes_ <= room


def test_few_columns_may_have_eight_bits_first():
    """Six inputs do not make up for weights of four bits; the rest of the network has four."""
    kinds = [kind.bits for kind in kinds_of(None, "auto", None, 6) if kind.compression is None]
    assert kinds.count((8, 4)) == 2
    assert (8, 4) not in [kind.bits for kind in kinds_of(None, "auto", None, 17)]
    params = Kind(None, (8, 4), None, 2).within(2000, 6, 3)
    assert params["bits"] == [8, 4, 4]
    h = params["hidden_layer_sizes"][0]
    needed = [6 * h + (h * h + 1) // 2 + (3 * h + 1) // 2 + 8 * (2 * h + 3) for h in (h, h + 1)]
    assert needed[0] <= 2000 < needed[1]


def test_verbose_names_every_network_that_is_compared(moons, capsys):
    X, y = moons
    model = NNBCDClassifier(max_bytes=120, max_iter=2, random_state=0, verbose=1).fit(X, y)
    lines = [line for line in capsys.readouterr().out.splitlines() if "max_bytes" in line]
    first = [line for line in lines if " of " + lines[0].split(" of ")[1].split(",")[0] in line]
    assert lines[0].startswith("[NNBCDClassifier] max_bytes: compares network 1 of ")
    assert len(first) >= len(model.compared_)
