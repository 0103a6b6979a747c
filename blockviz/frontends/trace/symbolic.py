"""Run a model's own code on symbolic tensors: its layers and ``keras.ops`` call themselves, nothing is computed.

While `recording`, a call of a layer on symbolic tensors is noted by the recorder and not by the layer; a
composite runs its own ``call`` instead of being one call; a variable that code reads is a tensor like any other.
Keras is as before afterwards, and so are the user's objects: no weight is read or changed, no call is wired up,
no automatic name is used up.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from typing import Any

from blockviz.frontends.trace.jax_graph import JaxRun
from blockviz.frontends.trace.keras_methods import KerasMethods
from blockviz.frontends.trace.leaves import does_nothing, is_composite, is_graph_model, is_kerass
from blockviz.frontends.trace.reasons import reason_of
from blockviz.frontends.trace.recorder import Recorder
from blockviz.frontends.trace.tensorflow_graph import TensorflowRun

# Functions that hand on what they are given, its type aside.
_HANDING_ON = frozenset({"Cast", "ConvertToTensor", "StopGradient", "Copy"})


@contextmanager
def recording(recorder: Recorder) -> Iterator[None]:
    """Let Keras' calls on symbolic tensors be recorded, in this process, until the context ends."""
    from keras.src.backend.common import global_state
    from keras.src.backend.common.stateless_scope import StatelessScope

    run = _Run(recorder)
    names = global_state.get_global_attribute("object_name_uids")
    used = None if names is None else dict(names)
    with ExitStack() as stack:
        for owner, name, value in run.replacements(run.call_layer, run.run_layer, run.call_operation):
            stack.callback(setattr, owner, name, getattr(owner, name))
            setattr(owner, name, value)
        stack.callback(run.unwire)
        stack.enter_context(StatelessScope())
        stack.enter_context(warnings.catch_warnings(action="ignore"))  # the user's code was run before
        try:
            yield
        finally:
            if names is not None and used is not None:
                names.clear()
                names.update(used)


class _Run(KerasMethods):
    """One run of a model's code.

    frames : per call of a layer that is going on, the layer, whether it was opened, and what is known of its inside.
    graph : the run of a composite in a graph of its framework, while there is one.
    """

    def __init__(self, recorder: Recorder) -> None:
        super().__init__(recorder)
        self.frames: list[list[Any]] = []
        self.graph: TensorflowRun | JaxRun | None = None

    def call_operation(self, operation: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """A function of ``keras.ops`` on symbolic tensors."""
        if not self.recorder.listens:
            return self.operation_symbolic(operation, *args, **kwargs)
        if _changes_nothing(operation, args):
            return args[0]
        args, kwargs = self.tree.map_structure(self.with_weights, (args, kwargs))
        outputs = self._dense(self.recorder.quietly(self._spec, operation, args, kwargs))
        if type(operation).__name__ in _HANDING_ON and isinstance(args[0], self.tensor_class):
            self.recorder.aliases[id(outputs)] = args[0], outputs
        else:
            self.recorder.record(operation, args, kwargs, self._tensors(outputs))
        return outputs

    def call_layer(self, layer: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """``layer(...)``: recorded, unless it was opened and recorded what it calls."""
        recorder = self.recorder
        if self.graph is not None:
            return self.graph.hook(layer, args, kwargs)
        if recorder.busy:
            return self.layer_call(layer, *args, **kwargs)
        args, kwargs = self.tree.map_structure(self.with_weights, (args, kwargs))
        if recorder.entered and not self.any_symbolic(args, kwargs) and layer.weights:
            args, kwargs = self.tree.map_structure(self.with_constants, (args, kwargs))
        if not self.any_symbolic(args, kwargs):
            return self.layer_call(layer, *args, **kwargs)
        frame: list[Any] = [layer, False, None]
        self.frames.append(frame)
        try:
            outputs = self.layer_call(layer, *args, **kwargs)
        finally:
            self.frames.pop()
        if not frame[1]:
            recorder.record(layer, args, kwargs, self._tensors(outputs), frame[2])
        return outputs

    def run_layer(self, layer: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """What a layer gives for symbolic tensors: a composite by its own code, a box by its shape rule."""
        if self.recorder.busy:
            return self.layer_symbolic(layer, *args, **kwargs)
        frame = self.frames[-1]
        if args and does_nothing(layer):
            frame[1] = True
            return args[0]
        if _is_timed_composite(layer):
            frame[1] = True
            return self._timed(layer, args, kwargs)
        if is_composite(layer) or not self.recorder.entered:
            opened, outputs = self._open(layer, args, kwargs)
            if opened:
                frame[1] = True
                return outputs
        elif not is_kerass(layer) and not is_graph_model(layer):
            seen = self.looked_into(layer, args, kwargs)
            if seen is not None and not seen[0] and args and seen[1] is args[0] and not layer.weights:
                frame[1] = True  # stochastic depth and the like: they pass on what they are given
                return args[0]
            if seen is not None:
                frame[2] = seen[0]
                return self.tree.map_structure(self._fresh, seen[1])
        return self._dense(self.recorder.quietly(self._spec, layer, args, kwargs))

    def _open(self, layer: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[bool, Any]:
        """(whether the composite's code ran, what it returned)."""
        top = not self.recorder.entered
        try:
            with self.recorder.inside(layer, is_graph_model(layer)) as path:
                outputs = layer.call(*args, **kwargs)
                self._check(outputs)
        except Exception as error:  # whatever the user's code raises; it may not be made for symbolic tensors
            reason = reason_of(error)
        else:
            self._note_opened(layer, path)
            return True, outputs
        try:
            with self.recorder.inside(layer, is_graph_model(layer)) as path:
                outputs = self._as_graph(layer, args, kwargs)
                self._check(outputs)
        except Exception as error:
            reason = f"{reason}; as a graph: {reason_of(error)}"
        else:
            self._note_opened(layer, path)
            return True, outputs
        if top:
            raise NotOpenedError(reason)
        path = f"{self.recorder.path}/{layer.name}" if self.recorder.path else layer.name
        self.recorder.closed.setdefault(path, f"{type(layer).__name__}: {reason}")
        return False, None

    def _as_graph(self, layer: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        self.graph = _graph_run()(self.recorder, self.layer_call, self.weight, self.looked_into)
        try:
            return self.graph.open(layer, args, kwargs)
        finally:
            self.graph = None

    def _note_opened(self, layer: Any, path: str) -> None:
        self.recorder.opened.append((layer, path))

    def _check(self, outputs: Any) -> None:
        flat = [value for value in self.tree.flatten(outputs) if value is not None]
        if flat and not any(isinstance(value, self.tensor_class) for value in flat):
            raise TypeError(f"call() returns a {type(flat[0]).__name__} that depends on no input")

    def looked_into(self, layer: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """(what a layer of unknown class calls, what it gives) by its own code; None where that can't be seen."""
        graph, self.graph = self.graph, None
        try:
            for run in (layer.call, lambda *a, **k: self._as_graph(layer, a, k)):
                with suppress(Exception), self.recorder.apart() as calls:  # the layer is a box in any case
                    outputs = run(*args, **kwargs)
                    self._check(outputs)
                    return calls, outputs
        finally:
            self.graph = graph
        return None

    def _fresh(self, value: Any) -> Any:
        """A tensor of its own for what a box gives, even if that is what it was given."""
        return self.tensor_class(value.shape, value.dtype) if isinstance(value, self.tensor_class) else value

    def _spec(self, operation: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """Output tensors by the operation's own shape rule; where that fails (a subclass with further arguments),
        by running its code abstractly."""
        from keras.src.backend import compute_output_spec

        rule: Callable[..., Any] = operation.compute_output_spec
        try:
            outputs = rule(*args, **kwargs)
        except Exception:  # whatever a rule of the user's raises
            return compute_output_spec(operation.call, *args, **kwargs)
        if any(None in tensor.shape for tensor in self._tensors(outputs)):  # though every size is known here
            with suppress(Exception):
                return compute_output_spec(operation.call, *args, **kwargs)
        return outputs

    def _dense(self, outputs: Any) -> Any:
        """The tensors, none of them marked sparse: some layers' abstract run says so wrongly."""
        for value in self._tensors(outputs):
            value._sparse = False
        return outputs

    def _tensors(self, outputs: Any) -> list[Any]:
        return [value for value in self.tree.flatten(outputs) if isinstance(value, self.tensor_class)]

    def _timed(self, wrapper: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """A composite in ``TimeDistributed``: opened for one time step."""
        recorder = self.recorder
        steps = recorder.steps
        with recorder.inside(wrapper, not recorder.within):
            inputs = self.tree.map_structure(self._one_step, args[0])
            recorder.steps = (*steps, self._tensors(args)[0].shape[1])
            outputs = wrapper.layer(inputs)
            return self.tree.map_structure(lambda value: self._all_steps(value, recorder.steps[-1]), outputs)

    def _one_step(self, value: Any) -> Any:
        made = self.tensor_class((value.shape[0], *value.shape[2:]), value.dtype)
        self.recorder.aliases[id(made)] = value, made
        return made

    def _all_steps(self, value: Any, count: int) -> Any:
        made = self.tensor_class((value.shape[0], count, *value.shape[1:]), value.dtype)
        self.recorder.aliases[id(made)] = value, made
        return made


def _graph_run() -> type[TensorflowRun] | type[JaxRun]:
    """What runs a composite in a graph of the framework that Keras uses."""
    import keras

    runs: dict[str, type[TensorflowRun] | type[JaxRun]] = {"tensorflow": TensorflowRun, "jax": JaxRun}
    if (name := keras.config.backend()) not in runs:
        raise NotImplementedError(f"Keras makes no graph with {name}")
    return runs[name]


class NotOpenedError(Exception):
    """The model's own code can't be run on symbolic tensors."""


def _changes_nothing(operation: Any, args: tuple[Any, ...]) -> bool:
    """Whether an operation makes a tensor of a tensor that has the wanted type already, or pads by nothing."""
    if type(operation).__name__ == "Pad" and len(args) == 1 and operation.__class__.__module__.startswith("keras."):
        return not any(size for pair in operation.pad_width for size in pair)
    if type(operation).__name__ not in ("ConvertToTensor", "Cast") or len(args) != 1:
        return False
    return operation.dtype is None or operation.dtype == getattr(args[0], "dtype", None)


def _is_timed_composite(layer: Any) -> bool:
    return type(layer).__name__ == "TimeDistributed" and is_kerass(layer) and is_composite(layer.layer)
