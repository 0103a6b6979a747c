"""Open the blocks of the types that the user wants to see laid out in the overview."""

from __future__ import annotations

from blockviz.errors import UsageError, quoted
from blockviz.ir import LayerGraph, expand, has_type, letters_of
from blockviz.runtime.records import dataclass


@dataclass(frozen=True, slots=True)
class Expand:
    """Dissolve every block (and run) of the named types, once types have names.

    types : names of block types, as the figure prints them, case apart.
    """

    name = "expand"
    types: tuple[str, ...] = ()

    def __call__(self, graph: LayerGraph) -> LayerGraph:
        """The graph with those blocks open.

        Raises
        ------
        UsageError : a name is no block type of this model.
        """
        if not self.types:
            return graph
        keys = {_key(graph, name) for name in self.types}
        return expand(graph, lambda block: has_type(block) and block.type in keys)


def _key(graph: LayerGraph, name: str) -> str:
    letters = letters_of(graph)
    for key, letter in letters.items():
        if name.lower() in (graph.types[key].name.lower(), letter.lower()):
            return key
    known = ", ".join(f"{letter} ({graph.types[key].name})" for key, letter in letters.items())
    raise UsageError(f"no block type {quoted(name)} to expand; there are {known or 'none'}")
