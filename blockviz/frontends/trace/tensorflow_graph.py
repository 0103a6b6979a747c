"""Open a composite whose code is not made for symbolic tensors: its ``call`` makes a TensorFlow graph instead.

Code of TensorFlow's own (``tf.concat``, ``tf.shape``) works there. Layers called inside are noted as they are called,
with the operations of the graph that are their work; the operations between them are taken from the graph, under
the names that Keras has for them. Only on Keras' TensorFlow backend.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from blockviz.frontends.keras.dtypes import ITEM_BYTES
from blockviz.frontends.trace.graph_calls import GraphRun, State, inside_of, note, operation_of, state_of
from blockviz.frontends.trace.leaves import is_composite, is_graph_model
from blockviz.runtime.records import dataclass, field

# TensorFlow's operations under Keras' names.
_NAMES = {
    "AddV2": "Add", "AddN": "Add", "BiasAdd": "Add", "Mul": "Multiply", "Sub": "Subtract", "RealDiv": "Divide",
    "BatchMatMul": "Matmul", "BatchMatMulV2": "Matmul", "BatchMatMulV3": "Matmul", "MatMul": "Matmul",
    "StridedSlice": "GetItem", "Slice": "GetItem", "Pack": "Stack", "ConcatV2": "Concatenate", "GatherV2": "Take",
    "ResourceGather": "Take", "SelectV2": "Where", "Select": "Where", "SplitV": "Split", "Unpack": "Unstack",
    "Pow": "Power", "Neg": "Negative", "MirrorPad": "Pad", "PadV2": "Pad", "ResizeBilinear": "Resize",
    "ResizeNearestNeighbor": "Resize", "ResizeBicubic": "Resize", "TopKV2": "TopK", "ReverseV2": "Flip",
    "FloorDiv": "FloorDivide", "FloorMod": "Mod", "Conv2D": "Conv", "DepthwiseConv2dNative": "DepthwiseConv",
    "Conv2DBackpropInput": "ConvTranspose",
}  # fmt: skip
# What hands a tensor on as it is, its type aside.
_SAME = frozenset({
    "Identity", "IdentityN", "StopGradient", "PreventGradient", "CheckNumerics", "CheckNumericsV2", "EnsureShape",
    "Snapshot", "Cast",
})  # fmt: skip
# What tells no more of a tensor than its shape, or checks it.
_ABOUT = frozenset({"Shape", "ShapeN", "Size", "Rank", "NoOp", "Assert", "ZerosLike", "OnesLike"})
# Per operation, what its constant operands say: (place of the operand, name of the setting).
_SETTINGS: dict[str, tuple[tuple[int, str], ...]] = {
    "Transpose": ((1, "axes"),), "Reshape": ((1, "newshape"),), "ExpandDims": ((1, "axis"),),
    "ConcatV2": ((-1, "axis"),), "GatherV2": ((2, "axis"),), "Tile": ((1, "repeats"),), "Pad": ((1, "pad_width"),),
    "PadV2": ((1, "pad_width"),), "MirrorPad": ((1, "pad_width"),), "ReverseV2": ((1, "axis"),),
    "BroadcastTo": ((1, "shape"),), "Cumsum": ((1, "axis"),), "TopKV2": ((1, "k"),), "Split": ((0, "axis"),),
    "SplitV": ((1, "indices_or_sections"), (2, "axis")), "StridedSlice": ((1, "start"), (2, "stop"), (3, "step")),
    "Slice": ((1, "start"), (2, "size")),
    **dict.fromkeys(("Mean", "Sum", "Max", "Min", "Prod", "All", "Any", "ArgMax", "ArgMin"), ((1, "axis"),)),
    **{f"Resize{kind}": ((1, "size"),) for kind in ("Bilinear", "NearestNeighbor", "Bicubic")},
}  # fmt: skip
_ATTRIBUTES = {"Einsum": ("equation", "subscripts"), "Pack": ("axis", "axis"), "Squeeze": ("squeeze_dims", "axis")}
_TRANSPOSED = {"transpose_a": ("adj_x", "transpose_a"), "transpose_b": ("adj_y", "transpose_b")}


@dataclass(slots=True)
class _Box:
    """A layer's call inside the graph: from which operation to which it goes, what it was given, what it gave."""

    layer: Any
    start: int
    end: int
    args: tuple[Any, ...]
    kwargs: dict[str, Any]
    outputs: Any
    state: State


@dataclass(slots=True)
class TensorflowRun(GraphRun):
    """One composite's ``call`` in a graph of its own."""

    graph: Any = None
    boxes: list[_Box] = field(default_factory=list)
    tensors: dict[str, Any] = field(default_factory=dict)

    def open(self, layer: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """What the composite gives for symbolic tensors; its calls are recorded.

        Raises
        ------
        Exception : whatever its code raises, also in a graph.
        """
        import tensorflow as tf
        from keras import tree
        from keras.src.backend.common.stateless_scope import StatelessScope
        from keras.src.backend.common.symbolic_scope import SymbolicScope

        self.graph = tf.__internal__.FuncGraph("opened")
        with StatelessScope(), SymbolicScope(), self.graph.as_default():
            args, kwargs = tree.map_structure(self._placeholder, (args, kwargs))
            outputs = self.recorder.quietly(layer.call, *args, **kwargs)
            known, captures = _handles(layer), self.graph.captures
            self._record({inner.name: known[id(outer)] for outer, inner in captures if id(outer) in known})
        return tree.map_structure(self._symbolic, outputs)

    def hook(self, layer: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """``layer(...)`` while the graph is made: a composite's path is entered, a box noted."""
        import tensorflow as tf

        if self.depth or tf.compat.v1.get_default_graph() is not self.graph:
            return self.call(layer, *args, **kwargs)
        if is_composite(layer):
            with self.recorder.inside(layer, is_graph_model(layer)) as path:
                outputs = self.call(layer, *args, **kwargs)
            self.recorder.opened.append((layer, path))
            return outputs
        start = len(self.graph.get_operations())
        self.depth += 1
        try:
            outputs = self.call(layer, *args, **kwargs)
        finally:
            self.depth -= 1
        end = len(self.graph.get_operations())
        self.boxes.append(_Box(layer, start, end, args, kwargs, outputs, state_of(self.recorder)))
        return outputs

    def _placeholder(self, value: Any) -> Any:
        """A tensor of the graph in place of a symbolic one."""
        import tensorflow as tf
        from keras.src.backend import KerasTensor

        if not isinstance(value, KerasTensor):
            return value
        made = tf.compat.v1.placeholder(shape=value.shape, dtype=value.dtype)
        self.tensors[made.name] = value
        return made

    def _symbolic(self, value: Any) -> Any:
        """The symbolic tensor for one of the graph; a constant stays what it is."""
        return self.tensors.get(value.name, value) if _is_graph_tensor(value) else value

    def _made(self, tensor: Any) -> Any:
        """A new symbolic tensor for one of the graph."""
        from keras.src.backend import KerasTensor

        shape = tensor.shape.as_list() if tensor.shape.rank is not None else []
        dtype = tensor.dtype.name if tensor.dtype.name in ITEM_BYTES else "float32"  # a list of tensors has none
        self.tensors[tensor.name] = KerasTensor(tuple(shape), dtype)
        return self.tensors[tensor.name]

    def _record(self, variables: dict[str, Any]) -> None:
        """Record the boxes, and the operations before, between and after them, in order."""
        operations = self.graph.get_operations()
        state, place = state_of(self.recorder), 0
        for box in self.boxes:
            self._record_operations(operations[place : box.start], variables, state)
            self._record_box(box)
            place, state = box.end, box.state
        self._record_operations(operations[place:], variables, state_of(self.recorder))

    def _record_box(self, box: _Box) -> None:
        from keras import tree

        given = {id(value) for value in tree.flatten((box.args, box.kwargs))}
        outputs = [value for value in tree.flatten(box.outputs) if _is_graph_tensor(value)]
        if all(id(value) in given for value in outputs):
            return  # it hands on what it was given
        args, kwargs = tree.map_structure(self._symbolic, (box.args, box.kwargs))
        inside = inside_of(self.look, box.layer, args, kwargs)
        note(self.recorder, box.state, box.layer, args, kwargs, [self._made(value) for value in outputs], inside)

    def _record_operations(self, operations: Sequence[Any], variables: dict[str, Any], state: State) -> None:
        for operation in operations:
            known = [value for value in operation.inputs if value.name in self.tensors or value.name in variables]
            if not known or operation.type in _ABOUT or not operation.outputs:
                continue
            if operation.type == "ReadVariableOp":
                self.tensors[operation.outputs[0].name] = self.weight(variables[operation.inputs[0].name])
            elif operation.type in _SAME:
                for value, made in zip(operation.inputs, operation.outputs, strict=True):
                    if value.name in self.tensors:
                        self.tensors[made.name] = self.tensors[value.name]
            else:
                self._record_operation(operation, variables, state)

    def _record_operation(self, operation: Any, variables: dict[str, Any], state: State) -> None:
        inputs = list(operation.inputs)
        settings = dict(_settings(operation, inputs))
        said = {id(inputs[place]) for place, _ in _SETTINGS.get(operation.type, ())}
        args = [self._operand(value, variables) for value in inputs if id(value) not in said]
        if operation.type in ("ConcatV2", "Pack", "AddN"):
            args = [args]
        kwargs = {
            name: True for name, keys in _TRANSPOSED.items() if any(_attribute(operation, key) is True for key in keys)
        }
        made = operation_of(_NAMES.get(operation.type, operation.type), settings)
        note(self.recorder, state, made, args, kwargs, [self._made(value) for value in operation.outputs])

    def _operand(self, value: Any, variables: dict[str, Any]) -> Any:
        if value.name in variables:
            return self.weight(variables[value.name])
        return self.tensors[value.name] if value.name in self.tensors else _constant(value)


def _is_graph_tensor(value: Any) -> bool:
    return hasattr(value, "graph") and hasattr(value, "op")


def _handles(layer: Any) -> dict[int, Any]:
    """id of the graph's handle of a variable → the variable, for all that a layer owns."""
    return {
        id(handle): variable
        for variable in layer.variables
        if (handle := getattr(getattr(variable, "_value", None), "handle", None)) is not None
    }


def _settings(operation: Any, inputs: Sequence[Any]) -> Iterator[tuple[str, Any]]:
    for place, name in _SETTINGS.get(operation.type, ()):
        yield name, _constant(inputs[place])
    if (keepdims := _attribute(operation, "keep_dims")) is not None:
        yield "keepdims", keepdims
    if _NAMES.get(operation.type, "") in ("Conv", "DepthwiseConv"):
        first = _attribute(operation, "data_format") == b"NCHW"
        grid = slice(2, None) if first else slice(1, 3)
        yield from (("strides", _attribute(operation, "strides")[grid]), ("padding", _padding(operation)))
        yield from (("dilation_rate", _attribute(operation, "dilations")[grid]),)
        yield from (("data_format", "channels_first"),) if first else ()
    if operation.type in _ATTRIBUTES:
        key, name = _ATTRIBUTES[operation.type]
        value = _attribute(operation, key)
        yield name, value.decode() if isinstance(value, bytes) else value


def _padding(operation: Any) -> Any:
    word = (_attribute(operation, "padding") or b"").decode().lower()
    return word if word in ("same", "valid") else None


def _attribute(operation: Any, name: str) -> Any:
    try:
        return operation.get_attr(name)
    except ValueError:
        return None


def _constant(value: Any) -> Any:
    """A constant of the graph as numbers, if they are few; as its shape otherwise."""
    import tensorflow as tf

    found = tf.get_static_value(value)
    if found is None or found.size > 16:
        shape = value.shape.as_list() if value.shape.rank is not None else []
        return {"class_name": "Array", "config": {"shape": shape}}
    return found.tolist()
