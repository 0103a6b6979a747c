"""The legend: what it explains occurs, and what occurs is explained or written out."""

from __future__ import annotations

import re
from collections.abc import Iterator

from blockviz.page.proof.facts import tokens
from blockviz.page.proof.reading import Reading


def legend_faults(reading: Reading) -> Iterator[str]:
    """Entries for nothing, and, where the page does not say that some are left out, short forms without an entry."""
    texts = set(reading.notes)
    recipes = [text for text in texts if re.match(r"conv(olution$|, linear$| \+ )", text)]
    whole = not any("the legend" in sentence for sentence in reading.advice)
    if whole and not texts & _ALL and not recipes:
        return
    said = set().union(*(tokens(one.text) for one in reading.boxes.values())) if reading.boxes else set[str]()
    everything = (*reading.texts, *(one.text for one in reading.boxes.values()))
    forms = {one.box.form for one in reading.boxes.values()}
    occurs = {
        "pooling": "funnel" in forms or bool(said & {"max", "avg", "global"}),
        "upsampling": "spread" in forms or bool(said & {"up", "resize"}),
        "depthwise": "DW" in said,
        "valid padding": "V" in said,
        "add": "circle" in forms,
        "multiply": "circle" in forms,
        "subtract": "circle" in forms,
        "training only": any(one.box.dashed for one in reading.boxes.values()) or bool(said & {"dropout", "augment"}),
        "transposed convolution": "up-conv" in said,
        "depthwise separable": "sep" in said,
        "of one set of weights": any("calls" in one.text for one in reading.boxes.values())
        or any("calls" in text for text in texts),
        "share of all parameters": True,
        "without layers of unknown size": any("≥" in text for text in everything),
    }
    for text, present in occurs.items():
        if text in texts and not present and not any(other.startswith(f"{text} ") for other in texts):  # its first line
            yield f"the legend explains {text!r}, which does not occur"
    for text in texts:
        for pattern, sign in ((r"stride (\S+)", "↓"), (r"dilation (\d+)", "d"), (r"(\d+) groups", "g")):
            if (found := re.fullmatch(pattern, text)) and f"{sign}{found[1]}" not in said:
                yield f"the legend explains {text!r}, and no box says {sign}{found[1]}"
    if not whole:
        return
    for mark, text in (("V", "valid padding"), ("DW", "depthwise"), ("up-conv", "transposed convolution")):
        if mark in said and text not in texts:
            yield f"boxes say {mark}, and the legend does not explain it"
    if any(re.fullmatch(r"↓\d+", word) for word in said) and not any(text.startswith("stride ") for text in texts):
        yield "boxes say a stride, and the legend does not explain it"


_ALL = {"pooling", "upsampling", "dense layer", "concatenate", "add", "share of all parameters", "defined in panel",
        "activation", "shortcut", "skip connection", "training only", "embedding"}  # fmt: skip
