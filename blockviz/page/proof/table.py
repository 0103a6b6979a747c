"""The table as CSV read back: names, counts, shapes, shares and widths of every row, and its totals."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence, Set

from blockviz.costs.cost import cost_of
from blockviz.ir import Composite, Item, LayerGraph, Node, item_leaves, layers_of, leaves, letters_of
from blockviz.ops.per_step import called
from blockviz.page.proof.facts import conv_words, copies_of, leaving, lengths_in, main_call, shape_says


def table_faults(text: str, graph: LayerGraph) -> Iterator[str]:
    """Statements of the table as CSV that are not so."""
    rows = list(csv.DictReader(io.StringIO(text)))
    if len(rows) != len(graph) + 1:
        yield f"the table has {len(rows)} rows for {len(graph)} parts and their total"
        return
    owned: set[str] = set()
    totals: Counter[str] = Counter()
    whole, letters = cost_of(leaves(graph)), letters_of(graph)
    for row, name in zip(rows, graph, strict=False):
        item = graph.item(name)
        new = [layer for key, layer in layers_of(item_leaves(item)).items() if key not in owned]
        owned |= {layer.name for layer in new}
        params, cost = sum(layer.params or 0 for layer in new), cost_of(item_leaves(item))
        unknown = any(layer.params is None for layer in new)
        totals += Counter({"params": params, "macs": cost.macs})
        for key, value, bound in (("params", params, unknown), ("macs", cost.macs, "macs" in cost.bounds)):
            if row[key] != _counted(value, bound):
                yield f"the table's {name} says {key} {row[key]}, and it is {_counted(value, bound)}"
        if row["repeat"] != str(len(copies_of(item))):
            yield f"the table's {name} says {row['repeat']} copies, and there are {len(copies_of(item))}"
        if not any(shape_says(row["output"], shape) for shape in leaving(graph, name)):
            yield f"the table's {name} says the output {row['output']}, which nothing of it has"
        if not _share_says(row["share_percent"], params, whole.params, unknown or "params" in whole.bounds):
            yield f"the table's {name} says a share of {row['share_percent']} and has {params} of {whole.params}"
        yield from (f"the table's {name}: {fault}" for fault in _name_faults(row["block"], item, graph, letters))
        yield from (f"the table's {name}: {fault}" for fault in _width_faults(row["widths"], copies_of(item)))
    for key in ("params", "macs"):
        told, truth = rows[-1][key], _counted(totals[key], key in whole.bounds)
        if told != truth:
            yield f"the table's total says {key} {told}, and it is {truth}"


def _share_says(text: str, params: int, whole: int, is_bound: bool) -> bool:
    """Whether a cell is the share of the parameters; of a bound there is none."""
    if is_bound:
        return text in ("?", "0.0000" if not params else "?")
    return text == f"{100 * params / max(1, whole):.4f}"


def _name_faults(text: str, item: Item, graph: LayerGraph, letters: Mapping[str, str]) -> Iterator[str]:
    """A block bears its letter and name, a network inside and an input their own, a convolution its kernel."""
    text, shared = text.removesuffix(" (shared weights)"), text.endswith(" (shared weights)")
    if isinstance(item, Composite) and item.type in letters:
        if text != f"{letters[item.type]} · {graph.types[item.type].name}":
            yield f"it is called {text}, and is {letters[item.type]} · {graph.types[item.type].name}"
        return
    if " · " in text and text.partition(" · ")[0] in letters.values():
        yield f"it is called {text}, and no block has this letter"
    inputs = [node for node in leaves(graph) if node.op == "InputLayer" and not node.inputs]
    if item in inputs and len(inputs) > 1 and isinstance(item, Node) and item.layer.name not in text:
        yield f"the input {item.layer.name} is called {text}"
    call = main_call(copies_of(item)[0])
    kernel = re.search(r"(\d+(?:×\d+)*) (?:conv|depthwise)", text)
    if kernel and call is not None and "kernel_size" in call.config and kernel[1] != conv_words(call)["kernel"]:
        yield f"it is called {text}, and its kernel is {conv_words(call)['kernel']}"
    calls = {(node.layer.name, node.call) for node in item_leaves(item) if node.layer.params}
    if shared and not _is_called_again(graph, calls):
        yield "it says that it shares weights, and no other call has them"


def _is_called_again(graph: LayerGraph, calls: Set[tuple[str, int]]) -> bool:
    """Whether a layer of some calls is called by others as well, or more than once by these."""
    everywhere = Counter(node.layer.name for node in leaves(graph))
    return any(everywhere[name] > 1 for name, _ in calls)


def _counted(value: int, is_bound: bool) -> str:
    return str(value) if not is_bound else f"≥ {value}" if value else "?"


def _width_faults(text: str, copies: Sequence[Item]) -> Iterator[str]:
    """``f = 64, k = 3×3, n = 2–4``: each value is one that the copies have; a single one all of the main form have."""
    for piece in filter(None, re.split(r", (?=\w = )", text)):
        symbol, _, told = piece.partition(" = ")
        found = [_values(copy, symbol) for copy in copies]
        own = [values for copy, values in zip(copies, found, strict=True) if getattr(copy, "variant", None) is None]
        ends = re.split("–|, ", told)
        every = set[str]().union(*found)
        if missing := [end for end in ends if end not in every]:
            yield f"it says {piece}, and none of its calls has {missing[0]}"
        elif len(ends) == 1 and not all(told in values for values in own):
            yield f"it says {piece}, and not all of its copies have it"


def _values(item: Item, symbol: str) -> set[str]:
    """What a symbol may stand for in one copy: a width, the kernel of a depthwise convolution, blocks in a run."""
    calls = list(map(called, item_leaves(item)))
    if symbol == "k":
        return {str(words["kernel"]) for node in calls if "kernel_size" in node.config and (words := conv_words(node))}
    if symbol in ("n", "m"):
        return set(lengths_in(item.body)) if isinstance(item, Composite) else set()
    return {str(node.config[key]) for node in calls for key in ("filters", "units") if key in node.config}
