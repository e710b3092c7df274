# SPDX-License-Identifier: BSD-3-Clause
"""Print the lowest versions that pyproject.toml declares, as pins for pip: lowest.py [EXTRA ...].

Of the extra ``test`` only what runs tests is printed: linters and type checkers run once, on the newest. What
tests alone import has no pin: its lowest version matters to nobody.
"""

import re
import sys
import tomllib
from pathlib import Path

#: what the quick part of the tests does not import
TOOLS = ("ruff", "import-linter", "mypy", "onnx", "onnxruntime", "skl2onnx", "skops")
#: what only tests import
FREE = ("pytest", "pytest-xdist", "hypothesis", "array-api-strict", "numpydoc")
project = tomllib.loads((Path(__file__).parents[1] / "pyproject.toml").read_text(encoding="utf-8"))["project"]
declared = list(project["dependencies"])
for extra in sys.argv[1:]:
    declared += project["optional-dependencies"][extra]
for requirement in declared:
    name, lowest = re.fullmatch(r"([\w\-]+(?:\[[\w,]+\])?)>=([\d.]+)", requirement).groups()
    if name in FREE:
        print(name)
    elif name not in TOOLS:
        print(f"{name}~={lowest}.0" if lowest.count(".") == 1 else f"{name}=={lowest}")
