"""Fine-tune, or train from scratch, a classifier of pictures.

    python -m finetune.image_classification --model efficientnet_lite0.imagenet --data DIR --output runs/mine

DIR is a folder (class/picture.jpg, with or without train/ and val/), a zip of one, an npz, or a Hub dataset id.
Run the same command again to resume. The result, `OUTPUT/checkpoint`, opens in the hub's tab and can be pushed.
"""

import argparse
import sys
from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors.torch import load_file
from torch import Tensor, nn
from torch.nn import functional as F
from torch.utils.data import DataLoader

from finetune.loop import Settings, fit
from finetune.pictures import AugmentedPictures, Augmentation, PlainPictures, check_data, normalised
from finetune.starting_point import Start, parameter_groups, start_from
from hub_models.dataset import LabelledPictures, open_splits, split_off
from hub_models.errors import BadData, HubError
from hub_models.preprocess import InputSpec


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """All that decides what a run learns. Two runs of one recipe on one machine give the same weights."""

    model: str
    data: str
    output: Path
    settings: Settings
    dev_data: str = ""  # where the data has no dev part of its own, and none is to be split off
    dev_share: float = 0.15
    dev_block: int = 1  # pictures in a row that stay on one side of the split
    spec: InputSpec | None = None  # None: what the pretrained weights want
    augment: Augmentation = "photo"
    label_smoothing: float = 0.1
    dropout: float = 0.2
    freeze_blocks: int = 0  # -1: all but the classifier
    rate_decay: float = 1.0  # rate of a block / rate of the next
    smoke: bool = False  # 2 epochs of 8 batches: does it run at all?


def read_data(recipe: Recipe) -> tuple[LabelledPictures, LabelledPictures]:
    """(train, dev). A test split, where there is one, is not touched."""
    splits = open_splits(recipe.data)
    if recipe.dev_data:
        dev = open_splits(recipe.dev_data)
        return splits.get("train") or splits["all"], dev.get("dev") or next(iter(dev.values()))
    if "dev" in splits:
        return splits["train"], splits["dev"]
    whole = splits.get("train") or splits["all"]
    return split_off(whole, recipe.dev_share, recipe.dev_block, recipe.settings.seed)


def train(recipe: Recipe, show=print) -> tuple[Start, LabelledPictures, LabelledPictures]:
    """Run `recipe` to its end; the network returned holds the best weights."""
    train_data, dev_data = read_data(recipe)
    train_data, dev_data, report = check_data(train_data, dev_data)
    show(report.text())
    settings = recipe.settings
    torch.manual_seed(settings.seed)
    start = start_from(recipe.model, len(train_data.class_names), recipe.dropout, recipe.spec)
    model = start.model.to(memory_format=torch.channels_last)
    groups = parameter_groups(
        model, settings.learning_rate, recipe.rate_decay, settings.weight_decay, recipe.freeze_blocks
    )
    learned = sum(p.numel() for p in model.parameters() if p.requires_grad)
    show(f"{start.architecture}: {sum(p.numel() for p in model.parameters()):,} parameters, {learned:,} learn")

    def step(network: nn.Module, batch: tuple[Tensor, Tensor]) -> dict[str, Tensor]:
        pictures, labels = batch
        logits = network(normalised(pictures, start.input)).float()
        loss = F.cross_entropy(logits, labels, label_smoothing=recipe.label_smoothing)
        return {"loss": loss, "train_accuracy": (logits.argmax(1) == labels).float().mean()}

    loader = DataLoader(PlainPictures(dev_data, start.input), settings.batch, num_workers=settings.workers)

    def evaluate(network: nn.Module) -> dict[str, float]:
        logits, labels = predict_all(network, loader, start.input)
        return {
            "accuracy": (logits.argmax(1) == labels).float().mean().item(),
            "dev_loss": F.cross_entropy(logits, labels).item(),
        }

    pictures = AugmentedPictures(train_data, start.input, recipe.augment, settings.seed)
    fit(model, groups, pictures, step, evaluate, settings, recipe.output, show)
    return start, train_data, dev_data


@torch.inference_mode()
def predict_all(network: nn.Module, loader: DataLoader, spec: InputSpec) -> tuple[Tensor, Tensor]:
    """Logits (N, classes) and labels (N,) of all pictures, on the CPU in float32."""
    device = next(network.parameters()).device
    outputs = [(network(normalised(pictures.to(device), spec)).float().cpu(), labels) for pictures, labels in loader]
    logits, labels = zip(*outputs, strict=True)
    return torch.cat(logits), torch.cat(labels)
