"""Checkpoints of the networks in `architectures/`: a folder in Hub layout."""

import importlib
import inspect
from pathlib import Path

import torch
from torch import nn

from hub_models.checkpoint import Checkpoint
from hub_models.errors import CheckpointError
from hub_models.local import read_config
from hub_models.predictors.classifier import Classifier
from hub_models.predictors.weights import assign, read_tensors


def build(checkpoint: Checkpoint, files: Path, device: str) -> nn.Module:
    """The network of `checkpoint` with the weights in the folder `files`."""
    config = read_config(files)
    try:
        model_class = importlib.import_module(f"hub_models.architectures.{checkpoint.model}").MODEL
    except ModuleNotFoundError as error:
        raise CheckpointError(
            "checkpoint_foreign",
            f"Expected a network of ours, but there is no architecture named {checkpoint.model!r}.",
        ) from error
    arguments = {name: config[name] for name in inspect.signature(model_class).parameters if name in config}
    tensors = read_tensors(files / "model.safetensors")
    with torch.device("meta"):
        model = model_class(**arguments)
    return assign(model, tensors, checkpoint).to(device)


def load(checkpoint: Checkpoint, files: Path, device: str) -> Classifier:
    """A ready classifier; class names and preprocessing come with the weights."""
    network = build(checkpoint, files, device)
    return Classifier(checkpoint, network, checkpoint.input, read_config(files)["label_names"], device)
