# SPDX-License-Identifier: BSD-3-Clause
"""Ramps of columns: where bins are cut, what they become, when they come, and that all know of them."""

import io
import itertools
import pickle
import warnings
from types import SimpleNamespace

import numpy as np
import pytest
from scipy import sparse
from sklearn.base import clone
from sklearn.metrics import log_loss, r2_score

from sklearn_nnbcd import NNBCDClassifier, NNBCDRegressor, _mapping, _pilot
from sklearn_nnbcd._bins import (
    LEAST_WIDTH,
    MOST_BINS,
    MOST_RAMPS,
    bins_of_columns,
    common_units,
    cut,
    find_ramps,
    fitting_bins,
    values_of,
)
from sklearn_nnbcd._pilot import Finding, ShortFit
from sklearn_nnbcd.compressions import DenseWeight
from sklearn_nnbcd.export import IntegerNetwork, load_network, save_network, to_mlp
from sklearn_nnbcd.integers import quantize_activations
from sklearn_nnbcd.network import Ramps, narrow
from sklearn_nnbcd.solvers import FullBatch, MiniBatch

OPTIONS = {"hidden_layer_sizes": (12,), "max_iter": 10, "random_state": 0}


@pytest.fixture(scope="module")
def steps():
    """Classes by a band of one column and by one value of another; columns that say nothing beside them."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(1200, 5))
    X[:, 1] = rng.integers(0, 8, 1200)
    X[:, 2] = rng.random(1200) < 0.3  # two values
    X[:, 3] = np.exp(2.0 * X[:, 3])  # far entries: it bends, too
    return X, ((np.abs(X[:, 0]) < 0.4) | (X[:, 1] == 5)).astype(int)


# where bins are cut ---------------------------------------------------------------------------------


def edges_of(x, bins, s=None):
    return cut(*values_of(x, np.ones(len(x)) if s is None else s), bins)


def test_bins_have_about_the_same_share_of_the_rows():
    x = np.random.default_rng(0).gamma(1.0, size=4000)
    edges = edges_of(x, 8)
    assert len(edges) == 9 and edges[0] == x.min() and edges[-1] == x.max()
    counts = np.histogram(x, edges)[0]
    assert counts.min() >= 499 and counts.max() <= 501  # 4000 / 8, an end belongs to one of two bins


def test_values_of_many_rows_are_ends_of_bins_and_the_others_share_the_rest():
    rng = np.random.default_rng(1)
    x = np.concatenate([np.zeros(3000), np.full(500, 7.5), rng.uniform(1.0, 20.0, 500)])
    edges = edges_of(x, 6)
    assert {0.0, 7.5} <= set(edges) and len(edges) == 6  # two of the six are those values
    few = rng.integers(0, 4, 300).astype(float)
    assert edges_of(few, 6) == [0.0, 1.0, 2.0, 3.0]


def test_a_ramp_tells_a_value_of_many_rows_from_those_beside_it():
    rng = np.random.default_rng(3)
    rest = 0.1 + rng.gamma(1.0, size=1000)
    edges = edges_of(np.concatenate([np.zeros(3000), rest]), 5)
    assert edges[:2] == [0.0, rest.min()] and len(edges) == 5
    counts = np.histogram(rest, edges[1:])[0]
    assert counts.min() >= 332 and counts.max() <= 335  # three of five bins are left for 1000 rows
    around = np.sort(np.concatenate([rest, -rest]))
    edges = edges_of(np.concatenate([np.zeros(3000), around]), 8)
    assert {-rest.min(), 0.0, rest.min()} <= set(edges)
    # where values come nearer than rounding allows, the ramp reaches to the first one that does not
    x = np.concatenate([np.zeros(3000), np.linspace(0.0, 1.0, 1001)])
    assert LEAST_WIDTH * x.std() < edges_of(x, 4)[1] < LEAST_WIDTH * x.std() + 2e-3


@pytest.mark.parametrize("seed", range(30))
def test_no_column_has_more_bins_than_it_may(seed):
    rng = np.random.default_rng(seed)
    spikes, bins = rng.normal(size=rng.integers(0, 12)).round(1), int(rng.integers(2, 17))
    x = np.concatenate([rng.normal(size=500), np.repeat(spikes, rng.integers(1, 200, len(spikes)))])
    edges = edges_of(x, bins)
    assert len(edges) <= bins + 1 and edges == sorted(edges)
    assert {x.min(), x.max()} <= set(edges)


def test_whether_an_entry_is_there_can_be_learned():
    """Two columns of zeros and small and large amounts; what counts is whether one of the two is not 0."""
    rng = np.random.default_rng(0)
    X = np.where(rng.random((3000, 6)) < 0.6, 0.0, np.exp(1.5 * rng.normal(size=(3000, 6))))
    y = (X[:, 0] > 0.0) ^ (X[:, 1] > 0.0)
    model = NNBCDClassifier((10,), column_bins=3, random_state=0, max_iter=30).fit(X[:2000], y[:2000])
    assert model.score(X[2000:], y[2000:]) > 0.99


def test_weights_count_as_copies_and_their_unit_does_not():
    rng = np.random.default_rng(2)
    x, s = rng.normal(size=400).round(1), rng.integers(1, 5, 400)
    copies = edges_of(np.repeat(x, s), 7)
    assert edges_of(x, 7, s) == copies
    for unit in (0.1, 1.0 / 3.0, 1e5):
        assert edges_of(x, 7, unit * s) == copies


@pytest.mark.parametrize("unit", [1e-20, 1.0, 1e20])
def test_bins_are_no_narrower_than_rounding_allows(unit):
    x = np.concatenate([np.zeros(50), np.full(50, 1e-9), np.linspace(0.5, 1.0, 50), [1.0 + 1e-12]]) * unit
    edges = np.asarray(edges_of(x, 16))
    assert np.diff(edges).min() > LEAST_WIDTH * x.std() * 0.999
    near = np.asarray(edges_of(1e6 + 1e-3 * np.arange(200.0), 16), dtype=np.float32)
    assert (np.diff(near) > 0.0).all()  # float32 tells them apart


def test_all_columns_share_the_ramps():
    assert fitting_bins([1000] * 4, 10_000, 4) == MOST_BINS
    assert fitting_bins([1000] * 36, 10_000, 36) == MOST_RAMPS // 36
    assert fitting_bins([2] * 100 + [1000] * 6, 10_000, 106) == MOST_BINS  # columns of two values need none
    assert fitting_bins([1000] * 4, 1000, 4) == 4
    assert fitting_bins([1000] * 200, 10_000, 200) == 0
    assert fitting_bins([1000] * 10, 10**7, 10) == 0  # they would not fit into memory


def test_columns_of_few_values_have_a_bin_between_any_two():
    assert bins_of_columns([72, 119, 30_000, 2], 32_000, 4) == [71, 118, 32, 32]
    assert bins_of_columns([20, 72, 30_000], 8_000, 3) == [32, 32, 32]  # fewer than 125 rows a value
    assert bins_of_columns([129], 10**5, 1) == [32]
    assert bins_of_columns([100] * 5, 32_000, 5) == [99] * 5
    assert bins_of_columns([100] * 6, 32_000, 6) == [32] * 6  # more ramps than a network is to have
    assert bins_of_columns([100] * 4, 200_000, 4) == [99] * 4
    assert bins_of_columns([100] * 4, 400_000, 4) == [32] * 4  # nor would they fit into memory
    assert bins_of_columns([100] * 10, 10**7, 10) == [0] * 10


def test_an_amount_may_mean_other_than_the_next_one():
    rng = np.random.default_rng(0)
    amounts = np.cumsum(rng.integers(50, 150, 80)) * 1.0
    X = np.c_[np.where(rng.random(12_000) < 0.7, 0.0, rng.choice(amounts, 12_000)), rng.normal(size=12_000)]
    y = np.where(X[:, 0] > 0.0, np.searchsorted(amounts, X[:, 0]) % 2, X[:, 1] > 0.0).astype(int)
    model = NNBCDClassifier((16,), random_state=0).fit(X[:11_000], y[:11_000])
    assert model.network_.columns.ramps.bins.tolist() == [80, 32]
    assert model.score(X[11_000:], y[11_000:]) > 0.97
    usual = NNBCDClassifier((16,), column_bins=32, random_state=0).fit(X[:11_000], y[:11_000])
    assert usual.score(X[11_000:], y[11_000:]) < 0.95  # two amounts or three share a bin


# what they are --------------------------------------------------------------------------------------


def test_a_ramp_rises_over_its_bin(steps):
    X, _ = steps
    ramps = find_ramps(X, None, [5] * 5, X)
    assert ramps.bins.tolist() == [5, 5, 0, 5, 5]
    Z, k = ramps(X), X.shape[1]
    np.testing.assert_array_equal(Z[:, :k], X)
    place = 0
    for j, bins in enumerate(ramps.bins):
        edges = ramps.edges[place : place + bins + 1]
        for low, high in zip(edges[:-1], edges[1:], strict=True):
            for i in range(0, len(X), 7):
                expected = min(max((X[i, j] - low) / (high - low), 0.0), 1.0)
                assert Z[i, k] == pytest.approx(expected, abs=1e-14)  # a quotient or a product: two roundings
            k += 1
        place += bins + 1 if bins else 0
    assert k == Z.shape[1] == X.shape[1] + ramps.n_ramps
    assert ramps.nbytes == 5 + 8 * 24  # a byte a column, six ends for each of four


@pytest.mark.parametrize("offset, size", [(0.0, 1), (400.0, 2), (1e5, 8)])
def test_ends_of_few_bits_are_integers_where_these_tell_them_apart(offset, size):
    rng = np.random.default_rng(0)
    X = rng.normal(size=(500, 3)) * [1.0, 1e-3, 1e3] + [offset, 0.0, 0.0]
    ramps, fine = (find_ramps(X, None, [8] * 3, X, few_bits=few) for few in (True, False))
    assert ramps.edges.dtype.itemsize == size and ramps.bins.tolist() == fine.bins.tolist() == [8] * 3
    assert ramps.nbytes == 3 + 27 * size + (3 if size < 8 else 0)
    _, *ends = ramps.parts
    for found, wanted in zip(ends, fine.parts[1:], strict=True):
        unit = np.abs(fine.edges.reshape(3, 9)).max(axis=1) / 127  # of a byte, up to a factor of 2
        assert (np.abs(found - wanted) <= np.repeat(unit, 8)).all()  # half of at most two of these
    ramps.check(3, np.float64)
    np.testing.assert_array_equal(ramps(X), ramps.on_host()(X))


def test_units_are_powers_of_2_and_columns_without_bins_have_none():
    assert common_units([[0.0, 1.0, 127.0], [], [-254.0, 0.0, 10.0]]) == [0, 0, 1]
    assert common_units([[0.0, 300.0, 301.0, 302.0, 303.0]]) == [-6]  # steps of 4 leave 0, 300 and 304
    many = [float(x) for x in range(100)]
    assert common_units([many, [0.0, 300.0, 301.0, 305.0]]) == [0, 2]  # most are told apart
    assert common_units([many, [0.0, 299.0, 300.0, 300.2, 300.4, 300.6]]) == [-8, -6]  # but here too few
    assert common_units([[1e9, 1e9 + 1.0, 1e9 + 2.0]]) is None
    assert common_units([[0.0, 1e-40, 2e-40]]) is None


def test_only_columns_with_bins_have_a_unit():
    edges = [[0.0, 8.0, 16.0], [], [1.0, 2.0, 5.0]]
    ramps = Ramps.from_edges(edges, np.zeros(1, np.float32), [3, 7, 0])
    assert ramps.bins.tolist() == [2, 0, 2] and ramps.powers.tolist() == [3, 0]
    assert ramps.edges.tolist() == [0, 1, 2, 1, 2, 5]
    assert [part.tolist() for part in ramps.parts] == [[0, 0, 2, 2], [0, 8, 1, 2], [8, 16, 2, 5]]
    ramps.check(3, np.float32)


@pytest.mark.parametrize("fault", ["powers", "wide", "large", "float"])
def test_integer_ends_that_do_not_fit_are_refused(fault):
    bins, edges, powers = np.asarray([2, 0], np.uint8), np.asarray([0, 1, 2], np.int8), np.int8([3])
    Ramps(bins, edges, powers).check(2, np.float32)
    if fault == "powers":
        powers = np.int8([3, 3])
    elif fault == "wide":
        powers = np.int16([3])
    elif fault == "large":
        powers = np.int8([120])
    else:
        edges = edges.astype(np.float32)
    with pytest.raises(ValueError, match="bins"):
        Ramps(bins, edges, powers).check(2, np.float32)


@pytest.mark.parametrize("fault", ["columns", "order", "dtype", "length", "nan", "none"])
def test_bins_that_do_not_fit_are_refused(fault):
    bins, edges = np.asarray([2, 0], dtype=np.uint8), np.asarray([0.0, 1.0, 2.0])
    Ramps(bins, edges).check(2, np.float64)
    n, dtype = 2, np.dtype(np.float64)
    if fault == "columns":
        n = 3
    elif fault == "order":
        edges = edges[::-1].copy()
    elif fault == "dtype":
        dtype = np.dtype(np.float32)
    elif fault == "length":
        edges = edges[:2]
    elif fault == "nan":
        edges[1] = np.nan
    else:
        bins, edges = np.zeros(2, dtype=np.uint8), np.zeros(0)
    with pytest.raises(ValueError, match="bins"):
        Ramps(bins, edges).check(n, dtype)


# when they come -------------------------------------------------------------------------------------


def test_they_come_where_columns_have_steps_and_not_where_all_is_straight(steps):
    X, y = steps
    with_ramps = NNBCDClassifier((), random_state=0).fit(X[:1000], y[:1000])
    without = NNBCDClassifier((), random_state=0, column_bins=0).fit(X[:1000], y[:1000])
    assert with_ramps.network_.columns.ramps is not None and without.network_.columns.ramps is None
    assert with_ramps.score(X[1000:], y[1000:]) > without.score(X[1000:], y[1000:]) + 0.2  # no hidden units
    rng = np.random.default_rng(0)
    Z = rng.normal(size=(1500, 6))
    line = NNBCDRegressor((30,), random_state=0).fit(Z, Z @ np.arange(6.0) + rng.normal(size=1500))
    assert line.network_.columns is None


def lose_by_ramps(monkeypatch, lost):
    """Whatever the two fits are, without ramps each row loses 1, and with them as much more as is said."""
    turns = itertools.cycle([0.0, lost])
    monkeypatch.setattr(ShortFit, "losses", property(lambda fit: 1.0 + np.resize(next(turns), len(fit.V))))


def test_the_comparison_is_of_held_out_rows(steps, monkeypatch):
    X, y = steps
    seen, outputs_on = [], _pilot.outputs_on

    def watched(fitted, *rows):
        seen.append((fitted.network_.columns.ramps is not None, len(rows[0])))
        return outputs_on(fitted, *rows)

    monkeypatch.setattr(_pilot, "outputs_on", watched)
    lose_by_ramps(monkeypatch, -0.5)
    assert NNBCDClassifier(**OPTIONS).fit(X, y).network_.columns.ramps is not None
    # a third of 1,200; the third fit with thin factors, the last for the temperature
    assert seen == [(False, 400), (True, 400), (True, 400), (True, 400)]
    lose_by_ramps(monkeypatch, 0.0)
    assert NNBCDClassifier(**OPTIONS).fit(X, y).network_.columns.ramps is None


@pytest.mark.parametrize(
    ("lost", "few", "many"), [(-0.1, True, True), (0.003, False, True), (0.1, False, False)]
)
def test_the_doubt_speaks_for_ramps_where_rows_are_many(steps, monkeypatch, lost, few, many):
    X, y = steps
    noise = np.resize([-0.1, 0.1], 400)  # a standard error of 0.005
    for rows, expected in ((1200, few), (1199, many)):  # of both fits and the comparison; there are 1,200
        monkeypatch.setattr(_pilot, "PILOT_ROWS", rows)
        lose_by_ramps(monkeypatch, lost + noise)
        model = NNBCDClassifier(**OPTIONS).fit(X, y)
        assert (model.network_.columns.ramps is not None) == expected


def test_what_is_compared_are_losses_of_rows_whose_targets_are_known(steps):
    X, y = steps
    s = np.random.default_rng(3).random(len(X))
    line = NNBCDRegressor(**OPTIONS, column_bins=0).fit(X, y)
    fit = ShortFit(line.targets_, *_pilot.outputs_on(line, X, y, s))
    found, weights = fit.losses, fit.s
    np.testing.assert_allclose(found, 0.5 * (line.predict(X) - y) ** 2, rtol=1e-9, atol=1e-12)
    assert weights is s
    y = y + 2 * (X[:, 2] == 1.0)
    known = y < 3
    model = NNBCDClassifier(**OPTIONS, column_bins=0).fit(X[known], y[known])
    fit = ShortFit(model.targets_, *_pilot.outputs_on(model, X, y, s))
    alone = ShortFit(model.targets_, *_pilot.outputs_on(model, X[known], y[known], None))
    np.testing.assert_array_equal(fit.losses, alone.losses)
    np.testing.assert_array_equal(fit.s, s[known])
    expected = -np.log(model.predict_proba(X[known]))[np.arange(known.sum()), y[known]]
    np.testing.assert_allclose(fit.losses, expected, rtol=1e-5, atol=1e-6)  # of single precision


def test_the_error_is_that_of_a_weighted_mean():
    rng = np.random.default_rng(0)
    s = rng.integers(1, 4, 50).astype(float)
    means = [_pilot.mean_and_error(rng.normal(3.0, 2.0, 50), s) for _ in range(4000)]
    assert np.std([mean for mean, _ in means]) == pytest.approx(
        np.mean([error for _, error in means]), rel=0.05
    )
    x = rng.normal(size=30)
    assert _pilot.mean_and_error(x, None) == pytest.approx((x.mean(), x.std() / 30**0.5), rel=1e-12)
    assert _pilot.mean_and_error(x, np.zeros(30)) == (0.0, 0.0)


def test_callbacks_watch_the_fit_and_not_the_comparison():
    model = NNBCDClassifier((200, 30), compression="tt", rank=0.5, bits=4, verbose=1)
    vars(model)["_skl_callbacks"] = ["a callback"]
    plain = _pilot.plain_network(model)
    assert "_skl_callbacks" not in vars(plain) and vars(model)["_skl_callbacks"]
    assert plain.hidden_layer_sizes == (64, 30)
    assert plain.compression is plain.rank is plain.bits is None and plain.verbose == 0


@pytest.mark.parametrize(
    "options",
    [
        {"solver": "full"},
        {"solver": "exact"},
        {"fit_intercept": False},
        {"solver": FullBatch.paper(), "ridge": 0.0},
        {"weight_regularizer": "l1"},
    ],
)
def test_by_themselves_they_come_to_the_default_solver_only(steps, options):
    X, y = steps
    columns = NNBCDClassifier(**OPTIONS | options | {"max_iter": 2}).fit(X, y).network_.columns
    assert columns is None or columns.ramps is None


def test_few_rows_images_and_streams_have_none(steps):
    X, y = steps
    assert NNBCDClassifier(**OPTIONS).fit(X[:999], y[:999]).network_.columns.ramps is None
    stream = NNBCDClassifier(**OPTIONS).partial_fit(X, y, classes=[0, 1])
    assert stream.network_.columns is None


@pytest.mark.parametrize("case", ["sparse", "two values", "intercept", "one bin"])
def test_bins_that_were_asked_for_in_vain_are_said(steps, case):
    X, y = steps
    options = OPTIONS | {"column_bins": 4, "max_iter": 1}
    if case == "sparse":
        X = sparse.csr_array(X)
    elif case == "two values":
        X = (X > 0.5).astype(float)
    elif case == "intercept":
        options["fit_intercept"] = False
    else:
        options["column_bins"] = 1
    with pytest.warns(UserWarning, match="'column_bins' of NNBCDClassifier has no effect"):
        NNBCDClassifier(**options).fit(X, y)


@pytest.mark.parametrize("bins", [-1, 2.5, "many", True, None])
def test_other_bins_are_refused(steps, bins):
    with pytest.raises((TypeError, ValueError), match="'column_bins' of NNBCDClassifier"):
        NNBCDClassifier(column_bins=bins).fit(*steps)


def test_a_budget_and_an_mlp_have_none(steps):
    X, y = steps
    model = NNBCDClassifier(max_bytes=400, random_state=0).fit(X[:600], y[:600])
    assert model.chosen_params_["column_bins"] == 0
    with pytest.raises(ValueError, match="column_bins=0"):
        to_mlp(NNBCDClassifier(**OPTIONS, column_bins=3).fit(X[:200], y[:200]))


# all know of them -----------------------------------------------------------------------------------


@pytest.mark.parametrize("solver", ["full", "minibatch", "exact"])
@pytest.mark.parametrize("kind", [NNBCDClassifier, NNBCDRegressor])
def test_losses_files_and_copies_know_of_them(steps, solver, kind):
    X, y = (part[:600] for part in steps)
    model = kind(**OPTIONS | {"solver": solver, "column_bins": 4}).fit(X, y)
    assert model.network_.columns.ramps.n_ramps == 16
    assert model.network_.n_features == 5 == model.n_features_in_ and model.network_.n_inputs == 21
    file = io.BytesIO()
    save_network(model, file)
    file.seek(0)
    for other in (pickle.loads(pickle.dumps(model)), load_network(file), narrow(model)):
        np.testing.assert_allclose(other.predict(X), model.predict(X), rtol=1e-9, atol=1e-9)
    if kind is NNBCDRegressor:
        loss = 0.5 * np.mean((model.predict(X) - y) ** 2)
        assert loss == pytest.approx(model.loss_, rel=1e-6)


@pytest.mark.parametrize("solver", ["full", "minibatch"])
def test_going_on_keeps_them(steps, solver):
    X, y = steps
    model = NNBCDClassifier(**OPTIONS | {"solver": solver, "warm_start": True, "column_bins": 4}).fit(X, y)
    columns, loss = model.network_.columns, model.loss_
    model.fit(X[:1000], y[:1000])
    assert model.network_.columns is columns and model.loss_ < loss * 1.2
    if solver == "minibatch":
        model.partial_fit(X, y)
        assert model.network_.columns is columns and log_loss(y, model.predict_proba(X)) < loss * 1.2


def test_a_clone_and_the_same_rows_give_the_same_network(steps):
    X, y = steps
    model = NNBCDClassifier(**OPTIONS).fit(X, y)
    again = clone(model).fit(X, y)
    np.testing.assert_array_equal(model.predict_proba(X), again.predict_proba(X))


@pytest.mark.parametrize("compression", ["low_rank", "l0", "tt", "quantized"])
def test_every_format_takes_them(steps, compression):
    X, y = steps
    options = {"max_iter": 30, "column_bins": 8, "compression": compression, "hidden_layer_sizes": (30,)}
    model = NNBCDClassifier(**OPTIONS | options).fit(X[:1000], y[:1000])
    assert model.network_.n_inputs == 5 + model.network_.columns.ramps.n_ramps
    assert model.score(X[1000:], y[1000:]) > 0.85  # the best constant has 0.58
    assert model.n_bytes_ == model.network_.n_bytes >= model.network_.columns.nbytes


def test_a_budget_is_one_of_columns_and_ramps(steps):
    """Five columns alone leave no room for factors of rank 1; with their ramps they do."""
    budget = {"compression": "low_rank", "compression_ratio": 0.15, "compress_output": True}
    options = OPTIONS | budget | {"hidden_layer_sizes": (64,)}
    model = NNBCDClassifier(**options, column_bins=8).fit(*steps)
    n_inputs = model.network_.coefs[0].shape[0]
    kept = sum(np.asarray(a).size for coef in model.network_.coefs for a in coef.arrays)
    assert n_inputs > 5 and kept <= 0.15 * (n_inputs * 64 + 64)
    with pytest.raises(ValueError, match="compression_ratio.*must leave room"):
        NNBCDClassifier(**options, column_bins=0).fit(*steps)


@pytest.mark.parametrize("joined", [True, False])
def test_the_first_weight_behind_ramps_may_be_a_product(monkeypatch, joined):
    """While it is trained; it is stored as a matrix."""
    monkeypatch.setattr(_mapping, "try_ramps", lambda *_: Finding(True, 0.3, joined=joined))
    X = np.random.default_rng(0).normal(size=(1200, 14))
    y = (np.abs(X[:, 0]) < 0.5).astype(int)

    def rank_of(widths, **parameters):
        options = {"solver": MiniBatch(precision="double"), "max_iter": 4, "random_state": 0}
        model = NNBCDClassifier(widths, **options, **parameters).fit(X, y)
        first = model.network_.coefs[0]
        assert model.compression_ratio_ == 1.0 or parameters
        return np.linalg.matrix_rank(first.to_dense(xp=np)), type(first), first.shape[0]

    assert rank_of((64,)) == (16 if joined else 64, DenseWeight, 14 + 4 * 14)
    assert rank_of((24,))[0] == 24  # factors would hardly be smaller
    assert rank_of((64,), compression="l0", sparsity=0.5)[0] > 16


@pytest.mark.parametrize("Estimator", [NNBCDClassifier, NNBCDRegressor])
@pytest.mark.parametrize(
    "noisy, lost", [(True, 0.01), (True, 0.03), (False, 0.01), (False, -0.003), (False, -0.01), (True, -0.01)]
)
def test_thin_factors_come_where_a_short_fit_is_better_or_hardly_worse(monkeypatch, Estimator, noisy, lost):
    """Noisy numbers: up to two hundredths of the loss of a plain one; others: two standard errors less."""
    plain, unsure = np.full(50, 2.0), np.tile([0.03, -0.03], 25)  # a mean of 0 with an error of .0042

    class Fit:
        s = None

        def __init__(self, losses):
            self.losses = losses

        def share_left(self):
            return 0.4 if noisy else 0.1

    def made(estimator, rows, bins, joined=False):
        return Fit(plain + 1.0 if bins == 0 else plain * (1.0 + lost) + unsure if joined else plain)

    monkeypatch.setattr(ShortFit, "to_rows", made)
    rows = SimpleNamespace(X=np.zeros((1200, 3)))
    most = 0.02 if noisy and Estimator is NNBCDRegressor else -0.0042
    found = _pilot.try_ramps(Estimator(), rows, 4)
    assert found.ramps and found.joined == (lost < most)
    assert not _pilot.try_ramps(Estimator(bits=8), rows, 4).joined


def test_activations_in_integers_follow_them(steps):
    X, y = steps
    options = {"column_bins": 8, "bits": 8, "hidden_layer_sizes": (30,), "max_iter": 30}
    model = NNBCDClassifier(**OPTIONS | options).fit(X[:1000], y[:1000])
    rounded = quantize_activations(model, X[:1000])
    first = rounded.integers_.first
    assert first.size == model.network_.n_inputs and first.n_columns == 5
    assert (rounded.predict(X) == model.predict(X)).mean() > 0.95  # 8 bits each
    scores = rounded.score(X[1000:], y[1000:])
    assert scores > model.score(X[1000:], y[1000:]) - 0.03


@pytest.mark.parametrize("bend", [False, True])
def test_integers_of_columns_in_unlike_units_have_a_grid_each(steps, bend):
    X, y = steps
    units = 10.0 ** np.arange(-3, X.shape[1] - 3)
    X = X * units + 5.0 * units[::-1]
    X[0, 1] *= 1e3
    network = NNBCDRegressor((), column_bins=8, bend_columns=bend, max_iter=10, random_state=0).fit(X, y)
    assert (network.network_.columns.bend is not None) == bend
    for dtype in ("int8", "int16"):
        integers = IntegerNetwork.from_estimator(network, X, dtype=dtype)
        lost = network.score(X, y) - r2_score(y, integers.predict(X.astype(np.float32)))
        # rounding to 1 / 128 of a range, of columns and weights: hundredths of the score at most
        assert lost < (0.02 if dtype == "int8" else 0.001), dtype


def test_no_warning_by_default(steps):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        NNBCDClassifier(**OPTIONS).fit(*steps)
