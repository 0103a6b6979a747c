"""Every network of this folder is one page that can be printed, with the repeated layer of its paper."""

from __future__ import annotations

from pathlib import Path

import pytest
from draw import HERE, draw, summary

from blockviz.ir import Idiom, item_leaves

REPEATS = {"bert": 12, "gpt2": 12, "llama": 22, "vit": 12, "swin": 12, "whisper": 6, "mmdit": 24, "unet_subclassed": 4}
STORED = sorted(path.name.split(".")[0] for path in HERE.glob("*.graph.json.gz"))
NAMES = {
    "bert": {"Encoder layer"}, "gpt2": {"Decoder-only layer"}, "llama": {"LLaMA layer"}, "mmdit": {"MMDiT block"},
    "swin": {"Swin block", "Patch merging"}, "vit": {"Encoder layer"}, "whisper": {"Encoder layer", "Decoder layer"},
}  # fmt: skip


@pytest.mark.parametrize("name", STORED)
def test_a_network_is_one_page_that_prints(name: str, tmp_path: Path) -> None:
    assert draw(name, tmp_path) == []
    assert "left out" not in (tmp_path / f"{name}.svg").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", [name for name in STORED if name in REPEATS])
def test_the_layer_of_the_paper_is_found(name: str) -> None:
    assert REPEATS[name] in {found.count for found in summary(name).blocks}


@pytest.mark.parametrize("name", [name for name in STORED if name in NAMES])
def test_layers_bear_the_names_of_their_papers(name: str) -> None:
    found = summary(name)
    assert NAMES[name] <= {one.name for one in (*found.blocks, *found.overview)}


def test_what_two_streams_share_is_one_box_and_what_norms_share_is_outside_of_them() -> None:
    block = next(found for found in summary("mmdit").blocks if found.name == "MMDiT block")
    boxes = [item for item in block.body.items() if isinstance(item, Idiom)]
    assert [box.word for box in boxes].count("Joint attention") == 1
    norms = [box for box in boxes if box.word == "Adaptive layer normalisation"]
    assert len(norms) == 4 and not any(node.layer.params for box in norms for node in item_leaves(box))
