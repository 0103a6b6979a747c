"""`blockviz inspect`, `describe` and `cite`: text about one model."""

from __future__ import annotations

import argparse

from blockviz.commands.common import put, read
from blockviz.quoting import json
from blockviz.summary import Summary


def inspect(arguments: argparse.Namespace) -> None:
    """The block tree, or JSON."""
    from blockviz.tables.inspect import tree

    summary = read(arguments, arguments.model)
    if arguments.json:
        put(None, json.dumps(summary.to_dict(), indent=1))
    else:
        lines = [*tree(summary.outline, explain=arguments.explain)]
        put(None, "\n".join(lines + (_near_misses(summary) if arguments.explain else [])))


def _near_misses(summary: Summary) -> list[str]:
    """Parts that are almost a known network, and why they do not get its name."""
    from blockviz.backbones.operand_arrays import view_of
    from blockviz.backbones.recognise import near_misses
    from blockviz.backbones.registry import library

    return near_misses(view_of(summary.source), library())


def describe(arguments: argparse.Namespace) -> None:
    """A caption, an empty line, a paragraph."""
    put(None, "\n\n".join(read(arguments, arguments.model).describe()))


def cite(arguments: argparse.Namespace) -> None:
    """BibTeX, and the sentence as a comment that can be pasted."""
    from blockviz.tables.words.cite import cite as cited

    blocks = read(arguments, arguments.model)
    arguments.collapse_backbone = True  # read once more: collapsed, a network shows itself and not its blocks
    networks = read(arguments, arguments.model)
    bibtex, sentence = cited(networks.outline, blocks.outline)
    put(None, f"{sentence}\n\n{bibtex}" if bibtex else sentence or "nothing here has a paper that blockviz knows")
