"""Brackets over consecutive boxes with something in common: data, frozen and trained stretches, or stages."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from blockviz.costs.cost import cost_of
from blockviz.ir import item_leaves
from blockviz.outline.model import Part
from blockviz.page.glyphs.canvas import Canvas
from blockviz.page.glyphs.words import is_locked, number_text
from blockviz.page.style.theme import Theme
from blockviz.runtime.records import dataclass
from blockviz.scene import Path, Span
from blockviz.text.font_metrics import run_width


@dataclass(frozen=True, slots=True)
class Bracket:
    """Consecutive parts with something in common: indices from ``first`` to ``last``, a bold word and a note."""

    first: int
    last: int
    word: str
    note: str
    accent: bool = False


def brackets_of(parts: Sequence[Part], augments: Callable[[Part], bool], weights: str | None) -> list[Bracket]:
    """Data, frozen and trained stretches where a part is frozen; else stages of several parts.

    augments : whether a part changes the data at random, in training only. weights : where the user says they are from.
    """
    frozen = [i for i, part in enumerate(parts) if is_locked(part)]
    if not frozen or any(part.cost.trainable for part in parts[: frozen[-1]]):
        return _stages(parts)  # none, or something trained before the last of them
    first, last = frozen[0], frozen[-1]
    note = "augmented on the fly" if any(augments(part) for part in parts[:first]) else ""
    out = [Bracket(0, first - 1, "data", note)] if first else []
    out.append(Bracket(first, last, "frozen", _weights_note(weights)))
    if last + 1 < len(parts):
        trained = cost_of(node for part in parts[last + 1 :] for node in item_leaves(part.item)).trainable
        out.append(Bracket(last + 1, len(parts) - 1, "trained head", f"{number_text(trained)} parameters", accent=True))
    return out


def _weights_note(weights: str | None) -> str:
    """What a bracket says of the weights that were named."""
    return {None: "", "imagenet": ", ImageNet weights"}.get(weights, f", {weights}")


def _stages(parts: Sequence[Part]) -> list[Bracket]:
    out: list[Bracket] = []
    start = 0
    for i in range(1, len(parts) + 1):
        if i == len(parts) or parts[i].stage != parts[start].stage:
            stage = parts[start].stage
            if stage and i - start > 1:
                out.append(Bracket(start, i - 1, stage if not stage.isdigit() else f"stage {stage}", ""))
            start = i
    return out


def draw_bracket(
    canvas: Canvas, theme: Theme, bracket: Bracket, left: float, right: float, y: float, spare: float
) -> None:
    """A line from ``left`` to ``right`` with short feet and its words above; they may be ``spare`` wider than it."""
    type_, colours = theme.type, theme.colours
    colour = colours.accent if bracket.accent else colours.line
    canvas.shapes.append(Path(((left, y + 2.6), (left, y), (right, y), (right, y + 2.6)), colour, "", type_.stroke))
    note = bracket.note if bracket.note.startswith(",") else f" {bracket.note}"
    runs: tuple[Span, ...] = (Span(bracket.word, bold=True),)
    if bracket.note:
        full = (*runs, Span(note, colour=colours.muted))
        runs = full if run_width(full, type_.small) <= right - left + spare else runs
    canvas.text((left + right) / 2, y - type_.small * 0.45, runs, type_.small, colours.text, "middle")
