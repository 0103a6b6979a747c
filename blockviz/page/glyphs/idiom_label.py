"""What the box of an idiom says: its word, and the attributes that matter."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from blockviz.ir import Idiom
from blockviz.page.glyphs.label import Label
from blockviz.page.glyphs.words import times
from blockviz.quoting import abridged

_HUES = frozenset(
    {"act", "norm", "sequence", "shape", "train"}
)  # what the legend says of the others isn't so of idioms

_LONGEST = 32  # letters of a stranger's class

_SAID: Mapping[str, Callable[[Any], str]] = {
    "heads": lambda n: f"{n} heads" if n != 1 else "1 head",
    "kv_heads": lambda n: f"{n} for keys",
    "window": lambda n: f"{n}×{n}",
    "grid": lambda n: f"{n}×{n}",
    "shift": lambda n: f"by {n}",
    "reduction": lambda n: f"/{n}",
    "experts": lambda n: f"{n} experts",
    "tasks": lambda n: f"{n} tasks",
    "groups": lambda n: f"{n} groups",
    "factor": lambda n: f"↑{n}",
    "patch": lambda n: times(n) if isinstance(n, list | tuple) else f"{n}×{n}",
    "scale": lambda n: f"× {n:g}" if isinstance(n, int | float) else "",
    "radix": lambda n: f"radix {n}",
    "k": lambda n: f"{n} neighbours",
    "causal": lambda yes: "causal" if yes else "",
    "rotary": lambda yes: "rotary" if yes else "",
    "relative_bias": lambda yes: "rel. bias" if yes else "",
}


def idiom_label(idiom: Idiom) -> Label:
    """The label of an idiom; a word that says an attribute by itself doesn't get it twice."""
    said = [
        text
        for key, say in _SAID.items()
        if key in idiom.attributes and not (key == "causal" and "ausal" in idiom.word)
        if (text := say(idiom.attributes[key]))
    ]
    said = said[:3]
    if classes := idiom.attributes.get("with"):  # what nobody knows is never left out
        said.append(f"with {abridged(' and '.join(map(str, classes)), _LONGEST)}")
    hue = idiom.hue if idiom.hue in _HUES else "other"
    form = "pill" if hue == "act" else "box"
    return Label(hue, form, idiom.word, ", ".join(said), dashed=hue == "train")
