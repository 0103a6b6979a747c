"""The interactive page in Chromium: by mouse, by keyboard, by address, judged by axe, and as a notebook shows it."""

from __future__ import annotations

import base64
import json
import shutil
import time
import xml.etree.ElementTree as ET
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import networkx as nx
import pytest

from blockviz.ir import leaves
from blockviz.pipeline import summarize
from blockviz.quoting import script
from blockviz.summary import Summary
from summaries import known_summary, zoo_summary
from synthetic import repeated

webdriver = pytest.importorskip("selenium.webdriver")
from selenium.webdriver.chrome.service import Service  # noqa: E402
from selenium.webdriver.common.by import By  # noqa: E402
from selenium.webdriver.common.keys import Keys  # noqa: E402
from selenium.webdriver.support.ui import Select, WebDriverWait  # noqa: E402

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
DRIVER = shutil.which("chromedriver")
AXE = Path(__file__).parents[2] / "web" / "node_modules" / "axe-core" / "axe.min.js"
pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not (CHROMIUM and DRIVER), reason="needs Chromium and chromedriver"),
]
Open = Callable[..., "webdriver.Chrome"]


@pytest.fixture(scope="module")
def chrome() -> Iterator[webdriver.Chrome]:
    options = webdriver.ChromeOptions()
    options.binary_location = str(CHROMIUM)
    for flag in ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--window-size=1400,900",
                 "--force-prefers-reduced-motion"):  # fmt: skip
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    found = webdriver.Chrome(options=options, service=Service(DRIVER))
    yield found
    found.quit()


@pytest.fixture
def show(chrome: webdriver.Chrome, tmp_path: Path) -> Iterator[Open]:
    """Open a model's page at an address and in a window; at the end nothing was complained of."""

    def opened(model: Summary, hash: str = "", width: int = 1400, height: int = 900) -> webdriver.Chrome:
        file = tmp_path / "page.html"
        file.write_text(model.html(), "utf-8")
        size = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False}
        chrome.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
        chrome.get("about:blank")
        chrome.get(file.as_uri() + hash)
        time.sleep(0.2)
        return chrome

    yield opened
    assert [line for line in chrome.get_log("browser") if line["level"] == "SEVERE"] == []


def text(page: webdriver.Chrome, selector: str) -> str:
    return str(page.find_element(By.CSS_SELECTOR, selector).text)


def label(page: webdriver.Chrome) -> str:
    return str(page.switch_to.active_element.get_attribute("aria-label"))


def address(page: webdriver.Chrome) -> str:
    return str(page.execute_script("return decodeURIComponent(location.hash)"))


def scale(page: webdriver.Chrome) -> float:
    return float(page.execute_script("return document.querySelector('#bv-figure').__zoom.k"))


def press(page: webdriver.Chrome, name: str) -> None:
    next(b for b in page.find_elements(By.TAG_NAME, "button") if b.text == name).click()


def test_a_click_on_a_box_opens_its_panel_and_goes_down_to_a_layer(show: Open) -> None:
    page = show(known_summary("ResNet50"))
    before = scale(page)
    boxes = page.find_elements(By.CSS_SELECTOR, "g.opens")
    next(box for box in boxes if "block A" in box.get_attribute("aria-label")).click()
    time.sleep(0.2)
    assert scale(page) > 1.5 * before and "Bottleneck ×3" in text(page, ".details h2")
    press(page, "Bottleneck, copy 2 of 16")
    assert address(page) == "#block=A&copy=2"
    next(box for box in boxes if box.get_attribute("aria-label").startswith("3×3")).click()
    assert address(page) == "#block=A&copy=2&item=2"  # the second box of the copy that is chosen, not of the first
    assert "conv2_block2_2_conv" in text(page, ".details")
    press(page, "conv2_block2_2_conv")
    assert address(page) == "#layer=conv2_block2_2_conv"
    settings = {row.find_element(By.TAG_NAME, "th").text: row.find_element(By.TAG_NAME, "td").text
                for row in page.find_elements(By.CSS_SELECTOR, ".details tr")}  # fmt: skip
    assert settings["filters"] == "64" and settings["kernel_size"] == "[3,3]" and settings["use_bias"] == "true"
    assert "36,928" in text(page, ".details dl") and "115,605,504" in text(page, ".details dl")


def test_an_address_is_a_state(show: Open) -> None:
    page = show(known_summary("ResNet50"), "#block=A&copy=3")
    assert text(page, ".details h2").endswith("Bottleneck, copy 3 of 16")
    rows = page.find_elements(By.CSS_SELECTOR, ".details [role=option]")
    assert "conv2_block1_1_conv" in rows[0].get_attribute("title") and len(rows) >= 7
    assert rows[0].get_attribute("aria-setsize") == "16" and text(page, ".copy").endswith("of 16")
    page.execute_script("location.hash = '#layer=avg_pool'")
    time.sleep(0.1)
    assert text(page, ".details h2") == "avg_pool"
    page.back()
    time.sleep(0.1)
    assert text(page, ".details h2").endswith("copy 3 of 16")
    for nonsense in ("#block=Q&copy=1", "#layer=none", "#node=-7", "#node=1e99", "#part=x", "#block=A&copy=99&item=0"):
        page.execute_script(f"location.hash = '{nonsense}'")
        time.sleep(0.05)
        assert text(page, ".details h2")


def test_all_of_it_works_by_keyboard(show: Open) -> None:
    page = show(known_summary("ResNet50"))
    first = page.find_element(By.CSS_SELECTOR, "g.opens[tabindex='0']")
    page.execute_script("arguments[0].focus()", first)
    assert label(page).startswith("input, Input: output 224×224×3")
    for _ in range(3):
        page.switch_to.active_element.send_keys(Keys.ARROW_DOWN)
    assert "block A" in label(page)
    page.switch_to.active_element.send_keys(Keys.ENTER)
    assert "Bottleneck ×3" in text(page, ".details h2")
    page.switch_to.active_element.send_keys(Keys.ESCAPE)
    assert text(page, ".details h2") == "Whole model"
    before = scale(page)
    page.switch_to.active_element.send_keys("+")
    WebDriverWait(page, 10).until(lambda _: scale(page) > before)  # the zoom is a motion
    tree = page.find_element(By.CSS_SELECTOR, "[role=tree]")
    tree.send_keys(Keys.HOME, Keys.ARROW_DOWN, Keys.ARROW_RIGHT, Keys.ARROW_DOWN, Keys.ENTER)
    assert text(page, ".details h2") == "conv1_pad"
    active = page.find_element(By.ID, str(tree.get_attribute("aria-activedescendant")))
    assert active.get_attribute("aria-level") == "2" and active.get_attribute("aria-selected") == "true"
    tree.send_keys(Keys.ARROW_LEFT)
    active = page.find_element(By.ID, str(tree.get_attribute("aria-activedescendant")))
    assert active.get_attribute("aria-expanded") == "true"
    tree.send_keys(Keys.ARROW_LEFT)
    active = page.find_element(By.ID, str(tree.get_attribute("aria-activedescendant")))
    assert active.get_attribute("aria-expanded") == "false"
    page.find_element(By.CSS_SELECTOR, ".trail button").send_keys(Keys.ENTER)  # what had the focus is gone
    assert page.switch_to.active_element.tag_name == "h2" and page.switch_to.active_element.text == "Whole model"
    page.find_element(By.TAG_NAME, "body").send_keys("/")
    assert page.switch_to.active_element.get_attribute("id") == "bv-query"
    page.switch_to.active_element.send_keys("fc", Keys.ARROW_DOWN)
    assert page.switch_to.active_element.get_attribute("role") == "listbox"


@pytest.mark.parametrize(
    ("words", "hit"),
    [("conv4_block6_2_conv", "conv4_block6_2_conv"), ("GlobalAveragePooling2D", "avg_pool"),
     ("Dense 1000", "predictions"), ("14x14x1024 Add", "conv4_block1_add"), ("bottleneck", "Bottleneck")],
)  # fmt: skip
def test_search_finds_names_classes_and_shapes(show: Open, words: str, hit: str) -> None:
    page = show(known_summary("ResNet50"))
    page.find_element(By.ID, "bv-query").send_keys(words)
    assert "found" in text(page, "#bv-found")
    first = "return document.querySelector('[role=option]')?.innerText ?? ''"
    WebDriverWait(page, 10).until(lambda _: hit in page.execute_script(first))  # the list follows the last letter
    page.find_element(By.CSS_SELECTOR, "[role=option]").click()
    assert hit in text(page, ".details h2")


def test_search_says_where_nothing_is(show: Open) -> None:
    page = show(known_summary("ResNet50"))
    page.find_element(By.ID, "bv-query").send_keys("transposed")
    assert text(page, "#bv-found") == "0 found"


@pytest.mark.parametrize("reach", ["next", "all"])
def test_paths_are_those_of_the_graph(show: Open, reach: str) -> None:
    """The boxes of the overview that are coloured hold what networkx finds."""
    model = zoo_summary("TwoTower")
    source: Any = nx.DiGraph(model.source.edges)
    for number, part in enumerate(model.overview, 1):
        own = {node.id for node in leaves(model.graph.item(part.id).body)} if hasattr(part.item, "body") else {part.id}
        step = {"all": (nx.ancestors, nx.descendants), "next": (source.predecessors, source.successors)}[reach]
        found = [set().union(*((go(source, n) if reach == "all" else go(n)) for n in own)) - own for go in step]
        page = show(model, f"#part={number}&paths={reach}")
        shown = page.execute_script(
            "return [...document.querySelectorAll('g.opens')].map(e => [e.id, "
            "['self', 'feeds', 'fed', 'dim'].find(k => e.classList.contains(k)) || 'plain'])"
        )
        boxes = json.loads(page.execute_script("return document.querySelector('#bv-data').textContent"))
        kinds = dict(shown)
        overview = [box for box in boxes["figure"]["boxes"] if box[6] == ""]
        for box, other in zip(overview, model.overview, strict=True):
            inside = {node.id for node in leaves(other.item.body)} if hasattr(other.item, "body") else {other.id}
            path = "feeds" if inside & found[0] else "fed" if inside & found[1] else "dim"
            wanted = "self" if other is part else path
            assert kinds[f"box-{box[0]}"] == wanted, (part.id, other.id)
        lit = page.execute_script("return [...document.querySelectorAll('.edge:is(.feeds, .fed)')].map(e => e.id)")
        ends = {f"e{at}": [kinds[f"box-{boxes['figure']['boxes'][end][0]}"] for end in arrow[:2]]
                for at, arrow in enumerate(boxes["figure"]["arrows"]) if min(arrow[:2]) >= 0}  # fmt: skip
        assert all("self" in ends[at] or (reach == "all" and len(set(ends[at])) == 1) for at in lit)
        assert lit or number == 1
        if number >= 4:
            break


def test_colours_follow_the_system_and_the_switch(show: Open) -> None:
    page = show(known_summary("ResNet50"))
    colour = "return getComputedStyle(document.body).backgroundColor"
    light = page.execute_script(colour)
    dark_system = {"features": [{"name": "prefers-color-scheme", "value": "dark"}]}
    page.execute_cdp_cmd("Emulation.setEmulatedMedia", dark_system)
    dark = page.execute_script(colour)
    switch = Select(page.find_elements(By.TAG_NAME, "select")[1])
    switch.select_by_visible_text("light")
    back = page.execute_script(colour)
    page.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": []})
    switch.select_by_visible_text("dark")
    assert (light, dark, back) == ("rgb(255, 255, 255)", "rgb(20, 24, 29)", light)
    assert page.execute_script(colour) == dark
    fill = "return getComputedStyle(document.querySelector('g.opens > :is(path, polygon)')).fill"
    assert page.execute_script(fill) not in ("none", "rgb(255, 255, 255)", "rgb(0, 0, 0)")


CATCH = """window.saved = []; URL.createObjectURL = (make => file => { saved.push(file); return make(file); })(
  URL.createObjectURL.bind(URL)); HTMLAnchorElement.prototype.click = function () { saved.push(this.download); };"""
READ = """const done = arguments[0]; const file = saved.findLast(one => one instanceof Blob);
const reader = new FileReader(); reader.onload = () => done([file.type, reader.result.split(',')[1]]);
reader.readAsDataURL(file);"""


def test_what_is_seen_is_saved(show: Open) -> None:
    page = show(known_summary("ResNet50"), "#block=A&copy=1")
    page.execute_script(CATCH)
    press(page, "Save SVG")
    kind, data = page.execute_async_script(READ)
    root = ET.fromstring(base64.b64decode(data))
    drawing = page.find_element(By.ID, "bv-figure")
    width, height = page.execute_script("return [arguments[0].clientWidth, arguments[0].clientHeight]", drawing)
    assert kind == "image/svg+xml" and (root.get("width"), root.get("height")) == (str(width), str(height))
    assert not any(key in ("class", "tabindex") for element in root.iter() for key in element.attrib)
    assert any("1×1" in (element.text or "") for element in root.iter("{http://www.w3.org/2000/svg}text"))
    press(page, "Save PNG")
    for _ in range(200):
        time.sleep(0.1)
        if "ResNet50.png" in page.execute_script("return saved.filter(one => typeof one === 'string')"):
            break
    kind, data = page.execute_async_script(READ)
    picture = base64.b64decode(data)
    assert kind == "image/png" and picture.startswith(b"\x89PNG")
    assert int.from_bytes(picture[16:20]) == 2 * width and len(picture) > 10_000


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize(("state", "width"), [
    ("", 1400), ("#block=A&copy=3", 1400), ("#layer=conv1_conv&paths=all", 1400), ("#search=conv", 1400),
    ("#part=4", 390),
])  # fmt: skip
@pytest.mark.skipif(not AXE.is_file(), reason="needs `npm ci` in web/")
def test_axe_finds_nothing(show: Open, state: str, width: int, theme: str) -> None:
    page = show(known_summary("ResNet50"), state, width)
    page.execute_script("document.documentElement.dataset.theme = arguments[0]", theme)
    page.execute_script(AXE.read_text("utf-8"))
    rules = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
    found = page.execute_async_script(
        "const done = arguments[1]; axe.run(document, {runOnly: arguments[0]}).then(r => done("
        "[r.violations.map(v => [v.id, v.nodes.map(n => n.html.slice(0, 200))]), r.passes.length]))",
        rules,
    )
    assert found[0] == [] and found[1] > 20


@pytest.mark.parametrize(("width", "height"), [(320, 640), (700, 450)])
def test_a_narrow_window_scrolls_one_way(show: Open, width: int, height: int) -> None:
    """320 pixels are a window of 1280 at 400 %, 700 about one of 1400 at 200 %."""
    page = show(known_summary("ResNet50"), "#block=A&copy=3", width, height)
    assert page.execute_script("return document.documentElement.scrollWidth") <= width
    tall = page.execute_script("return document.querySelector('#bv-figure').clientHeight")
    assert tall > 0.4 * height


def test_of_many_layers_only_the_rows_in_sight_exist(show: Open) -> None:
    page = show(summarize(repeated(800)))
    press(page, "Unfold all")
    assert page.execute_script("return document.querySelector('[role=tree]').scrollHeight") > 800 * 28
    assert len(page.find_elements(By.CSS_SELECTOR, "[role=treeitem]")) < 80
    page.execute_script("document.querySelector('[role=tree]').scrollTop = 10000")
    time.sleep(0.2)
    rows = page.find_elements(By.CSS_SELECTOR, "[role=treeitem]")
    assert 10 < len(rows) < 80 and any(row.is_displayed() and row.text for row in rows)
    press(page, "Fold all")
    assert len(page.find_elements(By.CSS_SELECTOR, "[role=treeitem]")) < 40


# Notebooks

VSCODE = (
    "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; script-src https: 'unsafe-inline' "
    "'unsafe-eval'; style-src https: 'unsafe-inline'; img-src https: http: data:; font-src https: http:; "
    "frame-src 'self' https: data:; connect-src https: http:\">"
)


def _jupyter(model: Summary) -> str:
    """As `jupyter nbconvert --to html`, whose template is JupyterLab's own."""
    nbformat, nbconvert = pytest.importorskip("nbformat"), pytest.importorskip("nbconvert")
    cell = nbformat.v4.new_code_cell("summary")
    cell.outputs = [nbformat.v4.new_output("execute_result", model._repr_mimebundle_(), execution_count=1)]
    exporter = nbconvert.HTMLExporter(embed_images=False, mathjax_url="", require_js_url="", jquery_url="")
    html, _ = exporter.from_notebook_node(nbformat.v4.new_notebook(cells=[cell]))
    return str(html)


def _vscode(model: Summary) -> str:
    """A webview with the policy of Visual Studio Code's notebooks."""
    return f"<!doctype html><meta charset=utf-8>{VSCODE}<body><div>{model._repr_html_()}</div>"


def _colab(model: Summary) -> str:
    """An output frame of another origin that a script fills, as Colab does."""
    inner = f"<body><script>document.body.innerHTML = {script.data(model._repr_html_())}</script>"
    quoted = inner.replace("&", "&amp;").replace('"', "&quot;")
    return ("<!doctype html><meta charset=utf-8><iframe width=900 height=700 sandbox='allow-scripts allow-downloads' "
            f'srcdoc="{quoted}"></iframe>')  # fmt: skip


@pytest.mark.parametrize(("form", "frames"), [(_jupyter, 1), (_vscode, 1), (_colab, 2)])
def test_a_notebook_shows_it(
    chrome: webdriver.Chrome, form: Callable[[Summary], str], frames: int, tmp_path: Path
) -> None:
    file = tmp_path / "notebook.html"
    file.write_text(form(known_summary("ResNet50")), "utf-8")
    chrome.get_log("browser")
    chrome.get(file.as_uri())
    time.sleep(0.5)
    for _ in range(frames):
        chrome.switch_to.frame(chrome.find_element(By.TAG_NAME, "iframe"))
    boxes = chrome.find_elements(By.CSS_SELECTOR, "g.opens")
    assert len(boxes) > 10
    next(box for box in boxes if "block A" in box.get_attribute("aria-label")).click()
    assert "Bottleneck ×3" in text(chrome, ".details h2")
    chrome.execute_script(CATCH)
    press(chrome, "Save PNG")
    for _ in range(200):
        time.sleep(0.1)
        if chrome.execute_script("return saved.includes('ResNet50.png')"):
            break
    assert chrome.execute_script("return saved.findLast(one => one instanceof Blob).type") == "image/png"
    chrome.switch_to.default_content()
    assert [line for line in chrome.get_log("browser") if line["level"] == "SEVERE"] == []
