"""Letters in a label in place of a kernel, a pooling window or a stride that differs over the copies."""

from __future__ import annotations

import re
from collections.abc import Mapping

from blockviz.page.glyphs.label import Label
from blockviz.runtime.records import replace
from blockviz.structure.setting_letters import POOL, stride_key, window_key


def with_settings(label: Label, symbols: Mapping[str, str], name: str) -> Label:
    """The label of an item with the letters that stand for its settings: ``conv k, 32``, ``max p ↓p``, ``3×3, f ↓s``.

    symbols : texts by item and setting.
    """
    window, stride = symbols.get(window_key(name), ""), symbols.get(stride_key(name), "")
    stride = stride or (window if window == POOL and "↓" in label.tail else "")
    if not window and not stride:
        return label
    head, tail = label.head.split(" "), label.tail.split(" ") if label.tail else []
    if window:
        head = [*(head[:-1] or ["conv"]), window]
    if stride:
        tail = _with_stride(tail, f"{'↑' if 'up-conv' in head else '↓'}{stride}", "DW" in head)
    return replace(label, head=" ".join(head), tail=" ".join(tail), stride=label.stride or bool(stride))


def _with_stride(tail: list[str], word: str, depthwise: bool) -> list[str]:
    """The words behind a label's head with a stride in its place: behind the width, before what follows."""
    at = next((place for place, old in enumerate(tail) if old[:1] in ("↓", "↑")), None)
    if at is not None:
        return [*tail[:at], word + "," * tail[at].endswith(","), *tail[at + 1 :]]
    if tail and not depthwise:
        return [tail[0].rstrip(","), word + "," * tail[0].endswith(","), *tail[1:]]
    parted = bool(tail) and not re.match(r"[+V→]|[dgm]\d", tail[0])
    return [word + "," * parted, *tail]
