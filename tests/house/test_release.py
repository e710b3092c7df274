# SPDX-License-Identifier: BSD-3-Clause
"""What a release shows: absolute links, one version, and classifiers that say what the CI runs."""

import re
import runpy
import tomllib
from pathlib import Path

import sklearn_nnbcd

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def test_links_of_a_release_are_absolute_and_lead_to_files():
    absolute = runpy.run_path(str(ROOT / ".ci" / "addresses.py"))["absolute"]
    source = (ROOT / "README.md").read_text(encoding="utf-8")
    text = absolute(source, "https://host/a/b", "v1")
    links = re.findall(r"\]\(([^)\s]+)\)", text)
    assert len(links) > 15 and [link for link in links if not re.match(r"https://|#", link)] == []
    ours = [link for link in links if link.startswith("https://host/a/b/")]
    assert "https://host/a/b/raw/v1/docs/images/bytes.png" in ours
    named = [re.sub(r"https://host/a/b/(?:raw|blob)/v1/|#.*", "", link) for link in ours]
    assert [name for name in named if not (ROOT / name).exists()] == []
    assert absolute(text, "https://other/c/d", "v2") == text


def test_addresses_go_into_the_table_of_urls():
    with_urls = runpy.run_path(str(ROOT / ".ci" / "addresses.py"))["with_urls"]
    text = with_urls((ROOT / "pyproject.toml").read_text(encoding="utf-8"), "https://host/a/b")
    urls = tomllib.loads(text)["project"]["urls"]
    assert urls["Repository"] == "https://host/a/b" and urls.keys() > PROJECT["urls"].keys()


def test_changelog_begins_with_this_version():
    newest = re.search(r"^## ([\d.]+)", (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), re.M)[1]
    assert sklearn_nnbcd.__version__.startswith(newest)


def test_the_hosted_ci_runs_the_pythons_that_are_declared():
    workflow = (ROOT / ".github" / "workflows" / "ci.yml").read_text(encoding="utf-8")
    run = re.findall(r'"(3\.\d+)"', re.search(r"python: \[(.*)\]", workflow)[1])
    declared = [name.rpartition(" ")[2] for name in PROJECT["classifiers"] if re.search(r":: 3\.\d+$", name)]
    assert len(run) >= 3 and run == declared and ".ci/run" in workflow
