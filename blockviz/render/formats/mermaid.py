"""A sheet as a Mermaid flowchart: boxes and arrows with their groups, laid out anew by the viewer."""

from __future__ import annotations

from blockviz.quoting import mermaid
from blockviz.scene import Arrow, Box, Page, Sheet

_FORMS = {
    "box": '["{}"]', "rect": '["{}"]', "pill": '(["{}"])', "funnel": '[\\"{}"/]', "spread": '[/"{}"\\]',
    "circle": '(("{}"))',
}  # fmt: skip


def sheet_to_mermaid(page: Page, index: int = 0) -> str:
    """A ``flowchart TB`` with one subgraph for the overview and one per panel."""
    sheet = page.sheets[index]
    boxes = [box for box in sheet.boxes if _is_node(box)]
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
    out += [f"  {names[a]} --> {names[b]}" for a, b in connections(sheet) if a in names and b in names]
    return "\n".join(dict.fromkeys(out)) + "\n" if not boxes else "\n".join(out) + "\n"


def _is_node(box: Box) -> bool:
    return "|" not in box.id and not box.id.startswith(("mark", "legend"))


def _owner(box: Box) -> str:
    return box.group.split(".")[0] if box.group else ""


def label_of(box: Box) -> str:
    """What a box says, on one line."""
    text = " ".join("".join(run.text for run in line) for line in box.lines)
    return text or box.title.split(":")[0] or "·"


def connections(sheet: Sheet) -> list[tuple[str, str]]:
    """(source, target) of every arrow between two boxes, each once."""
    return list(dict.fromkeys((arrow.source, arrow.target) for arrow in sheet.arrows if _joins(arrow)))


def _joins(arrow: Arrow) -> bool:
    return bool(arrow.source and arrow.target)
