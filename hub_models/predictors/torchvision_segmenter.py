"""Networks of torchvision that label pixels: FCN, DeepLabV3 and LR-ASPP."""

from pathlib import Path

import numpy as np
import torch
import torchvision
from torch import Tensor, nn

from hub_models.checkpoint import Checkpoint
from hub_models.predictors.detector import letterbox
from hub_models.predictors.segmenter import to_semantic_map
from hub_models.predictors.weights import assign, bytes_of, read_tensors
from hub_models.preprocess import InputSpec, normalise
from hub_models.segments import SemanticMap

SHORTER = 520  # pixels of the shorter side, as in the library's evaluation
LONGER = 2 * SHORTER  # at most; the library has no limit


class TorchvisionSegmenter:
    """The map of the library's last layer, before the library enlarges it."""

    def __init__(
        self, checkpoint: Checkpoint, network: nn.Module, names: tuple[str, ...], device: str
    ) -> None:
        self.checkpoint, self.network, self.names, self.device = checkpoint, network, names, device
        self.bytes = bytes_of(network)

    def preprocess(self, pixels: np.ndarray) -> Tensor:
        """(H, W, 3) uint8 RGB -> (1, 3, h, w) float32 on the device."""
        wide = pixels.shape[1] >= pixels.shape[0]
        spec = InputSpec(size_hw=(SHORTER, LONGER) if wide else (LONGER, SHORTER), interpolation="bilinear")
        seen, _ = letterbox(pixels, spec, stride=1)
        return torch.from_numpy(normalise(seen, spec))[None].to(self.device)

    def forward(self, x: Tensor) -> Tensor:
        """(1, 3, h, w) -> logits (1, classes, h / 8, w / 8)."""
        with torch.inference_mode():
            features = self.network.backbone(x)
            return self.network.classifier(features.get("out", features))

    def predict(self, pixels: np.ndarray) -> SemanticMap:
        logits = self.forward(self.preprocess(pixels))
        return to_semantic_map(logits[0].float().softmax(0), self.names, pixels.shape[:2])


def build(checkpoint: Checkpoint, files: Path, names: tuple[str, ...], device: str) -> nn.Module:
    """The network with its weights; without the second classifier, which only its training used."""
    tensors = read_tensors(files / "model.safetensors" if files.is_dir() else files)
    kept = {name: tensor for name, tensor in tensors.items() if not name.startswith("aux_classifier.")}
    network = torchvision.models.get_model(
        checkpoint.model, weights=None, weights_backbone=None, num_classes=len(names), aux_loss=False
    )
    return assign(network, kept, checkpoint).to(device)
