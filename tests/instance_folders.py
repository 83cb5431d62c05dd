"""Folders of tiny networks for instance segmentation, as recipes write them: for tests of the tab, and for its page."""

import json
from pathlib import Path

import numpy as np
import torch
from torch import nn

from finetune.card import CardFacts
from finetune.write import write_checkpoint
from hub_models.architectures.mask_rcnn import MaskRCNN
from hub_models.architectures.unet import UNet
from hub_models.checkpoint import Checkpoint
from hub_models.local import checkpoint_to_json
from hub_models.preprocess import InputSpec

SPEC = InputSpec(size_hw=(96, 128), mean=(0.5,) * 3, std=(0.5,) * 3, interpolation="bilinear")
NAME = "cell"


def row(model: str, library: str = "ours") -> Checkpoint:
    return Checkpoint(
        id=f"{model.lower()}.test", task="instance-segmentation", title=f"Tiny {model}", architecture=model, year=2017,
        library=library, source="local:x", model=model, sentence="s", paper="p", weights_licence="l", data_licence="d",
        trained_on="nothing", parameters=1, megabytes=1.0, recipe="r", input=SPEC,
    )  # fmt: skip


def mask_rcnn() -> MaskRCNN:
    """Random weights, but sure of something."""
    torch.manual_seed(0)
    network = MaskRCNN(classes=1, width=16, hidden=16, mask_width=8).eval().requires_grad_(False)
    network.head.classifier.weight.normal_(0, 1)
    network.mask.masks.weight.normal_(0, 1)
    return network


def unet() -> UNet:
    """Random weights, but sure of something."""
    torch.manual_seed(0)
    network = UNet(3, (6, 8, 10)).eval().requires_grad_(False)
    network.classifier.weight.normal_(0, 3)
    network.classifier.weight[1] = -network.classifier.weight[0]  # inside is where background is not
    return network


def ours(root: Path) -> dict[str, Path]:
    """model -> folder in `root`."""
    facts = CardFacts(data="none", split="none", command="none", minutes=0, hardware="none", seed=0)
    folders = {}
    for model, network in (("mask_rcnn", mask_rcnn()), ("unet", unet())):
        folders[model] = root / f"tiny_{model}"
        write_checkpoint(
            folders[model], model=network, library="ours", class_names=[NAME], checkpoint=row(model),
            golden_input=np.zeros((32, 48, 3), np.uint8), extra_card=facts,
        )  # fmt: skip
    return folders


def tiny_sam() -> nn.Module:
    from transformers import (
        SamConfig,
        SamMaskDecoderConfig,
        SamModel,
        SamPromptEncoderConfig,
        SamVisionConfig,
    )

    torch.manual_seed(0)
    config = SamConfig(
        vision_config=SamVisionConfig(
            hidden_size=16, output_channels=16, num_hidden_layers=1, num_attention_heads=2, image_size=64, patch_size=8,
            window_size=4, mlp_dim=16, global_attn_indexes=[0], num_pos_feats=8,
        ),
        prompt_encoder_config=SamPromptEncoderConfig(hidden_size=16, image_size=64, patch_size=8, mask_input_channels=4),
        mask_decoder_config=SamMaskDecoderConfig(
            hidden_size=16, mlp_dim=16, num_hidden_layers=1, num_attention_heads=2, iou_head_hidden_dim=16
        ),
    )  # fmt: skip
    network = SamModel(config)
    for layers in network.mask_decoder.output_hypernetworks_mlps:
        layers.proj_out.weight.data *= 1e6  # a network that is sure of something
    return network


def sam(folder: Path) -> Path:
    """As `save_pretrained` writes it, with the entry that makes it open as a local folder."""
    from transformers import SamImageProcessor

    tiny_sam().save_pretrained(folder, safe_serialization=True)
    SamImageProcessor(size={"longest_edge": 64}, pad_size={"height": 64, "width": 64}).save_pretrained(folder)
    config = json.loads((folder / "config.json").read_text())
    config["checkpoint"] = checkpoint_to_json(row("SamModel", "transformers"))
    (folder / "config.json").write_text(json.dumps(config))
    return folder
