"""Networks outside keras.applications, built as their papers say (only narrower), and the truth about their blocks.

The modules ``heldout*`` hold networks whose truth was recorded before anything was looked for in them: they say how
blockviz does on what nobody has tried, as long as nobody tunes on them. ``recent`` and ``restoration`` hold networks
that were tuned on.

``python -m zoo zoo_models papers_zoo [NAME …]`` in the tests folder writes configurations and truth files, and the
record of what they were made of.
"""

from __future__ import annotations

import gzip
import json
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from types import ModuleType
from typing import Any

from . import (
    dense_prediction,
    detection,
    efficient,
    heldout,
    heldout_dense,
    heldout_second,
    heldout_second_dense,
    heldout_second_sequence,
    heldout_sequence,
    recent,
    residual,
    restoration,
    sequence,
)
from .recorder import Recorder

MADE_OF = Path(__file__).with_name("made_of.json")


@dataclass(frozen=True)
class Network:
    """How to build a network, the paper, and the repeats its author draws, by stage."""

    build: Callable[[Recorder], Any]
    paper: str
    repeats: Mapping[str, int]
    where: str = ""


NETWORKS: dict[str, Network] = {
    "UNet": Network(
        dense_prediction.unet, "U-Net: Convolutional Networks for Biomedical Image Segmentation",
        {"contracting path": 4, "expansive path": 4}, "Figure 1",
    ),
    "ResUNet": Network(
        dense_prediction.resunet, "Road Extraction by Deep Residual U-Net", {"encoding": 3, "decoding": 3}, "Table I",
    ),
    "StackedHourglass": Network(
        dense_prediction.hourglass, "Stacked Hourglass Networks for Human Pose Estimation", {"hourglass": 2},
        "Figures 3 and 4",
    ),
    "RetinaNet": Network(
        detection.retinanet, "Focal Loss for Dense Object Detection",
        {"conv2_x": 2, "conv3_x": 2, "conv4_x": 2, "conv5_x": 2, "pyramid levels": 3}, "Figure 3",
    ),
    "WaveNet": Network(
        sequence.wavenet, "WaveNet: A Generative Model for Raw Audio", {"residual blocks": 30}, "Figure 4",
    ),
    "GoogLeNet": Network(
        efficient.googlenet, "Going Deeper with Convolutions",
        {"inception (3)": 2, "inception (4)": 5, "inception (5)": 2}, "Table 1",
    ),
    "SqueezeNet": Network(
        efficient.squeezenet, "SqueezeNet: AlexNet-level accuracy with 50x fewer parameters",
        {"fire2-4": 3, "fire5-8": 4}, "Figure 2, middle",
    ),
    "WRN-28-10": Network(
        residual.wide_resnet, "Wide Residual Networks", {"conv2": 4, "conv3": 4, "conv4": 4}, "Table 1",
    ),
    "ResNeXt50": Network(
        residual.resnext50, "Aggregated Residual Transformations for Deep Neural Networks",
        {"conv2": 3, "conv3": 4, "conv4": 6, "conv5": 3}, "Table 1",
    ),
    "ResNeXtBranches": Network(
        residual.resnext_branches, "Aggregated Residual Transformations for Deep Neural Networks",
        {"conv2": 3, "conv3": 3}, "Figure 3 (b)",
    ),
    "SE-ResNet50": Network(
        residual.se_resnet50, "Squeeze-and-Excitation Networks",
        {"conv2_x": 3, "conv3_x": 4, "conv4_x": 6, "conv5_x": 3}, "Table 1",
    ),
    "ViT-B16": Network(sequence.vit, "An Image is Worth 16x16 Words", {"encoder": 12}, "Figure 1, Table 1"),
    "BERT": Network(
        sequence.bert, "BERT: Pre-training of Deep Bidirectional Transformers", {"encoder": 12}, "Section 3",
    ),
    "Transformer": Network(sequence.transformer, "Attention Is All You Need", {"encoder": 6, "decoder": 6}, "Figure 1"),
    "Seq2Seq": Network(
        sequence.seq2seq, "Sequence to Sequence Learning with Neural Networks", {"encoder": 4, "decoder": 4},
        "Section 3.4",
    ),
    "TwoTower": Network(
        sequence.two_tower, "Sampling-Bias-Corrected Neural Modeling for Large Corpus Item Recommendations",
        {"towers": 2}, "Figure 1",
    ),
    "Siamese": Network(
        sequence.siamese, "Siamese Neural Networks for One-shot Image Recognition", {"convolution blocks": 4},
        "Figure 4, with the encoder of Prototypical Networks",
    ),
    "SSD300": Network(
        detection.ssd, "SSD: Single Shot MultiBox Detector", {"extra feature layers": 4, "predictors": 6}, "Figure 2",
    ),
    "YOLOv3": Network(
        detection.yolov3, "YOLOv3: An Incremental Improvement",
        {
            "residual blocks at 1/4": 2, "residual blocks at 1/8": 8, "residual blocks at 1/16": 8,
            "residual blocks at 1/32": 4, "detection heads": 3,
        },
        "Table 1",
    ),
    "DeepLabV3Plus": Network(
        dense_prediction.deeplab, "Encoder-Decoder with Atrous Separable Convolution",
        {"entry flow": 3, "middle flow": 16}, "Figures 2 and 4",
    ),
    "DiffusionUNet": Network(
        dense_prediction.diffusion_unet, "Denoising Diffusion Probabilistic Models",
        {
            **{f"down level {level}": 2 for level in range(1, 5)},
            **{f"up level {level}": 3 for level in range(1, 5)},
        },
        "Appendix B",
    ),
    "MLPMixer": Network(
        sequence.mixer, "MLP-Mixer: An all-MLP Architecture for Vision", {"mixer layers": 8}, "Figure 1, Table 1",
    ),
    "CSPDarknet53": Network(
        efficient.cspnet, "CSPNet: A New Backbone that can Enhance Learning Capability of CNN",
        {
            "residual units of stage 2": 2, "residual units of stage 3": 8, "residual units of stage 4": 8,
            "residual units of stage 5": 4,
        },
        "Figure 3",
    ),
    "ShuffleNet": Network(
        efficient.shufflenet, "ShuffleNet: An Extremely Efficient CNN for Mobile Devices",
        {"stage2": 4, "stage3": 8, "stage4": 4}, "Table 1",
    ),
    "GhostNet": Network(
        efficient.ghostnet, "GhostNet: More Features from Cheap Operations",
        {"24 channels": 2, "40 channels": 2, "80 channels": 4, "112 channels": 2, "160 channels": 5}, "Table 1",
    ),
    "HRNet": Network(
        dense_prediction.hrnet, "Deep High-Resolution Representation Learning",
        {"stage 1": 4, "stage 3": 4, "stage 4": 3}, "Figure 2",
    ),
    "TCN": Network(
        sequence.tcn, "An Empirical Evaluation of Generic Convolutional and Recurrent Networks for Sequence Modeling",
        {"residual blocks": 8}, "Figure 1",
    ),
    "InceptionResNetV1": Network(
        residual.inception_resnet_v1, "Inception-v4, Inception-ResNet and the Impact of Residual Connections",
        {"Inception-ResNet-A": 5, "Inception-ResNet-B": 10, "Inception-ResNet-C": 5}, "Figures 10 to 15",
    ),
    "PyramidNet38": Network(
        residual.pyramidnet, "Deep Pyramidal Residual Networks", {"group1": 6, "group2": 6, "group3": 6}, "Table 1",
    ),
    "DenseNet40": Network(
        residual.densenet40, "Densely Connected Convolutional Networks",
        {"dense block 1": 12, "dense block 2": 12, "dense block 3": 12}, "Section 4",
    ),
    "FractalNet": Network(
        residual.fractalnet, "FractalNet: Ultra-Deep Neural Networks without Residuals",
        {"fractal block": 5}, "Figure 1",
    ),
    "RefineNet": Network(
        dense_prediction.refinenet, "RefineNet: Multi-Path Refinement Networks for High-Resolution Segmentation",
        {**{f"encoder stage {stage}": 2 for stage in range(1, 5)}, "RefineNet": 4}, "Figures 2 and 3",
    ),
    "EfficientDet": Network(
        detection.efficientdet, "EfficientDet: Scalable and Efficient Object Detection",
        {**{f"backbone stage {stage}": 3 for stage in range(1, 5)}, "BiFPN": 3}, "Figures 2 and 3",
    ),
    "InceptionV4": Network(
        heldout.inception_v4, "Inception-v4, Inception-ResNet and the Impact of Residual Connections",
        {"Inception-A": 4, "Inception-B": 7, "Inception-C": 3}, "Figure 9",
    ),
    "SKNet50": Network(
        heldout.sknet, "Selective Kernel Networks", {"conv2": 3, "conv3": 4, "conv4": 6, "conv5": 3}, "Table 1",
    ),
    "Res2Net50": Network(
        heldout.res2net, "Res2Net: A New Multi-scale Backbone Architecture",
        {"conv2": 3, "conv3": 4, "conv4": 6, "conv5": 3}, "Figure 2, Section 3",
    ),
    "CBAM-ResNet50": Network(
        heldout.cbam_resnet, "CBAM: Convolutional Block Attention Module",
        {"conv2": 3, "conv3": 4, "conv4": 6, "conv5": 3}, "Figure 3",
    ),
    "RepVGG-A0": Network(
        heldout.repvgg, "RepVGG: Making VGG-style ConvNets Great Again", {"stage 2": 2, "stage 3": 4, "stage 4": 14},
        "Tables 2 and 3, Figure 2 (b)",
    ),
    "RegNetY-400MF": Network(
        heldout.regnet_y, "Designing Network Design Spaces", {"stage 2": 3, "stage 3": 6, "stage 4": 6},
        "Figures 3 and 4, Table 2",
    ),
    "DPN92": Network(
        heldout.dpn, "Dual Path Networks", {"conv2": 3, "conv3": 4, "conv4": 20, "conv5": 3}, "Table 1",
    ),
    "MobileViT-S": Network(
        heldout.mobilevit, "MobileViT: Light-weight, General-purpose, and Mobile-friendly Vision Transformer",
        {
            "MV2 of layer 2": 3, "transformer layers of layer 3": 2, "transformer layers of layer 4": 4,
            "transformer layers of layer 5": 3,
        },
        "Figure 1 (b)",
    ),
    "AttentionUNet": Network(
        heldout_dense.attention_unet, "Attention U-Net: Learning Where to Look for the Pancreas",
        {"encoder": 3, "decoder": 3}, "Figures 1 and 2",
    ),
    "UNetPlusPlus": Network(
        heldout_dense.unet_plus_plus, "UNet++: A Nested U-Net Architecture for Medical Image Segmentation",
        {"backbone": 5, "skip pathways": 10}, "Figure 1 (a)",
    ),
    "LinkNet": Network(
        heldout_dense.linknet, "LinkNet: Exploiting Encoder Representations for Efficient Semantic Segmentation",
        {**{f"encoder block {block}": 2 for block in range(1, 5)}, "decoder blocks": 4}, "Figures 1 to 3",
    ),
    "PSPNet": Network(
        heldout_dense.pspnet, "Pyramid Scene Parsing Network",
        {"conv2_x": 3, "conv3_x": 4, "conv4_x": 6, "conv5_x": 3, "pyramid levels": 4}, "Figure 3",
    ),
    "UNet3D": Network(
        heldout_dense.unet_3d, "3D U-Net: Learning Dense Volumetric Segmentation from Sparse Annotation",
        {"analysis path": 3, "synthesis path": 3}, "Figure 2",
    ),
    "ESRGAN": Network(
        heldout_dense.esrgan, "ESRGAN: Enhanced Super-Resolution Generative Adversarial Networks",
        {"basic blocks": 23}, "Figures 3 and 4",
    ),
    "EDSR": Network(
        heldout_dense.edsr, "Enhanced Deep Residual Networks for Single Image Super-Resolution",
        {"residual blocks": 32, "upsample": 2}, "Figures 2 (c) and 3",
    ),
    "CycleGAN": Network(
        heldout_dense.cyclegan, "Unpaired Image-to-Image Translation using Cycle-Consistent Adversarial Networks",
        {"residual blocks": 9}, "Appendix 7.2",
    ),
    "Swin-T": Network(
        heldout_sequence.swin, "Swin Transformer: Hierarchical Vision Transformer using Shifted Windows",
        {"stage 1": 2, "stage 2": 2, "stage 3": 6, "stage 4": 2}, "Figure 3, Table 7",
    ),
    "GPT2": Network(
        heldout_sequence.gpt, "Language Models are Unsupervised Multitask Learners", {"decoder": 12}, "Section 2.3",
    ),
    "Conformer": Network(
        heldout_sequence.conformer, "Conformer: Convolution-augmented Transformer for Speech Recognition",
        {"Conformer blocks": 16}, "Figure 1, Table 1",
    ),
    "Highway": Network(heldout_sequence.highway, "Highway Networks", {"highway layers": 20}, "Section 2"),
    "NBEATS": Network(
        heldout_sequence.nbeats, "N-BEATS: Neural Basis Expansion Analysis for Interpretable Time Series Forecasting",
        {f"blocks of stack {stack}": 3 for stack in range(1, 4)}, "Figure 1",
    ),
    "GNMT": Network(
        heldout_sequence.gnmt, "Google's Neural Machine Translation System", {"encoder": 6, "decoder": 6}, "Figure 1",
    ),
    "VDCNN29": Network(
        heldout_sequence.vdcnn, "Very Deep Convolutional Networks for Text Classification",
        {"1 × 64 features": 5, "2 × 64 features": 5, "4 × 64 features": 2, "8 × 64 features": 2}, "Figure 1, Table 2",
    ),
    "MMoE": Network(
        heldout_sequence.mmoe, "Modeling Task Relationships in Multi-task Learning with Multi-gate Mixture-of-Experts",
        {"experts": 8, "tasks": 3}, "Figure 1 (c)",
    ),
    "DCN-V2": Network(
        heldout_sequence.dcn, "DCN V2: Improved Deep & Cross Network", {"cross layers": 4}, "Figures 1 (b) and 2",
    ),
    "PANet": Network(
        heldout_sequence.panet, "Path Aggregation Network for Instance Segmentation",
        {"conv2_x": 3, "conv3_x": 4, "conv4_x": 6, "conv5_x": 3, "top-down path": 3, "bottom-up path": 3},
        "Figures 1 and 2",
    ),
    "ENet": Network(
        recent.enet, "ENet: A Deep Neural Network Architecture for Real-Time Semantic Segmentation",
        {"stage 1": 4, "stages 2 and 3": 16}, "Table 1",
    ),
    "ShuffleNetV2": Network(
        recent.shufflenet_v2, "ShuffleNet V2: Practical Guidelines for Efficient CNN Architecture Design",
        {"stage2": 4, "stage3": 8, "stage4": 4}, "Table 5 and Figure 3",
    ),
    "RevNet": Network(
        recent.revnet, "The Reversible Residual Network: Backpropagation Without Storing Activations", {"blocks": 9},
        "Figure 2",
    ),
    "SegFormer-B0": Network(
        recent.segformer, "SegFormer: Simple and Efficient Design for Semantic Segmentation with Transformers",
        {"stage 1": 2, "stage 2": 2, "stage 3": 2, "stage 4": 2}, "Table 6",
    ),
    "CenterNet": Network(
        recent.centernet, "Objects as Points", {"conv2_x": 2, "conv3_x": 2, "conv4_x": 2, "conv5_x": 2}, "Figure 6",
    ),
    "BiSeNetV2": Network(
        recent.bisenet_v2, "BiSeNet V2: Bilateral Network with Guided Aggregation for Real-time Semantic Segmentation",
        {"S3": 2, "S4": 2, "S5": 4}, "Table 1",
    ),
    "RDN": Network(
        recent.rdn, "Residual Dense Network for Image Super-Resolution", {"residual dense blocks": 16}, "Figure 2",
    ),
    "CaiT-XXS24": Network(
        recent.cait, "Going deeper with Image Transformers", {"self-attention": 24}, "Figure 2",
    ),
    "ERFNet": Network(
        heldout_second_dense.erfnet,
        "ERFNet: Efficient Residual Factorized ConvNet for Real-Time Semantic Segmentation",
        {"layers 3-7": 5, "layers 9-16": 8, "layers 18-19": 2, "layers 21-22": 2}, "Table I",
    ),
    "FC-DenseNet103": Network(
        heldout_second_dense.fc_densenet, "The One Hundred Layers Tiramisu: Fully Convolutional DenseNets",
        {f"dense block {block}": count for block, count in enumerate((4, 5, 7, 10, 12, 15, 12, 10, 7, 5, 4), 1)},
        "Table 2",
    ),
    "VNet": Network(
        heldout_second_dense.vnet,
        "V-Net: Fully Convolutional Neural Networks for Volumetric Medical Image Segmentation",
        {"left stages": 5, "right stages": 4}, "Figure 2, Table 1",
    ),
    "RCAN": Network(
        heldout_second_dense.rcan, "Image Super-Resolution Using Very Deep Residual Channel Attention Networks",
        {f"residual group {group}": 20 for group in range(1, 11)}, "Figures 2 and 4",
    ),
    "SRGAN": Network(
        heldout_second_dense.srgan,
        "Photo-Realistic Single Image Super-Resolution Using a Generative Adversarial Network",
        {"residual blocks": 16, "upsampling": 2}, "Figure 4",
    ),
    "DeepSpeech2": Network(
        heldout_second_sequence.deep_speech, "Deep Speech 2: End-to-End Speech Recognition in English and Mandarin",
        {"convolutions": 3, "recurrent layers": 7}, "Figure 1, Section 6",
    ),
    "QuartzNet-15x5": Network(
        heldout_second_sequence.quartznet,
        "QuartzNet: Deep Automatic Speech Recognition with 1D Time-Channel Separable Convolutions",
        {f"B{group}": 3 for group in range(1, 6)}, "Figure 1, Table 1",
    ),
    "Tacotron2": Network(
        heldout_second_sequence.tacotron,
        "Natural TTS Synthesis by Conditioning WaveNet on Mel Spectrogram Predictions",
        {"encoder convolutions": 3, "pre-net": 2, "post-net": 5}, "Figure 1",
    ),
    "FCOS": Network(
        heldout_second_dense.fcos, "FCOS: Fully Convolutional One-Stage Object Detection",
        {
            "classification tower": 4, "regression tower": 4, "conv2_x": 3, "conv3_x": 4, "conv4_x": 6, "conv5_x": 3,
            "pyramid levels": 3,
        },
        "Figure 2",
    ),
    "YOLOv4": Network(
        heldout_second_dense.yolov4, "YOLOv4: Optimal Speed and Accuracy of Object Detection",
        {
            "residual units of stage 2": 2, "residual units of stage 3": 8, "residual units of stage 4": 8,
            "residual units of stage 5": 4, "top-down path": 2, "bottom-up path": 2, "detection heads": 3,
        },
        "Section 3.4",
    ),
    "VoVNet39": Network(
        heldout_second.vovnet,
        "An Energy and GPU-Computation Efficient Backbone Network for Real-Time Object Detection",
        {"stage 4": 2, "stage 5": 2}, "Figure 1 (b), Table 1",
    ),
    "SASRec": Network(
        heldout_second_sequence.sasrec, "Self-Attentive Sequential Recommendation",
        {"self-attention blocks": 2}, "Figure 1",
    ),
    "PoolFormer-S12": Network(
        heldout_second.poolformer, "MetaFormer Is Actually What You Need for Vision",
        {"stage 1": 2, "stage 2": 2, "stage 3": 6, "stage 4": 2}, "Figure 2, Table 1",
    ),
    "InceptionTime": Network(
        heldout_second_sequence.inception_time, "InceptionTime: Finding AlexNet for Time Series Classification",
        {"modules of residual block 1": 3, "modules of residual block 2": 3}, "Figures 1 and 2",
    ),
    "MS-TCN": Network(
        heldout_second_sequence.ms_tcn, "MS-TCN: Multi-Stage Temporal Convolutional Network for Action Segmentation",
        {f"layers of stage {stage}": 10 for stage in range(1, 5)}, "Figures 2 and 3",
    ),
    "DenseASPP": Network(
        heldout_second_dense.dense_aspp, "DenseASPP for Semantic Segmentation in Street Scenes",
        {"dense block 1": 6, "dense block 2": 12, "dense block 3": 24, "dense block 4": 16, "DenseASPP": 5},
        "Figure 3",
    ),
    "MnasNet-A1": Network(
        heldout_second.mnasnet, "MnasNet: Platform-Aware Neural Architecture Search for Mobile",
        {
            "MBConv6 with 24 channels": 2, "MBConv3 with 40 channels": 3, "MBConv6 with 80 channels": 4,
            "MBConv6 with 112 channels": 2, "MBConv6 with 160 channels": 3,
        },
        "Figure 7 (a)",
    ),
    "gMLP-S": Network(heldout_second.gmlp, "Pay Attention to MLPs", {"gMLP blocks": 30}, "Figure 1, Table 1"),
    "NAFNet": Network(
        restoration.nafnet, "Simple Baselines for Image Restoration",
        {
            "encoder level 1": 2, "encoder level 2": 2, "encoder level 3": 4, "encoder level 4": 8, "middle": 12,
            **{f"decoder level {level}": 2 for level in range(1, 5)},
        },
        "Figure 3, published configuration for SIDD",
    ),
    "Restormer": Network(
        restoration.restormer, "Restormer: Efficient Transformer for High-Resolution Image Restoration",
        {
            "encoder level 1": 4, "encoder level 2": 6, "encoder level 3": 6, "latent": 8, "decoder level 3": 6,
            "decoder level 2": 6, "decoder level 1": 4, "refinement": 4,
        },
        "Figure 2",
    ),
    "SwinIR": Network(
        restoration.swinir, "SwinIR: Image Restoration Using Swin Transformer", {"groups": 6}, "Figure 2",
    ),
    "PeleeNet": Network(
        restoration.peleenet, "Pelee: A Real-Time Object Detection System on Mobile Devices",
        {"stage 1": 3, "stage 2": 4, "stage 3": 8, "stage 4": 6}, "Table 1",
    ),
}  # fmt: skip

HELD_OUT = frozenset(name for name, network in NETWORKS.items() if ".heldout" in network.build.__module__)


def build(name: str) -> tuple[Any, dict[str, Any]]:
    """The Keras model and its truth; TensorFlow is imported here."""
    import keras

    keras.backend.clear_session()
    network = NETWORKS[name]
    recorder = Recorder()
    model = network.build(recorder)
    return model, recorder.truth(name, model, network.paper, network.where)


def made_of(name: str) -> str:
    """A digest of the code that builds a network: its module, and what that takes from other modules of the zoo."""
    left, seen = [NETWORKS[name].build.__module__, Recorder.__module__], set[str]()
    while left:
        seen.add(module := left.pop())
        taken = {_home(value) for value in vars(sys.modules[module]).values()}
        left += [other for other in taken if other.startswith(f"{__name__}.") and other not in seen]
    code = b"".join(Path(str(sys.modules[module].__file__)).read_bytes() for module in sorted(seen))
    return sha256(code).hexdigest()[:16]


def _home(value: object) -> str:
    return value.__name__ if isinstance(value, ModuleType) else str(getattr(value, "__module__", ""))


def record() -> dict[str, Any]:
    """What the stored files are made of: a digest by network, and the version of Keras; None where there is none."""
    try:
        keras = version("keras")
    except PackageNotFoundError:
        keras = None
    return {"keras": keras, "networks": {name: made_of(name) for name in sorted(NETWORKS)}}


def write(name: str, models: str, truths: str) -> None:
    """Write the architecture NAME.json.gz and the truth NAME.json into the two folders."""
    model, truth = build(name)
    Path(models, f"{name}.json.gz").write_bytes(gzip.compress(model.to_json().encode(), mtime=0))
    Path(truths, f"{name}.json").write_text(json.dumps(truth, separators=(",", ":")) + "\n", encoding="utf-8")
