"""From an outline to a finished page: `compose` within a `parse_page` size."""

from blockviz.page.compose import compose
from blockviz.page.sizes import PageSize, parse_length, parse_page
from blockviz.page.theme import Theme, load_theme, theme_names
from blockviz.page.workshop import Options

__all__ = ["Options", "PageSize", "Theme", "compose", "load_theme", "parse_length", "parse_page", "theme_names"]
