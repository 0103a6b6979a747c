"""Networks that are built of composite layers, from their authors' classes: ``python gallery/inside/networks.py``.

Needs Keras, KerasHub and this folder on the path. What is stored is the opened layer graph; the gallery is drawn from
that, without Keras. Weights are never made: the variables have shapes and no values.
"""

from __future__ import annotations

import gzip
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
Opened = tuple[Callable[[], Any], Any]


def bert() -> Any:
    """BERT base (Devlin et al. 2019)."""
    from keras_hub.models import BertBackbone

    return BertBackbone(30522, 12, 12, 768, 3072, name="bert_base")


def gpt2() -> Any:
    """GPT-2 of 124 million parameters (Radford et al. 2019)."""
    from keras_hub.models import GPT2Backbone

    return GPT2Backbone(50257, 12, 12, 768, 3072, name="gpt2_base")


def llama() -> Any:
    """Llama 2 in the size of TinyLlama, 1.1 billion parameters (Touvron et al. 2023, Zhang et al. 2024)."""
    from keras_hub.models import LlamaBackbone

    return LlamaBackbone(32000, 22, 32, 2048, 5632, 4, name="tinyllama")


def vit() -> Any:
    """ViT-B/16 at 224 pixels (Dosovitskiy et al. 2021)."""
    from keras_hub.models import ViTBackbone

    return ViTBackbone((224, 224, 3), (16, 16), 12, 12, 768, 3072, name="vit_b16")


def swin() -> Any:
    """Swin-T at 224 pixels (Liu et al. 2021)."""
    from keras_hub.models import SwinTransformerBackbone

    return SwinTransformerBackbone((224, 224, 3), 96, [2, 2, 6, 2], [3, 6, 12, 24], 7, name="swin_t")


def whisper() -> Any:
    """Whisper base (Radford et al. 2023)."""
    from keras_hub.models import WhisperBackbone

    return WhisperBackbone(51865, 6, 8, 512, 2048, name="whisper_base")


def mmdit() -> Any:
    """The multimodal diffusion transformer of Stable Diffusion 3 medium (Esser et al. 2024)."""
    from keras_hub.src.models.stable_diffusion_3.mmdit import MMDiT

    return MMDiT(2, 64 * 24, 24, 24, 192, name="mmdit_sd3")


def unet() -> Any:
    """A U-Net as a subclassed model (Ronneberger et al. 2015)."""
    from subclassed_networks import UNet

    return UNet(name="unet_subclassed")


def vae() -> Any:
    """A variational autoencoder as a subclassed model (Kingma and Welling 2014)."""
    from subclassed_networks import VAE

    return VAE(name="vae")


TEXT = {"token_ids": (None, 512), "padding_mask": (None, 512)}
NETWORKS: dict[str, Opened] = {
    "bert": (bert, TEXT | {"segment_ids": (None, 512)}),
    "gpt2": (gpt2, dict.fromkeys(TEXT, (None, 1024))),
    "llama": (llama, dict.fromkeys(TEXT, (None, 2048))),
    "vit": (vit, None),
    "swin": (swin, None),
    "whisper": (whisper, {"encoder_features": (None, 3000, 80), "decoder_token_ids": (None, 448),
                          "decoder_padding_mask": (None, 448)}),
    "mmdit": (mmdit, None),
    "unet_subclassed": (unet, (None, 256, 256, 3)),
    "vae": (vae, (None, 28, 28, 1)),
}  # fmt: skip


def build(name: str) -> Any:
    """The model, its weights without values."""
    from keras.src.backend.common.stateless_scope import StatelessScope

    with StatelessScope():
        return NETWORKS[name][0]()


def main() -> None:
    """Store the layer graphs of the networks named, or of all."""
    from blockviz.frontends import read_model
    from blockviz.ir.packed_json import pack

    sys.path.insert(0, str(HERE))
    for name in sys.argv[1:] or NETWORKS:
        graph = read_model(build(name), NETWORKS[name][1])
        text = json.dumps(pack(graph), separators=(",", ":"), sort_keys=True)
        (HERE / f"{name}.graph.json.gz").write_bytes(gzip.compress(text.encode(), mtime=0))
        print(name, len(graph), "calls", graph.graph["closed"] or "")


if __name__ == "__main__":
    main()
