"""Every network of this folder is one page that can be printed, with the repeated layer of its paper."""

from __future__ import annotations

from pathlib import Path

import pytest
from draw import HERE, draw, summary

from blockviz.ir import Idiom, item_leaves
from blockviz.summary import Summary
from summaries import kept_summary

REPEATS = {"bert": 12, "gpt2": 12, "llama": 22, "vit": 12, "swin": 12, "whisper": 6, "mmdit": 24, "unet_subclassed": 4}
STORED = sorted(path.name.split(".")[0] for path in HERE.glob("*.graph.json.gz"))
SMALL = sorted(STORED, key=lambda name: (HERE / f"{name}.graph.json.gz").stat().st_size)[:4]
NAMES = {
    "bert": {"Encoder layer"}, "gpt2": {"Decoder-only layer"}, "llama": {"LLaMA layer"}, "mmdit": {"MMDiT block"},
    "swin": {"Swin block", "patch merging"}, "vit": {"Encoder layer"}, "whisper": {"Encoder layer", "Decoder layer"},
}  # fmt: skip


def blocks_of(name: str) -> Summary:
    return kept_summary(f"inside-{name}", lambda: summary(name))


def faults_on_paper(name: str, folder: Path) -> list[str]:
    left_out = draw(name, folder)
    if "left out" in (folder / f"{name}.svg").read_text(encoding="utf-8"):
        left_out.append(f"{name}: panels are left out")
    return left_out


@pytest.mark.parametrize("name", SMALL)
def test_a_network_is_one_page_that_prints(name: str, tmp_path: Path) -> None:
    assert faults_on_paper(name, tmp_path) == []


@pytest.mark.parametrize("name", STORED)
def test_the_layer_of_the_paper_is_found_and_bears_its_name(name: str) -> None:
    found = blocks_of(name)
    assert name not in REPEATS or REPEATS[name] in {one.count for one in found.blocks}
    assert NAMES.get(name, set()) <= {one.name for one in (*found.blocks, *found.overview)}


def test_what_two_streams_share_is_one_box_and_what_norms_share_is_outside_of_them() -> None:
    block = next(found for found in blocks_of("mmdit").blocks if found.name == "MMDiT block")
    boxes = [item for item in block.body.items() if isinstance(item, Idiom)]
    assert [box.word for box in boxes].count("Joint attention") == 1
    norms = [box for box in boxes if box.word == "Adaptive layer normalisation"]
    assert len(norms) == 4 and not any(node.layer.params for box in norms for node in item_leaves(box))
