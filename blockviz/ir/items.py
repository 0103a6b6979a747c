"""What stands at the nodes of a graph: calls, and composites with a body of their own.

A composite is one of `Unit` (an `Idiom` is one), `Block`, `Run`, `Group`, `Backbone`, `Nested`; each carries what
only it has.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, TypeAlias

from blockviz.runtime.records import dataclass, field

if TYPE_CHECKING:
    from blockviz.ir.graph import LayerGraph

Shape: TypeAlias = tuple[int | None, ...]


class UnknownShape(tuple[int | None, ...]):
    """The shape of a tensor of which not even the rank is known: empty as a scalar's, but equal only to itself."""

    __slots__ = ()

    def __eq__(self, other: object) -> bool:
        return isinstance(other, UnknownShape)

    def __ne__(self, other: object) -> bool:
        return not isinstance(other, UnknownShape)

    def __hash__(self) -> int:
        return hash(UnknownShape)


UNKNOWN = UnknownShape()


class LetteredShape(tuple[int | None, ...]):
    """A shape of which open sizes have letters: in all else the plain tuple, with None for what is open.

    ``words`` : per axis but the batch, what is written there: ``L``, ``H/4``, ``16``, "?".
    """

    words: tuple[str, ...]

    def __new__(cls, sizes: Iterable[int | None], words: tuple[str, ...]) -> LetteredShape:
        """The shape of these sizes; the letters are not compared."""
        made = super().__new__(cls, sizes)
        made.words = words
        return made

    def __reduce__(self) -> tuple[type[LetteredShape], tuple[tuple[int | None, ...], tuple[str, ...]]]:
        return LetteredShape, (tuple(self), self.words)


def size_words(shape: Shape) -> tuple[str, ...]:
    """What is written for the sizes of a known shape, but the batch: numbers, letters, "?" for what is open."""
    if isinstance(shape, LetteredShape):
        return shape.words
    return tuple(["?" if size is None else str(size) for size in shape[1:]])


def told_apart(shape: Shape) -> tuple[int | str | None, ...]:
    """What stages are told apart by: sizes, or their letters where they are open, so that ``H/2`` is not ``H/4``."""
    return (shape[0], *shape.words) if isinstance(shape, LetteredShape) else shape


@dataclass(frozen=True, slots=True, eq=False)
class Layer:
    """What owns weights; may be called more than once.

    Parameters
    ----------
    name : path of the layer, ``outer/inner`` inside a nested model; unique in a graph.
    op : class name as Keras has it (``Conv2D``); operations such as ``keras.ops.add`` likewise.
    config : the layer's configuration, JSON types only, without name and dtype policy objects.
    params : number of parameters, or None where nobody knows (an unknown custom layer).
    non_trainable : of these, how many training never changes (a batch norm's statistics).
    trainable : False where the layer is frozen; its parameters then all count as frozen.
    module : where the class says it comes from; "" where the file does not say.
    size : bytes of its weights in their stored types, or None where nobody knows; four a parameter, if not given.
    """

    name: str
    op: str
    config: Mapping[str, Any] = field(default_factory=dict)
    params: int | None = 0
    non_trainable: int = 0
    trainable: bool = True
    module: str = ""
    size: int | None = None

    @property
    def weight_bytes(self) -> int | None:
        """Bytes of the weights; None where nobody knows."""
        return self.size if self.size is not None or self.params is None else 4 * self.params

    @property
    def trainable_params(self) -> int:
        """Parameters that training changes; none in a frozen layer."""
        return 0 if not self.trainable or self.params is None else self.params - self.non_trainable


@dataclass(frozen=True, slots=True, eq=False)
class Node:
    """One call of a layer.

    ``id`` is the layer's name for its first call and ``name@2``, ``name@3`` … for later ones.
    ``args`` holds the call's constants that are not tensors (an axis, a scalar operand).
    ``scope`` is the path of nested models around the call, outermost first. ``within`` holds the paths of the
    composite layers (or modules) that were opened and made this call, outermost first: it says whose code
    called, and nothing is folded or kept apart by it.
    ``macs`` is the number of multiply-adds for one example where who read the call counted them; None leaves
    that to the class' rule.
    ``rows`` says how many entries of the first axis belong to one example, in what the call reads and in what it
    gives: 1 where that axis is the batch, 64 where 64 windows of each example are folded into it, None where nobody
    knows. ``item_bytes`` is the size of one element of what it gives. ``steps`` are the sizes of the time axes of the
    ``TimeDistributed`` models around the call, behind the batch in its shapes. ``handing`` are the layers of neutral
    calls that are looked through and hand on what this one gives, or are concatenations inside it.
    """

    id: str
    layer: Layer
    inputs: tuple[Shape, ...] = ()
    outputs: tuple[Shape, ...] = ()
    args: Mapping[str, Any] = field(default_factory=dict)
    scope: tuple[str, ...] = ()
    call: int = 1
    within: tuple[str, ...] = ()
    macs: int | None = None
    rows: tuple[int | None, int | None] = (1, 1)
    item_bytes: int = 4
    steps: Shape = ()
    handing: tuple[Layer, ...] = ()

    @property
    def op(self) -> str:
        """The class name of the layer called."""
        return self.layer.op

    @property
    def config(self) -> Mapping[str, Any]:
        """The configuration of the layer called."""
        return self.layer.config


@dataclass(frozen=True, slots=True, eq=False)
class Composite:
    """A node with a body: the base of all kinds. ``id`` is its name in the graph around it."""

    id: str
    body: LayerGraph

    @property
    def kind(self) -> str:
        """The word for what it is: unit, block, run, group, backbone or nested."""
        return type(self).__name__.lower()

    @property
    def type(self) -> str:
        """Key of its block type in the graph's ``types``; "" where it has none."""
        return ""

    @property
    def variant(self) -> str | None:
        """What sets this copy apart from its type's main form, or None."""
        return None

    @property
    def stage(self) -> str | None:
        """The stage that it belongs to, or None."""
        return None

    @property
    def inputs(self) -> tuple[Shape, ...]:
        """Shapes of the tensors that enter, one per entry of the body."""
        return tuple(self.body.input_shape(ports[0]) for ports in self.body.entries)

    @property
    def outputs(self) -> tuple[Shape, ...]:
        """Shapes of the tensors that leave, one per exit of the body."""
        return tuple(self.body.item(name).outputs[index] for name, index in self.body.exits)


@dataclass(frozen=True, slots=True, eq=False)
class Unit(Composite):
    """A convolution or dense layer with the padding, normalisation and activation that belong to it."""


@dataclass(frozen=True, slots=True, eq=False)
class Idiom(Unit):
    """A small subgraph with a word of its own in the literature, drawn as one box.

    word : that word. hue : the family of operations that it is drawn as. attributes : what the box says besides.
    alike : the word of the idiom that it is a variant of, if copies of one block may differ in the two; else "".
    """

    word: str = ""
    hue: str = ""
    attributes: Mapping[str, Any] = field(default_factory=dict)
    alike: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class Occurrence:
    """One use of an idiom in a graph.

    word, hue, attributes : as of `Idiom`. calls : ids of its calls in topological order. box : ``early``, ``late`` or
    ``never``: whether it is one box before blocks are sought, inside those found, or only listed.
    references : BibTeX keys. alike : as of `Idiom`.
    """

    word: str
    calls: tuple[str, ...]
    attributes: Mapping[str, Any] = field(default_factory=dict)
    hue: str = ""
    box: str = "early"
    references: tuple[str, ...] = ()
    alike: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class Block(Composite):
    """A copy of a block type."""

    type: str
    variant: str | None = None
    stage: str | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Run(Composite):
    """Blocks of one type, or equal units or calls (``type`` is "" then), drawn once with ×N.

    parallel : they stand side by side, and not in a row.
    """

    type: str = ""
    parallel: bool = False
    stage: str | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Group(Composite):
    """What occurs once and is drawn as a block: a stem, a head, a fork with its join."""

    type: str
    variant: str | None = None
    stage: str | None = None


@dataclass(frozen=True, slots=True)
class Tap:
    """An inner tensor of a network that is read outside it."""

    layer: str
    stage: str | None
    shape: Shape


@dataclass(frozen=True, slots=True)
class Network:
    """What is known of a network that is drawn as one box.

    name, title : without and with what sets this form apart (``MobileNetV2 (α = 0.5) up to block_6``).
    form : ``nested`` or ``flattened``. layers : names, each once. cut_at : the layer at which it was cut, or None.
    taps : its inner tensors that are read outside. reference : BibTeX key. shared : its layers are called again.
    trainable : ``all``, ``none`` or ``partly``; frozen_to : the last frozen layer where it is ``partly``.
    """

    name: str
    title: str = ""
    form: str = "nested"
    layers: tuple[str, ...] = ()
    cut_at: str | None = None
    taps: tuple[Tap, ...] = ()
    reference: str | None = None
    shared: bool = False
    trainable: str = "all"
    frozen_to: str | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Backbone(Composite):
    """A known network, recognised."""

    network: Network

    @property
    def type(self) -> str:
        """``backbone:`` and the network's name: equal for calls of one architecture."""
        return f"backbone:{self.network.name}"


@dataclass(frozen=True, slots=True, eq=False)
class Nested(Composite):
    """A nested model of the user's, drawn as one box under its own name."""

    network: Network

    @property
    def type(self) -> str:
        """``nested:`` and the model's name."""
        return f"nested:{self.network.name}"


Item: TypeAlias = Node | Composite


@dataclass(frozen=True, slots=True)
class BlockType:
    """What the copies of a block share: its key, how deep it was found, its name and why it has it.

    source : ``template`` (a pattern of the literature), ``structure`` (what it does), ``layer names``
        or ``user``. references : BibTeX keys of the papers behind the name.
    main : the body that stands for all copies without a variant, once they are labelled.
    """

    key: str
    level: int = 0
    name: str = ""
    source: str = "structure"
    reason: str = ""
    references: tuple[str, ...] = ()
    main: LayerGraph | None = None


@dataclass(frozen=True, slots=True)
class Scope:
    """A nested model or wrapper in the source: its path, class name and how often it is called."""

    path: str
    op: str
    calls: int = 1
