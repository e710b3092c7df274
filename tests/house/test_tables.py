# SPDX-License-Identifier: BSD-3-Clause
"""The tables of README and docs are what the benchmarks' files of results say."""

import importlib.util
import itertools
import json
import re
import shutil
import sys
from pathlib import Path

import pytest

from sklearn_nnbcd.compressions import COMPRESSIONS
from sklearn_nnbcd.solvers import SOLVERS

ROOT = Path(__file__).resolve().parents[2]
MARK = re.compile(r"<!-- (?:table|end)|^\.\. (?:table: |end$)", re.M)


def load(path):
    """A module of the repository that is in no package."""
    spec = importlib.util.spec_from_file_location(path.stem, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def tables():
    return load(ROOT / "docs" / "make_tables.py")


@pytest.fixture
def small(tables, tmp_path, monkeypatch):
    """The maker of tables on a tree of one page of each kind and one result."""
    records = load(ROOT / "tests" / "benchmarks" / "records.py")
    monkeypatch.setattr(tables, "ROOT", tmp_path)
    monkeypatch.setattr(tables, "RESULTS", tmp_path / "results")
    columns = (("data", "{data}"), ("score", "{score:.2f}"))
    monkeypatch.setattr(tables, "TABLES", {"small": tables.Table("small.py", columns)})
    records.write("small", {}, [{"data": "iris", "score": 0.966}], folder=tmp_path / "results")
    (tmp_path / "docs").mkdir()
    (tmp_path / "README.md").write_text("Before\n\n<!-- table: small -->\n<!-- end -->\n\nAfter\n")
    (tmp_path / "docs" / "page.rst").write_text("Before\n\n.. table: small\n.. end\n\nAfter\n")
    return tables


def test_tables_are_what_the_results_say(tables):
    found = [page.relative_to(ROOT).as_posix() for page in tables.stale()]
    assert found == [], "run: python docs/make_tables.py"


def test_readme_and_docs_have_tables_and_every_mark_is_read(tables):
    named = {page: tables.names(page) for page in tables.pages()}
    assert len(named[ROOT / "README.md"]) >= 2
    assert len({name for names in named.values() for name in names}) >= 3
    for page, names in named.items():
        marks = MARK.findall(page.read_text(encoding="utf-8"))
        assert len(marks) == 2 * len(names), page


def test_every_result_says_where_it_comes_from(tables):
    files = sorted((ROOT / "tests" / "benchmarks" / "results").glob("*.json"))
    shown = {name for page in tables.pages() for name in tables.names(page)}
    assert set(tables.TABLES) >= shown
    assert {path.stem for path in files} >= {tables.result(name) for name in shown}
    for path in files:
        record = json.loads(path.read_text(encoding="utf-8"))
        assert record["name"] == path.stem and record["rows"]
        assert {"commit", "date", "versions", "settings"} <= set(record)
    assert [name for name, table in tables.TABLES.items() if not (ROOT / table.script).is_file()] == []
    assert all(isinstance(tables.load(name)["rows"], list) for name in shown)


def test_a_file_of_results_may_hold_sections_for_several_tables(small, monkeypatch):
    records = load(ROOT / "tests" / "benchmarks" / "records.py")
    part = {"small": [{"data": "wine", "score": 0.5}]}
    records.write("large", {}, [{"data": "iris"}], folder=small.RESULTS, sections=part)
    monkeypatch.setitem(small.TABLES, "small", small.TABLES["small"]._replace(result="large"))
    assert "| wine | 0.50 |\n" in small.remade("<!-- table: small -->\n<!-- end -->\n", ".md")


def test_a_table_is_made_in_both_kinds_of_pages(small):
    for page, text in small.stale().items():
        page.write_text(text, encoding="utf-8")
    assert small.stale() == {}
    readme = (small.ROOT / "README.md").read_text(encoding="utf-8")
    assert "| data | score |\n|---|---|\n| iris | 0.97 |\n" in readme
    assert readme.startswith("Before\n") and readme.endswith("<!-- end -->\n\nAfter\n")
    page = (small.ROOT / "docs" / "page.rst").read_text(encoding="utf-8")
    assert "   * - data\n     - score\n   * - iris\n     - 0.97\n" in page


def test_a_table_that_differs_is_found(small):
    for page, text in small.stale().items():
        page.write_text(text, encoding="utf-8")
    readme = small.ROOT / "README.md"
    readme.write_text(readme.read_text(encoding="utf-8").replace("0.97", "0.98"), encoding="utf-8")
    assert list(small.stale()) == [readme]


def test_a_table_without_a_result_is_an_error(small):
    shutil.rmtree(small.RESULTS)
    with pytest.raises(FileNotFoundError):
        small.stale()


def test_the_maker_needs_nothing_but_the_standard_library(tables):
    text = (ROOT / "docs" / "make_tables.py").read_text(encoding="utf-8")
    imported = {line.split()[1].split(".")[0] for line in re.findall(r"^(?:import|from) .*", text, re.M)}
    assert imported <= set(sys.stdlib_module_names)


def test_no_check_of_scikit_learn_fails():
    """With any format on batches, as ``checks.py`` found when it last ran; a new piece has to be run, too.

    With 'full' every format is checked by tests/estimators/test_estimators.py.
    """
    rows = json.loads((ROOT / "tests" / "benchmarks" / "results" / "checks.json").read_text("utf-8"))["rows"]
    assert [row for row in rows if row["failed"]] == []
    found = {(row["estimator"], row["solver"], row["format"]) for row in rows if row["solver"] != "full"}
    solvers = [name for name in SOLVERS if name != "full"]
    assert found == set(itertools.product(("classifier", "regressor"), solvers, ["dense", *COMPRESSIONS]))
