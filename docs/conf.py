# SPDX-License-Identifier: BSD-3-Clause
"""Sphinx configuration: sphinx-build -b html docs docs/_build/html."""

import importlib
import inspect
from pathlib import Path

import sklearn_nnbcd

project = "sklearn_nnbcd"
author = "sklearn_nnbcd developers"
copyright = "2026, sklearn_nnbcd developers"
release = version = sklearn_nnbcd.__version__

extensions = [
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "sphinx.ext.extlinks",
    "sphinx.ext.intersphinx",
    "sphinx.ext.mathjax",
    "myst_parser",
    "numpydoc",
    "sphinx_copybutton",
    "sphinx_gallery.gen_gallery",
]
exclude_patterns = ["_build"]
default_role = "literal"

autosummary_generate = True
autodoc_default_options = {"members": True, "inherited-members": True}
numpydoc_show_class_members = False
extlinks = {"doi": ("https://doi.org/%s", "doi:%s"), "arxiv": ("https://arxiv.org/abs/%s", "%s")}
intersphinx_mapping = {
    "python": ("https://docs.python.org/3", None),
    "numpy": ("https://numpy.org/doc/stable", None),
    "scipy": ("https://docs.scipy.org/doc/scipy", None),
    "sklearn": ("https://scikit-learn.org/stable", None),
}
intersphinx_timeout = 10

sphinx_gallery_conf = {
    "examples_dirs": "../examples",
    "gallery_dirs": "auto_examples",
    "filename_pattern": r"/plot_",
    # Long-running scripts of the paper's tables: run by hand, their results are in docs/.
    "ignore_pattern": r"__init__\.py|/paper/",
    "backreferences_dir": "generated/backreferences",
    "doc_module": ("sklearn_nnbcd",),
    "reference_url": {"sklearn_nnbcd": None},
}

html_theme = "pydata_sphinx_theme"
html_title = "sklearn_nnbcd"
html_theme_options = {"show_prev_next": False}

REGISTRIES = {
    "activations": "ACTIVATIONS",
    "losses": "LOSSES",
    "compressions": "COMPRESSIONS",
    "layers": "LAYERS",
    "initializers": "INITIALIZERS",
    "regularizers": "REGULARIZERS",
    "solvers": "SOLVERS",
    "placements": "PLACEMENTS",
    "backends": "BACKENDS",
}


def write_registry_tables(app, config):
    """Write generated/pieces.rst: every registered piece by the name that a user passes."""
    lines = []
    for family, registry in REGISTRIES.items():
        try:
            module = importlib.import_module(f"sklearn_nnbcd.{family}")
        except ModuleNotFoundError:
            continue
        pieces = {
            name: piece if inspect.isclass(piece) else type(piece)
            for name, piece in getattr(module, registry, {}).items()
            if piece is not None
        }
        if not pieces:
            continue
        lines += [family.capitalize(), "-" * len(family), ""]
        lines += [f".. currentmodule:: sklearn_nnbcd.{family}", ""]
        lines += [".. list-table::", "   :header-rows: 1", "", "   * - Name", "     - Piece"]
        for name, piece in pieces.items():
            lines += [
                f"   * - ``{name!r}``",
                f"     - :class:`~{module.__name__}.{piece.__name__}`",
            ]
        lines += ["", ".. autosummary::", "   :toctree: .", ""]
        lines += [f"   {name}" for name in sorted({p.__name__ for p in pieces.values()})]
        lines.append("")
    target = Path(app.srcdir, "generated", "pieces.rst")
    target.parent.mkdir(exist_ok=True)
    text = "Pieces\n======\n\n" + "\n".join(lines)
    if not target.is_file() or target.read_text(encoding="utf-8") != text:
        target.write_text(text, encoding="utf-8")


def setup(app):
    """Write the tables before Sphinx and autosummary look for pages."""
    app.connect("config-inited", write_registry_tables)
