# SPDX-License-Identifier: BSD-3-Clause
"""The scripts of the paper's tables: a run that is stopped goes on where it was, and rows are the paper's."""

import argparse
import importlib
import sys
from pathlib import Path

import pytest
from sklearn.datasets import load_iris

from sklearn_nnbcd import NNBCDClassifier
from sklearn_nnbcd.solvers import FullBatch

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def script(monkeypatch):
    """Imports a script of examples/paper; its names leave with the test."""
    for folder in (ROOT / "tests" / "benchmarks", ROOT / "examples" / "paper"):
        monkeypatch.syspath_prepend(str(folder))
    before = set(sys.modules)
    yield importlib.import_module
    for name in set(sys.modules) - before:
        if str(getattr(sys.modules[name], "__file__", "")).startswith(str(ROOT / "examples")):
            del sys.modules[name]


@pytest.fixture
def results(script, tmp_path):
    """Makes the results of a table in a folder of its own."""
    harness = script("harness")

    def make(**options):
        plain = dict(
            folder=tmp_path, quick=False, report=False, device="cpu", checkpoints=tmp_path / "checkpoints"
        )
        tables = lambda rows: {"small": list(harness.summary(rows, ("method",), ("test",)))}  # noqa: E731
        return harness.Results("small", argparse.Namespace(**(plain | options)), {"seeds": 2}, tables)

    return make


def test_a_fit_that_is_there_is_not_made_again(results):
    made = []

    def fit():
        made.append(1)
        return {"test": 0.5}

    for _ in range(2):  # the second time as another process would, from the file
        results().once({"method": "a", "seed": 0}, fit)
    assert len(made) == 1
    assert results(report=True).once({"method": "a", "seed": 1}, fit) is None
    assert len(made) == 1


def test_tables_follow_every_fit(results, script):
    mine = results()
    for seed, test in enumerate((0.5, 0.7)):
        mine.once({"method": "a", "seed": seed}, lambda test=test: {"test": test})
    record = script("records").read("small", mine.folder)
    assert record["sections"]["small"][0]["test_mean"] == pytest.approx(0.6, rel=1e-15)
    assert record["sections"]["small"][0]["seeds"] == len(record["rows"]) == 2
    assert not (mine.folder / ".partial").exists()


def test_a_fit_of_sweeps_goes_on_from_its_checkpoint(results, script, monkeypatch):
    """Stopped after 3 of 6 sweeps and gone on with, it ends with the numbers of one that was not."""
    harness, (X, y) = script("harness"), load_iris(return_X_y=True)
    step, steps = FullBatch.step, []
    monkeypatch.setattr(FullBatch, "step", lambda self, state: steps.append(1) or step(self, state))

    def run(sweeps, key):
        model = NNBCDClassifier((5,), solver=FullBatch(), random_state=0)
        how = dict(sweeps=sweeps, every=3, save_every=3)
        return harness.sweep_by_sweep(results(), {"method": key, "seed": 0}, model, (X, y, X, y), **how)

    whole, half = run(6, "whole"), run(3, "parts")
    assert half["sweeps"] == 3
    after = run(6, "parts")
    assert len(steps) == 6 + 3 + 3
    assert after["curve"] == whole["curve"]
    assert [point[0] for point in after["curve"]] == [1, 3, 6]


@pytest.mark.parametrize("table, ratio, rank", [("table3_har", 0.1676, 80), ("table6_har", 0.0536, 40)])
def test_ranks_give_the_papers_ratios_in_four_digits(script, table, ratio, rank):
    experiment = {"table3_har": "MLP4", "table6_har": "MLP5"}[table]
    experiment = getattr(script(table), experiment)
    trains = experiment.trains(ratio)
    assert {train.rank for train in trains[:-1]} == {rank}
    kept = sum(t.plan(s).n_parameters for t, s in zip(trains[:-1], experiment.shapes, strict=False))
    kept += experiment.shapes[-1][0] * experiment.shapes[-1][1]
    assert round(kept / sum(a * b for a, b in experiment.shapes), 4) == ratio


def test_pruned_flare_network_has_the_papers_sparsity_output_counted(script):
    flare = script("table5_flare")
    for sparsity in flare.PAPER:
        kept = flare.counts(sparsity)
        assert sum(kept) == round((1.0 - sparsity) * flare.SIZE)
        assert all(0 < k <= a * b for k, (a, b) in zip(kept, flare.SHAPES, strict=True))
