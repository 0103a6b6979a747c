"""Units of one kind in a row: the levels of an encoder, three convolutions with kernels 8, 5 and 3, stacked LSTMs.

The overview draws them one by one, each with its own kernel and width, so a reader sees that they are of one kind; the
JSON says it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from blockviz.ir import item_leaves
from blockviz.outline.model import Part
from blockviz.structure.canonical_form import item_form
from blockviz.structure.windows import window_change

_RUNGS = 2  # units of one kind in a row that are more than chance


def ladders(parts: Sequence[Part]) -> Iterator[list[Part]]:
    """Rows of units that are the same calls up to their windows, widths, strides and dilations, ×N counted as N.

    Where widths fall and rise again, an encoder ends and a decoder begins. Rows that are ×N as a whole are none.
    """
    chain: list[Part] = []
    for part in parts:
        if chain and not (_is_next(chain[-1], part) and not _turns(chain, part)):
            yield from _told(chain)
            chain = []
        if _may_be_rung(part):
            chain.append(part)
    yield from _told(chain)


def name_of(chain: Sequence[Part]) -> str:
    """What all rungs are called; their kernels in order, where these differ."""
    names = list(dict.fromkeys(part.name for part in chain))
    if len(names) == 1:
        return names[0]
    kernels, kinds = zip(*(part.name.split(" ", 1) for part in chain), strict=True)
    return f"{kinds[0]}, k = {', '.join(kernel.removesuffix('-wide') for kernel in kernels)}"


def _told(chain: Sequence[Part]) -> Iterator[list[Part]]:
    if sum(part.repeat for part in chain) >= _RUNGS and any(part.repeat == 1 for part in chain):
        yield list(chain)


def _may_be_rung(part: Part) -> bool:
    weights = any(node.layer.params for node in item_leaves(part.item))
    return part.letter is None and not part.parallel and weights


def _is_next(before: Part, part: Part) -> bool:
    """Whether a part is a unit of the same kind as the one before, which it alone reads."""
    if part.inputs != (before.id,) or not _may_be_rung(part):
        return False
    one, other = before.items[-1], part.items[0]
    return item_form(one) == item_form(other) or window_change(one, other) is not None


def _turns(chain: Sequence[Part], part: Part) -> bool:
    """Whether a row whose widths fell would get wider again."""
    widths = [each.output_shape[-1:] for each in (*chain[-2:], part)]
    numbers = [size for width in widths for size in width if isinstance(size, int)]
    return len(numbers) == 3 and numbers[0] > numbers[1] < numbers[2]
