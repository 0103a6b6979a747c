"""What passes by, and what does not."""

from __future__ import annotations

import pytest

from blockviz.structure.ancestry import Ancestry, closes_a_skip
from structure.test_patterns import concrete


@pytest.mark.parametrize(("text", "skips"), [
    ("in > a=conv:k > b=conv:k > s=add; in > s", True),
    ("in > a=conv:k > b=conv:k > s=add; in > p=pool > q=conv:1 > s", True),
    ("in > a=conv:k > b=conv:k > s=add; in > g=gap > q=conv:1 > u=up > s", False),  # one number a channel
    ("in > a=conv:k > b=conv:k > s=add; in > q=conv:1 > m=mul > s; in > m", False),
])  # fmt: skip
def test_a_skip_hands_on_a_tensor_as_it_is_or_projected(text: str, skips: bool) -> None:
    graph = concrete(text)
    assert closes_a_skip(graph, Ancestry(graph)) is skips
