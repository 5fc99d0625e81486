"""Sphinx configuration: `python -m sphinx -W --keep-going -b html docs docs/_build/html`.

The build needs no network. API pages and copies of the repository's Markdown files are
written by `_ext/pages.py`; sphinx-gallery runs the examples and writes the gallery.
"""

import os
import sys
import warnings
from importlib.metadata import version as _version
from pathlib import Path

DOCS = Path(__file__).parent
sys.path.insert(0, str(DOCS / "_ext"))

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")  # hides messages about CPU instructions
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "-1")
os.environ["MPLBACKEND"] = "Agg"

import pages  # noqa: E402

project = "sersk"
author = "the sersk developers"
copyright = "the sersk developers"
version = release = _version("sersk")

extensions = [
    "myst_parser",
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "sphinx.ext.viewcode",
    "numpydoc",
    "sphinx_copybutton",
    "sphinx_gallery.gen_gallery",
    "pages",
]
exclude_patterns = ["_build", "images/README.md"]
templates_path = ["_templates"]
source_suffix = {".md": "markdown", ".rst": "restructuredtext"}
suppress_warnings = [
    "config.cache",  # the gallery's configuration holds functions
]

# Markdown
myst_heading_anchors = 3
myst_enable_extensions = ["colon_fence"]

# API
default_role = "py:obj"
add_module_names = False
toc_object_entries_show_parents = "hide"  # the page shows the class of a method
autosummary_generate = True
autodoc_typehints = "none"  # types are in the numpydoc sections
numpydoc_show_class_members = False
numpydoc_xref_param_type = False

# Gallery: all examples run; warnings of sersk and scikit-learn are errors.


def reset_example(gallery_conf, fname):
    """Reset scikit-learn's configuration before each example, and turn warnings into errors."""
    import sklearn

    sklearn.set_config(enable_metadata_routing=False)
    warnings.filterwarnings("error", module=r"(sersk|sklearn)\b")


sphinx_gallery_conf = {
    "examples_dirs": "../examples",
    "gallery_dirs": "auto_examples",
    "filename_pattern": r"\.py$",
    "within_subsection_order": "pages.example_order",
    "abort_on_example_error": False,
    "only_warn_on_example_error": False,
    "reset_modules": ("matplotlib", reset_example),
    "doc_module": ("sersk",),
    "backreferences_dir": "api/backreferences",
    "default_thumb_file": str(DOCS / "images" / "pipeline.png"),
    "download_all_examples": False,
    "remove_config_comments": True,
    "show_memory": False,
    "show_signature": False,
    "min_reported_time": 1,
    "matplotlib_animations": False,
}

# Copy buttons: on code, without prompts and outputs.
copybutton_selector = (
    "div.highlight-python pre, div.highlight-Python pre, div.highlight-sh pre, "
    "div.highlight-default pre, div.highlight-pycon pre"
)
copybutton_prompt_text = r">>> |\.\.\. "
copybutton_prompt_is_regexp = True

# Pages
html_theme = "pydata_sphinx_theme"
html_title = "sersk"
html_static_path = ["_static"]
html_css_files = ["sersk.css"]
html_show_sourcelink = False
html_copy_source = False
html_theme_options = {
    "logo": {"text": "sersk"},
    "navbar_align": "left",
    "navbar_end": ["theme-switcher"],
    "header_links_before_dropdown": 6,
    "show_prev_next": True,
    "show_toc_level": 2,
    "navigation_with_keys": False,
    "footer_start": ["copyright"],
    "footer_end": [],
    "article_footer_items": [],
    "pygments_light_style": "a11y-high-contrast-light",
    "pygments_dark_style": "a11y-high-contrast-dark",
}
html_sidebars = {"index": [], "project/*": []}
html_context = {"default_mode": "auto"}

pages.write_all(DOCS)
