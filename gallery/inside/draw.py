"""Draw the networks of this folder, whose composite layers were opened, each on one page, with an index.

    python gallery/inside/draw.py

What is stored here is each network's opened layer graph, so drawing needs neither Keras nor KerasHub; `networks.py`
makes the graphs anew.
"""

from __future__ import annotations

import gzip
import json
import sys
from functools import cache
from pathlib import Path

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent))

import blockviz  # noqa: E402
from blockviz.ir.packed_json import unpack  # noqa: E402
from blockviz.page.style.page_size import parse_page  # noqa: E402

TITLES = {
    "bert": "BERT base", "gpt2": "GPT-2", "llama": "TinyLlama (Llama 2, 1.1B)", "vit": "ViT-B/16", "swin": "Swin-T",
    "whisper": "Whisper base", "mmdit": "MMDiT of Stable Diffusion 3", "unet_subclassed": "U-Net, subclassed",
    "vae": "Variational autoencoder, subclassed",
}  # fmt: skip


@cache
def summary(name: str) -> blockviz.Summary:
    """The blocks of a stored network, found once."""
    data = json.loads(gzip.decompress((HERE / f"{name}.graph.json.gz").read_bytes()))
    return blockviz.summarize(unpack(data), name=TITLES[name])


def draw(name: str, folder: Path) -> list[str]:
    """Draw a network into a folder as SVG and PDF; gives what is wrong with its page."""
    from audit import problems

    found = summary(name)
    for suffix in ("svg", "pdf"):
        found.save(folder / f"{name}.{suffix}")
    return [f"{name}: {line}" for line in problems(folder / f"{name}.pdf", parse_page("a4"))]


def main() -> int:
    """Draw all that are stored into this folder."""
    from make import thumbnail

    wrong: list[str] = []
    lines = ["# Composite layers, opened", "", (HERE / "about.md").read_text(encoding="utf-8").strip(), ""]
    for name, title in TITLES.items():
        if not (HERE / f"{name}.graph.json.gz").exists():
            continue
        wrong += draw(name, HERE)
        thumbnail(HERE / f"{name}.pdf", HERE / f"{name}.png")
        (HERE / f"{name}.pdf").unlink()
        lines += [f"### {title}", "", f'<a href="{name}.svg"><img src="{name}.png" width="560" alt="{title}"></a>', ""]
    (HERE / "README.md").write_text("\n".join(lines), encoding="utf-8")
    print("\n".join(wrong), file=sys.stderr)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
