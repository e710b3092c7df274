# SPDX-License-Identifier: BSD-3-Clause
"""The code of the page on adding a compression runs as it is printed."""

import re
import sys
import textwrap
import types
from pathlib import Path

import pytest

PAGE = Path(__file__).resolve().parents[2] / "docs" / "extending_compressions.rst"


def code_of(page):
    """All python blocks of a page, in their order."""
    text = page.read_text(encoding="utf-8")
    blocks = re.findall(r"\.\. code-block:: python\n\n((?:    .*\n|\n)+)", text)
    return [textwrap.dedent(block) for block in blocks]


@pytest.fixture
def names(monkeypatch):
    """The namespace of a module that pickle can find."""
    module = types.ModuleType("extending")
    monkeypatch.setitem(sys.modules, "extending", module)
    return vars(module)


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_the_page_runs(names):
    blocks = code_of(PAGE)
    assert len(blocks) == 5
    for block in blocks:
        exec(compile(block, PAGE.name, "exec"), names)
    with pytest.raises(ValueError, match="'copies'.*Got 3.*Try 1"):
        names["Repeated"](copies=3).plan((8, 6))


def test_a_wrong_step_on_the_page_would_be_found(names):
    """The checkers on the page have teeth: a projection onto the first copy is not the nearest."""
    source = "\n".join(code_of(PAGE)[:4]).replace("xp.mean(parts, axis=0)", "parts[0, :, :]")
    with pytest.raises(AssertionError, match="goes up|is better|not the"):
        exec(compile(source, PAGE.name, "exec"), names)
