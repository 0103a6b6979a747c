"""Parts that hold what occurs once, laid out: each of their items becomes a part of the overview."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from blockviz.costs.cost import cost_of
from blockviz.ir import UNKNOWN, Composite, Run, item_leaves, layers_of
from blockviz.outline.model import Part
from blockviz.runtime.records import replace
from blockviz.structure.canonical_form import short_name


def opened(parts: Sequence[Part], groups: Collection[str]) -> tuple[Part, ...]:
    """The parts with those groups laid out; what read a group reads the item inside that gives the tensor."""
    ends = {(part.id, number): port for part in parts if part.id in groups and isinstance(part.item, Composite)
            for number, port in enumerate(part.item.body.exits)}  # fmt: skip
    out: list[Part] = []
    for part in parts:
        operands = tuple(ends.get(operand, operand) for operand in part.operands)
        read = replace(part, operands=operands, inputs=tuple(dict.fromkeys(source for source, _ in operands)))
        out += _items(read) if part.id in groups else [read]
    return tuple(out)


def _items(group: Part) -> Iterator[Part]:
    assert isinstance(group.item, Composite)
    body = group.item.body
    entering = {port: group.operands[number] for number, ports in enumerate(body.entries) for port in ports
                if number < len(group.operands)}  # fmt: skip
    leaving = {name for name, _ in body.exits}
    for name, item in zip(body, body.items(), strict=True):
        reads = [(to, (source, out)) for to, source, out in body.operand_list(name)]
        reads += [(to, operand) for (reader, to), operand in entering.items() if reader == name]
        operands = tuple(operand for _, operand in sorted(reads, key=lambda read: read[0]))
        copies = tuple(item.body.items()) if isinstance(item, Run) else (item,)
        yield replace(
            group,
            id=name,
            kind="unit" if isinstance(item, Composite) else "layer",
            letter=None,
            name=short_name(copies[0]),
            repeat=len(copies),
            stage=None,
            copies=tuple(tuple(layers_of(item_leaves(copy))) for copy in copies),
            variants=(None,) * len(copies),
            values={},
            item=item,
            items=copies,
            output_shape=item.outputs[0] if item.outputs else UNKNOWN,
            cost=cost_of(item_leaves(item)),
            operands=operands,
            inputs=tuple(dict.fromkeys(source for source, _ in operands)),
            outputs=group.outputs if name in leaving else (),
            other_shapes=(),
            parallel=isinstance(item, Run) and item.parallel,
            frozen=group.frozen if len(body) == 1 else "",
        )
