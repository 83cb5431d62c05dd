"""Mask R-CNN of torchvision: the library's network, its boxes before the last suppression, its masks as they are.

The library pastes each mask (28 x 28) into the whole picture; here it stays small, for `Instances` enlarges it.
"""

import numpy as np
import torch
from torch import Tensor, nn

from hub_models.architectures.detection import LEAST_SCORE
from hub_models.checkpoint import Checkpoint
from hub_models.predictors.instances import select_instances
from hub_models.predictors.transformers_detector import too_long
from hub_models.predictors.weights import bytes_of
from hub_models.segments import Instances

BACKGROUND = 1  # the first of the network's classes, which is none
NEARLY_THE_SAME = (
    0.8  # overlap of two boxes of one class from which one mask is enough: the mask is the dear part
)
MOST_MASKS = 200


class TorchvisionInstances:
    """Around `torchvision.models.detection.MaskRCNN`, which scales and normalises pictures itself."""

    suppresses = True

    def __init__(
        self, checkpoint: Checkpoint, network: nn.Module, names: tuple[str, ...], device: str
    ) -> None:
        self.checkpoint, self.network, self.names, self.device = checkpoint, network, names, device
        heads = network.roi_heads
        heads.score_thresh, heads.detections_per_img = LEAST_SCORE, MOST_MASKS
        heads.nms_thresh = NEARLY_THE_SAME
        self.bytes = bytes_of(network)

    def preprocess(self, pixels: np.ndarray) -> Tensor:
        """(H, W, 3) uint8 RGB -> (3, H, W) float32 in 0..1. BadInput `aspect`."""
        sides = sorted(pixels.shape[:2])
        resize = self.network.transform
        if sides[0] * min(resize.min_size[-1] / sides[0], resize.max_size / sides[1]) < 1:
            raise too_long(self.checkpoint, pixels.shape[:2])
        return torch.from_numpy(pixels).permute(2, 0, 1).to(self.device).float() / 255

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """(3, H, W) -> boxes (N, 4) in its pixels, labels (N,), scores (N,), masks (N, 28, 28) in 0..1."""
        network = self.network
        with torch.inference_mode():
            resized, _ = network.transform([x])
            features = network.backbone(resized.tensors)
            regions, _ = network.rpn(resized, features)
            ((found,), _) = network.roi_heads(features, regions, resized.image_sizes)
        (seen_h, seen_w), (height, width) = resized.image_sizes[0], x.shape[1:]
        scale = found["boxes"].new_tensor([width / seen_w, height / seen_h] * 2)
        return found["boxes"] * scale, found["labels"] - BACKGROUND, found["scores"], found["masks"][:, 0]

    def candidates(self, pixels: np.ndarray) -> Instances:
        boxes, labels, scores, masks = self.forward(self.preprocess(pixels))
        return boxed_instances(boxes, labels, scores, masks, self.names, pixels.shape[:2])

    def predict(self, pixels: np.ndarray, confidence: float = 0.5, iou: float = 0.5) -> Instances:
        return select_instances(self.candidates(pixels), confidence, iou, self.suppresses)


def boxed_instances(
    boxes: Tensor,
    labels: Tensor,
    scores: Tensor,
    masks: Tensor | list[Tensor],
    names: tuple[str, ...],
    size_hw: tuple[int, int],
) -> Instances:
    """Boxes (N, 4) inside the picture, with a mask (h, w) in 0..1 each -> Instances, the most certain first."""
    order = scores.argsort(descending=True, stable=True)
    return Instances(
        names,
        boxes[order].float().cpu().numpy(),
        labels[order].cpu().numpy().astype(np.int64),
        scores[order].float().cpu().numpy(),
        tuple(masks[i].float().clamp(0, 1).cpu().numpy() for i in order.tolist()),
        size_hw,
    )
