"""No size in the picture of a parametric block is false for another copy."""

from __future__ import annotations

from fractions import Fraction

import pytest

from blockviz.ir import Layer, LayerGraph, LetteredShape, Node
from blockviz.ops.families import merge_name
from blockviz.outline.build import survey
from blockviz.outline.model import Definition
from blockviz.page.proof.facts import shape_says
from blockviz.pipeline import DEFAULT_PASSES, run_passes
from blockviz.structure.parameters import symbols_of
from blockviz.structure.size_captions import Scribe, captions_of
from graphs import Builder, zoo
from outlines import chain_body, node, zoo_definitions
from summaries import known_summary


def concatenations(found: Definition) -> list[str]:
    names = [n for n in found.body if isinstance(i := found.body.item(n), Node) and merge_name(i.op) == "Concatenate"]
    return [found.symbols.get(name, "number") for name in names]


@pytest.mark.parametrize(
    ("name", "letter", "entries", "sums", "exits"),
    [
        ("NASNetLarge", "A", ["H×W×3f, previous cell", "H×W×3f, cell before that"], ["4f"], ["H′×W′×4f"]),
        ("NASNetLarge", "B", ["H×W×6f", "H×W×c"], ["6f"], ["H×W×6f"]),
        ("DenseNet121", "A", ["H×W×c"], ["c+32"], ["H×W×(c+32)"]),
        ("ResNet50", "A", ["H×W×4f"], [], ["H×W×4f"]),
        ("UNet", "B", None, ["2f"], None),
        ("BERT", "A", [""], [], [""]),
    ],
)
def test_sizes_are_written_in_symbols_that_hold_for_all_copies(
    name: str, letter: str, entries: list[str] | None, sums: list[str], exits: list[str] | None
) -> None:
    found = zoo_definitions(name)[letter]
    assert concatenations(found) == sums
    if entries is not None:
        assert [found.tensors.get(("", n), "") for n in range(len(entries))] == entries
    if exits is not None:
        assert [found.tensors.get(port, "") for port in found.body.exits] == exits


def test_variants_have_shapes_of_their_own() -> None:
    projection, strided = zoo_definitions("ResNet50")["A"].variants
    assert not projection.tensors  # a single copy: its numbers are true
    assert strided.tensors["", 0] == "H×W×2f"
    assert [strided.tensors[port] for port in strided.body.exits] == ["H/2×W/2×4f"]


def test_dilation_that_grows_from_copy_to_copy_is_a_parameter() -> None:
    found = zoo_definitions("TCN")["A"]
    assert found.parameters["d"] == ("1", "2", "4", "8", "16", "32", "64", "128")


def test_reshapes_take_the_letters_of_the_axes_they_keep() -> None:
    spelled_out = [step for step in DEFAULT_PASSES if "idioms" not in step.name]  # else it is a channel shuffle
    source = zoo("ShuffleNet")
    found = survey(run_passes(source, spelled_out), source).definitions[0]
    texts = [found.symbols[n] for n in found.body if getattr(found.body.item(n), "op", "") == "Reshape"]
    assert texts == ["H×W×3×f/3", "H×W×f"]


def test_what_no_symbol_explains_is_a_range() -> None:
    bodies = []
    for inner in (32, 60, 64):
        node = Node("join", Layer("join", "Concatenate"), ((None, 8), (None, inner)), ((None, inner + 8),))
        body = LayerGraph(name="")
        source = Node("conv", Layer("conv", "Embedding", {"output_dim": inner}), ((None, 1),), ((None, inner),))
        body.add_item(source)
        body.add_item(node, [(1, "conv", 0)])
        body.graph["entries"] = ((("conv", 0),), (("join", 0),))
        body.graph["exits"] = (("join", 0),)
        bodies.append(body)
    found = captions_of(bodies, [{}, {}, {}], {})
    assert found.sizes == {"join": "40–72", "conv": "32–64"}
    assert found.tensors["join", 0] == "c"


def test_symbols_give_the_size_of_every_copy() -> None:
    for name in ("NASNetMobile", "DenseNet169", "EfficientNetB0", "ResNet101"):
        for found in zoo_definitions(name).values():
            main = [i for i in found.instances if i.variant is None]
            for port in found.body.exits:
                text = found.tensors.get(port, "").rpartition("×")[2]
                if not text.endswith("f") or len(found.parameters["f"]) < 2:
                    continue
                factor = Fraction(text[:-1] or 1)
                shown = {Fraction(int(value)) * factor for value in found.parameters["f"]}
                assert {Fraction(instance.output_shape[-1] or 0) for instance in main} <= shown, (name, found.letter)


def _lettered(*words: str) -> LetteredShape:
    return LetteredShape((None, *(int(word) if word.isdecimal() else None for word in words)), words)


def test_open_sizes_are_shares_of_the_size_where_a_copy_stands() -> None:
    scribe = Scribe(2)
    assert scribe.shape([_lettered("H", "W", "8"), _lettered("H/4", "W/4", "8")]) == "H′×W′×8"
    assert scribe.shape([_lettered("H/2", "W/2", "8"), _lettered("H/8", "W/8", "8")]) == "H′/2×W′/2×8"
    assert scribe.shape([_lettered("2H", "W", "8"), _lettered("H/2", "W/4", "8")]) == "2H′×W′×8"
    assert scribe.shape([_lettered("H", "W", "8"), _lettered("H/2", "W/4", "8")]) == "H″×W′×8"
    assert scribe.shape([_lettered("H", "L", "8"), _lettered("W", "L", "8")]) == "?×L×8"
    assert scribe.shape([_lettered("H+1", "7", "8"), _lettered("H/2", "7", "8")]) == "?×7×8"


def test_the_proof_takes_a_share_of_the_letter_that_is_open_there_and_no_other() -> None:
    shape = _lettered("H/8", "W/8", "16")
    assert shape_says("H′×W′×16", shape) and shape_says("H′/2×2W′×16", shape) and shape_says("H/8×W/8×16", shape)
    assert not any(shape_says(text, shape) for text in ("W′×H′×16", "H×W′×16", "H/4×W/8×16", "H′×W′×8", "H′/x×W′×16"))


def test_a_block_for_sequences_and_for_vectors_says_the_channels_of_both() -> None:
    """As in ProteinBERT, where one type of block stands on the path of tokens and on that of the whole."""
    bodies = []
    for shape in ((None, 48, 16), (None, 24), (None, 48, 16)):
        dense = node("Dense", shape, [shape], units=shape[-1])
        bodies.append(chain_body([dense, node("LayerNormalization", shape, [shape])]))
    found = captions_of(bodies, [{"f": "16"}, {"f": "24"}, {"f": "16"}], {})
    assert found.tensors["", 0] == "…×f"
    assert set(found.tensors.values()) == {"…×f"}


def test_a_symbol_has_a_value_in_a_copy_whose_dense_layer_has_another_activation() -> None:
    def body(units: int, activation: str) -> LayerGraph:
        made = Builder()
        x = made.add("Dense", made.conv(made.input(8), 16), channels=units, units=units, activation=activation)
        return made.finish(made.add("Dot", x, channels=3) if activation == "linear" else x)

    bodies = [body(8, "linear"), body(64, "linear"), body(10, "softmax")]
    assert [values["f"] for values in symbols_of(bodies[0], bodies).values] == ["8", "64", "10"]


def test_the_width_is_that_of_the_convolutions_and_a_gate_is_a_part_of_it() -> None:
    """Not a dense layer that squeezes, though it is the narrowest."""

    def body(f: int) -> LayerGraph:
        s = (None, 8, 8, f)
        conv = node("Conv2D", s, name="conv", filters=f, kernel_size=[3, 3])
        squeeze = node("Dense", (None, f // 8), name="squeeze", units=f // 8)
        return chain_body([conv, squeeze, node("Dense", (None, f), name="gate", units=f)])

    bodies = [body(f) for f in (16, 32, 64)]
    found = symbols_of(bodies[0], bodies)
    assert dict(found.text) == {"conv": "f", "squeeze": "f/8", "gate": "f"}
    assert [values["f"] for values in found.values] == ["16", "32", "64"]


def test_a_symbol_has_a_value_in_a_copy_that_only_has_a_multiple_of_it() -> None:
    def body(filters: int, alone: bool) -> LayerGraph:
        made = Builder()
        x = made.input(8)
        x = made.conv(x, filters) if alone else x
        return made.finish(made.conv(made.conv(x, 4 * filters, 1), 5, 1))

    bodies = [body(8, True), body(32, True), body(16, False)]
    found = symbols_of(bodies[0], bodies)
    assert sorted(found.text.values()) == ["4f", "f"]
    assert [values["f"] for values in found.values] == ["8", "32", "16"]


def test_a_width_in_which_only_other_forms_differ_is_a_letter_and_no_range() -> None:
    """What MobileNetV3's inverted residuals give: 80 channels in the main form, 16 and 24 in those with a ReLU."""
    found = known_summary("MobileNetV3Large").outline.definitions[0]
    assert found.parameters["g"] == ("16", "24", "80") and list(found.parameters) == ["f", "g"]
    assert {"f", "g"} <= set(found.symbols.values())
    assert "H′×W′×g" in {**found.tensor_spans, **found.tensors}.values()


def test_a_size_that_is_another_in_each_form_is_a_letter_and_no_range() -> None:
    """What enters a copy of another form has a size that the overview says; open sizes keep the letters they have."""
    found = zoo_definitions("MobileNetV3Large")["A"]
    assert found.tensor_spans["", 0] == "H′×W′×c"
    assert not any("–" in text for text in found.tensor_spans.values())


def test_places_of_a_map_in_one_row_and_parts_of_its_channels_are_in_letters() -> None:
    """A reshape to H/2×2×W/2×2 names each axis once; a row of all places is HW/4, no range; a split has f + f."""

    def body(size: int, f: int) -> LayerGraph:
        half, whole = size // 2, (None, size, size, f)
        shapes = [(None, half, 2, half, 2, f), (None, 4, half * half, f), (None, size, size, f)]
        reshapes = [node("Reshape", shape, name=f"reshape{number}") for number, shape in enumerate(shapes)]
        conv = node("Conv2D", whole, [whole], name="conv", filters=f, kernel_size=[3, 3])
        part = (None, size, size, f // 2)
        split = Node("split", Layer("split", "Split"), (whole,), (part, part))
        return chain_body([conv, *reshapes, split])

    bodies = [body(32, 16), body(16, 32), body(8, 128)]
    values = [{"f": str(f)} for f in (16, 32, 128)]
    found = captions_of(bodies, values, {"conv": "f"})
    assert found.sizes == {
        "reshape0": "H/2×2×W/2×2×f", "reshape1": "4×HW/4×f", "reshape2": "H×W×f", "split": "f/2 + f/2",
    }  # fmt: skip
