# SPDX-License-Identifier: BSD-3-Clause
"""Run the Python blocks of the README with the installed package: for a wheel and nothing else."""

import re
from pathlib import Path

import sklearn_nnbcd

root = Path(__file__).resolve().parents[1]
if Path(sklearn_nnbcd.__file__).is_relative_to(root / "sklearn_nnbcd"):
    raise SystemExit("this is the checkout's own package: run it where the wheel is installed")
text = (root / "README.md").read_text(encoding="utf-8")
blocks = re.findall(r"^```python\n(.*?)^```", text, re.M | re.S)
for block in blocks:
    exec(compile(block, "README.md", "exec"), {"__name__": "__main__"})
print(f"{len(blocks)} block(s) of the README ran with {sklearn_nnbcd.__file__}")
