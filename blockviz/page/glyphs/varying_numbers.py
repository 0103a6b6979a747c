"""Numbers of a label that are not the same in all copies that one drawing stands for: ``3–24 heads``, ``g8–32``."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from blockviz.page.glyphs.label import Label
from blockviz.runtime.records import replace

_NUMBER = re.compile(r"\d+(?:\.\d+)?")


def ranges_over(labels: Sequence[Label]) -> dict[str, str]:
    """Word of the first label → the word with a range for each number in which the labels of other copies differ.

    Strides are left as they are: copies with other strides are told apart. Labels that differ in more than numbers say
    nothing.
    """
    rows = list(dict.fromkeys(tuple(f"{label.head} {label.tail}".split()) for label in labels))
    if len(rows) < 2:
        return {}
    found = {}
    for word, *others in zip(*(row for row in rows if len(row) == len(rows[0])), strict=True):
        texts = [word, *others]
        if len(set(texts)) > 1 and len({_NUMBER.sub("#", text) for text in texts}) == 1 and word[:1] != "↓":
            columns = zip(*(_NUMBER.findall(text) for text in texts), strict=True)
            spans = iter([_span(column) for column in columns])
            found[word] = _NUMBER.sub(lambda match, spans=spans: next(spans), word)  # type: ignore[misc]
    return found


def _span(numbers: Sequence[str]) -> str:
    ranked = sorted(set(numbers), key=float)
    return ranked[0] if len(ranked) == 1 else f"{ranked[0]}–{ranked[-1]}"


def with_ranges(label: Label, ranges: Mapping[str, str]) -> Label:
    """A label with these words replaced."""
    if not ranges:
        return label
    head, tail = (" ".join(ranges.get(word, word) for word in text.split(" ")) for text in (label.head, label.tail))
    return replace(label, head=head, tail=tail)
