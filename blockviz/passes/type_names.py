"""Names of block types: the user's, the literature's, the author's, what the block does, what its layers are called.

Names only name what structure has found. A name of the literature comes from a pattern in
``templates/blocks``, matched by subgraph isomorphism on the block's skeleton.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import chain

from blockviz.errors import UsageError, quoted
from blockviz.ir import BlockType, LayerGraph, Node, has_type, leaves
from blockviz.ops.families import joins
from blockviz.passes.fold_steps import STEP
from blockviz.passes.layer_words import layer_word
from blockviz.passes.part_names import named_by_parts
from blockviz.passes.plain_words import INCEPTION, what_it_does
from blockviz.passes.row_words import row_words
from blockviz.passes.type_evidence import Evidence, coinciding_idiom
from blockviz.passes.written_names import written_pattern
from blockviz.runtime.records import replace
from blockviz.structure.block_patterns import BlockPattern, match_form, match_pattern, pattern_of
from blockviz.structure.block_rows import inside_phrase, match_row, name_of_row
from blockviz.structure.canonical_form import body_form
from blockviz.structure.inner_blocks import inner_block
from blockviz.structure.marks import is_dilated
from blockviz.structure.relaxed_blocks import match_relaxed
from blockviz.structure.searched_cell import searched_cell

_SPEAKS = 8  # a form names the type if every eighth copy has it: what two of thirty have in addition is no name for all
_BY_WHAT_IT_DOES = "named by what it does; no pattern of the literature fits"


def name_types(
    types: Mapping[str, BlockType],
    bodies: Mapping[str, Sequence[LayerGraph]],
    mains: Mapping[str, LayerGraph],
    evidence: Evidence,
    letters: Mapping[str, str],
    rename: Mapping[str, str],
) -> dict[str, BlockType]:
    """Every type with its name, the name's source and the reason for it; names are unique in a model.

    ``evidence`` is what is known around the types; ``rename`` maps a type's letter or name to the user's name.

    Raises
    ------
    UsageError : ``rename`` has a type that the model lacks.
    """
    named = {key: _named(found, bodies[key], mains[key], evidence) for key, found in types.items()}
    for one in sorted(named, key=lambda one: named[one].level):  # what is inside is named first
        if named[one].reason == _BY_WHAT_IT_DOES:
            named[one] = named_by_parts(named[one], mains[one], named)
        if named[one].reason == _BY_WHAT_IT_DOES:
            named[one] = _by_wiring(named[one], bodies[one], mains[one], evidence)
    named = _made_unique(_told_around(named, mains))
    for old, new in rename.items():
        key = next((k for k, found in named.items() if old.lower() in (found.name.lower(), letters[k].lower())), None)
        if key is None:
            known = ", ".join(f"{letters[k]} ({found.name})" for k, found in named.items())
            raise UsageError(f"no block type {quoted(old)} to rename; there are {known or 'none'}")
        named[key] = replace(named[key], name=new, source="user", reason="renamed by the user")
    return named


def _named(found: BlockType, bodies: Sequence[LayerGraph], main: LayerGraph, evidence: Evidence) -> BlockType:
    """A type's name: the literature's, an idiom's, its composite's class, or what it does."""
    if found.name:
        return found
    pattern = _pattern(found, bodies, main, evidence)
    if pattern is not None and pattern.decodes and "decoder" in evidence.classes.get(found.key, "").lower():
        pattern = pattern_of(pattern.decodes)
    if pattern is not None:
        return _after(found, pattern)
    if (idiom := coinciding_idiom(bodies, evidence.idioms)) is not None:
        return replace(
            found, name=idiom.word, source="template", reason=f"each copy is the idiom {idiom.word}",
            references=idiom.references,
        )  # fmt: skip
    if written := evidence.classes.get(found.key, ""):
        return replace(found, name=written, source="layer names", reason=f"what the code's class {written} calls")
    if called := evidence.nested.get(found.key, ""):
        return replace(found, name=called, source="layer names", reason="each copy is a call of the model of that name")
    if found.key.startswith(STEP):
        return replace(found, name="Recurrent step", reason="a loop over time, spelled out step by step")
    return _otherwise(found, bodies, main, evidence)


def _otherwise(found: BlockType, bodies: Sequence[LayerGraph], main: LayerGraph, evidence: Evidence) -> BlockType:
    """The name of a type that nobody has a word for as it stands: of what it is almost, of its layers, of its row."""
    place = evidence.places.get(found.key, "")
    if word := _row_word(found, place):
        return replace(found, name=word, reason="a row of layers that occurs once")
    if word := searched_cell(_usual(main, bodies)):
        return replace(
            found, name=word, source="template", reason="sums of two operations on two inputs are concatenated",
            references=("zoph2018nasnet",),
        )  # fmt: skip
    if (relaxed := _relaxed(found, bodies, main, evidence)) is not None:
        return relaxed
    if (said := written_pattern(bodies, evidence.flat)) is not None:
        return replace(
            _after(found, said), source="layer names", reason=f"its layers' names say the pattern {said.key}"
        )
    if word := layer_word(bodies):
        return replace(found, name=word, source="layer names", reason="what the names of its layers share")
    if row := match_row(_usual(main, bodies), evidence.idioms, evidence.streams(_usual(main, bodies))):
        return _after_row(found, row)
    if (pattern := _pattern(found, bodies, main, evidence, wide=1)) is not None:
        return _with_inner(_after(found, pattern), bodies, main, evidence)
    if (relaxed := _relaxed(found, bodies, main, evidence, wide=1)) is not None:
        return _with_inner(relaxed, bodies, main, evidence)
    name = what_it_does(main, "Head" if place == "last" else "Block")
    return replace(found, name=name, reason=_BY_WHAT_IT_DOES)


def _by_wiring(found: BlockType, bodies: Sequence[LayerGraph], main: LayerGraph, evidence: Evidence) -> BlockType:
    """The name of a type of which no part has one: of how it joins tensors, else of its layers in a row."""
    if found.name.startswith(INCEPTION):
        return replace(
            found, source="template", reason="ways of different kernels from one tensor are concatenated",
            references=("szegedy2015going",),
        )  # fmt: skip
    pattern = _pattern(found, bodies, main, evidence, wide=2)
    if found.name.startswith("Residual block") and (pattern is None or "Residual" not in pattern.name):
        pattern = pattern_of("residual-any")  # a tensor passes by as it is, on whichever way
    if pattern is not None:
        return _with_inner(_after(found, pattern), bodies, main, evidence)
    if (relaxed := _relaxed(found, bodies, main, evidence, wide=2)) is not None:
        return _with_inner(relaxed, bodies, main, evidence)
    if words := row_words(_usual(main, bodies), evidence.idioms):
        return replace(found, name=words, source="template", reason="named by its layers, one after the other")
    return _with_inner(found, bodies, main, evidence)


def _with_inner(found: BlockType, bodies: Sequence[LayerGraph], main: LayerGraph, evidence: Evidence) -> BlockType:
    """A type whose name says little, with the block of the literature that stands in it."""
    inner = inner_block(_usual(main, bodies), evidence.idioms)
    if inner is None or inner.name == found.name or " with " in inner.name:
        return found
    name = f"{found.name} {'and' if ' with ' in found.name else 'with'} {inside_phrase(inner.name)}"
    return replace(
        found, name=name, source="template", reason=f"a part of it has what defines the pattern {inner.key}",
        references=inner.references,
    )  # fmt: skip


def _after(found: BlockType, pattern: BlockPattern) -> BlockType:
    return replace(
        found, name=pattern.name, source="template", reason=f"it has what defines the pattern {pattern.key}",
        references=pattern.references,
    )  # fmt: skip


def _relaxed(
    found: BlockType, bodies: Sequence[LayerGraph], main: LayerGraph, evidence: Evidence, *, wide: int = 0
) -> BlockType | None:
    """A type that is a block of the literature but for a spelling or an addition, which its name tells."""
    skips = found.key in evidence.skipping
    usual = _usual(main, bodies)
    streams = evidence.streams(usual)
    around = evidence.around([main], bodies)
    matched = match_relaxed(usual, skips=skips, wide=wide, idioms=evidence.idioms, streams=streams, around=around)
    if matched is None:
        return None
    pattern, added = matched
    named = _after(found, pattern)
    return replace(named, name=f"{pattern.name} with {added}") if added else named


def _after_row(found: BlockType, row: Sequence[BlockPattern]) -> BlockType:
    keys = dict.fromkeys(pattern.key for pattern in row)
    papers = tuple(dict.fromkeys(paper for pattern in row for paper in pattern.references))
    return replace(
        found, name=name_of_row(row), source="template", references=papers,
        reason=f"one after the other it has what defines {' and '.join(keys)}",
    )  # fmt: skip


def _pattern(
    found: BlockType, bodies: Sequence[LayerGraph], main: LayerGraph, evidence: Evidence, *, wide: int = 0
) -> BlockPattern | None:
    """The literature's name for a type: its graph, else the steps that define it. ``wide``: one that says little."""
    usual, counts = _usual(main, bodies), Counter(map(body_form, bodies))
    forms = {body_form(usual): usual}
    for body in () if wide else bodies:
        if counts[body_form(body)] * _SPEAKS >= len(bodies):
            forms.setdefault(body_form(body), body)  # one copy speaks for its equals
    skips, last = found.key in evidence.skipping, evidence.places.get(found.key) == "last"
    own, around = evidence.own, evidence.around(list(forms.values()), bodies)
    exact = () if wide else (match_pattern(body, skips=skips, own=own, around=around) for body in forms.values())
    loose = (
        match_form(body, skips=skips, last=last, wide=wide, own=own, idioms=evidence.idioms, around=around)
        for body in forms.values()
    )
    one = next(filter(None, chain(exact, loose)), None)
    if one is None or not one.family:
        return one
    kin = [other for body in forms.values() if (other := match_form(body)) and other.family == one.family]
    if {other.key for other in kin} <= {one.key}:
        return one
    papers = dict.fromkeys(paper for other in (one, *kin) for paper in other.references)
    return replace(one, name=one.family, references=tuple(papers))


def _usual(main: LayerGraph, bodies: Sequence[LayerGraph]) -> LayerGraph:
    """The main form, from a copy that is dilated if most copies are: the first of a row has the rate 1."""
    form = body_form(main)
    same = [body for body in bodies if body_form(body) == form]
    dilated = [body for body in same if any(is_dilated(node) for node in leaves(body))]
    return dilated[0] if 2 * len(dilated) > len(same) else main


def _row_word(found: BlockType, place: str) -> str:
    """Stem for the row at the input, head for the row at an output; empty for one in the middle, and what is no row.

    A row is a chain: what joins the scales between backbone and heads, a neck, is none.
    """
    return {"first": "Stem", "last": "Head"}.get(place, "") if found.key.startswith("row") else ""


def _told_around(named: dict[str, BlockType], mains: Mapping[str, LayerGraph]) -> dict[str, BlockType]:
    """A type that has the name of the only block in it, and joins a skip before it, says so."""
    out = dict(named)
    for key, found in named.items():
        inner = [item for item in mains[key].items() if has_type(item)]
        beside = [item for item in mains[key].items() if not has_type(item)]
        joined = all(isinstance(item, Node) and joins(item) for item in beside)
        if len(inner) == 1 and beside and joined and named[inner[0].type].name == found.name:
            out[key] = replace(found, name=f"{found.name} with skip")
    return out


def _made_unique(named: dict[str, BlockType]) -> dict[str, BlockType]:
    counts = Counter(found.name for found in named.values())
    seen: Counter[str] = Counter()
    out = {}
    for key, found in named.items():
        seen[found.name] += 1
        suffix = f" {seen[found.name]}" if counts[found.name] > 1 else ""
        out[key] = replace(found, name=found.name + suffix)
    return out
