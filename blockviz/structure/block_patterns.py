"""The blocks of the literature as data: read from ``templates/blocks`` and matched by isomorphism.

A pattern is one or more graphs in a small notation, chains joined by semicolons::

    in > a=conv:1 > b=conv:k > c=conv:1 > s=add; in > s

``name=label`` introduces a node, a bare name refers to it, ``in`` (``in1``, ``in2`` …) is what enters.
Labels are those of the skeleton, ``|`` means or; ``conv:1`` is a convolution with a kernel of ones,
``conv:k`` one with a larger kernel, ``conv:o`` and ``conv:w`` the same along one axis only, ``conv`` any; a ``g`` or
``d`` before them asks for groups or dilation. ``conv:k{2,4}`` stands two to four times in a row. ``anyattn`` is
attention of any kind (see `skeleton`), ``attn`` what is none of the kinds with a name of their own.
``blocks`` are nested blocks of one type, however many.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache, lru_cache
from itertools import islice, pairwise
from typing import Any, TypeAlias

import networkx as nx
from networkx.algorithms.isomorphism import DiGraphMatcher

from blockviz.ir import LayerGraph, holds_blocks, leaves
from blockviz.ops.families import WEIGHTY, family
from blockviz.runtime.data_files import pattern_tables
from blockviz.runtime.records import dataclass
from blockviz.structure.block_forms import fits_form, kinds_fit, parse_form
from blockviz.structure.labels import fits
from blockviz.structure.series_steps import Step, step_lines
from blockviz.structure.skeleton import module_skeleton, skeleton, starts_with_norm

_Facts: TypeAlias = tuple[bool, bool, bool, bool, bool, bool]
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
    ``last``: what it gives are outputs of the model. ``wide``: it says little, and goes behind an author's words.
    ``decodes``: key of the pattern that the block is if the author's code calls it a decoder, the mask being unknown.
    ``forms``: in the notation of `block_forms`, what defines the block where no graph is isomorphic; ``far``: forms
    that look like them and don't bear the name.
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
    wide: bool = False
    decodes: str = ""
    forms: tuple[str, ...] = ()
    far: tuple[str, ...] = ()

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
    graphs = tuple([(text, _size(text)) for written in entry.get("graphs", ()) for text in repeated(written)])
    said = {name: entry[name] for name in _SAID if name in entry}
    if "near" in said:
        said["near"] = repeated(said["near"])[0]
    said.update({name: tuple(entry[name]) for name in ("forms", "far") if name in entry})
    return BlockPattern(key, str(entry["name"]), tuple(entry.get("references", ())), graphs, **said)


_SAID = (
    "preactivation", "near", "expands", "skips", "timeless", "unbiased", "plain", "itself", "last", "wide", "decodes",
)  # fmt: skip
#: What the table of a block may have beside its lists.
BLOCK_KEYS = ("name", *_SAID)


def repeated(text: str) -> list[str]:
    """A graph whose nodes may repeat, ``a=conv:k{2,4}``, as one graph for each number; a bare name is the last."""
    found = re.search(r"(\w+)=([^\s>;{]+)\{(\d+),(\d+)\}", text)
    if found is None:
        return [text]
    name, label, least, most = found[1], found[2], int(found[3]), int(found[4])
    out = []
    for count in range(least, most + 1):
        row = " > ".join([f"{name}_{number}={label}" for number in range(1, count)] + [f"{name}={label}"])
        out += repeated(text[: found.start()] + row + text[found.end() :])
    return out


def match_pattern(
    body: LayerGraph, *, skips: bool = False, own: tuple[BlockPattern, ...] = ()
) -> BlockPattern | None:
    """The first pattern whose graph is isomorphic to the body's skeleton, nested blocks opened or else whole.

    ``skips`` : whether a tensor of the body is read by a decoder. ``own`` : patterns of the user, which go first.
    """
    facts = _facts(body, skips)
    weighty = (node for node in leaves(body) if family(node.op) in WEIGHTY)
    most = max([_largest(), *[nodes for pattern in own for _, (nodes, _) in pattern.graphs]])
    small = next(islice(weighty, most, None), None) is None  # each has a node in the skeleton
    found = _matched(_rows(skeleton(body)), facts, own) if small else None
    if found is None and len(body) <= _LONGEST and any(holds_blocks(item) for item in body.items()):
        found = _matched(_rows(module_skeleton(body)), facts, own)
    return None if found is not None and not _suits(found, body) else found


def match_form(
    body: LayerGraph, *, skips: bool = False, last: bool = False, wide: bool = False,
    own: tuple[BlockPattern, ...] = (),
) -> BlockPattern | None:  # fmt: skip
    """The first pattern one of whose forms the body has: what defines it, where no graph is isomorphic.

    ``skips``, ``own`` : as for `match_pattern`. ``last`` : whether the body gives outputs of the model only.
    ``wide`` : of the patterns that say least, else of all others.
    """
    graph = skeleton(body)
    kinds = frozenset([graph.nodes[name]["label"].partition(":")[0] for name in graph]) - {"in"}
    looks_up = kinds <= _JOINS and any(family(node.op) == "embed" for node in leaves(body))
    kinds = frozenset(["embed"]) if looks_up else kinds
    patterns = [pattern for pattern in (*own, *block_patterns()) if pattern.wide == wide]
    asked = [pattern for pattern in patterns if any(kinds_fit(kinds, text) for text in pattern.forms)]
    if not asked or not kinds:
        return None
    lines = [(Step("embed"),)] if looks_up else list(step_lines(graph))
    facts = _facts(body, skips, last and not any(node.op == "InputLayer" for node in leaves(body)))
    found = (p for p in asked if _allows(p, facts) and any(fits_form(line, t) for t in p.forms for line in lines))
    return next((pattern for pattern in found if _suits(pattern, body)), None)


def _suits(pattern: BlockPattern, body: LayerGraph) -> bool:
    """Whether no convolution is causal, and attention reads one tensor only, where a pattern asks for that."""
    marks = [marks for _, marks in skeleton(body).nodes("marks", ())] if pattern.itself else []
    return not (pattern.timeless and _is_causal(body)) and not any("cross" in found for found in marks)


def _allows(pattern: BlockPattern, facts: _Facts) -> bool:
    """Whether the facts of a body (see `_facts`) are as a pattern asks."""
    preactivated, expands, skips, unbiased, plain, last = facts
    return (
        pattern.preactivation in (None, preactivated) and pattern.expands <= expands and pattern.skips <= skips
        and pattern.unbiased <= unbiased and pattern.plain <= plain and pattern.last <= last
    )  # fmt: skip


def _is_causal(body: LayerGraph) -> bool:
    """Whether a convolution sees no later step: by its padding, or by zeros in front only."""
    return any(
        node.config.get("padding") == "causal"
        or (family(node.op) == "pad" and len(node.inputs[0]) == 3 and node.config.get("padding") != [1, 1])
        for node in leaves(body)
    )


def name_of_graph(
    graph: nx.DiGraph[str], *, preactivated: bool = False, expands: bool = False, skips: bool = False,
    unbiased: bool = True, plain: bool = True,
) -> BlockPattern | None:  # fmt: skip
    """The first pattern that is isomorphic to a skeleton, given what else a pattern may ask for."""
    return _matched(_rows(graph), (preactivated, expands, skips, unbiased, plain, False))


def _expands(body: LayerGraph) -> bool:
    """Whether the first convolution gives more channels than it reads."""
    first = next((node for node in leaves(body) if family(node.op) == "conv"), None)
    if first is None or not first.inputs or not first.inputs[0]:
        return False
    before, after = first.inputs[0][-1], first.config.get("filters")
    return isinstance(before, int) and isinstance(after, int) and after > before


def _facts(body: LayerGraph, skips: bool, last: bool = False) -> _Facts:
    """What patterns may ask of a body beside its steps, in the order of `_allows`."""
    plain = not any(family(node.op) == "norm" for node in leaves(body))
    return starts_with_norm(body), _expands(body), skips, not _has_biases(body), plain, last


def _has_biases(body: LayerGraph) -> bool:
    return any(family(node.op) == "dense" and node.config.get("use_bias", True) for node in leaves(body))


def _rows(graph: nx.DiGraph[str]) -> tuple[tuple[str, tuple[int, ...]], ...]:
    at = {name: place for place, name in enumerate(graph)}
    return tuple([(str(label), tuple([at[to] for to in graph.pred[name]])) for name, label in graph.nodes("label")])


@cache
def _largest() -> int:
    """Nodes of the largest pattern."""
    return max(nodes for pattern in block_patterns() for _, (nodes, _) in pattern.graphs)


@lru_cache(maxsize=4096)
def _matched(
    rows: tuple[tuple[str, tuple[int, ...]], ...], facts: _Facts, own: tuple[BlockPattern, ...] = ()
) -> BlockPattern | None:
    """The pattern of a skeleton given as rows of a label and the rows that are read: most copies have equal ones.

    facts : see `_facts`.
    """
    size = len(rows), sum([len(sources) for _, sources in rows])
    kinds = sorted([label.partition(":")[0] for label, _ in rows])
    graph: nx.DiGraph[int] | None = None  # few skeletons have a pattern's size and kinds
    for pattern in (*own, *block_patterns()):
        if not _allows(pattern, facts):
            continue
        for text, wanted in pattern.graphs:
            if size != wanted or _kinds(text) not in (None, kinds):
                continue
            graph = graph or _graph_of(rows)
            if DiGraphMatcher(graph, parse_pattern(text), node_match=_fits_node).is_isomorphic():
                return pattern
    return None


def _graph_of(rows: tuple[tuple[str, tuple[int, ...]], ...]) -> nx.DiGraph[int]:
    graph: nx.DiGraph[int] = nx.DiGraph()
    graph.add_nodes_from((place, {"label": label}) for place, (label, _) in enumerate(rows))
    graph.add_edges_from((source, place) for place, (_, sources) in enumerate(rows) for source in sources)
    return graph


@cache
def _kinds(text: str) -> list[str] | None:
    """What kinds of nodes a pattern has, kernels and flags apart, sorted; None for one that leaves a choice."""
    labels = [str(label) for _, label in parse_pattern(text).nodes("label")]
    if any("|" in label or label == "anyattn" for label in labels):
        return None
    return sorted(re.sub(r"^[dg]*(?=(conv|tconv|sep|pool)\b)", "", label.partition(":")[0]) for label in labels)


def _size(text: str) -> tuple[int, int]:
    """Numbers of nodes and edges of a graph in the notation."""
    names: set[str] = set()
    edges: set[tuple[str, str]] = set()
    for chain in text.split(";"):
        nodes = [token.partition("=")[0].strip() for token in chain.split(">")]
        names.update(nodes)
        edges.update(pairwise(nodes))
    return len(names), len(edges)


def notation_of(graph: nx.DiGraph[str]) -> str:
    """A skeleton in the notation of this module."""
    entries = [name for name, data in graph.nodes(data=True) if data["label"] == "in"]
    names = {name: "in" if place == 0 else f"in{place + 1}" for place, name in enumerate(entries)}
    chains: list[list[str]] = []
    at = {name: place for place, name in enumerate(graph)}
    for name in nx.lexicographical_topological_sort(graph, key=at.__getitem__):
        if name in names:
            continue
        names[name] = f"n{len(names) - len(entries) + 1}"
        introduced = f"{names[name]}={_wanted(str(graph.nodes[name]['label']))}"
        for number, source in enumerate(graph.pred[name]):
            token = names[name] if number else introduced
            if chains and chains[-1][-1].partition("=")[0] == names[source]:
                chains[-1].append(token)
            else:
                chains.append([names[source], token])
    return "; ".join([" > ".join(chain) for chain in chains])


def _wanted(label: str) -> str:
    """The label in a pattern that a label of a skeleton fits: flags stand in front there."""
    found = re.fullmatch(r"(conv|tconv|sep):([\dxNone]*)([dg]*)", label)
    return f"{found[3]}{found[1]}:{found[2]}" if found else label


@cache
def parse_pattern(text: str) -> nx.DiGraph[str]:
    """A graph from the notation of this module.

    Raises
    ------
    ValueError : a name is used before it is introduced.
    """
    graph: nx.DiGraph[str] = nx.DiGraph()
    for chain in text.split(";"):
        before: str | None = None
        for token in chain.split(">"):
            name, _, label = token.strip().partition("=")
            if re.fullmatch(r"in\d*", name):
                graph.add_node(name, label="in")
            elif label:
                graph.add_node(name, label=label)
            elif name not in graph:
                raise ValueError(f"pattern {text!r} uses {name!r} before it is introduced, as in a=conv:k")
            if before is not None:
                graph.add_edge(before, name)
            before = name
    return graph


def _fits_node(actual: dict[str, str], wanted: dict[str, str]) -> bool:
    return any(fits(actual["label"], choice) for choice in wanted["label"].split("|"))
