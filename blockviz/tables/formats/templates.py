"""The templates under ``templates/documents``, filled in."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from blockviz.runtime.data_files import templates_folder

if TYPE_CHECKING:
    from jinja2 import Environment


def fill(template: str, **values: object) -> str:
    """The template with the values in place; HTML is escaped here, other texts must come escaped."""
    return _environment(".html" in template).get_template(template).render(**values)


@cache
def _environment(is_html: bool) -> Environment:
    """LaTeX and Typst use braces and hashes everywhere, so their templates have delimiters of their own."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    loader = FileSystemLoader(templates_folder() / "documents")
    if is_html:
        return Environment(
            loader=loader, undefined=StrictUndefined, autoescape=True, trim_blocks=True, lstrip_blocks=True
        )
    return Environment(
        loader=loader, undefined=StrictUndefined, autoescape=False, trim_blocks=True, lstrip_blocks=True,
        block_start_string="<%", block_end_string="%>", variable_start_string="<<", variable_end_string=">>",
        comment_start_string="<#", comment_end_string="#>",
    )  # fmt: skip
