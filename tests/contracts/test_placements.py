# SPDX-License-Identifier: BSD-3-Clause
"""Placements: the contract of each, fed by the registry, and the same fit wherever rows live."""

import tracemalloc
from dataclasses import replace

import numpy as np
import pytest
from partitions import FIVE, cut_rows, fit_rows, random_rows
from problems import draw_start, fitted, make_problem

from sklearn_nnbcd.backends import _numpy as numpy_backend
from sklearn_nnbcd.engine import center_inputs, fit_full, initial_weights, input_operator, start_block
from sklearn_nnbcd.engine._fused import update_rows
from sklearn_nnbcd.placements import PLACEMENTS, DiskBlocks, InMemory
from sklearn_nnbcd.placements._memory import row_slices
from sklearn_nnbcd.placements._pickled import is_large_array
from sklearn_nnbcd.testing._base import check_placement


@pytest.fixture(params=PLACEMENTS)
def make(request):
    """``make(blocks)``: a placement of each kind, closed in the end."""
    if request.param == "dask":
        request.getfixturevalue("dask_client")
    made = []

    def make(blocks):
        made.append(PLACEMENTS[request.param](blocks))
        return made[-1]

    yield make
    for placement in made:
        placement.close()


def test_contract(make):
    check_placement(make)


SEVEN = [0, 3, 4, 71, 72, 150, 199, 203]


@pytest.mark.parametrize(
    "compression, weighted", [("none", True), ("none", False), ("tt", True), ("l0", True)]
)
@pytest.mark.parametrize("edges", [SEVEN, FIVE], ids=["seven", "five"])
def test_same_fit(make, edges, compression, weighted):
    """One block, and seven uneven ones or five partitions: the same weights to 1e-8."""
    problem, first, rows = random_rows(compression, weighted)
    expected, terms = fit_rows(problem, first, InMemory([rows]))
    weights, there = fit_rows(problem, first, make(cut_rows(rows, edges)))
    for ours, theirs in zip(fitted(weights), fitted(expected), strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-8, atol=1e-8)
    assert there.total == pytest.approx(terms.total, rel=1e-10)


@pytest.mark.parametrize("compression, weighted", [("none", False), ("tt", True)])
def test_a_block_that_owns_its_rows_is_written_over(compression, weighted, monkeypatch):
    """The same U, V and weights, bitwise, as from blocks that are made anew; and in the same memory.

    The identity hands U through as V_N, and slices of one row are what overwriting needs.
    """
    monkeypatch.setattr(numpy_backend, "_SLICE_BYTES", 1)
    problem, first, rows = random_rows(compression, weighted)
    own, kept = InMemory([rows]), InMemory([rows])
    for placement in (own, kept):
        placement.map(start_block, problem, first)
    assert own.blocks[0].overwritable and not np.may_share_memory(own.blocks[0].U[3], own.blocks[0].V[3])
    kept.blocks[0] = replace(kept.blocks[0], overwritable=False)
    arrays, before = list(own.blocks[0].U[1:]), kept.blocks[0]
    copies = [x.copy() for x in (*before.U[1:], *before.V)]
    results = [
        fit_full(problem, first, placement, max_iter=3, on_sweep=lambda *a: False)[0]
        for placement in (own, kept)
    ]
    for ours, theirs in zip(*map(fitted, results), strict=True):
        np.testing.assert_array_equal(ours, theirs)
    for ours, theirs in zip(own.blocks[0].U[1:], kept.blocks[0].U[1:], strict=True):
        np.testing.assert_array_equal(ours, theirs)
    assert all(a is b for a, b in zip(own.blocks[0].U[1:], arrays, strict=True))
    for x, copy in zip((*before.U[1:], *before.V), copies, strict=True):
        np.testing.assert_array_equal(x, copy)


def test_memory_halves_a_block_that_does_not_fit():
    """A step that cannot have more than 20 rows at a time gets no more, and L and W are the same."""
    problem, first, rows = random_rows("none")
    whole, parts = InMemory([rows]), InMemory([rows])
    expected, terms = fit_rows(problem, first, whole, sweeps=2)
    parts.map(start_block, problem, first)
    sizes = []

    def short_of_memory(block, *args):
        sizes.append(block.Y.shape[0])
        if sizes[-1] > 20:
            raise MemoryError
        return update_rows(block, *args)

    weights = center_inputs(problem, first, parts)
    operator = input_operator(problem.N, problem, weights)
    parts.sweep(short_of_memory, problem.N, problem, weights.for_rows(problem.N), operator)
    assert sizes[:5] == [203, 101, 50, 25, 12]
    assert sum(b.Y.shape[0] for b in parts.blocks) == 203 and len(parts.blocks) == 16
    with pytest.raises(MemoryError):
        parts.sweep(out_of_memory)


def out_of_memory(block):
    """A step that never fits, down to a single row."""
    raise MemoryError


def test_disk_blocks_hold_one_block_in_memory(tmp_path):
    """20 blocks whose U and V take five times what is ever allocated at once."""
    rng, widths = np.random.default_rng(0), (4, 64, 64, 1)
    problem = make_problem(widths)
    weights = initial_weights(problem, *draw_start(problem, widths, rng))
    X, Y = rng.normal(size=(8_000, 4)), rng.normal(size=(8_000, 1))
    placement = DiskBlocks(cut_rows((X, Y, None), range(0, 8_001, 400)), folder=tmp_path)
    tracemalloc.start()
    fit_rows(problem, weights, placement, sweeps=1)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    states = 8 * 8_000 * 2 * (64 + 64 + 1)
    assert placement.nbytes == states  # X and Y stayed where they were
    assert peak < states / 5
    assert any(tmp_path.iterdir())
    placement.close()
    assert not any(tmp_path.iterdir())


def test_disk_blocks_write_only_what_changed(tmp_path):
    placement = DiskBlocks([(np.arange(1000.0), np.zeros(500))], folder=tmp_path)
    placement.map(lambda block: (block[0], block[1] + 1.0))

    def arrays():
        return {path for path in tmp_path.glob("*/*") if path.stat().st_size}  # a lock is empty

    (first,) = arrays()
    placement.map(lambda block: (block[0] * 2.0, block[1]))
    assert first in arrays() and len(arrays()) == 2
    assert placement.reduce(lambda block: block[0][999] + block[1].sum()) == 2 * 999 + 500


@pytest.mark.parametrize("name", ["array_api_strict", "torch"])
def test_disk_blocks_of_another_namespace(name, tmp_path):
    xp = pytest.importorskip(name)
    placement = DiskBlocks([(xp.ones(1000), xp.zeros((30, 20)))], folder=tmp_path)
    placement.map(lambda block: (block[0] * 3.0, block[1]))
    block = placement._load(0)[1]
    assert type(block[0]) is type(xp.ones(1)) and float(xp.sum(block[0])) == 3000.0


@pytest.mark.parametrize("n, size", [(10, 3), (9, 3), (2, 5), (1, 1)])
def test_row_slices_cover_all_rows_once(n, size):
    parts = [np.arange(n)[part] for part in row_slices(n, size)]
    np.testing.assert_array_equal(np.concatenate(parts), np.arange(n))
    assert all(0 < len(part) <= size for part in parts)


def test_a_class_of_arrays_is_no_array():
    """Annotations of a step that travels by value name such classes."""
    assert not is_large_array(np.ndarray)
    assert is_large_array(np.zeros(1000))
