"""The blocks of the literature as data: read from ``templates/blocks`` and matched by isomorphism.

A pattern is one or more graphs in a small notation, chains joined by semicolons::

    in > a=conv:1 > b=conv:k > c=conv:1 > s=add; in > s

``name=label`` introduces a node, a bare name refers to it, ``in`` (``in1``, ``in2`` …) is what enters.
Labels are those of the skeleton, ``|`` means or; ``conv:1`` is a convolution with a kernel of ones,
``conv:k`` one with a larger kernel, ``conv:o`` and ``conv:w`` the same along one axis only, ``conv`` any; a ``g`` or
``d`` before them asks for groups or dilation; ``conv:l`` has a larger kernel along one of several axes.
``conv:k{2,4}`` stands two to four times in a row, ``dense.gate`` asks for a mark (see `graph_notation`). ``anyattn`` is
attention of any kind (see `skeleton`), ``attn`` what is none of the kinds with a name of their own.
``blocks`` are nested blocks of one type, however many.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache, lru_cache
from itertools import islice
from typing import Any, TypeAlias

import networkx as nx
from networkx.algorithms.isomorphism import DiGraphMatcher

from blockviz.ir import LayerGraph, Occurrence, holds_blocks, leaves
from blockviz.ops.families import WEIGHTY, family, is_depthwise
from blockviz.runtime.data_files import pattern_tables
from blockviz.runtime.records import dataclass
from blockviz.structure.block_forms import allows_kinds, fits_form, form_needs, form_words, parse_form
from blockviz.structure.graph_notation import Rows, fits_node, graph_of, parse_pattern, repeated, rows_of, size_of
from blockviz.structure.idiom_steps import with_idioms
from blockviz.structure.labels import has_marks, kind_of
from blockviz.structure.marks import widths_of
from blockviz.structure.series_steps import Step, step_lines
from blockviz.structure.skeleton import module_skeleton, skeleton, starts_with_norm
from blockviz.structure.traits import is_causal, traits_of

Facts: TypeAlias = tuple[bool, bool, bool, bool, bool, bool]
_JOINS = frozenset({"add", "concat", "mul", "join"})
_LONGEST = 48  # positions of a module that is compared with patterns


@dataclass(frozen=True, slots=True, eq=False)
class BlockPattern:
    """A named block: its graphs, the papers it is from, and whether it is normalised before it convolves.

    ``graphs`` are in the notation, each with its numbers of nodes and edges: few are ever made into a graph.
    ``near`` is a graph that looks like them and doesn't bear the name. ``expands``: the first
    convolution gives more channels than it reads. ``skips``: a tensor leaves to where a decoder upsamples.
    ``timeless``: no convolution is causal. ``unbiased``: no dense layer has a bias. ``plain``: nothing is normalised.
    ``itself``: attention reads keys and values of the tensor that its queries are of.
    ``last``: what it gives are outputs of the model. ``wide``: it says little, and goes behind an author's words;
    2: it only says how tensors are joined, and goes behind the names of the blocks inside, too.
    ``family``: the name of blocks of several kinds that take turns, of which this is one. ``asks``: what else must be
    so, or not (``!sumless``): see `traits`.
    ``decodes``: key of the pattern that the block is if the author's code calls it a decoder, the mask being unknown.
    ``forms``: in the notation of `block_forms`, what defines the block where no graph is isomorphic; ``far``: forms
    that look like them and don't bear the name. ``kinds``: the words of each form and the kinds of calls that it needs,
    worked out when the data are made.
    """

    key: str
    name: str
    references: tuple[str, ...]
    graphs: tuple[tuple[str, tuple[int, int]], ...]
    preactivation: bool | None = None
    near: str = ""
    expands: bool = False
    skips: bool = False
    timeless: bool = False
    unbiased: bool = False
    plain: bool = False
    itself: bool = False
    last: bool = False
    wide: int = 0
    decodes: str = ""
    family: str = ""
    asks: tuple[str, ...] = ()
    forms: tuple[str, ...] = ()
    far: tuple[str, ...] = ()
    kinds: tuple[tuple[frozenset[str], frozenset[str]], ...] = ()

    @property
    def nested(self) -> bool:
        """Whether the pattern is a module of blocks, which are drawn as boxes in it."""
        return any("=blocks" in text for text, _ in self.graphs)


def pattern_of(key: str) -> BlockPattern:
    """The pattern with this key. Raises StopIteration where there is none."""
    return next(pattern for pattern in block_patterns() if pattern.key == key)


@cache
def block_patterns() -> tuple[BlockPattern, ...]:
    """All patterns, in the order of their files: special ones stand before general ones."""
    return tuple([_pattern(key, entry) for key, entry in pattern_tables()["blocks"].items()])


def block_pattern(key: str, entry: Mapping[str, Any]) -> BlockPattern:
    """A pattern from its table in a TOML file. Raises ValueError, KeyError or TypeError for what is none."""
    found = _pattern(key, entry)
    for text, _ in found.graphs:
        parse_pattern(text)
    for form in (*found.forms, *found.far):
        parse_form(form)
    return found


def _pattern(key: str, entry: Mapping[str, Any]) -> BlockPattern:
    graphs = tuple([(text, size_of(text)) for written in entry.get("graphs", ()) for text in repeated(written)])
    said = {name: entry[name] for name in _SAID if name in entry}
    if "near" in said:
        said["near"] = repeated(said["near"])[0]
    said.update({name: tuple(entry[name]) for name in ("forms", "far") if name in entry})
    said["asks"] = tuple(str(entry.get("asks", "")).split())
    told = [(frozenset(words.split()), frozenset(needs.split())) for words, needs in entry.get("kinds", ())]
    said["kinds"] = tuple(told or [(form_words(text), form_needs(text)) for text in said.get("forms", ())])
    return BlockPattern(key, str(entry["name"]), tuple(entry.get("references", ())), graphs, **said)


_SAID = (
    "preactivation", "near", "expands", "skips", "timeless", "unbiased", "plain", "itself", "last", "wide", "decodes",
    "family",
)  # fmt: skip
#: What the table of a block may have beside its lists.
BLOCK_KEYS = ("name", "asks", *_SAID)


def match_pattern(
    body: LayerGraph, *, skips: bool = False, own: tuple[BlockPattern, ...] = (), around: frozenset[str] = frozenset()
) -> BlockPattern | None:
    """The first pattern whose graph is isomorphic to the body's skeleton, nested blocks opened or else whole.

    ``skips`` : whether a tensor of the body is read by a decoder. ``own`` : patterns of the user, which go first.
    ``around`` : what patterns may ask of the other copies and the network (see `traits`).
    """
    facts = facts_of(body, skips)
    weighty = (node for node in leaves(body) if family(node.op) in WEIGHTY)
    most = max([_largest(), *[nodes for pattern in own for _, (nodes, _) in pattern.graphs]])
    small = next(islice(weighty, most, None), None) is None  # each has a node in the skeleton
    found = name_of_rows(rows_of(skeleton(body)), facts, own) if small else None
    if found is None and len(body) <= _LONGEST and any(holds_blocks(item) for item in body.items()):
        found = name_of_rows(rows_of(module_skeleton(body)), facts, own)
    return None if found is not None and not suits(found, body, around) else found


def match_form(
    body: LayerGraph, *, skips: bool = False, last: bool = False, wide: int = 0,
    own: tuple[BlockPattern, ...] = (), idioms: tuple[Occurrence, ...] = (), around: frozenset[str] = frozenset(),
) -> BlockPattern | None:  # fmt: skip
    """The first pattern one of whose forms the body has: what defines it, where no graph is isomorphic.

    ``skips``, ``own``, ``around`` : as for `match_pattern`. ``last`` : whether the body gives outputs of the model
    only. ``wide`` : of the patterns that say as little as that. ``idioms`` : with those in the body as single steps
    it may be what it isn't without.
    """
    facts = facts_of(body, skips, last and not any(node.op == "InputLayer" for node in leaves(body)))
    plain = skeleton(body)
    graphs = [plain] if (spoken := with_idioms(plain, body, idioms)) is None else [spoken, plain]
    asked = own if not wide else ()
    found = (name_of_line(graph, body, facts, asked, wide, around) for graph in graphs)
    return next((pattern for pattern in found if pattern is not None), None)


def name_of_line(
    graph: nx.DiGraph[str], body: LayerGraph, facts: Facts, own: tuple[BlockPattern, ...] = (), wide: int = 0,
    around: frozenset[str] = frozenset(),
) -> BlockPattern | None:  # fmt: skip
    """The first pattern that one of the lines of a skeleton has a form of."""
    kinds = frozenset([graph.nodes[name]["label"].partition(":")[0] for name in graph]) - {"in"}
    looks_up = kinds <= _JOINS and any(family(node.op) == "embed" for node in leaves(body))
    kinds = frozenset(["embed"]) if looks_up else kinds
    asked = (*forms_for(kinds, own, wide), *forms_for(kinds, None, wide)) if kinds else ()
    if not asked:
        return None
    lines = [(Step("embed"),)] if looks_up else list(step_lines(graph))
    found = (p for p, forms in asked if _allows(p, facts) and any(fits_form(line, t) for t in forms for line in lines))
    return next((pattern for pattern in found if suits(pattern, body, around)), None)


@lru_cache(maxsize=4096)
def forms_for(
    kinds: frozenset[str], own: tuple[BlockPattern, ...] | None, wide: int
) -> tuple[tuple[BlockPattern, tuple[str, ...]], ...]:
    """The patterns with those of their forms that have a word for each kind of call: few, for most kinds of blocks."""
    patterns = own if own is not None else [pattern for pattern in block_patterns() if pattern.wide == wide]
    found = [(pattern, _for_kinds(pattern, kinds)) for pattern in patterns]
    return tuple([(pattern, forms) for pattern, forms in found if forms])


def _for_kinds(pattern: BlockPattern, kinds: frozenset[str]) -> tuple[str, ...]:
    forms = zip(pattern.forms, pattern.kinds, strict=True)
    return tuple([text for text, (words, needs) in forms if needs <= kinds and allows_kinds(words, kinds)])


def suits(pattern: BlockPattern, body: LayerGraph, around: frozenset[str] = frozenset()) -> bool:
    """Whether what a pattern asks beside its steps is so: of norms, of time, of what attention reads."""
    if pattern.asks and not has_marks(traits_of(body) | around, pattern.asks):
        return False
    marks = [marks for _, marks in skeleton(body).nodes("marks", ())] if pattern.itself else []
    return not (pattern.timeless and is_causal(body)) and not any("cross" in found for found in marks)


def _allows(pattern: BlockPattern, facts: Facts) -> bool:
    """Whether the facts of a body (see `facts_of`) are as a pattern asks."""
    preactivated, expands, skips, unbiased, plain, last = facts
    return (
        pattern.preactivation in (None, preactivated) and pattern.expands <= expands and pattern.skips <= skips
        and pattern.unbiased <= unbiased and pattern.plain <= plain and pattern.last <= last
    )  # fmt: skip


def name_of_graph(
    graph: nx.DiGraph[str], *, preactivated: bool = False, expands: bool = False, skips: bool = False,
    unbiased: bool = True, plain: bool = True,
) -> BlockPattern | None:  # fmt: skip
    """The first pattern that is isomorphic to a skeleton, given what else a pattern may ask for."""
    return name_of_rows(rows_of(graph), (preactivated, expands, skips, unbiased, plain, False))


def _expands(body: LayerGraph) -> bool:
    """Whether the first convolution or dense layer, depthwise ones apart, gives more channels than it reads."""
    weighty = (node for node in leaves(body) if family(node.op) in ("conv", "dense"))
    first = next((node for node in weighty if not is_depthwise(node)), None)
    if first is None:
        return False
    before, after = widths_of(first)
    return before is not None and after is not None and after > before


def facts_of(body: LayerGraph, skips: bool, last: bool = False) -> Facts:
    """What patterns may ask of a body beside its steps, in the order of `_allows`."""
    plain = not any(family(node.op) == "norm" for node in leaves(body))
    return starts_with_norm(body), _expands(body), skips, not _has_biases(body), plain, last


def _has_biases(body: LayerGraph) -> bool:
    return any(family(node.op) == "dense" and node.config.get("use_bias", True) for node in leaves(body))


@cache
def _largest() -> int:
    """Nodes of the largest pattern."""
    return max(nodes for pattern in block_patterns() for _, (nodes, _) in pattern.graphs)


@lru_cache(maxsize=4096)
def name_of_rows(rows: Rows, facts: Facts, own: tuple[BlockPattern, ...] = ()) -> BlockPattern | None:
    """The pattern of a skeleton given as rows of a label and the rows that are read: most copies have equal ones.

    facts : see `facts_of`.
    """
    size = len(rows), sum([len(sources) for _, sources in rows])
    kinds = sorted([kind_of(label) for label, _ in rows])
    graph: nx.DiGraph[int] | None = None  # few skeletons have a pattern's size and kinds
    for pattern in (*own, *block_patterns()):
        if not _allows(pattern, facts):
            continue
        for text, wanted in pattern.graphs:
            if size != wanted or _kinds(text) not in (None, kinds):
                continue
            graph = graph or graph_of(rows)
            if DiGraphMatcher(graph, parse_pattern(text), node_match=fits_node).is_isomorphic():
                return pattern
    return None


@cache
def _kinds(text: str) -> list[str] | None:
    """What kinds of nodes a pattern has, kernels and flags apart, sorted; None for one that leaves a choice."""
    labels = [str(label) for _, label in parse_pattern(text).nodes("label")]
    if any("|" in label or kind_of(label) == "anyattn" for label in labels):
        return None
    return sorted(kind_of(label) for label in labels)
