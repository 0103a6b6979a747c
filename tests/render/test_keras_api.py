"""`plot_model` and `model_to_dot` in place of Keras' own, and DOT that the user's own Graphviz draws."""

from __future__ import annotations

import inspect
import shutil
import subprocess
import warnings
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any

import pytest

import blockviz
from blockviz.cli import main
from blockviz.errors import UsageError

needs_dot = pytest.mark.skipif(shutil.which("dot") is None, reason="Graphviz is not installed")
KERAS2 = ("show_shapes", "show_dtype", "show_layer_names", "rankdir", "expand_nested", "dpi", "layer_range",
          "show_layer_activations", "show_trainable")  # fmt: skip
KERAS3 = (*KERAS2[:6], "show_layer_activations", "show_trainable", "splines")


def drawn(svg: bytes) -> tuple[set[str], tuple[float, float], tuple[float, float]]:
    """The texts of an SVG, its size, and how far right and down its boxes reach."""
    root = ET.fromstring(svg)
    name = "{http://www.w3.org/2000/svg}"
    width, height = (float(root.get(side, "").removesuffix("pt")) for side in ("width", "height"))
    words = {text.text or "" for text in root.iter(f"{name}text")}
    transform = next(root.iter(f"{name}g")).get("transform", "")
    scale = float(transform.split("scale(")[1].split()[0])
    across = [float(pair.split(",")[0]) for shape in root.iter(f"{name}polygon")
              for pair in shape.get("points", "").split()]  # fmt: skip
    return words, (width, height), (max(across) * scale, min(across) * scale)


@needs_dot
def test_plain_dot_draws_the_page() -> None:
    words, (width, _), (right, left) = drawn(blockviz.model_to_dot("VGG16").create(prog="dot", format="svg"))
    assert {"Overview", "Dense"} & words and any("VGG16" in word for word in words)
    assert left >= -1 and width - 12 <= right <= width + 1


@needs_dot
@pytest.mark.parametrize("program", ["dot", "neato", "fdp"])
def test_an_exported_file_is_drawn_by_every_program(program: str, tmp_path: Path) -> None:
    assert main(["render", "ResNet50", "-o", str(tmp_path / "r.dot")]) == 0
    done = subprocess.run([program, "-Tsvg", str(tmp_path / "r.dot")], capture_output=True, check=True, timeout=60)
    words, (width, height), (right, _) = drawn(done.stdout)
    assert any("Bottleneck" in word for word in words) and len(words) > 20
    assert width > 300 < height * 3 and right <= width + 1


@needs_dot
def test_write_png_is_a_picture(tmp_path: Path) -> None:
    blockviz.model_to_dot("VGG16", dpi=100).write_png(str(tmp_path / "v.png"))
    data = (tmp_path / "v.png").read_bytes()
    wide, high = (int.from_bytes(data[at : at + 4], "big") for at in (16, 20))
    assert 400 < wide < 900 and high > 150 and len(data) > 10_000


@needs_dot
def test_a_cluster_is_laid_out_inside_another_graph() -> None:
    import pydot

    graph = pydot.Dot(graph_type="digraph")
    graph.add_subgraph(blockviz.model_to_dot("VGG16", subgraph=True))
    words, _, _ = drawn(graph.create(prog="dot", format="svg").replace(b'class="graph"', b'class="graph"'))
    assert {"VGG16", "112×112×64"} <= words
    assert any("VGG block" in word for word in words)


def test_every_argument_of_keras_is_taken() -> None:
    plot = list(inspect.signature(blockviz.plot_model).parameters)
    dot = list(inspect.signature(blockviz.model_to_dot).parameters)
    assert [name for name in plot if name in KERAS3] == list(KERAS3)
    assert [name for name in dot if name in KERAS3] == list(KERAS3) and dot.index("subgraph") == dot.index("dpi") + 1
    assert set(KERAS2) <= set(plot) and set(KERAS2) <= set(dot)


def test_switches_for_what_is_always_shown_are_silent(tmp_path: Path) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        summary = blockviz.plot_model("VGG16", tmp_path / "v.svg", show_shapes=True, show_trainable=True,
                                      show_layer_activations=True, expand_nested=True, dpi=96)  # fmt: skip
        blockviz.model_to_dot("VGG16")
    assert summary.outline.name == "VGG16" and (tmp_path / "v.svg").is_file()


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"show_dtype": True}, "types of numbers"),
        ({"show_layer_names": True}, "stands for many layers"),
        ({"rankdir": "BT"}, "drawn as TB"),
        ({"rankdir": "RL"}, "drawn as LR"),
        ({"splines": "curved"}, "arrows"),
    ],
)
def test_what_has_no_meaning_is_told(given: dict[str, Any], said: str) -> None:
    with pytest.warns(UserWarning, match=said):
        blockviz.model_to_dot("VGG16", **given)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"layer_range": ["a", "b"]}, r"keras\.Model"),
        ({"show_layer_activations": ["a", "b"]}, r"keras\.Model"),  # the ninth argument of Keras 2, by position
        ({"rankdir": "XY"}, "TB or LR"),
        ({"colour": "red"}, "no argument 'colour'"),
        ({"dpi": "high"}, "--dpi wants a number"),
    ],
)
def test_what_cannot_be_drawn_is_refused_in_a_sentence(given: dict[str, Any], said: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=said):
        blockviz.plot_model("VGG16", tmp_path / "v.svg", **given)
    with pytest.raises(UsageError, match=said):
        blockviz.model_to_dot("VGG16", **given)
    assert list(tmp_path.iterdir()) == []


def test_a_file_without_a_suffix_is_png(tmp_path: Path) -> None:
    blockviz.plot_model("VGG16", tmp_path / "figure", dpi=72)
    assert (tmp_path / "figure").read_bytes().startswith(b"\x89PNG")


@pytest.mark.tensorflow
def test_signatures_are_those_of_keras() -> None:
    import keras

    for mine, theirs in ((blockviz.plot_model, keras.utils.plot_model),
                         (blockviz.model_to_dot, keras.utils.model_to_dot)):  # fmt: skip
        own = list(inspect.signature(mine).parameters)
        names = [name for name in inspect.signature(theirs).parameters if name != "kwargs"]
        assert own[: len(names)] == names
