"""The architectures of the sweep, by family: built from configurations, with random weights or none at all."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

TORCHVISION = {
    "AlexNet": "alexnet", "VGG": "vgg16 vgg19_bn", "ResNet": "resnet18 resnet50 resnet152",
    "ResNeXt": "resnext50_32x4d",
    "Wide ResNet": "wide_resnet50_2", "SqueezeNet": "squeezenet1_0 squeezenet1_1",
    "DenseNet": "densenet121 densenet201",
    "Inception": "googlenet inception_v3", "MobileNetV2": "mobilenet_v2",
    "MobileNetV3": "mobilenet_v3_large mobilenet_v3_small", "MNASNet": "mnasnet0_5 mnasnet1_0",
    "ShuffleNet": "shufflenet_v2_x0_5 shufflenet_v2_x1_0 shufflenet_v2_x2_0",
    "EfficientNet": "efficientnet_b0 efficientnet_b4 efficientnet_b7",
    "EfficientNetV2": "efficientnet_v2_s efficientnet_v2_m",
    "RegNet": "regnet_x_400mf regnet_y_400mf regnet_y_8gf", "ConvNeXt": "convnext_tiny convnext_base",
    "ViT": "vit_b_16 vit_b_32 vit_l_16", "Swin": "swin_t swin_b", "Swin V2": "swin_v2_t swin_v2_s",
    "MaxViT": "maxvit_t",
    "FCN": "fcn_resnet50", "DeepLab": "deeplabv3_resnet50 deeplabv3_mobilenet_v3_large",
    "LR-ASPP": "lraspp_mobilenet_v3_large",
}  # fmt: skip
TIMM = {
    "ResNet": "resnet50 resnetv2_50 resnet101d", "SE-ResNet": "seresnet50 skresnet34 ecaresnet50d gcresnet33ts",
    "Res2Net": "res2net50_26w_4s", "ResNeSt": "resnest50d", "DPN": "dpn68b", "CSPNet": "cspdarknet53 cspresnet50",
    "DarkNet": "darknet53", "DLA": "dla34 dla60", "HRNet": "hrnet_w18", "VovNet": "ese_vovnet39b",
    "SelecSLS": "selecsls42b",
    "NFNet": "dm_nfnet_f0 nf_resnet50", "RepVGG": "repvgg_a2", "Inception-ResNet": "inception_resnet_v2",
    "Inception-v4": "inception_v4", "Xception": "legacy_xception xception41", "NASNet": "pnasnet5large nasnetalarge",
    "GhostNet": "ghostnet_100", "MixNet": "mixnet_s", "TinyNet": "tinynet_a", "FBNet": "fbnetc_100",
    "EfficientNet": "efficientnet_b0 efficientnet_lite0", "ConvNeXt": "convnext_tiny convnextv2_tiny",
    "ConvMixer": "convmixer_768_32", "PoolFormer": "poolformer_s12", "MLP-Mixer": "mixer_b16_224",
    "ResMLP": "resmlp_12_224",
    "gMLP": "gmlp_s16_224", "ViT": "vit_small_patch16_224 deit_small_patch16_224", "BEiT": "beit_base_patch16_224",
    "CaiT": "cait_xxs24_224", "XCiT": "xcit_nano_12_p16_224", "TNT": "tnt_s_legacy_patch16_224", "PiT": "pit_ti_224",
    "Swin": "swin_tiny_patch4_window7_224", "CoAtNet": "coatnet_0_rw_224", "MaxViT": "maxvit_tiny_tf_224",
    "LeViT": "levit_128s",
    "PVT": "pvt_v2_b1", "Twins": "twins_svt_small twins_pcpvt_small", "CrossViT": "crossvit_tiny_240",
    "MViT": "mvitv2_tiny",
    "EdgeNeXt": "edgenext_small", "MobileViT": "mobilevit_s", "EfficientFormer": "efficientformer_l1",
    "VOLO": "volo_d1_224",
    "FocalNet": "focalnet_tiny_srf", "DaViT": "davit_tiny", "GC ViT": "gcvit_tiny",
    "InceptionNeXt": "inception_next_tiny",
    "FastViT": "fastvit_t8", "RegNet": "regnetx_004", "ReXNet": "rexnet_100", "TResNet": "tresnet_m",
    "Visformer": "visformer_tiny",
}  # fmt: skip
_SMALL = {"hidden_size": 64, "num_hidden_layers": 4, "num_attention_heads": 4, "intermediate_size": 128,
          "vocab_size": 200, "max_position_embeddings": 64}  # fmt: skip
TRANSFORMERS: dict[str, dict[str, Any]] = {
    "Bert": {}, "Roberta": {}, "DistilBert": {"dim": 64, "n_layers": 4, "n_heads": 4, "hidden_dim": 128},
    "Albert": {"embedding_size": 32}, "Electra": {"embedding_size": 64}, "MPNet": {}, "DebertaV2": {},
    "Nystromformer": {},
    "RoFormer": {"embedding_size": 64}, "GPT2": {"n_embd": 64, "n_layer": 4, "n_head": 4, "n_positions": 64},
    "GPTNeoX": {}, "GPTJ": {"n_embd": 64, "n_layer": 4, "n_head": 4, "rotary_dim": 8},
    "OPT": {"ffn_dim": 128, "word_embed_proj_dim": 64},
    "Bloom": {"n_layer": 4, "n_head": 4}, "Llama": {"num_key_value_heads": 2}, "Mistral": {"num_key_value_heads": 2},
    "Mixtral": {"num_key_value_heads": 2, "num_local_experts": 4}, "Qwen2": {"num_key_value_heads": 2},
    "Gemma": {"num_key_value_heads": 2, "head_dim": 16}, "Gemma2": {"num_key_value_heads": 2, "head_dim": 16},
    "Phi": {},
    "Phi3": {"num_key_value_heads": 2, "pad_token_id": 0}, "Falcon": {}, "StableLm": {"num_key_value_heads": 2},
    "Cohere": {"num_key_value_heads": 2}, "Olmo": {},
    "T5": {"d_model": 64, "d_kv": 16, "d_ff": 128, "num_layers": 4, "num_heads": 4},
    "Bart": {"d_model": 64, "encoder_layers": 4, "decoder_layers": 4, "encoder_attention_heads": 4,
             "decoder_attention_heads": 4,          "encoder_ffn_dim": 128, "decoder_ffn_dim": 128},
    "Whisper": {"d_model": 64, "encoder_layers": 4, "decoder_layers": 4, "encoder_attention_heads": 4,
                "decoder_attention_heads": 4, "encoder_ffn_dim": 128, "decoder_ffn_dim": 128, "num_mel_bins": 8,
                "max_source_positions": 30, "max_target_positions": 30, "pad_token_id": 1, "decoder_start_token_id": 2,
                "bos_token_id": 1, "eos_token_id": 2},
    "ViT": {"image_size": 64}, "DeiT": {"image_size": 64}, "Beit": {"image_size": 64},
    "Dinov2": {"image_size": 56, "patch_size": 14},
    "Swin": {"image_size": 64, "embed_dim": 16, "depths": [2, 2], "num_heads": [2, 4], "window_size": 4},
    "ConvNextV2": {}, "Segformer": {}, "ViTMAE": {"image_size": 64},
    "Wav2Vec2": {"conv_dim": [16] * 3, "conv_stride": [5, 2, 2], "conv_kernel": [10, 3, 3],
                 "num_feat_extract_layers": 3,
                 "num_conv_pos_embeddings": 16, "num_conv_pos_embedding_groups": 4},
    "Clip": {},
}  # fmt: skip


@dataclass(frozen=True)
class Network:
    """One architecture: how to make it and the inputs to trace it with."""

    source: str
    family: str
    name: str
    make: Callable[[], Any]
    inputs: Callable[[Any], tuple[tuple[Any, ...], dict[str, Any]]]
    published_macs: float | None = None
    options: dict[str, Any] = field(default_factory=dict)


def networks() -> Iterator[Network]:
    yield from _torchvision()
    yield from _timm()
    yield from _transformers()


def _image(size: int) -> Callable[[Any], tuple[tuple[Any, ...], dict[str, Any]]]:
    def inputs(device: Any) -> tuple[tuple[Any, ...], dict[str, Any]]:
        import torch

        return (torch.zeros(1, 3, size, size, device=device),), {}

    return inputs


def _torchvision() -> Iterator[Network]:
    from functools import partial

    from torchvision import models

    for family, names in TORCHVISION.items():
        for name in names.split():
            dense = family in ("FCN", "DeepLab", "LR-ASPP")
            options: dict[str, Any] = {"weights": None, **({"weights_backbone": None} if dense else {})}
            if name in ("googlenet", "inception_v3"):
                options |= {"init_weights": False}
            weights = models.get_model_weights(name).DEFAULT
            size = 520 if dense else weights.transforms().crop_size[0]
            published = None if dense else weights.meta["_ops"] * 1e9
            make = partial(models.get_model, name, **options)
            yield Network("torchvision", family, name, make, _image(size), published)


def _timm() -> Iterator[Network]:
    from functools import partial

    import timm

    for family, names in TIMM.items():
        for name in names.split():

            def inputs(device: Any, name: str = name) -> tuple[tuple[Any, ...], dict[str, Any]]:
                size = timm.models.get_pretrained_cfg(name).input_size[-1]
                return _image(size)(device)

            yield Network("timm", family, name, partial(timm.create_model, name, pretrained=False), inputs)


def _transformers() -> Iterator[Network]:
    from functools import partial

    for name, own in TRANSFORMERS.items():
        yield Network("transformers", name, name, partial(_transformer, name, own), partial(_tokens, name))


def _transformer(name: str, own: dict[str, Any]) -> Any:
    import transformers

    found = {"Clip": "CLIPVision"}.get(name, name)
    config = getattr(transformers, f"{found}Config")
    accepted = {**_SMALL, **own}
    if name in ("T5", "Whisper", "Swin", "ConvNextV2", "Segformer", "DistilBert", "GPT2", "GPTJ"):
        accepted = {"vocab_size": 200, **own} if name in ("T5", "Whisper", "DistilBert", "GPT2", "GPTJ") else own
    return getattr(transformers, f"{found}Model")(config(**accepted))


def _tokens(name: str, device: Any) -> tuple[tuple[Any, ...], dict[str, Any]]:
    import torch

    text = torch.zeros(1, 16, dtype=torch.int64, device=device)
    if name in ("ViT", "DeiT", "Beit", "Swin", "ViTMAE"):
        return (torch.zeros(1, 3, 64, 64, device=device),), {}
    if name in ("ConvNextV2", "Segformer", "Clip"):
        return (torch.zeros(1, 3, 224, 224, device=device),), {}
    if name == "Dinov2":
        return (torch.zeros(1, 3, 56, 56, device=device),), {}
    if name == "Wav2Vec2":
        return (torch.zeros(1, 2000, device=device),), {}
    if name == "Whisper":
        return (torch.zeros(1, 8, 60, device=device),), {"decoder_input_ids": text}
    if name in ("T5", "Bart"):
        return (), {"input_ids": text, "decoder_input_ids": text}
    return (text,), {}
