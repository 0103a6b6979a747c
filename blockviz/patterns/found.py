"""What a structural test finds."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from blockviz.patterns.values import Tensor
from blockviz.runtime.records import dataclass, field


@dataclass(slots=True)
class Found:
    """What a structural test finds: the tensors at which the idiom begins, facts that choose its name, attributes."""

    leaves: tuple[Tensor, ...]
    facts: Mapping[str, Any]
    attributes: Mapping[str, Any] = field(default_factory=dict)
    rearranges: bool = False
