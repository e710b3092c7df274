# SPDX-License-Identifier: BSD-3-Clause
"""Examples and benchmarks, which no other test runs, name only what the package has."""

import ast
import importlib
import inspect
from pathlib import Path

import pytest

from sklearn_nnbcd import NNBCDClassifier, NNBCDRegressor, compressions, initializers, solvers

ROOT = Path(__file__).resolve().parents[2]
SCRIPTS = sorted([*(ROOT / "examples").rglob("*.py"), *(ROOT / "tests" / "benchmarks").glob("*.py")])
#: classes whose parameters scripts spell out
CLASSES = {
    cls.__name__: cls
    for cls in (
        NNBCDClassifier,
        NNBCDRegressor,
        *solvers.SOLVERS.values(),
        *compressions.COMPRESSIONS.values(),
        *initializers.INITIALIZERS.values(),
    )
}


def unknown_names(tree):
    """What a script imports from the package or passes to its classes, and is not there."""
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "sklearn_nnbcd":
            module = importlib.import_module(node.module)
            for alias in node.names:
                if not hasattr(module, alias.name):
                    try:
                        importlib.import_module(f"{node.module}.{alias.name}")
                    except ModuleNotFoundError:
                        found.append(f"{node.module}.{alias.name}")
        if isinstance(node, ast.Call) and getattr(node.func, "id", None) in CLASSES:
            parameters = inspect.signature(CLASSES[node.func.id]).parameters
            given = [keyword.arg for keyword in node.keywords if keyword.arg is not None]
            found += [f"{node.func.id}({name}=...)" for name in given if name not in parameters]
    return found


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_a_script_names_only_what_there_is(script):
    if "dask" in script.stem:
        pytest.importorskip("dask")
    assert unknown_names(ast.parse(script.read_text(encoding="utf-8"))) == []


def test_a_wrong_name_is_found():
    source = "from sklearn_nnbcd import NNBCDClassifier, Gone\nNNBCDClassifier((3,), alpha=1.0, rho=1.0)\n"
    assert unknown_names(ast.parse(source)) == ["sklearn_nnbcd.Gone", "NNBCDClassifier(alpha=...)"]
