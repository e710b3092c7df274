# SPDX-License-Identifier: BSD-3-Clause
"""Numbers of few bits: packing, the nearest plane, scales, and rounding in every format."""

import itertools
import pickle

import numpy as np
import pytest
from problems import NUMPY

from sklearn_nnbcd.compressions import (
    CP,
    L0,
    L1,
    Binary,
    Codebook,
    DenseWeight,
    LowRank,
    Quantized,
    Sum,
    TensorTrain,
    Tucker,
    quantized,
)
from sklearn_nnbcd.compressions._sparse import SparseWeight
from sklearn_nnbcd.compressions.quantization import GRIDS, Grid, pack, packed_size, round_matrix, unpack
from sklearn_nnbcd.compressions.quantization._scales import fit_scale
from sklearn_nnbcd.numerics import Metric
from sklearn_nnbcd.numerics._nearest_plane import _lookup, _lookup_of_one, nearest_codes

FORMATS = {
    "dense": None,
    "low_rank": LowRank(rank=4),
    "tt": TensorTrain(rank=5),
    "tt_paired": TensorTrain(rank=5, tensorization="paired"),
    "cp": CP(rank=8, tensor_shape=((4, 4), (3, 4))),
    "tucker": Tucker(rank=3, tensor_shape=((4, 4), (3, 4))),
    "l0": L0(sparsity=0.6),
    "sum": Sum([LowRank(rank=2), L0(sparsity=0.8)]),
}
SHAPE = (16, 12)


def random_metric(rng, shape):
    """Both sides with a spread of eigenvalues, as those of real layers have."""
    sides = []
    for d in shape:
        Q, _ = np.linalg.qr(rng.normal(size=(d, d)))
        sides.append(Q @ np.diag(np.logspace(0, -2, d)) @ Q.T)
    return Metric(*sides)


# packing ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("count", [2, 3, 4, 5, 7, 8, 15, 16, 17, 100, 128, 255, 256])
@pytest.mark.parametrize("n", [0, 1, 4, 5, 7, 8, 9, 41])
def test_packing_brings_back_what_it_packed(count, n):
    codes = np.random.default_rng(n).integers(count, size=n)
    packed = pack(codes, count, xp=NUMPY)
    assert packed.dtype == np.uint8 and packed.shape == (packed_size(n, count),)
    np.testing.assert_array_equal(unpack(packed, n, count, xp=NUMPY), codes)


def test_packed_sizes_are_those_of_the_bits():
    sizes = {bits: packed_size(1000, grid.count) for bits, grid in GRIDS.items()}
    assert sizes == {8: 1000, 4: 500, 3: 375, 2: 250, "ternary": 200, "binary": 125}


# the nearest plane --------------------------------------------------------------------------------


@pytest.mark.parametrize("shape", [(5, 4), (9, 1), (1, 6), (70, 3)], ids=str)
@pytest.mark.parametrize("seed", range(3))
def test_nearest_plane_in_plain_loops(shape, seed):
    """Babai's rule on the Kronecker product of both sides, entry by entry from the last one back."""
    rng = np.random.default_rng(seed)
    metric, (n, m) = random_metric(rng, shape), shape
    W, scale, levels = rng.normal(size=shape), rng.uniform(0.1, 0.5, size=m), np.arange(-3.0, 4.0)
    rows, columns = np.argsort(np.diag(metric.G)), np.argsort(np.diag(metric.S))
    K = np.kron(metric.G[np.ix_(rows, rows)], metric.S[np.ix_(columns, columns)])
    R, w = np.linalg.cholesky(K).T, W[np.ix_(rows, columns)].reshape(-1)
    left, codes = np.zeros(n * m), np.zeros(n * m, dtype=int)
    for k in range(n * m - 1, -1, -1):
        wanted = w[k] + R[k, k + 1 :] @ left[k + 1 :] / R[k, k]
        values = scale[columns[k % m]] * levels
        codes[k] = np.argmin(np.abs(values - wanted))
        left[k] = w[k] - values[codes[k]]
    expected = np.zeros(shape, dtype=int)
    expected[np.ix_(rows, columns)] = codes.reshape(shape)
    np.testing.assert_array_equal(nearest_codes(W, metric, scale, levels, xp=NUMPY), expected)


def test_without_cross_terms_every_entry_is_rounded_for_itself():
    rng = np.random.default_rng(0)
    W, scale, levels = rng.normal(size=(6, 5)), np.full(5, 0.3), np.arange(-3.0, 4.0)
    plain = np.clip(np.rint(W / scale), -3, 3) + 3
    for metric in (None, Metric(rng.uniform(1, 2, size=6), rng.uniform(1, 2, size=5)), Metric(np.eye(6))):
        np.testing.assert_array_equal(nearest_codes(W, metric, scale, levels, xp=NUMPY), plain)


def test_a_full_support_is_none():
    rng = np.random.default_rng(1)
    metric = random_metric(rng, (12, 5))
    given = rng.normal(size=(12, 5)), Metric(metric.G), np.full(5, 0.3), np.arange(-3.0, 4.0)
    every = np.ones((12, 5), dtype=bool)
    expected = nearest_codes(*given, xp=NUMPY)
    np.testing.assert_array_equal(nearest_codes(*given, every, xp=NUMPY), expected)


@pytest.mark.parametrize("levels", [np.arange(-7.0, 8.0), np.asarray([-1.0, 0.1, 0.3, 2.0]), np.zeros(1)])
def test_one_number_has_the_level_that_it_has_in_an_array(levels):
    scale = np.asarray([0.0, 0.3, 2.0])
    x = np.concatenate([np.random.default_rng(0).normal(scale=3.0, size=200), [0.5, -0.5, np.inf, -np.inf]])
    for j in range(3):
        codes, values = _lookup(scale, levels)(x, j)
        one = _lookup_of_one(scale, levels)(j)
        np.testing.assert_array_equal([one(float(each)) for each in x], np.transpose([codes, values]))
        assert one(np.nan)[0] in range(len(levels))


@pytest.mark.parametrize("support", [False, True])
def test_each_side_of_the_metric_helps(support):
    """In the mean over draws; a greedy rule may lose a single one."""
    total = np.zeros(3)
    for seed in range(8):
        rng = np.random.default_rng(seed)
        metric, W = random_metric(rng, (24, 16)), rng.normal(size=(24, 16))
        mask = rng.uniform(size=W.shape) < 0.4 if support else None
        W = W if mask is None else W * mask
        plain = round_matrix(W, GRIDS[3], support=mask, xp=NUMPY).values
        total += [
            metric.squared_distance(W, plain, xp=NUMPY),
            round_matrix(W, GRIDS[3], metric, support=mask, columns=False, xp=NUMPY).error,
            round_matrix(W, GRIDS[3], metric, support=mask, xp=NUMPY).error,
        ]
    assert total[1] < 0.8 * total[0] and total[2] < 0.9 * total[1]


# scales and levels --------------------------------------------------------------------------------


@pytest.mark.parametrize("bits", [3, 2, "ternary", "binary"])
def test_the_nearest_weight_of_all(bits):
    """Against all codes of a short column: each with its best scale, (w'q)^2 / q'q is what it saves."""
    rng = np.random.default_rng(0)
    for _ in range(20):
        w = rng.normal(size=(4, 1)) * rng.exponential(size=(4, 1))
        found = round_matrix(w, GRIDS[bits], xp=NUMPY)
        saved = 0.0
        for q in itertools.product(GRIDS[bits].levels, repeat=4):
            if any(q):
                saved = max(saved, float(w[:, 0] @ q) ** 2 / float(np.dot(q, q)))
        # sums of four squares
        assert found.error == pytest.approx(float(np.sum(w * w)) - saved, rel=1e-12, abs=1e-14)


def test_scales_are_the_best_for_their_codes():
    rng = np.random.default_rng(0)
    metric, W = random_metric(rng, SHAPE), rng.normal(size=SHAPE)
    plain = np.clip(np.rint(W / 0.4), -3, 3)
    scale = fit_scale(W, plain, np.ones(12), metric, xp=NUMPY)
    least = metric.squared_distance(W, plain * scale, xp=NUMPY)
    for _ in range(20):
        other = scale + 1e-3 * rng.normal(size=12)
        assert metric.squared_distance(W, plain * other, xp=NUMPY) > least


def test_a_codebook_finds_the_levels_that_are_there():
    rng = np.random.default_rng(0)
    levels = np.asarray([-2.0, -0.3, 0.1, 5.0])
    W = levels[rng.integers(4, size=SHAPE)]
    for metric in (None, random_metric(rng, SHAPE)):
        M = Codebook(size=4).plan(SHAPE).project(W, metric=metric, xp=NUMPY)
        np.testing.assert_allclose(M.to_dense(xp=NUMPY), W, atol=1e-12)
        assert M.nbytes == 16 * 12 * 2 // 8 + 4 * 8


def test_a_codebook_beats_a_grid_where_numbers_crowd():
    W = np.random.default_rng(0).laplace(size=(400, 3)) ** 3
    table = Codebook(size=16).plan(W.shape).project(W, xp=NUMPY).to_dense(xp=NUMPY)
    grid = Quantized(bits=4).plan(W.shape).project(W, xp=NUMPY).to_dense(xp=NUMPY)
    assert np.linalg.norm(table - W) < 0.8 * np.linalg.norm(grid - W)


def test_numbers_that_are_not_finite_stay_so():
    W = np.ones((3, 2))
    W[1, 1] = np.nan
    for grid in (GRIDS[4], Grid(4, learned=True)):
        assert np.isnan(round_matrix(W, grid, xp=NUMPY).values).all()


# in every format ----------------------------------------------------------------------------------


def float_weight(name, rng, dtype="float64"):
    """A weight of the format near some W, with the W and a metric."""
    W = rng.normal(size=SHAPE).astype(dtype)
    metric = random_metric(rng, SHAPE)
    metric = Metric(metric.G.astype(dtype), metric.S.astype(dtype))
    if FORMATS[name] is None:
        return DenseWeight(W), W, metric
    return FORMATS[name].plan(SHAPE).project(W, metric=metric, xp=NUMPY), W, metric


@pytest.mark.parametrize("name", FORMATS)
def test_more_bits_lose_less(name):
    M, W, metric = float_weight(name, np.random.default_rng(0))
    best = metric.squared_distance(W, M.to_dense(xp=NUMPY), xp=NUMPY)
    size = metric.squared_norm(W, xp=NUMPY)
    lost = []
    for bits in (8, 4, 3, "binary"):
        small = quantized(M, bits, W=W, metric=metric, xp=NUMPY)
        assert type(small.inner) is type(M) and small.n_parameters == M.n_parameters
        lost.append((metric.squared_distance(W, small.to_dense(xp=NUMPY), xp=NUMPY) - best) / size)
    # 127 levels a side: steps of about 1/40 of a deviation; what is fitted on the way may gain
    assert lost[0] < 1e-3 and lost[0] < lost[1] < lost[2] < lost[3]


@pytest.mark.parametrize("name", FORMATS)
def test_feedback_beats_rounding_plainly_in_every_format(name):
    ours = plain = 0.0
    for seed in range(5):
        M, W, metric = float_weight(name, np.random.default_rng(seed))
        for given in (metric, None):
            small = quantized(M, 3, W=W if given else None, metric=given, xp=NUMPY)
            error = metric.squared_distance(W, small.to_dense(xp=NUMPY), xp=NUMPY)
            ours, plain = (ours + error, plain) if given else (ours, plain + error)
    assert ours < 0.9 * plain


@pytest.mark.parametrize("name", [name for name in FORMATS if name not in ("dense", "l0")])
def test_local_problems_are_about_the_array_that_they_name(name):
    """Its best values take the weight no farther from the target, and come back in the array's shape."""
    M, W, metric = float_weight(name, np.random.default_rng(0))
    M = M.with_numbers([x * (1.0 + 0.1 * np.cos(np.arange(x.size)).reshape(x.shape)) for x in M.numbers])
    for k, number in enumerate(M.numbers):
        local = M.local(k, W, metric, xp=NUMPY)
        new = local.restore(local.matrix)
        assert new.shape == number.shape
        scale = M.spread(k, np.ones(local.matrix.shape[1]), xp=NUMPY)
        assert np.broadcast_shapes(scale.shape, number.shape) == number.shape
        before, after = (
            metric.squared_distance(W, A.to_dense(xp=NUMPY), xp=NUMPY)
            for A in (M, M.with_numbers([*M.numbers[:k], new, *M.numbers[k + 1 :]]))
        )
        assert after <= before * (1.0 + 1e-12)


def test_bytes_are_counted_to_the_last_one():
    W = np.random.default_rng(0).normal(size=SHAPE).astype("float32")
    expected = {8: 192, 4: 96, 3: 72, 2: 48, "ternary": 39, "binary": 24}
    for bits, codes in expected.items():
        assert quantized(DenseWeight(W), bits, xp=NUMPY).nbytes == codes + 12 * 4
    M = LowRank(rank=4).plan(SHAPE).project(W, xp=NUMPY)
    # one scale for each rank serves both factors
    assert quantized(M, 4, xp=NUMPY).nbytes == (16 * 4 + 4 * 12) // 2 + 4 * 4
    M = L0(sparsity=0.5).plan(SHAPE).project(W, xp=NUMPY)
    # 96 values of half a byte, a mask of 192 bits, 12 scales
    M = SparseWeight(M.data, NUMPY.arange(96) * 2 + 1, M.shape).compact(xp=NUMPY)
    assert quantized(M, 4, xp=NUMPY).nbytes == 48 + 24 + 12 * 4
    assert len(pickle.dumps(quantized(DenseWeight(np.zeros((300, 300))), 4, xp=NUMPY))) < 48_500


@pytest.mark.parametrize("name", ["dense", "low_rank", "l0", "sum"])
@pytest.mark.parametrize("axis", [0, 1])
def test_selected_rows_and_columns_keep_their_codes(name, axis):
    M, W, metric = float_weight(name, np.random.default_rng(0))
    small = quantized(M, 4, W=W, metric=metric, xp=NUMPY)
    small = small.columns_scaled(np.linspace(1.0, 2.0, 12), xp=NUMPY)
    small = small.rows_scaled(2.0 ** np.arange(-8, 8), xp=NUMPY)
    chosen = np.asarray([0, 3, 4, 9])
    expected = np.take(small.to_dense(xp=NUMPY), chosen, axis=axis)
    part = small.selected(chosen, axis, xp=NUMPY)
    np.testing.assert_allclose(part.to_dense(xp=NUMPY), expected, rtol=1e-14)
    assert part.nbytes < small.nbytes


def test_factors_of_rows_take_as_little_as_they_can():
    W = np.random.default_rng(0).normal(size=SHAPE)
    M = quantized(DenseWeight(W), 4, xp=NUMPY)
    same = M.rows_scaled(np.full(16, 3.7), xp=NUMPY)
    powers = M.rows_scaled(2.0 ** np.arange(-8, 8), xp=NUMPY)
    others = M.rows_scaled(np.linspace(1.0, 2.0, 16), xp=NUMPY)
    assert (same.nbytes, powers.nbytes, others.nbytes) == (M.nbytes, M.nbytes + 16, M.nbytes + 16 * 8)
    nothing = np.where(np.arange(16) == 3, 0.0, 4.0)
    some = M.rows_scaled(nothing, xp=NUMPY)
    assert some.nbytes == M.nbytes + 16
    np.testing.assert_array_equal(some.to_dense(xp=NUMPY), nothing[:, None] * M.to_dense(xp=NUMPY))


@pytest.mark.parametrize("bits", [4, 2])
@pytest.mark.parametrize("spread", [1.3, 1e4])
def test_rows_of_unlike_units(bits, spread):
    """W in the units of mapped columns, rounded for diag(scale) W; a constant column is out."""
    rng = np.random.default_rng(0)
    scale = spread ** rng.uniform(-1, 1, size=16)
    scale[5] = 0.0
    plan = Quantized(bits=bits).plan(SHAPE).for_scaled_inputs(scale, xp=NUMPY)
    W, metric = rng.normal(size=SHAPE), random_metric(rng, SHAPE)
    M = plan.project(W, metric=metric, xp=NUMPY)
    there = M.rows_scaled(scale, xp=NUMPY)
    np.testing.assert_allclose(
        there.to_dense(xp=NUMPY), scale[:, None] * M.to_dense(xp=NUMPY), rtol=1e-12, atol=1e-15 * spread
    )
    # none, or exponents of a byte each; without a zero the row that is out needs them to say so
    assert there.row_scale is None if spread < 2 and bits == 4 else there.row_scale.dtype == np.int8
    used = scale > 0
    lost = metric.squared_distance(W * used[:, None], M.to_dense(xp=NUMPY), xp=NUMPY)
    assert lost < (0.02 if bits == 4 else 0.3) * metric.squared_norm(W, xp=NUMPY)


# parameters ---------------------------------------------------------------------------------------

WRONG = [
    (lambda: Quantized(bits=5), "'bits' of Quantized.*8, 4, 3, 2, 'ternary', 'binary'.*Got 5.*Try 8"),
    (lambda: Quantized(bits="four"), "'bits' of Quantized.*Got 'four'.*Try 8"),
    (lambda: Quantized(bits=8.0), "'bits' of Quantized.*Got 8.0.*Try 8"),
    (lambda: Quantized(bits=True), "'bits' of Quantized.*Got True.*Try 8"),
    (lambda: Quantized(L1()), "'compression' of Quantized.*Got L1.*penalty.*'l0'"),
    (lambda: Quantized(Binary()), "'compression' of Quantized.*Got Binary.*by itself.*Leave one"),
    (lambda: Quantized("low_rank"), "'compression' of Quantized.*Got 'low_rank'.*LowRank"),
    (lambda: Codebook(size=1), "'size' of Codebook.*Got 1.*Try 16"),
    (lambda: Codebook(size=300), "'size' of Codebook.*at most 256.*Got 300.*Try 16"),
]


@pytest.mark.parametrize("case", WRONG, ids=lambda case: case[1][:40])
def test_wrong_parameters(case):
    make, message = case
    with pytest.raises((ValueError, TypeError), match=message):
        make().plan(SHAPE)
