# SPDX-License-Identifier: BSD-3-Clause
"""Scales and intercepts in a byte or two: what they may differ by, and what becomes of a network."""

import math
import pickle
from dataclasses import replace

import array_api_compat
import numpy as np
import pytest
from problems import NUMPY
from sklearn.datasets import load_digits

from sklearn_nnbcd import NNBCDClassifier, NNBCDRegressor
from sklearn_nnbcd.compressions.quantization import (
    GRIDS,
    FixedPoint,
    QuantizedWeight,
    plain_numbers,
    taken,
)
from sklearn_nnbcd.compressions.quantization._quantized_array import fixed_scale
from sklearn_nnbcd.layers import Conv2D, Dense
from sklearn_nnbcd.network import _fixed_point as fixed_point
from sklearn_nnbcd.network import _quantize as module
from sklearn_nnbcd.network import in_precision, narrow, quantize_network
from sklearn_nnbcd.network._fixed_point import spreads, with_fixed_point


@pytest.fixture(params=["numpy", "strict"])
def xp(request):
    if request.param == "numpy":
        return NUMPY
    return array_api_compat.array_namespace(pytest.importorskip("array_api_strict").zeros(1))


def plain_search(x, tolerance, n_bytes):
    """(type, power, integers) of the first type that is near enough, number by number, or None."""
    for name, bits, signed in (("uint8", 8, 0), ("int8", 8, 1), ("int16", 16, 1)):
        if bits // 8 < n_bytes or (not signed and min(x) < 0):
            continue
        largest = 2 ** (bits - signed) - 1
        power = -120
        while max(abs(v) for v in x) > largest * 2.0**power:
            power += 1
        integers = [round(v / 2.0**power) for v in x]
        shares = [abs(k * 2.0**power - v) / t for k, v, t in zip(integers, x, tolerance, strict=True)]
        if sum(share**2 for share in shares) / len(shares) <= 1.0:
            return name, power, integers
    return None


@pytest.mark.parametrize("n_bytes", [1, 2])
@pytest.mark.parametrize("seed", range(8))
def test_the_shortest_that_is_near_in_plain_loops(seed, n_bytes, xp):
    rng = np.random.default_rng(seed)
    x = rng.normal(size=9) * 10.0 ** rng.integers(-6, 6)
    x = np.abs(x) if seed % 2 else x
    tolerance = 10.0 ** rng.uniform(-6, -1) * np.abs(x).max() * rng.uniform(0.1, 1.0, size=9)
    expected = plain_search(x.tolist(), tolerance.tolist(), n_bytes)
    found = FixedPoint.near(xp.asarray(x), xp.asarray(tolerance), n_bytes)
    if expected is None:
        assert not isinstance(found, FixedPoint)
        return
    name, power, integers = expected
    assert found.integers.dtype == getattr(xp, name) and int(found.power[0]) == power
    assert [int(k) for k in found.integers] == integers
    assert found.dtype == xp.float64 and found.shape == (9,)
    np.testing.assert_array_equal(np.asarray(found.values()), np.asarray(integers) * 2.0**power)


@pytest.mark.parametrize("kind, n_bytes", [("int8", 1), ("int16", 2)])
def test_root_mean_squares_of_differences_decide(kind, n_bytes):
    """One in a thousand too much, and there is no number so short."""
    x = np.random.default_rng(0).normal(size=20)
    found = FixedPoint.near(x, np.ones(20), n_bytes)
    assert found.integers.dtype == kind
    allowed = np.sqrt(np.mean((found.values() - x) ** 2))
    assert FixedPoint.near(x, np.full(20, 1.001 * allowed), n_bytes).integers.dtype == kind
    longer = FixedPoint.near(x, np.full(20, 0.999 * allowed), n_bytes)
    assert longer is x if n_bytes == 2 else longer.integers.dtype == np.int16


@pytest.mark.parametrize(
    "x",
    [[0.0, 0.0], [np.nan, 1.0], [np.inf, 1.0], [1e38, 1.0], [1e-40, 0.0], [1.0, 1e-9], [], [0.1, 0.2]],
)
def test_what_has_no_short_form_stays(x):
    """Nothing, what is not finite or not normal in single precision, or more digits than two bytes have."""
    x = np.asarray(x)
    assert FixedPoint.near(x, 1e-12 * np.abs(x)) is x


def test_multiples_of_a_power_of_two_are_found_exactly():
    """What an export asks for: no change at all, whatever the power that they were stored with."""
    x = np.asarray([3.0, -40.0, 0.0, 7.0]) * 2.0**-20
    found = FixedPoint.near(x.astype(np.float32), np.zeros(4))
    assert found.integers.dtype == np.int8 and found.values().dtype == np.float32
    np.testing.assert_array_equal(found.values(), x)
    assert FixedPoint.near(np.append(x, 2.0**-40), np.zeros(5)).shape == (5,)  # an array still


def test_scales_do_not_vanish():
    """A unit of hardly any weight keeps its codes: one that is 0 has no integers in an export."""
    x, tolerance = np.asarray([5.0, 1e-3, 0.0, -1e-3]), np.full(4, 0.1)
    assert FixedPoint.near(x, tolerance).integers.tolist() == [80, 0, 0, 0]
    assert FixedPoint.near(x, tolerance, least=1).integers.tolist() == [80, 1, 0, -1]


def test_one_huge_scale_makes_no_other_coarse():
    """A small one counts as a quarter of the upper quartile at least, which one of them does not move."""
    x = np.asarray([1e6, 1.0, 0.9, 0.8, 0.02, 0.0])
    assert fixed_scale(x, GRIDS[4], xp=NUMPY) is x
    assert isinstance(fixed_scale(x[1:], GRIDS[4], xp=NUMPY), FixedPoint)
    assert fixed_scale(0.0 * x, GRIDS[4], xp=NUMPY).shape == (6,)


def test_one_number_is_worth_it_in_single_precision_too():
    """An integer and its power take two bytes, or three."""
    for n_bytes, size in ((1, 2), (2, 3)):
        found = FixedPoint.near(np.asarray([0.7], np.float32), np.asarray([0.01]), n_bytes)
        assert sum(a.nbytes for a in found.arrays) == size


def test_parts_and_products():
    x = FixedPoint(np.asarray([1, 2, 200], np.uint8), np.asarray([-2], np.int8))
    np.testing.assert_array_equal(x.taken(np.asarray([2, 0])).values(), [50.0, 0.25])
    np.testing.assert_array_equal(taken(x.values(), np.asarray([1]), xp=NUMPY), [0.5])
    np.testing.assert_array_equal(x * 3.0, [0.75, 1.5, 150.0])
    assert plain_numbers(None) is None and (x * 3.0).dtype == np.float32


@pytest.mark.parametrize(
    "change",
    [
        {"integers": np.asarray([1, 2], np.int32)},
        {"integers": np.asarray([[1, 2]], np.int8)},
        {"power": np.asarray([1, 2], np.int8)},
        {"power": np.asarray([1], np.int16)},
        {"power": np.asarray([120], np.int8)},
        {"precision": "float16"},
    ],
)
def test_parts_that_do_not_fit_are_refused(change):
    x = FixedPoint(np.asarray([1, 2], np.int8), np.asarray([-2], np.int8))
    x.check_arrays()
    with pytest.raises(ValueError, match="fixed point"):
        replace(x, **change).check_arrays()


@pytest.mark.parametrize("bits", [8, 4, 3, 2, "ternary", "binary"])
def test_the_noise_of_a_grid_is_that_of_a_uniform_error(bits):
    """step / 12^(1/2) beside entries a third of the largest, as a Gaussian has; a quarter at most."""
    grid = GRIDS[bits]
    top, step = max(grid.levels), grid.levels[1] - grid.levels[0]
    assert grid.noise == pytest.approx(min(step / math.sqrt(12) / (top / 3), 0.25))
    assert grid.scale_bytes == (2 if bits == 8 else 1)


# networks -----------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def digits():
    X, y = load_digits(return_X_y=True)
    return X / 16.0, y


FORMATS = [{}, {"compression": "low_rank", "rank": 8}, {"compression": "l0", "compression_ratio": 0.3}]


@pytest.mark.parametrize("options", FORMATS)
@pytest.mark.parametrize("bits", [8, 4, "ternary"])
def test_short_numbers_move_outputs_less_than_rounding(digits, bits, options, monkeypatch):
    """Beside the same network with floats; in the mean over the outputs hardly at all."""
    X, y = digits
    options = {"bend_columns": False, "column_bins": 0, "max_iter": 15, "random_state": 0} | options
    network = NNBCDClassifier((32, 16), **options).fit(X[:900], y[:900]).network_
    short = quantize_network(network, X[:900], bits)
    monkeypatch.setattr(module, "with_fixed_point", lambda network, *_: network)
    floats = quantize_network(network, X[:900], bits)
    whole, long, few = (n.forward(X[900:]) for n in (network, floats, short))
    moved, more = ((b - a).std() for a, b in ((whole, long), (long, few)))
    assert more < 0.5 * moved
    size = 2 if bits == 8 else 1
    scales = [number.scale for coef in short.coefs for number in coef.inner.numbers if number.scale]
    assert {x.integers.itemsize for x in (*short.intercepts, *scales)} == {size}
    count = sum(x.shape[0] for x in (*short.intercepts, *scales))
    saved = (8 - size) * count - len(short.intercepts) - len(scales)  # float64 here; a power for each vector
    assert floats.n_bytes - short.n_bytes == saved
    mean, spread = (long - few).mean(axis=0), long.std(axis=0)
    assert np.all(np.abs(mean) < (0.002 if bits == 8 else 0.05) * spread)


@pytest.mark.parametrize("bits", [8, 4])
@pytest.mark.parametrize("options", FORMATS)
def test_the_median_row_is_where_it_was(bits, options, monkeypatch):
    """Columns 20 deviations from 0, times a scale that is another one: the intercept takes what that moves.

    Layer by layer, up to half a unit of the integers that the intercept then has.
    """
    rng = np.random.default_rng(0)
    X = rng.normal(size=(501, 12)) + 20.0  # an odd number: one row is in the middle
    y = np.abs(X[:, 0] - 20.0) + X[:, 1]
    model = NNBCDRegressor((16, 8), column_bins=0, max_iter=10, random_state=0, **options).fit(X, y)
    monkeypatch.setattr(module, "with_fixed_point", lambda network, *_: network)
    floats = quantize_network(model.network_, X, bits)
    short = with_fixed_point(floats, X, None, [1, 2, 3])
    _, U = floats.trace(X)
    _, after = short.trace(X)
    for i, b in enumerate(short.intercepts, 1):
        unit = 2.0 ** float(b.power[0])
        assert np.all(np.abs(np.median(U[i] - after[i], axis=0)) <= 0.5001 * unit)
        assert i > 1 or np.abs(U[i] - after[i]).max() > 0.0


def test_a_network_with_short_numbers_is_used_as_any_other(digits):
    X, y = digits
    options = {"bend_columns": False, "column_bins": 0, "max_iter": 5, "random_state": 0}
    model = NNBCDClassifier((32,), bits=4, **options).fit(X[:900], y[:900])
    network = model.network_
    assert all(isinstance(b, FixedPoint) for b in network.intercepts) and network.dtype == "float32"
    assert all(isinstance(coef, QuantizedWeight) and coef.dtype == np.float32 for coef in network.coefs)
    assert all(isinstance(b, np.ndarray) and b.dtype == np.float32 for b in model.intercepts_)
    rows = X[900:].astype(np.float32)
    dense = network.to_dense()
    np.testing.assert_allclose(dense.forward(rows), network.forward(rows), atol=1e-4)  # of scores to 10
    double = in_precision(network, "float64")
    assert double.dtype == "float64" and double.n_bytes == network.n_bytes
    np.testing.assert_allclose(double.forward(X[900:]), network.forward(rows), atol=1e-4)
    again = pickle.loads(pickle.dumps(network))
    np.testing.assert_array_equal(again.forward(rows), network.forward(rows))
    assert again.n_bytes == network.n_bytes and len(pickle.dumps(network)) < network.n_bytes + 1600  # names


def test_narrowing_keeps_short_numbers(digits):
    X, y = digits
    options = {"bend_columns": False, "column_bins": 0, "max_iter": 10, "random_state": 0}
    model = NNBCDClassifier(
        (64,), compression="l0", compression_ratio=0.02, compress_output=True, bits=4, **options
    )
    model.fit(X[:900], y[:900])
    small = narrow(model)
    assert small.network_.coefs[0].shape[1] < 64 and small.n_bytes_ < model.n_bytes_
    assert isinstance(small.network_.intercepts[0], FixedPoint)
    np.testing.assert_allclose(small.decision_function(X), model.decision_function(X), atol=1e-5)


@pytest.mark.parametrize("n", [7, 40])
def test_spreads_are_those_between_quarters_of_the_rows(n):
    """By sorting each column; copies of rows and weights are the same, and a far row changes nothing."""
    rng = np.random.default_rng(n)
    U, copies = rng.normal(size=(n, 3)) * [1.0, 5.0, 0.0], rng.integers(0, 3, n)
    U[:, 2] = np.arange(n) == 2  # more than half of the rows are alike
    copies[2] = 1
    share = copies[:, None] / copies.sum()
    found = spreads(U, share, xp=NUMPY)
    for j in range(2):
        column = sorted(np.repeat(U[:, j], copies))
        count = len(column)
        low, high = (column[math.ceil(part * count) - 1] for part in (0.25, 0.75))
        assert found[j] == pytest.approx((high - low) / 1.349)
    p = 1 / copies.sum()
    assert found[2] == pytest.approx(math.sqrt(p * (1 - p)))
    far = np.where(U == U.max(axis=0), 1e9, U)
    np.testing.assert_allclose(spreads(far, share, xp=NUMPY)[:2], found[:2])


def test_a_row_far_from_all_others_makes_no_intercept_coarse():
    """Its pre-activations have deviations of a million; the others are to be told apart still."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(400, 6))
    y = (X[:, 0] + X[:, 1] > 0.3).astype(int)
    X[0, 3] = 1e6
    model = NNBCDClassifier((8,), bits=4, bend_columns=False, column_bins=0, random_state=0).fit(X, y)
    whole = NNBCDClassifier((8,), bend_columns=False, column_bins=0, random_state=0).fit(X, y)
    assert model.score(X[1:], y[1:]) > whole.score(X[1:], y[1:]) - 0.05 > 0.8


def test_units_of_targets_are_part_of_short_numbers():
    """y in units of 1e6 and far from 0: scales and intercepts of the last layer have other powers."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(400, 5))
    y = X @ rng.normal(size=5)
    plain = NNBCDRegressor((8,), bits=4, max_iter=10, random_state=0).fit(X, y)
    far = NNBCDRegressor((8,), bits=4, max_iter=10, random_state=0).fit(X, 2.0**20 * y + 2.0**22)
    assert far.n_bytes_ == plain.n_bytes_
    assert far.score(X, 2.0**20 * y + 2.0**22) > 0.9


def test_a_warm_start_goes_on_from_short_numbers(digits):
    X, y = digits
    model = NNBCDClassifier((16,), bits=4, max_iter=3, warm_start=True, random_state=0)
    first = model.fit(X, y).score(X, y)
    assert model.fit(X, y).score(X, y) > first - 0.02


def test_positions_of_images_are_thinned_out_to_be_sorted(monkeypatch):
    """A few thousand say as much of spreads and medians as all."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(60, 10, 10, 1))
    y = (X[:, :5].mean(axis=(1, 2, 3)) > X[:, 5:].mean(axis=(1, 2, 3))).astype(int)
    model = NNBCDClassifier(layers=[Conv2D(3, 3), Dense(4)], max_iter=5, random_state=0).fit(X, y)
    rows, found = X.reshape(60, -1), []
    monkeypatch.setattr(module, "with_fixed_point", lambda network, *_: network)
    floats = quantize_network(model.network_, rows, 4)
    for most in (10**6, 500):
        monkeypatch.setattr(fixed_point, "MOST_ROWS", most)
        found.append(with_fixed_point(floats, rows, None, [1, 2, 3]))
    whole, thin = (network.dense_intercepts()[0] for network in found)
    spread = floats.trace(rows)[1][1].std()
    assert found[1].n_bytes == found[0].n_bytes and 0.0 < np.abs(whole - thin).max() < 0.01 * spread
