# SPDX-License-Identifier: BSD-3-Clause
"""Formulas as MathML, written while the pages are built: no script, no network, no font to load."""

from docutils import nodes
from latex2mathml.converter import convert


def visit_inline(translator, node):
    """A formula in a line of text."""
    translator.body.append(convert(node.astext()))
    raise nodes.SkipNode


def visit_block(translator, node):
    """A formula on a line of its own; it scrolls where the page is narrower."""
    translator.body.append('<div class="math-block">')
    translator.body.append(convert(_aligned(node.astext()), display="block"))
    translator.body.append("</div>\n")
    raise nodes.SkipNode


def _aligned(text):
    r"""Put formulas of several lines, which Sphinx leaves as ``\\`` and ``&``, into an environment."""
    text = text.strip()
    if r"\\" in text and r"\begin" not in text:
        return rf"\begin{{aligned}}{text}\end{{aligned}}"
    return text


def setup(app):
    """Register the renderer under the name that html_math_renderer takes."""
    app.add_html_math_renderer("mathml", (visit_inline, None), (visit_block, None))
    return {"parallel_read_safe": True, "parallel_write_safe": True}
