"""PyTorch: ``.pt2`` archives without PyTorch, and modules in memory through ``torch.export``.

What reads them is imported with the first of them.
"""

from __future__ import annotations

from math import prod
from pathlib import Path
from typing import TYPE_CHECKING

from blockviz.errors import ModelError
from blockviz.ir import LayerGraph

if TYPE_CHECKING:
    from blockviz.frontends.torch.program import Program

__all__ = ["graph_of", "read_pt2"]


def read_pt2(path: Path) -> LayerGraph:
    """The layer graph of a file that ``torch.export.save`` wrote.

    Raises
    ------
    ModelError : it is damaged, or no such file.
    """
    from blockviz.frontends.torch.archive import read_program

    try:
        return graph_of(read_program(path))
    except ModelError as error:
        raise error if str(path) in str(error) else ModelError(f"{str(path)!r}: {error}") from None


def graph_of(program: Program) -> LayerGraph:
    """The layer graph of an exported program."""
    from blockviz.frontends.attention_modules import join_attention
    from blockviz.frontends.torch.reader import Reader
    from blockviz.frontends.written_out import tidy
    from blockviz.ops.builder import Builder

    builder = Builder(program.name)
    Reader(program, builder).read()
    draft = builder.draft
    draft.prune()
    join_attention(draft)
    tidy(draft)
    graph = builder.finish(program.batch)
    if unread := _unread(program, {name for call in draft.calls for name in call.weights}):
        graph.graph["unread"] = unread
    return graph


def _unread(program: Program, read: set[str]) -> dict[str, int]:
    """Parameters that no call reads, by the outermost module: what only training runs (a second classifier)."""
    owned = {row.storage or name: row for name, row in program.stored.items() if row.is_parameter}
    used = {program.stored[name].storage or name for name in read if name in program.stored}
    found: dict[str, int] = {}
    for storage, row in owned.items():
        if storage not in used:
            module = row.path.partition(".")[0]
            found[module] = found.get(module, 0) + prod(row.shape)
    return found
