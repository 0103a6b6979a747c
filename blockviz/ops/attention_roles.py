"""What each operand is to a call of attention: query, key, value or mask."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from blockviz.ir import Node

_ROLES = {"q": "query", "v": "value", "k": "key"}  # in the order of a call's operands
_SHORT = {name: role for role, name in _ROLES.items()}


def operand_roles(node: Node, count: int) -> list[str]:
    """``q``, ``k``, ``v`` or ``mask`` for each of the first ``count`` operands; "" where nothing tells.

    By the keyword under which an operand was given, else in the order of Keras' calls (query, value, key).
    """
    named = dict(_named(node.args))
    free = iter(role for role, name in _ROLES.items() if name not in named.values())
    return [_SHORT.get(named[number], "mask") if number in named else next(free, "") for number in range(count)]


def _named(args: Mapping[str, object]) -> Iterator[tuple[int, str]]:
    """(number of an operand, the keyword or the place by which it was given), masks in lists included."""
    places = dict(zip("012", _ROLES.values(), strict=True))
    for key, value in args.items():
        for one in value if isinstance(value, list) else [value]:
            if isinstance(one, str) and one[:1] == "$" and one[1:].isdecimal():
                yield int(one[1:]), places.get(key, key)
