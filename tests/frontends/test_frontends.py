"""Reading architectures, by hand-written files in the forms that Keras 2 and 3 write."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path
from typing import Any

import pytest

from blockviz.backbones import catalogue
from blockviz.costs.cost import activations, cost_of, macs
from blockviz.errors import ModelError
from blockviz.frontends import graph_from_config, read_model
from blockviz.frontends.keras.canonical_config import canonical_config
from blockviz.ir import UNKNOWN, LayerGraph, layers_of, leaves
from blockviz.ir.packed_json import pack, unpack
from blockviz.ops.families import family
from configs import keras2_inner, layer, legacy, model, source, tensor

Json = dict[str, Any]


def operands(graph: LayerGraph, name: str) -> list[tuple[int, str, int]]:
    return graph.operand_list(name)


def test_a_chain() -> None:
    graph = graph_from_config(
        model("m", [source("x"), layer("Dense", "d", [tensor("x")], units=3)], ["x", 0, 0], ["d", 0, 0])
    )
    assert list(graph) == ["x", "d"]
    assert graph.inputs == ("x",) and graph.exits == (("d", 0),) and graph.graph["name"] == "m"
    node = graph.item("d")
    assert (node.inputs, node.outputs) == (((None, 4),), ((None, 3),))
    assert node.layer.params == 15


def test_a_layer_that_is_never_called_is_left_out() -> None:
    own = layer("DecodePredictions", "own", module="mine")
    layers = [source("x"), layer("Dense", "d", [tensor("x")], units=3), own]
    assert list(graph_from_config(model("m", layers, ["x", 0, 0], ["d", 0, 0]))) == ["x", "d"]


def test_a_layer_called_twice_is_one_layer_and_two_nodes() -> None:
    layers = [
        source("x"),
        layer("Dense", "d", [tensor("x")], [tensor("r")], units=4),
        layer("ReLU", "r", [tensor("d")]),
    ]
    graph = graph_from_config(model("m", layers, [["x", 0, 0]], [["d", 1, 0]]))
    assert list(graph) == ["x", "d", "r", "d@2"]
    assert graph.item("d").layer is graph.item("d@2").layer
    assert [graph.item(name).call for name in ("d", "d@2")] == [1, 2]
    assert graph.exits == (("d@2", 0),)


def test_the_same_tensor_twice_keeps_both_operands() -> None:
    layers = [source("x"), layer("Add", "a", [[tensor("x"), tensor("x")]])]
    graph = graph_from_config(model("m", layers, ["x", 0, 0], ["a", 0, 0]))
    assert graph.edges["x", "a"]["operands"] == ((0, 0), (0, 1))


def test_constants_and_keywords_of_a_call() -> None:
    span = {"class_name": "__slice__", "config": {"start": None, "stop": 2, "step": None}}
    keywords = {"training": False, "mask": [tensor("x"), None], "z": None}
    layers = [
        source("x"),
        layer("Subtract", "s", [1.0, tensor("x")], module="keras.src.ops.numpy"),
        layer("GetItem", "g", [tensor("s"), [span]], module="keras.src.ops.numpy"),
        {**layer("Attention", "t"), "inbound_nodes": [{"args": [[tensor("x"), tensor("s")]], "kwargs": keywords}]},
    ]
    graph = graph_from_config(model("m", layers, ["x", 0, 0], [["g", 0, 0], ["t", 0, 0]]))
    assert graph.item("s").args == {"0": 1.0}
    assert graph.item("g").args == {"1": [{"slice": [None, 2, None]}]}
    assert graph.item("t").args == {"mask": ["$2", None]}
    assert operands(graph, "t") == [(0, "x", 0), (1, "s", 0), (2, "x", 0)]


def inner() -> list[Json]:
    return [
        source("i"),
        layer("Dense", "a", [tensor("i")], units=4),
        layer("Dense", "b", [tensor("a")], units=4),
    ]


def test_a_nested_model_is_laid_out_in_place_at_each_call() -> None:
    nested = model("n", inner(), ["i", 0, 0], [["a", 0, 0], ["b", 0, 0]], [tensor("x")], [tensor("n", 0, 1)])
    layers = [source("x"), nested, layer("Add", "sum", [[tensor("n", 0, 0), tensor("n", 1, 1)]])]
    graph = graph_from_config(model("m", layers, ["x", 0, 0], [["sum", 0, 0], ["n", 2, 0]]))
    assert list(graph) == ["x", "n/a", "n/b", "n/a@2", "n/b@2", "sum"]
    assert graph.item("n/a@2").layer is graph.item("n/a").layer
    assert graph.item("n/a").scope == ("n",)
    assert operands(graph, "n/a@2") == [(0, "n/b", 0)]
    assert operands(graph, "sum") == [(0, "n/a", 0), (1, "n/b@2", 0)]
    assert graph.exits == (("sum", 0), ("n/a@2", 0))
    assert graph.scopes["n"].calls == 2 and graph.scopes["n"].op == "Functional"


def test_models_in_models_in_models() -> None:
    low = model("low", inner(), ["i", 0, 0], ["b", 0, 0], [tensor("j")])
    middle = model("middle", [source("j"), low], ["j", 0, 0], ["low", 1, 0], [tensor("x")])
    graph = graph_from_config(model("m", [source("x"), middle], ["x", 0, 0], ["middle", 1, 0]))
    assert list(graph)[-1] == "middle/low/b"
    assert graph.item("middle/low/b").scope == ("middle", "low")
    assert set(graph.scopes) == {"middle", "middle/low"}


def test_dicts_of_inputs_are_matched_by_key() -> None:
    layers = [source("p"), source("q"), layer("Concatenate", "c", [[tensor("p"), tensor("q")]], axis=-1)]
    nested = model("n", layers, {"left": ["p", 0, 0], "right": ["q", 0, 0]}, {"o": ["c", 0, 0]})
    nested["inbound_nodes"] = [{"args": [{"right": tensor("x"), "left": tensor("y")}], "kwargs": {}}]
    outer = model("m", [source("x"), source("y"), nested], {"y": ["y", 0, 0], "x": ["x", 0, 0]}, {"k": ["n", 1, 0]})
    graph = graph_from_config(outer)
    assert operands(graph, "n/c") == [(0, "y", 0), (1, "x", 0)]
    assert graph.inputs == ("x", "y")


def test_a_mask_given_to_a_nested_model_is_not_lost() -> None:
    nested = model("n", inner(), ["i", 0, 0], ["b", 0, 0])
    nested["inbound_nodes"] = [{"args": [tensor("x")], "kwargs": {"mask": tensor("y")}}]
    graph = graph_from_config(model("m", [source("x"), source("y"), nested], [["x", 0, 0], ["y", 0, 0]], ["n", 1, 0]))
    assert operands(graph, "n/i") == [(0, "x", 0), (1, "y", 0)]


def test_an_output_may_be_an_input() -> None:
    graph = graph_from_config(model("m", [source("x")], ["x", 0, 0], [["x", 0, 0], ["x", 0, 0]]))
    assert graph.exits == (("x", 0), ("x", 0))


def test_open_sizes_of_a_nested_model_take_the_sizes_of_its_call() -> None:
    image = (None, None, None, 3)
    convolution = layer(
        "Conv2D", "c", [tensor("i", shape=image)],
        filters=2, kernel_size=[3, 3], strides=[2, 2], padding="same", use_bias=True,
    )  # fmt: skip
    relu = layer("ReLU", "r", [tensor("c", shape=(None, None, None, 2))])
    known = (None, 32, 32, 3)
    nested = model("n", [source("i", image), convolution, relu], ["i", 0, 0], ["r", 0, 0], [tensor("x", shape=known)])
    graph = graph_from_config(model("m", [source("x", known), nested], ["x", 0, 0], ["n", 1, 0]))
    assert [node.outputs[0] for node in leaves(graph)] == [known, (None, 16, 16, 2), (None, 16, 16, 2)]


def test_freezing_a_model_freezes_what_is_in_it() -> None:
    nested = model("n", inner(), ["i", 0, 0], ["b", 0, 0], [tensor("x")], trainable=False)
    graph = graph_from_config(model("m", [source("x"), nested], ["x", 0, 0], ["n", 1, 0]))
    assert {name: layer.trainable for name, layer in layers_of(leaves(graph)).items()} == {
        "x": True, "n/a": False, "n/b": False
    }  # fmt: skip


def test_time_distributed_model_keeps_the_time_axis() -> None:
    nested = model("n", inner(), ["i", 0, 0], ["b", 0, 0])
    timed = layer("TimeDistributed", "t", [tensor("x", shape=(None, 7, 4))], layer=nested)
    graph = graph_from_config(model("m", [source("x", (None, 7, 4)), timed], ["x", 0, 0], ["t", 0, 0]))
    assert list(graph) == ["x", "t/n/a", "t/n/b"]
    assert graph.item("t/n/b").outputs == ((None, 7, 4),)
    assert graph.item("t/n/a").layer.params == 20
    assert graph.item("t/n/a").scope == ("t", "n")
    assert [scope.op for scope in graph.scopes.values()] == ["TimeDistributed", "Functional"]


def test_sequential_without_input_layer_gets_one() -> None:
    dense = {"name": "d", "units": 3, "batch_input_shape": [None, 5], "use_bias": True}
    layers = [{"class_name": "Dense", "config": dense}]
    for config in ({"name": "s", "layers": layers}, layers):
        graph = graph_from_config({"class_name": "Sequential", "config": config})
        assert list(graph) == ["d_input", "d"]
        assert graph.item("d").layer.params == 18
        assert graph.item("d_input").outputs == ((None, 5),)


def test_keras2_files_are_read_and_their_shapes_inferred() -> None:
    image = legacy("InputLayer", "x", batch_input_shape=[None, 8, 8, 3], dtype="float32", sparse=False, ragged=False)
    layers = [
        image,
        legacy("Conv2D", "c", [["x", 0, 0, {}]], filters=4, kernel_size=[3, 3], strides=[1, 1], padding="valid",
               data_format="channels_last", dilation_rate=[1, 1], groups=1, use_bias=False, activation="linear"),
        legacy("BatchNormalization", "b", [["c", 0, 0, {"training": False}]], axis=[3], center=True, scale=True),
        legacy("Add", "s", [["c", 0, 0, {}], ["b", 0, 0, {}]]),
        legacy("TFOpLambda", "tf.math.multiply", [["s", 0, 0, {"y": 2.0, "name": None}]], function="math.multiply"),
        legacy("TFOpLambda", "tf.concat", [[["s", 0, 0, {"axis": -1}], ["b", 0, 0, {"axis": -1}]]], function="concat"),
        legacy("GlobalAveragePooling2D", "g", [["tf.concat", 0, 0, {}]], data_format="channels_last"),
    ]  # fmt: skip
    config = {"name": "m", "layers": layers, "input_layers": [["x", 0, 0]], "output_layers": [["g", 0, 0]]}
    graph = graph_from_config({"class_name": "Model", "config": config, "keras_version": "2.4.0"})
    assert graph.item("c").outputs == ((None, 6, 6, 4),)
    assert graph.item("b").layer.params == 16 and graph.item("b").layer.non_trainable == 8
    assert operands(graph, "s") == [(0, "c", 0), (1, "b", 0)]
    assert graph.item("tf.math.multiply").op == "Multiply" and graph.item("tf.math.multiply").args == {"y": 2.0}
    assert graph.item("tf.concat").outputs == ((None, 6, 6, 8),)
    assert graph.item("g").outputs == ((None, 8),)


def test_keras2_counts_calls_of_nested_models_from_one() -> None:
    nested = keras2_inner("n", [["x", 0, 0, {}]], [["y", 0, 0, {}]])
    layers = [
        legacy("InputLayer", "x", batch_input_shape=[None, 4]),
        legacy("InputLayer", "y", batch_input_shape=[None, 4]),
        nested,
        legacy("Subtract", "s", [["n", 1, 0, {}], ["n", 2, 0, {}]]),
    ]
    config = {"name": "m", "layers": layers, "input_layers": [["x", 0, 0], ["y", 0, 0]], "output_layers": [["s", 0, 0]]}
    graph = graph_from_config({"class_name": "Functional", "config": config})
    assert operands(graph, "s") == [(0, "n/a", 0), (1, "n/a@2", 0)]
    assert operands(graph, "n/a@2") == [(0, "y", 0)]
    assert graph.item("n/a@2").outputs == ((None, 4),)


def test_keras2_tensors_and_constants_in_keywords() -> None:
    span = {"start": None, "stop": None, "step": None}
    layers = [
        legacy("InputLayer", "x", batch_input_shape=[None, 5, 4]),
        legacy("InputLayer", "h", batch_input_shape=[None, 3]),
        legacy("GRU", "g", [["x", 0, 0, {"initial_state": ["h", 0, 0]}]],
               units=3, return_sequences=True, return_state=True),
        legacy("TFOpLambda", "tf.math.subtract", ["_CONSTANT_VALUE", -1, 1.0, {"y": ["g", 0, 1], "name": None}],
               function="math.subtract"),
        legacy("SlicingOpLambda", "slice", ["g", 0, 0, {"slice_spec": [span, 0]}],
               function="__operators__.getitem"),
    ]  # fmt: skip
    config = {
        "name": "m", "layers": layers, "input_layers": [["x", 0, 0], ["h", 0, 0]],
        "output_layers": [["tf.math.subtract", 0, 0], ["slice", 0, 0]],
    }  # fmt: skip
    graph = graph_from_config({"class_name": "Functional", "config": config})
    assert graph.item("g").args == {"initial_state": "$1"} and operands(graph, "g") == [(0, "x", 0), (1, "h", 0)]
    assert graph.item("g").outputs == ((None, 5, 3), (None, 3))
    assert operands(graph, "tf.math.subtract") == [(0, "g", 1)]
    assert graph.item("tf.math.subtract").args == {"0": 1.0, "y": "$0"}
    assert graph.item("slice").op == "Getitem" and graph.item("slice").outputs == ((None, 3),)


LEGACY = Path(__file__).parents[1] / "legacy_models"  # written by tf_keras 2.21 with model.to_json()


@pytest.mark.parametrize(
    ("name", "params", "outputs"),
    [
        ("siamese", 56, {("shared@3", 0): (None, 4), ("dot", 0): (None, 1)}),
        ("outer", 142, {("p", 0): (None, 32, 32, 3), ("flat", 0): (None, 4096)}),
        ("video_net", 3605, {("last", 0): (None, 6)}),
        ("chain", 38, {("end", 0): (None, 2)}),
        ("deferred_shared", 20, {("s/a@2", 0): (None, 4), ("s/a@3", 0): (None, 4)}),
    ],
)
def test_files_of_keras2(name: str, params: int, outputs: Json) -> None:
    graph = read_model(LEGACY / f"{name}.json")
    layers = layers_of(leaves(graph)).values()
    assert sum(layer.params for layer in layers if layer.params is not None) == params
    assert all(layer.params is not None for layer in layers)
    assert {port: graph.item(port[0]).outputs[port[1]] for port in graph.exits} == outputs
    for start, end, data in graph.edges(data=True):
        for out, into in data["operands"]:
            assert graph.item(start).outputs[out] == graph.item(end).inputs[into], (start, end)


def test_configurations_keep_architecture_only() -> None:
    new = {
        "name": "c", "trainable": False, "filters": 4, "activation": "relu", "use_bias": False, "seed": 3,
        "dtype": {"module": "keras", "class_name": "DTypePolicy", "config": {"name": "mixed_float16"}},
        "kernel_initializer": {"class_name": "Zeros", "config": {}}, "kernel_constraint": None, "autocast": True,
    }  # fmt: skip
    old = {"filters": 4, "activation": "relu", "use_bias": False, "dtype": "float32", "bias_regularizer": None}
    assert canonical_config(new) == canonical_config(old) == {"filters": 4, "activation": "relu", "use_bias": False}


def test_code_is_never_read_only_digested() -> None:
    function = {"class_name": "__lambda__", "config": {"code": "4wEAAAA", "defaults": None}}
    config = {"function": function, "arguments": {}}
    found = canonical_config(config)
    assert set(found["function"]) == {"lambda"} and found == canonical_config(json.loads(json.dumps(config)))


def test_packing_gives_the_graph_back() -> None:
    nested = model("n", inner(), ["i", 0, 0], [["a", 0, 0], ["b", 0, 0]], [tensor("x")], [tensor("n", 0, 1)])
    graph = graph_from_config(model("m", [source("x"), nested], ["x", 0, 0], [["n", 2, 0]]))
    packed = json.loads(json.dumps(pack(graph)))
    again = unpack(packed)
    assert json.loads(json.dumps(pack(again))) == packed
    assert again.item("n/a@2").layer is again.item("n/a").layer
    assert again.scopes == graph.scopes and again.exits == graph.exits and list(again) == list(graph)


def test_the_catalogue_holds_the_forty_networks_with_their_papers() -> None:
    names = catalogue.backbone_names()
    bib = (catalogue.templates_dir() / "references.bib").read_text(encoding="utf-8")
    assert len(names) == 40
    for name in names:
        info = catalogue.backbone_info(name)
        graph = read_model(name)
        assert len(graph) == info.nodes
        assert sum(layer.params or 0 for layer in layers_of(leaves(graph)).values()) == info.params
        assert info.references and all(f"{{{key}," in bib for key in info.references)


def test_a_long_chain_and_a_long_loop_of_calls_are_linear() -> None:
    count = 20_000
    layers = [source("l0"), *(layer("ReLU", f"l{i}", [tensor(f"l{i - 1}")]) for i in range(1, count))]
    layers.append(layer("Dense", "d", *([tensor("l1" if not i else "d", max(0, i - 1))] for i in range(2000)), units=4))
    outputs = [[f"l{count - 1}", 0, 0], ["d", 1999, 0]]
    assert len(graph_from_config(model("m", layers, ["l0", 0, 0], outputs))) == count + 2000


BROKEN: dict[str, Json] = {
    "a circle": model("m", [layer("ReLU", "a", [tensor("b")]), layer("ReLU", "b", [tensor("a")])], [], ["a", 0, 0]),
    "no such layer": model("m", [layer("ReLU", "a", [tensor("ghost")])], [], ["a", 0, 0]),
    "no such call": model("m", [source("x"), layer("ReLU", "a", [tensor("x", 7)])], ["x", 0, 0], ["a", 0, 0]),
    "no such output layer": model("m", [source("x")], ["x", 0, 0], ["y", 0, 0]),
    "two of one name": model("m", [source("x"), source("x")], ["x", 0, 0], ["x", 0, 0]),
    "no layer": model("m", [source("x"), 3], ["x", 0, 0], ["x", 0, 0]),  # type: ignore[list-item]
    "huge output": model("m", [source("x"), layer("ReLU", "a", [tensor("x", 0, 9**9)])], ["x", 0, 0], ["a", 0, 0]),
    "unread output": model("m", [source("x")], ["x", 0, 0], ["x", 0, 3]),
    "no shape": model("m", [source("x"), layer("ReLU", "a", [tensor("x", shape=("?",))])], ["x", 0, 0], ["a", 0, 0]),  # type: ignore[arg-type]
    "a class without graph": {"class_name": "MyModel", "config": {"width": 3}},
    "nothing": {},
}


@pytest.mark.parametrize("config", BROKEN.values(), ids=BROKEN)
def test_broken_architectures_get_one_sentence(config: Json) -> None:
    with pytest.raises(ModelError):
        graph_from_config(config)


def test_doubling_models_are_bounded() -> None:
    entry = model("m0", inner(), ["i", 0, 0], ["b", 0, 0])
    for depth in range(1, 40):
        entry["inbound_nodes"] = [{"args": [tensor(name)], "kwargs": {}} for name in ("x", entry["name"])]
        entry = model(f"m{depth}", [source("x"), entry], ["x", 0, 0], [entry["name"], 2, 0])
    with pytest.raises(ModelError, match="more than"):
        graph_from_config(entry)


def test_absurd_nesting_is_refused(tmp_path: Path) -> None:
    entry = model("m0", inner(), ["i", 0, 0], ["b", 0, 0])
    for depth in range(1, 80):
        entry["inbound_nodes"] = [{"args": [tensor("x")], "kwargs": {}}]
        entry = model(f"m{depth}", [source("x"), entry], ["x", 0, 0], [entry["name"], 1, 0])
    with pytest.raises(ModelError, match="64 levels of nesting"):
        graph_from_config(entry)
    (tmp_path / "deep.json").write_text('{"a":' * 100_000)
    with pytest.raises(ModelError, match="deeply"):
        read_model(tmp_path / "deep.json")


def _archive(path: Path, **members: bytes) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in members.items():
            archive.writestr(name.replace("__", "."), data)
    return path


CHAIN = model("m", [source("x"), layer("Dense", "d", [tensor("x")], units=3)], ["x", 0, 0], ["d", 0, 0])
GOOD = json.dumps(CHAIN).encode()


def test_an_archive_is_read_without_its_weights(tmp_path: Path) -> None:
    path = _archive(tmp_path / "m.keras", config__json=GOOD, model__weights__h5=b"not looked at")
    assert list(read_model(path)) == list(read_model(str(path))) == ["x", "d"]


def test_bad_files_say_what_is_wrong_and_what_helps(tmp_path: Path) -> None:
    (tmp_path / "text.keras").write_text("hello")
    (tmp_path / "empty.keras").write_bytes(b"")
    (tmp_path / "cut.keras").write_bytes(_archive(tmp_path / "m.keras", config__json=GOOD).read_bytes()[:-30])
    (tmp_path / "broken.json").write_text('{"class_name": ')
    (tmp_path / "list.json").write_text('{"class_name": 3}')
    (tmp_path / "model.h5").write_bytes(b"\x89HDF\r\n\x1a\n" + bytes(50))
    saved = tmp_path / "saved"
    saved.mkdir()
    (saved / "saved_model.pb").write_bytes(b"")
    _archive(tmp_path / "weights.keras", model__weights__h5=b"")
    _archive(tmp_path / "photos.zip", photo__png=b"")
    _archive(tmp_path / "badjson.keras", config__json=b"{]")
    _archive(tmp_path / "own.keras", config__json=b'{"class_name": "MyModel", "config": {}}')
    expected = {
        "missing.keras": "there is no file",
        "own.kerass.keras": "did you mean",
        "text.keras": "no .keras archive",
        "empty.keras": "an empty file",
        "cut.keras": "damaged archive",
        "broken.json": "not valid JSON",
        "list.json": "no graph",
        "model.h5": "damaged HDF5",
        "saved": "SavedModel",
        "weights.keras": "weights but no config.json",
        "photos.zip": "without config.json",
        "badjson.keras": "not valid JSON",
        "own.keras": "'MyModel' has no graph",
    }
    for name, words in expected.items():
        with pytest.raises(ModelError, match=words) as caught:
            read_model(tmp_path / name)
        assert "\n" not in str(caught.value) and caught.value.status == 1


def test_weights_only_is_said_so(tmp_path: Path) -> None:
    h5py = pytest.importorskip("h5py")
    with h5py.File(tmp_path / "m.weights.h5", "w") as file:
        file.create_group("layers")
    with pytest.raises(ModelError, match="weights only"):
        read_model(tmp_path / "m.weights.h5")


def test_names_are_never_guessed() -> None:
    with pytest.raises(ModelError, match="did you mean ResNet50"):
        read_model("resnet50")
    with pytest.raises(ModelError, match=r"neither a file nor a network"):
        read_model("qqqq")
    assert read_model("keras.applications.VGG16").graph["name"] == "vgg16"


def test_callables(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "own_nets.py").write_text(
        f"import json\ndef good(): return json.loads({GOOD.decode()!r})\ndef bad(): raise KeyError('x')\n"
        "def text(): return 'VGG16'\nnumber = 3\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    assert list(read_model("own_nets:good")) == ["x", "d"]
    for source_name, words in {
        "own_nets:bad": "failed: KeyError",
        "own_nets:goood": "did you mean 'good'",
        "own_nets:number": "neither a model",
        "own_nets:text": "returned a text",
        "own_netz:good": "no module",
    }.items():
        with pytest.raises(ModelError, match=words):
            read_model(source_name)


def test_names_that_no_output_could_carry_are_mended(tmp_path: Path) -> None:
    name = "a\ud800\n/b"
    layers = [source("x"), layer("ReLU", name, [tensor("x")]), layer("ReLU", "r", [tensor(name)])]
    (tmp_path / "m.json").write_text(json.dumps(model("m", layers, ["x", 0, 0], ["r", 0, 0])))
    graph = read_model(tmp_path / "m.json")
    assert list(graph) == ["x", "a?[U+000A]/b", "r"]


def test_what_is_no_model() -> None:
    for thing in (3, None, object()):
        with pytest.raises(ModelError, match="is no model"):
            read_model(thing)
    graph = read_model("VGG16")
    assert read_model(graph) is graph


def unknown_layer_before(reader: Json) -> LayerGraph:
    layers = [
        legacy("InputLayer", "x", batch_input_shape=[None, 8, 8, 3]),
        legacy("NobodyKnows", "custom", [["x", 0, 0, {}]]),
        reader,
    ]
    return graph_from_config(model("m", layers, [["x", 0, 0]], [[reader["name"], 0, 0]]))


def test_what_a_reader_was_built_for_tells_the_shape_of_an_unknown_layer() -> None:
    dense = legacy("Dense", "d", [["custom", 0, 0, {}]], units=5, use_bias=False)
    graph = unknown_layer_before(dense | {"build_config": {"input_shape": [None, 64, 7]}})
    custom, reader = graph.item("custom"), graph.item("d")
    assert custom.outputs == ((None, 64, 7),) and reader.outputs == ((None, 64, 5),)
    assert reader.layer.params == 35 and custom.layer.params is None


def test_outputs_of_an_unknown_layer_are_those_that_are_read() -> None:
    merged = legacy("Add", "s", [["custom", 0, 0, {}], ["custom", 0, 2, {}]])
    graph = unknown_layer_before(merged | {"build_config": {"input_shape": [[None, 4], [None, 6]]}})
    assert graph.item("custom").outputs == ((None, 4), UNKNOWN, (None, 6))


def test_a_reader_built_elsewhere_does_not_overrule_what_is_known() -> None:
    layers = [
        legacy("InputLayer", "x", batch_input_shape=[None, 8]),
        legacy("ReLU", "r", [["x", 0, 0, {}]]),
        legacy("ReLU", "t", [["r", 0, 0, {}]]) | {"build_config": {"input_shape": [None, 9]}},
    ]
    assert graph_from_config(model("m", layers, [["x", 0, 0]], [["t", 0, 0]])).item("r").outputs == ((None, 8),)


def test_a_split_by_sizes_as_tensorflow_writes_it() -> None:
    layers = [
        legacy("InputLayer", "x", batch_input_shape=[None, 8, 10]),
        legacy("TFOpLambda", "s", ["x", 0, 0, {"num_or_size_splits": [2, -1, 3], "axis": -1}], function="split"),
        legacy("ReLU", "r", [["s", 0, 2, {}]]),
    ]
    found = graph_from_config(model("m", layers, [["x", 0, 0]], [["r", 0, 0]])).item("s").outputs
    assert found == ((None, 8, 2), (None, 8, 5), (None, 8, 3))


def test_a_size_that_is_a_tensor_leaves_the_shape_open() -> None:
    layers = [
        legacy("InputLayer", "x", batch_input_shape=[None, 4, 4, 3]),
        legacy("InputLayer", "n", batch_input_shape=[2]),
        legacy("TFOpLambda", "r", ["x", 0, 0, {"size": ["n", 0, 0]}], function="image.resize"),
    ]
    graph = graph_from_config(model("m", layers, [["x", 0, 0], ["n", 0, 0]], [["r", 0, 0]]))
    assert graph.item("r").outputs == ((None, None, None, 3),)


def keras3(op: str, name: str, reads: Any, own: str | None, registered: str | None, **config: Any) -> Json:
    return {**layer(op, name, reads, **config), "module": own, "registered_name": registered}


@pytest.mark.parametrize("op", ["Conv", "Identity", "Swish", "Add", "Dense", "Reshape", "BatchNormalization"])
@pytest.mark.parametrize(("own", "registered"), [("mine.ops", "h>{}"), (None, "Custom>{}"), ("mine", None)])
def test_a_class_of_a_users_own_is_never_the_one_of_keras(op: str, own: str | None, registered: str | None) -> None:
    mine = keras3(op, "own", [tensor("x")], own, registered and registered.format(op), units=3)
    graph = graph_from_config(model("m", [source("x"), mine], ["x", 0, 0], ["own", 0, 0]))
    node = graph.item("own")
    assert node.op.endswith(f">{op}") and family(node.op) == "other"
    assert node.layer.params is None and macs(node) is None and node.outputs == (UNKNOWN,)
    wrapped = layer("TimeDistributed", "t", [tensor("x", shape=(None, 7, 4))], layer=mine)
    timed = graph_from_config(model("m", [source("x", (None, 7, 4)), wrapped], ["x", 0, 0], ["t", 0, 0])).item("t")
    assert timed.layer.params is None and timed.config["layer"]["class_name"].endswith(f">{op}")


def test_a_class_of_keras_is_known_from_every_module_of_keras() -> None:
    for own, registered in (("keras.layers", None), ("keras.src.layers.core.dense", "Dense"), (None, None)):
        known = keras3("Dense", "d", [tensor("x")], own, registered, units=3)
        graph = graph_from_config(model("m", [source("x"), known], ["x", 0, 0], ["d", 0, 0]))
        assert graph.item("d").layer.params == 15


def test_a_layer_used_inside_and_outside_a_nested_model_is_one() -> None:
    tied = layer("Dense", "tied", [tensor("i")], units=4)
    nested = model("n", [source("i"), tied], ["i", 0, 0], ["tied", 0, 0], [tensor("x")])
    again = {**layer("Dense", "tied", [tensor("n")], units=4), "shared_object_id": 17}
    other = layer("Dense", "free", [tensor("tied")], units=4)
    graph = graph_from_config(model("m", [source("x"), nested, again, other], ["x", 0, 0], ["free", 0, 0]))
    assert list(graph) == ["x", "n/tied", "n/tied@2", "free"]
    assert graph.item("n/tied").layer is graph.item("n/tied@2").layer
    assert cost_of(leaves(graph)).params == 40


def test_what_follows_a_shape_that_nobody_knows_is_unknown_too() -> None:
    strange = layer("Strange", "s", [tensor("x")], module="mine")
    layers = [strange, layer("ReLU", "r", [tensor("s")]), layer("Dense", "d", [tensor("r")], units=3)]
    for each in layers[1:]:
        each["inbound_nodes"][0]["args"][0]["config"]["shape"] = None
    graph = graph_from_config(model("m", [source("x"), *layers], ["x", 0, 0], ["d", 0, 0]))
    assert [graph.item(name).outputs for name in ("s", "r", "d")] == [(UNKNOWN,)] * 3
    assert graph.item("d").layer.params is None and macs(graph.item("d")) is None


def windows(target: list[Any], *more: Json) -> LayerGraph:
    shape = (None, *target[1:])
    fold = layer("Reshape", "w", [tensor("x", shape=(None, 16, 64)), target], module="keras.src.ops.numpy")
    dense = layer("Dense", "d", [tensor("w", shape=shape)], units=8)
    layers = [source("x", (None, 16, 64)), fold, dense, *more]
    return graph_from_config(model("m", layers, ["x", 0, 0], [layers[-1]["name"], 0, 0]))


@pytest.mark.parametrize(
    ("target", "rows", "each"), [([-1, 4, 64], 4, 4), ([-1, 16, 64], 1, 16), ([-1, 64], 16, 1), ([-1, 2, 32], 16, 2)]
)
def test_windows_folded_into_the_first_axis_are_all_counted(target: list[int], rows: int, each: int) -> None:
    graph = windows(target)
    assert graph.item("d").rows == (rows, rows)
    assert macs(graph.item("d")) == rows * each * target[-1] * 8
    assert activations(graph.item("d")) == rows * each * 8


def test_windows_unfolded_are_examples_again() -> None:
    back = layer("Reshape", "b", [tensor("d", shape=(None, 4, 8)), [-1, 16, 8]], module="keras.src.ops.numpy")
    last = layer("Dense", "e", [tensor("b", shape=(None, 16, 8))], units=2)
    graph = windows([-1, 4, 64], back, last)
    assert graph.item("e").rows == (1, 1) and macs(graph.item("e")) == 16 * 8 * 2


def test_a_batch_that_is_moved_away_or_joined_is_followed() -> None:
    ops = {"module": "keras.src.ops.numpy"}
    shape = (None, 4)
    both = layer("Concatenate", "c", [[tensor("x"), tensor("x")]], **ops, axis=0)
    lead = layer("Transpose", "t", [tensor("c", shape=shape)], **ops, axes=[1, 0])
    dense = layer("Dense", "d", [tensor("c", shape=shape)], units=3)
    lost = layer("Dense", "e", [tensor("t", shape=(4, None))], units=3)
    layers = [source("x"), both, lead, dense, lost]
    graph = graph_from_config(model("m", layers, ["x", 0, 0], [["d", 0, 0], ["e", 0, 0]]))
    assert macs(graph.item("d")) == 2 * 4 * 3
    assert macs(graph.item("e")) is None


def test_an_einsum_keeps_its_equation_in_its_configuration() -> None:
    ops = {"module": "keras.src.ops.numpy"}
    product = layer("Einsum", "p", [tensor("x"), tensor("x")], **ops, subscripts="bi,bj->bij")
    graph = graph_from_config(model("m", [source("x"), product], ["x", 0, 0], ["p", 0, 0]))
    assert graph.item("p").outputs == ((None, 4, 4),) and macs(graph.item("p")) == 16


def test_a_sequential_gives_all_that_its_last_layer_gives() -> None:
    inner = layer("LSTM", "l", units=3, return_state=True, return_sequences=False)
    layers = [source("x", (None, 5, 4)), layer("Bidirectional", "b", layer=inner, merge_mode="concat")]
    graph = graph_from_config({"class_name": "Sequential", "config": {"name": "m", "layers": layers}})
    assert graph.item("b").outputs == ((None, 6), *[(None, 3)] * 4)
    assert graph.exits == tuple(("b", number) for number in range(5))


def test_an_embedding_called_backwards_gives_the_scores_of_its_entries() -> None:
    table = layer("ReversibleEmbedding", "e", [tensor("x")], input_dim=100, output_dim=8, tie_weights=True)
    back = {"args": [tensor("e", shape=(None, 4, 8))], "kwargs": {"reverse": True}}
    table["inbound_nodes"].append(back)
    graph = graph_from_config(model("m", [source("x"), table], ["x", 0, 0], ["e", 1, 0]))
    assert graph.item("e@2").outputs == ((None, 4, 100),)
    assert macs(graph.item("e@2")) == 4 * 8 * 100 and cost_of(leaves(graph)).params == 800


QUANTISED = {"module": "keras.dtype_policies", "class_name": "QuantizedDTypePolicy", "registered_name": None}


@pytest.mark.parametrize(
    ("op", "config", "mode", "params", "trained", "size"),
    [
        ("Dense", {"units": 3}, "int8", 4 * 3 + 3 + 3, 3, 12 + 12 + 12),
        ("Dense", {"units": 3}, "int4", 4 * 2 + 3 + 3, 3, 8 + 12 + 12),
        ("Dense", {"units": 3}, "float8", 15 + 3 * 1025, 15 + 3 * 1025, 4 * (15 + 3 * 1025)),
        ("Embedding", {"input_dim": 10, "output_dim": 3}, "int8", 40, 0, 30 + 40),
        (
            "EinsumDense",
            {"equation": "ab,bcd->acd", "output_shape": [2, 3], "bias_axes": "cd"},
            "int8",
            24 + 6 + 6,
            6,
            24 + 24 + 24,
        ),
    ],
)
def test_quantised_layers_have_narrow_kernels_and_scales(
    op: str, config: Json, mode: str, params: int, trained: int, size: int
) -> None:
    policy = {**QUANTISED, "config": {"mode": mode, "source_name": "float32"}}
    layers = [source("x"), layer(op, "q", [tensor("x")], dtype=policy, **config)]
    found = graph_from_config(model("m", layers, ["x", 0, 0], ["q", 0, 0])).item("q").layer
    assert (found.params, found.trainable_params, found.weight_bytes) == (params, trained, size)


@pytest.mark.parametrize(
    ("policy", "stored", "given"), [("mixed_bfloat16", 60, 2), ("float16", 30, 2), ("float64", 120, 8)]
)
def test_bytes_are_those_of_the_policy(policy: str, stored: int, given: int) -> None:
    dtype = {"module": "keras", "class_name": "DTypePolicy", "config": {"name": policy}, "registered_name": None}
    layers = [source("x"), layer("Dense", "d", [tensor("x")], units=3, dtype=dtype)]
    node = graph_from_config(model("m", layers, ["x", 0, 0], ["d", 0, 0])).item("d")
    assert node.layer.weight_bytes == stored and node.item_bytes == given
