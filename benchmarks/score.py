"""Score found blocks against the stages that a network's own paper draws.

``found`` is a list of entries ``{"type", "instances", "variant_of"?, "stage"?, "level"?, "runs"?}``;
an instance is a list of layer names, a run a list of indices into the instances. ``truth`` is a file
of tests/papers. Names in its ``ambiguous_layers`` and ``non_layer_ops`` are ignored on both sides.

Scored are the stages with at least two repeats that are not marked optional or loose. Candidates for a
stage: each entry, each run, the union of the entries of one type, of a type and its variants, of one
(stage, level), and pairs "one variant + (n-1)" of linked entries. An instance is relevant to a stage if
at least half of its layers belong to it. Then
  F1     2 * matched / (truth + relevant), matched one to one at Jaccard >= 0.8, best candidate counts
  count  some candidate holds exactly n instances in all and they pair off with the truth at >= 0.5
Where the truth has alternative readings, ``best`` is the one with the highest mean F1, then count.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Any

Instances = list[frozenset[str]]


@dataclass(frozen=True)
class Row:
    """A stage of the truth, how well it was found, and by which candidate."""

    stage: str
    repeats: int
    f1: float
    count: bool
    found_by: str


@dataclass(frozen=True)
class Score:
    """The rows of one reading of one network."""

    reading: str
    rows: tuple[Row, ...]

    @property
    def f1(self) -> float:
        return sum(row.f1 for row in self.rows) / len(self.rows)

    @property
    def count(self) -> float:
        return sum(row.count for row in self.rows) / len(self.rows)


def score(truth: Mapping[str, Any], found: Sequence[Mapping[str, Any]]) -> tuple[Score | None, Score | None]:
    """The paper's own reading and the best one; None where no stage is scored."""
    ignore = {*truth.get("ambiguous_layers", ()), *truth.get("non_layer_ops", ())}
    candidates = list(_candidates(found, ignore))
    readings = [("", truth["stages"]), *((each["reading"], each["stages"]) for each in truth.get("alternatives", ()))]
    scores = []
    for title, stages in readings:
        rows = tuple(_row(stage, candidates, ignore) for stage in stages if _scored(stage))
        scores.append(Score(title, rows) if rows else None)
    found_best = max(filter(None, scores), key=lambda each: (round(each.f1, 6), each.count), default=None)
    return scores[0], found_best


def _scored(stage: Mapping[str, Any]) -> bool:
    free = stage.get("optional") or stage.get("loose")
    return stage.get("role", "stage") == "stage" and stage["repeats"] > 1 and not free


def _clean(instances: Sequence[Sequence[str]], ignore: AbstractSet[str]) -> Instances:
    return list(dict.fromkeys(kept for names in instances if (kept := frozenset(names) - ignore)))


def _candidates(found: Sequence[Mapping[str, Any]], ignore: AbstractSet[str]) -> Iterator[tuple[str, Instances, int]]:
    """(label, instances, how many of them must be relevant; 0 = any number)."""
    cleaned = [_clean(entry["instances"], ignore) for entry in found]
    groups: dict[tuple[object, ...], list[int]] = {}
    for index, entry in enumerate(found):
        kind, parent, stage = entry.get("type", ""), entry.get("variant_of"), entry.get("stage")
        yield f"entry {kind}", cleaned[index], 0
        for run in entry.get("runs") or ():
            yield f"run of {kind}", _clean([entry["instances"][i] for i in run], ignore), 0
        groups.setdefault(("type", kind), []).append(index)
        groups.setdefault(("type and variants", parent or kind), []).append(index)
        if stage is not None:
            groups.setdefault(("stage", str(stage), entry.get("level", 0)), []).append(index)
    for key, members in groups.items():
        if len(members) > 1:
            yield " ".join(map(str, key)), list(dict.fromkeys(x for i in members for x in cleaned[i])), 0
    for i, one in enumerate(found):
        for j, rest in enumerate(found):
            if i != j and len(cleaned[i]) == 1 and cleaned[j] and _linked(one, rest) and (len(cleaned[j]) > 1 or i < j):
                pair = cleaned[i] + [x for x in cleaned[j] if x not in cleaned[i]]
                yield f"1 {one.get('type', '')} + {rest.get('type', '')}", pair, len(cleaned[i]) + len(cleaned[j])


def _linked(a: Mapping[str, Any], b: Mapping[str, Any]) -> bool:
    parents = a.get("variant_of"), b.get("variant_of")
    return (
        a.get("type") == b.get("type")
        or parents[0] == b.get("type")
        or parents[1] == a.get("type")
        or (bool(parents[0]) and parents[0] == parents[1])
        or (a.get("stage") is not None and a.get("stage") == b.get("stage"))
    )


def _row(stage: Mapping[str, Any], candidates: Sequence[tuple[str, Instances, int]], ignore: AbstractSet[str]) -> Row:
    truth = [frozenset(names) - ignore or frozenset(names) for names in stage["layers"]]
    universe = frozenset().union(*truth)
    best, found_by, count = 0.0, "", False
    for label, instances, total in candidates:
        if total and total != len(truth):
            continue
        relevant = [each for each in instances if 2 * len(each & universe) >= len(each)]
        if not relevant:
            continue
        f1 = 2 * _matched(truth, relevant, 0.8) / (len(truth) + len(relevant))
        if f1 > best + 1e-12:
            best, found_by = f1, label
        if not count and len(instances) == len(relevant) == len(truth):
            count = _matched(truth, relevant, 0.5) == len(truth)
    return Row(stage["name"], len(truth), best, count, found_by)


def _matched(truth: Instances, found: Instances, least: float) -> int:
    """Pairs of a greedy one-to-one matching, best Jaccard first."""
    owners: dict[str, list[int]] = {}
    for j, names in enumerate(found):
        for name in names:
            owners.setdefault(name, []).append(j)
    pairs = []
    for i, names in enumerate(truth):
        for j in {j for name in names for j in owners.get(name, ())}:
            common = len(names & found[j])
            jaccard = common / (len(names) + len(found[j]) - common)
            if jaccard >= least - 1e-12:
                pairs.append((-jaccard, i, j))
    left: set[int] = set()
    right: set[int] = set()
    for _, i, j in sorted(pairs):
        if i not in left and j not in right:
            left.add(i)
            right.add(j)
    return len(left)
