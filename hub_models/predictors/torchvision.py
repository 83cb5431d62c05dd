"""Networks of torchvision with the library's own weights, or from a folder: Faster R-CNN, Mask R-CNN, FCN, ...

The detectors scale and normalise pictures themselves, and answer in the pixels of the picture given.
"""

from pathlib import Path

import numpy as np
import torch
import torchvision
from torch import Tensor, nn

from hub_models.architectures.detection import LEAST_SCORE, MOST_FOUND, Found
from hub_models.checkpoint import Checkpoint
from hub_models.errors import CheckpointError
from hub_models.local import label_names
from hub_models.predictors import Predictor, torchvision_segmenter
from hub_models.predictors.detector import select, to_boxes
from hub_models.predictors.weights import assign, bytes_of, read_tensors
from hub_models.results import Boxes

BACKGROUND = 1  # the first of the network's classes, which is none


class TorchvisionDetector:
    """A detector of `torchvision.models.detection` with candidates before its own suppression."""

    suppresses = True

    def __init__(
        self, checkpoint: Checkpoint, network: nn.Module, names: tuple[str, ...], device: str
    ) -> None:
        self.checkpoint, self.network, self.names, self.device = checkpoint, network, names, device
        heads = network.roi_heads
        heads.score_thresh, heads.detections_per_img = LEAST_SCORE, MOST_FOUND
        heads.nms_thresh = 1.0  # no two boxes overlap by more, so all stay
        self.bytes = bytes_of(network)

    def preprocess(self, pixels: np.ndarray) -> Tensor:
        """(H, W, 3) uint8 RGB -> (3, H, W) float32 in 0..1."""
        return torch.from_numpy(pixels).permute(2, 0, 1).to(self.device).float() / 255

    def forward(self, x: Tensor) -> Found:
        """(3, H, W) -> candidates in its pixels."""
        with torch.inference_mode():
            found = self.network([x])[0]
        return Found(found["boxes"], found["labels"] - BACKGROUND, found["scores"])

    def candidates(self, pixels: np.ndarray) -> Boxes:
        return to_boxes(self.forward(self.preprocess(pixels)), 1.0, self.names, pixels.shape[:2])

    def predict(self, pixels: np.ndarray, confidence: float = 0.5, iou: float = 0.5) -> Boxes:
        return select(self.candidates(pixels), confidence, iou)


def own_weights(checkpoint: Checkpoint):
    """The member of torchvision's list of weights that the row means."""
    for weights in torchvision.models.get_model_weights(checkpoint.model):
        if weights.url.endswith(checkpoint.place):
            return weights
    raise CheckpointError(
        "checkpoint_unknown",
        f"Expected torchvision to have the weights of {checkpoint.title}, but it lists others. Install a newer one.",
    )


def class_names(checkpoint: Checkpoint, files: Path) -> tuple[str, ...]:
    """Without the background, but where it is a class as the others: in a map of all pixels."""
    if files.is_dir():
        return label_names(files)
    names = own_weights(checkpoint).meta["categories"]
    if checkpoint.task == "semantic-segmentation":
        return tuple(name.strip("_") for name in names)
    return tuple(names[BACKGROUND:])


def build(checkpoint: Checkpoint, files: Path, device: str) -> nn.Module:
    """The network of `checkpoint` with the weights in `files`: a folder, or one file."""
    if checkpoint.task == "semantic-segmentation":
        return torchvision_segmenter.build(checkpoint, files, class_names(checkpoint, files), device)
    classes = len(class_names(checkpoint, files)) + BACKGROUND
    tensors = read_tensors(files / "model.safetensors" if files.is_dir() else files)
    network = torchvision.models.get_model(
        checkpoint.model, weights=None, weights_backbone=None, num_classes=classes
    )
    return assign(network, tensors, checkpoint).to(device)


def load(checkpoint: Checkpoint, files: Path, device: str) -> Predictor:
    kind = TorchvisionDetector
    if checkpoint.task == "semantic-segmentation":
        kind = torchvision_segmenter.TorchvisionSegmenter
    elif checkpoint.task == "instance-segmentation":
        # not above: a Space of another task does not take this file along
        from hub_models.predictors.torchvision_instances import TorchvisionInstances as kind
    network = build(checkpoint, files, device)
    return kind(checkpoint, network, class_names(checkpoint, files), device)
