"""What stands in the place of Keras' own methods while a model is run on symbolic tensors.

Keras is as before afterwards, and so are the user's objects: no call is wired up, no automatic name is used up.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from typing import Any

from blockviz.frontends.trace.recorder import Recorder

# Arithmetic on a variable, which Keras would compute; a tensor's methods of these names record.
_ARITHMETIC = """getitem neg abs add radd sub rsub mul rmul truediv rtruediv floordiv rfloordiv mod rmod pow rpow
    matmul rmatmul lt le gt ge and rand or ror xor rxor invert"""

Call = Callable[[Any, tuple[Any, ...], dict[str, Any]], Any]


class KerasMethods:
    """Keras' methods around the real ones; what runs the model gives three of them (see `replacements`)."""

    def __init__(self, recorder: Recorder) -> None:
        import keras
        from keras import tree
        from keras.src.backend.common.keras_tensor import KerasTensor, any_symbolic_tensors
        from keras.src.layers.layer import Layer
        from keras.src.ops.node import Node
        from keras.src.ops.operation import Operation

        self.recorder = recorder
        self.tree, self.tensor_class, self.variable_class = tree, KerasTensor, keras.Variable
        self.node_class, self.layer_class, self.operation_class = Node, Layer, Operation
        self.any_symbolic = any_symbolic_tensors
        self.layer_call, self.layer_build = Layer.__call__, Layer._maybe_build
        self.layer_symbolic, self.operation_symbolic = Layer.symbolic_call, Operation.symbolic_call
        self.building = 0
        self.wired: list[Any] = []

    def replacements(self, call_layer: Call, run_layer: Call, call_operation: Call) -> Iterator[tuple[Any, str, Any]]:
        """(owner, attribute, what stands there for a while).

        call_layer : ``layer(...)``. run_layer : what it gives for symbolic tensors. call_operation : what a function
        of ``keras.ops`` gives for them.
        """
        tensor, variable = self.tensor_class, self.variable_class
        yield self.layer_class, "__call__", _method(call_layer)
        yield self.layer_class, "_maybe_build", _method(self.build)
        yield self.layer_class, "symbolic_call", _method(run_layer)
        yield self.operation_class, "symbolic_call", _method(call_operation)
        yield self.layer_class, "add_loss", self._unless_listening(self.layer_class.add_loss, lambda layer, loss: None)
        yield tensor, "__iter__", lambda value: iter([value[place] for place in range(value.shape[0])])
        for cls in variable.__mro__:
            for word in _ARITHMETIC.split():
                if f"__{word}__" in vars(cls) and hasattr(tensor, f"__{word}__") and cls is not object:
                    yield cls, f"__{word}__", self._on_tensor(vars(cls)[f"__{word}__"], f"__{word}__")
        yield variable, "assign", self._unless_listening(variable.assign, lambda value, other: other)
        for module in list(sys.modules.values()):
            if not getattr(module, "__name__", "").startswith("keras.src."):
                continue
            if vars(module).get("any_symbolic_tensors") is self.any_symbolic:
                yield module, "any_symbolic_tensors", self.is_symbolic
            if vars(module).get("Node") is self.node_class:
                yield module, "Node", self.wire

    def _unless_listening(self, real: Callable[..., Any], other: Callable[..., Any]) -> Callable[..., Any]:
        def method(*args: Any) -> Any:
            return other(*args) if self.recorder.listens else real(*args)

        return method

    def _on_tensor(self, real: Callable[..., Any], name: str) -> Callable[..., Any]:
        """A variable's method that works on the tensor that stands for the variable."""

        def method(variable: Any, *args: Any) -> Any:
            if not self.recorder.listens:
                return real(variable, *args)
            return getattr(self.weight(variable), name)(*args)

        return method

    def wire(self, operation: Any, call_args: Any = None, call_kwargs: Any = None, outputs: Any = None) -> Any:
        """Keras' own record of a call: made only where a layer is built or works out its shapes."""
        if self.recorder.listens and not self.building:
            return None
        node = self.node_class(operation, call_args=call_args, call_kwargs=call_kwargs, outputs=outputs)
        if not self.building:
            self.wired.append(node)
        return node

    def unwire(self) -> None:
        """Take back what boxes wired up while they worked out their shapes."""
        for node in self.wired:
            if node in node.operation._inbound_nodes:
                node.operation._inbound_nodes.remove(node)
            for tensor in node.input_tensors:
                source = tensor._keras_history.operation
                if source is not None and node in source._outbound_nodes:
                    source._outbound_nodes.remove(node)

    def is_symbolic(self, args: Any = None, kwargs: Any = None) -> bool:
        """Whether a function is called on symbolic tensors; variables count as such."""
        if self.any_symbolic(args, kwargs):
            return True
        if not self.recorder.listens:
            return False
        return any(isinstance(value, self.variable_class) for value in self.tree.flatten((args, kwargs)))

    def weight(self, variable: Any) -> Any:
        """The tensor that stands for a variable."""
        weights = self.recorder.weights
        if id(variable) not in weights:
            weights[id(variable)] = self.tensor_class(tuple(variable.shape), variable.dtype), variable
        return weights[id(variable)][0]

    def with_weights(self, value: Any) -> Any:
        """The value, a variable as the tensor that stands for it."""
        return self.weight(value) if isinstance(value, self.variable_class) else value

    def with_constants(self, value: Any) -> Any:
        """An array as a symbolic tensor, so that a layer called on positions is a call like any other."""
        from keras.src.backend import standardize_dtype

        if isinstance(value, self.tensor_class) or not (hasattr(value, "shape") and hasattr(value, "dtype")):
            return value
        made = self.tensor_class(tuple(value.shape), standardize_dtype(value.dtype))
        self.recorder.constants.append(made)
        return made

    def build(self, layer: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        """Build a layer that is called for the first time, as Keras does."""
        self.building += 1
        try:
            self.recorder.quietly(self.layer_build, layer, *args, **kwargs)
        finally:
            self.building -= 1


def _method(function: Callable[[Any, tuple[Any, ...], dict[str, Any]], Any]) -> Callable[..., Any]:
    """The function as a method: what is called first, then its arguments as a tuple and a dict."""

    def method(owner: Any, *args: Any, **kwargs: Any) -> Any:
        return function(owner, args, kwargs)

    return method
