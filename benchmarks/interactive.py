#!/usr/bin/env python3
"""The interactive page: how many bytes, how long it takes to make, and how it paints and moves in Chromium.

    python benchmarks/interactive.py [--networks ResNet50,…] [--layers 100000]

Without ``--networks`` all of keras.applications. With ``--layers`` a synthetic network of that many layers is opened in
headless Chromium (needs selenium and chromedriver): first paint, and frames a second while its tree is scrolled and its
figure zoomed, 150 frames each.
"""

from __future__ import annotations

import argparse
import shutil
import tempfile
import time
from pathlib import Path
from typing import Any

from blockviz.backbones.catalogue import backbone_names
from blockviz.pipeline import summarize
from synthetic import repeated

FRAMES = """const done = arguments[arguments.length - 1], times = [];
const move = %s;
const frame = now => { times.push(now); move(times.length);
  if (times.length < 150) requestAnimationFrame(frame);
  else done(1000 * (times.length - 1) / (times.at(-1) - times[0])); };
requestAnimationFrame(frame);"""
MOVES = {
    "scrolling the tree": "n => { document.querySelector('[role=tree]').scrollTop += 60; }",
    "jumping through it": "n => { document.querySelector('[role=tree]').scrollTop += 400 + n * 20; }",
    "zooming the figure": "n => document.querySelector('#bv-figure').dispatchEvent(new WheelEvent('wheel', "
    "{deltaY: n % 60 < 30 ? -20 : 20, clientX: 600, clientY: 400, bubbles: true, cancelable: true}))",
    "nothing": "n => {}",
}


def sizes(names: list[str]) -> int:
    """Print bytes and seconds of each network's page; the most bytes."""
    most = 0
    for name in names:
        summary = summarize(name)
        start = time.perf_counter()
        count = len(summary.html().encode())
        seconds = time.perf_counter() - start
        print(f"{name:24} {summary.outline.layers:5} layers  {count / 1000:6.0f} kB  {seconds:.1f} s", flush=True)
        most = max(most, count)
    return most


def moving(layers: int) -> None:
    """Print what a network of so many layers does in a browser."""
    html = summarize(repeated(layers)).html()
    print(f"{layers:,} layers: {len(html.encode()) / 1e6:.2f} MB")
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "page.html"
        file.write_text(html, "utf-8")
        browser = chromium()
        try:
            browser.get(file.as_uri())
            time.sleep(2)
            paint = "return performance.getEntriesByName('first-contentful-paint')[0].startTime"
            print(f"first paint after {browser.execute_script(paint):.0f} ms")
            unfold = "[...document.querySelectorAll('button')].find(b => b.textContent === 'Unfold all').click()"
            browser.execute_script(unfold)
            for what, move in MOVES.items():
                print(f"{what}: {browser.execute_async_script(FRAMES % move):.1f} frames/s")
        finally:
            browser.quit()


def chromium() -> Any:
    """A headless Chromium of 1400 by 900 pixels."""
    from selenium import webdriver
    from selenium.webdriver.chrome.service import Service

    options = webdriver.ChromeOptions()
    options.binary_location = shutil.which("chromium") or shutil.which("google-chrome") or ""
    for flag in ("headless=new", "no-sandbox", "disable-gpu", "disable-dev-shm-usage", "window-size=1400,900"):
        options.add_argument(f"--{flag}")
    return webdriver.Chrome(options=options, service=Service(shutil.which("chromedriver")))


def main() -> None:
    """As the module's docstring says."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--networks", default="")
    parser.add_argument("--layers", type=int, default=0)
    arguments = parser.parse_args()
    if arguments.layers:
        moving(arguments.layers)
        return
    names = arguments.networks.split(",") if arguments.networks else sorted(backbone_names())
    print(f"at most {sizes(names) / 1000:.0f} kB")


if __name__ == "__main__":
    main()
