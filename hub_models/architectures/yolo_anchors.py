"""YOLO with anchors, after "YOLO9000: Better, Faster, Stronger" (Redmon, Farhadi; 2017), known as YOLOv2.

The idea that mattered: a cell of the grid starts from a few boxes of typical height and width, found by clustering
those of the training data, and says of each of them how certain it is, how to move and stretch it, and what it shows.
So one cell can find several objects, and boxes need not be learned from nothing.

Labels and predictions have one layout, that of the lecture's equation 8.1: (p_c, b_x, b_y, b_h, b_w, c_1, ..., c_C),
once for every cell and anchor. b_x and b_y place the midpoint inside the cell, 0..1 from its upper left corner;
b_h and b_w are in cells and may exceed 1. An object is the task of the cell that contains its midpoint, and there of
the anchor with the highest IoU to it.

Deviations: EfficientNet-Lite0 up to 1/16 in place of Darknet-19, with separable convolutions behind it; cross-entropy
in place of squares for p_c and the classes, the generalised IoU (Rezatofighi and others, 2019) in place of squares for
the boxes; three to five anchors; one picture size.

Pictures (B, 3, H, W) -> numbers before sigmoid, exp and softmax (B, A * (1 + 4 + C), H/16, W/16): equation 8.4.
"""

from collections.abc import Sequence

import torch
from huggingface_hub import PyTorchModelHubMixin
from torch import Tensor, nn
from torch.nn import functional as F

from hub_models.architectures.detection import LARGEST_GROWTH, Found, Targets, iou_matrix
from hub_models.architectures.efficientnet_lite import EfficientNetLite0, conv_bn
from hub_models.architectures.yolo_grid import Cells, boxes_in_pixels, cell_label, pairwise_iou, separable

IGNORED_IOU = (
    0.6  # a prediction without task that overlaps an object by more may be as certain as it likes (paper)
)
BOX = 2.0  # weight of the boxes; they are learned last
START_CERTAINTY = -4.0  # before the sigmoid: nearly all predictions have no task


def giou(boxes: Tensor, others: Tensor) -> Tensor:
    """Generalised IoU of boxes with others of the same shape (..., 4) xyxy -> (...), -1..1.

    IoU less the share of the smallest box around both that neither covers: it tells far from farther.
    """
    low, high = torch.minimum(boxes[..., :2], others[..., :2]), torch.maximum(boxes[..., 2:], others[..., 2:])
    around = (high - low).prod(-1).clamp(min=1e-9)
    areas = (boxes[..., 2:] - boxes[..., :2]).prod(-1) + (others[..., 2:] - others[..., :2]).prod(-1)
    iou = pairwise_iou(boxes, others)
    union = areas / (1 + iou)  # of iou = shared / union and areas = union + shared
    return iou - (around - union) / around


class YoloAnchors(nn.Module, PyTorchModelHubMixin):
    """Backbone, its finer maps folded in (the paper's passthrough), two separable convolutions, one 1x1 convolution.

    `anchors_wh`: width and height of each anchor in pixels of the network's pictures.
    """

    stride = 16

    def __init__(
        self,
        classes: int = 3,
        anchors_wh: Sequence[Sequence[float]] = ((32.0, 32.0), (96.0, 96.0), (192.0, 192.0)),
        width: int = 160,
    ) -> None:
        super().__init__()
        self.classes = classes
        self.anchors_wh = tuple((float(w), float(h)) for w, h in anchors_wh)
        self.backbone = EfficientNetLite0(last_stage=3)
        _, fine, coarse = self.backbone.channels
        self.fold = nn.PixelUnshuffle(2)  # (B, C, 2h, 2w) -> (B, 4C, h, w)
        self.neck = nn.Sequential(conv_bn(coarse + 4 * fine, width), separable(width), separable(width))
        self.head = nn.Conv2d(width, len(self.anchors_wh) * (5 + classes), 1)
        nn.init.normal_(self.head.weight, std=0.01)
        nn.init.zeros_(self.head.bias)
        with torch.no_grad():  # nearly all predictions have no task: start by saying so
            self.head.bias.view(len(self.anchors_wh), -1)[:, 0] = START_CERTAINTY

    def forward(self, pictures: Tensor, targets: Targets | None = None) -> Tensor | dict[str, Tensor]:
        """The head's numbers; with `targets` the terms of the loss."""
        _, fine, coarse = self.backbone.features(pictures)
        raw = self.head(self.neck(torch.cat([coarse, self.fold(fine)], dim=1)))
        return raw if targets is None else self.losses(raw, targets)

    def split(self, raw: Tensor) -> Tensor:
        """(B, A * (5 + C), rows, columns) -> (B, A, rows, columns, 5 + C)."""
        return raw.unflatten(1, (len(self.anchors_wh), 5 + self.classes)).permute(0, 1, 3, 4, 2)

    def prediction(self, raw: Tensor) -> Tensor:
        """The head's numbers -> (B, A, rows, columns, 5 + C) in the layout of the labels."""
        raw = self.split(raw)
        anchors_hw = raw.new_tensor(self.anchors_wh).flip(1).view(-1, 1, 1, 2) / self.stride
        sides = anchors_hw * raw[..., 3:5].clamp(max=LARGEST_GROWTH).exp()
        return torch.cat([raw[..., :3].sigmoid(), sides, raw[..., 5:].softmax(-1)], dim=-1)

    def anchor_of(self, box: Sequence[float]) -> int:
        """The anchor with the highest IoU to `box` xyxy when both have the same midpoint."""
        w, h = box[2] - box[0], box[3] - box[1]

        def iou(anchor: tuple[float, float]) -> float:
            shared = min(w, anchor[0]) * min(h, anchor[1])
            return shared / max(w * h + anchor[0] * anchor[1] - shared, 1e-9)

        return max(range(len(self.anchors_wh)), key=lambda a: iou(self.anchors_wh[a]))

    def label(self, targets: Targets, size: tuple[int, int]) -> Tensor:
        """Objects -> (B, A, rows, columns, 5 + C) for a grid of `size` (rows, columns)."""
        label = torch.zeros(len(targets.boxes), len(self.anchors_wh), *size, 5 + self.classes)
        for picture, (boxes, numbers) in enumerate(zip(*targets, strict=True)):
            for box, number in zip(boxes.tolist(), numbers.tolist(), strict=True):
                row, column, of_cell = cell_label(box, number, self.classes, self.stride, size)
                label[picture, self.anchor_of(box), row, column] = of_cell
        return label

    def losses(self, raw: Tensor, targets: Targets) -> dict[str, Tensor]:
        """Certainty with and without object, boxes, classes; for each object of the batch."""
        label = self.label(targets, raw.shape[2:]).to(raw.device)
        boxes = boxes_in_pixels(self.prediction(raw)[..., 1:5], self.stride)  # (B, A, rows, columns, 4)
        raw, task = self.split(raw), label[..., 0] == 1
        found, truth = boxes[task], boxes_in_pixels(label[..., 1:5], self.stride)[task]
        aims = torch.zeros_like(label[..., 0])
        aims[task] = pairwise_iou(found, truth).detach()  # as certain as the box is right
        certainty = F.binary_cross_entropy_with_logits(raw[..., 0], aims, reduction="none")
        terms = {
            "certainty": certainty[task].sum(),
            "no_object": certainty[~task & ~self.ignored(boxes, targets)].sum(),
            "boxes": BOX * (1 - giou(found, truth)).sum(),
            "classes": F.cross_entropy(raw[task][:, 5:], label[task][:, 5:], reduction="sum"),
        }
        return {name: term / max(len(found), 1) for name, term in terms.items()}

    @torch.no_grad()
    def ignored(self, boxes: Tensor, targets: Targets) -> Tensor:
        """Which of the boxes (B, A, rows, columns, 4) overlap an object so much that they are no mistake."""
        best = []
        for predicted, true in zip(boxes, targets.boxes, strict=True):
            none = predicted.new_zeros(1, 4)  # overlaps nothing; a picture may have no object
            overlap = iou_matrix(predicted.flatten(0, 2), torch.cat([none, true.to(predicted)]))
            best.append(overlap.amax(1).view(predicted.shape[:-1]))
        return torch.stack(best) > IGNORED_IOU

    def cells(self, pictures: Tensor) -> Cells:
        """What every cell says of every picture, an answer an anchor."""
        predicted = self.prediction(self(pictures))
        boxes = boxes_in_pixels(predicted[..., 1:5], self.stride)
        return Cells(boxes, predicted[..., 0], predicted[..., 5:])

    def detect(self, pictures: Tensor) -> list[Found]:
        """Candidates of each picture: A boxes a cell."""
        return self.cells(pictures).found()


MODEL = YoloAnchors
EXAMPLE = (
    {"classes": 3, "anchors_wh": ((20.0, 20.0), (60.0, 40.0)), "width": 16},
    (2, 3, 64, 96),
    (2, 16, 4, 6),
)
