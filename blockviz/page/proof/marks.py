"""The names of variants, A′ or A″: on the copies that differ, and on no other, with the words that their panel has."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence

from blockviz.ir import Composite, Item, LayerGraph, blocks_in, letters_of
from blockviz.page.proof.facts import copies_of
from blockviz.page.proof.places import (
    PLACE,
    WHICH,
    box_place_faults,
    copies_meant,
    place_faults,
    told_words,
    wrong_place,
)
from blockviz.page.proof.reading import Reading, Said, text_of
from blockviz.page.proof.switches import unsaid
from blockviz.page.proof.values import table_of
from blockviz.scene import Frame, Sheet, Words

_SIGN = "[′″*†‡]+"
_TOLD = re.compile(rf"\((?:\d+×|(?P<place>{PLACE}))(?:, dashed)?\): (?P<name>.*)")

Listed = Mapping[str, Mapping[str, list[str]]]  # letter → sign of a variant → what its panel says of it
Placed = Mapping[str, Mapping[str, re.Match[str]]]  # letter → sign of a variant → where its copies are, by its panel


def mark_faults(reading: Reading, graph: LayerGraph, sheets: Sequence[Sheet]) -> Iterator[str]:
    """Boxes that name other variants than their copies are; only where a panel lists the kinds."""
    letters, tabled = letters_of(graph), dict(_tabled(graph, sheets))
    listed, placed = _listed(sheets)
    yield from _place_faults(graph, listed, placed)
    told = {letter: words for letter, words in told_words(sheets, graph).items() if letter not in listed}
    yield from place_faults(graph, told)
    for name in graph:
        item, said = graph.item(name), reading.boxes.get(f"/{name}")
        first = copies_of(item)[0]
        if said is None or not isinstance(first, Composite) or letters.get(first.type) not in reading.panels:
            continue
        letter = letters[first.type]
        variants = [unsaid(tabled.get(letter, ()), variant) for variant in _variants(item)]
        if letter in told:
            yield from (f"{name}: {fault}" for fault in box_place_faults(said, variants, told[letter]))
            continue
        yield from (f"{name}: {fault}" for fault in _box_faults(said, variants, letter, listed, placed))
    for ident, variants, letter in _nested(graph, letters):
        inner = reading.boxes.get(ident)
        if inner is None or letter not in reading.panels:
            continue
        if letter in told:
            yield from (f"panel {ident}: {fault}" for fault in box_place_faults(inner, variants, told[letter]))
        else:
            yield from (f"panel {ident}: {fault}" for fault in _box_faults(inner, variants, letter, listed, placed))


def _tabled(graph: LayerGraph, sheets: Sequence[Sheet]) -> Iterator[tuple[str, list[str]]]:
    """Letters and the columns of their tables: differences that have one need no marks."""
    letters = letters_of(graph)
    for frame, words in ((frame, sheet.words) for sheet in sheets for frame in sheet.groups if frame.id):
        variants = [block.variant for block in blocks_in(graph) if letters[block.type] == frame.id]
        heads, _ = table_of([one for one in words if _is_in(one, frame)], variants)
        if heads:
            yield frame.id, heads


def _nested(graph: LayerGraph, letters: Mapping[str, str]) -> Iterator[tuple[str, list[str | None], str]]:
    """(id of a block's box in a panel, variants of its copies, its letter), where all copies of the panel agree."""
    found: dict[str, list[list[Item]]] = defaultdict(list)
    for block in blocks_in(graph):
        if block.variant is None:
            found[letters[block.type]].append(list(block.body.items()))
    for outer, rows in found.items():
        for place, item in enumerate(rows[0]):
            kinds = {tuple(_variants(row[place])) if place < len(row) else () for row in rows}
            first = copies_of(item)[0]
            if len(kinds) == 1 and isinstance(first, Composite) and first.type in letters:
                yield f"{outer}/{item.id}", _variants(item), letters[first.type]


def _variants(item: Item) -> list[str | None]:
    return [copy.variant if isinstance(copy, Composite) else None for copy in copies_of(item)]


def _place_faults(graph: LayerGraph, listed: Listed, placed: Placed) -> Iterator[str]:
    """Places at which a panel says forms to be, and there are others."""
    letters = letters_of(graph)
    for letter, signs in placed.items():
        names = {block.variant for block in blocks_in(graph) if letters[block.type] == letter and block.variant}
        for sign, match in signs.items():
            meant = [name for name in names if _may_be(listed[letter], sign, name)]
            if true := wrong_place(match, graph, letter, meant):
                yield f"panel {letter}: says {letter}{sign} {match['place']}, and these copies are {true}"


def _box_faults(
    said: Said, variants: Sequence[str | None], letter: str, listed: Listed, placed: Placed
) -> Iterator[str]:
    wanted, signs = {name for name in variants if name}, set(placed.get(letter, ()))
    named = re.compile(rf"(?:({WHICH}) )?(?<!\w){re.escape(letter)}({_SIGN})")
    for found in (one for text in said.inside for one in named.finditer(text)):
        which, sign = found.groups()
        signs.add(sign)
        texts = listed[letter].get(sign, [])
        exact = [number for number, name in enumerate(variants) if name in texts]
        places = exact or [
            number for number, name in enumerate(variants) if name and _may_be(listed[letter], sign, name)
        ]
        if not places:
            yield f"names a variant for {texts}, and no such copy"
        elif not _holds(which, places, len(variants)):
            yield f"says {found[0]}, and these copies are {[one + 1 for one in places]} of {len(variants)}"
    for name in sorted(wanted):
        if not any(_names(listed[letter].get(sign, ()), name) for sign in signs):
            yield f"has a copy that differs ({name}), and does not say so"


def _holds(which: str | None, places: Sequence[int], total: int) -> bool:
    """Whether ``first``, ``last 2``, ``all``, a number or nothing is true of copies at these places."""
    meant = copies_meant(which, total)
    return meant == len(places) if isinstance(meant, int) else meant == set(places)


def _may_be(listed: Mapping[str, Sequence[str]], sign: str, name: str) -> bool:
    """Whether no other sign has more of a variant's name behind it than this one; a line may end after a word of it."""
    told = {one: max((len(text) for text in texts if _names([text], name)), default=0) for one, texts in listed.items()}
    return 0 < told.get(sign, 0) == max(told.values())


def _names(words: Sequence[str], name: str) -> bool:
    """Whether what a panel says of a sign is a variant's name, whole or as far as there was room."""
    return any(name.startswith(text.rstrip("…").strip()) for text in words)


def _listed(sheets: Sequence[Sheet]) -> tuple[Listed, Placed]:
    """What each panel says of the variants of its type, line by line, and where they are, if it does."""
    found: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    placed: dict[str, dict[str, re.Match[str]]] = defaultdict(dict)
    for sheet in sheets:
        for frame in (one for one in sheet.groups if one.id):
            inside = [words for words in sheet.words if _is_in(words, frame)]
            for words in inside:
                named = re.match(rf"{re.escape(frame.id)}({_SIGN})(.*)", text_of(words))
                if named is None or (first := words if named[2].strip() else _behind(words, inside)) is None:
                    continue
                for text in _goes_on(first, inside):
                    if told := _TOLD.match(text.removeprefix(f"{frame.id}{named[1]}").strip()):
                        found[frame.id][named[1]].append(told["name"])
                        placed[frame.id] |= {named[1]: told} if told["place"] else {}
    return found, placed


def _behind(words: Words, others: Sequence[Words]) -> Words | None:
    """The next text at the right of another, in its line."""
    return min((one for one in others if one.y == words.y and one.x > words.x), key=lambda one: one.x, default=None)


def _goes_on(first: Words, others: Sequence[Words]) -> Iterator[str]:
    """A text, and the same with each line below it that may belong to it."""
    whole, at = text_of(first), first
    yield whole
    below = sorted((one for one in others if one.y > first.y and abs(one.x - first.x) < 0.1), key=lambda one: one.y)
    for one in below:
        if one.y - at.y > 1.6 * one.size:
            return
        whole, at = f"{whole} {text_of(one)}", one
        yield whole


def _is_in(words: Words, area: Frame) -> bool:
    return area.x <= words.x <= area.x + area.width and area.y <= words.y <= area.y + area.height
