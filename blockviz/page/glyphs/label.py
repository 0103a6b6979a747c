"""What one box says, as data."""

from __future__ import annotations

from functools import lru_cache

from blockviz.runtime.records import dataclass
from blockviz.scene import Span
from blockviz.text.font_metrics import run_width

_LONG = 6  # letters of a name that two lines take, and what a break inside it must save
_SAVES = 0.75


@dataclass(frozen=True, slots=True)
class Label:
    """The label of one box.

    family : key into the theme's families. form : see `blockviz.scene.Box`; ``merge`` for a circle with
    ``sign``, ``bar`` for a concatenation. head : bold. tail : what follows.
    hollow : a convolution without activation. recipe : (before, after) what the unit adds to its
    convolution, for the legend and for saying what differs from it.
    comma : whether head and tail are parted by a comma (``3×3, 64``) or only a space (``Dense 64``).
    count : how many such boxes in a row one stands for, or the letter of it.
    """

    family: str
    form: str
    head: str
    tail: str = ""
    hollow: bool = False
    heavy: bool = False
    dashed: bool = False
    sign: str = ""
    recipe: tuple[str, ...] = ()
    stride: bool = False
    valid: bool = False
    comma: bool = True
    count: int | str = 1

    @property
    def text(self) -> str:
        """The label as one line of plain text."""
        text = f"{self.head}{self._between}{self.tail}" if self.tail and self.head else self.head or self.tail
        return f"{text} {self.times}" if self.times else text

    @property
    def times(self) -> str:
        """``×2`` where a box stands for two, ``×n`` where that differs over the copies."""
        return f"×{self.count}" if self.count != 1 else ""

    @property
    def _count_runs(self) -> tuple[Span, ...]:
        if isinstance(self.count, int):
            return (Span(f" {self.times}", True),) if self.times else ()
        return (Span(" ×", True), *symbol_runs(self.count))

    @property
    def _between(self) -> str:
        return " " if self.tail.startswith(("/", "↓", "↑", "+", "→")) or not self.comma else ", "

    def lines(self, most: int = 1) -> tuple[tuple[Span, ...], ...]:
        """The label as styled lines: one; up to two: head above tail, or a long name broken between its words; or as
        narrow as can be: what comes before an operation, each of its words, its size."""
        if most > 2 and self.form == "box" and (stacked := self._stacked()):
            return stacked
        lines = self._lines(most > 1)
        if not self.times:
            return lines
        return (*lines[:-1], (*lines[-1], *self._count_runs))

    def _stacked(self) -> tuple[tuple[Span, ...], ...]:
        """A line for each step that comes before an operation, and one for its word; () where that breaks nothing.

        Its number of copies stands behind its word, and its size below: ``ReLU``, ``sep ×2``, ``3×3, f``.
        """
        *before, head = self.head.split(" → ")
        word, _, size = head.rpartition(" ")
        if not (before or word) or not self.tail:
            return ()
        count = self._count_runs
        last = (Span(size, True), Span(self._between), *symbol_runs(self.tail))
        said = [(Span(step),) for step in before] + ([(Span(word, True), *count)] if word else [])
        return (*said, last if word else (*last, *count))

    def _lines(self, two: bool) -> tuple[tuple[Span, ...], ...]:
        head = (Span(self.head, bold=bool(self.tail) or self.family in ("conv", "pool")),) if self.head else ()
        tail = symbol_runs(self.tail)
        if two and len(self.head) >= _LONG and self.form != "bar" and (halves := self._halves(bool(tail))):
            return halves
        if not self.tail:
            return (head,)
        if self.form == "bar" and not two:
            return ((Span(f"{self.head} "), *(Span(run.text, True, run.italic) for run in tail)),)
        if two and head:
            return (head, tail if self.form != "bar" else tuple(Span(run.text, True, run.italic) for run in tail))
        return ((*head, *((Span(self._between),) if head else ()), *tail),)

    def _halves(self, has_tail: bool) -> tuple[tuple[Span, ...], ...]:
        """A name broken at the space or hyphen that makes both lines short; () where head above tail does as well."""
        bold = has_tail or self.family in ("conv", "pool")
        rest = (Span(self._between), *symbol_runs(self.tail)) if has_tail else ()
        cuts = [at + 1 for at, letter in enumerate(self.head[:-1]) if letter in " -"]
        cuts = [at for at in cuts if not self.head[at:].isdecimal()]  # "conv 7" is one word
        if steps := [at for at in cuts if self.head[:at].endswith("→ ")]:  # what comes before an operation stands above
            cuts = steps[-1:]
        halves = [((Span(self.head[:at].rstrip(), bold),), (Span(self.head[at:], bold), *rest)) for at in cuts]
        whole = ((Span(self.head, bold),), symbol_runs(self.tail)) if has_tail else ((Span(self.head, bold),),)
        best = min(halves, key=_breadth, default=whole)
        return best if _breadth(best) < _breadth(whole) * _SAVES else ()


def _breadth(lines: tuple[tuple[Span, ...], ...]) -> float:
    return max(run_width(line, 1.0) for line in lines)


@lru_cache(maxsize=4096)
def symbol_runs(text: str) -> tuple[Span, ...]:
    """Text with stand-alone letters (``f`` in ``4f``) in italics; names of outputs are no symbols."""
    text, arrow, names = text.partition("→ output")
    runs: list[tuple[str, bool]] = []
    for i, char in enumerate(text):
        before, after = text[i - 1 : i], text[i + 1 : i + 2]
        lone = char.islower() and char.isascii() and not before.isalpha() and not after.isalpha()
        lone = (lone and not (before == "" and after == "")) or (lone and len(text) == 1)
        lone = lone and after not in (".", ":") and not (char in "dgk" and after.isdigit())
        if runs and runs[-1][1] == lone:
            runs[-1] = (runs[-1][0] + char, lone)
        else:
            runs.append((char, lone))
    runs += [(arrow + names, False)] if arrow else []
    return tuple(Span(stretch, italic=lone) for stretch, lone in runs)
