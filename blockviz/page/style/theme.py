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
_TABLES = ("colours", "families", "blocks", "type", "spacing")
_HUES = "hues"  # the one key of the table of blocks
#: What a theme has a fill and a line for.
FAMILIES: Mapping[str, str] = {
    "conv": "convolutions, with their normalisation and activation",
    "pool": "pooling and upsampling",
    "act": "activations that stand alone",
    "dense": "dense layers and products of matrices",
    "train": "what acts in training only: dropout, augmentation",
    "sequence": "attention and recurrence",
    "norm": "normalisations that stand alone",
    "shape": "reshaping, slicing and other bookkeeping",
    "input": "inputs and outputs",
    "other": "all else, and what nobody knows",
}


@dataclass(frozen=True, slots=True)
class Colours:
    """Colours by role, as ``#rrggbb``; "" is no fill."""

    page: str
    """The paper; on a theme for screens its ground."""
    text: str
    """Names, numbers and all that is read first."""
    muted: str
    """Shapes, counts and other words that stand back."""
    line: str
    """Arrows, outlines of circles, brackets of stages."""
    rule: str
    """Thin rules under the title and above the totals."""
    frame: str
    """Outlines of panels and bands."""
    panel: str
    """Ground of a definition panel; may be empty."""
    block: str
    """Fill of a block's box."""
    block_line: str
    """Outline of a block's box."""
    badge: str
    """Ground of a block's letter, and locks of frozen parts."""
    badge_text: str
    """The letter on its badge."""
    bar: str
    """Bars that split or join branches."""
    bar_text: str
    """Words on such a bar."""
    track: str
    """The whole of which a share of parameters is a part."""
    share: str
    """The share of parameters that a box holds."""
    skip: str
    """Skip connections."""
    hatch: str
    """Hatching of what is frozen."""
    accent: str
    """What is trained beside what is frozen, and differences between two models."""


@dataclass(frozen=True, slots=True)
class Type:
    """Type sizes in points at scale 1, the stroke of lines, and the scale of the theme's medium."""

    title: float
    """The model's name."""
    heading: float
    """Names of blocks and of panels."""
    label: float
    """Words in boxes; the em of most spaces."""
    small: float
    """Shapes, counts and notes."""
    big: float
    """Repeats (×10), names and totals on a board."""
    stroke: float
    """Lines, of which others are multiples."""
    scale: float
    """Factor for the whole: above 1 for slides, which are read from afar."""

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
    """Bands, and a share's bar on a board."""
    tight: float
    """Marks that touch what they belong to."""
    near: float
    """Neighbours inside a box."""
    inner: float
    """A badge or a count from the words beside it."""
    side: float
    """The sides of a box from its words."""
    pad: float
    """Words from an outline; totals from their rule."""
    gap: float
    """Brackets and notes from the boxes they are for."""
    lead: float
    """Both sides of a box together, where a word fills it."""
    row: float
    """One row of boxes or words from the next."""
    wide: float
    """Models from each other, and rows of the legend."""
    line: float
    """A line of small text to the next, in ems of it."""
    heading: float
    """A line of headings to the next, in ems of a heading."""
    ascent: float
    """The top of a heading to its baseline, in ems of it."""


@dataclass(frozen=True, slots=True)
class Theme:
    """A named look: ``families`` (fill, line) of operations, ``hues`` (badge, frame) of types of blocks in turn."""

    name: str
    colours: Colours
    families: Mapping[str, tuple[str, str]]
    type: Type
    space: Spacing
    hues: tuple[tuple[str, str], ...] = ()

    def family(self, name: str) -> tuple[str, str]:
        """Fill and line of a family; the one called ``other`` for a family the theme lacks."""
        return self.families.get(name, self.families["other"])

    def hue(self, letter: str) -> tuple[str, str]:
        """The badge and the frame of the panel of a type of block, so that the eye finds one from the other.

        Hues go round where there are more types; the letter tells them apart, in grey, too. A name with a number, as
        that of a tapped tensor (C2), is no type and has the badge of the theme.
        """
        if not self.hues or any(sign.isdigit() for sign in letter):
            return self.colours.badge, self.colours.frame
        number = 0
        for sign in letter:
            number = number * 26 + ord(sign) - ord("A") + 1
        return self.hues[(number - 1) % len(self.hues)]


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
    if {"badge", "frame"} & set(data.get("colours", {})):  # a theme's own badges, unless it gives hues of its own
        below = {**below, "blocks": {}}
    return {
        **below,
        **data,
        **{table: {**below.get(table, {}), **data.get(table, {})} for table in _TABLES},
    }


def _build(data: Mapping[str, Any]) -> Theme:
    _refuse_strangers(data)
    colours = Colours(**{name: _colour(data["colours"][name]) for name in Colours.__slots__})
    families = {name: (_colour(fill), _colour(line)) for name, (fill, line) in data["families"].items()}
    families["other"]
    sizes = Type(**{name: _size(data["type"][name]) for name in Type.__slots__})
    ems = {"line": sizes.small, "heading": sizes.heading, "ascent": sizes.heading}
    spaces = {name: _size(data["spacing"][name]) * ems.get(name, sizes.label) for name in Spacing.__slots__}
    hues = tuple((_colour(badge), _colour(frame)) for badge, frame in data["blocks"].get(_HUES, ()))
    return Theme(str(data.get("name", "own")), colours, families, sizes, Spacing(**spaces), hues)


def _refuse_strangers(data: Mapping[str, Any]) -> None:
    """Raise ValueError for a table or key that nothing reads: a slip of the pen would change nothing, unseen."""
    known = {"colours": Colours.__slots__, "families": FAMILIES, "blocks": (_HUES,), "type": Type.__slots__,
             "spacing": Spacing.__slots__}  # fmt: skip
    if strange := next((name for name in data if name not in (*_TABLES, "name", "base")), None):
        raise ValueError(f"a theme has no {quoted(strange)}")
    for table in _TABLES:
        if strange := next((name for name in data[table] if name not in known[table]), None):
            raise ValueError(f"[{table}] has no {quoted(strange)}")


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
