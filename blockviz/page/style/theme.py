"""What a figure looks like, as data: colours, type sizes, strokes and spaces from a TOML file."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from blockviz.errors import UsageError, quoted
from blockviz.runtime.data_files import templates_folder
from blockviz.runtime.records import dataclass
from blockviz.runtime.toml_files import read_toml

BADGE_LETTER = 0.92  # of the heading that it stands beside
_TABLES = ("colours", "families", "type", "spacing")


@dataclass(frozen=True, slots=True)
class Colours:
    """Colours by role, as ``#rrggbb``; "" is no fill."""

    page: str
    text: str
    muted: str
    line: str
    rule: str
    frame: str
    panel: str
    block: str
    block_line: str
    badge: str
    badge_text: str
    bar: str
    bar_text: str
    track: str
    share: str
    skip: str
    hatch: str
    accent: str


@dataclass(frozen=True, slots=True)
class Type:
    """Type sizes in points at scale 1, the stroke of lines, and the scale of the theme's medium."""

    title: float
    heading: float
    label: float
    small: float
    big: float
    stroke: float
    scale: float

    @property
    def badge(self) -> float:
        """The letter of a badge."""
        return self.heading * BADGE_LETTER

    @property
    def thin(self) -> float:
        """The line of what stands back: hatching, squares of variants, ends of lines."""
        return self.stroke * 0.75

    @property
    def firm(self) -> float:
        """The line of boxes and arrows."""
        return self.stroke * 1.15

    @property
    def heavy(self) -> float:
        """The line of a box that holds weights or is meant to be seen."""
        return self.stroke * 1.8


@dataclass(frozen=True, slots=True)
class Spacing:
    """The steps by which things stand apart, in points at scale 1, from the nearest to the widest.

    ``line`` and ``heading`` are from one line of small text or of headings to the next, ``ascent`` is from the top of
    a heading to its baseline.
    """

    hair: float
    tight: float
    near: float
    inner: float
    side: float
    pad: float
    gap: float
    lead: float
    row: float
    wide: float
    line: float
    heading: float
    ascent: float


@dataclass(frozen=True, slots=True)
class Theme:
    """A named look; ``families`` gives (fill, line) by family of operation."""

    name: str
    colours: Colours
    families: Mapping[str, tuple[str, str]]
    type: Type
    space: Spacing

    def family(self, name: str) -> tuple[str, str]:
        """Fill and line of a family; the one called ``other`` for a family the theme lacks."""
        return self.families.get(name, self.families["other"])


@cache
def load_theme(name: str = "paper") -> Theme:
    """Read a theme by name (``paper``, ``grey``, ``slides``, ``dark``) or from the user's own ``.toml`` file.

    Raises
    ------
    UsageError : no such theme, or the file is not a theme; the sentence names what is wrong.
    """
    try:
        return _build(_read(name))
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        reason = f"{str(error)[:200]}; compare it with templates/themes/paper.toml"
        raise UsageError(f"theme {quoted(name)} can't be used: {reason}") from error


def theme_names() -> tuple[str, ...]:
    """Names of the themes that come with blockviz."""
    return tuple(sorted(path.stem for path in (templates_folder() / "themes").glob("*.toml")))


def _read(name: str, depth: int = 0) -> dict[str, Any]:
    own = Path(name)
    path = own if name.endswith(".toml") else templates_folder() / "themes" / f"{own.name}.toml"
    if not os.path.lexists(path):
        raise UsageError(f"no theme {quoted(name)}; there are {', '.join(theme_names())}, or give a .toml file")
    data = read_toml(path)
    base = data.get("base", "" if name == "paper" else "paper")
    if not base or depth > 4:
        return data
    below = _read(str(base), depth + 1)
    return {
        **below,
        **data,
        **{table: {**below.get(table, {}), **data.get(table, {})} for table in _TABLES},
    }


def _build(data: Mapping[str, Any]) -> Theme:
    colours = Colours(**{name: _colour(data["colours"][name]) for name in Colours.__slots__})
    families = {name: (_colour(fill), _colour(line)) for name, (fill, line) in data["families"].items()}
    families["other"]
    sizes = Type(**{name: _size(data["type"][name]) for name in Type.__slots__})
    ems = {"line": sizes.small, "heading": sizes.heading, "ascent": sizes.heading}
    spaces = {name: _size(data["spacing"][name]) * ems.get(name, sizes.label) for name in Spacing.__slots__}
    return Theme(str(data.get("name", "own")), colours, families, sizes, Spacing(**spaces))


def _colour(value: object) -> str:
    if value == "":
        return ""
    if not (isinstance(value, str) and re.fullmatch("#[0-9a-fA-F]{6}", value)):
        raise ValueError(f"{quoted(value)} is not a colour like #1b2027")
    return value.lower()


def _size(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0.01 <= value <= 1000:
        raise ValueError(f"{quoted(value)} is no size of type, stroke or space")
    return float(value)
