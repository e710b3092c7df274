# SPDX-License-Identifier: BSD-3-Clause
"""The documentation runs: README and user guide block by block, docstrings against the signature."""

import importlib
import inspect
import os
import re
import runpy
import textwrap
from pathlib import Path

import pytest

import sklearn_nnbcd
from sklearn_nnbcd import NNBCDClassifier, NNBCDRegressor
from sklearn_nnbcd._docs import PARAMETERS, documented, with_parameters

ROOT = Path(__file__).parents[2]
EXTENSIONS = ROOT / "docs" / "_ext"
FENCED = re.compile(r"^```python\n(.*?)^```", re.M | re.S)
INDENTED = re.compile(r"^\.\. code-block:: python\n\n((?:   .*\n|\n)+)", re.M)


def run_blocks(text, pattern):
    """Run all Python blocks in one namespace, each under its line number; their count."""
    blocks = list(pattern.finditer(text))
    namespace = {"__name__": "documentation"}
    for block in blocks:
        line = text[: block.start(1)].count("\n")
        source = "\n" * line + textwrap.dedent(block[1])
        exec(compile(source, "documentation", "exec"), namespace)
    return len(blocks)


def test_readme_runs():
    assert run_blocks((ROOT / "README.md").read_text(encoding="utf-8"), FENCED) >= 1


#: pages whose blocks run with what every installation has, and with what some have
PLAIN_PAGES = ("user_guide", "theory", "devices", "start", "recipes")
PAGES_OF_EXTRAS = {"serve": ["onnxruntime", "skl2onnx"], "keep": ["skops.io"]}


@pytest.mark.parametrize("page", PLAIN_PAGES)
def test_pages_run(page):
    assert run_blocks((ROOT / "docs" / f"{page}.rst").read_text(encoding="utf-8"), INDENTED) >= 1


@pytest.mark.parametrize("page", PAGES_OF_EXTRAS)
def test_the_pages_on_files_run(page):
    for module in PAGES_OF_EXTRAS[page]:
        pytest.importorskip(module)
    assert run_blocks((ROOT / "docs" / f"{page}.rst").read_text(encoding="utf-8"), INDENTED) >= 2


def test_the_block_on_clusters_runs():
    pytest.importorskip("distributed")
    text = (ROOT / "docs" / "arrays_and_machines.rst").read_text(encoding="utf-8")
    on_devices, on_clusters = (match[0] for match in INDENTED.finditer(text))
    assert "import cupy" in on_devices and run_blocks(on_clusters, INDENTED) == 1


def test_the_block_on_data_sets_runs():
    if not os.environ.get("SKLEARN_NNBCD_DATA"):
        pytest.skip("SKLEARN_NNBCD_DATA names no folder with the data sets")
    assert run_blocks((ROOT / "docs" / "datasets.rst").read_text(encoding="utf-8"), INDENTED) == 1


def test_the_first_page_shows_the_block_of_the_readme():
    readme = FENCED.findall((ROOT / "README.md").read_text(encoding="utf-8"))
    shown = INDENTED.findall((ROOT / "docs" / "index.rst").read_text(encoding="utf-8"))
    assert [textwrap.dedent(block).strip() for block in shown] == [block.strip() for block in readme]


def test_no_page_has_blocks_that_nothing_runs():
    docs = ROOT / "docs"
    pages = [*docs.glob("*.rst"), *docs.glob("*.md"), *docs.glob("results/*.md")]
    texts = {str(page.relative_to(docs).with_suffix("")): page.read_text(encoding="utf-8") for page in pages}
    shown = {name for name, text in texts.items() if INDENTED.search(text) or FENCED.search(text)}
    run = {*PLAIN_PAGES, *PAGES_OF_EXTRAS, "arrays_and_machines", "datasets", "index"}
    assert shown == run | {"extending_compressions"}  # which test_extending.py runs


def test_names_of_other_projects_are_those_that_they_have():
    for path in (ROOT / "docs" / "_inventories").glob("*.txt"):
        for line in path.read_text(encoding="utf-8").split("\n"):
            if line.startswith("py:"):
                module, _, name = line.split()[1].rpartition(".")
                assert hasattr(importlib.import_module(module), name), line


def test_a_wrong_block_is_found():
    with pytest.raises(AssertionError):
        run_blocks("```python\nx = 1\n```\n```python\nassert x == 2\n```\n", FENCED)


def test_readme_has_one_test_command():
    lines = (ROOT / "README.md").read_text(encoding="utf-8").splitlines()
    assert [line for line in lines if line.endswith("-m pytest")] == [
        'python3 -m venv .venv && .venv/bin/pip install -q -e ".[test]" && .venv/bin/python -m pytest'
    ]


def test_readme_names_files_that_exist():
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    named = re.findall(r"(?:examples|docs|tests)/[\w/]+\.\w+", text)
    assert named and [name for name in named if not (ROOT / name).is_file()] == []


def test_contributing_names_every_room_and_only_files_that_exist():
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    package = ROOT / "sklearn_nnbcd"
    floors = text[text.index("Floors from top to bottom") : text.index("### From `fit`")]
    rooms = {
        path.stem for path in package.iterdir() if path.suffix == ".py" or (path / "__init__.py").is_file()
    }
    assert rooms - {"__init__"} - set(re.findall(r"\w+", floors)) == set()
    named = set(re.findall(r"`((?:\w+/)*\w+\.py)`", text))
    found = [name for name in named if (package / name).is_file() or (ROOT / name).is_file()]
    assert len(named) > 15 and named - set(found) - {"__init__.py"} == set()


@pytest.mark.parametrize("estimator", [NNBCDClassifier, NNBCDRegressor])
def test_every_parameter_is_documented_with_its_default(estimator):
    docscrape = pytest.importorskip("numpydoc.docscrape")
    entries = docscrape.NumpyDocString(inspect.getdoc(estimator))["Parameters"]
    parameters = list(inspect.signature(estimator).parameters.values())
    assert [entry.name for entry in entries] == [parameter.name for parameter in parameters]
    for entry, parameter in zip(entries, parameters, strict=True):
        assert entry.type.endswith(f", default={parameter.default!r}"), entry.name
        assert entry.desc, entry.name


@pytest.mark.parametrize("estimator", [NNBCDClassifier, NNBCDRegressor])
def test_every_fitted_attribute_is_documented(estimator):
    docscrape = pytest.importorskip("numpydoc.docscrape")
    entries = docscrape.NumpyDocString(inspect.getdoc(estimator))["Attributes"]
    fitted = estimator(3, max_iter=2, early_stopping=True, validation_fraction=0.4)
    fitted.fit([[0.0], [1.0], [2.0], [3.0], [4.0], [5.0]], [0, 1, 0, 1, 0, 1])
    names = set(vars(fitted))
    names |= {n for n, value in inspect.getmembers(estimator) if isinstance(value, property)}
    public = {name for name in names if name.endswith("_") and not name.startswith("_")}
    assert len(public) > 15 and public - {entry.name for entry in entries} == set()


def test_every_parameter_is_in_one_group_of_the_page():
    groups = runpy.run_path(str(EXTENSIONS / "parameter_groups.py"))["GROUPS"]
    grouped = [name for names in groups.values() for name in names]
    parameters = set(inspect.signature(NNBCDClassifier).parameters) | {"client"}
    assert sorted(grouped) == sorted(parameters)


def test_every_example_has_its_place_in_the_gallery():
    order = runpy.run_path(str(EXTENSIONS / "gallery_order.py"))["ORDER"]
    assert sorted(order) == sorted(path.name for path in (ROOT / "examples").glob("plot_*.py"))


def test_functions_share_entries_too():
    @with_parameters("b : int\n    Shared.\nunused : int\n    None.\n**kwargs\n    Rest.")
    def f(X, y, a, b=2, **kwargs):
        """Do it.

        Parameters
        ----------
        X, y : arrays
            Rows.
        a : str
            Own.

        Returns
        -------
        x : int
        """

    expected = ["X, y : arrays", "    Rows.", "a : str", "    Own.", "b : int, default=2", "    Shared."]
    assert f.__doc__.splitlines()[2:12] == [
        "Parameters", "----------", *expected, "**kwargs", "    Rest."
    ]  # fmt: skip
    assert f.__doc__.splitlines()[12:] == ["", "Returns", "-------", "x : int"]


def test_documented_completes_a_docstring():
    @documented
    class Small:
        """A class.

        Parameters
        ----------
        own : int
            Its own.

        Attributes
        ----------
        mine_ : int
            Fitted.

        Notes
        -----
        The end.
        """

        def __init__(self, gamma=2.0, own=3):
            pass

    text = Small.__doc__
    assert text.index("gamma : float, default=2.0") < text.index("own : int, default=3")
    assert "rho : float" not in text and "rho : float" in PARAMETERS
    assert text.index("mine_ : int") < text.index("intercepts_ : list")
    assert text.endswith("Notes\n-----\nThe end.")


def test_version_is_public():
    assert sklearn_nnbcd.__version__


def test_both_estimators_have_the_same_defaults_but_the_loss():
    classifier, regressor = (
        {name: p.default for name, p in inspect.signature(estimator).parameters.items()}
        for estimator in (NNBCDClassifier, NNBCDRegressor)
    )
    assert classifier.pop("class_weight") is None
    assert (classifier.pop("loss"), regressor.pop("loss")) == ("cross_entropy", "squared_error")
    assert classifier == regressor
