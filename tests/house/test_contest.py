# SPDX-License-Identifier: BSD-3-Clause
"""The script behind docs/results/tables.md: what runs, what is left alone, what follows from the rows."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

BENCHMARKS = Path(__file__).resolve().parents[1] / "benchmarks"


CHOSEN = ("--tables", "wine,diabetes", "--only", "linear,mlp_target,nnbcd")


@pytest.fixture
def scripts(monkeypatch):
    """The modules of the script."""
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        monkeypatch.setenv(variable, "1")  # the script would set them, and leave them
    import table_contestants
    import table_sets
    import table_summary

    return table_sets, table_contestants, table_summary


def made(output):
    """(table, contestant) of what a run printed."""
    rows = [json.loads(line) for line in output.splitlines() if line.startswith("{")]
    return [(row["table"], row["contestant"]) for row in rows]


def test_a_run_makes_what_is_missing_or_out_of_date(scripts, tmp_path, monkeypatch, capsys):
    command = [sys.executable, "tables.py", "--quick", "--folder", str(tmp_path), *CHOSEN]
    done = subprocess.run(command, cwd=BENCHMARKS, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert made(done.stdout) == [
        *(("wine", "linear"), ("diabetes", "linear"), ("diabetes", "mlp_target")),
        *(("wine", "nnbcd"), ("diabetes", "nnbcd")),
    ]
    path = tmp_path / "tables.json"
    record = json.loads(path.read_text(encoding="utf-8"))
    wine = next(row for row in record["rows"] if row["contestant"] == "nnbcd")
    assert wine["score"] > 0.9 and wine["log_loss"] < 0.3 and wine["weights"] == 13 * 100 + 300
    assert wine["seconds"] > 0 and wine["n_iter"] > 1 and wine["rows"] == 124
    assert "log_loss" not in next(row for row in record["rows"] if row["table"] == "diabetes")
    assert [row["table"] for row in record["sections"]["tables_score"]] == ["wine", "diabetes"]

    def again(*arguments):
        monkeypatch.setattr(sys, "argv", [*command[1:], *arguments])
        tables.main()
        return made(capsys.readouterr().out)

    import tables

    wine["code"] = "another"
    path.write_text(json.dumps(record), encoding="utf-8")
    assert again() == [("wine", "nnbcd")]
    assert again("--again", "linear") == [("wine", "linear"), ("diabetes", "linear")]
    with pytest.raises(SystemExit, match="no contestant or group 'lines'"):
        again("--again", "lines")


def test_seeds_and_tables_of_the_contestants(scripts):
    sets, contestants, _ = scripts
    known = contestants.CONTESTANTS
    assert known["mlp"].runs("mlp", "adult", 2) and known["mlp_wide"].runs("mlp_wide", "adult", 0)
    assert not known["mlp_wide"].runs("mlp_wide", "adult", 1)
    assert known["linear"].runs("linear", "wine", 2) and not known["linear"].runs("linear", "letter", 1)
    assert not known["squared_error"].runs("squared_error", "ccpp", 0)
    assert set(contestants.ABLATIONS) < set(known) and set(sets.DEVELOPMENT) < set(sets.NAMES)


def test_compressed_contestants_keep_to_their_share(scripts):
    sets, contestants, _ = scripts
    split = sets.load("wine", 0)
    dense = 13 * 256 + 256 * 256 + 256 * 3
    for key, share in (("low_rank_tenth", 0.1), ("l0_quarter", 0.25)):
        model = contestants.CONTESTANTS[key].make(split, 0).set_params(max_iter=3)
        weights = contestants.count_weights(model.fit(split.X, split.y))
        assert 0.8 * share * dense < weights <= share * dense


def test_the_time_to_an_accuracy_is_that_of_the_passes_until_then(scripts):
    import tables

    sets, contestants, _ = scripts
    split = sets.load("200 classes", 0)
    model, seconds, passes = tables.fit(contestants.CONTESTANTS["mlp_reach"], split, 0)
    assert model.score(split.T, split.t) >= 0.99
    assert 1 < passes < 100 and seconds > 0


def test_one_that_fails_keeps_no_other_from_running(scripts, tmp_path, monkeypatch, capsys):
    import tables

    _, contestants, _ = scripts

    def fail(split, seed):
        raise KeyError(split.name)

    broken = contestants.Contestant(fail)
    monkeypatch.setitem(tables.CONTESTANTS, "mlp", broken)
    (failed,) = tables.run(["mlp", "linear"], ["iris"], [0], [], tmp_path)
    assert failed.startswith("iris, mlp, seed 0: KeyError")
    assert made(capsys.readouterr().out) == [("iris", "linear")]


def test_bars_and_rivals_ahead(scripts):
    _, _, summary = scripts
    rows = []
    for table in summary.DEVELOPMENT:
        for who, score, loss, seconds in (("nnbcd", 0.9, 0.2, 1.0), ("mlp", 0.88, 0.3, 2.0)):
            row = {"table": table, "contestant": who, "score": score, "seconds": seconds}
            row |= {"log_loss": loss} if table in summary.LABELLED else {}
            rows += [row | {"seed": seed} for seed in (0, 1, 2)]
    found = {(row["part"], row["aim"]): row for row in summary.sections(rows)["tables_bars"]}
    assert len(found) == 5 and all(row["met"] == "yes" for row in found.values())
    assert {row["met"] for row in summary.sections(rows[1:])["tables_bars"]} == {"yes (so far)"}
    for row in rows:
        if row["table"] == "letter" and row["contestant"] == "nnbcd":
            row |= {"score": 0.876, "seconds": 2.5}
    sections = summary.sections(rows)
    verdicts = {row["aim"]: row for row in sections["tables_bars"] if row["part"].endswith("MLP (100,)")}
    worst = verdicts["score not lower by more than 0.003 on any"]
    assert worst["found"] == "-0.0040 (letter)" and worst["met"] == "**no**"
    assert verdicts["mean difference at least +0.01"]["met"] == "yes"
    assert verdicts["CPU seconds lower on every table"]["met"] == "**no**"
    (behind,) = sections["tables_behind"]
    assert behind["table"] == "letter" and behind["score"] == "**0.8760 / 0.8800**"


def test_figures_of_several_states_of_the_package_are_told(scripts):
    _, _, summary = scripts
    codes = ("a1", "a1", "b2", "scikit-learn 1.9")
    rows = [
        {"table": "wine", "contestant": "nnbcd", "seed": k, "score": 1.0, "code": c}
        for k, c in enumerate(codes)
    ]
    (told,) = summary.same_sources(rows)
    assert told["found"] == "2 states of the package; 1 of 3 fits are of another than most"
    assert summary.same_sources(rows[:2]) == []
