"""`blockviz inspect`, `describe` and `cite`: text about one model."""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from blockviz.commands.common import check, put, put_all, read, text_output
from blockviz.quoting import json
from blockviz.runtime.records import fields_of
from blockviz.summary import Summary

if TYPE_CHECKING:
    from blockviz.ir import LayerGraph
    from blockviz.pipeline import Pass


def inspect(arguments: argparse.Namespace) -> None:
    """The block tree, or JSON."""
    from blockviz.tables.inspect import tree

    found: list[LayerGraph] = []

    def after(step: Pass, graph: LayerGraph, seconds: float) -> None:
        found.extend([graph] if step.name == "find-blocks" else [])
        if arguments.time:
            _print_time(step, graph, seconds)

    summary = read(arguments, arguments.model, after)
    if arguments.json:
        put(None, json.dumps(summary.to_dict(), indent=1))
    else:
        lines = [*tree(summary.outline, explain=arguments.explain, layers=arguments.layers)]
        if arguments.explain:
            lines += [*_no_blocks(found), *_near_misses(summary), *_closed(summary)]
        put(None, "\n".join(lines))


def pattern(arguments: argparse.Namespace) -> None:
    """The pattern of a block type as a table of a TOML file, to be given a name and a paper."""
    from blockviz.errors import UsageError, quoted
    from blockviz.quoting import toml
    from blockviz.structure.graph_notation import notation_of
    from blockviz.structure.skeleton import skeleton

    check(arguments, arguments.output)
    definitions = read(arguments, arguments.model).outline.definitions
    wanted = arguments.block.lower()
    found = next((each for each in definitions if wanted in (each.letter.lower(), each.name.lower())), None)
    if found is None:
        known = ", ".join(f"{each.letter} ({each.name})" for each in definitions)
        raise UsageError(f"no block type {quoted(arguments.block)}; there are {known or 'none'}")
    graph = notation_of(skeleton(found.body))
    if not graph:
        raise UsageError(f"block type {found.letter} ({found.name}) has nothing that convolves, attends or joins")
    key = "-".join(re.findall(r"[a-z0-9]+", found.name.lower())) or "block"
    lines = [f"[{key}]", f"name = {toml.string(found.name)}", "references = []", f"graphs = [{toml.string(graph)}]"]
    put_all(arguments, text_output(arguments.output, "\n".join(lines)))


def passes() -> str:
    """One line a pass: its name, its options with their values, what it does."""
    from blockviz.pipeline import DEFAULT_PASSES

    rows = [(step.name, _options(step), (type(step).__doc__ or "").partition("\n")[0]) for step in DEFAULT_PASSES]
    names, options = (max(len(row[column]) for row in rows) for column in (0, 1))
    return "\n".join(f"{name:{names}}  {given:{options}}  {does}" for name, given, does in rows)


def _options(step: Pass) -> str:
    """The options that are numbers or switches; the others hold names of a model."""
    values = ((name, getattr(step, name)) for name in fields_of(step))
    return ", ".join(f"{name}={value}" for name, value in values if isinstance(value, int | float))


def _print_time(step: Pass, graph: LayerGraph, seconds: float) -> None:
    print(f"{step.name:20} {seconds * 1000:9.1f} ms  {len(graph)} items", file=sys.stderr)


def _no_blocks(found: list[LayerGraph]) -> list[str]:
    """What the search for blocks refused, and why."""
    from blockviz.search.refusals import refusals

    lines = []
    for one in (each for graph in found for each in refusals(graph)):
        span = one.nodes[0] if len(one.nodes) == 1 else f"{one.nodes[0]} to {one.nodes[-1]}"
        copies = f", as {one.copies - 1} more" if one.copies > 1 else ""
        lines.append(f"no block: {span}{copies}: {one.reason}")
    return lines


def _near_misses(summary: Summary) -> list[str]:
    """Parts that are almost a known network, and why they do not get its name."""
    from blockviz.backbones.operand_arrays import view_of
    from blockviz.backbones.recognise import near_misses
    from blockviz.backbones.registry import library

    return near_misses(view_of(summary.source.spelled), library())


def _closed(summary: Summary) -> list[str]:
    """Composite layers that stay one box, and why; weights that no call reads; calls that are looked through."""
    facts = summary.source.graph
    neutral = summary.source.neutral
    closed = [f"not opened: {path}, a {reason}" for path, reason in facts.get("closed", {}).items()]
    unread = facts.get("unread", {}).items()
    made = facts.get("constants", ())
    closed += [f"constants made of shapes alone: {_first_of(made)}"] if made else []
    closed += [f"never read: {count:,} parameters of {path or 'the model itself'}" for path, count in unread]
    return closed + ([f"looked through, since nothing changes without them: {_first_of(neutral)}"] if neutral else [])


def _first_of(names: Sequence[str]) -> str:
    return ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")


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
