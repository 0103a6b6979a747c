"""Choose the block types of one level: the repeated intervals that leave the fewest boxes on the page.

A type costs its definition panel once; every run of its copies then is one box. So the boxes that a
type saves are what its copies would have taken, minus its runs, minus its panel. Variants count:
a candidate is judged by the exact copies *and* the near copies that it explains, which is what tells
the primitive block from a pair of blocks. The best type is taken and the search goes on with what is left.

Confirmed, never guessed: members of a type's main form have equal canonical forms (equal labels and
wiring, hence isomorphic).
"""

from __future__ import annotations

from typing import TypeAlias

from blockviz.ir import Block, Node, Run, Unit
from blockviz.runtime.records import dataclass
from blockviz.search.approximate_match import beside, cover
from blockviz.search.candidates import (
    Chance,
    confirmed,
    holds,
    is_one_of,
    is_part,
    main_form,
    quick_score,
    regions,
    respects,
    rows_of_units,
    segments_of,
    touching,
    touching_rows,
)
from blockviz.search.linear_graph import LinearGraph
from blockviz.search.no_match import NoMatch
from blockviz.search.page_cost import (
    Boxes,
    fitness,
    is_closed,
    is_run,
    least_saving,
    likeness,
    stands_alone,
    touch,
    variant_boxes,
)
from blockviz.search.periods import halves
from blockviz.search.repeat_classes import Repeat, repeats
from blockviz.search.template import NearCopy, model_of
from blockviz.search.turned_cuts import is_turned, turned

_NOTABLE = 400  # a type must save this part of all boxes, so that chance repeats in huge graphs don't count
_PATIENCE = 20_000  # positions times candidates that are judged with their variants
_SURE = 0.95  # a variant that is more alike than this may overrule a row of equal copies
_STEPS = 2_000_000  # positions times lengths that are tried in graphs of a usual size
_TWINS = 0.85  # halves of a doubling that are more alike than this are judged in its place
_TURNED = "it is another repeat, cut elsewhere"
_HOPE = 5  # variants add at most so much to what exact copies save
_SMALL = 3  # what a closed block of the first level must save: smaller ones are better left to the modules

_Class: TypeAlias = tuple[int, tuple[int, ...]]  # length and starts of equal intervals


@dataclass(frozen=True, slots=True)
class Choice:
    """Which intervals of a sequence become block types.

    min_repeat : copies that make a block. longest : positions of the longest block looked for.
    alike : similarity from which an interval is a variant of a type while types compete; ``akin``:
    when what is left over is shared out. shortlist : candidates that are judged with their variants.
    closed : blocks of the first level give one tensor and read one (`is_closed`), so that none straddles two branches
    of a module, and hold no block of which others stand in a row; no module that gives or reads more hides a run.
    apart : what begins at an input of its own (a decoder) is searched by itself, so that its layers are not cut like
    those before it; equal types of two such segments are one.
    """

    min_repeat: int = 2
    longest: int = 96
    alike: float = 0.75
    akin: float = 0.65
    shortlist: int = 10
    closed: bool = False
    apart: bool = False

    def types(self, sequence: LinearGraph, level: int, kept: frozenset[str]) -> list[list[tuple[int, int]]]:
        """Per type, its intervals: first the repeats that pay, then the near copies that are left.

        level : 0 for blocks of calls, 1 and more for modules. kept : names of items that stay in no block.
        """
        return _Search.of(self, sequence, level, kept).types()

    def refused(self, sequence: LinearGraph, level: int, free: list[bool]) -> list[NoMatch]:
        """Why no repeat of what is ``free`` becomes a type, the most promising first."""
        search, reasons = _Search.of(self, sequence, level, frozenset()), list[NoMatch]()
        search.best([may and left for may, left in zip(search.free, free, strict=True)], {}, reasons)
        return reasons


@dataclass(frozen=True, slots=True)
class _Search:
    """One level of one sequence.

    free : per position, whether it is in no type yet. units : what a closed block of the first level may not hold.
    """

    options: Choice
    sequence: LinearGraph
    level: int
    free: list[bool]
    units: set[tuple[int, int]]
    boxes: Boxes
    chance: Chance

    @classmethod
    def of(cls, options: Choice, sequence: LinearGraph, level: int, kept: frozenset[str]) -> _Search:
        free = [_may_join(item) and item.id not in kept for item in sequence.items]
        units = rows_of_units(sequence, free) if options.closed and not level else set()
        return cls(options, sequence, level, free, units, Boxes.of(sequence), Chance.of(sequence))

    def types(self) -> list[list[tuple[int, int]]]:
        """What `Choice.types` gives."""
        sequence, free = self.sequence, self.free
        types: dict[object, list[tuple[int, int]]] = {}
        for a, b in segments_of(sequence) if self.options.apart else [(0, len(sequence))]:
            here = [False] * a + free[a:b] + [False] * (len(sequence) - b)
            scores: dict[_Class, float] = {}
            while (best := self.best(here, scores)) is not None:
                types.setdefault(sequence.canonical(*main_form(sequence, best)), []).extend(best)
                for c, d in best:
                    here[c:d] = free[c:d] = [False] * (d - c)
        found = [sorted(intervals) for intervals in types.values()]
        for intervals in found:
            self._share_out(intervals)
        return found

    def _share_out(self, intervals: list[tuple[int, int]]) -> None:
        """Give a type what is left over and akin to its main form, or to a variant that stands beside it.

        A row of equals that is one box already stays what it is.
        """
        sequence, free = self.sequence, self.free
        main = main_form(sequence, intervals)
        forms = {sequence.form[a:b]: (a, b) for a, b in reversed(intervals)}
        for example in [main, *(interval for interval in forms.values() if interval != main)]:
            rest = list(regions(free)) if example is main else touching(free, intervals)
            least = likeness(sequence, *example, self.options.akin)
            for found in cover(sequence, rest, model_of(sequence, *example, generous=True), least, intervals):
                if not self._fits(found, example) or is_run(sequence, self.boxes, found.start, found.end):
                    continue
                if (example is main and found.benefit) or beside(sequence, found, intervals):
                    intervals.append((found.start, found.end))
                    free[found.start : found.end] = [False] * (found.end - found.start)
        intervals.sort()

    def best(
        self, free: list[bool], scores: dict[_Class, float], refused: list[NoMatch] | None = None
    ) -> list[tuple[int, int]] | None:
        """The intervals of the type that saves most, or None if none pays; ``scores`` are known from earlier types.

        refused : takes the reasons of those that are no types, if anybody asks.
        """
        sequence, boxes, options = self.sequence, self.boxes, self.options
        ranked = []
        longest = max(options.longest // 2, min(options.longest, _STEPS // len(sequence)))
        notable = boxes.before[-1] // _NOTABLE / 4  # variants may still add to what the exact copies save
        for repeat in repeats(sequence, free, longest):
            if len(repeat.starts) < options.min_repeat:
                continue
            known = repeat.length, repeat.starts
            if (score := scores.get(known)) is None:
                score = scores[known] = quick_score(sequence, boxes, repeat, self.level)
            if score > notable:
                ranked.append((score, repeat))
        ranked.sort(key=lambda pair: (-pair[0], pair[1].length, pair[1].starts))
        best: tuple[float, list[tuple[int, int]]] = (0.0, [])
        rows = touching_rows(sequence, ranked)
        sound: list[Repeat] = []
        queue = self._shortlist(ranked)
        copies = {repeat: confirmed(sequence, repeat) for _, repeat in queue}
        # those cut elsewhere are judged as the repeats are whose cut they change
        others = [] if self.level else turned(sequence, queue, ranked, copies)
        queue += others
        for score, repeat in queue:
            cut_anew = (score, repeat) in others
            if score * _HOPE < best[0] or (not cut_anew and any(is_part(repeat, better) for better in sound)):
                continue
            exact = copies.get(repeat) or confirmed(sequence, repeat)
            if reason := self._unlikely(repeat, exact):
                self._refuse(refused, exact, reason)
                continue
            if not cut_anew and (parts := halves(sequence, exact, options.alike)):
                if touch(exact) and parts.alike > _TWINS and not parts.alternate(sequence):
                    places = (parts.first, parts.second)
                    lengths = {end - start for start, end in places}
                    alike = (pair for pair in ranked if pair[1].length in lengths and is_one_of(places, pair[1]))
                    queue += [pair for pair in alike if pair not in queue]
                continue
            same = [other for other in copies.values() if not self.level and is_turned(sequence, exact, other)]
            judged = _TURNED if same and not cut_anew else self._judge(free, exact, rows)
            if same and not isinstance(judged, str) and not self._tells_more(free, judged[1], same, rows):
                judged = _TURNED
            if isinstance(judged, str):
                self._refuse(refused, exact, judged)
                continue
            sound.append(repeat)
            if judged[0] > best[0] + 1e-9:
                best = judged
        return best[1] or None

    def _refuse(self, refused: list[NoMatch] | None, exact: list[tuple[int, int]], reason: str) -> None:
        if refused is not None and exact:
            refused.append(NoMatch(reason, self.sequence.names[slice(*exact[0])], len(exact)))

    def _unlikely(self, repeat: Repeat, exact: list[tuple[int, int]]) -> str:
        """Why a repeat need not be judged; "" where it must be."""
        if self.chance.explains(repeat):
            return "so few copies may be chance"
        return "it straddles branches" if self.options.closed and not self._keeps_closed(exact) else ""

    def _keeps_closed(self, exact: list[tuple[int, int]]) -> bool:
        """Whether copies are closed and hold no unit of a row; a module may be open if it hides no run."""
        if holds(exact[0], self.units):
            return False
        a, b = exact[0]
        return is_closed(self.sequence, exact) or (self.level > 0 and not any(self.boxes.joins[a + 1 : b]))

    def _tells_more(
        self,
        free: list[bool],
        intervals: list[tuple[int, int]],
        same: list[list[tuple[int, int]]],
        rows: list[list[tuple[int, int]]],
    ) -> bool:
        """Whether a repeat has more copies, variants counted, than others that are it, cut elsewhere in their row.

        Of two layers that take turns with something between them now and then, one cut leaves halves over.
        """
        others = (self._judge(free, other, rows) for other in same)
        return all(isinstance(other, str) or len(other[1]) < len(intervals) for other in others)

    def _fits(self, found: NearCopy, main: tuple[int, int]) -> bool:
        """Whether a variant is as closed as the main form, where that counts."""
        if not self.options.closed:
            return True
        sequence, place = self.sequence, (found.start, found.end)
        more = found.entering > sequence.entering(*main) or sequence.leaving(*place) > sequence.leaving(*main)
        return not more and not holds(place, self.units)

    def _shortlist(self, ranked: list[tuple[float, Repeat]]) -> list[tuple[float, Repeat]]:
        """The highest scores, and the best of those that are longer than these with fewer exact copies.

        The longer ones may win once their variants count.
        """
        few = max(3, min(self.options.shortlist, _PATIENCE // len(self.sequence)))
        first = ranked[:few]
        if not first:
            return []
        most = max(len(repeat.starts) for _, repeat in first)
        reach = max(repeat.length for _, repeat in first)
        fewer = [pair for pair in ranked[few:] if len(pair[1].starts) < most]
        longer = [pair for pair in fewer if pair[1].length > reach]
        return first + longer[: few // 2] + [pair for pair in fewer[: few // 2] if pair not in longer]

    def _judge(
        self, free: list[bool], exact: list[tuple[int, int]], rows: list[list[tuple[int, int]]]
    ) -> tuple[float, list[tuple[int, int]]] | str:
        """Boxes saved with variants counted in, and the intervals; the reason for what doesn't pay."""
        sequence, boxes, options = self.sequence, self.boxes, self.options
        if len(exact) < options.min_repeat:
            return "there are too few copies"
        if not sequence.connected(*exact[0]):
            return "it does not hang together"
        rest = list(free)
        for start, end in exact:
            rest[start:end] = [False] * (end - start)
        model = model_of(sequence, *exact[0])
        others = [row for row in rows if not any(free[a:b] != rest[a:b] for a, b in row)]
        near = cover(sequence, list(regions(rest)), model, likeness(sequence, *exact[0], options.alike), exact)
        places = {(found.start, found.end) for found in near}
        near = [found for found in near if found.alike > _SURE or respects(others, found, places)]
        near = [found for found in near if not is_run(sequence, boxes, found.start, found.end)]
        near = [found for found in near if self._fits(found, exact[0])]
        intervals = sorted(exact + [(found.start, found.end) for found in near])
        panel = boxes.folded(*exact[0])
        with_near = (
            boxes.saved(sequence, intervals)
            - panel
            - variant_boxes(sequence, model, [(found.start, found.end) for found in near])
        )
        saved = max(with_near, boxes.saved(sequence, exact) - panel)
        least = max(least_saving(sequence, exact), boxes.before[-1] // _NOTABLE)
        if saved < least:
            return f"it saves {saved:.3g} boxes, and must save {least}"
        if not stands_alone(sequence, boxes, exact, saved):
            return "it is a fragment: its copies follow no row, or stand beside another branch"
        fit = fitness(sequence, exact, saved)
        return "it is small" if self.options.closed and not self.level and fit < _SMALL else (fit, intervals)


def _may_join(item: object) -> bool:
    """Collapsed backbones stand on their own."""
    return isinstance(item, Node | Unit | Block | Run)
