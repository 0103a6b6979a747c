"""ONNX files, read from their bytes: small ones made by hand, and exported ones of `exported`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import onnx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from blockviz.costs.cost import cost_of, macs
from blockviz.errors import ModelError, UsageError
from blockviz.frontends import read_model
from blockviz.frontends.onnx import proto, read_onnx, wire
from blockviz.frontends.onnx.names import module_path
from blockviz.ir import UNKNOWN, LayerGraph, Node, leaves
from blockviz.pipeline import summarize

EXPORTED = Path(__file__).parent / "exported"
helper = onnx.helper
FLOAT, INT64 = onnx.TensorProto.FLOAT, onnx.TensorProto.INT64


def weight(name: str, *shape: int) -> Any:
    count = 1
    for size in shape:
        count *= size
    return helper.make_tensor(name, FLOAT, shape, [0.01 * (i % 7 + 1) for i in range(count)])


def ints(name: str, *values: int) -> Any:
    return helper.make_tensor(name, INT64, [len(values)], values)


Sizes = tuple[Any, ...]


def saved(
    path: Path, nodes: list[Any], weights: list[Any], shape: Sizes = (1, 3, 8, 8), opset: int = 17, **more: Any
) -> LayerGraph:
    """A model of one input ``x`` and one output ``y``, written and read."""
    graph = helper.make_graph(
        nodes, "test", [helper.make_tensor_value_info("x", more.pop("kind", FLOAT), shape)],
        [helper.make_tensor_value_info("y", FLOAT, None)], weights,
    )  # fmt: skip
    versions = [helper.make_opsetid("", opset), helper.make_opsetid("local", 1)]
    model = helper.make_model(graph, opset_imports=versions, **more)
    target = path / "model.onnx"
    target.write_bytes(model.SerializeToString())
    return read_onnx(target)


def node(op: str, inputs: str, output: str = "y", **attributes: Any) -> Any:
    name = f"{op.lower()}_{output.replace(' ', '_')}"
    return helper.make_node(op, inputs.split(), output.split(), name=name, **attributes)


def calls(graph: LayerGraph) -> list[Node]:
    return [item for item in graph.items() if isinstance(item, Node) and item.op != "InputLayer"]


def test_a_convolution_is_shown_channels_last_with_its_padding(tmp_path: Path) -> None:
    conv = node("Conv", "x w b", kernel_shape=[3, 3], pads=[1, 1, 1, 1], strides=[2, 2])
    (call,) = calls(saved(tmp_path, [conv], [weight("w", 6, 3, 3, 3), weight("b", 6)]))
    assert (call.op, call.inputs, call.outputs) == ("Conv2D", ((None, 8, 8, 3),), ((None, 4, 4, 6),))
    assert call.config["padding"] == "same"
    assert call.config["strides"] == [2, 2]
    assert call.layer.params == 6 * 27 + 6
    assert macs(call) == 16 * 27 * 6


@pytest.mark.parametrize(
    ("pads", "word"), [([0, 0, 0, 0], "valid"), ([1, 1, 1, 1], "same"), ([2, 2, 2, 2], [[2, 2], [2, 2]])]
)
def test_padding_is_told_by_what_it_does(tmp_path: Path, pads: list[int], word: object) -> None:
    conv = node("Conv", "x w", kernel_shape=[3, 3], pads=pads)
    (call,) = calls(saved(tmp_path, [conv], [weight("w", 6, 3, 3, 3)]))
    assert call.config["padding"] == word


def test_grouped_and_transposed_convolutions(tmp_path: Path) -> None:
    depthwise = node("Conv", "x w", "h", kernel_shape=[3, 3], pads=[1, 1, 1, 1], group=3)
    up = node("ConvTranspose", "h v", kernel_shape=[2, 2], strides=[2, 2])
    first, second = calls(saved(tmp_path, [depthwise, up], [weight("w", 3, 1, 3, 3), weight("v", 3, 5, 2, 2)]))
    assert (first.op, first.layer.params, macs(first)) == ("DepthwiseConv2D", 27, 64 * 27)
    assert (second.op, second.outputs, macs(second)) == ("Conv2DTranspose", ((None, 16, 16, 5),), 64 * 4 * 15)


@pytest.mark.parametrize("opset", [9, 13, 21])
def test_axes_of_every_version_of_the_operators(tmp_path: Path, opset: int) -> None:
    """Squeeze, unsqueeze and reductions had their axes as attributes before opset 13 and 18."""
    listed = opset >= 13
    squeeze = node("Squeeze", "m a", "s") if listed else node("Squeeze", "m", "s", axes=[2, 3])
    mean = node("ReduceMean", "x a", "m") if opset >= 18 else node("ReduceMean", "x", "m", axes=[2, 3])
    dense = node("Gemm", "s w b", transB=1)
    graph = saved(tmp_path, [mean, squeeze, dense], [ints("a", 2, 3), weight("w", 4, 3), weight("b", 4)], opset=opset)
    assert [call.op for call in calls(graph)] == ["Mean", "Squeeze", "Dense"]
    assert calls(graph)[-1].outputs == ((None, 4),)


def test_shapes_that_the_file_computes_are_computed(tmp_path: Path) -> None:
    """Shape → Gather → Concat → Reshape, as exporters write ``x.view(x.shape[0], -1)``."""
    nodes = [
        node("Shape", "x", "s"), node("Gather", "s zero", "n"), node("Unsqueeze", "n axis", "u"),
        node("Concat", "u rest", "t", axis=0), node("Reshape", "x t"),
    ]  # fmt: skip
    zero = helper.make_tensor("zero", INT64, [], [0])
    (call,) = calls(saved(tmp_path, nodes, [zero, ints("axis", 0), ints("rest", -1)], ("N", 3, 8, 8)))
    assert (call.op, call.outputs) == ("Flatten", ((None, 192),))


def test_a_constant_added_to_a_product_is_its_bias(tmp_path: Path) -> None:
    for operands in ("h b", "b h"):
        (call,) = calls(saved(tmp_path, [node("MatMul", "x w", "h"), node("Add", operands)],
                              [weight("w", 8, 5), weight("b", 5)], (1, 4, 8)))  # fmt: skip
        assert (call.op, call.config["use_bias"], call.layer.params, macs(call)) == ("Dense", True, 45, 4 * 40)


def test_activations_written_out_are_what_they_are(tmp_path: Path) -> None:
    numbers = {"half": 0.5, "one": 1.0, "root": 2**0.5}
    constants = [helper.make_tensor(name, FLOAT, [], [value]) for name, value in numbers.items()]
    silu = [node("Sigmoid", "x", "s"), node("Mul", "s x", "h")]
    gelu = [node("Div", "h root", "d"), node("Erf", "d", "e"), node("Add", "e one", "p"), node("Mul", "h p", "q"),
            node("Mul", "q half")]  # fmt: skip
    found = calls(saved(tmp_path, silu + gelu, constants))
    assert [call.config.get("activation") for call in found] == ["silu", "gelu"]


@pytest.mark.parametrize("offset", [True, False])
def test_a_layer_norm_as_tensorflow_writes_it_is_one(tmp_path: Path, offset: bool) -> None:
    """The mean as a pooling, the scale in the root, the offset beside the mean; an offset of zeros is left out."""
    nodes = [
        node("GlobalAveragePool", "x", "m"), node("Sub", "x m", "c"), node("Mul", "c c", "q"),
        node("GlobalAveragePool", "q", "v"), node("Add", "v eps", "a"), node("Sqrt", "a", "r"),
        node("Reciprocal", "r", "i"), node("Mul", "i g", "s"), node("Mul", "x s", "k"), node("Neg", "m", "n"),
        node("Mul", "n s", "o"), *([node("Add", "o b", "p")] if offset else []),
        node("Add", "k p" if offset else "k o"),
    ]  # fmt: skip
    numbers = [helper.make_tensor("eps", FLOAT, [], [1e-6]), weight("g", 1, 1, 8), weight("b", 1, 1, 8)]
    found = calls(saved(tmp_path, nodes, numbers, (1, 4, 8)))
    assert [(call.op, call.layer.params) for call in found] == [("LayerNormalization", 16 if offset else 8)]


def test_gelu_as_tensorflow_writes_it_is_one(tmp_path: Path) -> None:
    numbers = [helper.make_tensor(name, FLOAT, [], [value]) for name, value in (("half", 0.5), ("root", 0.5**0.5))]
    written = [node("Mul", "half x", "h"), node("Neg", "x", "n"), node("Mul", "n root", "s"), node("Erfc", "s", "e"),
               node("Mul", "h e")]  # fmt: skip
    assert [call.config.get("activation") for call in calls(saved(tmp_path, written, numbers))] == ["gelu"]


def test_almost_an_activation_stays_written_out(tmp_path: Path) -> None:
    other = [node("Sigmoid", "x", "s"), node("Relu", "x", "r"), node("Mul", "s r")]
    assert [call.op for call in calls(saved(tmp_path, other, []))] == ["Activation", "ReLU", "Multiply"]


def layer_norm_nodes() -> list[Any]:
    return [
        node("ReduceMean", "x", "m", axes=[-1]), node("Sub", "x m", "c"), node("Pow", "c two", "q"),
        node("ReduceMean", "q", "v", axes=[-1]), node("Add", "v eps", "a"), node("Sqrt", "a", "r"),
        node("Div", "c r", "n"), node("Mul", "n g", "k"), node("Add", "k b"),
    ]  # fmt: skip


def test_a_layer_norm_written_out_is_one(tmp_path: Path) -> None:
    numbers = [helper.make_tensor("two", FLOAT, [], [2.0]), helper.make_tensor("eps", FLOAT, [], [1e-5])]
    found = calls(saved(tmp_path, layer_norm_nodes(), [*numbers, weight("g", 8), weight("b", 8)], (1, 4, 8), 13))
    assert [(call.op, call.layer.params) for call in found] == [("LayerNormalization", 16)]


def test_equal_untrained_weights_that_were_merged_count_each_time(tmp_path: Path) -> None:
    zeros = helper.make_tensor("zeros", FLOAT, [3], [0.0] * 3)
    nodes = [node("Conv", "x v zeros", "h", kernel_shape=[1, 1]), node("Conv", "h w zeros", kernel_shape=[1, 1])]
    first, second = calls(saved(tmp_path, nodes, [weight("v", 3, 3, 1, 1), weight("w", 3, 3, 1, 1), zeros]))
    assert (first.layer.params, second.layer.params) == (12, 12)


def test_tied_weights_count_once_and_the_same_layer_is_called_again(tmp_path: Path) -> None:
    nodes = [node("Conv", "x w", "h", kernel_shape=[1, 1]), node("Conv", "h w", kernel_shape=[1, 1])]
    first, second = calls(saved(tmp_path, nodes, [weight("w", 3, 3, 1, 1)]))
    assert first.layer is second.layer
    assert (second.id, second.call) == (f"{first.id}@2", 2)


def test_windows_folded_into_the_batch_are_counted(tmp_path: Path) -> None:
    nodes = [node("Reshape", "x s", "h"), node("MatMul", "h w")]
    graph = saved(tmp_path, nodes, [ints("s", 16, 4, 6), weight("w", 6, 5)], (1, 64, 6))
    assert calls(graph)[0].outputs == ((16, 4, 6),)
    assert macs(calls(graph)[1]) == 64 * 30


def test_a_branch_has_both_bodies_and_a_box_that_joins_them(tmp_path: Path) -> None:
    def body(name: str, op: str) -> Any:
        out = helper.make_tensor_value_info(f"{name}_y", FLOAT, None)
        return helper.make_graph([helper.make_node(op, ["x"], [f"{name}_y"], name=name)], name, [], [out])

    asked = [node("ReduceSum", "x", "t", keepdims=0), node("Greater", "t zero", "c"),
             node("If", "c", then_branch=body("yes", "Relu"), else_branch=body("no", "Tanh"))]  # fmt: skip
    graph = saved(tmp_path, asked, [helper.make_tensor("zero", FLOAT, [], [0.5])])
    assert [call.op for call in calls(graph)] == ["Sum", "Greater", "ReLU", "Activation", "If"]
    assert calls(graph)[-1].within == ("if_y",)
    constant = [node("If", "c", then_branch=body("yes", "Relu"), else_branch=body("no", "Tanh"))]
    flag = helper.make_tensor("c", onnx.TensorProto.BOOL, [], [True])
    assert [call.op for call in calls(saved(tmp_path, constant, [flag]))] == ["ReLU"]


def test_a_loop_has_its_body_once(tmp_path: Path) -> None:
    kinds = [("i", INT64, []), ("go", onnx.TensorProto.BOOL, []), ("h", FLOAT, None)]
    values = [helper.make_tensor_value_info(name, kind, shape) for name, kind, shape in kinds]
    body = helper.make_graph(
        [helper.make_node("Identity", ["go"], ["again"]), helper.make_node("MatMul", ["h", "w"], ["out"], name="step")],
        "body", values, [helper.make_tensor_value_info(n, k, None) for n, k in (("again", 9), ("out", FLOAT))],
    )  # fmt: skip
    count = helper.make_tensor("count", INT64, [], [5])
    yes = helper.make_tensor("yes", onnx.TensorProto.BOOL, [], [True])
    graph = saved(tmp_path, [node("Loop", "count yes x", body=body)], [count, yes, weight("w", 8, 8)], (1, 8))
    dense, loop = calls(graph)
    assert (dense.op, dense.within[-1], loop.op, macs(loop)) == ("Dense", loop.id, "Loop", 0)
    assert cost_of(leaves(graph)).macs == 5 * 64


def test_functions_of_the_file_are_opened(tmp_path: Path) -> None:
    inner = [helper.make_node("Mul", ["a", "a"], ["s"]), helper.make_node("Relu", ["s"], ["r"])]
    outer = helper.make_function("local", "Square", ["a"], ["r"], inner, [helper.make_opsetid("", 17)])
    square = helper.make_node("Square", ["x"], ["y"], name="squared", domain="local")
    found = calls(saved(tmp_path, [square], [], functions=[outer]))
    assert [(call.op, call.within) for call in found] == [("Multiply", ("squared",)), ("ReLU", ("squared",))]


def test_what_follows_an_operator_that_nobody_knows_is_drawn_though_its_rank_is_open(tmp_path: Path) -> None:
    strange = helper.make_node("Wavelet", ["x"], ["h"], domain="mine")
    for op, more in (("GlobalAveragePool", {}), ("Flatten", {"axis": 1}), ("ReduceMean", {"axes": [1]})):
        graph = saved(tmp_path, [strange, node(op, "h", **more)], [])
        assert calls(graph)[-1].outputs[0] == UNKNOWN or None in calls(graph)[-1].outputs[0]
        assert summarize(graph).page()


def test_an_operator_that_nobody_knows_is_drawn_by_its_name(tmp_path: Path) -> None:
    graph = saved(tmp_path, [helper.make_node("Wavelet", ["x", "w"], ["y"], domain="mine")], [weight("w", 3, 4)])
    (call,) = calls(graph)
    assert (call.op, call.layer.params, call.outputs, macs(call)) == ("Wavelet", 12, (UNKNOWN,), None)


def test_weights_in_another_file_are_not_looked_for(tmp_path: Path) -> None:
    outside = weight("w", 6, 3, 1, 1)
    outside.ClearField("float_data")
    outside.data_location = onnx.TensorProto.EXTERNAL
    outside.external_data.add(key="location", value="../../etc/passwd")
    (call,) = calls(saved(tmp_path, [node("Conv", "x w", kernel_shape=[1, 1])], [outside]))
    assert call.layer.params == 18


def test_open_sizes_are_filled_in_by_the_user(tmp_path: Path) -> None:
    saved(tmp_path, [node("Conv", "x w", kernel_shape=[1, 1])], [weight("w", 6, 3, 1, 1)], ("N", 3, "H", "W"))
    path = tmp_path / "model.onnx"
    assert calls(read_onnx(path))[0].outputs == ((None, None, None, 6),)
    assert calls(read_model(path, (1, 3, 32, 48)))[0].outputs == ((None, 32, 48, 6),)
    assert calls(read_model(path, {"x": (1, 3, 32, None)}))[0].outputs == ((None, 32, None, 6),)
    for wrong in ({"x": (1, 4, 32, 32)}, {"y": (1, 3, 32, 32)}, (1, 3, 32)):
        with pytest.raises(UsageError):
            read_model(path, wrong)


@pytest.mark.parametrize(
    ("data", "sentence"),
    [(b"", "no ONNX model"), (b"\x08\x07", "no graph"), (b"\x08\x07\x3a\x7f", "longer"), (b"not protobuf", "no ONNX")],
)
def test_broken_files_get_a_sentence(tmp_path: Path, data: bytes, sentence: str) -> None:
    path = tmp_path / "broken.onnx"
    path.write_bytes(data)
    with pytest.raises(ModelError, match=sentence):
        read_onnx(path)


@given(st.data())
def test_no_damage_gets_past_the_reader(tmp_path_factory: pytest.TempPathFactory, data: st.DataObject) -> None:
    """Bytes changed or cut: a graph, or one sentence."""
    whole = bytearray((EXPORTED / "shuffle.opset14.onnx").read_bytes())
    for place in data.draw(st.lists(st.integers(0, len(whole) - 1), max_size=6)):
        whole[place] = data.draw(st.integers(0, 255))
    path = tmp_path_factory.mktemp("damaged") / "model.onnx"
    path.write_bytes(whole[: data.draw(st.integers(0, len(whole)))])
    try:
        graph = read_onnx(path)
    except ModelError as error:
        assert "\n" not in str(error)
    else:
        assert len(graph)


@given(st.lists(st.tuples(st.integers(1, 1 << 20), st.one_of(st.integers(0, (1 << 64) - 1), st.binary(max_size=300)))))
def test_fields_come_back_as_they_were_written(rows: list[tuple[int, int | bytes]]) -> None:
    def varint(value: int) -> bytes:
        out = b""
        while value > 127:
            out, value = out + bytes([value & 127 | 128]), value >> 7
        return out + bytes([value])

    data = b""
    for number, value in rows:
        data += (
            varint(number << 3) + varint(value)
            if isinstance(value, int)
            else (varint(number << 3 | 2) + varint(len(value)) + value)
        )
    read = wire.fields(memoryview(data))
    assert [(number, value if isinstance(value, int) else bytes(value)) for number, value in read] == rows


def blocks(source: object) -> list[tuple[str | None, str, int]]:
    """(letter, name, how often) of the overview's blocks."""
    rows = summarize(source).to_dict()["overview"]
    return [(row["type"], row["name"], row["repeat"]) for row in rows if row["type"]]


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("resnet.opset9", [("A", "Bottleneck", 3), ("A", "Bottleneck", 2)]),
        ("resnet.opset17", [("A", "Bottleneck", 3), ("A", "Bottleneck", 2)]),
        ("resnet.dynamo", [("A", "Bottleneck", 3), ("A", "Bottleneck", 2)]),
        ("vit.opset14", [("A", "", 4)]),
        ("vit.dynamo", [("A", "", 4)]),
        ("swin.opset14", [("A", "", 4)]),
        ("swin.dynamo", [("A", "", 4)]),
        ("densenet.opset9", [("A", "Dense layer", 5)]),
        ("densenet.dynamo", [("A", "Dense layer", 5)]),
    ],
)
def test_the_blocks_of_exported_models_are_their_authors(name: str, found: list[tuple[str, str, int]]) -> None:
    """A name of "" is left to the vocabulary of idioms and blocks."""
    made = blocks(read_onnx(EXPORTED / f"{name}.onnx"))
    assert [(letter, count) for letter, _, count in made] == [(letter, count) for letter, _, count in found]
    assert all(wanted in ("", own) for (_, own, _), (_, wanted, _) in zip(made, found, strict=True))


def test_a_keras_model_through_tf2onnx_has_the_blocks_of_the_original() -> None:
    assert blocks(read_onnx(EXPORTED / "inverted.tf.onnx")) == blocks(EXPORTED / "inverted.json")
    made, original = (cost_of(leaves(summarize(source).source)) for source in (
        read_onnx(EXPORTED / "inverted.tf.onnx"), EXPORTED / "inverted.json"))  # fmt: skip
    assert made.macs == original.macs


@pytest.mark.parametrize(
    ("name", "path", "around"),
    [
        ("/layer1/layer1.0/conv1/Conv", "layer1/0/conv1/Conv", ["layer1", "layer1/0", "layer1/0/conv1"]),
        ("/features/features.1/conv/conv.0/conv.0.2/Clip", "features/1/conv/0/2/Clip", ["features", "features/1",
            "features/1/conv", "features/1/conv/0", "features/1/conv/0/2"]),
        ("StatefulPartitionedCall/model/conv1/Conv2D", "StatefulPartitionedCall/model/conv1/Conv2D", []),
        ("Conv_0", "Conv_0", []),
    ],
)  # fmt: skip
def test_names_tell_the_modules(name: str, path: str, around: list[str]) -> None:
    op = name.rpartition("/")[2] if "/" in name else "Conv"
    assert module_path(proto.Node(op, ("x",), ("y",), name)) == (path, tuple((one, "") for one in around))


@pytest.mark.parametrize("name", ["resnet", "vit", "swin", "densenet", "shuffle"])
def test_both_exporters_of_pytorch_give_the_same_multiply_adds(name: str) -> None:
    found = {path.name: cost_of(leaves(read_onnx(path))).macs for path in sorted(EXPORTED.glob(f"{name}.*.onnx"))}
    assert len(found) > 1
    assert len(set(found.values())) == 1, found


def test_reading_needs_no_framework_and_no_onnx_package(tmp_path: Path) -> None:
    import subprocess

    code = (
        "import sys\nfrom pathlib import Path\nfrom blockviz.frontends.onnx import read_onnx\n"
        f"read_onnx(Path({str(EXPORTED / 'vit.dynamo.onnx')!r}))\n"
        "print([name for name in ('onnx', 'torch', 'tensorflow', 'keras', 'google') if name in sys.modules])"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"


def test_onnxruntime_computes_sizes_only_where_it_is_asked_to(tmp_path: Path) -> None:
    """The sizes of a reshape are made by an operator that blockviz does not compute."""
    steps, axis = helper.make_tensor("steps", INT64, [3], [1, 3, 1]), helper.make_tensor("axis", INT64, [], [0])
    matrix = helper.make_tensor("w", FLOAT, [5, 4], [0.5] * 20)
    nodes = [node("CumSum", "steps axis", "sizes"), node("Reshape", "x sizes", "parted"), node("MatMul", "parted w")]
    graph = saved(tmp_path, nodes, [steps, axis, matrix], (1, 20))
    assert calls(graph)[-1].outputs == (UNKNOWN,)
    assert any("--load lets onnxruntime" in reason for reason in graph.graph["closed"].values())
    pytest.importorskip("onnxruntime")
    loaded = read_model(str(tmp_path / "model.onnx"), load=True)
    assert calls(loaded)[-1].outputs == ((None, 4, 4),)
    assert not loaded.graph.get("closed")
    (tmp_path / "broken.onnx").write_bytes((tmp_path / "model.onnx").read_bytes()[:-40])
    with pytest.raises(ModelError):
        read_model(str(tmp_path / "broken.onnx"), load=True)


def test_a_factor_behind_a_convolution_without_bias_is_what_is_left_of_its_norm(tmp_path: Path) -> None:
    factor, kernel = weight("f", 1, 6, 1, 1), weight("k", 6, 3, 3, 3)
    nodes = [node("Conv", "x k", "c"), node("Mul", "c f", "s"), node("Relu", "s")]
    assert [(call.op, call.layer.params) for call in calls(saved(tmp_path, nodes, [factor, kernel]))] == [
        ("Conv2D", 6 * 27 + 6), ("ReLU", 0),
    ]  # fmt: skip
    nodes = [node("Conv", "x k b", "c"), node("Mul", "c f", "s"), node("Relu", "s")]
    found = calls(saved(tmp_path, nodes, [factor, kernel, weight("b", 6)]))
    assert [call.op for call in found] == ["Conv2D", "LayerScale", "ReLU"]


def test_one_over_a_root_is_a_fraction_and_no_whole_number(tmp_path: Path) -> None:
    """A depth of 64, as a size that the file reads off a tensor, scales scores by 1/8."""
    nodes = [
        node("Shape", "x", "shape"), node("Gather", "shape last", "depth"), node("Cast", "depth", "real", to=FLOAT),
        node("Sqrt", "real", "root"), node("Div", "one root", "scale"), node("Mul", "x scale"),
    ]  # fmt: skip
    one = helper.make_tensor("one", FLOAT, [1], [1.0])
    (scaled,) = calls(saved(tmp_path, nodes, [one, ints("last", 2)], shape=(1, 5, 64)))
    assert scaled.args == {"1": 0.125}


def test_elements_taken_one_after_the_other_are_a_view(tmp_path: Path) -> None:
    """So PyTorch's exporter spells a pooling to one place by its strides."""
    every = helper.make_tensor("every", INT64, [1, 4, 1], [0, 1, 2, 3])
    graph = saved(tmp_path, [node("Gather", "x every")], [every], shape=(4,))
    assert [call.op for call in calls(graph)] == ["Reshape"]
    some = helper.make_tensor("every", INT64, [1, 4, 1], [0, 1, 3, 2])
    assert [call.op for call in calls(saved(tmp_path, [node("Gather", "x every")], [some], shape=(4,)))] == ["Take"]


@pytest.mark.parametrize("exporter", ["opset14", "dynamo"])
def test_windows_of_a_program_for_one_example_are_windows(exporter: str) -> None:
    """Their number holds the batch, and what is shifted is said in the field's words."""
    summary = summarize(read_onnx(EXPORTED / f"swin.{exporter}.onnx"))
    assert {found.word for found in summary.graph.idioms} >= {"Window attention", "Shifted window attention"}
    (block,) = summary.blocks
    assert (block.name, block.count) == ("Swin block", 4)
    assert [variant.name for variant in block.variants] == ["shifted window attention"]
