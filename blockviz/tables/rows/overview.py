"""The rows of the overview table: what the figure's boxes are, and what they cost."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from blockviz.costs.cost import Cost, cost_of
from blockviz.costs.receptive_field import Field, Receptive, receptive_field
from blockviz.ir import Composite, Item, Layer, LayerGraph, item_leaves, layers_of
from blockviz.outline.model import Outline, Part
from blockviz.outline.stages import resolution_text, stages_of
from blockviz.runtime.records import dataclass
from blockviz.tables.rows.table import Cell, Column, Table, sheet_of, slug
from blockviz.tables.words.prose import describe
from blockviz.text.numbers import bounded, bytes_text, count_text, percent_text, range_text

COLUMNS = (
    Column("stage", "Stage", rank=3),
    Column("block", "Block"),
    Column("repeat", "×N", number=True),
    Column("output", "Output", number=True, rank=8),
    Column("widths", "Widths", rank=5),
    Column("params", "Params", number=True, amount="count"),
    Column("share_percent", "%", number=True, amount="percent", rank=4),
    Column("macs", "MACs", number=True, amount="count", rank=7),
    Column("activation_bytes", "Act.", number=True, amount="bytes", rank=1),
    Column("receptive_field", "RF", number=True, rank=2),
    Column("training", "Training", rank=6),
)
NOTHING = Cell("–", "")
UNKNOWN = Cell("?")


@dataclass(frozen=True, slots=True)
class Row:
    """One part with its own costs: a layer that several parts call counts in the first of them only.

    ``bounds`` names the costs that are lower bounds because something in the part is not known. ``field`` is the
    largest of the part's outputs; None where nobody knows, or no layer graph was given.
    """

    part: Part
    cost: Cost
    bounds: frozenset[str]
    training: str
    field: Receptive = None


def overview_rows(outline: Outline, source: LayerGraph | None = None) -> tuple[Row, ...]:
    """One row per part, in order; the costs sum to the model's.

    ``source`` is the layer graph, needed for receptive fields alone.
    """
    fields = receptive_field(source) if source is not None else dict[str, Receptive]()
    seen: dict[str, Layer] = {}
    rows = []
    for part in outline.parts:
        nodes = list(item_leaves(part.item))
        layers = layers_of(nodes)
        new = [layer for name, layer in layers.items() if name not in seen]
        seen |= layers
        cost = cost_of(nodes)
        own = Cost(
            params=sum(layer.params or 0 for layer in new),
            trainable=sum(layer.trainable_params for layer in new),
            macs=cost.macs,
            activations=cost.activations,
            unknown=cost.unknown,
            bounds=(cost.bounds - {"params"}) | {"params" for layer in new if layer.params is None},
            weight_bytes=sum(layer.weight_bytes or 0 for layer in new),
            activation_bytes=cost.activation_bytes,
        )
        field = _part_field(part.item, fields)
        rows.append(Row(part, own, own.bounds, _training(layers, part), field))
    return tuple(rows)


def overview_sheet(
    outline: Outline, source: LayerGraph | None = None, *, caption: str | None = None, label: str | None = None
) -> Table:
    """The overview as a table with totals; caption and label as `describe` and the model's name give them."""
    rows = overview_rows(outline, source)
    whole = 0 if any("params" in row.bounds for row in rows) else sum(row.cost.params for row in rows)
    cells = list(_cells(rows, whole))
    notes = list(_notes(rows))
    text = " ".join([describe(outline)[0], *(sentence for _, sentence in notes)]) if caption is None else caption
    return sheet_of(COLUMNS, cells, text, label or f"tab:{slug(outline.name)}", _totals(rows), notes)


def _notes(rows: tuple[Row, ...]) -> Iterator[tuple[str, str]]:
    """What the caption says of the columns, by their keys."""
    if not any("params" in row.bounds for row in rows):
        yield "share_percent", "%: share of the parameters."
    elements = sum(row.cost.activations for row in rows)
    types = " in float32" if sum(row.cost.activation_bytes for row in rows) == 4 * elements else ""
    yield "activation_bytes", f"Act.: outputs of all layers{types} at batch 1."
    if any(row.field for row in rows):
        yield "receptive_field", "RF: receptive field in input positions (all: the whole input)."
    state = {"trained": "All layers are trained.", "frozen": "All layers are frozen."}.get(training_of(rows), "")
    if state:
        yield "", state


def training_of(rows: tuple[Row, ...]) -> str:
    """The training state of all rows together."""
    states = {row.training for row in rows} - {""}
    return states.pop() if len(states) == 1 else "partly frozen" if states else ""


def _cells(rows: tuple[Row, ...], whole: int) -> Iterator[Mapping[str, Cell]]:
    uniform = len({row.training for row in rows} - {""}) < 2
    parts = [row.part for row in rows]
    stages = {part.id: resolution_text(part) for part in parts if part.kind != "input"} if stages_of(parts) else {}
    for row in rows:
        part = row.part
        yield {
            "stage": Cell(stages.get(part.id, "")),
            "block": Cell(block_text(part)),
            "repeat": Cell(_repeat_text(part), str(part.repeat)),
            "output": Cell(range_text(part.output_shapes)),
            "widths": Cell(", ".join(f"{symbol} = {value}" for symbol, value in part.values.items())),
            "params": _count(row.cost.params, "params" in row.bounds),
            "share_percent": _share(row.cost.params, whole, "params" in row.bounds),
            "macs": _count(row.cost.macs, "macs" in row.bounds),
            "activation_bytes": _bytes(row.cost.activation_bytes, "activations" in row.bounds),
            "receptive_field": _field_cell(row),
            "training": Cell("" if uniform else row.training, row.training),
        }


def _totals(rows: tuple[Row, ...]) -> Mapping[str, Cell]:
    bounds = frozenset[str]().union(*(row.bounds for row in rows))
    params = sum(row.cost.params for row in rows)
    return {
        "block": Cell("Total"),
        "params": _count(params, "params" in bounds),
        "share_percent": UNKNOWN if "params" in bounds else Cell("100", "100.0000") if params else NOTHING,
        "macs": _count(sum(row.cost.macs for row in rows), "macs" in bounds),
        "activation_bytes": _bytes(sum(row.cost.activation_bytes for row in rows), "activations" in bounds),
        "training": Cell(training_of(rows)),
    }


def block_text(part: Part) -> str:
    """``A · Bottleneck``; weights that an earlier row owns are said to be shared."""
    name = f"{part.letter} · {part.name}" if part.letter else part.name
    return f"{name} (shared weights)" if part.shared else name


def _repeat_text(part: Part) -> str:
    return f"{part.times} ∥" if part.parallel else part.times


def _count(value: int, is_bound: bool) -> Cell:
    """Exact integers for machines; a lower bound is said to be one, and "?" stands where nothing is known."""
    if is_bound:
        return Cell(bounded(count_text(value), value, True), bounded(str(value), value, True))
    return Cell(count_text(value), str(value)) if value else Cell("–", "0")


def _bytes(size: int, is_bound: bool) -> Cell:
    return Cell(bounded(bytes_text(size), size, is_bound), bounded(str(size), size, is_bound))


def _share(part: int, whole: int, is_bound: bool) -> Cell:
    """The share of the whole; "?" where it is taken of a bound."""
    if is_bound or (part and not whole):
        return UNKNOWN
    return Cell(percent_text(part, whole), f"{100 * part / whole:.4f}") if part else Cell("–", "0.0000")


def _field_cell(row: Row) -> Cell:
    return Cell(str(row.field[0]) if isinstance(row.field, tuple) else row.field or "")


def _training(layers: Mapping[str, Layer], part: Part) -> str:
    flags = {layer.trainable for layer in layers.values() if layer.params != 0}
    if not flags:
        return ""
    if len(flags) > 1:
        return part.frozen or "partly frozen"
    return "trained" if flags.pop() else "frozen"


def _part_field(item: Item, fields: Mapping[str, Receptive]) -> Receptive:
    """The largest field of the part's outputs; None if one of them is not known."""
    found = [fields.get(name) for name in _output_nodes(item)]
    if "all" in found:
        return "all"
    largest: Field | None = None
    for field in found:
        if not isinstance(field, tuple):
            return None
        largest = field if largest is None or field[0] > largest[0] else largest
    return largest


def _output_nodes(item: Item) -> Iterator[str]:
    """The ids of the calls that make the item's outputs."""
    if isinstance(item, Composite):
        for name, _ in item.body.exits:
            yield from _output_nodes(item.body.item(name))
    else:
        yield item.id
