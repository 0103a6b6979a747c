"""What panels say of copies that differ: where they stand (``first of each later stage``), or how many they are."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from blockviz.ir import Composite, LayerGraph, blocks_in, letters_of
from blockviz.page.proof.facts import copies_of
from blockviz.page.proof.reading import Said, text_of
from blockviz.scene import Frame, Sheet

_BRIEF = {"projection shortcut": "projection", "squeeze-and-excitation": "SE"}
PLACE = (
    r"(?:(?P<end>first|last) of )?(?:(?P<each>each(?: later)? (?:stage|box)(?: but the last)?)"
    r"|the (?P<one>first|second|last)(?P<few> two| three)? (?:stages?|box(?:es)?))"
    r"|only the (?P<only>first|second|last)|(?P<count>\d+) cop(?:y|ies)"
)
# which copies of a box are meant, in the box
WHICH = r"(?:first|last)(?: \d+)?|all|every 2nd|1st, 3rd(?:, …)?|\d+(?:st|nd|rd|th)?"
Variants = Sequence[str | None]


def told_words(sheets: Sequence[Sheet], graph: LayerGraph) -> Mapping[str, Mapping[str, re.Match[str]]]:
    """Letter → word of a variant → where the copies are that differ so, by the type's panel."""
    letters = letters_of(graph)
    words: dict[str, set[str]] = {}
    for block in blocks_in(graph):
        if isinstance(block, Composite) and block.variant:
            words.setdefault(letters[block.type], set()).update(block.variant.split(", "))
    found: dict[str, dict[str, re.Match[str]]] = {}
    for sheet in sheets:
        for frame in (one for one in sheet.groups if one.id in words):
            text = _text(sheet, frame)
            for word in words[frame.id]:
                told = re.search(rf"(?<![\w-]){re.escape(word)}(?: \(dashed\))?(?:, [^:]*)?: (?:{PLACE})(?!\w)", text)
                if told:
                    found.setdefault(frame.id, {})[word] = told
    return found


def _text(sheet: Sheet, frame: Frame) -> str:
    """All that a panel says, line by line."""
    inside = [
        one for one in sheet.words
        if frame.x <= one.x <= frame.x + frame.width and frame.y <= one.y <= frame.y + frame.height
    ]  # fmt: skip
    return " ".join(text_of(one) for one in sorted(inside, key=lambda one: (round(one.y, 1), one.x)))


def place_faults(graph: LayerGraph, told: Mapping[str, Mapping[str, re.Match[str]]]) -> Iterator[str]:
    """Places at which no copy differs so, or not all that do."""
    letters = letters_of(graph)
    for letter, words in told.items():
        every = [block.variant for block in blocks_in(graph) if letters[block.type] == letter]
        for word, match in words.items():
            if match["count"]:
                if int(match["count"]) != (count := sum(_has(one, word) for one in every)):
                    yield f"panel {letter}: says {match[0]!r}, and there are {count}"
                continue
            if true := wrong_place(match, graph, letter, [one for one in every if _has(one, word)]):
                yield f"panel {letter}: says {match[0]!r}, and these copies are {true}"


def wrong_place(match: re.Match[str], graph: LayerGraph, letter: str, names: Variants) -> str:
    """Where in the overview the copies of some variants really are, if not at the place that is told; else ""."""
    letters = letters_of(graph)
    rows = [copies_of(graph.item(name)) for name in graph]
    boxes = [
        [copy.variant for copy in row if isinstance(copy, Composite)] for row in rows
        if isinstance(row[0], Composite) and letters.get(row[0].type) == letter
    ]  # fmt: skip
    truth = {(i, k) for i, row in enumerate(boxes) for k, one in enumerate(row) if one in names}
    everywhere = sum(letters[block.type] == letter for block in blocks_in(graph)) == sum(map(len, boxes))
    return "" if everywhere and truth == _meant(match, list(map(len, boxes))) else str(sorted(truth))


def box_place_faults(said: Said, variants: Variants, told: Mapping[str, re.Match[str]]) -> Iterator[str]:
    """Words of variants that a box has to say, since its panel only counts the copies, and those that aren't so."""
    counted = [word for word, match in told.items() if match["count"]]
    if unsaid := sorted({w for name in variants if name for w in name.split(", ")} - told.keys()):
        yield f"has a copy that differs ({unsaid[0]}), and does not say so"
    brief = {_brief(word): word for word in counted}
    one = "|".join(re.escape(short) for short in sorted(brief, key=len, reverse=True))
    groups = [] if not one else [
        found for text in said.inside
        for found in re.finditer(rf"(?:({WHICH}) )?(?<!\w)((?:{one})(?:, (?:{one}))*)(?!\w)", text)
    ]  # fmt: skip
    for short, word in brief.items():
        places = [number for number, name in enumerate(variants) if _has(name, word)]
        which = [found[1] for found in groups if short in found[2].split(", ")]
        if not _are_told(which, places, len(variants)):
            yield f"says {[found[0] for found in groups]}, and copies with {word} are {[n + 1 for n in places]}"


def _are_told(which: Sequence[str | None], places: Sequence[int], total: int) -> bool:
    """Whether ``first``, ``last``, ``all``, numbers or nothing are together these places."""
    if not which or not places:
        return not which and not places
    named = [copies_meant(one, total) for one in which]
    exact = set[int]().union(*(one for one in named if isinstance(one, set)))
    numbers = sum(one for one in named if isinstance(one, int))
    return exact <= set(places) and len(exact) + numbers == len(places)


def copies_meant(which: str | None, total: int) -> set[int] | int:
    """The copies of a box that ``first``, ``last 2``, ``3rd``, ``every 2nd``, ``all`` or nothing mean; how many they
    are, for a number alone."""
    if which is None or which == "all":
        return set(range(total)) if which or total == 1 else set()
    if which.isdecimal():
        return int(which)
    word, _, count = which.partition(" ")
    if word in ("first", "last"):
        some = int(count or 1)
        return set(range(some)) if word == "first" else set(range(total - some, total))
    if word == "every":
        return set(range(1, total, 2))
    if "," in which:  # 1st, 3rd, …
        return set(range(0, total if which.endswith("…") else 3, 2))
    return {int(which[:-2]) - 1}


def _meant(match: re.Match[str], sizes: Sequence[int]) -> set[tuple[int, int]]:
    """The copies (box, place in it) that a phrase speaks of."""
    every = [(box, copy) for box, size in enumerate(sizes) for copy in range(size)]
    if match["only"]:
        return {every[{"first": 0, "second": 1, "last": -1}[match["only"]]]}
    boxes = set(range(len(sizes)))
    if match["one"]:
        few = {" two": 2, " three": 3}.get(match["few"] or "", 1)
        start = {"first": 0, "second": 1, "last": len(sizes) - few}[match["one"]]
        boxes = set(range(start, start + few))
    elif match["each"]:
        boxes -= {0} if "later" in match["each"] else set()
        boxes -= {len(sizes) - 1} if "but the last" in match["each"] else set()
    return {(box, copy) for box, copy in every if box in boxes and _is_end(match["end"], copy, sizes[box])}


def _is_end(end: str | None, copy: int, size: int) -> bool:
    """Whether a copy is the first or last one of its box, if only these are meant."""
    return end is None or copy == (0 if end == "first" else size - 1)


def _has(name: str | None, word: str) -> bool:
    return bool(name) and word in str(name).split(", ")


def _brief(word: str) -> str:
    for long, short in _BRIEF.items():
        word = word.replace(long, short)
    return re.sub(r"^stride (?!1$)", "↓", word.removeprefix("with "))
