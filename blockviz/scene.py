"""A finished page as plain drawing elements, so that what composes a page and what writes it need not know each other.

Lengths are printer's points (1/72 inch); the origin is the page's top left, y grows downwards.
Elements are drawn in this order: shapes, arrows, boxes, words.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeAlias

from blockviz.runtime.records import dataclass, field

Point: TypeAlias = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of text in one style; ``colour`` and ``size`` default to those of the element around it."""

    text: str
    bold: bool = False
    italic: bool = False
    colour: str = ""


@dataclass(frozen=True, slots=True)
class Words:
    """One line of text; ``x`` is its start, middle or end as ``anchor`` says, ``y`` its baseline."""

    x: float
    y: float
    runs: tuple[Span, ...]
    size: float
    colour: str
    anchor: str = "start"


@dataclass(frozen=True, slots=True)
class Path:
    """A line through ``points`` with corners rounded by ``radius``; ``dash`` is (on, off) or empty."""

    points: tuple[Point, ...]
    line: str = ""
    fill: str = ""
    stroke: float = 0.6
    closed: bool = False
    radius: float = 0.0
    dash: tuple[float, float] | tuple[()] = ()


@dataclass(frozen=True, slots=True)
class Disc:
    """A circle around (x, y)."""

    x: float
    y: float
    radius: float
    line: str = ""
    fill: str = ""
    stroke: float = 0.6


@dataclass(frozen=True, slots=True)
class Box:
    """Something the reader can point at: a layer, unit, block, merge or rail.

    form : box, rect, pill, funnel (narrow foot), spread (wide foot), circle.
    lines : the label, centred; empty where words are placed by hand.
    group : id of the panel around it ("" in the overview); title : one sentence for a tooltip.
    """

    id: str
    x: float
    y: float
    width: float
    height: float
    form: str = "box"
    fill: str = ""
    line: str = ""
    stroke: float = 0.8
    dashed: bool = False
    lines: tuple[tuple[Span, ...], ...] = ()
    size: float = 7.0
    colour: str = "#000000"
    title: str = ""
    group: str = ""

    @property
    def slant(self) -> float:
        """How much narrower a funnel's foot, or a spread's top, is at each side."""
        return min(5.0, self.height * 0.32, self.width * 0.12)


@dataclass(frozen=True, slots=True)
class Arrow:
    """A connection; ``source`` and ``target`` are box ids ("" where it starts or ends in the open)."""

    points: tuple[Point, ...]
    colour: str
    stroke: float = 0.7
    radius: float = 3.0
    head: float = 4.0
    source: str = ""
    target: str = ""
    title: str = ""
    group: str = ""


Shape: TypeAlias = Path | Disc


@dataclass(frozen=True, slots=True)
class Frame:
    """A frame with a name around boxes: the overview (id "") or a definition panel."""

    id: str
    name: str
    x: float = 0.0
    y: float = 0.0
    width: float = 0.0
    height: float = 0.0


@dataclass(frozen=True, slots=True)
class Sheet:
    """One sheet of paper with everything on it; ``links`` : ids of boxes between which words stand for an arrow."""

    width: float
    height: float
    background: str
    shapes: tuple[Shape, ...] = ()
    arrows: tuple[Arrow, ...] = ()
    boxes: tuple[Box, ...] = ()
    words: tuple[Words, ...] = ()
    groups: tuple[Frame, ...] = ()
    links: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Palette:
    """Colours of a figure that is shown in two themes.

    shades : (colour in the drawing, in the light theme, in the dark one). roles : name of a role → colour in the
    drawing. starts_dark : whether the dark one was asked for.
    """

    shades: tuple[tuple[str, str, str], ...] = ()
    roles: Mapping[str, str] = field(default_factory=dict)
    starts_dark: bool = False


@dataclass(frozen=True, slots=True)
class Page:
    """The figure: one sheet (or more, when asked for), its name, a prose summary and what was left out.

    ``advice`` says in sentences what detail was dropped to meet the size, and which option brings it back.
    ``palette`` : what the colours mean, if they are numbers; only a page for a screen has one.
    """

    title: str
    description: str
    sheets: tuple[Sheet, ...]
    advice: tuple[str, ...] = ()
    structure_hash: str = ""
    families: tuple[str, ...] = field(default=("Arimo", "Helvetica", "Arial", "Liberation Sans", "sans-serif"))
    palette: Palette | None = None
