"""Numbers, shapes and short words as a figure prints them."""

from __future__ import annotations

from blockviz.costs.cost import Cost
from blockviz.ir import Shape, item_leaves
from blockviz.outline.model import Part
from blockviz.text import numbers

_THIN = "\u2009"


def shape_text(shape: Shape) -> str:
    """``35×35×320`` from a shape with the batch first; "?" for one that nobody knows."""
    return numbers.shape_text(shape)


def times(values: object) -> str:
    """``3×3`` from a kernel size; one number stays one number."""
    if isinstance(values, list | tuple):
        return "×".join(str(value) for value in values)
    return str(values)


def count_text(value: int) -> str:
    """A count in three significant figures, a thin space before its unit: ``950``, ``15.4 k``, ``1.23 M``."""
    return numbers.count_text(value).replace(" ", _THIN)


def params_text(cost: Cost) -> str:
    """The parameters of a part: ``1.23 M``, ``≥ 1.23 M`` where some are not known, "?" where none are."""
    return numbers.bounded(count_text(cost.params), cost.params, "params" in cost.bounds)


def has_params(cost: Cost) -> bool:
    """Whether there are parameters to speak of; of what nobody knows, the total's ``≥`` tells."""
    return bool(cost.params)


def is_locked(part: Part) -> bool:
    """Whether training leaves all layers of a part as they are; statistics alone, which it never learns, lock none."""
    flags = {node.layer.trainable for node in item_leaves(part.item) if node.layer.params}
    return flags == {False}


def share_base(cost: Cost) -> int:
    """What shares are taken of: the parameters of the whole, 0 where they are only a lower bound."""
    return 0 if "params" in cost.bounds else cost.params


def percent_text(share: float) -> str:
    """A share as a percentage; what would round to 0.0 says so honestly."""
    percent = share * 100
    if percent == 0 or percent >= 0.05:
        return f"{percent:.1f}{_THIN}%" if percent < 99.95 or percent == 100 else f">99.9{_THIN}%"
    return f"<0.1{_THIN}%"


def number_text(value: int) -> str:
    """A whole number with thin spaces between thousands: ``15 370``."""
    return f"{value:,}".replace(",", _THIN)


def plural(count: int, word: str) -> str:
    """``1 layer``, ``17 layers``."""
    return f"{number_text(count)} {word}{'' if count == 1 else 's'}"
