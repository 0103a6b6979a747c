"""From an outline to a finished page: `compose` within a `parse_page` size."""

from blockviz.page.fitting.compose import compose
from blockviz.page.fitting.layout_cache import Options
from blockviz.page.style.page_size import PageSize, parse_page
from blockviz.page.style.theme import Theme, load_theme, theme_names

__all__ = ["Options", "PageSize", "Theme", "compose", "load_theme", "parse_page", "theme_names"]
