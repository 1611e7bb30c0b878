"""Settings of Sphinx for the site. tools/docs_site.py copies this file next to the pages."""

import hwlib

project = "hwlib"
author = "the hwlib authors"
copyright = author
release = hwlib.__version__
extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]
source_suffix = {".md": "markdown"}
exclude_patterns = ["conf.py"]
nitpicky = False  # types in signatures are of libraries that the site does not describe

myst_heading_anchors = 4
# `x` in a docstring is code, as in Markdown
default_role = "code"
highlight_language = "none"
# examples have … where the rest does not matter
suppress_warnings = ["misc.highlighting_failure"]

napoleon_google_docstring = False
napoleon_use_rtype = False
autodoc_member_order = "bysource"
autodoc_typehints_format = "short"
python_maximum_signature_line_length = 88

smartquotes = False  # "" is an empty text, not a pair of quotation marks

html_theme = "furo"
html_title = "hwlib"
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_copy_source = False
html_show_sphinx = False
html_permalinks = True
html_last_updated_fmt = None
