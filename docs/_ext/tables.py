# SPDX-License-Identifier: BSD-3-Clause
"""Tables of results: a figure and its deviation stay on one line, the line of provenance below is small, wide
tables are narrower.
"""

import re

from docutils import nodes

#: columns from which a table is wide
WIDE = 7
#: what the line below a generated table begins with
SCRIPTS = ("tests/benchmarks/", "examples/paper/")


def tidy(app, doctree):
    """Mark lines of provenance and wide tables, and keep what belongs together in cells."""
    for table in doctree.findall(nodes.table):
        if len(list(table.findall(nodes.colspec))) >= WIDE:
            table["classes"].append("wide-table")
    for paragraph in doctree.findall(nodes.paragraph):
        first, second, *_ = [*paragraph.children[:2], None, None]
        if isinstance(first, nodes.Text) and first.astext() == "(" and isinstance(second, nodes.literal):
            if second.astext().startswith(SCRIPTS):
                paragraph["classes"].append("provenance")
    for entry in doctree.findall(nodes.entry):
        for text in list(entry.findall(nodes.Text)):
            together = re.sub(r"(?<=\d) ([±/]) (?=[\d-])", "\u00a0\\1\u00a0", text)
            if together != text:
                text.parent.replace(text, nodes.Text(together))


def setup(app):
    """Once for every page, after it is read."""
    app.connect("doctree-read", tidy)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
