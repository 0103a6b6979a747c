"""A sheet as a Mermaid flowchart: boxes and arrows with their groups, laid out anew by the viewer."""

from __future__ import annotations

import re
from collections.abc import Set

from blockviz.quoting import mermaid
from blockviz.scene import Arrow, Box, Page

_FORMS = {
    "box": '["{}"]', "rect": '["{}"]', "pill": '(["{}"])', "funnel": '[\\"{}"/]', "spread": '[/"{}"\\]',
    "circle": '(("{}"))',
}  # fmt: skip


_COPIES = re.compile(r" (×\d+(, \d+ calls)?|\d+ calls)$")


def sheet_to_mermaid(page: Page, index: int = 0) -> str:
    """A ``flowchart TB`` with one subgraph for the overview and one per panel."""
    sheet = page.sheets[index]
    known = {box.id for box in sheet.boxes}
    boxes = [box for box in sheet.boxes if _is_node(box, known)]
    names = {box.id: f"n{number}" for number, box in enumerate(boxes)}
    out = [f"%% {mermaid.label(page.title)}", "flowchart TB"]
    for group in sheet.groups:
        inside = [box for box in boxes if _owner(box) == group.id]
        if not inside:
            continue
        name = f"{group.id} {group.name}" if group.id else group.name
        out.append(f'  subgraph g{sheet.groups.index(group)}["{mermaid.label(name)}"]')
        for box in inside:
            form = _FORMS.get(box.form, _FORMS["box"])
            out.append(f"    {names[box.id]}{form.format(mermaid.label(label_of(box)))}")
        out.append("  end")
    for arrow in sheet.arrows:
        if _joins(arrow) and arrow.source in names and arrow.target in names:
            said = f'|"{mermaid.label(arrow.title)}"|' if arrow.title else ""
            out.append(f"  {names[arrow.source]} -->{said} {names[arrow.target]}")
    told = [(source, target) for source, target in sheet.links if source in names and target in names]
    out += [f"  {names[source]} --> {names[target]}" for source, target in told]
    return "\n".join(out) + "\n"


def _is_node(box: Box, known: Set[str]) -> bool:
    """Whether a box is a thing of the model: not a badge or an edge of a box, no mark, no sample of the legend.

    Layers may be called anything, so only what belongs to another box (``known``) is its badge.
    """
    of, bar, part = box.id.rpartition("|")
    belongs = bar and part in ("badge", "l", "r") and (of in known or "/" not in of)
    return not belongs and not box.id.startswith(("mark", "legend"))


def _owner(box: Box) -> str:
    return box.group.split(".")[0] if box.group else ""


def label_of(box: Box) -> str:
    """What a box says, on one line, with the number of its copies."""
    text = " ".join("".join(run.text for run in line) for line in box.lines)
    head = box.title.partition(": output")[0]
    if not text:
        return head or "·"
    copies = _COPIES.search(head)
    return f"{text} {copies[0].strip()}" if copies and copies[0].strip() not in text else text


def _joins(arrow: Arrow) -> bool:
    return bool(arrow.source and arrow.target)
