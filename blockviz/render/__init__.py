"""From a finished page to files: `render` makes the bytes, `write` puts them in place whole or not at all."""

from blockviz.render.api import FORMATS, RenderOptions, format_of, prepare, render, save
from blockviz.render.atomic_write import write

__all__ = ["FORMATS", "RenderOptions", "format_of", "prepare", "render", "save", "write"]
