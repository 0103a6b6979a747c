"""Blocks of the literature as forms: what defines them, however wide, deep or often repeated a part is.

A form is a series of steps (see `series_steps`), in which a word is a label as in `block_patterns`::

    res(dense+) res(conv:1 dw? conv:1)

``a|b`` one of several labels, ``any`` whatever it is, if it has the marks that are asked for, ``( … / … )`` one of
several series, ``?``, ``+`` and ``{2,5}`` how often. ``add[ … ; … ]`` joins ways from one tensor, each a series, ``=``
the tensor as it is; ``...`` behind the last: that way once or more.
``res( … )`` is a sum with the tensor as it is, or projected. ``.sigmoid`` behind a label asks for a mark (`skeleton`),
``.!across`` for its absence. ``net`` is what is no series of ways: ``net`in > a=dw > out; in > out``` a graph in the
notation of `block_patterns`, from the tensor before it to the merge behind it. ``~`` says that the step reads another
tensor, too, ``^`` that it may.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import cache, lru_cache

from blockviz.runtime.records import dataclass
from blockviz.structure.graph_notation import is_graph, parse_pattern
from blockviz.structure.labels import fits, kind_of
from blockviz.structure.series_steps import Step

_ANY = 99  # repetitions
_SAID = ("taps", "folded")  # marks that a form says where a step has them
_PROJECTED = "(conv:1|dense|pool|sep / conv.down / pool conv:1|dense / conv:1|dense pool)?"
_KINDS = {"fc": "dense|conv:1", "anyconv": "conv|dconv|gconv|gdconv|dw|sep", "sum": "add|join", "pooled": "gap|pool"}

_ATTENTIONS = ("", "c", "r", "b", "cb", "m", "w", "sr", "ch", "ax", "lin", "ex", "g", "j", "lr", "d")


@dataclass(frozen=True, slots=True, eq=False)  # a text is parsed once: the same part is the same object
class Part:
    """A piece of a form: a step, or one of several series, so many times.

    labels : what the step's label fits. marks, without : what it has, and lacks. beside : None where either is right.
    ways : of a merge. more : whether the last way may occur again. choices : series instead of a step.
    """

    labels: tuple[str, ...] = ()
    marks: frozenset[str] = frozenset()
    without: frozenset[str] = frozenset()
    beside: bool | None = False
    ways: tuple[tuple[Part, ...], ...] = ()
    more: bool = False
    choices: tuple[tuple[Part, ...], ...] = ()
    least: int = 1
    most: int = 1
    net: str = ""


def fits_form(steps: Sequence[Step], text: str) -> bool:
    """Whether a line of steps is of a form. Raises ValueError for a text that is no form."""
    least, most = _lengths(parse_form(text))
    return least <= len(steps) <= most and len(steps) in _ends(parse_form(text), tuple(steps), 0)


def kinds_fit(kinds: frozenset[str], text: str) -> bool:
    """Whether a form has a word for each kind of call, and needs no other: what is known before steps are compared."""
    return form_needs(text) <= kinds and allows_kinds(form_words(text), kinds)


def allows_kinds(words: frozenset[str], kinds: frozenset[str]) -> bool:
    """Whether the words of a form (`form_words`) are enough for kinds of calls."""
    return "any" in words or kinds <= words


@cache
def form_words(text: str) -> frozenset[str]:
    """The kinds of calls that a form has a word for; ``any`` where it has a word for all."""
    made = set(re.findall(r"\.by_(dense|conv)", text))  # what makes the other tensor may be calls of the block
    plain = re.sub(r"\.!?\w+", "", text)
    for word, meaning in (("res", "add|join"), *_KINDS.items()):
        plain = re.sub(rf"\b{word}\b", f"{meaning}|conv|dense|pool|sep" if word == "res" else meaning, plain)
    plain = re.sub(r":[\w]+", "", plain)
    words = made | {kind_of(word) for word in re.findall(r"[a-z]+", plain)}
    if "anyattn" in words:
        words |= {f"{kind}attn" for kind in _ATTENTIONS}
    return frozenset(words)


@cache
def form_needs(text: str) -> frozenset[str]:
    """The kinds of calls that whatever is of a form has: what else is asked before a form is parsed.

    Raises ValueError for a text that is no form.
    """
    return _needs(parse_form(text))


def _needs(parts: tuple[Part, ...]) -> frozenset[str]:
    found: set[str] = set()
    for part in parts:
        if not part.least:
            continue
        if part.choices:
            found |= frozenset.intersection(*[_needs(choice) for choice in part.choices])
        labels = [str(label) for _, label in parse_pattern(part.net).nodes("label")] if part.net else []
        for wanted in (part.labels, *[label.split("|") for label in labels]):
            kinds = {kind_of(label) for label in wanted}
            found |= kinds if len(kinds) == 1 else set()
        found = found.union(*[_needs(way) for way in part.ways])
    return frozenset(found) - {"any", "anyattn", "net", "in", "out"}


@cache
def _lengths(parts: tuple[Part, ...]) -> tuple[int, int]:
    """The fewest and the most steps that parts in a row stand for."""
    least = most = 0
    for part in parts:
        sizes = [_lengths(choice) for choice in part.choices] or [(1, 1)]
        least += part.least * min(size for size, _ in sizes)
        most += part.most * max(size for _, size in sizes)
    return least, most


@lru_cache(maxsize=4096)
def _ends(parts: tuple[Part, ...], steps: tuple[Step, ...], start: int) -> frozenset[int]:
    """Where the parts may end that begin at a step."""
    at = {start}
    for part in parts:
        at = set(_repeated(part, steps, at))
        if not at:
            break
    return frozenset(at)


def _repeated(part: Part, steps: tuple[Step, ...], at: set[int]) -> Iterator[int]:
    reached, seen = set(at), set[int]()
    for count in range(part.most + 1):
        if count >= part.least:
            yield from reached - seen
            seen |= reached
        reached = {end for begin in reached for end in _once(part, steps, begin)}
        if not reached or (count >= part.least and reached <= seen):
            return


def _once(part: Part, steps: tuple[Step, ...], start: int) -> Iterator[int]:
    if part.choices:
        for choice in part.choices:
            yield from _ends(choice, steps, start)
    elif start < len(steps) and _is(steps[start], part):
        yield start + 1


def _is(step: Step, part: Part) -> bool:
    if part.labels == ("any",):
        marks = step.marks | {"beside"} if step.beside else step.marks
        return part.marks <= marks and not part.without & marks
    if part.net:
        return bool(step.net) and is_graph(step.net, part.net)
    if part.beside not in (None, step.beside) or not part.marks <= step.marks or part.without & step.marks:
        return False
    if any((mark in step.marks) != (mark in part.marks) for mark in _SAID):
        return False
    if not any(fits(step.label, label) for label in part.labels):
        return False
    return _ways_fit(step.ways, part.ways, part.more) if part.ways or step.ways else True


def _ways_fit(ways: Sequence[tuple[Step, ...]], wanted: Sequence[tuple[Part, ...]], more: bool) -> bool:
    """Whether each way is one that is wanted, each once, the last as often as there are.

    Of equal ways one is tried, and the last that is wanted is asked of all that are left: a fork may have a hundred.
    """
    if not wanted or len(ways) < len(wanted):
        return not ways and not wanted
    if len(wanted) == 1:
        return (more or len(ways) == 1) and all(len(way) in _ends(wanted[0], way, 0) for way in set(ways))
    places = {way: number for number, way in enumerate(ways)}
    fitting = (number for way, number in places.items() if len(way) in _ends(wanted[0], way, 0))
    return any(_ways_fit([*ways[:number], *ways[number + 1 :]], wanted[1:], more) for number in fitting)


@cache
def parse_form(text: str) -> tuple[Part, ...]:
    """A form from its text. Raises ValueError for a text that is none."""
    tokens = re.findall(r"net`[^`]*`|\.\.\.|\{\d+,\d*\}|[\[\];()=?+/]|[^\s\[\];()=?+/{}]+", text)
    reader = _Reader(tokens)
    parts = reader.series()
    if reader.tokens:
        raise ValueError(f"form {text!r} has {reader.tokens[0]!r} where none is expected")
    return parts


class _Reader:
    """Reads a form from the front of its tokens."""

    def __init__(self, tokens: list[str]) -> None:
        self.tokens = tokens

    def series(self) -> tuple[Part, ...]:
        parts: list[Part] = []
        while self.tokens and self.tokens[0] not in ("]", ")", ";", "/", "..."):
            if self.tokens[0] == "=":
                self.tokens.pop(0)
                continue
            parts.append(self._counted(self._part()))
        return tuple(parts)

    def _part(self) -> Part:
        token = self.tokens.pop(0)
        if token.startswith("net`"):
            parse_pattern(token[4:-1])  # what is no graph is refused here, not where one is sought
            return Part(("net",), net=token[4:-1])
        if token == "(":
            choices = [self.series()]
            while self._next("/"):
                choices.append(self.series())
            self._close(")")
            return Part(choices=tuple(choices))
        word = re.match(r"res((?:\.!?\w+)*)([~^]?)$", token)
        if word is not None and self._next("("):
            ways = parse_form(_PROJECTED), self.series()
            self._close(")")
            return self._step("add|join" + word[1] + word[2], ways, more=False)
        if not self._next("["):
            return self._step(token, (), more=False)
        found, more = [self.series()], False
        while self._next(";"):
            found.append(self.series())
        if self._next("..."):
            more = True
        self._close("]")
        return self._step(token, tuple(found), more)

    def _step(self, word: str, ways: tuple[tuple[Part, ...], ...], more: bool) -> Part:
        found = re.fullmatch(r"([\w:|]+)((?:\.!?\w+)*)([~^]?)", word)
        if found is None:
            raise ValueError(f"{word!r} is no step of a form")
        labels = "|".join([_KINDS.get(label, label) for label in found[1].split("|")])
        asked = found[2].split(".")[1:]
        marks, without = ({mark.lstrip("!") for mark in asked if (mark[0] == "!") is lacks} for lacks in (False, True))
        beside = {"~": True, "^": None, "": False}[found[3]]
        return Part(tuple(labels.split("|")), frozenset(marks), frozenset(without), beside, ways, more)

    def _counted(self, part: Part) -> Part:
        least, most = 1, 1
        if self._next("?"):
            least = 0
        elif self._next("+"):
            most = _ANY
        elif self.tokens and (found := re.fullmatch(r"\{(\d+),(\d*)\}", self.tokens[0])):
            self.tokens.pop(0)
            least, most = int(found[1]), int(found[2] or _ANY)
        return Part(
            part.labels, part.marks, part.without, part.beside, part.ways, part.more, part.choices, least, most,
            part.net,
        )  # fmt: skip

    def _next(self, token: str) -> bool:
        if self.tokens[:1] == [token]:
            self.tokens.pop(0)
            return True
        return False

    def _close(self, token: str) -> None:
        if not self._next(token):
            raise ValueError(f"a form lacks {token!r}")
