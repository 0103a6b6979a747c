"""What a page shows, so that its legend explains exactly that."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from blockviz.ir import Composite, Item, LayerGraph, Node, Run, Unit, is_input, is_shared, item_leaves
from blockviz.outline.stage_rows import varying
from blockviz.page.fitting.layout_cache import LayoutCache
from blockviz.page.glyphs.header_footer import uncounted
from blockviz.page.glyphs.legend import Seen
from blockviz.page.glyphs.size_letters import size_letters
from blockviz.page.glyphs.words import is_locked
from blockviz.page.overview.column import Overview
from blockviz.page.panel.body_faces import unit_of
from blockviz.page.panel.panel import Panel


def seen_on(
    workshop: LayoutCache, overview: Overview, panels: Sequence[Panel], shown: frozenset[str], columns: int = 1
) -> Seen:
    """Labels and signs of an overview in a form and of panels; ``shown`` : letters that have a panel."""
    context, parts = workshop.context, workshop.outline.parts
    labels = [overview.seen(part, columns) for part in parts if overview.is_plain(part)]
    for panel in panels:
        for diagram in panel.diagrams:
            labels += [diagram.text.label(name, item) for name, item in _units(diagram.body)]
    parallel = any(part.parallel for part in parts if part.repeat > 1 and not part.shared and part.kind != "input")
    stacks = [item for panel in panels for diagram in panel.diagrams for item in diagram.stacks() if not is_input(item)]
    owning = [item for item in stacks if _owns_weights(item)]
    parallel |= any(isinstance(item, Run) and item.parallel for item in owning)
    defined = {part.letter for part in parts if part.letter and part.letter in shown}
    hollow = without_panel(workshop, panels, shown)
    return Seen(
        tuple(labels),
        parallel=parallel,
        loops=len(owning) < len(stacks),
        calls=any(part.called for part in parts) or any(context.by_letter[letter].called for letter in defined),
        share=any(part.cost.params for part in parts) and overview.shows_shares and overview.inside,
        hollow_badge=hollow[0] if hollow and panels else "",
        frozen=any(part.kind in ("backbone", "nested") and is_locked(part) for part in parts),
        numbers=overview.numbers(columns),
        bounded="params" in workshop.outline.cost.bounds and not uncounted(workshop.outline),
        letters=size_letters(_told_sizes(panels)),
        tallies=tuple(word for part in parts if part.letter in defined for word in overview.tally(part)),
    )


def _told_sizes(panels: Sequence[Panel]) -> Iterator[str]:
    """What panels say of tensors that enter and leave, and of the widths of their boxes."""
    for panel in panels:
        yield from varying(panel.definition)
        for text in (diagram.text for diagram in panel.diagrams):
            entries = map(text.entry, range(len(text.body.entries)))
            yield from (entry for entry in entries if not (text.compact and ", " in entry))  # their shapes are left out
            yield from text.exits()


def _owns_weights(item: Item) -> bool:
    """Whether each copy in a stack has weights of its own: the steps of a loop have none, or those of all."""
    nodes = list(item_leaves(item))
    return not is_shared(nodes) and any(node.layer.params != 0 for node in nodes)


def without_panel(workshop: LayoutCache, panels: Sequence[Panel], shown: frozenset[str]) -> list[str]:
    """The letters that a page shows, in the overview or inside its panels, without their own panel."""
    bodies = [diagram.body for panel in panels for diagram in panel.diagrams]
    items = [item for body in bodies for item in body.items() if isinstance(item, Composite)]
    inner = [workshop.context.letter_of(item) for item in items if not isinstance(item, Unit)]
    letters = [*(part.letter or "" for part in workshop.outline.parts), *inner]
    return sorted({letter for letter in letters if letter and letter not in shown}, key=lambda one: (len(one), one))


def _is_composite(item: Item) -> bool:
    return not isinstance(item, Node | Unit)


def _units(body: LayerGraph) -> Iterator[tuple[str, Item]]:
    for name in body:
        if (item := unit_of(body.item(name))) is not None:
            yield name, item
