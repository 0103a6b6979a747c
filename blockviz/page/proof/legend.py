"""The legend: what it explains occurs, and what occurs is explained or written out."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from blockviz.page.proof.facts import tokens
from blockviz.page.proof.reading import Reading, text_of
from blockviz.scene import Sheet, Words

_SIZES = {"D": "depth", "H": "height", "W": "width", "L": "length", **dict.fromkeys("cfgh", "channels"),
          "p": "pooling window", "s": "stride"}  # fmt: skip
_AXES = "DHWL"
_LETTERS = re.compile(r"[DHWLcfghps][′″]?(?:, [DHWLcfghps][′″]?)*")


def legend_faults(reading: Reading, sheets: Sequence[Sheet]) -> Iterator[str]:
    """Entries for nothing, and, where the page does not say that some are left out, short forms without an entry."""
    yield from _letter_faults(sheets)
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


def _is_boxed(words: Words, sheet: Sheet) -> bool:
    """Whether a text stands in a box."""
    y = words.y - words.size * 0.3
    return any(b.x <= words.x <= b.x + b.width and b.y <= y <= b.y + b.height for b in sheet.boxes if "/" in b.id)


def _letter_faults(sheets: Sequence[Sheet]) -> Iterator[str]:
    """Letters for sizes that the legend calls something else, or that no panel uses."""
    for sheet in sheets:
        framed = [frame for frame in sheet.groups if frame.id]
        inside, outside = list[str](), []
        for one in sheet.words:
            is_in = any(f.x <= one.x <= f.x + f.width and f.y <= one.y <= f.y + f.height for f in framed)
            inside.append(text_of(one)) if is_in else outside.append(one)
        used = set(re.findall(r"(?<![^\W\d])[DHWLcfghps][′″]?(?![^\W\d_′″])", " ".join(inside)))
        small = 1.2 * min((one.size for one in outside), default=0.0)  # a model may be called s
        for one in (one for one in outside if one.size < small and _LETTERS.fullmatch(text_of(one))):
            right = (other for other in outside if other.x > one.x and abs(other.y - one.y) < other.size)
            words = text_of(min(right, key=lambda other: (other.x, other.y), default=one)).rstrip(",")
            if words == "groups" or _LETTERS.fullmatch(words) or _is_boxed(one, sheet):  # sizes in an overview
                continue
            letters = text_of(one).split(", ")
            if all(letter in _AXES for letter in letters):  # a shape
                continue
            several = "s" * (len(letters) > len({letter[0] for letter in letters}))
            primed = all(letter[0] in _AXES and letter[1:] for letter in letters)
            meant = dict.fromkeys(_SIZES[letter[0]] for letter in letters)
            whole = ", ".join(word if word == "channels" else word + several for word in meant)
            whole = f"other {whole}" if primed else whole
            if words != whole and not (words and re.match(rf"{re.escape(words)}[ ,]", whole)):  # its first line
                yield f"the legend calls {text_of(one)} {words!r}, and it is {whole}"
            if unused := [letter for letter in letters if letter not in used]:
                yield f"the legend explains {unused[0]}, which no panel says"
