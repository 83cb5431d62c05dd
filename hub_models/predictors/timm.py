"""Checkpoints of timm: from a package, a folder of ours, or the Hub."""

from pathlib import Path

import timm
import torch
from torch import nn

from hub_models.checkpoint import Checkpoint
from hub_models.labels import read_labels
from hub_models.local import read_config
from hub_models.predictors import Predictor
from hub_models.predictors.classifier import Classifier
from hub_models.predictors.weights import assign, read_tensors
from hub_models.preprocess import InputSpec


def input_spec(cfg: dict) -> InputSpec:
    """timm's `pretrained_cfg` in our words."""
    return InputSpec(
        size_hw=tuple(cfg["input_size"][1:]),
        mean=tuple(cfg["mean"]),
        std=tuple(cfg["std"]),
        crop=cfg.get("crop_pct") or 0.875,
        interpolation=cfg.get("interpolation", "bicubic"),
    )


def build(checkpoint: Checkpoint, files: Path, device: str) -> nn.Module:
    """The network of `checkpoint` with the weights in `files`: a folder in Hub layout, or one file."""
    classes = 1000
    if files.is_dir():
        config = read_config(files)
        classes = config["num_classes"]
        files = files / "model.safetensors"
    if checkpoint.kind == "hub":  # timm's own loading, which knows how older weights are to be renamed
        overlay = {"file": str(files), "custom_load": False}
        model = timm.create_model(
            checkpoint.model, pretrained=True, pretrained_cfg_overlay=overlay, num_classes=classes
        )
        return model.eval().requires_grad_(False).to(device)
    tensors = read_tensors(files)
    with torch.device("meta"):
        model = timm.create_model(checkpoint.model, pretrained=False, num_classes=classes)
    if checkpoint.kind == "package":
        # another author's names for the same layers: as many tensors, in the same order, of the same shapes
        tensors = dict(zip(model.state_dict(), tensors.values(), strict=True))
    return assign(model, tensors, checkpoint).to(device)


def load(checkpoint: Checkpoint, files: Path, device: str) -> Predictor:
    """A ready predictor; class names and preprocessing come with the weights where these bring them."""
    if checkpoint.task == "semantic-segmentation":
        from hub_models.predictors import timm_segmenter

        return timm_segmenter.load(checkpoint, files, device)
    if checkpoint.task == "face-recognition":
        from hub_models.predictors import timm_embedder

        return timm_embedder.load(checkpoint, files, device)
    if checkpoint.task == "style-transfer":
        from hub_models.predictors import gatys

        return gatys.load(checkpoint, files, device)
    network = build(checkpoint, files, device)
    config = read_config(files) if files.is_dir() else {}
    names = config.get("label_names") or config.get("pretrained_cfg", {}).get("label_names")
    spec = checkpoint.input or input_spec(config["pretrained_cfg"])
    return Classifier(checkpoint, network, spec, names or read_labels(checkpoint.labels), device)
