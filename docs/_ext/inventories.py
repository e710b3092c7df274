# SPDX-License-Identifier: BSD-3-Clause
"""Inventories of other projects for intersphinx, from lists of the few names that these pages refer to.

A line of ``_inventories/NAME.txt`` is ``py:class sklearn.svm.SVC PAGE``, where PAGE may be left out and is
then the project's usual one. So links leave for other sites, and a build needs no network.
"""

import zlib
from pathlib import Path

#: project -> its address, and where the page of a name is
PROJECTS = {
    "python": ("https://docs.python.org/3", "library/{module}.html#{name}"),
    "numpy": ("https://numpy.org/doc/stable", "reference/generated/{name}.html#{name}"),
    "scipy": ("https://docs.scipy.org/doc/scipy", "reference/generated/{name}.html#{name}"),
    "sklearn": ("https://scikit-learn.org/stable", "modules/generated/{name}.html#{name}"),
}


def mapping(source):
    """Write every inventory below ``generated/inventories``; the value of intersphinx_mapping."""
    target = Path(source, "generated", "inventories")
    target.mkdir(parents=True, exist_ok=True)
    found = {}
    for project, (address, page) in PROJECTS.items():
        lines = []
        for line in Path(source, "_inventories", f"{project}.txt").read_text(encoding="utf-8").splitlines():
            if not line.strip():
                continue
            role, name, *own = line.split()
            where = own[0] if own else page.format(name=name, module=name.rpartition(".")[0])
            lines.append(f"{name} {role} 1 {where} -\n")
        header = f"# Sphinx inventory version 2\n# Project: {project}\n# Version: \n"
        header += "# The remainder of this file is compressed using zlib.\n"
        file = target / f"{project}.inv"
        content = header.encode() + zlib.compress("".join(lines).encode())
        if not file.is_file() or file.read_bytes() != content:
            file.write_bytes(content)
        found[project] = (address, str(file))
    return found
