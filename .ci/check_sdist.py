# SPDX-License-Identifier: BSD-3-Clause
"""Check that a source distribution holds what a checkout holds: check_sdist.py FILE.tar.gz."""

import subprocess
import sys
import tarfile
from pathlib import Path

root = Path(__file__).resolve().parents[1]
with tarfile.open(sys.argv[1]) as archive:
    held = {name.partition("/")[2] for name in archive.getnames()}
tracked = subprocess.run(["git", "ls-files"], cwd=root, check=True, capture_output=True, text=True)
# What only a repository needs.
expected = {name for name in tracked.stdout.splitlines() if name != ".gitignore" and (root / name).is_file()}
missing = sorted(expected - held)
if missing:
    sys.exit(f"{len(missing)} files are not in the source distribution: {missing[:20]}")
print(f"{Path(sys.argv[1]).name}: all {len(expected)} files of the checkout")
