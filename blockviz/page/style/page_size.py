"""Physical sizes: page names, lengths with units, and the margins that go with them."""

from __future__ import annotations

import re

from blockviz.errors import UsageError, quoted
from blockviz.runtime.lengths import parse_length
from blockviz.runtime.records import dataclass, replace

_NAMED = {
    "a4": (595.0, 842.0, 36.0), "letter": (612.0, 792.0, 36.0), "a3": (842.0, 1191.0, 42.0), "a5": (420.0, 595.0, 28.0),
    "slide": (960.0, 540.0, 30.0), "legal": (612.0, 1008.0, 36.0),
}  # fmt: skip
BESIDE = 1.3  # of a sheet's gap between overview, panels and what stands right of them
ABOVE_FOOT = 0.8  # of it over the legend and over the footer
BELOW_HEAD = 0.6  # of it under the header
# The text of an LNCS page is 122 x 193 mm, of ACM's 178 x 220 mm, of IEEE's 182 x 236 mm; a caption takes two lines.
_NARROW, _LOW, _HIGH, _MOST = 347.0, 504.0, 576.0, 770.0
_ONE_OF_TWO = 300.0  # narrower is one column of two: its page is IEEE's or ACM's
_SLIDE_TYPE = 1.6  # type on a slide is read from afar


@dataclass(frozen=True, slots=True)
class PageSize:
    """Width and height in whole points, rounded down: a PDF's size is whole points, and must not exceed what was asked.

    ``type_scale`` : how much larger than in print type is usually set there.
    ``fixed`` : the sheet is exactly this high; otherwise as high as needed and at most this.
    ``shrinks`` : the sheet is no wider than its drawing.
    ``taller`` : how high it may be where no panel has room otherwise; as ``height`` where it is 0.
    ``most`` : how high it may be where not even the overview has room; as ``height`` where it is 0.
    """

    width: float
    height: float
    margin: float
    fixed: bool = True
    type_scale: float = 1.0
    shrinks: bool = False
    taller: float = 0.0
    most: float = 0.0

    @property
    def room(self) -> float:
        """Width between the margins."""
        return self.width - 2 * self.margin

    def shrunk(self, factor: float) -> PageSize:
        """The page as it looks to a layout that will be enlarged by ``factor``."""
        return replace(self, width=self.width / factor, height=self.height / factor, margin=self.margin / factor)


def parse_page(page: str | None = None, width: str | None = None, height: str | None = None) -> PageSize:
    """The size of the figure: a named page or ``WxH`` (exact), or a width (as high as needed, at most ``height``).

    A width alone makes a figure that fits a page of a journal together with its caption.
    Without either, the figure is as large as its drawing needs, and fits the text of an A4 page.

    Raises
    ------
    UsageError : an unknown page name or an unreadable length.
    """
    if width is not None:
        wide = float(int(parse_length(width) + 0.01))
        tallest = parse_length(height) if height else _LOW if wide < _NARROW else _HIGH
        taller = _HIGH if wide < _ONE_OF_TWO and not height else 0.0
        most = 0.0 if height else _MOST
        return PageSize(wide, float(int(tallest + 0.01)), 1.5, fixed=False, taller=taller, most=most)
    if page is None:
        wide, tall, margin = _NAMED["a4"]
        return PageSize(wide - 2 * margin, tall - 2 * margin, 1.5, fixed=False, shrinks=True)
    name = page.strip().lower()
    if name in _NAMED:
        return PageSize(*_NAMED[name], type_scale=_SLIDE_TYPE if name == "slide" else 1.0)
    sides = re.split(r"[x×]", name)
    if len(sides) != 2:
        raise UsageError(f"no page {quoted(page)}; there are {', '.join(_NAMED)}, or give a size like 174mmx240mm")
    if re.search("[a-z]", sides[1]) and not re.search("[a-z]", sides[0]):
        sides[0] += re.sub("[^a-z]", "", sides[1])
    w, h = (float(int(parse_length(side) + 0.01)) for side in sides)
    return PageSize(w, h, round(min(24.0, min(w, h) * 0.03), 1))
