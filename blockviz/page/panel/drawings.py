"""What a panel draws: its main form, in two columns or with what only variants have, and variants beside it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from blockviz.ir import LayerGraph, Port
from blockviz.outline.dashed_parts import Switch, switch_of, tensors_of_all, texts_of_all
from blockviz.outline.model import Definition, Variant
from blockviz.page.glyphs.figure_facts import FigureFacts
from blockviz.page.glyphs.varying_numbers import Ranges
from blockviz.page.panel.diagram import Diagram
from blockviz.page.panel.drawable_body import drawable, halves
from blockviz.page.style.theme import Theme
from blockviz.runtime.records import dataclass

_LONG = 8  # boxes of a body that may stand in two columns
_DRAWN = 2  # variants drawn beside the main form; the others are said in words


@dataclass(frozen=True, slots=True)
class Drawings:
    """The diagrams of a panel, the main form's first.

    switch : the one drawing for all forms, if there is one. drawn : the variants that have a diagram of their own.
    continued : whether the main form goes on in a second column.
    """

    diagrams: list[Diagram]
    drawn: list[Variant]
    switch: Switch | None = None
    continued: bool = False


def drawings_of(
    d: Definition, context: FigureFacts, theme: Theme, with_variants: bool, compact: bool, wrapped: bool, merged: bool
) -> Drawings:
    """The diagrams of a type; ``merged`` : with equal units in a row as one box."""
    columns = _columns(d, context, compact) if wrapped else []
    if with_variants and len(columns) < 2 and (s := switch_of(d)) is not None:
        ranges = _switch_ranges(d, s, context)
        drawing = Diagram(s.body, s.symbols, context, theme, d.letter, True, compact, merged, s.tensors, s.dashed,
                          s.stand_ins, ranges=ranges)  # fmt: skip
        return Drawings([drawing], [], s)
    drawn = [v for v in d.variants if with_variants and v.added and len(columns) < 2][:_DRAWN]
    for_all = len(drawn) < len(d.variants)  # it stands for forms that are only named, so that its sizes hold for them
    widths = texts_of_all(d) if for_all else d.symbols
    tensors = tensors_of_all(d) if for_all else d.tensors
    main = [
        Diagram(body, widths, context, theme, d.letter, True, compact, merged, said, nested=d.nested,
                ranges=context.ranges_of(d.letter, d.body, for_all))
        for body, said in _with_tensors(columns or [d.body], tensors)
    ]  # fmt: skip
    beside = [
        Diagram(v.body, v.symbols, context, theme, f"{d.letter}.{n}", False, compact, merged, v.tensors,
                ranges=context.ranges_of(d.letter, v.body, False, v.name))
        for n, v in enumerate(drawn, 1)
    ]  # fmt: skip
    return Drawings([*main, *beside], drawn, continued=len(main) > 1)


def _switch_ranges(d: Definition, switch: Switch, context: FigureFacts) -> Mapping[str, Ranges]:
    """The ranges of a drawing with dashed boxes: those of the main form, whose labels its boxes bear."""
    own, main = (context.ranges_of(d.letter, body, True) for body in (switch.body, d.body))
    found = {name: main[item.id] for name, item in switch.stand_ins.items() if item.id in main}
    return {**{name: ranges for name, ranges in own.items() if name in switch.dashed}, **found}


def _columns(d: Definition, context: FigureFacts, compact: bool) -> list[LayerGraph]:
    """The body, a long one in two columns."""
    body = drawable(d.body, context.letter_of, compact, d.symbols)
    return halves(body) if len(body) > _LONG else [d.body]


def _with_tensors(
    columns: Sequence[LayerGraph], tensors: Mapping[Port, str]
) -> Iterator[tuple[LayerGraph, Mapping[Port, str]]]:
    """Columns with what is said of their tensors."""
    first, *rest = columns
    yield first, tensors
    inner = {port: text for port, text in tensors.items() if port[0]}
    given = tensors.get(first.exits[0]) if first.exits else None  # nobody may read what the block makes
    enters = {("", 0): given} if given is not None else {}
    yield from ((body, {**inner, **enters}) for body in rest)
