# SPDX-License-Identifier: BSD-3-Clause
"""Check what a built wheel says about itself and what it holds: check_wheel.py FILE.whl."""

import ast
import sys
import zipfile
from email.parser import Parser
from pathlib import Path

wheel = Path(sys.argv[1])
root = Path(__file__).resolve().parents[1]
with zipfile.ZipFile(wheel) as archive:
    names = archive.namelist()
    (metadata,) = (name for name in names if name.endswith(".dist-info/METADATA"))
    message = Parser().parsestr(archive.read(metadata).decode())

(version,) = (
    node.value.value
    for node in ast.parse((root / "sklearn_nnbcd/__init__.py").read_text()).body
    if isinstance(node, ast.Assign) and node.targets[0].id == "__version__"
)
expected = {
    "Name": "sklearn-nnbcd",
    "Version": version,
    "License-Expression": "BSD-3-Clause",
    "License-File": "LICENSE",
    "Requires-Python": ">=3.11",
}
problems = [
    f"{key} is {message[key]!r}, must be {value!r}"
    for key, value in expected.items()
    if message[key] != value
]
if not (message.get_payload() or "").strip():
    problems.append("the description is empty: README.md is not in the metadata")
extras = {"cuda12", "cuda13", "dask", "plot", "onnx", "test", "docs", "bench"}
if set(message.get_all("Provides-Extra") or ()) != extras:
    problems.append(f"the extras are {message.get_all('Provides-Extra')}, must be {sorted(extras)}")
if not wheel.name.endswith("-py3-none-any.whl"):
    problems.append(f"{wheel.name} is not a pure Python wheel")

packaged = {name for name in names if ".dist-info/" not in name}
in_tree = {
    path.relative_to(root).as_posix()
    for pattern in ("*.py", "py.typed")
    for path in (root / "sklearn_nnbcd").rglob(pattern)
}
if packaged != in_tree:
    problems.append(f"missing {sorted(in_tree - packaged)}, surplus {sorted(packaged - in_tree)}")

if problems:
    sys.exit("\n".join(problems))
print(f"{wheel.name}: metadata and {len(packaged)} files as expected")
