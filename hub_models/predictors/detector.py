"""A detector of objects: pixels -> letterbox -> network -> candidates -> threshold and non-max suppression -> Boxes.

The candidates do not depend on the thresholds, so a slider is answered by `select` without the network.
"""

from collections.abc import Callable
from typing import Protocol, TypeVar

import numpy as np
import torch
from PIL import Image
from torch import Tensor, nn
from torchvision.ops import batched_nms

from hub_models.architectures.detection import Found
from hub_models.checkpoint import Checkpoint
from hub_models.predictors.weights import bytes_of
from hub_models.preprocess import RESAMPLING, InputSpec, normalise
from hub_models.results import Boxes
from hub_models.segments import Instances

MOST_SHOWN = 300  # objects in one picture
Objects = TypeVar("Objects", Boxes, Instances)


class DetectorProtocol(Protocol):
    """What every detector offers, of whatever library."""

    checkpoint: Checkpoint
    names: tuple[str, ...]
    device: str
    bytes: int
    suppresses: (
        bool  # False: the network gives one box an object by itself (DETR), the IoU threshold is not used
    )

    def candidates(self, pixels: np.ndarray) -> Boxes:
        """(H, W, 3) uint8 RGB -> all candidates of at least 1 %, before suppression; at most 1000."""

    def predict(self, pixels: np.ndarray, confidence: float = 0.5, iou: float = 0.5) -> Boxes: ...


def select(
    candidates: Objects, confidence: float, iou: float, suppresses: bool = True, most: int = MOST_SHOWN
) -> Objects:
    """What is at least `confidence` certain, and of boxes of one class that overlap by more than `iou` the best."""
    certain = candidates.chosen(candidates.scores >= confidence)
    if not suppresses or not len(certain):
        return certain.chosen(np.arange(min(len(certain), most)))
    arrays = (certain.boxes_xyxy, certain.scores, certain.labels)
    kept = batched_nms(*(torch.from_numpy(array) for array in arrays), iou)
    return certain.chosen(np.sort(kept.numpy())[:most])


def growth(spec: InputSpec, size_hw: tuple[int, int]) -> float:
    """The factor by which a picture of `size_hw` grows to be as large as fits into `spec.size_hw`."""
    return min(spec.size_hw[0] / size_hw[0], spec.size_hw[1] / size_hw[1])


def letterbox(
    pixels: np.ndarray, spec: InputSpec, stride: int, fill: int | None = None
) -> tuple[np.ndarray, float]:
    """The whole picture, as large as fits into `spec.size_hw`, padded at the right and below to multiples of `stride`.

    (H, W, 3) uint8 -> ((3, h, w) uint8, factor by which the picture grew). The padding is grey of
    `fill`, or the mean colour.
    """
    height, width = pixels.shape[:2]
    scale = growth(spec, (height, width))
    new_h, new_w = max(1, round(height * scale)), max(1, round(width * scale))
    picture = Image.fromarray(pixels)
    if (new_w, new_h) != picture.size:
        picture = picture.resize((new_w, new_h), RESAMPLING[spec.interpolation])
    padded_hw = (-(-new_h // stride) * stride, -(-new_w // stride) * stride)
    canvas = np.empty((*padded_hw, 3), np.uint8)
    canvas[:] = np.round(np.array(spec.mean) * 255) if fill is None else fill
    canvas[:new_h, :new_w] = np.asarray(picture)
    return np.ascontiguousarray(canvas.transpose(2, 0, 1)), scale  # (h, w, 3) -> (3, h, w)


def to_boxes(found: Found, scale: float, names: tuple[str, ...], size_hw: tuple[int, int]) -> Boxes:
    """What a network found in a letterboxed picture, in pixels of the picture given."""
    height, width = size_hw
    order = found.scores.argsort(descending=True, stable=True)
    boxes = (found.boxes[order].float().cpu().numpy() / scale).astype(np.float32)
    boxes = np.clip(boxes, 0, np.array([width, height, width, height], np.float32))
    labels, scores = found.labels[order].cpu().numpy(), found.scores[order].float().cpu().numpy()
    real = (boxes[:, 2:] > boxes[:, :2]).all(axis=1)  # what lies in the padding has no side left
    return Boxes(names, boxes[real], labels[real].astype(np.int64), scores[real], size_hw)


class Letterboxed:
    """Around a network of `architectures` with `stride`, which sees the whole picture letterboxed."""

    def __init__(
        self,
        checkpoint: Checkpoint,
        network: nn.Module,
        spec: InputSpec,
        names: tuple[str, ...],
        device: str,
    ) -> None:
        self.checkpoint, self.spec, self.names, self.device = checkpoint, spec, tuple(names), device
        self.network = network.to(memory_format=torch.channels_last)
        self.bytes = bytes_of(self.network)

    def letterboxed(self, pixels: np.ndarray, spec: InputSpec | None = None) -> tuple[Tensor, float]:
        """(H, W, 3) uint8 RGB -> ((1, 3, h, w) float32 on the device, factor by which the picture grew).

        `spec`: in place of the network's own, to look at another size.
        """
        seen, scale = letterbox(pixels, spec or self.spec, self.network.stride)
        return torch.from_numpy(normalise(seen, self.spec))[None].to(self.device), scale


class Detector(Letterboxed):
    """A detector around a network of `architectures` with `detect(pictures) -> [Found]` and `stride`."""

    suppresses = True

    def preprocess(self, pixels: np.ndarray) -> tuple[Tensor, float]:
        """(H, W, 3) uint8 RGB -> ((1, 3, h, w) float32 on the device, factor by which the picture grew)."""
        return self.letterboxed(pixels)

    def forward(self, x: Tensor, detect: Callable[[Tensor], list[Found]] | None = None) -> Found:
        """(1, 3, h, w) -> candidates in its pixels."""
        with torch.inference_mode():
            return (detect or self.network.detect)(x)[0]

    def candidates(self, pixels: np.ndarray) -> Boxes:
        x, scale = self.preprocess(pixels)
        return to_boxes(self.forward(x), scale, self.names, pixels.shape[:2])

    def predict(self, pixels: np.ndarray, confidence: float = 0.5, iou: float = 0.5) -> Boxes:
        return select(self.candidates(pixels), confidence, iou, self.suppresses)
