"""Numbers of a label that are not the same in all copies that one drawing stands for: ``3–24 heads``, ``g8–32``."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from blockviz.page.glyphs.label import Label
from blockviz.runtime.records import replace

_NUMBER = re.compile(r"\d+(?:\.\d+)?")


Ranges = Mapping[int, tuple[frozenset[str], str]]  # place of a word in a label → words of the copies, what stands there


def ranges_over(labels: Sequence[Label]) -> Ranges:
    """The words of the first label with a range for each number in which the labels of other copies differ.

    Strides are left as they are: copies with other strides are told apart, but for those of a layer that is called at
    each step. Labels that differ in more than numbers say
    nothing, and neither does a reshape to shapes of several ranks.
    """
    own, *others = [tuple(f"{label.head} {label.tail}".split()) for label in labels]
    told_apart = own[-2:] != ("per", "step")
    if not any(map(_is_stride, own)):
        others = [tuple(word for word in row if not _is_stride(word)) for row in others]
    rows = list(dict.fromkeys([own, *others]))
    if len(rows) < 2:
        return {}
    found = {}
    if labels[0].family == "shape" and len({label.tail.count("×") for label in labels}) > 1:
        head = len(labels[0].head.split())
        return {place: (frozenset({word}), "") for place, word in enumerate(rows[0]) if place >= head}
    alike = (tuple(row[: len(own)]) for row in rows if _form(row[: len(own)]) == _form(own) or len(row) == len(own))
    for place, (word, *rest) in enumerate(zip(*alike, strict=True)):
        last = place == len(own) - 1
        texts = [word, *(text.removesuffix(",") if last else text for text in rest)]
        if {text.removesuffix(",") for text in texts} == {"head", "heads"}:
            found[place] = frozenset(texts), f"heads{',' * word.endswith(',')}"
            continue
        if (
            len(set(texts)) > 1
            and len({_NUMBER.sub("#", text) for text in texts}) == 1
            and not (_is_stride(word) and told_apart)
        ):
            columns = zip(*(_NUMBER.findall(text) for text in texts), strict=True)
            spans = iter([_span(column) for column in columns])
            found[place] = frozenset(texts), _NUMBER.sub(lambda match, spans=spans: next(spans), word)  # type: ignore[misc]
    return found


def _form(words: Sequence[str]) -> list[str]:
    """Words without their numbers: of ``4 heads, causal`` the first two are as those of ``6 heads``."""
    return [_NUMBER.sub("#", word.removesuffix(",")) for word in words]


def _is_stride(word: str) -> bool:
    return word[:1] == "↓"


def _span(numbers: Sequence[str]) -> str:
    ranked = sorted(set(numbers), key=float)
    return ranked[0] if len(ranked) == 1 else f"{ranked[0]}–{ranked[-1]}"


def with_ranges(label: Label, ranges: Ranges, terse: bool = False) -> Label:
    """A label with ranges where these words stand; a symbol that stands there says more, and another place isn't meant.

    A kernel of 8 is no width of 8. A range of ratios alone (``/4–24``) tells nobody a width; terse : nor do others.
    """
    if not ranges:
        return label
    head, words = label.head.split(), f"{label.head} {label.tail}".split()
    for place, (old, new) in ranges.items():
        if place < len(words) and words[place] in old:
            words[place] = "" if new[:1] == "/" and (terse or label.tail in old) else new
    return replace(label, head=" ".join(words[: len(head)]), tail=" ".join(words[len(head) :]).strip(", "))
