"""Ultralytics' YOLO with masks: a box, a class and 32 numbers an object, which mix 32 maps of the picture into its mask.

Source of the idea: "YOLACT: Real-time Instance Segmentation" (Bolya, Zhou, Xiao, Lee; 2019).
"""

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F
from torchvision.ops import batched_nms

from hub_models.architectures.detection import LEAST_SCORE, MOST_FOUND, sides
from hub_models.predictors.instances import select_instances
from hub_models.predictors.torchvision_instances import MOST_MASKS, NEARLY_THE_SAME, boxed_instances
from hub_models.predictors.ultralytics import YoloDetector, YoloNetwork, decode
from hub_models.segments import Instances

CELL = 4  # pixels of the network's picture a cell of the prototypes
MOST_CELLS = 80  # of a side of a mask that is kept: it has to fit into the memory of a session


class YoloMaskNetwork(YoloNetwork):
    """A `SegmentationModel` with its prototypes."""

    def with_prototypes(self, x: Tensor) -> tuple[dict[str, Tensor], Tensor, Tensor, Tensor]:
        """(B, 3, H, W) -> what the head says (`mask_coefficient` (B, K, N)), prototypes (B, K, h, w), points and strides."""
        maps = self.maps(x)
        head = self.model.model[-1]
        prototypes = head.proto(maps if hasattr(head.proto, "feat_refine") else maps[0])
        return self.said(maps), prototypes, *self.places(maps)

    def forward(self, x: Tensor) -> Tensor:
        """(B, 3, H, W) -> all that the head says, in one row a picture."""
        said, prototypes, _, _ = self.with_prototypes(x)
        parts = (said["boxes"], said["scores"], said["mask_coefficient"], prototypes)
        return torch.cat([part.flatten(1) for part in parts], 1)


class YoloInstances(YoloDetector):
    """Candidates with their masks; near doubles of one class get one mask."""

    def candidates(self, pixels: np.ndarray) -> Instances:
        x, scale = self.preprocess(pixels)
        height, width = pixels.shape[:2]
        with torch.inference_mode():
            boxes, labels, scores, coefficients, prototypes = self.best(x, (height * scale, width * scale))
            logits = torch.einsum("nk,khw->nhw", coefficients, prototypes)
            masks = [inside(one, box, x.shape[2:]) for one, box in zip(logits, boxes, strict=True)]
        limit = boxes.new_tensor([width, height, width, height])
        return boxed_instances(
            torch.minimum(boxes / scale, limit), labels, scores, masks, self.names, (height, width)
        )

    def best(self, x: Tensor, picture_hw: tuple[float, float]) -> tuple[Tensor, ...]:
        """Boxes (N, 4) in pixels of x (1, 3, H, W), labels, scores and coefficients (N, K) of it, prototypes (K, h, w)."""
        said, prototypes, points, strides = self.quick.with_prototypes(x)
        chances = said["scores"][0].float().sigmoid().T  # (N, C)
        certain, order = chances.flatten().sort(descending=True, stable=True)
        order = order[:MOST_FOUND][certain[:MOST_FOUND] >= LEAST_SCORE]
        place, labels = order // chances.shape[1], order % chances.shape[1]
        height, width = picture_hw
        limit = chances.new_tensor([width, height, width, height])
        boxes = torch.minimum(decode(said["boxes"][0].float(), points, strides)[place].clamp(min=0), limit)
        real = (sides(boxes) > 0).all(1)  # what lies in the padding has no side left
        boxes, labels, scores, place = boxes[real], labels[real], chances.flatten()[order][real], place[real]
        kept = batched_nms(boxes, scores, labels, NEARLY_THE_SAME)[:MOST_MASKS]
        coefficients = said["mask_coefficient"][0].float().T[place[kept]]
        return boxes[kept], labels[kept], scores[kept], coefficients, prototypes[0].float()

    def predict(self, pixels: np.ndarray, confidence: float = 0.5, iou: float = 0.5) -> Instances:
        return select_instances(self.candidates(pixels), confidence, iou, self.suppresses)


def inside(logits: Tensor, box: Tensor, size_hw: tuple[int, int]) -> Tensor:
    """The part of a mask's logits (h, w), which cover a picture of `size_hw`, in `box` (4,): (r, c) in 0..1."""
    count = (sides(box) / CELL).ceil().clamp(1, MOST_CELLS).int().tolist()  # columns, rows
    places = []
    for axis, side in enumerate((size_hw[1], size_hw[0])):
        centres = (torch.arange(count[axis], device=box.device) + 0.5) / count[axis]
        places.append(
            2 * (box[axis] + centres * (box[axis + 2] - box[axis])) / side - 1
        )  # as grid_sample counts
    y, x = torch.meshgrid(places[1], places[0], indexing="ij")
    read = F.grid_sample(
        logits[None, None], torch.stack([x, y], -1)[None], padding_mode="border", align_corners=False
    )
    return read[0, 0].sigmoid()
