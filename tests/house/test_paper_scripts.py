# SPDX-License-Identifier: BSD-3-Clause
"""What the scripts of the paper share: a run that was stopped goes on, two do not undo each other."""

import argparse
import json
import sys
from pathlib import Path

import numpy as np
import pytest
from sklearn.datasets import load_iris

from sklearn_nnbcd import NNBCDClassifier
from sklearn_nnbcd.solvers import FullBatch

ROOT = Path(__file__).resolve().parents[2]
FOLDERS = (ROOT / "examples" / "paper", ROOT / "tests" / "benchmarks")


@pytest.fixture
def script(monkeypatch):
    """The scripts as modules, by name; forgotten afterwards, since others have modules of the same names."""
    before = set(sys.modules)
    for folder in FOLDERS:
        monkeypatch.syspath_prepend(str(folder))
    yield lambda name: __import__(name)
    for name in set(sys.modules) - before:
        path = getattr(sys.modules[name], "__file__", None) or ""
        if Path(path).parent in FOLDERS:
            del sys.modules[name]


@pytest.fixture
def options(tmp_path):
    """As from a command line."""
    return argparse.Namespace(
        folder=tmp_path, checkpoints=tmp_path / "checkpoints", quick=False, report=False, device="cpu"
    )


def tables(fits):
    return {"small": [{"fits": len(fits)}]}


def test_a_second_run_of_a_table_is_refused_until_the_first_ends(script, options):
    pytest.importorskip("fcntl")
    harness = script("harness")
    first = harness.Results("small", options, {}, tables)
    other = harness.Results("other", options, {}, tables)
    with pytest.raises(SystemExit, match=r"Another run is writing .*small\.json"):
        harness.Results("small", options, {}, tables)
    first.lock.close()
    other.lock.close()
    harness.Results("small", options, {}, tables).lock.close()


def test_a_fit_that_is_there_is_not_made_again(script, options):
    harness = script("harness")
    made = []
    for _ in range(2):
        results = harness.Results("small", options, {}, tables)
        for seed in range(2):
            results.once({"seed": seed}, lambda seed=seed: made.append(seed) or {"test": 0.5})
        results.lock.close()
    assert made == [0, 1]
    record = json.loads((options.folder / "small.json").read_text(encoding="utf-8"))
    assert [row["seed"] for row in record["rows"]] == [0, 1]
    assert record["sections"] == {"small": [{"fits": 2}]}


def test_a_fit_that_is_cut_goes_on_to_the_same_end(script, options):
    """Its curve and its network are those of a fit in one go, to the last bit: the state is all there is."""
    harness = script("harness")
    X, y = load_iris(return_X_y=True)
    data, rows = (X, y, X, y), []
    model = NNBCDClassifier((5,), loss="squared_error", solver=FullBatch(), random_state=0)
    for name, minutes in (("whole", [np.inf]), ("cut", [0.0, 0.0, np.inf])):
        for limit in minutes:
            results = harness.Results(name, options, {}, tables)
            how = dict(sweeps=4, every=1, save_every=2, minutes=limit)
            rows.append(harness.sweep_by_sweep(results, {"seed": 0}, model, data, **how))
            results.lock.close()
    whole, first, second, last = rows
    assert [row["sweeps"] for row in rows] == [4, 1, 2, 4]
    assert [row["finished"] for row in rows] == [True, False, False, True]
    assert last["curve"] == whole["curve"]
    assert last["test"] == whole["test"]


def test_the_overview_reads_every_file_of_results_that_is_there(script):
    overview = script("overview")
    found = 0
    for name, file, told in overview.ITEMS.values():
        assert (ROOT / "examples" / "paper" / name).exists()
        path = ROOT / "tests" / "benchmarks" / "results" / f"{file}.json"
        if path.exists():
            found += 1
            assert all(told(json.loads(path.read_text(encoding="utf-8"))))
    assert found > 0


@pytest.mark.parametrize("name", ["har_default", "flare_default"])
def test_experiments_of_the_default_change_nothing_but_layers_format_and_start(script, name):
    model = script("experiments").EXPERIMENTS[name].make(3, initializer="orthogonal")
    found, usual = model.get_params(deep=False), NNBCDClassifier().get_params(deep=False)
    asked = {"hidden_layer_sizes", "compression", "rank", "initializer", "random_state", "solver"}
    assert {key for key in found if found[key] != usual[key]} <= asked
    assert (found["initializer"], found["random_state"]) == ("orthogonal", 3)
    assert found["solver"].get_params() == FullBatch().get_params()
