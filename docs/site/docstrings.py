"""Docstrings of the house as Markdown: sections with a line of dashes, ``name : meaning``, often two in a line."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import griffe

_SECTION = re.compile(r"(?m)^(Parameters|Returns|Raises)\n-+\n")
_ENTRY = re.compile(r"(?:^|(?<=[.;]\s))(\w+(?:, \w+)*) : ", re.MULTILINE)


class Sections(griffe.Extension):
    """Brings every docstring into the form that Markdown reads."""

    def on_instance(self, *, obj: griffe.Object, **_: Any) -> None:
        """Rewrite the docstring of whatever was found."""
        if obj.docstring is not None and not obj.is_attribute:
            obj.docstring.value = as_markdown(obj.docstring.value)


def as_markdown(text: str) -> str:
    """A docstring with its sections as lists."""
    lead, *sections = _SECTION.split(text)
    return lead + "".join("\n".join(_section(*pair)) for pair in zip(sections[::2], sections[1::2], strict=True))


def _section(title: str, body: str) -> Iterator[str]:
    yield f"**{title}**\n"
    before, *entries = _ENTRY.split(body.strip())
    if before.strip():
        yield f"{before.strip()}\n"
    for names, meaning in zip(entries[::2], entries[1::2], strict=True):
        yield f"- {', '.join(f'`{name}`' for name in names.split(', '))}: {' '.join(meaning.split())}"
    yield "\n"
