"""Which copies and layers training leaves as they are, in words."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from blockviz.ir import Item, Layer, item_leaves, layers_of


def is_uniform(layers: Iterable[Layer]) -> bool:
    """Whether training changes all layers with parameters, or none of them."""
    return len({layer.trainable for layer in layers if layer.params != 0}) < 2


def frozen_words(items: Sequence[Item]) -> str:
    """``frozen``, ``first 4 frozen``, ``last 2 frozen``, ``3 of 8 frozen``, ``partly frozen``; "" for none."""
    states = [_state(item) for item in items]
    count = states.count(True)
    told = [state for state in states if state is not None]
    if False not in told and "partly" not in told:
        return "frozen" if told else ""
    if True not in told and "partly" not in told:
        return ""
    if "partly" in told:
        return "partly frozen"
    if all(states[:count]):
        return f"first {count} frozen"
    return f"last {count} frozen" if all(states[-count:]) else f"{count} of {len(states)} frozen"


def _state(item: Item) -> object:
    """True for frozen, False for trained, "partly"; None for what has no parameters."""
    flags = {layer.trainable for layer in layers_of(item_leaves(item)).values() if layer.params != 0}
    return None if not flags else "partly" if len(flags) > 1 else not flags.pop()
