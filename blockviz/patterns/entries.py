"""The idioms as data: read from ``templates/idioms``, a file a subject, each entry a word with what defines it.

The first line of a file says with which calls its idioms are met at all; a network without them costs no time.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from functools import cache
from typing import Any

from blockviz.patterns.notation import SETS, Term, parsed
from blockviz.runtime.data_files import pattern_tables
from blockviz.runtime.records import dataclass, field


@dataclass(frozen=True, slots=True, eq=False)
class Entry:
    """One idiom.

    formulas : what defines it, any of them (see `notation`). function : a formula of one number, for activations;
    ``scaled`` if any multiple of it with any offset is meant. core : the name of a structural test, with ``when`` for
    what it must find. conditions : what else must hold of a formula's names. gives : the operation that it is to
    larger idioms. rearranges : views behind it belong to it. attributes : what the figure says of it, as names in the
    formula. calls : the least number of calls. family : the hue of its box. box : ``early`` for one that is one item
    before blocks are sought, ``late`` for one that is drawn as one box in the blocks that were found, ``never`` for
    one that is only listed. alike : the name of the idiom of which it is a variant to blocks (a shift of windows).
    shares : what others read, too (the projection of a condition that serves several norms), is left outside, and the
    rest is boxed late. apart : one that larger idioms read and don't have in them (how neighbours are chosen).
    """

    key: str
    name: str
    formulas: tuple[str, ...] = ()
    function: str = ""
    scaled: bool = False
    core: str = ""
    when: Mapping[str, Any] = field(default_factory=dict)
    conditions: tuple[str, ...] = ()
    gives: str = ""
    rearranges: bool = False
    attributes: Mapping[str, str] = field(default_factory=dict)
    references: tuple[str, ...] = ()
    calls: int = 2
    family: str = ""
    box: str = "early"
    alike: str = ""
    shares: bool = False
    apart: bool = False

    def terms(self, present: Collection[str] | None = None) -> list[Term]:
        """The formulas, only those whose operations are ``present`` if that is said."""
        return [parsed(text) for text in self.formulas if present is None or _may_hold(text, present)]


@cache
def entries() -> tuple[Entry, ...]:
    """All idioms in the order of their files: special ones stand before general ones."""
    return tuple([entry for number in range(len(_subjects())) for entry in _entries_of(number)])


def entries_with(ops: Collection[str]) -> tuple[Entry, ...]:
    """The idioms that may occur among calls of these operations."""
    return tuple([
        entry for number, subject in enumerate(_subjects())
        if not any(map(frozenset(ops).isdisjoint, subject["needs"])) for entry in _entries_of(number)
    ])  # fmt: skip


def _subjects() -> Sequence[Mapping[str, Any]]:
    """Per file its idioms, and sets of calls of each of which a network must have one."""
    found: Sequence[Mapping[str, Any]] = pattern_tables()["idioms"]
    return found


@cache
def _entries_of(number: int) -> tuple[Entry, ...]:
    return tuple([_entry(key, entry) for key, entry in _subjects()[number]["entries"].items()])


def own_entry(key: str, entry: Mapping[str, Any]) -> Entry:
    """An idiom from its table in a TOML file. Raises ValueError, KeyError or TypeError for what is none."""
    found = _entry(key, {**entry, "name": str(entry["name"])})
    found.terms()
    return found


def _entry(key: str, entry: Mapping[str, Any]) -> Entry:
    texts = list(entry.get("formulas", ()))
    if entry.get("affine"):
        op = entry["gives"]
        texts += [text.replace("F", f"{op}(x)") for text in ("scale(F)", "F * p_g", "F * p_g + p_b", "scale(F) + p_b")]
    plain = {name: entry[name] for name in IDIOM_KEYS if name in entry and name != "affine"}
    for name in ("references", "conditions"):
        plain[name] = tuple(entry.get(name, ()))
    return Entry(key, formulas=tuple(texts), **plain)


#: What a table of an idiom may have beside its lists.
IDIOM_KEYS = (
    "affine", "name", "function", "scaled", "core", "when", "gives", "rearranges", "attributes", "calls", "box",
    "family", "alike", "shares", "apart",
)  # fmt: skip


@cache
def _words(text: str) -> frozenset[str]:
    """Operations that a formula can't do without, from its text: those that are no choice and no ``maybe``."""
    text = re.sub(r"maybe\[[^]]*\]|\(\s*\w+(?:\s*\|\s*\w+)+\s*\)(?=[\[(])", "", text)
    return frozenset(re.findall(r"([a-z_]\w*)(?:\[[^]]*\])?\(", text)) - _BUILT_IN


_BUILT_IN = frozenset({"each", "total", "root"})


def _may_hold(text: str, present: Collection[str]) -> bool:
    return not any(SETS.get(word, frozenset({word})).isdisjoint(present) for word in _words(text))
