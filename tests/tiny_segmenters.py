"""Networks of ours that label pixels, tiny and with random weights, as folders that a recipe would have written."""

from pathlib import Path

import numpy as np
import torch

from finetune.card import CardFacts
from finetune.write import write_checkpoint
from hub_models.architectures.deconvnet import DeconvNet
from hub_models.architectures.enet import ENet
from hub_models.architectures.fcn import FCN
from hub_models.architectures.segnet import SegNet
from hub_models.architectures.unet import UNet
from hub_models.architectures.unet_lite import UNetLite
from hub_models.checkpoint import Checkpoint
from hub_models.preprocess import InputSpec

NAMES = ("road", "tree <b>", "sky")
SPEC = InputSpec(size_hw=(64, 96), mean=(0.5,) * 3, std=(0.5,) * 3, interpolation="bilinear")
NETWORKS = {
    "segnet": lambda: SegNet(3, (6, 8), (1, 1)),
    "deconvnet": lambda: DeconvNet(3, (6, 8), (1, 1), 8),
    "enet": lambda: ENet(3, (8, 16, 32), 1, 1),
    "unet": lambda: UNet(3, (6, 8, 10)),
    "unet_lite": lambda: UNetLite(3, 2, (6, 8, 8)),
    "fcn": lambda: FCN(3, 8, (6, 6, 8, 8, 8), (1, 1, 1, 1, 1), 8),
}


def row(model: str) -> Checkpoint:
    return Checkpoint(
        id=f"{model}.test", task="semantic-segmentation", title=f"Tiny {model}", architecture=model, year=2015,
        library="ours", source="local:x", model=model, sentence="s", paper="p", weights_licence="l", data_licence="d",
        trained_on="nothing", parameters=1, megabytes=1.0, recipe="r", input=SPEC,
    )  # fmt: skip


def write_tiny(root: Path) -> dict[str, Path]:
    """model -> its folder under `root`, with which each of the classes occurs in most answers."""
    facts = CardFacts(data="none", split="none", command="none", minutes=0, hardware="none", seed=0)
    golden, folders = np.zeros((32, 48, 3), np.uint8), {}
    for model, build in NETWORKS.items():
        torch.manual_seed(4)
        folders[model] = root / f"tiny_{model}"
        write_checkpoint(
            folders[model], model=build().eval(), library="ours", class_names=NAMES, golden_input=golden,
            checkpoint=row(model), extra_card=facts,
        )  # fmt: skip
    return folders
