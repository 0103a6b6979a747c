"""The columns of a panel's table that say what only some copies have, against the variants of all copies."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from blockviz.ir import Block, Group, item_leaves
from blockviz.page.proof.facts import activation_word, stride_sizes

_ABOUT = {"SE": "squeeze-and-excitation", "expand": "expansion"}
_NO = "–"
_BOTH = {"from 2nd": (_NO, "yes"), "1st only": ("yes", _NO)}  # of the first copy in a row, of the others
Row = tuple[int, Mapping[str, str]]  # (×N, head of a column → cell)


def switch_heads(variants: Sequence[str | None]) -> set[str]:
    """What columns may be called that say variants."""
    words = {word for name in variants if name for word in name.split(", ")}
    parts = {word.removeprefix("no ").removeprefix("with ") for word in words if word.startswith(("no ", "with "))}
    return {"stride", "act."} | {head for head, about in _ABOUT.items() if about in parts} | parts


def unsaid(heads: Sequence[str], variant: str | None) -> str | None:
    """A variant's name without the words that columns say; None where nothing is left."""
    words = (variant or "").split(", ")
    switched = any(len(head) > 1 and head != "output" for head in heads)  # else notes say what a letter's column does
    read = [head for head in heads if len(head) > 1 or switched]
    return ", ".join(word for word in words if not any(_is_said(word, head) for head in read)) or None


def _is_said(word: str, head: str) -> bool:
    about = _ABOUT.get(head, head)
    if head in ("stride", "s", "act."):
        return " for " in word if head == "act." else word.startswith("stride ")
    if head == "k":  # a dash for the copies without the window that it is of
        return bool(re.fullmatch(r"no (\d+)×\1 conv", word))
    return word in (f"no {about}", f"with {about}")


def switch_faults(heads: Sequence[str], rows: Sequence[Row], copies: Sequence[Block | Group]) -> Iterator[str]:
    """Cells that are not so in the copies that their rows stand for."""
    pairs = ((cells, place == 0) for times, cells in rows for place in range(times))
    for (cells, is_first), copy in zip(pairs, copies, strict=False):
        for head in heads:
            first, others = _BOTH.get(cells.get(head, ""), cells.get(head, "").partition(", then ")[::2])
            told = first if is_first or not others else others
            if told != (wanted := _truth(head, copy, copies)):
                yield f"its table says {head} {told} of a copy with {wanted or 'nothing of the kind'}"
                return


def _truth(head: str, copy: Block | Group, copies: Sequence[Block | Group]) -> str:
    """What the cell of a copy has to say; "" where the column is about nothing."""
    own = (copy.variant or "").split(", ")
    every = {word for other in copies for word in (other.variant or "").split(", ")}
    if head == "stride":
        calls = [node for node in item_leaves(copy) if {"kernel_size", "pool_size"} & node.config.keys()]
        return str(max((max(stride_sizes(node)) for node in calls), default=1))
    if head == "act.":
        pairs = [found.groups() for word in sorted(every) if (found := re.fullmatch("(.+) for (.+)", word))]
        word = next((special for special, usual in pairs if f"{special} for {usual}" in own), "") or pairs[0][1]
        return word if any(activation_word(node) == word for node in item_leaves(copy)) else ""
    about = _ABOUT.get(head, head)
    if f"no {about}" in every:
        return _NO if f"no {about}" in own else "yes"
    if f"with {about}" in every:
        return "yes" if f"with {about}" in own else _NO
    return ""
