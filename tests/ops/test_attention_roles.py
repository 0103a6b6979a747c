"""What each operand is to a call of attention, however the caller names and orders them."""

from __future__ import annotations

import pytest

from blockviz.ir import Layer, Node
from blockviz.ops.attention_roles import operand_roles


def _attention(**args: object) -> Node:
    return Node("a", Layer("a", "MultiHeadAttention"), (), (), args)


@pytest.mark.parametrize(
    ("args", "roles"),
    [
        ({"0": "$0", "1": "$1"}, ["q", "v"]),
        ({"query": "$0", "value": "$1", "key": "$2"}, ["q", "v", "k"]),
        ({"attention_mask": "$0", "query": "$1", "value": "$2"}, ["mask", "q", "v"]),
        ({"0": "$0", "1": "$1", "mask": ["$2", "$3"]}, ["q", "v", "mask", "mask"]),
    ],
)
def test_roles_by_keyword_and_else_by_place(args: dict[str, object], roles: list[str]) -> None:
    assert operand_roles(_attention(**args), len(roles)) == roles
