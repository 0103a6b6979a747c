"""Patterns of the user's own, in a file: tables with ``graphs`` name blocks, those with ``formulas`` are idioms.

They are the same kind of data as those in ``templates``, and go before them.
"""

from __future__ import annotations

import os
from typing import Any

from blockviz.errors import UsageError, quoted
from blockviz.patterns.entries import Entry, own_entry
from blockviz.patterns.functions import function_samples
from blockviz.runtime.records import dataclass
from blockviz.runtime.toml_files import read_toml
from blockviz.structure.block_patterns import BlockPattern, block_pattern


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
            if "graphs" in table:
                blocks.append(block_pattern(key, table))
            else:
                idioms.append(_idiom(key, table))
        except KeyError as error:
            raise UsageError(f"{quoted(os.fspath(path))}: pattern {quoted(key)} has no {error.args[0]!r}") from None
        except (ValueError, TypeError, AttributeError, SyntaxError, RecursionError) as error:
            reason = str(error)[:200]
            raise UsageError(f"{quoted(os.fspath(path))}: {quoted(key)} is no pattern: {reason}") from None
    return Own(tuple(blocks), tuple(idioms))


def _idiom(key: str, table: dict[str, Any]) -> Entry:
    if not table.get("formulas") and not table.get("function"):
        raise ValueError("it has neither graphs nor formulas nor a function")
    if table.get("function"):
        table = {"gives": key.replace("-", "_"), **table}
        function_samples(table["function"])
    return own_entry(key, table)
