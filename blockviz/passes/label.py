"""Say what each copy is: its variant of the type, and the stage it stands in.

A variant is named by what sets it apart from the type's most frequent form (``projection shortcut,
stride 2``). Stages number the blocks and runs of the overview from input to output.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence, Set
from functools import cache
from itertools import count
from typing import TypeAlias

from blockviz.ir import (
    Block,
    BlockType,
    Composite,
    Group,
    Idiom,
    Item,
    LayerGraph,
    Node,
    Run,
    blocks_in,
    expand,
    has_type,
    item_leaves,
    leaves,
    letters_of,
    with_items,
)
from blockviz.ops.families import form_label
from blockviz.passes.composite_names import composite_names, nested_names
from blockviz.passes.type_evidence import Evidence, skipping_types
from blockviz.passes.type_names import name_types
from blockviz.runtime.records import dataclass, field, replace
from blockviz.structure.block_patterns import BlockPattern
from blockviz.structure.call_labels import label_of
from blockviz.structure.canonical_form import difference, most_common_form, strides_in, worded_form
from blockviz.structure.difference_words import describe_difference, difference_in_numbers, is_long
from blockviz.structure.isomorphism import Judge
from blockviz.structure.rewiring import same_calls, wiring_words
from blockviz.structure.setting_letters import setting_letters
from blockviz.structure.windows import with_usual_windows

Variants: TypeAlias = Mapping[tuple[int, object], str | None]  # (form, strides) → what sets such copies apart


@dataclass(frozen=True, slots=True)
class Forms:
    """Numbers bodies by their calls, whichever of these were read as idioms: a window as large as its map is none."""

    judge: Judge = field(default_factory=lambda: Judge(counted=False))
    plain: dict[LayerGraph, LayerGraph] = field(default_factory=dict)

    def number(self, body: LayerGraph) -> int:
        """The number of a body's form."""
        return self.judge.number(self._plain(body))

    def strides(self, body: LayerGraph) -> object:
        """Equal for bodies of one form that stride at the same places, in whatever order these stand."""
        said = {node.id for item in body.items() if isinstance(item, Idiom) and not strides_in(item)
                for node in item_leaves(item)}  # fmt: skip
        depth, rows = dict[str, int](), list[tuple[int, str, list[int]]]()
        for name, item in zip(plain := self._plain(body), plain.items(), strict=True):
            strides = [] if item.id in said else strides_in(item)
            depth[name] = max((depth[source] for source in plain.pred[name]), default=0) + bool(strides)
            heads = [form_label(node, activation=False) for node in item_leaves(item) if node.config.get("strides")]
            rows += [(depth[name], " ".join(heads), strides)] if strides else []
        return tuple(sorted((at, form, tuple(strides)) for at, form, strides in rows))

    def _plain(self, body: LayerGraph) -> LayerGraph:
        if (found := self.plain.get(body)) is None:
            read = any(isinstance(item, Idiom) for item in body.items())
            found = self.plain[body] = expand(body, lambda item: isinstance(item, Idiom)) if read else body
        return found


@dataclass(frozen=True, slots=True)
class Label:
    """Name types, variants and stages; the graph's structure stays as it is.

    rename : type letter or name → the user's name, which wins over every other source. own : patterns of the user.
    """

    name = "label"
    rename: tuple[tuple[str, str], ...] = ()
    own: tuple[BlockPattern, ...] = ()

    def __call__(self, graph: LayerGraph) -> LayerGraph:
        """The graph with variants, stages and named types."""
        bodies: dict[str, list[LayerGraph]] = defaultdict(list)
        for block in blocks_in(graph):
            bodies[block.type].append(block.body)
        judge = Forms()
        mains = {key: _main(found, judge) for key, found in bodies.items()}
        in_idioms = _in_boxes(graph)
        variants = {key: _variants(mains[key], found, judge, in_idioms) for key, found in bodies.items()}
        out = _labelled(graph, variants, "", judge)
        out = graph.copy() if out is graph else out
        types = {key: graph.types.get(key, BlockType(key)) for key in bodies}
        classes = composite_names(graph, bodies) if graph.composites else {}
        nested = nested_names(graph, bodies) if graph.scopes else {}
        flat = cache(lambda: expand(graph))  # few networks have a type for which it is asked
        evidence = Evidence(_places(graph), skipping_types(graph), graph.idioms, classes, nested, self.own, flat)
        named = name_types(types, bodies, mains, evidence, letters_of(graph), dict(self.rename))
        shown = shown_bodies(out)
        out.graph["types"] = {key: replace(found, main=shown[key]) for key, found in named.items()}
        return out


def _in_boxes(graph: LayerGraph) -> frozenset[str]:
    """The calls of idioms that have a box in a block; one that spans several blocks has none in either."""
    held: dict[str, list[frozenset[str]]] = defaultdict(list)
    if graph.idioms:
        for block in blocks_in(graph):
            inside = frozenset(node.id for node in leaves(block.body))
            for call in inside:
                held[call].append(inside)
    uses = [(found.calls, held[next(iter(found.calls), "")]) for found in graph.idioms]
    whole = (calls for calls, bodies in uses if any(set(calls) <= body for body in bodies))
    return frozenset(call for calls in whole for call in calls)


def shown_bodies(graph: LayerGraph) -> Mapping[str, LayerGraph]:
    """Per type, the labelled body that its panel draws: the most common one among the copies without a variant.

    Of equal calls that were read differently, the reading that has more of them in idioms holds for all: where a
    window is as large as its map, attention within windows looks like any.
    """
    usual: dict[str, list[LayerGraph]] = defaultdict(list)
    for block in blocks_in(graph):
        if not block.variant:
            usual[block.type].append(block.body)
    return {key: most_common_form(_best_read(found)) for key, found in usual.items()}


def _best_read(bodies: Sequence[LayerGraph]) -> list[LayerGraph]:
    """The bodies with most calls in idioms; of readings with about as many, those that most bodies have."""
    idioms = [[item for item in body.items() if isinstance(item, Idiom)] for body in bodies]
    words = [tuple(item.word for item in found) for found in idioms]
    read = [sum(1 for item in found for _ in item_leaves(item)) for found in idioms]
    good = [said for said, calls in zip(words, read, strict=True) if calls >= _ABOUT * max(read)]
    usual = max(dict.fromkeys(good), key=lambda said: (good.count(said), _most(said, words, read)))
    whole = _most(usual, words, read)
    return [body for body, *own in zip(bodies, words, read, strict=True) if own == [usual, whole]]


def _most(said: tuple[str, ...], words: Sequence[tuple[str, ...]], read: Sequence[int]) -> int:
    return max(calls for own, calls in zip(words, read, strict=True) if own == said)


_ABOUT = 0.8  # of the calls in idioms: a rearrangement more or less


def _places(graph: LayerGraph) -> Mapping[str, str]:
    """Types that stand at the model's inputs only (``first``), or give its outputs only (``last``).

    What gathers outputs without weights (a concatenation of several scales' boxes) changes nothing; what gives an
    output and goes on to further blocks is no end.
    """
    ends = set(graph.exit_names)
    for name in reversed(list(graph)):
        item = graph.item(name)
        if name in ends and _gathers(graph, item) and ends.issuperset(graph.succ[name]):
            ends.update(graph.pred[name])
    places: dict[str, set[str]] = defaultdict(set)
    for name, item in zip(graph, graph.items(), strict=True):
        if isinstance(item, Composite):
            if isinstance(item, Run) and not item.parallel:
                places[item.type].add("")  # one copy follows the other
                continue
            first = any(not graph.pred[source] for source in graph.pred[name])
            last = name in ends and all(after in ends and not _weighs(graph.item(after)) for after in graph.succ[name])
            places[item.type].add("last" if last else "first" if first else "")
    return {key: found.pop() for key, found in places.items() if len(found) == 1}


def _gathers(graph: LayerGraph, item: Item) -> bool:
    """Whether a call hands outputs on: the product of two towers, or their difference, is more than either gives."""
    return not _weighs(item) and (
        len(graph.pred[item.id]) < 2 or not isinstance(item, Node) or label_of(item) in ("concat", "add", "mean", None)
    )


def _weighs(item: Item) -> bool:
    """Whether an item is more than one call without weights."""
    return not isinstance(item, Node) or bool(item.layer.params)


def _main(bodies: list[LayerGraph], judge: Forms) -> LayerGraph:
    """The body whose form most copies have, the longer one of two, in its most common spelling."""
    numbers = [judge.number(body) for body in bodies]
    size = dict(zip(numbers, map(len, bodies), strict=True))
    usual = max(dict.fromkeys(numbers), key=lambda number: (numbers.count(number), size[number]))
    return most_common_form(_best_read([body for body, n in zip(bodies, numbers, strict=True) if n == usual]))


def _variants(main: LayerGraph, bodies: list[LayerGraph], judge: Forms, named: Set[str]) -> Variants:
    """Form and strides → what sets such copies apart from the main form (None for the main form itself).

    named : calls in idioms, whose boxes will say a word, and no letter for a kernel.
    """
    usual = judge.number(main), judge.strides(main)
    letters = setting_letters(main, bodies)
    lettered = {key.partition("\x00")[0] for key in letters.texts} if letters else set()
    hidden = any(node.id in named for name in lettered for node in item_leaves(main.item(name)))
    alike = letters.alike if letters and not hidden else (False,) * len(bodies)
    keys = [(judge.number(body), judge.strides(body)) for body in bodies]
    unlike = {key for key, one in zip(keys, alike, strict=True) if not one}
    found: dict[tuple[int, object], str | None] = {key: None for key in (usual, *keys) if key not in unlike}
    told: dict[object, str | None] = {}
    for row, (body, key) in enumerate(zip(bodies, keys, strict=True)):
        if key not in found and (worded := worded_form(body)) in told:
            found[key] = told[worded]
        elif key not in found:
            same = key[0] == usual[0]  # so that a row of units is but how it is drawn
            said = lettered if letters and letters.values[row] else frozenset[str]()
            words = (
                "" if key == usual else _words(*_without_letters(main, body, said), same) or _words(main, body, same)
            )
            if not same:
                if words.startswith(("no ", "with ")) and same_calls(main, body):
                    words = ""  # nothing is lacking, it only stands elsewhere
                taken = {text for other, text in found.items() if other[0] != key[0]}
                words = next(text for text in _tellings(words, main, body) if text and text not in taken)
            told[worded] = found[key] = words or None
    return found


def _without_letters(main: LayerGraph, body: LayerGraph, said: Set[str]) -> tuple[LayerGraph, LayerGraph]:
    """Two bodies with the usual windows in what bears a letter in the first, and in what stands for it."""
    if not said:
        return main, body
    pairs = difference(main, body).pairs
    return with_usual_windows(main, said), with_usual_windows(body, {pairs[name] for name in said if name in pairs})


def _words(main: LayerGraph, body: LayerGraph, same: bool) -> str:
    return describe_difference(_unrolled(main), _unrolled(body)) if same else describe_difference(main, body)


def _unrolled(body: LayerGraph) -> LayerGraph:
    """The body with the units of a row one by one."""
    rolled = any(isinstance(item, Run) and not item.type for item in body.items())
    return expand(body, lambda item: isinstance(item, Run) and not item.type) if rolled else body


def _tellings(words: str, main: LayerGraph, body: LayerGraph) -> Iterator[str]:
    """Ways to tell a form that is not isomorphic to the main one: two forms must not go by one name."""
    yield words
    if is_long(main, body) and words:
        yield f"{words}, {difference_in_numbers(main, body)}"
    wiring = ", ".join(wiring_words(main, body))
    wiring = wiring or ("" if words else "wired differently")
    yield f"{words}, {wiring}" if words and wiring else words or wiring
    for number in count(2):
        yield f"{words or wiring} ({number})"


def _labelled(graph: LayerGraph, variants: Mapping[str, Variants], prefix: str, judge: Forms) -> LayerGraph:
    stages = count(1)
    return with_items(
        graph, lambda item: _label_block(item, variants, f"{prefix}{next(stages)}", judge) if has_type(item) else item
    )


def _label_block(
    block: Composite, variants: Mapping[str, Variants], stage: str, judge: Forms, copy: str = ""
) -> Composite:
    """A block with its variant and stage; what is inside of it has stages of its own in each ``copy`` of a run."""
    if isinstance(block, Run):
        copies = count(1)
        body = with_items(
            block.body,
            lambda item: _label_block(item, variants, stage, judge, f".{next(copies)}") if has_type(item) else item,
        )
        return replace(block, body=body, stage=stage)
    assert isinstance(block, Block | Group)
    variant = variants[block.type][judge.number(block.body), judge.strides(block.body)]
    inside = _labelled(block.body, variants, f"{stage}{copy}.", judge)
    return replace(block, body=inside, variant=variant, stage=stage)
