"""A theme in which every colour is a number, so that one drawing can be shown in a light and in a dark theme."""

from __future__ import annotations

from itertools import cycle

from blockviz.page.style.theme import Colours, Theme, load_theme
from blockviz.runtime.records import dataclass, replace
from blockviz.scene import Palette

_LIGHT, _DARK = "paper", "dark"


@dataclass(slots=True)
class _Numbers:
    """Colours met so far, in pairs: two roles with equal colours in both themes are one colour to the drawing, too."""

    codes: dict[tuple[str, str], str]

    def of(self, light: str, dark: str) -> str:
        """The number of a pair as a colour that no theme has; no fill stays no fill."""
        return self.codes.setdefault((light, dark), f"#b10c{len(self.codes):02x}") if light else ""


def screen_theme(name: str) -> tuple[Theme, Palette]:
    """The named theme with numbers for colours, and what the numbers mean in a light and in a dark theme.

    A theme whose page is dark stands beside ``paper``, any other beside ``dark``.

    Raises
    ------
    UsageError : no such theme.
    """
    own = load_theme(name)
    is_dark = _lightness(own.colours.page) < 0.5
    light, dark = (load_theme(_LIGHT), own) if is_dark else (own, load_theme(_DARK))
    numbers = _Numbers({})
    roles = {role: numbers.of(getattr(light.colours, role), getattr(dark.colours, role)) for role in Colours.__slots__}
    families = {
        family: (numbers.of(fill, dark.family(family)[0]), numbers.of(line, dark.family(family)[1]))
        for family, (fill, line) in light.families.items()
    }
    hues = tuple(
        (numbers.of(badge, dark_badge), numbers.of(frame, dark_frame))
        for (badge, frame), (dark_badge, dark_frame) in zip(_hues(light), cycle(_hues(dark)), strict=False)
    )
    shades = tuple((code, *pair) for pair, code in numbers.codes.items())
    return replace(own, colours=Colours(**roles), families=families, hues=hues), Palette(shades, roles, is_dark)


def _hues(theme: Theme) -> tuple[tuple[str, str], ...]:
    """The hues of types of blocks; the one badge and frame of a theme without any."""
    return theme.hues or ((theme.colours.badge, theme.colours.frame),)


def _lightness(colour: str) -> float:
    """About how light a colour looks, from 0 to 1."""
    red, green, blue = (int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)) if colour else (1.0, 1.0, 1.0)
    return 0.299 * red + 0.587 * green + 0.114 * blue
