"""YOLO on a grid, after "You Only Look Once: Unified, Real-Time Object Detection"
(Redmon, Divvala, Girshick, Farhadi; 2016).

The idea that mattered: no proposals and no windows. The picture is divided into cells; the cell that contains an
object's midpoint is responsible for it, and one pass of one network says for all cells at once where and what.
Each cell predicts B boxes with a confidence each, but only one set of class probabilities. In training, of the
B boxes of a responsible cell the one with the highest IoU to the object is responsible (equation 3 of the paper);
its confidence learns that IoU. The score of a class is its probability times the confidence (equation 1).

A label is the lecture's equation 8.1, (p_c, b_x, b_y, b_h, b_w, c_1, ..., c_C), once for every cell: b_x and b_y
place the midpoint inside the cell, 0..1 from its upper left corner; b_h and b_w are in cells and may exceed 1.
A cell has one label: of two objects with their midpoint in one cell, the one listed last is learned.

Deviations: EfficientNet-Lite0 up to 1/16 and separable convolutions at 1/32 in place of 24 convolutions and two linear
layers, so that the grid has as many cells as the picture has room for; sigmoid for x, y and the confidence, softmax for
the classes; sides in the loss are measured in 7 cells, the paper's picture, whatever the picture.

Pictures (B, 3, H, W) -> numbers before sigmoid and softmax (B, N * (1 + 4) + C, H/32, W/32), N boxes a cell.
"""

from typing import NamedTuple

import torch
from huggingface_hub import PyTorchModelHubMixin
from torch import Tensor, nn
from torch.nn import functional as F

from hub_models.architectures.detection import Found, Targets, found_from
from hub_models.architectures.efficientnet_lite import EfficientNetLite0, conv_bn

COORD, NO_OBJECT = 5.0, 0.5  # lambda_coord and lambda_noobj of the paper
PAPER_GRID = 7  # cells along a side of the paper's picture
LARGEST_SIDE = 100.0  # cells; keeps an untrained network's boxes finite


class Cells(NamedTuple):
    """What the cells of a grid say of pictures: A boxes each."""

    boxes: Tensor  # (B, A, rows, columns, 4) xyxy, pixels of the batch's pictures
    confidence: Tensor  # (B, A, rows, columns) 0..1
    classes: Tensor  # (B, A, rows, columns, C) probabilities

    def found(self) -> list[Found]:
        """Candidates of each picture: every box with every class, scored by class probability times confidence."""
        scores = self.confidence[..., None] * self.classes
        pairs = zip(self.boxes.flatten(1, 3), scores.flatten(1, 3), strict=True)
        return [found_from(boxes, scores) for boxes, scores in pairs]


def cell_label(
    box: list[float], number: int, classes: int, stride: int, size: tuple[int, int]
) -> tuple[int, int, Tensor]:
    """An object -> (row, column, label (5 + C,)) of the cell of the grid `size` (rows, columns) with its midpoint.

    `box` is xyxy in pixels, `number` its class. A midpoint outside the picture belongs to the nearest cell.
    """
    x0, y0, x1, y1 = (side / stride for side in box)
    x, y = (x0 + x1) / 2, (y0 + y1) / 2
    row, column = min(max(int(y), 0), size[0] - 1), min(max(int(x), 0), size[1] - 1)
    label = torch.zeros(5 + classes)
    label[:5] = torch.tensor([1.0, x - column, y - row, y1 - y0, x1 - x0])
    label[5 + number] = 1.0
    return row, column, label


def boxes_in_pixels(parts: Tensor, stride: int) -> Tensor:
    """(..., rows, columns, 4) of b_x, b_y, b_h, b_w -> xyxy in pixels of the picture."""
    rows, columns = parts.shape[-3:-1]
    x = parts[..., 0] + torch.arange(columns, device=parts.device)
    y = parts[..., 1] + torch.arange(rows, device=parts.device)[:, None]
    half_h, half_w = parts[..., 2] / 2, parts[..., 3] / 2
    return stride * torch.stack([x - half_w, y - half_h, x + half_w, y + half_h], dim=-1)


def pairwise_iou(boxes: Tensor, others: Tensor) -> Tensor:
    """Intersection over union of boxes with others of the same shape (..., 4) xyxy -> (...)."""
    low, high = torch.maximum(boxes[..., :2], others[..., :2]), torch.minimum(boxes[..., 2:], others[..., 2:])
    shared = (high - low).clamp(min=0).prod(-1)
    areas = [(b[..., 2:] - b[..., :2]).prod(-1) for b in (boxes, others)]
    return shared / (areas[0] + areas[1] - shared).clamp(min=1e-9)


def separable(width: int, kernel: int = 5, stride: int = 1) -> nn.Sequential:
    """A depthwise convolution, which looks around, and a 1x1 convolution, which mixes the channels."""
    return nn.Sequential(conv_bn(width, width, kernel, stride, groups=width), conv_bn(width, width))


class YoloGrid(nn.Module, PyTorchModelHubMixin):
    """Backbone, one separable convolution with stride 2 and two more, one 1x1 convolution.

    `boxes`: N, predicted by every cell.
    """

    stride = 32

    def __init__(self, classes: int = 3, boxes: int = 2, width: int = 192) -> None:
        super().__init__()
        self.classes, self.boxes = classes, boxes
        self.backbone = EfficientNetLite0(last_stage=3)
        self.neck = nn.Sequential(
            conv_bn(self.backbone.channels[-1], width),
            separable(width, stride=2),
            separable(width),
            separable(width),
        )
        self.head = nn.Conv2d(width, boxes * 5 + classes, 1)
        nn.init.normal_(self.head.weight, std=0.01)
        nn.init.zeros_(self.head.bias)

    def forward(self, pictures: Tensor, targets: Targets | None = None) -> Tensor | dict[str, Tensor]:
        """The head's numbers; with `targets` the terms of the loss."""
        raw = self.head(self.neck(self.backbone(pictures)))
        return raw if targets is None else self.losses(raw, targets)

    def prediction(self, raw: Tensor) -> tuple[Tensor, Tensor]:
        """The head's numbers -> (boxes (B, N, rows, columns, 5), classes (B, rows, columns, C)).

        A box is p_c, b_x, b_y and the square roots of b_h and b_w in the paper's picture: 0.5 is a quarter of it.
        """
        boxes = raw[:, : self.boxes * 5].unflatten(1, (self.boxes, 5)).permute(0, 1, 3, 4, 2)
        boxes = torch.cat([boxes[..., :3].sigmoid(), boxes[..., 3:] + 0.5], dim=-1)
        return boxes, raw[:, self.boxes * 5 :].permute(0, 2, 3, 1).softmax(-1)

    def in_pixels(self, boxes: Tensor) -> Tensor:
        """The boxes (B, N, rows, columns, 5) of a prediction -> (B, N, rows, columns, 4) xyxy in pixels."""
        sides = PAPER_GRID * boxes[..., 3:].clamp(min=0).square()
        return boxes_in_pixels(
            torch.cat([boxes[..., 1:3], sides.clamp(max=LARGEST_SIDE)], dim=-1), self.stride
        )

    def label(self, targets: Targets, size: tuple[int, int]) -> Tensor:
        """Objects -> (B, rows, columns, 5 + C) for a grid of `size` (rows, columns)."""
        label = torch.zeros(len(targets.boxes), *size, 5 + self.classes)
        for picture, (boxes, numbers) in enumerate(zip(*targets, strict=True)):
            for box, number in zip(boxes.tolist(), numbers.tolist(), strict=True):
                row, column, of_cell = cell_label(box, number, self.classes, self.stride, size)
                label[picture, row, column] = of_cell
        return label

    def losses(self, raw: Tensor, targets: Targets) -> dict[str, Tensor]:
        """Equation 3 of the paper, term by term, for each object of the batch."""
        label = self.label(targets, raw.shape[2:]).to(raw.device)
        boxes, classes = self.prediction(raw)
        owned = label[..., 0] == 1  # (B, rows, columns)
        with torch.no_grad():
            truth = boxes_in_pixels(label[..., 1:5], self.stride)[:, None]
            iou = pairwise_iou(self.in_pixels(boxes), truth)  # (B, N, rows, columns)
            best = F.one_hot(iou.argmax(1), self.boxes).movedim(-1, 1).bool()
        task = best & owned[:, None]  # (B, N, rows, columns): the responsible boxes
        expected, found = label[:, None].expand(-1, self.boxes, -1, -1, -1)[task], boxes[task]
        roots = (expected[:, 3:5] / PAPER_GRID).sqrt()
        terms = {
            "midpoint": COORD * (found[:, 1:3] - expected[:, 1:3]).square().sum(),
            "sides": COORD * (found[:, 3:5] - roots).square().sum(),
            "confidence": (found[:, 0] - iou[task]).square().sum(),
            "no_object": NO_OBJECT * boxes[..., 0][~task].square().sum(),
            "classes": (classes - label[..., 5:])[owned].square().sum(),
        }
        return {name: term / max(len(found), 1) for name, term in terms.items()}

    def cells(self, pictures: Tensor) -> Cells:
        """What every cell says of every picture."""
        boxes, classes = self.prediction(self(pictures))
        return Cells(
            self.in_pixels(boxes),
            boxes[..., 0],
            classes[:, None].expand(-1, self.boxes, -1, -1, -1),
        )

    def detect(self, pictures: Tensor) -> list[Found]:
        """Candidates of each picture: N boxes a cell."""
        return self.cells(pictures).found()


MODEL = YoloGrid
EXAMPLE = ({"classes": 3, "boxes": 2, "width": 16}, (2, 3, 96, 64), (2, 13, 3, 2))
