"""What a page had to leave out, said with the option that would show it."""

from __future__ import annotations

from blockviz.outline.model import Outline
from blockviz.page.fitting.layout_cache import Detail, Options
from blockviz.page.style.page_size import PageSize


def advice_on(outline: Outline, detail: Detail, options: Options, size: PageSize) -> tuple[str, ...]:
    """What was left out, and which option would show it."""
    larger = "a larger --page" if size.fixed else "more --width or --height"
    missing = [d.letter for d in outline.definitions if d.letter not in detail.letters]
    lines = []
    if missing and options.panels:
        which = "any panel" if not detail.letters else f"the panels of {', '.join(missing)}"
        lines.append(f"no room for {which}; {larger} or --pages 2 would show {'it' if len(missing) == 1 else 'them'}")
    if parts := _parts_gone(detail, options):
        lines.append(
            f"no room for {', '.join(parts[:-1])}{' and ' if parts[1:] else ''}{parts[-1]}; {larger} would help"
        )
    if not lines and not detail.variants and any(v.added for d in outline.definitions for v in d.variants):
        lines.append(f"variants are named, not drawn; {larger} would draw them")
    return tuple(lines)


def _parts_gone(detail: Detail, options: Options) -> list[str]:
    """Parts of the page that were given up for want of room."""
    parts = [
        ("the title", options.title and not detail.title),
        ("all of the legend", options.legend and not detail.legend),
        ("shapes and parameters", not detail.info),
        ("the totals", options.totals and not detail.totals),
    ]
    return [name for name, gone in parts if gone]


def left_out(outline: Outline, detail: Detail, options: Options) -> int:
    """How much was given up for want of room: a part of the page counts one, a panel too, or two if its block repeats;
    what the network is made of says more than a legend."""
    panels = len(outline.definitions) - len(detail.letters) if options.panels else 0
    return panels + repeated_out(outline, detail, options) + len(_parts_gone(detail, options))


def repeated_out(outline: Outline, detail: Detail, options: Options) -> int:
    """How many of the panels that were given up are of blocks that repeat."""
    return sum(d.count > 1 and d.letter not in detail.letters for d in outline.definitions) if options.panels else 0
