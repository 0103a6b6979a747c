"""Text of a stranger put where a program will read it: one module a format, and no other place that escapes.

Every name, class and setting of a model file passes through one of these on its way out:

- `visible`: first of all, in every format: what no reader can see or would be misled by becomes visible
- `dot` (Graphviz), `xml` (SVG, draw.io, and HTML where no template of Jinja escapes it), `pdf` (its metadata)
- `slides` (PowerPoint)
- `latex` (tables, TikZ, captions), `typst`, `markdown`, `mermaid`
- `csv` (spreadsheets), `json`, `terminal`

Each function is total: any `str` in, lone surrogates included. What its format's own parser gives back is
``visible(text)``, and a property test says so (``tests/quoting``); `json` gives the text itself back.
"""

from blockviz.quoting.visible import abridged, plain_name, visible

__all__ = ["abridged", "plain_name", "visible"]
