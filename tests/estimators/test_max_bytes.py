# SPDX-License-Identifier: BSD-3-Clause
"""Budgets in bytes: what is chosen fits, does better than a line where there is more, and is repeatable."""

import pickle
import re
import warnings
from dataclasses import replace

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.datasets import load_digits, make_classification, make_moons
from sklearn.exceptions import ConvergenceWarning

from sklearn_nnbcd import NNBCDClassifier, NNBCDRegressor, _mapping, _sizing
from sklearn_nnbcd._kinds import (
    Kind,
    for_few_rows,
    kept_share,
    kinds_of,
    kinds_within,
    leaves_enough,
    plain_bytes,
    ramp_families,
    shapes_of,
)
from sklearn_nnbcd._outcome import NO_BETTER
from sklearn_nnbcd._pilot import Finding, fit_given, given_finding
from sklearn_nnbcd._sizing import Candidates
from sklearn_nnbcd._within_bytes import after_a_pass, bytes_after_a_pass, fit_within
from sklearn_nnbcd.compressions._sparse import to_sparse
from sklearn_nnbcd.compressions.quantization import FixedPoint


@pytest.fixture(scope="module")
def moons():
    """Two classes that no line parts, in columns of unlike units."""
    X, y = make_moons(800, noise=0.1, random_state=0)
    return X * [1.0, 1e3], y


def stored_bytes(model):
    """Bytes of every array that prediction needs, counted here."""
    network = model.network_
    arrays = [array for coef in network.coefs for array in coef.arrays]
    for b in network.intercepts:
        arrays += [b.integers, b.power] if isinstance(b, FixedPoint) else [b]
    if network.columns is not None and network.columns.ramps is not None:
        arrays += network.columns.ramps.arrays
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
    """max_bytes is a way to parameters and to a temperature, no hidden state."""
    model = NNBCDClassifier(max_bytes=300, random_state=0).fit(*moons)
    same = NNBCDClassifier(random_state=0, **model.chosen_params_)
    same = fit_given(same, Finding(temperature=model.targets_.temperature), *moons)
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
    with pytest.raises(ValueError, match=r"'max_bytes' of NNBCDClassifier must leave room.* 5 bytes do"):
        NNBCDClassifier(max_bytes=4).fit(*moons)


@pytest.mark.parametrize(
    "parameters",
    [{}, {"compression": "l0", "hidden_layer_sizes": (9,)}, {"hidden_layer_sizes": (9,), "bits": 8}],
)
def test_what_would_do_does(parameters):
    """Of 64 columns, as everything is reckoned; one byte less is refused."""
    model = NNBCDClassifier(**parameters)
    with pytest.raises(ValueError) as error:
        kinds_within(model, 10, (64, 5))
    least = int(re.search(r"(\d+) bytes do", str(error.value)).group(1))
    assert kinds_within(model, least, (64, 5))
    with pytest.raises(ValueError):
        kinds_within(model, least - 1, (64, 5))


@pytest.mark.parametrize("widths", ["auto", ()])
def test_sparse_weights_with_room_for_all_entries(widths):
    """Sparse in name only, which is what was asked for."""
    X, y = make_classification(200, 70, random_state=0)
    options = {"compression": "l0", "max_bytes": 10**6, "max_iter": 2, "random_state": 0}
    assert kinds_within(NNBCDClassifier(widths, **options), 10**6, (70, 1))
    model = NNBCDClassifier((), **options).fit(X, y)
    assert model.network_.coefs[0].n_parameters == 70


@pytest.mark.parametrize(
    "parameters, message",
    [
        ({"rank": 2}, "takes the place of 'rank'"),
        ({"compression_ratio": 0.5}, "takes the place of 'compression_ratio'"),
        ({"warm_start": True}, "warm_start=True"),
        ({"max_bytes": "many"}, "'max_bytes' of NNBCDClassifier must be a whole number of bytes"),
        ({"max_bytes": 10.5}, r"a whole number of bytes.*Got 10\.5.*4 kB"),
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


@pytest.mark.parametrize(
    "n_rows, given, is_there",
    [
        (999, {}, False),
        (1000, {}, True),
        (999, {"compression": "l0"}, True),
        (999, {"hidden_layer_sizes": (256, 256)}, True),
    ],
)
def test_few_rows_have_sparse_networks_of_two_layers_only_if_given(n_rows, given, is_there):
    model = NNBCDClassifier(**given)
    kinds = for_few_rows(kinds_within(model, 4000, (10, 1)), model, n_rows)
    assert kinds and is_there == any((k.compression, k.widths) == ("l0", (256, 256)) for k in kinds)


def test_a_fit_to_few_rows_compares_no_sparse_networks_of_two_layers(moons):
    model = NNBCDClassifier(max_bytes=4000, max_iter=1, bits=4, random_state=0).fit(*moons)
    assert len(moons[1]) < 1000 and {row["params"]["compression"] for row in model.compared_} == {None}


@pytest.mark.parametrize(
    "model, n_features, count",
    [
        (NNBCDClassifier(max_bytes=300), 64, 2),
        (NNBCDClassifier(max_bytes=300, compression=None), 64, 1),
        (NNBCDClassifier(max_bytes=300), 63, 0),
        (NNBCDClassifier(max_bytes=300, ridge=3.0), 64, 0),
        (NNBCDClassifier((9,), max_bytes=300), 64, 0),
        (NNBCDRegressor(max_bytes=300), 64, 0),
    ],
)
def test_linear_networks_of_many_columns_are_compared_at_a_plain_ridge_too(model, n_features, count):
    kinds = kinds_within(model, 300, (n_features, 6))
    plain = [kind for kind in kinds if kind.ridge is not None]
    assert len(plain) == count
    for kind in plain:
        assert kind.widths == () and kind.within(300, n_features, 6)["ridge"] == 1.0
        assert replace(kind, ridge=None) in kinds


def test_a_plain_ridge_is_among_what_was_chosen():
    """Both are compared, and what was chosen says which it is."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(300, 80))
    y = X[:, :3].argmax(axis=1)
    model = NNBCDClassifier((), max_bytes=900, random_state=0).fit(X, y)
    ridges = {row["params"].get("ridge", "auto") for row in model.compared_}
    assert ridges == {"auto", 1.0}
    assert model.chosen_params_.get("ridge", "auto") == model.compared_[0]["params"].get("ridge", "auto")


@pytest.mark.parametrize("room", [600, 1500, 3500])
@pytest.mark.parametrize("bits", [4, 8])
def test_sparse_weights_take_about_what_is_reckoned(room, bits):
    """Of entries anywhere: 4 % is far more than their gaps differ from the mean, and 8 a byte each."""
    shapes, rng = [(100, 60), (60, 5)], np.random.default_rng(0)
    share = kept_share(shapes, bits, room, sparse=True)
    size = 0
    for shape in shapes:
        mask = rng.uniform(size=shape) < share
        M = to_sparse(rng.normal(size=shape), mask, xp=np).compact(xp=np)
        size += M.n_parameters * bits / 8 + M.where.packed.nbytes + 2 * (bits // 4 * shape[1] + 1)
    assert size == pytest.approx(room, rel=0.04, abs=8)


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
    units = [2 * (2 * h + 1) + 2 * (h + 1) + 2 * (3 + 1) for h in (h, h + 1)]
    entries = [6 * h + (h * h + 1) // 2 + (3 * h + 1) // 2 for h in (h, h + 1)]
    needed = [a + b for a, b in zip(units, entries, strict=True)]
    assert needed[0] <= 2000 < needed[1]


def test_verbose_names_every_network_that_is_compared(moons, capsys):
    X, y = moons
    model = NNBCDClassifier(max_bytes=120, max_iter=2, random_state=0, verbose=1).fit(X, y)
    lines = [line for line in capsys.readouterr().out.splitlines() if "max_bytes" in line]
    first = [line for line in lines if " of " + lines[0].split(" of ")[1].split(",")[0] in line]
    assert lines[0].startswith("[NNBCDClassifier] max_bytes: compares network 1 of ")
    assert len(first) >= len(model.compared_)


@pytest.fixture(scope="module")
def bands():
    """Two classes by bands of two columns that add up: a sum of curves, which no narrow network has."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(1600, 6))
    heights = 2.0 * (np.abs(X[:, 0]) < 0.5) + 1.5 * (np.abs(X[:, 1] - 1.0) < 0.4) + (X[:, 2] > 0.8)
    return X, (heights + 0.3 * rng.normal(size=1600) > 1.2).astype(int)


def test_ramps_are_compared_and_counted(bands):
    X, y = bands
    options = {"max_bytes": 150, "max_iter": 12, "random_state": 0}
    model = NNBCDClassifier(**options).fit(X[:1200], y[:1200])
    assert {row["params"]["column_bins"] > 0 for row in model.compared_} == {True, False}
    assert model.chosen_params_["column_bins"] == 8  # 1,200 rows have no more
    assert model.network_.columns.ramps is not None
    assert model.n_bytes_ == stored_bytes(model) <= 150
    without = NNBCDClassifier(**options, column_bins=0).fit(X[:1200], y[:1200])
    assert {row["params"]["column_bins"] for row in without.compared_} == {0}
    assert model.score(X[1200:], y[1200:]) > without.score(X[1200:], y[1200:]) + 0.02


def test_bins_are_the_most_that_leave_enough_units_and_bits(bands):
    X, y = bands
    candidates = Candidates(NNBCDClassifier(column_bins="auto", random_state=0), X, y)
    assert candidates.bins == [8, 4, 2] and candidates.bend == 0

    def found(room):
        return [(k.bins, k.widths, k.depth) for k in candidates.kinds(room) if k.bins]

    assert found(60) == [(2, (), 0)] and found(90) == [(4, (), 0)]
    assert found(200) == [(8, (), 0), (4, None, 1), (4, None, 2)]
    assert found(2000) == [(8, (), 0), (8, None, 1), (8, None, 2), (8, (128,), 0)]
    for room in (120, 700):  # reckoned as stored
        kinds = [kind for kind in candidates.kinds(room) if kind.bins]
        for kind in kinds:
            params = kind.within(room, *candidates.size)
            fitted = NNBCDClassifier(max_iter=1, random_state=0, **params).fit(X, y)
            inputs = X.shape[1] + kind.n_ramps
            shapes = shapes_of(inputs, 1)(params["hidden_layer_sizes"])
            most = kind.column_bytes + plain_bytes(shapes, params["bits"])
            first = fitted.network_.coefs[
                0
            ]  # powers of two of its rows are reckoned with, and not always there
            without = 0 if first.row_scale is not None or not params["hidden_layer_sizes"] else inputs
            assert fitted.n_bytes_ + without == most <= room


@pytest.mark.parametrize("room", [200, 400, 700, 2000])
def test_hidden_layers_have_the_most_bins_that_leave_units(bands, room):
    """At least 4 units, and half the root of the columns and ramps; more bins would leave fewer."""
    candidates = Candidates(NNBCDClassifier(column_bins="auto", random_state=0), *bands)
    cuts, checked = candidates.cuts[False], 0
    for kind in candidates.kinds(room):
        if kind.bins and kind.widths is None:
            for bins, n_ramps, n_bytes in cuts:
                if bins >= kind.bins:
                    n_bytes += 6 + n_ramps  # powers of two of the rows
                    other = replace(kind, bins=bins, n_ramps=n_ramps, column_bytes=n_bytes)
                    params = other.within(room, 6, 1)
                    units = 0 if params is None else params["hidden_layer_sizes"][0]
                    assert (units >= max(4, 0.5 * (6 + n_ramps) ** 0.5)) == (bins == kind.bins)
                    checked += 1
    assert checked


def test_what_bins_leave_is_enough():
    """Of the units and bits that are open: more inputs ask for more units, linear networks for more bits."""
    open_width, linear, given = (Kind(None, None, widths, bins=8) for widths in (None, (), (3,)))

    def enough(kind, units, bits, n_inputs=10):
        widths = (units,) if units else ()
        return leaves_enough(kind, {"hidden_layer_sizes": widths, "bits": bits}, n_inputs)

    assert enough(open_width, 4, 4) and not enough(open_width, 3, 4)
    assert enough(open_width, 10, 4, 400) and not enough(open_width, 9, 4, 400)
    assert enough(linear, 0, 8) and not enough(linear, 0, 4)
    assert enough(given, 3, 4, 400) and not enough(given, 3, 3)
    assert enough(replace(linear, bits=2), 0, 2) and not leaves_enough(linear, None, 10)
    for compression, share in (("low_rank", 0.075), ("l0", 0.05)):
        kind = Kind(compression, 8, (64,), bins=8)
        kept = [leaves_enough(kind, {"compression_ratio": s}, 10) for s in (share - 0.01, share, 1.0)]
        assert kept == [False, True, True]


def test_formats_have_ramps_too(bands):
    """A format that is given, and thin factors where it is open."""
    X, y = bands
    options = {"max_bytes": 1200, "random_state": 0, "max_iter": 12}
    for compression, expected in (("auto", {None, "low_rank"}), (None, {None}), ("tucker", {"tucker"})):
        families = ramp_families(NNBCDClassifier(compression=compression, **options))
        assert {family.compression for family in families} == expected
    assert ramp_families(NNBCDClassifier((), compression="l0")) == []
    for compression, formats in (("auto", {None}), ("low_rank", {"low_rank"})):  # all that there is fits
        estimator = NNBCDClassifier((64,), compression=compression, **options)
        kinds = Candidates(estimator, X, y).kinds(60_000)
        assert {kind.compression for kind in kinds if kind.bins} == formats
    model = NNBCDClassifier((64,), compression="low_rank", **options).fit(X[:1200], y[:1200])
    without = NNBCDClassifier((64,), compression="low_rank", column_bins=0, **options).fit(X[:1200], y[:1200])
    assert model.chosen_params_["column_bins"] > 0 and model.n_bytes_ <= 1200
    assert {row["params"]["column_bins"] for row in model.compared_} == {
        0,
        model.chosen_params_["column_bins"],
    }
    assert model.score(X[1200:], y[1200:]) > without.score(X[1200:], y[1200:]) + 0.02


def test_smooth_tables_few_rows_and_given_bins(monkeypatch):
    monkeypatch.setattr(_mapping, "try_ramps", lambda *_: Finding(False, 0.15))
    rng = np.random.default_rng(0)
    X = rng.normal(size=(1200, 4))
    y = X @ np.ones(4) + rng.normal(size=1200)
    line, few = (Candidates(NNBCDRegressor(random_state=0), X[:n], y[:n]) for n in (1200, 900))
    assert line.bins == few.bins == [] and not any(kind.bins for kind in line.kinds(1000))
    given = Candidates(NNBCDRegressor((5,), column_bins=3, random_state=0), X, y)
    kinds = [kind for kind in given.kinds(1000) if kind.bins]
    assert [(kind.bins, kind.widths, kind.n_ramps) for kind in kinds] == [(3, (5,), 12)]
    sparse = Candidates(NNBCDRegressor((60,), compression="l0", column_bins=3), X, y)
    for room, bins in ((220, [0]), (4000, [0, 3])):  # too few weights would be left, and all are
        assert [kind.bins for kind in sparse.kinds(room)] == bins


def test_numbers_need_no_short_fit_for_a_temperature(monkeypatch):
    monkeypatch.setattr(Candidates, "scout", property(lambda _: pytest.fail("a fit for nothing")))
    rng = np.random.default_rng(0)
    X = rng.normal(size=(1200, 4))
    candidates = Candidates(NNBCDRegressor((60,), compression="l0"), X, X[:, 0])
    assert candidates.finding == Finding()


def test_bins_without_room_are_said(moons):
    with pytest.warns(UserWarning, match="'column_bins' of NNBCDClassifier has no effect.*max_bytes"):
        NNBCDClassifier(max_bytes=24, bits=4, max_iter=1, column_bins=9, random_state=0).fit(*moons)


def test_kinds_are_compared_briefly_and_the_close_ones_at_full_length(moons, monkeypatch):
    """One fit of each kind in a quarter of the passes on one part, then others, and the last to all rows."""
    X, y = moons
    fit, fits = NNBCDClassifier.fit, []
    SHORT = Finding(temperature=1.0)  # what tells of how sure outputs may be

    def counted(self, *arrays, **rest):
        done = fit(self, *arrays, **rest)
        if self.max_bytes is None and self.max_iter != 1 and given_finding(self) != SHORT:
            fits.append((self.max_iter, self.n_iter_, len(arrays[1])))
        return done

    monkeypatch.setattr(NNBCDClassifier, "fit", counted)
    options = {"max_bytes": 150, "compression": None, "bits": 8, "column_bins": 0, "solver": "minibatch"}
    model = NNBCDClassifier(**options, random_state=0).fit(X, y)
    brief, whole = fits[: len(model.compared_)], fits[len(model.compared_) :]
    assert all(max_iter == n_iter for max_iter, n_iter, _ in brief)
    assert whole and all(max_iter == "auto" for max_iter, _, _ in whole)
    assert {n_iter / whole[-1][1] for _, n_iter, _ in brief} == {0.25}
    assert [rows for _, _, rows in fits[:-1]] == [round(0.75 * len(X))] * (len(fits) - 1)
    assert fits[-1][2] == len(X)


def test_close_kinds_are_judged_by_fits_of_full_length_alone(moons, monkeypatch):
    """All are level in the brief fits, and in those of full length on both divisions of the rows."""

    def judged(fitted, T, t):
        return {"n_bytes": fitted.n_bytes_, "score": 0.5 if fitted.max_iter == "auto" else 0.9, "loss": 1.0}

    monkeypatch.setattr(_sizing, "judged", judged)
    options = {"compression": None, "bits": 8, "column_bins": 0, "solver": "minibatch", "random_state": 0}
    model = NNBCDClassifier(max_bytes=150, **options).fit(*moons)
    assert len(model.compared_) > 1 and {row["score"] for row in model.compared_} == {0.5}


@pytest.mark.parametrize("integers", [None, 8])
def test_bytes_are_known_without_careful_rounding(bands, integers):
    """What makes the errors of rounding small has no part in what is stored."""
    X, y = bands
    model = NNBCDClassifier(random_state=0, activation_bits=integers)
    candidates = Candidates(model, X, y)
    kinds = candidates.kinds(6_000)
    assert {kind.compression for kind in kinds} == {None, "l0", "low_rank"}
    assert {kind.compression for kind in kinds if kind.bins} == {None, "low_rank"}
    for kind in kinds:
        params = kind.within(6_000, *candidates.size)
        exact = after_a_pass(model, params, (X, y)).n_bytes_
        assert bytes_after_a_pass(model, kind, params, (X, y)) == exact


def test_what_was_compared_can_be_given_and_takes_as_many_bytes():
    """Bytes left over by ranks are given back: parameters are those of the networks that were compared."""
    X, y = make_classification(400, 80, n_informative=6, random_state=0)
    model = NNBCDClassifier(max_bytes=1500, compression="low_rank", max_iter=3, random_state=0).fit(X, y)
    assert len(model.compared_) == 2
    for row in model.compared_:
        again = clone(model).set_params(**row["params"], max_bytes=None).fit(X, y)
        assert again.n_bytes_ == row["n_bytes"] <= 1500


def test_networks_that_are_compared_do_not_warn_of_constants_and_the_chosen_one_does(moons, monkeypatch):
    def warned(*given, share=1.0, **how):
        who = "candidate" if share < 1.0 else "chosen one"
        warnings.warn(f"The {who} {NO_BETTER}: 1 beside 1.", ConvergenceWarning, stacklevel=2)
        return fit_within(*given, share=share, **how)

    monkeypatch.setattr(_sizing, "fit_within", warned)
    with pytest.warns(ConvergenceWarning) as found:
        NNBCDClassifier(max_bytes=100, max_iter=2, random_state=0).fit(*moons)
    assert {str(w.message).split(" is ")[0] for w in found if NO_BETTER in str(w.message)} == {
        "The chosen one"
    }


def too_large_on_all(kinds, n_rows):
    """``fit_within`` as if networks of some kinds were too large where they are fitted to all rows."""

    def fit(model, kind, room, size, arrays, *rest, **how):
        if kind in kinds and len(arrays[1]) == n_rows:
            return None
        return fit_within(model, kind, room, size, arrays, *rest, **how)

    return fit


def test_the_next_best_is_taken_where_the_best_is_too_large_on_all_rows(moons, monkeypatch):
    """What fits beside held-out rows need not fit on all of them: short numbers are known after a fit."""
    X, y = moons
    options = {"max_bytes": 150, "compression": None, "bits": 8, "max_iter": 2, "random_state": 0}
    before = NNBCDClassifier(**options).fit(X, y)
    best = [kind for kind in kinds_within(before, 150, (2, 1)) if kind.depth == depth_of(before)]
    monkeypatch.setattr(_sizing, "fit_within", too_large_on_all(best, len(X)))
    model = NNBCDClassifier(**options).fit(X, y)
    assert model.n_bytes_ <= 150
    assert model.chosen_params_["hidden_layer_sizes"] == model.compared_[0]["params"]["hidden_layer_sizes"]
    names = [str(row["params"]) for row in before.compared_]
    assert [str(row["params"]) for row in model.compared_] == [names[1], names[0], *names[2:]]


def depth_of(model):
    """Hidden layers of a chosen network."""
    return len(model.chosen_params_["hidden_layer_sizes"])


@pytest.mark.parametrize("extra", [{}, {"activation_bits": 8}])
def test_an_error_names_bytes_that_are_enough(extra):
    """Columns far apart in scale take a power of 2 each, which only a fit knows."""
    X, y = make_classification(400, 20, random_state=0)
    X = X * np.logspace(-3, 3, 20)
    options = {"hidden_layer_sizes": (8,), "compression": None, "bits": 8, "bend_columns": False, **extra}
    model = NNBCDClassifier(**options, max_iter=2, random_state=0)
    room = 160  # the weights of the first layer
    for _ in range(2):
        with pytest.raises(ValueError, match=r"(\d+) bytes do\. Got") as error:
            clone(model).set_params(max_bytes=room).fit(X, y)
        room = int(re.search(r"(\d+) bytes do", str(error.value))[1])
    assert "numbers that cannot be short" in str(error.value)
    assert clone(model).set_params(max_bytes=room).fit(X, y).n_bytes_ <= room
