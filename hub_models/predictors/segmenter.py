"""A network that labels pixels: pixels -> letterbox -> network -> probabilities -> a class for every pixel given."""

from typing import Protocol

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from hub_models.checkpoint import Checkpoint
from hub_models.predictors.detector import Letterboxed
from hub_models.preprocess import InputSpec
from hub_models.segments import SemanticMap


class SegmenterProtocol(Protocol):
    """What every network that labels pixels offers, of whatever library."""

    checkpoint: Checkpoint
    names: tuple[str, ...]
    device: str
    bytes: int

    def predict(self, pixels: np.ndarray) -> SemanticMap:
        """(H, W, 3) uint8 RGB -> a class for each of the H x W pixels."""


def to_semantic_map(probabilities: Tensor, names: tuple[str, ...], size_hw: tuple[int, int]) -> SemanticMap:
    """Probabilities (C, h, w) that cover the whole picture -> the map in the picture's own size.

    Enlarged class by class, so that a large picture with many classes needs the memory of two maps.
    """
    best, labels = None, torch.zeros(size_hw, dtype=torch.uint8, device=probabilities.device)
    for number, map in enumerate(probabilities):
        large = F.interpolate(map[None, None], size=size_hw, mode="bilinear")[0, 0]
        if best is None:
            best = large
            continue
        labels[large > best] = number
        best = torch.maximum(best, large)
    return SemanticMap(names, labels.cpu().numpy(), probabilities.float().cpu().numpy())


class Segmenter(Letterboxed):
    """Around a network of `architectures`: `network(x)` gives logits (B, classes, H, W); `stride` divides H and W."""

    def preprocess(self, pixels: np.ndarray, spec: InputSpec | None = None) -> tuple[Tensor, tuple[int, int]]:
        """(H, W, 3) uint8 RGB -> ((1, 3, h, w) float32 on the device, (rows, columns) of it that are picture)."""
        x, scale = self.letterboxed(pixels, spec)
        return x, tuple(max(1, round(side * scale)) for side in pixels.shape[:2])

    def forward(self, x: Tensor) -> Tensor:
        """(1, 3, h, w) -> logits (1, classes, h, w)."""
        with torch.inference_mode():
            return self.network(x)

    def postprocess(self, logits: Tensor, used: tuple[int, int], size_hw: tuple[int, int]) -> SemanticMap:
        """Logits (1, classes, h, w) of a letterboxed picture -> the map of the picture given."""
        probabilities = logits[0, :, : used[0], : used[1]].float().softmax(0)
        return to_semantic_map(probabilities, self.names, size_hw)

    def predict(self, pixels: np.ndarray) -> SemanticMap:
        x, used = self.preprocess(pixels)
        return self.postprocess(self.forward(x), used, pixels.shape[:2])
