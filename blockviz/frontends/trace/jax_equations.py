"""A jaxpr, equation by equation, as calls under the names of ``keras.ops``.

What depends on no input and no variable is computed, as Keras would have computed it; bodies of functions are read
in place, those of JAX' own activations are one call.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from blockviz.frontends.keras.dtypes import ITEM_BYTES
from blockviz.frontends.trace import jax_operations
from blockviz.frontends.trace.graph_calls import Around, State, inside_of, note, operation_of
from blockviz.frontends.trace.jax_control import CONTROL
from blockviz.frontends.trace.jax_pending import calls_of
from blockviz.frontends.trace.jax_values import BOX, Box, Constant, Held, Pending, elements
from blockviz.frontends.trace.leaves import is_layer
from blockviz.frontends.trace.recorder import Recorder

_LARGEST = 1 << 22  # elements of a constant worth computing
_SAME = frozenset({
    "convert_element_type", "stop_gradient", "copy", "copy_p", "optimization_barrier", "reduce_precision",
    "sharding_constraint", "pvary",
})  # fmt: skip
_BODIES = ("jaxpr", "call_jaxpr", "fun_jaxpr")
_BODIES_OF = frozenset({
    "jit", "pjit", "closed_call", "core_call", "custom_jvp_call", "custom_vjp_call", "custom_vjp_call_jaxpr", "remat",
    "checkpoint", "custom_lin", "remat2",
})  # fmt: skip


class Equations:
    """Reads jaxprs into a recorder.

    weight : the tensor that stands for a variable. look : what a layer of the user's calls, and what it gives.
    states : name of a scope of JAX → whose code runs in it.
    """

    def __init__(
        self, recorder: Recorder, weight: Callable[[Any], Any], look: Callable[..., Any], states: Mapping[str, State]
    ) -> None:
        self.recorder, self.weight, self.look, self.states = recorder, weight, look, states
        self.noted: dict[int, tuple[Any, Any]] = {}
        self.origins: dict[int, tuple[Any, str, tuple[Any, ...]]] = {}

    def read(self, jaxpr: Any, given: Sequence[Any], around: Around) -> list[Any]:
        """The values that a closed jaxpr gives for some; its calls are recorded."""
        from jax.extend.core import Literal

        body = jaxpr.jaxpr
        held: dict[Any, Any] = dict(zip(body.invars, given, strict=True))
        held |= {
            var: Constant(tuple(var.aval.shape), data) for var, data in zip(body.constvars, jaxpr.consts, strict=True)
        }

        def value(atom: Any) -> Any:
            return Constant(tuple(atom.aval.shape), atom.val) if isinstance(atom, Literal) else held[atom]

        atoms = [atom for one in (*body.eqns, None) for atom in (body.outvars if one is None else one.invars)]
        uses = Counter(atom for atom in atoms if not isinstance(atom, Literal))
        for equation in body.eqns:
            lone = len(equation.outvars) == 1 and uses[equation.outvars[0]] == 1
            step = Step(self, equation, [value(atom) for atom in equation.invars], self._around(equation, around), lone)
            held.update(zip(equation.outvars, self._result(step), strict=True))
        return [value(atom) for atom in body.outvars]

    def _around(self, equation: Any, around: Around) -> Around:
        names = [scope.name for scope in equation.source_info.name_stack.stack if hasattr(scope, "name")]
        found = next((self.states[name] for name in reversed(names) if name in self.states), None)
        return around if found is None else around.inside(found)

    def _result(self, step: Step) -> Sequence[Any]:
        params, name = step.equation.params, step.name
        if name == BOX:
            return self._boxed(step, params["box"])
        body = next((params[key] for key in _BODIES if key in params), None) if name in _BODIES_OF else None
        if body is not None:
            body = _closed(body)
            known = jax_operations.named(step, body)
            return self.read(body, step.values, step.around) if known is None else known
        if all(isinstance(value, Constant) for value in step.values):
            return _computed(step)
        if name in _SAME:
            return step.values
        if name in CONTROL:
            return CONTROL[name](self, step)
        reader = jax_operations.READERS.get(name)
        found = None if reader is None else reader(step)
        if found is None:
            found = step.call("".join(map(str.capitalize, name.split("_"))), step.values)
        return found if isinstance(found, list) else [found]

    def _boxed(self, step: Step, box: Box) -> list[Any]:
        from keras import tree

        flat = tree.flatten(box.arguments)
        for place, value in zip(box.places, step.values, strict=True):
            is_position = isinstance(value, Constant) and is_layer(box.operation)
            flat[place] = self._position(value) if is_position else self.operand(value)
        args, kwargs = tree.pack_sequence_as(box.arguments, flat)
        return self.note(step, box.operation, args, kwargs, inside_of(self.look, box.operation, args, kwargs))

    def _position(self, value: Constant) -> Any:
        """A tensor for a constant that a layer is called on, so that the call is one like any other."""
        from keras.src.backend import KerasTensor, standardize_dtype

        dtype = standardize_dtype(getattr(value.data, "dtype", "float32"))
        self.recorder.constants.append(KerasTensor(value.shape, dtype))
        return self.recorder.constants[-1]

    @staticmethod
    def made(shape: Sequence[int], dtype: Any) -> Any:
        """A new symbolic tensor."""
        from keras.src.backend import KerasTensor

        return KerasTensor(tuple(shape), str(dtype) if str(dtype) in ITEM_BYTES else "float32")

    def note(self, step: Step, operation: Any, args: Any, kwargs: Any, inside: Any = None) -> list[Any]:
        """Record a call in place of an equation."""
        outputs = [self.made(var.aval.shape, var.aval.dtype) for var in step.equation.outvars]
        note(self.recorder, step.state, operation, args, kwargs, outputs, inside)
        self.origins.update((id(made), (made, step.name, tuple(step.values))) for made in outputs)
        return outputs

    def note_in(
        self, state: State, operation: Any, args: list[Any], outputs: list[Any], kwargs: dict[str, Any] | None = None
    ) -> None:
        """Record a call that no equation is."""
        note(self.recorder, state, operation, args, kwargs or {}, outputs)

    def operand(self, value: Any) -> Any:
        """A value as an argument of a call: a symbolic tensor, or a constant."""
        if isinstance(value, Held):
            return self.weight(value.variable)
        if isinstance(value, Constant):
            number = value.number if not value.shape else None
            unknown = {"class_name": "Array", "config": {"shape": list(value.shape)}}
            return number if number is not None else unknown if value.number is None and _is_key(value) else value.data
        return self._pended(value) if isinstance(value, Pending) else value

    def _pended(self, value: Pending) -> Any:
        """The tensor of a call that waits; it is noted now, if it was not."""
        if id(value) not in self.noted:
            made = None
            for name, settings, sources, last, shape in calls_of(value):
                args = [made if source is None else self.operand(source) for source in sources]
                made = self.made(shape, value.dtype)
                args = args if last is None else [*args, last]
                note(self.recorder, value.state, operation_of(name, settings), args, {}, [made])
            self.noted[id(value)] = value, made
        return self.noted[id(value)][1]

    def origin(self, value: Any, name: str) -> tuple[Any, ...] | None:
        """What an equation of a kind was given, if it gave the value."""
        _, kind, values = self.origins.get(id(value), (None, "", ()))
        return values if kind == name else None


class Step:
    """One equation with what it is given.

    is_lone : whether its one result is read once.
    """

    def __init__(self, equations: Equations, equation: Any, values: list[Any], around: Around, is_lone: bool) -> None:
        self.equations, self.equation, self.values, self.around = equations, equation, values, around
        self.state = around.state
        self.name: str = equation.primitive.name
        self.params: Mapping[str, Any] = equation.params
        self.is_lone = is_lone

    @property
    def shape(self) -> tuple[int, ...]:
        """Of its first result."""
        return tuple(self.equation.outvars[0].aval.shape)

    def shape_of(self, place: int) -> tuple[int, ...]:
        """Of an operand."""
        return tuple(self.equation.invars[place].aval.shape)

    def call(self, name: str, values: Sequence[Any], *more: Any, **settings: Any) -> list[Any]:
        """The results as those of a call of one of Keras' operations; ``more``: arguments that are no tensors."""
        args = [[self.equations.operand(one) for one in value] if isinstance(value, list)
                else self.equations.operand(value) for value in values]  # fmt: skip
        return self.equations.note(self, operation_of(name, jax_operations.plain(settings)), (*args, *more), {})

    def pending(self, kind: str, sources: Sequence[Any], **details: Any) -> Any:
        """The result as a call that what follows may be a part of; noted at once where several read it."""
        dtype = str(self.equation.outvars[0].aval.dtype)
        found = Pending(kind, tuple(sources), self.shape, dtype, self.state, details)
        return found if self.is_lone else self.equations.operand(found)


def _closed(body: Any) -> Any:
    from jax.extend.core import ClosedJaxpr

    return body if hasattr(body, "jaxpr") else ClosedJaxpr(body, ())


def _is_key(value: Constant) -> bool:
    return value.data is None or not hasattr(value.data, "dtype") or "key" in str(value.data.dtype)


def _computed(step: Step) -> list[Constant]:
    """What an equation gives for nothing but constants; without numbers where they are many, or unknown."""
    equation = step.equation
    shapes = [tuple(var.aval.shape) for var in equation.outvars]
    datas: Sequence[Any] = [None] * len(shapes)
    if max(map(elements, shapes), default=0) <= _LARGEST and not any(value.data is None for value in step.values):
        found = equation.primitive.bind(*(value.data for value in step.values), **equation.params)
        datas = found if equation.primitive.multiple_results else [found]
    return [Constant(shape, data) for shape, data in zip(shapes, datas, strict=True)]
