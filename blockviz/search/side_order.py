"""An order in which what branches off the main line for good comes at once, and not when its result is read.

The picture that each level of a generator gives is added to that of the level before. In post-order all these pictures
come at the end, in a tightened order each comes within the next level; here it ends the level whose tensor it reads.
"""

from __future__ import annotations

from blockviz.ir import LayerGraph

_CLOSE = 3  # calls that are pulled forward at once
_HANDED = 2  # tensors that sides hand on to the next
_FEW = 3  # readers of a tensor that is no broadcast (a style, a mask)


def sides_early(graph: LayerGraph) -> list[str]:
    """The graph's order, but readers of a tensor that are not on its longest way out come right after it.

    Only where one side hands something on to the next: what each gives for itself is a tap, and in no block.
    """
    height: dict[str, int] = {}
    for name in reversed(list(graph)):
        height[name] = 1 + max((height[reader] for reader in graph.succ[name]), default=0)
    done: dict[str, None] = {}
    beside: dict[str, str] = {}  # pulled forward → the call on the longest way behind which it comes
    for name in graph:
        todo = [] if name in done else [name]
        done.setdefault(name)
        while todo:
            source = todo.pop()
            readers = sorted(graph.succ[source], key=lambda reader: -height[reader])
            for reader in readers[source == name :] if len(readers) <= _FEW else ():
                if calls := _missing(graph, reader, done):
                    done.update(dict.fromkeys(calls))
                    beside.update(dict.fromkeys(calls, name))
                    todo.append(reader)
    handed = sum(beside.get(source, name) != name for side, name in beside.items() for source in graph.pred[side])
    return list(done) if handed >= _HANDED else list(graph)


def sides_late(graph: LayerGraph) -> list[str]:
    """Every call as late as what reads it allows, a branch in one piece before the call that joins it.

    What each level of a decoder makes of all levels of the encoder (UNet 3+) stands with that level. From the outputs
    back, the call comes next whose last reader has just been placed; of several the one nearest to the inputs.
    """
    depth: dict[str, int] = {}
    for name in graph:
        depth[name] = 1 + max((depth[source] for source in graph.pred[name]), default=0)
    waiting = {name: len(graph.succ[name]) for name in graph}
    ready = sorted((name for name, readers in waiting.items() if not readers), key=depth.__getitem__)
    done = []
    while ready:
        done.append(name := ready.pop())
        for source in sorted(graph.pred[name], key=depth.__getitem__, reverse=True):
            waiting[source] -= 1
            if not waiting[source]:
                ready.append(source)
    return done[::-1]


def _missing(graph: LayerGraph, name: str, done: dict[str, None]) -> list[str]:
    """A call and all that it still needs, in order; nothing if it is done or these are too many."""
    calls, todo = dict[str, None](), [name]
    while todo:
        call = todo.pop()
        if call in done:
            continue
        calls.pop(call, None)
        calls[call] = None
        if len(calls) > _CLOSE:
            return []
        todo += graph.pred[call]
    return list(calls)[::-1]
