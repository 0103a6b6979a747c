"""Patterns of the user's own, in a file: tables with ``graphs`` or ``forms`` name blocks, ``formulas`` are idioms'.

They are the same kind of data as those in ``templates``, and go before them.
"""

from __future__ import annotations

import difflib
import os
from typing import Any

from blockviz.errors import UsageError, quoted
from blockviz.patterns.entries import IDIOM_KEYS, Entry, own_entry
from blockviz.patterns.functions import function_samples
from blockviz.runtime.records import dataclass
from blockviz.runtime.toml_files import read_toml
from blockviz.structure.block_patterns import BLOCK_KEYS, BlockPattern, block_pattern


@dataclass(frozen=True, slots=True)
class Own:
    """The user's block patterns and idioms, in the order of the file."""

    blocks: tuple[BlockPattern, ...] = ()
    idioms: tuple[Entry, ...] = ()


def read_patterns(path: str | os.PathLike[str]) -> Own:
    """The patterns of a file. Raises UsageError: it can't be read, or a table is no pattern."""
    blocks: list[BlockPattern] = []
    idioms: list[Entry] = []
    for key, table in read_toml(path).items():
        try:
            _check(key, table)
            if "graphs" in table or "forms" in table:
                blocks.append(block_pattern(key, table))
            else:
                idioms.append(_idiom(key, table))
        except (KeyError, ValueError, TypeError, AttributeError, SyntaxError, RecursionError) as error:
            said = f"it has no {error.args[0]!r}" if isinstance(error, KeyError) else str(error)[:200]
            raise UsageError(f"{quoted(os.fspath(path))}: [{key[:80]}] is no pattern: {said}") from None
    return Own(tuple(blocks), tuple(idioms))


def _check(key: str, table: object) -> None:
    """Raise ValueError, saying what is expected, for an entry that can't be a pattern whatever its notation says."""
    if not isinstance(table, dict):
        raise ValueError(f"a pattern is a table under [{key[:80]}], with name and graphs or formulas")
    if not isinstance(table.get("name"), str) or not table["name"].strip():
        raise ValueError('it needs a name, such as name = "Gated unit"')
    for name, example in _LISTS.items():
        value = table.get(name, [])
        if not isinstance(value, list) or not all(isinstance(each, str) and each.strip() for each in value):
            raise ValueError(f"{name} is a list of texts, such as {name} = [{example}], not {quoted(value)}")
    if wrong := next((name for name in _TEXTS if not isinstance(table.get(name, ""), str)), None):
        raise ValueError(f"{wrong} is a text, not {quoted(table[wrong])}")
    if not any(table.get(name) for name in ("graphs", "forms", "formulas", "function")):
        raise ValueError("it needs graphs or forms (of a block), or formulas or a function (of an idiom)")
    known = (*_LISTS, *(BLOCK_KEYS if table.get("graphs") or table.get("forms") else IDIOM_KEYS))
    if strange := next((name for name in table if name not in known), None):
        near = difflib.get_close_matches(strange, known, 1)
        raise ValueError(f"it may not have {quoted(strange)}" + (f"; did you mean {near[0]}?" if near else ""))


_TEXTS = ("near", "function", "core", "gives", "family", "box", "alike")
_LISTS = {
    "graphs": '"in > a=conv:k > b=conv:k"', "forms": '"res(conv:k conv:k)"',
    "far": '"conv:k conv:k"', "formulas": '"act(norm(conv(x)))"', "references": '"he2016resnet"',
    "conditions": '"h > 1"',
}  # fmt: skip


def _idiom(key: str, table: dict[str, Any]) -> Entry:
    if table.get("function"):
        table = {"gives": key.replace("-", "_"), **table}
        function_samples(table["function"])
    return own_entry(key, table)
