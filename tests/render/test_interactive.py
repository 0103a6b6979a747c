"""The interactive page as a file: the same figure, all of the model in its data, nothing that loads anything."""

from __future__ import annotations

import base64
import hashlib
import io
import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from blockviz.cli import main
from blockviz.errors import UsageError
from blockviz.ir import Item, LayerGraph, Node, leaves
from blockviz.pipeline import summarize
from blockviz.render import render
from blockviz.render.formats.html.forms import plain
from blockviz.summary import Summary
from fuzz import consumers
from summaries import known_summary, zoo_summary

WEB = Path(__file__).parents[2] / "web"
BUILT = Path(__file__).parents[2] / "blockviz" / "render" / "formats" / "html"
SEVERAL = ("ResNet50", "InceptionResNetV2", "zoo:Transformer", "zoo:Seq2Seq", "zoo:TwoTower")


def summary(name: str) -> Summary:
    return zoo_summary(name[4:]) if name.startswith("zoo:") else known_summary(name)


def data_of(html: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(re.findall(r"<script[^>]*>(.*?)</script>", html, re.DOTALL)[0])
    return found


def texts(svg: str) -> list[str]:
    return re.findall(r"<text[^>]*>([^<]*)</text>", svg)


def test_it_is_one_file_that_fetches_nothing() -> None:
    html = summary("ResNet50").html()
    assert consumers.problems("page", html.encode()) == []
    assert set(re.findall(r"\bhttps?://[^\s\"'<>)]+", html)) <= {
        "http://www.w3.org/2000/svg", "http://www.w3.org/1999/xhtml", "http://www.w3.org/1999/xlink",
        "http://www.w3.org/XML/1998/namespace", "http://www.w3.org/2000/xmlns/",
    }  # fmt: skip
    assert not re.search(r"\b(fetch|XMLHttpRequest|WebSocket|EventSource|sendBeacon|eval|localStorage)\b", script(html))
    style = re.findall("<style>(.*?)</style>", html, re.DOTALL)[0]
    assert f"style-src 'sha256-{base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()}'" in html


def test_its_own_script_makes_no_markup() -> None:
    for source in (WEB / "src").glob("*.ts"):
        text = source.read_text(encoding="utf-8")
        found = re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|DOMParser|\.html\(", text)
        assert found is None, source.name


def script(html: str) -> str:
    return str(re.findall(r"<script[^>]*>(.*?)</script>", html, re.DOTALL)[1])


THEMES = [("paper", "dark", 1), ("dark", "paper", 2), ("grey", "dark", 1)]


@pytest.mark.parametrize(("theme", "other", "column"), THEMES)
def test_the_figure_is_that_of_both_themes(theme: str, other: str, column: int) -> None:
    """The numbered drawing, with the colours of a theme put in, is what that theme draws, byte for byte."""
    model = summary("ResNet50")
    page = model.page(screen=True, theme=theme)
    assert page.palette is not None and page.palette.starts_dark == (theme == "dark")
    numbered = render(page, "svg").decode()
    for name, at in ((theme, column), (other, 3 - column)):
        drawn = numbered
        for shade in page.palette.shades:
            drawn = drawn.replace(shade[0], shade[at] or "none")
        wanted = render(model.page(theme=name), "svg").decode()
        assert _colour_names(drawn) == _colour_names(wanted)


def _colour_names(svg: str) -> str:
    """Graphviz writes some colours by their names."""
    return svg.replace('"#ffffff"', '"white"').replace('"#000000"', '"black"')


@pytest.mark.parametrize("name", ["ResNet50", "InceptionResNetV2", "zoo:Transformer"])
def test_it_shows_what_the_figure_shows(name: str) -> None:
    model = summary(name)
    html = model.html()
    shown = texts(html[html.index("<svg") : html.index("</svg>")])
    assert shown == texts(render(model.page(screen=True), "svg").decode())
    figure = texts(render(model.page(), "svg").decode())
    assert set(shown) >= set(figure) or len(shown) > len(figure)  # higher than paper only where panels were missing
    data = data_of(html)
    letters = {frame[0] for frame in data["figure"]["frames"]} - {""}
    assert letters == {found.letter for found in model.blocks}
    parts = [box for box in data["figure"]["boxes"] if box[6] == ""]
    assert len(parts) == len(model.overview)


def test_a_size_that_is_asked_for_is_kept() -> None:
    page = summary("ResNet50").page(screen=True, width="84mm", height="100mm")
    assert page.sheets[0].width <= 84 / 25.4 * 72 and page.sheets[0].height <= 100 / 25.4 * 72


@pytest.mark.parametrize("name", SEVERAL)
def test_the_data_hold_the_whole_graph(name: str) -> None:
    model = summary(name)
    data = model.contents()
    nodes = list(leaves(model.graph))
    assert data["names"] == [node.id for node in nodes]
    at = {node.id: number for number, node in enumerate(nodes)}
    for number, node in enumerate(nodes):
        back = data["reads"][number]
        read = [number - step for step in ([back] if isinstance(back, int) else back)]
        wanted = [at[source] for _, source, _ in model.source.operand_list(node.id)]
        assert read == list(dict.fromkeys(wanted))
    forms = [data["forms"][form] for form in data["form"]]
    calls = [form for form in forms if form["kind"] == "call"]
    for form, node in zip(calls, nodes, strict=True):
        assert form["name"] == node.op and data["configs"][form["config"]] == plain(node.layer.config)
        assert form["params"] == f"{node.layer.params:,}"
    assert _nest(data) == [_shape_of(item) for item in model.graph.items()]


def _nest(data: Any) -> list[Any]:
    """The tree read back from preorder and sizes: a name for a call, a list for what has calls inside."""
    names = iter(data["names"])

    def node(at: int) -> Any:
        if data["forms"][data["form"][at]]["kind"] == "call":
            return next(names)
        found, child = [], at + 1
        while child <= at + data["size"][at]:
            found.append(node(child))
            child += data["size"][child] + 1
        return found

    out, at = [], 0
    while at < len(data["form"]):
        out.append(node(at))
        at += data["size"][at] + 1
    return out


def _shape_of(item: Item) -> Any:
    return item.id if isinstance(item, Node) else [_shape_of(inner) for inner in item.body.items()]


@pytest.mark.parametrize("name", SEVERAL)
def test_every_copy_is_there_with_its_layers(name: str) -> None:
    model = summary(name)
    data = model.contents()
    first = [0]
    for form in data["form"]:
        first.append(first[-1] + (data["forms"][form]["kind"] == "call"))
    layer = {node.id: node.layer.name for node in leaves(model.graph)}
    for block, found in zip(data["blocks"], model.blocks, strict=True):
        assert len(block["copies"]) == len(block["align"]) == found.count
        for node, copy in zip(block["copies"], found.instances, strict=True):
            calls = data["names"][first[node] : first[node + data["size"][node] + 1]]
            assert tuple(dict.fromkeys(layer[call] for call in calls)) == copy.layers
            assert data["forms"][data["form"][node]].get("variant") == copy.variant


def test_boxes_of_a_panel_find_their_counterparts_in_variants() -> None:
    data = summary("ResNet50").contents()
    (block,) = data["blocks"]
    lists = {tuple(block["alignments"][number]) for number in block["align"]}
    assert (0, 1, 2, 3, 4) in lists and len(lists) == 2  # without and with a projection shortcut
    (other,) = lists - {(0, 1, 2, 3, 4)}
    assert -1 not in other and len(set(other)) == 5


def test_what_nobody_knows_is_a_question_mark() -> None:
    data = summarize(_with_unknown_layer()).contents()
    (form,) = [form for form in data["forms"] if form["name"] == "Mystery"]
    assert (form["params"], form["trainable"], form["macs"], form["out"]) == ("?", "?", "?", ["?"])
    assert data["model"]["params"].startswith("≥")


def _with_unknown_layer() -> LayerGraph:
    from blockviz.ir import UNKNOWN, Layer

    graph = LayerGraph(name="unknown")
    graph.add_item(Node("x", Layer("x", "InputLayer"), (), ((None, 8, 8, 3),)))
    graph.add_item(Node("c", Layer("c", "Conv2D", {"filters": 4, "kernel_size": [1, 1]}, 16), ((None, 8, 8, 3),),
                        ((None, 8, 8, 4),)), [(0, "x", 0)])  # fmt: skip
    graph.add_item(Node("m", Layer("m", "Mystery", {}, None), ((None, 8, 8, 4),), (UNKNOWN,)), [(0, "c", 0)])
    graph.graph.update(inputs=("x",), exits=(("m", 0),))
    return graph


def test_layers_that_are_alike_are_told_once() -> None:
    """Ten times the layers take less than ten times the bytes, and few for each."""
    sizes = {}
    for copies in (20, 200):
        data = summarize(_chain(copies)).contents()
        data = {key: value for key, value in data.items() if key != "ids"}
        sizes[copies] = len(json.dumps(data))
        assert len(data["forms"]) < 20
    assert sizes[200] < 5 * sizes[20] + 200 * 60


def _chain(copies: int) -> LayerGraph:
    from blockviz.ir import Layer

    shape = (None, 8, 8, 4)
    graph = LayerGraph(name="chain")
    graph.add_item(Node("x", Layer("x", "InputLayer"), (), (shape,)))
    last = "x"
    for number in range(copies):
        ends = last
        for op, config in (("Conv2D", {"filters": 4, "kernel_size": [3, 3]}), ("ReLU", {}), ("Add", {})):
            name = f"{op}{number}"
            reads = [(0, last, 0), (1, ends, 0)] if op == "Add" else [(0, last, 0)]
            graph.add_item(Node(name, Layer(name, op, config), (shape,) * len(reads), (shape,)), reads)
            last = name
    graph.graph.update(inputs=("x",), exits=((last, 0),))
    return graph


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4)
    | st.tuples(inner, inner),
    max_leaves=20,
)  # fmt: skip


@given(ANYTHING)
@settings(max_examples=60, deadline=None)
def test_settings_of_any_kind_become_json(value: Any) -> None:
    found = plain(value)
    assert json.loads(json.dumps(found, allow_nan=False)) == found
    assert plain(found) == found


def test_endless_settings_are_cut_and_say_so() -> None:
    assert plain(list(range(1000)))[-1] == "… 1,000 in all" and len(plain("x" * 10**6)) == 2000
    assert plain({str(key): 0 for key in range(1000)})["… entries in all"] == 1000
    assert plain(10**30) == "1" + "0" * 30 and "bits" in plain(10**100_000)
    deep: Any = 0
    for _ in range(5000):
        deep = [deep]
    assert "…" in json.dumps(plain(deep), ensure_ascii=False)


@pytest.mark.parametrize("name", ["ResNet50", "InceptionResNetV2"])
def test_the_same_model_gives_the_same_small_file(name: str) -> None:
    one = summary(name).html()
    assert one == summary(name).html() and len(one.encode()) < 500_000


def test_every_way_to_write_it(tmp_path: Path) -> None:
    model = summary("ResNet50")
    model.save(str(tmp_path / "a.html"), theme="grey")
    into = io.BytesIO()
    model.save(into, format="html", theme="grey")
    assert (tmp_path / "a.html").read_bytes() == into.getvalue() == model.html(theme="grey").encode()


def test_what_it_has_no_place_for_is_refused() -> None:
    model = summary("InceptionResNetV2")
    with pytest.raises(UsageError, match="whole model"):
        render(model.page(), "html")
    assert len(model.page(screen=True, pages=2, page="a5", min_font=7).sheets) == 1


def test_the_lock_file_names_no_registry_but_the_public_one() -> None:
    lock = json.loads((WEB / "package-lock.json").read_text())
    found = [package.get("resolved", "") for package in lock["packages"].values()]
    assert all(not address or address.startswith("https://registry.npmjs.org/") for address in found)
    assert all(re.fullmatch(r"\d+\.\d+\.\d+", version)
               for kind in ("dependencies", "devDependencies")
               for version in json.loads((WEB / "package.json").read_text())[kind].values())  # fmt: skip


def test_licences_of_all_that_is_bundled_are_in_the_package() -> None:
    said = (BUILT / "LICENCES.txt").read_text(encoding="utf-8")
    for name, version in json.loads((WEB / "package.json").read_text())["dependencies"].items():
        assert f"{name} {version} (" in said


@pytest.mark.skipif(
    not (WEB / "node_modules").is_dir() or not shutil.which("node"), reason="needs Node and `npm ci` in web/"
)
def test_the_committed_script_is_what_the_sources_build() -> None:
    done = subprocess.run(["node", "build.mjs", "--check"], cwd=WEB, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_the_command_line_writes_it(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "ResNet50.html"
    assert main(["render", "ResNet50", "-o", str(file), "--theme", "dark", "--pages", "2"]) == 0
    assert "9 boxes" in capfd.readouterr().err
    assert '<html lang="en" data-theme="dark">' in file.read_text("utf-8")
    assert main(["render", "ResNet50", "-o", "-", "--format", "html", "--title", "</script><script>"]) == 0
    assert consumers.problems("page", capfd.readouterr().out.encode()) == []
    assert main(["render", "ResNet50", "-o", str(tmp_path / "other.html"), "--caption"]) == 2
    assert "leave out --caption" in capfd.readouterr().err and not (tmp_path / "other.html").exists()


def test_a_notebook_gets_the_page_in_a_frame_and_the_figure() -> None:
    bundle = summary("ResNet50")._repr_mimebundle_()
    assert set(bundle) == {"text/html", "image/svg+xml", "text/plain"}
    reader = consumers.HTMLReader(bundle["text/html"])
    (frame,) = (dict(keys) for tag, keys in reader.tags if tag == "iframe")
    assert frame["srcdoc"] == summary("ResNet50").html() and frame["sandbox"] == "allow-scripts allow-downloads"
    assert bundle["image/svg+xml"].startswith("<?xml")
