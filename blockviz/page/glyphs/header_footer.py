"""The title line and the line of totals."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from blockviz.ir import Shape, item_leaves
from blockviz.ops.operation_words import operation_word
from blockviz.outline.model import Outline
from blockviz.page.glyphs.canvas import Canvas
from blockviz.page.glyphs.title_words import title_of
from blockviz.page.glyphs.words import count_text, number_text, params_text, plural, shape_text, share_base
from blockviz.page.style.theme import Theme
from blockviz.text.font_metrics import shorten, width
from blockviz.text.polynomials import polynomial_text

_CLASSES, _LETTERS = 2, 36  # that a line of totals names
_BETWEEN = " · "  # two facts
_LEADING = 1.25  # from line to line, in sizes of type
_TERMS = 3  # of multiply-adds in letters, in a line of totals


def title_line(outline: Outline, theme: Theme, room: float, note: str = "") -> Canvas:
    """Name of the network and what the figure makes of it; or a ``note``, below the name where it is wider."""
    type_, colours = theme.type, theme.colours
    canvas = Canvas(room, type_.title * 1.5)
    name = shorten(title_of(outline), type_.title, room, bold=True)
    canvas.text(0, type_.title * 0.94, name, type_.title, colours.text, bold=True)
    left = width(name, type_.title, bold=True) + type_.title * 0.75
    boxes = plural(len(outline.parts), "box").replace("boxs", "boxes")
    kinds = f" and {plural(len(outline.definitions), 'block type')}" if outline.definitions else ""
    long = f"{plural(outline.layers, 'layer')} as {boxes}{kinds}"
    for words in (note,) if note else (f"block-level architecture: {long}", long, plural(outline.layers, "layer")):
        if left + width(words, type_.heading) <= room:
            canvas.text(left, type_.title * 0.94, words, type_.heading, colours.muted)
            break
    else:
        for line in _in_lines(note, type_.heading, room):
            canvas.text(0, canvas.height + type_.heading * 0.6, line, type_.heading, colours.muted)
            canvas.height += type_.heading * _LEADING
    foot = canvas.height - type_.title * 0.15
    canvas.rule(((0, foot), (room, foot)), colours.rule, type_.stroke)
    return canvas


def _in_lines(note: str, size: float, room: float) -> list[str]:
    """Facts in lines of a width; none where there is nothing to say."""
    lines: list[str] = []
    for fact in note.split(_BETWEEN) if note else ():
        if lines and width(longer := lines[-1] + _BETWEEN + fact, size) <= room:
            lines[-1] = longer
        else:
            lines.append(fact)
    return lines


def least_title_width(outline: Outline, theme: Theme, note: str) -> float:
    """The least width in which the name stands over a note of two lines at most."""
    size, facts = theme.type.heading, note.split(_BETWEEN)
    parted = (max(width(_BETWEEN.join(part), size) for part in (facts[:cut], facts[cut:])) for cut in range(len(facts)))
    return max(width(title_of(outline), theme.type.title, bold=True), min(parted))


def facts_note(outline: Outline, facts: Sequence[tuple[str, str]], theme: Theme, room: float) -> str:
    """The totals in one line beside the name, as many as there is room for."""
    size = theme.type.heading
    left = room - width(title_of(outline), theme.type.title, bold=True) - theme.type.title * 0.75
    words = [f"{number} {what}" for number, what in facts]
    if len(facts) > 1 and facts[1][1] == "multiply-adds" and len(outline.input_shapes) == 1:
        words[1] += f" for {shape_text(outline.input_shapes[0])}"
    while len(words) > 1 and width(_BETWEEN.join(words), size) > left:
        words.pop()
    if width(_BETWEEN.join(words), size) > left and len(facts) > 0:
        words = [f"{number} {what}" for number, what in facts[:1]]
    return _BETWEEN.join(words)


def facts_of(outline: Outline) -> list[tuple[str, str]]:
    """(number, what it counts) for the line of totals, the most telling ones first."""
    apart = uncounted(outline)
    out = [(count_text(outline.cost.params), f"parameters + {' and '.join(apart)}")] if apart else []
    out = out or [(params_text(outline.cost), "parameters")]
    if "macs" not in outline.cost.bounds:  # at an open input size the sum of what is known says nothing
        out.append((count_text(outline.cost.macs), "multiply-adds"))
    elif 0 < len(outline.open_macs) <= _TERMS:
        out.append((polynomial_text(outline.open_macs, count_text), "multiply-adds"))
    out += [(number_text(outline.layers), "layers"), (number_text(outline.depth), "depth")]
    frozen = outline.cost.params - outline.cost.trainable
    if share_base(outline.cost) and frozen / outline.cost.params > 0.05:
        out.insert(1, (count_text(outline.cost.trainable), "trainable"))
    known = {
        "size_mb": ("\u2009MB", "size"),
        "top1": ("\u2009%", "ImageNet top-1"),
        "top5": ("\u2009%", "ImageNet top-5"),
    }
    for key, (unit, words) in known.items():
        if value := outline.facts.get(key):
            number = f"{float(value):.0f}" if key == "size_mb" else value
            out.append((f"{number}{unit}", words))
    return out


def uncounted(outline: Outline) -> list[str]:
    """What alone has a size that nobody knows, in few words: layers of a stranger's class that stand in the overview.

    Nothing where one of them stands in a block, whose parameters are then given as a lower bound.
    """
    parts = [part for part in outline.parts if "params" in part.cost.bounds]
    if any(part.cost.params or part.letter for part in parts):
        return []
    nodes = [node for part in parts for item in part.items for node in item_leaves(item)]
    words = list(dict.fromkeys(operation_word(node.op.rpartition(">")[2]) for node in nodes))
    return words if len(words) <= _CLASSES and len(" ".join(words)) <= _LETTERS else []


def totals_line(
    outline: Outline, facts: Sequence[tuple[str, str]], theme: Theme, room: float, omission: str = ""
) -> Canvas:
    """The totals (see `facts_of`) in equal columns under a rule; a narrow figure shows the first few.

    ``omission`` : what the page leaves out; it goes before what explains the totals.
    """
    type_, colours, space = theme.type, theme.colours, theme.space
    column = max(width(words, type_.small) for _, words in facts) + space.lead
    column = max(column, max(width(number, type_.big, bold=True) for number, _ in facts) + space.lead)
    shown = facts[: max(1, int((room + space.lead) // column))]
    canvas = Canvas(room, type_.big * 1.2 + type_.small * 1.5 + space.pad)
    canvas.rule(((0, 0), (room, 0)), colours.rule, type_.stroke)
    step = min(room / len(shown), column * 1.5)
    for index, (number, words) in enumerate(shown):
        canvas.text(index * step, space.pad + type_.big * 0.8, number, type_.big, colours.text, bold=True)
        canvas.text(index * step, space.pad + type_.big * 1.05 + type_.small, words, type_.small, colours.muted)
    note = _note(outline, facts)
    if omission:
        whole = f"{omission} {note}"
        note = whole if width(whole, type_.small) <= room else shorten(omission, type_.small, room)
    if width(note, type_.small) <= room:
        canvas.text(0, canvas.height + type_.small * 1.0, note, type_.small, colours.muted)
        canvas.height += space.line
    return canvas


def _note(outline: Outline, facts: Sequence[tuple[str, str]]) -> str:
    if "multiply-adds" not in [words for _, words in facts]:
        return "Depth counts layers with weights."
    return f"Multiply-adds for {_inputs(outline.input_shapes)}. Depth counts layers with weights."


_MOST_INPUTS = 6


def _inputs(shapes: Sequence[Shape]) -> str:
    """Every shape, equal ones counted: ``inputs of 65×1×9 (3 of them) and 65×1×10``; "…" for what are too many."""
    counts = Counter(shape_text(shape) for shape in shapes)
    if len(counts) == 1:
        (text,) = counts
        return f"one {text} input" if len(shapes) == 1 else f"{len(shapes)} inputs of {text}"
    words = [text if count == 1 else f"{text} ({count} of them)" for text, count in counts.items()]
    return f"inputs of {' and '.join(words[:_MOST_INPUTS])}" + (" …" if len(words) > _MOST_INPUTS else "")


def _least(outline: Outline, key: str, value: int) -> str:
    """A total, said to be a lower bound where it is one."""
    if key not in outline.cost.bounds:
        return number_text(value)
    return f"at least {number_text(value)}" if value else "an unknown number of"


def describe(outline: Outline) -> str:
    """A prose summary for screen readers and document metadata."""
    inputs = " and ".join(shape_text(shape) for shape in outline.input_shapes) or "nothing"
    outputs = " and ".join(shape_text(shape) for shape in outline.output_shapes) or "nothing"
    steps = ", ".join(
        f"{p.name}{f' {p.times}' if p.times else ''}" for p in outline.parts if p.kind not in ("input", "output")
    )
    counted = polynomial_text(outline.open_macs, number_text)
    return (
        f"{outline.name} takes {inputs} and gives {outputs}, with {plural(outline.layers, 'layer')}, "
        f"{_least(outline, 'params', outline.cost.params)} parameters and "
        f"{counted or _least(outline, 'macs', outline.cost.macs)} multiply-adds. "
        f"From input to output: {steps}."
    )
