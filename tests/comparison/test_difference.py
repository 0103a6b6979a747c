"""What differs between two models, matched by structure; networks are text, and no name in them means anything."""

from __future__ import annotations

import csv
import io
import json
import random
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import blockviz
from blockviz.cli import main
from blockviz.comparison.alignment import align
from blockviz.documents import Difference, diff
from blockviz.ir import LayerGraph
from blockviz.ir.text import parse
from blockviz.scene import Path as Line
from blockviz.text.font_metrics import run_width
from summaries import known_summary


class Net:
    """Writes a network as text; every layer has a name that says nothing."""

    def __init__(self, seed: int = 0, size: int = 32) -> None:
        self.random, self.lines, self.size = random.Random(seed), list[str](), size
        self.last = self.call("InputLayer", [], 3)
        self.width = 3

    def call(
        self, op: str, reads: list[str], width: int, trainable: bool = True, params: int = 0, **config: Any
    ) -> str:
        name = f"n{len(self.lines)}_{self.random.randrange(10**6)}"
        facts = f" | params={params}" if params else ""
        facts += "" if trainable else f"{'' if facts else ' |'} trainable=false"
        shape = f"[?, {self.size}, {self.size}, {width}]"
        self.lines.append(f"{name} = {op}({', '.join(reads)}) {json.dumps(config)} -> {shape}{facts}")
        self.last, self.width = name, width
        return name

    def conv(self, width: int, kernel: int = 3, act: str = "relu", trainable: bool = True, stride: int = 1) -> Net:
        params = kernel * kernel * self.width * width + width
        self.call("Conv2D", [self.last], width, trainable, params, filters=width, kernel_size=[kernel, kernel],
                  strides=[stride, stride], padding="same", activation="linear")  # fmt: skip
        self.call("BatchNormalization", [self.last], width, trainable, 4 * width)
        if act:
            self.call("Activation", [self.last], width, activation=act)
        return self

    def residual(self, width: int = 16, kernel: int = 3, act: str = "relu", trainable: bool = True,
                 dropout: float = 0.0) -> Net:  # fmt: skip
        start = self.last
        self.conv(width, kernel, act, trainable)
        if dropout:
            self.call("Dropout", [self.last], width, rate=dropout)
        self.conv(width, kernel, "", trainable)
        self.call("Add", [start, self.last], width)
        self.call("Activation", [self.last], width, activation=act)
        return self

    def graph(self, name: str = "net") -> LayerGraph:
        return parse("\n".join([f"graph {name}", *self.lines, f"return {self.last}", ""]))


def plain(repeats: int = 3, width: int = 16, kernel: int = 3, seed: int = 0, **options: Any) -> LayerGraph:
    net = Net(seed).conv(width)
    for _ in range(repeats):
        net.residual(width, kernel, **options)
    return net.conv(8, 1).graph()


def changes(found: Difference) -> list[str]:
    return [row.change for row in found.rows]


def words(found: Difference) -> str:
    return " | ".join("; ".join(row.words) for row in found.rows if row.words)


def test_names_make_no_difference() -> None:
    found = diff(plain(seed=1), plain(seed=2))
    assert found.equal and not found and set(changes(found)) == {"same"}
    assert "the same architecture" in str(found)


@pytest.mark.parametrize(
    ("other", "said"),
    [
        ({"kernel": 5}, "kernel 3→5"),
        ({"repeats": 5}, "×3→×5"),
        ({"act": "gelu"}, "activation ReLU→GELU"),
        ({"dropout": 0.1}, "with dropout"),
        ({"trainable": False}, "frozen"),
        ({"width": 24}, "width 16→24"),
        ({"kernel": 5, "repeats": 4}, "×3→×4; kernel 3→5"),
    ],
)
def test_a_change_is_said_in_the_words_of_variants(other: dict[str, Any], said: str) -> None:
    found = diff(plain(), plain(seed=5, **other))
    assert not found.equal and said in words(found), str(found)
    back = diff(plain(seed=5, **other), plain())
    assert sorted(changes(back)) == sorted(changes(found))


def test_a_change_in_one_copy_names_the_copy() -> None:
    one, other = Net().conv(16), Net(4).conv(16)
    for number in range(4):
        one.residual()
        other.residual(dropout=0.2 if number == 2 else 0.0)
    found = diff(one.graph(), other.graph())
    assert "with dropout (copy 3)" in words(found), str(found)
    assert changes(found).count("changed") == 1


def test_frozen_copies_are_counted() -> None:
    one, other = Net().conv(16), Net(4).conv(16)
    for number in range(4):
        one.residual()
        other.residual(trainable=number > 1)
    assert "first 2 frozen" in words(diff(one.graph(), other.graph()))


def test_added_and_removed_stand_where_they_belong() -> None:
    one = Net().conv(16).residual().residual().conv(8, 1).graph()
    net = Net(3).conv(16).residual().residual()
    net.call("Dropout", [net.last], 16, rate=0.5)
    found = diff(one, net.conv(8, 1).graph())
    assert changes(found).count("added") == 1 and set(changes(found)) == {"same", "added"}, str(found)
    assert [row.after.name for row in found.rows if row.change == "added"] == ["dropout"]
    assert changes(diff(net.graph(), one)).count("removed") == 1


def test_a_skip_that_reads_another_part_is_told() -> None:
    def net(early: bool) -> LayerGraph:
        made = Net()
        first = made.conv(16).last
        second = made.conv(16, 5).last
        made.conv(16, 7)
        made.call("Concatenate", [made.last, first if early else second], 32, axis=-1)
        return made.conv(8, 1).graph()

    found = diff(net(True), net(False))
    assert not found.equal and "instead of" in words(found), str(found)
    assert diff(net(True), net(True)).equal


def test_input_sizes_count() -> None:
    one, other = Net(size=32).conv(16).graph(), Net(size=64).conv(16).graph()
    assert "32×32×3 → 64×64×3" in words(diff(one, other))


def test_operands_in_another_order_are_the_same_where_the_call_commutes() -> None:
    def net(op: str, swapped: bool) -> LayerGraph:
        made = Net()
        start = made.conv(16).last
        left = made.call("Conv2D", [start], 16, filters=16, kernel_size=[3, 3])
        right = made.call("Conv2D", [start], 16, filters=16, kernel_size=[5, 5])
        made.call(op, [right, left] if swapped else [left, right], 16)
        return made.graph()

    assert diff(net("Add", False), net("Add", True)).equal
    assert not diff(net("Subtract", False), net("Subtract", True)).equal


def test_known_networks() -> None:
    found = diff("ResNet50", "ResNet101")
    assert changes(found).count("changed") == 1 and words(found) == "×6→×23"
    both = diff("ResNet50", "ResNet50V2")
    assert "Bottleneck → Pre-activation bottleneck" in words(both)
    assert changes(both).count("added") == 1  # the last normalisation
    assert diff("VGG16", "VGG16").equal


@settings(max_examples=10, deadline=None)
@given(
    st.lists(st.tuples(st.sampled_from([8, 16]), st.sampled_from([1, 3, 5])), min_size=1, max_size=9),
    st.data(),
)
def test_one_edit_of_a_chain_is_one_row(layers: list[tuple[int, int]], data: st.DataObject) -> None:
    def net(rows: list[tuple[int, int]], seed: int) -> LayerGraph:
        made = Net(seed)
        for width, kernel in rows:
            made.conv(width, kernel)
        return made.graph()

    assert diff(net(layers, 1), net(layers, 2)).equal
    place = data.draw(st.integers(0, len(layers) - 1))
    width, kernel = layers[place]
    edited = [*layers[:place], (width, kernel + 4), *layers[place + 1 :]]
    found = diff(net(layers, 1), net(edited, 2))
    assert not found.equal
    back = diff(net(edited, 2), net(layers, 1))
    flip = {"added": "removed", "removed": "added"}
    assert sorted(changes(back)) == sorted(flip.get(change, change) for change in changes(found))


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(0, 4), max_size=12), st.lists(st.integers(0, 4), max_size=12))
def test_alignment_keeps_every_place_once_and_in_order(left: list[int], right: list[int]) -> None:
    pairs = list(align(left, right, lambda i, j: 1.0 if left[i] == right[j] else 0.0))
    assert [i for i, _ in pairs if i is not None] == list(range(len(left)))
    assert [j for _, j in pairs if j is not None] == list(range(len(right)))
    assert all(left[i] == right[j] for i, j in pairs if i is not None and j is not None)


def test_rows_sum_to_the_totals() -> None:
    found = diff("ResNet50", "EfficientNetB0")
    rows = list(csv.DictReader(io.StringIO(found.text("csv"))))
    for key, total in (("params_before", 25_636_712), ("params_after", 5_330_571)):
        assert sum(int(row[key] or 0) for row in rows[:-1]) == int(rows[-1][key]) == total


@pytest.mark.parametrize("form", Difference.TEXTS)
def test_every_text_format_says_the_change(form: str) -> None:
    text = diff(plain(), plain(kernel=5)).text(form)
    assert "kernel" in text and "Traceback" not in text
    if form == "json":
        found = json.loads(text)
        assert found["schema"] == 1 and not found["equal"]
        assert {row["change"] for row in found["rows"]} == {"same", "changed"}


def test_exit_status_is_that_of_diff(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["diff", "VGG16", "VGG16"]) == 0
    assert main(["diff", "VGG16", "VGG19", "-o", str(tmp_path / "d.json")]) == 1
    assert json.loads((tmp_path / "d.json").read_text())["equal"] is False
    capsys.readouterr()
    assert main(["diff", "VGG16", "no such file.keras"]) == 2
    assert main(["diff", "VGG16", "VGG19", "-o", str(tmp_path / "d.xyz")]) == 2
    assert main(["diff", "VGG16", "VGG19", "-o", str(tmp_path / "d.svg"), "--page", "30x30mm"]) == 2
    said = capsys.readouterr().err.splitlines()
    assert len(said) == 3 and "a table" in said[2]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["d.json"]


def test_python_has_what_the_command_has(tmp_path: Path) -> None:
    found = blockviz.diff("VGG16", "VGG19")
    found.save(tmp_path / "d.svg")
    assert "VGG19" in (tmp_path / "d.svg").read_text("utf-8")
    assert repr(found) == "<Difference of VGG16 and VGG19: 3 changed, 6 the same>"


@pytest.mark.parametrize(
    ("one", "other"),
    [("ResNet50", "ResNet50V2"), ("VGG16", "VGG19"), ("MobileNetV2", "MobileNetV3Large"), ("NASNetMobile", "VGG16"),
     ("EfficientNetB0", "EfficientNetB0")],
)  # fmt: skip
def test_the_figure_keeps_to_its_sheet(one: str, other: str) -> None:
    found = diff(known_summary(one), known_summary(other))
    sheet = found.page().sheets[0]
    ids = [box.id for box in sheet.boxes]
    assert len(ids) == len(set(ids))
    for text in sheet.words:
        wide = run_width(text.runs, text.size)
        left = text.x - {"start": 0.0, "middle": 0.5, "end": 1.0}[text.anchor] * wide
        assert text.size >= 6.0 and left >= -0.01 and left + wide <= sheet.width + 0.5, text
        assert 0 <= text.y <= sheet.height and "…" not in "".join(run.text for run in text.runs), text
    for box in sheet.boxes:
        assert box.x >= -0.01 and box.x + box.width <= sheet.width + 0.01, box
    for shape in sheet.shapes:
        if isinstance(shape, Line):
            assert all(-0.5 <= x <= sheet.width + 0.5 for x, _ in shape.points), shape
    frames = sum(isinstance(shape, Line) and shape.closed and shape.line == "#c04f00" and not shape.fill
                 for shape in sheet.shapes)  # fmt: skip
    marked = sum(1 if row.change in ("added", "removed") else 2 for row in found.rows if row.change != "same")
    assert frames == marked


def test_nothing_heavy_is_imported() -> None:
    code = "import blockviz, sys; blockviz.diff('VGG16', 'VGG19'); print({'keras', 'tensorflow'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"


@pytest.mark.tensorflow
def test_a_fine_tuned_model_against_its_backbone() -> None:
    import keras

    def net(frozen: bool, classes: int) -> Any:
        base = keras.applications.ResNet50(include_top=False, weights=None, input_shape=(64, 64, 3))
        for layer in base.layers[: 143 if frozen else 0]:
            layer.trainable = False
        x = keras.layers.GlobalAveragePooling2D()(base.output)
        return keras.Model(base.input, keras.layers.Dense(classes, activation="softmax")(x))

    found = diff(net(False, 1000), net(True, 10))
    assert "width 1000→10" in words(found) and "frozen" in words(found), str(found)
    assert set(changes(found)) == {"same", "changed"}
    assert diff(net(True, 10), net(True, 10)).equal
