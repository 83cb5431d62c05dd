"""What the detectors written here share: the shape of their answers, boxes by their parts, matching, box regression.

Every detector is a module with two uses:

    network(pictures, targets)   -> the terms of its loss by name, scalars; `Targets` are boxes in pixels of `pictures`
    network.detect(pictures)     -> a `Found` a picture, before any threshold and non-max suppression

`pictures` (B, 3, H, W) are normalised, H and W multiples of the network's `stride`.
"""

import math
from typing import NamedTuple

import torch
from torch import Tensor

LEAST_SCORE = 0.01  # what is less certain is never listed
MOST_FOUND = 1000  # candidates a picture, the most certain
LARGEST_GROWTH = math.log(1000 / 16)  # of a side by box regression, as in Faster R-CNN's reference code


class Targets(NamedTuple):
    """The true objects of each picture of a batch."""

    boxes: list[Tensor]  # (n, 4) xyxy, pixels of the batch's pictures, a tensor a picture
    labels: list[Tensor]  # (n,) int64 from 0, background not counted


class Found(NamedTuple):
    """Candidates in one picture, in any order."""

    boxes: Tensor  # (N, 4) xyxy, pixels of the batch's pictures
    labels: Tensor  # (N,) int64 from 0
    scores: Tensor  # (N,) 0..1


def found_from(boxes: Tensor, probabilities: Tensor, most: int = MOST_FOUND) -> Found:
    """Boxes (N, 4), or one a class (N, C, 4), with class probabilities (N, C) -> the `most` certain (box, class) pairs."""
    count, classes = probabilities.shape
    if boxes.ndim == 2:
        boxes = boxes[:, None].expand(count, classes, 4)
    certain = probabilities.flatten()
    order = certain.argsort(descending=True, stable=True)[:most]
    order = order[certain[order] >= LEAST_SCORE]
    return Found(boxes.reshape(-1, 4)[order], order % classes, certain[order])


def encode_boxes(boxes: Tensor, anchors: Tensor) -> Tensor:
    """Boxes as seen from anchors, both (N, 4) xyxy -> (N, 4): (dx, dy) in sides of the anchor, log of the growth.

    Source: "Rich feature hierarchies" (Girshick, Donahue, Darrell, Malik; 2014), equations 6 to 9.
    """
    centre, side = centres(boxes), sides(boxes)
    anchor_centre, anchor_side = centres(anchors), sides(anchors)
    return torch.cat([(centre - anchor_centre) / anchor_side, (side / anchor_side).log()], dim=-1)


def decode_boxes(offsets: Tensor, anchors: Tensor) -> Tensor:
    """The inverse of `encode_boxes`; offsets (N, 4), or (N, C, 4) with anchors (N, 1, 4)."""
    shift, growth = offsets[..., :2], offsets[..., 2:].clamp(max=LARGEST_GROWTH)
    centre = centres(anchors) + shift * sides(anchors)
    half = sides(anchors) * growth.exp() / 2
    return torch.cat([centre - half, centre + half], dim=-1)


def centres(boxes: Tensor) -> Tensor:
    """(..., 4) xyxy -> (..., 2) x, y."""
    return (boxes[..., :2] + boxes[..., 2:]) / 2


def sides(boxes: Tensor) -> Tensor:
    """(..., 4) xyxy -> (..., 2) width, height."""
    return boxes[..., 2:] - boxes[..., :2]


def clip_boxes(boxes: Tensor, size_hw: tuple[int, int]) -> Tensor:
    """Boxes (..., 4) xyxy cut at the border of a picture."""
    height, width = size_hw
    return torch.stack(
        [
            boxes[..., 0].clamp(0, width), boxes[..., 1].clamp(0, height),
            boxes[..., 2].clamp(0, width), boxes[..., 3].clamp(0, height),
        ],
        dim=-1,
    )  # fmt: skip


def iou_matrix(boxes: Tensor, others: Tensor) -> Tensor:
    """Intersection over union of every pair: (N, 4) and (M, 4) xyxy -> (N, M) in 0..1."""
    low = torch.maximum(boxes[:, None, :2], others[None, :, :2])
    high = torch.minimum(boxes[:, None, 2:], others[None, :, 2:])
    shared = (high - low).clamp(min=0).prod(-1)
    union = sides(boxes).prod(-1)[:, None] + sides(others).prod(-1)[None] - shared
    return shared / union.clamp(min=1e-9)
