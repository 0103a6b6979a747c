"""One row a model: the comparison table of a report."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from blockviz.outline.model import Outline
from blockviz.tables.rows.table import Cell, Column, Table, sheet_of
from blockviz.tables.words.block_recipe import recipe
from blockviz.text.numbers import bounded, bytes_text, count_text, shape_text

COLUMNS = (
    Column("model", "Model"),
    Column("depth", "Depth", number=True, rank=6),
    Column("layers", "Layers", number=True, rank=3),
    Column("distinct_blocks", "Types", number=True, rank=2),
    Column("recipe", "Blocks", rank=8),
    Column("params", "Params", number=True, amount="count"),
    Column("macs", "MACs", number=True, amount="count"),
    Column("weights_bytes", "Weights", number=True, amount="bytes", rank=1),
    Column("input", "Input", number=True, rank=5),
    Column("top1_percent", "Top-1 %", number=True, rank=7),
    Column("top5_percent", "Top-5 %", number=True, rank=4),
)


def comparison_sheet(outlines: Sequence[Outline], *, caption: str | None = None, label: str | None = None) -> Table:
    """One row a model; accuracy only where an outline carries published figures, with their source in the caption."""
    sources = dict.fromkeys(o.facts["source"] for o in outlines if "top1" in o.facts and "source" in o.facts)
    text = (
        "Models compared. Depth: layers with parameters. Types: kinds of block. Blocks: those that repeat, and how "
        "often in each run. One multiply-add is one MAC; weights take what their types take."
    )
    if sources:
        text += f" Accuracy on the ImageNet validation set with the published weights: {'; '.join(sources)}."
    return sheet_of(COLUMNS, map(_row, outlines), text if caption is None else caption, label or "tab:comparison")


def _row(outline: Outline) -> Mapping[str, Cell]:
    cost, size = outline.cost, outline.cost.weight_bytes
    bounds = cost.bounds
    return {
        "model": Cell(outline.name),
        "depth": Cell(str(outline.depth)),
        "layers": Cell(str(outline.layers)),
        "distinct_blocks": Cell(str(len(outline.definitions))),
        "recipe": Cell(recipe(outline) or "none"),
        "params": _amount(count_text(cost.params), cost.params, "params" in bounds),
        "macs": _amount(count_text(cost.macs), cost.macs, "macs" in bounds),
        "weights_bytes": _amount(bytes_text(size), size, "params" in bounds),
        "input": Cell(", ".join(map(shape_text, outline.input_shapes))),
        "top1_percent": Cell(outline.facts.get("top1", "")),
        "top5_percent": Cell(outline.facts.get("top5", "")),
    }


def _amount(text: str, value: int, is_bound: bool) -> Cell:
    return Cell(bounded(text, value, is_bound), bounded(str(value), value, is_bound))
