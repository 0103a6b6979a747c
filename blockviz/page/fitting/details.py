"""In which order a page gives up detail: how panels are drawn, then minor ones, at last what is beside the boxes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from blockviz.outline.model import Definition, Outline
from blockviz.page.fitting.layout_cache import Detail, Options
from blockviz.runtime.records import replace

__all__ = ["details", "without_minor"]


def details(outline: Outline, options: Options, hopeless: frozenset[str] = frozenset()) -> Iterator[Detail]:
    """What a page of these options may show, from the most detail to the bare overview.

    hopeless : letters whose panels the page does not hold even alone; they go first.
    """
    letters = tuple(d.letter for d in outline.definitions) if options.panels else ()
    if letters and not hopeless:
        yield Detail(letters)
        if any(variant.added for d in outline.definitions for variant in d.variants):
            yield Detail(letters, variants=False)
    repeated = {d.letter for d in outline.definitions if d.count > 1}
    for dropped in range(len(hopeless), len(letters)):
        kept = without_minor(outline.definitions, dropped, hopeless)
        yield from _ever_plainer(kept)
        if repeated.issuperset(kept):  # a block of which the network is made says more than the legend
            bare = Detail(kept, variants=False, dense=True, tables=False, two_lines=False, legend=False)
            for compact in (False, True):
                yield replace(bare, compact=compact)
            yield replace(bare, compact=True, omissions=False)
    yield Detail(())
    yield Detail((), two_lines=False)
    yield Detail((), two_lines=False, legend=False)
    yield Detail((), two_lines=False, legend=False, info=False)
    yield Detail((), two_lines=False, flat=True)
    bare = Detail((), two_lines=False, legend=False, info=False, totals=False)
    for least in (bare, replace(bare, title=False), replace(bare, title=False, omissions=False)):
        yield least
        yield replace(least, flat=True)


def _ever_plainer(letters: tuple[str, ...]) -> Iterator[Detail]:
    """Ways to show panels in less room; activations drawn into their convolutions make a panel lower, but wider."""
    plain = Detail(letters, variants=False)
    yield replace(plain, compact=True)
    yield replace(plain, two_lines=False)
    yield replace(plain, compact=True, two_lines=False)
    yield replace(plain, dense=True, two_lines=False)
    yield replace(plain, compact=True, dense=True, two_lines=False)
    plain = replace(plain, tables=False)
    yield replace(plain, compact=True, dense=True, two_lines=False)
    yield replace(plain, compact=True, dense=True, two_lines=False, flat=True)
    yield replace(plain, compact=True, dense=True, wrapped=True)
    yield replace(plain, compact=True, dense=True, wrapped=True, two_lines=False)
    yield replace(plain, compact=True, dense=True, wrapped=True, two_lines=False, legend=False)
    yield replace(plain, compact=True, dense=True, across=True)
    yield replace(plain, compact=True, dense=True, across=True, two_lines=False, legend=False)
    for compact in (True, False):
        yield replace(plain, compact=compact, dense=True, two_lines=False, flat=True, legend=False)
    yield replace(plain, compact=True, dense=True, two_lines=False, flat=True, legend=False, info=False)


def without_minor(
    definitions: Sequence[Definition], dropped: int, hopeless: frozenset[str] = frozenset()
) -> tuple[str, ...]:
    """Letters that keep their panel: what occurs once goes first, then what holds the fewest layers in all copies.

    Where most is frozen, what is trained is the author's own part: it is the last to go. ``hopeless`` letters go first.
    """
    own = _trained_beside_frozen(definitions)
    layers = {d.letter: sum(len(instance.layers) for instance in d.instances) for d in definitions}
    weight = {d.letter: (d.letter not in hopeless, d.letter in own, d.count > 1, layers[d.letter]) for d in definitions}
    order = sorted(weight, key=lambda letter: (weight[letter], letter))
    out = set(order[:dropped])
    return tuple(d.letter for d in definitions if d.letter not in out)


def _trained_beside_frozen(definitions: Sequence[Definition]) -> frozenset[str]:
    """Letters of types that hold trained weights, where others are frozen as a whole; none where nothing is frozen."""
    trained = frozenset(d.letter for d in definitions if any(one.cost.trainable for one in d.instances))
    frozen = any(d.letter not in trained and any(one.cost.params for one in d.instances) for d in definitions)
    return trained if frozen else frozenset()
