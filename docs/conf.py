# SPDX-License-Identifier: BSD-3-Clause
"""Sphinx configuration: sphinx-build -W -b html docs docs/_build/html.

Nothing here asks the network: formulas become MathML, inventories are made of lists, figures of files of
results.
``-D plot_gallery=0`` leaves out running the examples.
"""

import importlib
import inspect
import os
import runpy
import sys
import tomllib
import warnings
from pathlib import Path

import sklearn_nnbcd

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE / "_ext"))
import inventories

project = "sklearn_nnbcd"
author = "sklearn_nnbcd developers"
copyright = "2026, sklearn_nnbcd developers"
release = version = sklearn_nnbcd.__version__

extensions = [
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "sphinx.ext.extlinks",
    "sphinx.ext.intersphinx",
    "sphinx.ext.viewcode",
    "myst_parser",
    "numpydoc",
    "sphinx_copybutton",
    "sphinx_design",
    "sphinx_gallery.gen_gallery",
    "mathml",
    "parameter_groups",
    "tables",
]
exclude_patterns = ["_build", "_ext", "_inventories", "_templates"]
templates_path = ["_templates"]
default_role = "literal"

autosummary_generate = True
autodoc_default_options = {"members": True, "inherited-members": True}
numpydoc_show_class_members = False
extlinks = {"doi": ("https://doi.org/%s", "doi:%s"), "arxiv": ("https://arxiv.org/abs/%s", "%s")}
intersphinx_mapping = inventories.mapping(HERE)
html_math_renderer = "mathml"
myst_heading_anchors = 3
copybutton_prompt_text = r">>> |\.\.\. |\$ "
copybutton_prompt_is_regexp = True
python_maximum_signature_line_length = 60
toc_object_entries_show_parents = "hide"

#: examples that read one of the paper's data sets, each left out where its file is not there
NEEDS_DATA = {"plot_har_tensor_train": "har.npz", "plot_flare_pruning": "flare.npz"}
data_home = Path(os.environ.get("SKLEARN_NNBCD_DATA") or Path.home() / "sklearn_nnbcd_data")
absent = [name for name, file in NEEDS_DATA.items() if not (data_home / file).is_file()]

sphinx_gallery_conf = {
    "examples_dirs": "../examples",
    "gallery_dirs": "auto_examples",
    "filename_pattern": r"/plot_",
    # Long-running scripts of the paper's tables: run by hand, their results are in docs/.
    "ignore_pattern": "|".join([r"__init__\.py", "/paper/", "/gpu/", *absent]),
    "within_subsection_order": "gallery_order.in_order",
    "backreferences_dir": "generated/backreferences",
    "doc_module": ("sklearn_nnbcd",),
    "reference_url": {"sklearn_nnbcd": None},
    "nested_sections": False,
    "show_memory": False,
    "write_computation_times": False,
    "abort_on_example_error": True,
    "min_reported_time": 1,
    "remove_config_comments": True,
}

# Dask looks for the machine's own address, and warns where there is no network; an example would show that.
warnings.filterwarnings("ignore", message="Couldn't detect a suitable IP address")

html_theme = "pydata_sphinx_theme"
html_title = f"sklearn_nnbcd {release}"
html_favicon = "_static/logo.svg"
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_show_sourcelink = True
html_sourcelink_suffix = ""
html_sidebars = {"index": [], "start": [], "paper": [], "changelog": []}
html_theme_options = {
    "logo": {"text": html_title, "image_light": "_static/logo.svg", "image_dark": "_static/logo.svg"},
    "show_prev_next": True,
    "header_links_before_dropdown": 7,
    "navbar_align": "left",
    "show_toc_level": 2,
    "navigation_with_keys": False,
    "secondary_sidebar_items": ["page-toc", "edit-this-page", "sourcelink", "sg_download_links"],
    "footer_start": ["copyright"],
    "footer_end": [],
}

# Where the repository is hosted stands in pyproject.toml once .ci/addresses.py has written it there.
urls = tomllib.loads((HERE.parent / "pyproject.toml").read_text(encoding="utf-8"))["project"]["urls"]
if "Repository" in urls:
    html_theme_options |= {
        "use_edit_page_button": True,
        "icon_links": [{"name": "Repository", "url": urls["Repository"], "icon": "fa-solid fa-code-branch"}],
    }
    html_context = {
        "edit_page_provider_name": "the repository",
        "edit_page_url_template": urls["Repository"]
        + "/edit/HEAD/{{ 'docs/' + file_name if 'auto_examples' not in file_name"
        " else file_name | replace('auto_examples', 'examples') | replace('.rst', '.py') }}",
    }

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
    target.parent.mkdir(parents=True, exist_ok=True)
    text = "Pieces\n======\n\n" + "\n".join(lines)
    if not target.is_file() or target.read_text(encoding="utf-8") != text:
        target.write_text(text, encoding="utf-8")


def draw_figures(app, config):
    """Draw the figures of the results pages from what the benchmarks found."""
    runpy.run_path(str(HERE / "make_figures.py"))["draw_all"](Path(app.srcdir, "generated", "figures"))


def hide_source(app, pagename, templatename, context, doctree):
    """Leave out links to the sources of pages that have none: those of classes link beside each signature."""
    if pagename.startswith("generated/"):
        context["show_source"] = context["theme_use_edit_page_button"] = False


def setup(app):
    """Write tables and figures before Sphinx and autosummary look for pages."""
    app.connect("html-page-context", hide_source, priority=400)
    app.connect("config-inited", write_registry_tables)
    app.connect("config-inited", draw_figures)
