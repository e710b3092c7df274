# SPDX-License-Identifier: BSD-3-Clause
"""Places of entries as gaps of few bits, against a reader that takes bit after bit."""

import array_api_compat
import numpy as np
import pytest
from problems import NUMPY

from sklearn_nnbcd.compressions import L0
from sklearn_nnbcd.compressions._gaps import WIDTHS, Gaps, bits_of_places
from sklearn_nnbcd.compressions._sparse import SparseWeight, to_sparse


@pytest.fixture(params=["numpy", "strict"])
def xp(request):
    """Array API namespace."""
    if request.param == "numpy":
        return NUMPY
    return array_api_compat.array_namespace(pytest.importorskip("array_api_strict").zeros(1))


#: places of many kinds: none, one, the first, neighbours, one far away, all, random ones
PLACES = {
    "none": [],
    "the first": [0],
    "far away": [70_000],
    "neighbours": [5, 6, 7, 8],
    "two groups": [0, 1, 2, 40_000, 40_001],
    "all": list(range(100)),
    "every other": list(range(1, 200, 2)),
    **{
        f"{share} of {size}": sorted(
            np.random.default_rng(0).choice(size, round(share * size), replace=False).tolist()
        )
        for share, size in [(0.5, 300), (0.1, 999), (0.01, 20_000), (0.001, 20_000)]
    },
}


def read(gaps):
    """The places, one bit after the other."""
    bits = [int(byte) >> k & 1 for byte in np.asarray(gaps.packed) for k in range(8)]
    places, place, start = [], 0, 0
    while len(places) < gaps.n:
        code = sum(bit << k for k, bit in enumerate(bits[start : start + gaps.bits]))
        start += gaps.bits
        place += code
        if code < 2**gaps.bits - 1:
            places.append(place)
            place += 1
    return places


@pytest.mark.parametrize("name", PLACES)
def test_places_come_back(name, xp):
    """Exactly, by the library and bit after bit."""
    gaps = Gaps.of_places(xp.asarray(PLACES[name], dtype=xp.int64), xp=xp)
    assert np.asarray(gaps.places(xp=xp)).tolist() == PLACES[name]
    assert read(gaps) == PLACES[name]
    codes, filler = np.asarray(gaps.codes(xp=xp)), 2**gaps.bits - 1
    assert len(codes) == 0 or codes[-1] != filler
    assert (codes != filler).sum() == gaps.n and codes.sum() + gaps.n == max(PLACES[name], default=-1) + 1
    gaps.check(max(PLACES[name], default=0) + 1, xp=xp)


@pytest.mark.parametrize("name", PLACES)
def test_no_other_width_takes_fewer_bytes(name):
    places = PLACES[name]
    left_out = np.diff(places, prepend=-1) - 1
    sizes = [-(-bits * sum(1 + gap // (2**bits - 1) for gap in left_out) // 8) for bits in WIDTHS]
    assert Gaps.of_places(np.asarray(places, dtype=np.int64), xp=np).packed.nbytes == min(sizes)


@pytest.mark.parametrize("share", [0.9, 0.3, 0.05, 0.004])
def test_the_expected_bits(share):
    """Within 3 %: the standard error of 40,000 random entries' gaps is below 1 %."""
    mask = np.random.default_rng(0).uniform(size=40_000) < share
    gaps = Gaps.of_places(np.flatnonzero(mask), xp=np)
    assert 8 * gaps.packed.nbytes / gaps.n == pytest.approx(bits_of_places(mask.mean()), rel=0.03)
    least = -share * np.log2(share) - (1 - share) * np.log2(1 - share)  # of any code at all
    assert least <= share * bits_of_places(share) < 1.25 * least + 0.55 * share


@pytest.mark.parametrize(
    "change", [{"bits": 9}, {"bits": 2.0}, {"n": 40}, {"n": -1}, {"packed": np.zeros(3)}]
)
def test_parts_that_do_not_fit(change):
    gaps = Gaps.of_places(np.arange(0, 60, 3), xp=np)
    with pytest.raises(ValueError, match="do not fit a weight"):
        Gaps(**vars(gaps) | change).check(60, xp=np)
    with pytest.raises(ValueError, match="do not fit a weight"):
        gaps.check(57, xp=np)


def test_compact_weights_are_the_same(xp):
    """In every product, scaling and choice, in a fraction of the bytes, and only once."""
    rng = np.random.default_rng(0)
    W, V = xp.asarray(rng.standard_normal((30, 20))), xp.asarray(rng.standard_normal((4, 30)))
    M = L0(sparsity=0.9).plan((30, 20)).project(W, xp=xp)
    small = M.compact(xp=xp)
    assert small.nbytes == 60 * 8 + small.where.packed.shape[0] < M.nbytes
    assert small.compact(xp=xp) is small
    factors, chosen = xp.asarray(rng.uniform(size=30)), xp.asarray([0, 7, 8, 19])
    for change in (
        lambda M: M,
        lambda M: M.scaled(3.0),
        lambda M: M.rows_scaled(factors, xp=xp),
        lambda M: M.columns_scaled(factors[:20], xp=xp),
        lambda M: M.selected(chosen, 0, xp=xp),
        lambda M: M.selected(chosen, 1, xp=xp),
    ):
        a, b = change(M), change(small)
        assert bool(xp.all(a.to_dense(xp=xp) == b.to_dense(xp=xp)))
        assert bool(xp.all(a.pattern(xp=xp) == b.pattern(xp=xp)))
        rows = V[:, : a.shape[0]]
        assert bool(xp.all(a.apply(rows, xp=xp) == b.apply(rows, xp=xp)))
        b.check_arrays(xp=xp)


@pytest.mark.parametrize("places", [[3, 2], [2, 2], [0, 600], [-1, 4], [1], [1, 2, 3]])
def test_places_of_other_entries_are_refused(places):
    with pytest.raises(ValueError, match="do not fit together"):
        SparseWeight(np.ones(2), np.asarray(places), (30, 20)).check_arrays(xp=np)


def test_a_weight_of_nothing(xp):
    """No entry at all: no gaps, and products that are zero."""
    M = to_sparse(xp.ones((3, 2)), xp.zeros((3, 2)) > 0.0, xp=xp).compact(xp=xp)
    assert M.nbytes == 0
    assert np.asarray(M.apply(xp.ones((4, 3)), xp=xp)).tolist() == [[0.0, 0.0]] * 4
