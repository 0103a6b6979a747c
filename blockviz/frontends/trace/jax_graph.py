"""Open a composite whose code is not made for symbolic tensors: its ``call`` is traced to a jaxpr instead.

Code of JAX' own (``jnp.einsum``, ``jax.nn.gelu``) works there. A layer called inside becomes one equation, so do
the functions of ``jax.nn`` that JAX would write out; a scope's name tells whose code an equation is of. What is
between them is read equation by equation (see `jax_equations`). Only on Keras' JAX backend.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from functools import cache
from typing import Any

from blockviz.frontends.trace.graph_calls import Around, GraphRun, State, operation_of, state_of
from blockviz.frontends.trace.jax_equations import Equations
from blockviz.frontends.trace.jax_values import BOX, Box, Held, is_array, scope_name
from blockviz.frontends.trace.leaves import is_composite, is_graph_model
from blockviz.runtime.records import dataclass, field

# Functions of jax.nn that leave no name in a jaxpr: Keras' names, and which arguments are settings.
_FUNCTIONS = {
    "softmax": ("Softmax", ("axis",)), "log_softmax": ("LogSoftmax", ("axis",)), "gelu": ("Gelu", ("approximate",)),
    "dot_product_attention": ("DotProductAttention", ("is_causal",)),
}  # fmt: skip


@dataclass(slots=True)
class JaxRun(GraphRun):
    """One composite's ``call`` traced."""

    states: dict[str, State] = field(default_factory=dict)

    def open(self, layer: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """What the composite gives for symbolic tensors; its calls are recorded.

        Raises
        ------
        Exception : whatever its code raises, also while it is traced.
        """
        import jax
        from keras import tree
        from keras.src.backend import KerasTensor

        flat = tree.flatten((args, kwargs))
        places = [place for place, value in enumerate(flat) if isinstance(value, KerasTensor)]
        variables = list({id(variable): variable for variable in layer.weights}.values())
        made: list[Any] = []

        def traced(given: Sequence[Any], held: Sequence[Any]) -> list[Any]:
            filled = list(flat)
            for place, value in zip(places, given, strict=True):
                filled[place] = value
            inner, options = tree.pack_sequence_as((args, kwargs), filled)
            made[:] = [self._run(layer, inner, options, zip(variables, held, strict=True))]
            return [value for value in tree.flatten(made[0]) if is_array(value)]

        specs = [_spec(flat[place]) for place in places]
        with _functions(self._function):
            jaxpr = jax.make_jaxpr(traced)(specs, [_spec(variable) for variable in variables])
        equations = Equations(self.recorder, self.weight, self.look, self.states)
        known = [*(flat[place] for place in places), *map(Held, variables)]
        state = state_of(self.recorder)
        found = iter(equations.read(jaxpr, known, Around(state, state)))
        return tree.map_structure(lambda value: equations.operand(next(found)) if is_array(value) else value, made[0])

    def _run(self, layer: Any, args: Any, kwargs: Any, values: Any) -> Any:
        from keras.src.backend.common.stateless_scope import StatelessScope

        with StatelessScope(state_mapping=list(values)):
            return self.recorder.quietly(layer.call, *args, **kwargs)

    def hook(self, layer: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """``layer(...)`` while the code is traced: a composite's path is entered, a leaf becomes one equation."""
        import jax

        if self.depth:
            return self.call(layer, *args, **kwargs)
        if is_composite(layer):
            with self.recorder.inside(layer, is_graph_model(layer)) as path:
                state = state_of(self.recorder)
                name = scope_name(state)
                self.states[name] = state
                with jax.named_scope(name):
                    outputs = self.call(layer, *args, **kwargs)
            self.recorder.opened.append((layer, path))
            return outputs
        return self._boxed(layer, lambda *a, **k: self.call(layer, *a, **k), args, kwargs)

    def _function(self, name: str, real: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """A function of ``jax.nn``: one equation under Keras' name."""
        kind, names = _FUNCTIONS[name]
        bound = inspect.signature(real).bind(*args, **kwargs)
        bound.apply_defaults()
        settings = {key: bound.arguments[key] for key in names}
        inputs = [key for key, value in bound.arguments.items() if is_array(value)]
        if self.depth or not inputs:
            return real(*args, **kwargs)

        def run(*values: Any) -> Any:
            return real(**{**bound.arguments, **dict(zip(inputs, values, strict=True))})

        return self._boxed(operation_of(kind, settings), run, tuple(bound.arguments[key] for key in inputs), {})

    def _boxed(self, operation: Any, run: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """What a call gives, with one equation for all that it does; what it hands on is no call."""
        import jax
        import keras
        from keras import tree

        flat = [value.value if isinstance(value, keras.Variable) else value for value in tree.flatten((args, kwargs))]
        places = [place for place, value in enumerate(flat) if is_array(value)]
        made: list[Any] = []

        def abstract(*given: Any) -> list[Any]:
            filled = list(flat)
            for place, value in zip(places, given, strict=True):
                filled[place] = value
            inner, options = tree.pack_sequence_as((args, kwargs), filled)
            made[:] = [run(*inner, **options), given]
            return [value for value in tree.flatten(made[0]) if is_array(value)]

        self.depth += 1
        try:
            specs = jax.eval_shape(abstract, *(flat[place] for place in places))
        finally:
            self.depth -= 1
        outputs, given = made
        same = {id(value): flat[place] for place, value in zip(places, given, strict=True)}
        if all(id(value) in same for value in tree.flatten(outputs) if is_array(value)):
            return tree.map_structure(lambda value: same.get(id(value), value), outputs)
        box = Box(operation, (args, kwargs), tuple(places), tuple((spec.shape, spec.dtype) for spec in specs))
        found = iter(_primitive().bind(*(flat[place] for place in places), box=box))
        return tree.map_structure(lambda value: next(found) if is_array(value) else value, outputs)


@cache
def _primitive() -> Any:
    import jax
    from jax.extend.core import Primitive

    made = Primitive(BOX)
    made.multiple_results = True
    made.def_abstract_eval(lambda *_, box: [jax.core.ShapedArray(shape, dtype) for shape, dtype in box.outputs])
    return made


def _spec(value: Any) -> Any:
    import jax
    from keras.src.backend import standardize_dtype

    dtype = jax.dtypes.canonicalize_dtype(standardize_dtype(value.dtype))
    return jax.ShapeDtypeStruct(tuple(value.shape), dtype)


@contextmanager
def _functions(instead: Callable[..., Any]) -> Iterator[None]:
    """Let functions of ``jax.nn`` be called through ``instead`` for a while."""
    import jax

    def around(name: str, real: Callable[..., Any]) -> Callable[..., Any]:
        return lambda *args, **kwargs: instead(name, real, args, kwargs)

    with ExitStack() as stack:
        for name in _FUNCTIONS:
            if (real := getattr(jax.nn, name, None)) is not None:
                stack.callback(setattr, jax.nn, name, real)
                setattr(jax.nn, name, around(name, real))
        yield
