"""Non-local blocks."""

from __future__ import annotations

from collections.abc import Iterator

from blockviz.ir import Port
from blockviz.patterns.attention import attention
from blockviz.patterns.found import Found
from blockviz.patterns.lowering import Lowering
from blockviz.patterns.matching import plain
from blockviz.patterns.values import Tensor


def non_local(lowering: Lowering, port: Port, tensor: Tensor) -> Iterator[Found]:
    """Attention of one head over all pixels by 1×1 convolutions, not scaled, added to the map it reads."""

    if tensor.value.op != "poly" or len(tensor.value.args) != 2:
        return
    for one, two in (tensor.value.args, tensor.value.args[::-1]):
        branch = plain(two)
        while branch.value.op in ("norm", "scale"):
            branch = plain(branch.value.args[0])
        for found in attention(lowering, port, Tensor(branch.value, branch.value.dims)):
            facts = found.facts
            if len(found.leaves) == 1 and plain(found.leaves[0]).key == plain(one).key and facts["maps"]:
                plain_scores = facts["heads"] == 1 and not facts["scaled"] and not facts["channels"]
                yield from [Found(found.leaves, {}, {})] * plain_scores
