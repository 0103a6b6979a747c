"""Small models of KerasHub's backbones and tasks, from configurations: how many become a page, how many open wholly.

    python benchmarks/kerashub.py [NAME …] [-o results.jsonl]

KerasHub is no dependency; where it is not installed this says so. Widths are small and depths short, so that a
model is built in seconds; the classes are those of the full networks.
"""

from __future__ import annotations

import argparse
import json
import os
import time
from collections.abc import Callable
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

TEXT = {"vocabulary_size": 96, "num_layers": 4, "num_heads": 4, "hidden_dim": 32, "intermediate_dim": 64}
CAUSAL = {
    "vocabulary_size": 96, "num_layers": 4, "num_query_heads": 4, "num_key_value_heads": 2, "hidden_dim": 32,
    "intermediate_dim": 64,
}  # fmt: skip
ELECTRA = {**{k: v for k, v in TEXT.items() if k != "vocabulary_size"}, "vocab_size": 96, "embedding_dim": 16}
VIT = {
    "image_shape": (32, 32, 3), "patch_size": (8, 8), "num_layers": 4, "num_heads": 4, "hidden_dim": 32, "mlp_dim": 64,
}  # fmt: skip
DEIT = {**{k: v for k, v in VIT.items() if k != "mlp_dim"}, "intermediate_dim": 64}
DINO = {"patch_size": 8, "num_layers": 4, "hidden_dim": 32, "num_heads": 4, "intermediate_dim": 64,
        "image_shape": (32, 32, 3)}  # fmt: skip
RESNET = {
    "input_conv_filters": [16], "input_conv_kernel_sizes": [7], "stackwise_num_filters": [64, 64, 128],
    "stackwise_num_blocks": [2, 2, 3], "stackwise_num_strides": [1, 2, 2], "block_type": "bottleneck_block",
    "image_shape": (64, 64, 3),
}  # fmt: skip
T5GEMMA = {
    "vocabulary_size": 96, "encoder_hidden_dim": 32, "encoder_intermediate_dim": 64, "encoder_num_layers": 4,
    "encoder_num_attention_heads": 4, "encoder_num_key_value_heads": 2, "encoder_head_dim": 8,
    "encoder_layer_types": ["sliding_attention", "full_attention"] * 2, "decoder_hidden_dim": 32,
    "decoder_intermediate_dim": 64, "decoder_num_layers": 4, "decoder_num_attention_heads": 4,
    "decoder_num_key_value_heads": 2, "decoder_head_dim": 8,
    "decoder_layer_types": ["sliding_attention", "full_attention"] * 2, "sliding_window": 16,
    "cross_attention_hidden_size": 32,
}  # fmt: skip
MIT = {
    "layerwise_depths": [2, 2, 2, 2], "num_layers": 4, "layerwise_num_heads": [1, 2, 4, 4],
    "layerwise_sr_ratios": [8, 4, 2, 1], "max_drop_path_rate": 0.1, "layerwise_patch_sizes": [7, 3, 3, 3],
    "layerwise_strides": [4, 2, 2, 2], "image_shape": (64, 64, 3), "hidden_dims": [16, 32, 48, 64],
}  # fmt: skip
SMOLLM = {
    "vocabulary_size": 96, "hidden_dim": 32, "intermediate_dim": 64, "num_layers": 4, "num_attention_heads": 4,
    "num_key_value_heads": 2, "attention_bias": False, "attention_dropout": 0.0,
    "rope_layer_enabled_list": [True] * 3 + [False], "layer_types": ["full_attention"] * 4, "mlp_bias": False,
    "layer_norm_epsilon": 1e-6, "max_position_embeddings": 128, "rope_theta": 10000.0, "partial_rotary_factor": 1.0,
}  # fmt: skip
VITDET = {
    "hidden_size": 32, "num_layers": 4, "intermediate_dim": 64, "num_heads": 4,
    "global_attention_layer_indices": [1, 3], "patch_size": 16, "num_output_channels": 16, "window_size": 2,
    "image_shape": (128, 128, 3),
}  # fmt: skip
MOE = {**CAUSAL, "moe_intermediate_dim": 32, "num_experts": 4, "top_k": 2}

BACKBONES: dict[str, dict[str, Any]] = {
    "Albert": {**TEXT, "embedding_dim": 16},
    "Bart": {**TEXT, "max_sequence_length": 64}, "Bert": {**TEXT, "max_sequence_length": 64}, "Bloom": TEXT,
    "DebertaV3": {**TEXT, "max_sequence_length": 64, "bucket_size": 16},
    "DistilBert": {**TEXT, "max_sequence_length": 64},
    "ESM": TEXT, "Electra": ELECTRA,
    "FNet": {k: v for k, v in TEXT.items() if k != "num_heads"},
    "Falcon": {"num_attention_heads": 4, **{k: v for k, v in TEXT.items() if k != "num_heads"}},
    "GPT2": {**TEXT, "max_sequence_length": 64}, "GPTNeoX": {**TEXT, "max_sequence_length": 64},
    "OPT": {**TEXT, "max_sequence_length": 64}, "Roberta": {**TEXT, "max_sequence_length": 64},
    "RoformerV2": {**TEXT, "head_size": 8}, "T5": TEXT, "XLMRoberta": {**TEXT, "max_sequence_length": 64},
    "XLNet": TEXT, "Whisper": {**TEXT, "num_mels": 16, "max_encoder_sequence_length": 64,
                               "max_decoder_sequence_length": 64},
    "Gemma": {**CAUSAL, "head_dim": 8}, "Gemma3": {**CAUSAL, "head_dim": 8, "image_size": 16},
    "GptOss": {**CAUSAL, "num_experts": 4}, "Llama": CAUSAL, "Llama3": CAUSAL, "Mistral": CAUSAL,
    "Mixtral": {**CAUSAL, "num_experts": 4}, "Phi3": CAUSAL, "Qwen": CAUSAL, "Qwen3": {**CAUSAL, "head_dim": 8},
    "Qwen3Moe": {**MOE, "head_dim": 8}, "QwenMoe": {**MOE, "shared_expert_intermediate_dim": 32},
    "Qwen3_5": {**CAUSAL, "head_dim": 8, "linear_num_key_heads": 2, "linear_num_value_heads": 2,
                "linear_key_head_dim": 8, "linear_value_head_dim": 8},
    "SmolLM3": SMOLLM, "T5Gemma": T5GEMMA, "T5Gemma2": T5GEMMA,
    "RWKV7": {"hidden_size": 32, "head_size": 8, "num_layers": 4, "vocabulary_size": 96, "intermediate_dim": 64,
              "gate_lora": 8, "mv_lora": 8, "aaa_lora": 8, "decay_lora": 8},
    "Moonshine": {"vocabulary_size": 96, "filter_dim": 32, "encoder_num_layers": 4, "decoder_num_layers": 4,
                  "hidden_dim": 32, "intermediate_dim": 64, "encoder_num_heads": 4, "decoder_num_heads": 4},
    "EdRec": {"vocab_size": 96, "num_layers_enc": 4, "num_layers_dec": 4, "hidden_dim": 32, "intermediate_dim": 64,
              "num_heads": 4},
    "ViT": VIT, "DeiT": DEIT, "DINOV2": DINO, "DINOV3": DINO,
    "SwinTransformer": {"image_shape": (64, 64, 3), "embed_dim": 16, "depths": [2, 2, 4], "num_heads": [2, 4, 8],
                        "window_size": 4},
    "MiT": MIT, "ViTDet": VITDET, "ResNet": RESNET,
    "VGG": {"stackwise_num_repeats": [2, 2, 3], "stackwise_num_filters": [16, 32, 32], "image_shape": (32, 32, 3)},
    "DenseNet": {"stackwise_num_repeats": [3, 4], "image_shape": (64, 64, 3), "growth_rate": 8},
    "CSPNet": {"stem_filters": 16, "stem_kernel_size": 3, "stem_strides": 1, "stackwise_depth": [1, 2, 2],
               "stackwise_strides": [1, 2, 2], "stackwise_num_filters": [16, 32, 64], "block_type": "dark_block",
               "stage_type": "dark", "image_shape": (64, 64, 3)},
    "EfficientNet": {
        "stackwise_kernel_sizes": [3] * 6, "stackwise_num_repeats": [2, 4, 4, 6, 3, 3],
        "stackwise_input_filters": [24, 24, 48, 64, 128, 160], "stackwise_output_filters": [24, 48, 64, 128, 160, 256],
        "stackwise_expansion_ratios": [1, 4, 4, 4, 6, 6], "stackwise_squeeze_and_excite_ratios": [0.0] * 3 + [0.25] * 3,
        "stackwise_strides": [1, 2, 2, 2, 1, 2], "stackwise_block_types": ["fused"] * 3 + ["unfused"] * 3,
        "width_coefficient": 1.0, "depth_coefficient": 1.0,
    },
    "HGNetV2": {
        "depths": [1, 2, 4], "embedding_size": 32, "hidden_sizes": [64, 128, 256], "stem_channels": [3, 16, 32],
        "hidden_act": "relu", "use_learnable_affine_block": False, "apply_downsample": [False, True, True],
        "use_lightweight_conv_block": [False] * 3, "image_shape": (64, 64, 3),
        "stackwise_stage_filters": [(32, 16, 64, 1, 3, 3), (64, 32, 128, 2, 3, 3), (128, 64, 256, 4, 3, 3)],
    },
    "Xception": {"stackwise_conv_filters": [[32, 64], [64, 128], [256, 256], [256, 256], [256, 256]],
                 "stackwise_pooling": [True, True, False, False, False]},
    "MobileNetV5": {
        "stackwise_block_types": [["er"], ["uir", "uir"]], "stackwise_num_blocks": [1, 2],
        "stackwise_num_filters": [[24], [48, 48]], "stackwise_strides": [[2], [2, 1]],
        "stackwise_act_layers": [["relu"], ["relu", "relu"]], "stackwise_exp_ratios": [[4.0], [6.0, 6.0]],
        "stackwise_dw_kernel_sizes": [[0], [5, 5]], "stackwise_exp_kernel_sizes": [[3], [0, 0]],
        "stackwise_pw_kernel_sizes": [[1], [0, 0]], "stackwise_se_ratios": [[0.0], [0.0, 0.0]],
        "stackwise_use_cpe": [[False], [False, False]], "use_msfa": False,
        **{f"stackwise_{name}": [[0], [0, 0]] for name in (
            "dw_start_kernel_sizes", "dw_end_kernel_sizes", "num_heads", "key_dims", "value_dims", "kv_strides")},
    },
    "Gemma4": {**CAUSAL, "head_dim": 8, "image_size": 16, "vision_encoder": None},
    "Qwen3_5Moe": {**{k: v for k, v in MOE.items() if k != "intermediate_dim"}, "head_dim": 8,
                   "shared_expert_intermediate_size": 32},
    "Flux": {"input_channels": 16, "hidden_size": 32, "mlp_ratio": 2.0, "num_heads": 4, "depth": 3,
             "depth_single_blocks": 3, "axes_dim": [2, 2, 4], "theta": 100, "use_bias": True,
             "image_shape": (16, 16), "text_shape": (16, 16), "image_ids_shape": (16, 3), "text_ids_shape": (16, 3),
             "y_shape": (32,)},
    "VideoPrism": {"num_frames": 4, "patch_size": 8, "hidden_dim": 32, "intermediate_dim": 64, "num_heads": 4,
                   "num_spatial_layers": 3, "num_temporal_layers": 3, "num_auxiliary_layers": 0,
                   "image_shape": (32, 32, 3)},
}  # fmt: skip


def _sam(hub: Any) -> Any:
    from keras_hub.src.models.sam.sam_mask_decoder import SAMMaskDecoder
    from keras_hub.src.models.sam.sam_prompt_encoder import SAMPromptEncoder

    encoder = hub.models.ViTDetBackbone(**VITDET)
    prompts = SAMPromptEncoder(
        hidden_size=16, image_embedding_size=(8, 8), input_image_size=(128, 128), mask_in_channels=16
    )
    decoder = SAMMaskDecoder(num_layers=2, hidden_size=16, intermediate_dim=32, num_heads=4, embedding_dim=16,
                             num_multimask_outputs=3, iou_head_depth=3, iou_head_hidden_dim=16)  # fmt: skip
    return hub.models.SAMBackbone(image_encoder=encoder, prompt_encoder=prompts, mask_decoder=decoder)


def _clip_parts(vision: Any, text: Any) -> tuple[Any, Any]:
    seen = vision(patch_size=8, hidden_dim=32, num_layers=3, num_heads=4, intermediate_dim=64, image_shape=(32, 32, 3))
    read = text(vocabulary_size=96, embedding_dim=32, hidden_dim=32, num_layers=3, num_heads=4, intermediate_dim=64,
                max_sequence_length=16)  # fmt: skip
    return seen, read


def _clip(hub: Any) -> Any:
    from keras_hub.src.models.clip.clip_text_encoder import CLIPTextEncoder
    from keras_hub.src.models.clip.clip_vision_encoder import CLIPVisionEncoder

    seen, read = _clip_parts(CLIPVisionEncoder, CLIPTextEncoder)
    return hub.models.CLIPBackbone(seen, read, projection_dim=16)


def _siglip(hub: Any) -> Any:
    from keras_hub.src.models.siglip.siglip_text_encoder import SigLIPTextEncoder
    from keras_hub.src.models.siglip.siglip_vision_encoder import SigLIPVisionEncoder

    seen = SigLIPVisionEncoder(patch_size=8, hidden_dim=32, num_layers=3, num_heads=4, intermediate_dim=64,
                               image_shape=(32, 32, 3))  # fmt: skip
    read = SigLIPTextEncoder(vocabulary_size=96, embedding_dim=32, hidden_dim=32, num_layers=3, num_heads=4,
                             intermediate_dim=64, max_sequence_length=16)  # fmt: skip
    return hub.models.SigLIPBackbone(seen, read)


def _paligemma(hub: Any) -> Any:
    return hub.models.PaliGemmaBackbone(
        **{k: v for k, v in CAUSAL.items() if k != "num_layers"}, num_layers=4, head_dim=8, image_size=16,
        vit_patch_size=4, vit_num_heads=4, vit_hidden_dim=32, vit_num_layers=4, vit_intermediate_dim=64,
    )  # fmt: skip


def _vae(hub: Any) -> Any:
    from keras_hub.src.models.vae.vae_backbone import VAEBackbone

    return VAEBackbone(
        encoder_num_filters=[32, 32], encoder_num_blocks=[1, 1], decoder_num_filters=[32, 32],
        decoder_num_blocks=[2, 2], image_shape=(32, 32, 3),
    )  # fmt: skip


def _sd3(hub: Any) -> Any:
    from keras_hub.src.models.clip.clip_text_encoder import CLIPTextEncoder

    def text(name: str) -> Any:
        return CLIPTextEncoder(20, 32, 32, 2, 2, 64, "quick_gelu", -2, name=name)

    return hub.models.StableDiffusion3Backbone(
        2, 64, 3, 2, 192, None, None, _vae(hub), text("clip_l"), text("clip_g"), image_shape=(64, 64, 3)
    )


def _segformer(hub: Any) -> Any:
    return hub.models.SegFormerBackbone(image_encoder=hub.models.MiTBackbone(**MIT), projection_filters=16)


def _retinanet(hub: Any) -> Any:
    encoder = hub.models.ResNetBackbone(**{**RESNET, "image_shape": (256, 256, 3)})
    return hub.models.RetinaNetBackbone(encoder, 3, 4, use_p5=False, image_shape=(256, 256, 3))


def _deeplab(hub: Any) -> Any:
    return hub.models.DeepLabV3Backbone(
        image_encoder=hub.models.ResNetBackbone(**RESNET), spatial_pyramid_pooling_key="P4", upsampling_size=4,
        dilation_rates=[6, 12, 18], low_level_feature_key="P2", image_shape=(64, 64, 3),
    )  # fmt: skip


def _parseq(hub: Any) -> Any:
    encoder = hub.models.ViTBackbone(**{**VIT, "use_class_token": False})
    return hub.models.PARSeqBackbone(
        image_encoder=encoder, vocabulary_size=40, max_label_length=8, decoder_hidden_dim=32, num_decoder_layers=1,
        num_decoder_heads=4, decoder_mlp_dim=64,
    )  # fmt: skip


def _depth_anything(hub: Any) -> Any:
    encoder = hub.models.DINOV2Backbone(
        **{
            **DINO,
            "image_shape": (112, 112, 3),
            "patch_size": 14,
            "position_embedding_shape": (112, 112, 3),
            "apply_layernorm": True,
        }
    )
    return hub.models.DepthAnythingBackbone(
        image_encoder=encoder, reassemble_factors=[4, 2, 1, 0.5], neck_hidden_dims=[8, 8, 16, 16],
        fusion_hidden_dim=16, head_hidden_dim=8, head_in_index=-1,
        feature_keys=["stage1", "stage2", "stage3", "stage4"],
    )  # fmt: skip


def _metaclip2(hub: Any) -> Any:
    vision, text = hub.models.MetaCLIP2VisionEncoder, hub.models.MetaCLIP2TextEncoder
    common = {"hidden_dim": 32, "num_layers": 4, "num_heads": 4, "intermediate_dim": 64}
    return hub.models.MetaCLIP2Backbone(
        vision_encoder=vision(patch_size=8, image_shape=(32, 32, 3), **common),
        text_encoder=text(vocabulary_size=96, embedding_dim=32, **common), projection_dim=32,
    )  # fmt: skip


def _blip2(hub: Any) -> Any:
    reader = hub.models.OPTBackbone(**TEXT, max_sequence_length=64)
    return hub.models.BLIP2Backbone(vision_encoder=None, qformer=None, language_model=reader)


COMPOSED: dict[str, Callable[[Any], Any]] = {
    "MetaCLIP2": _metaclip2, "BLIP2": _blip2,
    "SAM": _sam, "CLIP": _clip, "SigLIP": _siglip, "PaliGemma": _paligemma, "VAE": _vae, "StableDiffusion3": _sd3,
    "SegFormer": _segformer, "RetinaNet": _retinanet, "DeepLabV3": _deeplab, "PARSeq": _parseq,
    "DepthAnything": _depth_anything,
}  # fmt: skip


TASKS: dict[str, tuple[str, dict[str, Any]]] = {
    "BertTextClassifier": ("Bert", {"num_classes": 2}), "BertMaskedLM": ("Bert", {}), "GPT2CausalLM": ("GPT2", {}),
    "LlamaCausalLM": ("Llama", {}), "GemmaCausalLM": ("Gemma", {}), "MistralCausalLM": ("Mistral", {}),
    "ViTImageClassifier": ("ViT", {"num_classes": 10}), "ResNetImageClassifier": ("ResNet", {"num_classes": 10}),
    "BartSeq2SeqLM": ("Bart", {}), "RobertaTextClassifier": ("Roberta", {"num_classes": 3}),
}  # fmt: skip


def build(name: str) -> Any:
    """A model of KerasHub by its name here."""
    import keras
    import keras_hub as hub

    keras.backend.clear_session()
    if name in COMPOSED:
        return COMPOSED[name](hub)
    if name in TASKS:
        backbone, options = TASKS[name]
        return getattr(hub.models, name)(backbone=build(backbone), preprocessor=None, **options)
    return getattr(hub.models, f"{name}Backbone")(**BACKBONES[name])


def measure(name: str) -> dict[str, Any]:
    """Whether it is a page, wholly opened, with the right parameters, and its authors' layers found as blocks."""
    from blockviz import summarize
    from blockviz.ir import layers_of, leaves
    from copies import exact_copies

    row: dict[str, Any] = {"name": name}
    model = build(name)
    started = time.perf_counter()
    try:
        summary = summarize(model)
        row["seconds"] = round(time.perf_counter() - started, 2)
        graph = summary.source
        counted = sum(layer.params or 0 for layer in layers_of(leaves(graph)).values())
        row |= {
            "nodes": len(graph), "closed": graph.graph.get("closed", {}), "params": counted,
            "right": counted == model.count_params(), "owned": model.count_params(), "copies": exact_copies(summary),
            "boxes": len(summary.overview), "blocks": [f"{d.letter} {d.name} x{d.count}" for d in summary.blocks],
            "unknown": summary.outline.cost.unknown,
        }  # fmt: skip
        summary.page()
        row["page"] = True
    except Exception as error:
        row["error"] = f"{type(error).__name__}: {error}"[:400]
    return row


def main() -> None:
    """Measure the models named, or all, and write one line each."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*")
    parser.add_argument("-o", "--output")
    arguments = parser.parse_args()
    try:
        import keras_hub  # noqa: F401
    except ImportError as error:
        raise SystemExit(f"KerasHub can't be imported: {error}") from None
    rows = []
    for name in arguments.names or [*BACKBONES, *COMPOSED, *TASKS]:
        try:
            row = measure(name)
        except Exception as error:
            row = {"name": name, "unbuilt": f"{type(error).__name__}: {error}"[:300]}
        rows.append(row)
        print(json.dumps(row), flush=True)
        if arguments.output:
            with open(arguments.output, "a", encoding="utf-8") as file:
                file.write(json.dumps(row) + "\n")
    built = [row for row in rows if "unbuilt" not in row]
    pages = [row for row in built if row.get("page")]
    print(f"{len(rows)} named, {len(built)} built, {len(pages)} a page, "
          f"{sum(not row['closed'] for row in pages)} wholly opened, {sum(row['right'] for row in pages)} with the "
          f"right parameters, copies {sum(row['copies'][0] for row in pages)} of "
          f"{sum(row['copies'][1] for row in pages)}")  # fmt: skip


if __name__ == "__main__":
    main()
