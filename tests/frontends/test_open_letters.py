"""Sizes that inputs leave open are letters, and what depends on them is said in these; what nobody knows stays open."""

from __future__ import annotations

import re
from fractions import Fraction
from math import prod
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from blockviz import summarize
from blockviz.errors import ModelError, VerifyError
from blockviz.frontends import read_model
from blockviz.frontends.open_sizes import with_input_sizes
from blockviz.ir import LayerGraph, LetteredShape, leaves, size_words
from blockviz.page.proof import page_faults
from blockviz.page.proof.facts import polynomial_says
from blockviz.page.proof.reading import text_of
from blockviz.text.numbers import count_text, range_text, shape_text
from blockviz.text.polynomials import fitted, monomials, polynomial_text


class _Net:
    """Layers as a file of Keras 2 has them: no shape is recorded."""

    def __init__(self) -> None:
        self.layers: list[dict[str, Any]] = []

    def __call__(self, op: str, *sources: str, **config: Any) -> str:
        name = f"{op.lower()}_{len(self.layers)}"
        inbound = [[[source, 0, 0, {}] for source in sources]] if sources else []
        config = {"name": name, **config}
        self.layers.append({"class_name": op, "name": name, "config": config, "inbound_nodes": inbound})
        return name

    def input(self, *sizes: int | None) -> str:
        return self("InputLayer", batch_input_shape=[None, *sizes], dtype="float32")

    def model(self, *ends: str) -> dict[str, Any]:
        inputs = [[layer["name"], 0, 0] for layer in self.layers if layer["class_name"] == "InputLayer"]
        outputs = [[end, 0, 0] for end in ends]
        config = {"name": "m", "layers": self.layers, "input_layers": inputs, "output_layers": outputs}
        return {"class_name": "Functional", "config": config}

    def conv(self, x: str, filters: int, kernel: int = 3, strides: int = 1, padding: str = "same", d: int = 2) -> str:
        sizes = {"kernel_size": [kernel] * d, "strides": [strides] * d, "padding": padding}
        return self(f"Conv{d}D", x, filters=filters, use_bias=True, **sizes)


def _text(graph: LayerGraph, name: str) -> str:
    return shape_text(graph.item(name).outputs[0])


def _text_layers(net: _Net, x: str, count: int) -> str:
    for _ in range(count):
        y = net("LayerNormalization", x, axis=[2])
        y = net("MultiHeadAttention", y, y, num_heads=2, key_dim=8, use_bias=True)
        x = net("Add", x, y)
        y = net("Dense", net("LayerNormalization", x, axis=[2]), units=64, activation="gelu", use_bias=True)
        x = net("Add", x, net("Dense", y, units=16, use_bias=True))
    return x


def _classifier() -> dict[str, Any]:
    net = _Net()
    x = _text_layers(net, net("Embedding", net.input(None), input_dim=100, output_dim=16), 3)
    return net.model(net("Dense", net("GlobalAveragePooling1D", x), units=2, use_bias=True))


def _unpadded() -> dict[str, Any]:
    net = _Net()
    x = net.input(None, 8)
    for _ in range(3):
        x = net.conv(net.conv(x, 16, 3, 1, "valid", 1), 16, 3, 1, "valid", 1)
        x = net("MaxPooling1D", x, pool_size=[2], strides=[2], padding="valid")
    return net.model(net("LSTM", x, units=8))


def _unet() -> dict[str, Any]:
    net = _Net()
    x, skips = net.input(None, None, 3), []
    for filters in (8, 16, 32):
        x = net.conv(net.conv(x, filters), filters)
        skips.append(x)
        x = net("MaxPooling2D", x, pool_size=[2, 2], strides=[2, 2], padding="valid")
    x = net.conv(x, 64)
    for filters in (32, 16, 8):
        x = net("Concatenate", net("UpSampling2D", x, size=[2, 2]), skips.pop(), axis=-1)
        x = net.conv(net.conv(x, filters), filters)
    return net.model(net.conv(x, 1, 1))


def test_a_text_has_a_letter_for_its_length() -> None:
    graph = read_model(_classifier())
    texts = {_text(graph, name) for name in graph}
    assert texts == {"L", "L×16", "L×64", "16", "2"}
    assert all(shape[0] is None and None not in shape[2:] for node in leaves(graph) for shape in node.outputs)


def test_sides_of_a_map_are_parts_of_height_and_width() -> None:
    graph = read_model(_unet())
    texts = [_text(graph, name) for name in graph if name.startswith(("max", "conc"))]
    assert texts == ["H/2×W/2×8", "H/4×W/4×16", "H/8×W/8×32", "H/4×W/4×96", "H/2×W/2×48", "H×W×24"]


@pytest.mark.parametrize(
    "op, config, expected",
    [
        ("ZeroPadding1D", {"padding": [2, 1]}, "(L+3)×8"), ("UpSampling1D", {"size": 4}, "4L×8"),
        ("Flatten", {}, "8L"), ("Reshape", {"target_shape": [-1, 4]}, "2L×4"),
        ("Conv1D", {"filters": 5, "kernel_size": [4], "strides": [1], "padding": "valid"}, "(L−3)×5"),
        ("MaxPooling1D", {"pool_size": [2], "strides": [2], "padding": "valid"}, "L/2×8"),
        ("LSTM", {"units": 6, "return_sequences": True}, "L×6"), ("LSTM", {"units": 6}, "6"),
        ("Lambda", {}, "?"), ("Mine", {}, "?"),
    ],
)  # fmt: skip
def test_what_follows_from_a_length_is_said_in_it(op: str, config: dict[str, Any], expected: str) -> None:
    net = _Net()
    graph = read_model(net.model(net(op, net.input(None, 8), **config)))
    assert _text(graph, list(graph)[-1]) == expected


@pytest.mark.parametrize("proof", ["none", "Add", "Concatenate", "Multiply", "Dot"])
def test_two_inputs_have_two_letters_unless_a_layer_proves_them_equal(proof: str) -> None:
    net = _Net()
    one, other = (net("Dense", net.input(None, 4), units=8, use_bias=True) for _ in range(2))
    pooled = [net("GlobalAveragePooling1D", x) for x in (one, other)]
    config = {"Dot": {"axes": [1, 1]}, "Concatenate": {"axis": -1}}.get(proof, {})
    met = [] if proof == "none" else [net(proof, one, other, **config)]
    graph = read_model(net.model(*pooled, *met))
    assert (_text(graph, one), _text(graph, other)) == ("L×8", "T×8" if proof == "none" else "L×8")


@pytest.mark.parametrize(
    "op, config",
    [("Dot", {"axes": [7, 1]}), ("Dot", {"axes": "x"}), ("Dot", {"axes": [1]}), ("Concatenate", {"axis": "last"}),
     ("MultiHeadAttention", {}), ("Add", {"axis": {}})],
)  # fmt: skip
def test_a_malformed_layer_is_refused_or_proves_nothing(op: str, config: dict[str, Any]) -> None:
    net = _Net()
    one, other = net.input(None, 8), net.input(None, 8)
    try:
        graph = read_model(net.model(net(op, one, other, **config)))
    except ModelError as error:
        assert "of the layer" in str(error)
        return
    assert _text(graph, one) == "L×8" and _text(graph, other) in ("T×8", "L×8")


def test_attention_between_two_texts_proves_nothing() -> None:
    net = _Net()
    one, other = net.input(None, 8), net.input(None, 8)
    graph = read_model(net.model(net("MultiHeadAttention", one, other, num_heads=2, key_dim=4, use_bias=True)))
    assert [_text(graph, name) for name in graph] == ["L×8", "T×8", "L×8"]


def test_a_concatenation_along_the_length_adds_two_letters_in_no_word() -> None:
    net = _Net()
    one, other = net.input(None, 8), net.input(None, 8)
    graph = read_model(net.model(net("Concatenate", one, other, axis=1)))
    assert _text(graph, list(graph)[-1]) == "?×8"


@pytest.mark.parametrize("model", [_classifier, _unet])
def test_a_page_with_letters_is_proved(model: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BLOCKVIZ_STRICT", "1")
    summary = summarize(model())
    assert summary.page() and summary.describe()
    assert re.search(r"L×16|H/2×W/2×", summary.table(format="markdown"))


@pytest.mark.parametrize("model, letters", [(_classifier, ["L"]), (_unpadded, ["L"]), (_unet, ["H", "W"])])
def test_multiply_adds_are_a_polynomial_that_gives_every_count(model: Any, letters: list[str]) -> None:
    summary = summarize(model())
    found = summary.outline.open_macs
    for sizes in ((64, 128), (128, 32), (512, 512)):
        value = dict(zip(letters, sizes, strict=False))
        shape = (1, *value.values(), *{_unet: [3], _unpadded: [8]}.get(model, []))
        wanted = summarize(model(), inputs=shape).outline.cost.macs
        assert sum(factor * prod(value[letter] for letter in term) for term, factor in found.items()) == wanted


def test_multiply_adds_that_no_length_changes_are_a_number(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BLOCKVIZ_STRICT", "1")
    net = _Net()
    x = net("GlobalAveragePooling1D", net("Embedding", net.input(None), input_dim=9, output_dim=16))
    summary = summarize(net.model(net("Dense", x, units=2, use_bias=True)))
    assert summary.outline.open_macs == {} and summary.outline.cost.macs == 32
    assert summary.page() and summary.describe()


def test_a_cost_that_nobody_knows_makes_no_polynomial() -> None:
    net = _Net()
    x = net("Mine", net("Dense", net.input(None, 8), units=4, use_bias=True))
    assert summarize(net.model(x)).outline.open_macs == {}


def test_a_wrong_factor_on_the_page_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    from blockviz.page.glyphs import header_footer

    summary = summarize(_classifier())
    told = {what: number for number, what in header_footer.facts_of(summary.outline)}
    assert told["multiply-adds"].replace("\u2009", " ") == "96·L² + 9.22 k·L + 32"
    assert "96·L² + 9\u2009216·L + 32 multiply-adds" in summary.page().description
    monkeypatch.setattr(header_footer, "polynomial_text", lambda *_: "96·L² + 9.72 k·L + 32")
    monkeypatch.setenv("BLOCKVIZ_STRICT", "1")
    with pytest.raises(VerifyError, match="multiply-adds"):
        summarize(_classifier()).page()


def test_a_wrong_factor_in_the_prose_is_found() -> None:
    summary = summarize(_classifier())
    assert "One example takes 96·L² + 9.22 k·L + 32 multiply-adds" in summary.describe()[1]
    source = summary.source
    wanted = source.graph["open_macs"]
    assert polynomial_says(polynomial_text(wanted, count_text), wanted)
    for term in wanted:
        assert not polynomial_says(polynomial_text({**wanted, term: 2 * wanted[term]}, count_text), wanted)
        assert not polynomial_says(polynomial_text({**wanted, term: -wanted[term]}, count_text), wanted)
    assert not polynomial_says("32", wanted)


@given(st.dictionaries(st.sampled_from(monomials(["H", "W"])), st.integers(-(10**9), 10**9).filter(bool), max_size=5))
def test_a_polynomial_is_found_from_its_values(terms: dict[Any, int]) -> None:
    sides = ((17, 5), (23, 29), (31, 7), (41, 43), (53, 11), (61, 37), (71, 19), (83, 13), (97, 3))
    values = [{"H": height, "W": width} for height, width in sides]
    totals = [sum(f * prod(numbers[x] for x in term) for term, f in terms.items()) for numbers in values]
    assert fitted(values, totals) == terms
    assert not terms or polynomial_says(polynomial_text(terms, str), terms)
    assert fitted(values, [*totals[:-1], totals[-1] + 1]) == {}


@pytest.mark.parametrize(
    "sizes, words, text",
    [
        ([(None, 4), (12, 4)], (), "?×4"), ([(None, 4), (None, 8)], (), "?×4–8"), ([(9, 4), (12, 4)], (), "9–12×4"),
        ([(None, 4), (None, 4)], ("L", "L"), "L×4"), ([(None, 4), (None, 4)], ("L", "T"), "?×4"),
        ([(None, 4), (None, 8)], ("L", "L"), "?×4–8"),
    ],
)  # fmt: skip
def test_what_one_of_several_shapes_leaves_open_is_no_end_of_a_range(sizes: Any, words: Any, text: str) -> None:
    shapes = [(None, *pair) for pair in sizes]
    if words:
        shapes = [LetteredShape(shape, (word, str(shape[2]))) for shape, word in zip(shapes, words, strict=True)]
    assert range_text(shapes) == text


def test_given_sizes_take_the_place_of_letters() -> None:
    graph = read_model(_classifier(), (1, 24))
    assert {_text(graph, name) for name in graph} == {"24", "24×16", "24×64", "16", "2"}


@settings(max_examples=30, deadline=None)
@given(st.lists(st.sampled_from(["pad", "up", "pool", "conv", "dense"]), min_size=1, max_size=6), st.integers(1, 9))
def test_letters_hold_for_every_length_that_the_layers_divide(kinds: list[str], times: int) -> None:
    made = {"pad": ("ZeroPadding1D", {"padding": [1, 1]}), "up": ("UpSampling1D", {"size": 2}),
            "pool": ("AveragePooling1D", {"pool_size": [2], "strides": [2], "padding": "same"}),
            "conv": ("Conv1D", {"filters": 4, "kernel_size": [3], "strides": [1], "padding": "valid"}),
            "dense": ("Dense", {"units": 4, "use_bias": True})}  # fmt: skip
    net = _Net()
    x = net.input(None, 4)
    for kind in kinds:
        x = net(made[kind][0], x, **made[kind][1])
    config = net.model(x)
    length = 64 * times
    sized, graph = with_input_sizes(read_model(config), (1, length, 4)), read_model(config)
    for name in graph:
        word, size = size_words(graph.item(name).outputs[0])[0], sized.item(name).outputs[0][1]
        found = re.fullmatch(r"(\d*)L(?:/(\d+))?(?:([+−])(\S+))?", word)
        assert found and size
        rest = Fraction(found[4] or 0) * (-1 if found[3] == "−" else 1)
        assert abs(int(found[1] or 1) * length / int(found[2] or 1) + rest - size) < 1


def test_the_page_of_a_text_of_any_length_is_true() -> None:
    net = _Net()
    summary = summarize(net.model(_text_layers(net, net("Dense", net.input(None, 32), units=32), 3)))
    page = summary.page(page="a4")
    assert any("L×32" in text_of(words) for words in page.sheets[0].words)
    assert page_faults(page, summary.graph, summary.source) == []
