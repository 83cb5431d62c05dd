"""Mask R-CNN, after "Mask R-CNN" (He, Gkioxari, Dollár, Girshick; 2017).

The idea that mattered: beside class and box, a third branch says for each region which of its pixels belong to the
object. It is a small fully convolutional network that keeps the layout: a low-resolution mask of 28x28, one for each
class, which is later stretched over the box. Classes do not compete in it: the box branch has named the class, a
sigmoid decides pixel by pixel. So that masks lie where the object does, RoIAlign reads the map between its cells in
place of rounding to them. The loss is equation 9.1, L = L_cls + L_box + L_mask, after the RPN's own.

Deviations: everything slim: EfficientNet-Lite0 up to 1/16 in place of ResNet-FPN; one shared map at 1/4, because
nuclei are small, in place of a pyramid, with group normalisation; square anchors of six sizes; 96 regions of a picture learn
in one step, 32 of them their masks, where the paper takes 512 and 128; two convolutions of 48 maps in the mask
branch in place of four of 256; near doubles are suppressed before masks are computed. The RPN and RoIAlign are
torchvision's.

Pictures (B, 3, H, W) -> `FoundMasks` a picture, or the terms of the loss.
"""

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torchvision.models.detection.rpn import RegionProposalNetwork
from torchvision.ops import batched_nms, roi_align

from hub_models.architectures import conv_relu
from hub_models.architectures.detection import Targets, sides
from hub_models.architectures.fast_rcnn import Neck, RegionHead, sample_of
from hub_models.architectures.faster_rcnn import FasterRCNN

GRID, MASK_SIDE = 14, 28  # cells of a region that the mask branch reads, and those that it answers
SAMPLED, OBJECT_SHARE, MASKED = 96, 0.5, 32  # regions of a picture in one step; share of objects; masks
NORM_GROUPS = 8
DOUBLE, MOST_MASKED = 0.8, 400  # IoU above which the less certain candidate gets no mask; masks of a picture
RPN = {  # more proposals than Faster R-CNN and looser anchors: pictures hold hundreds of objects, some of 6 pixels
    "fg_iou_thresh": 0.5,
    "bg_iou_thresh": 0.3,
    "batch_size_per_image": 256,
    "positive_fraction": 0.5,
    "pre_nms_top_n": {"training": 800, "testing": 1500},
    "post_nms_top_n": {"training": 300, "testing": 600},
    "nms_thresh": 0.7,
}


class MaskTargets(NamedTuple):
    """The true objects of each picture of a batch, a tensor a picture."""

    boxes: list[Tensor]  # (n, 4) xyxy, pixels of the batch's pictures, cut at their border
    labels: list[Tensor]  # (n,) int64 from 0, background not counted
    masks: list[Tensor]  # (n, s, s) float 0..1, each stretched over the box of the whole object
    whole_boxes: list[Tensor]  # (n, 4): these boxes; they may reach out of the picture


class FoundMasks(NamedTuple):
    """Candidates in one picture, the most certain first."""

    boxes: Tensor  # (N, 4) xyxy, pixels of the batch's pictures
    labels: Tensor  # (N,) int64 from 0
    scores: Tensor  # (N,) 0..1
    masks: Tensor  # (N, 28, 28) 0..1, each stretched over its box


def conv_gn(
    channels_in: int, channels: int, kernel: int = 1, groups: int = 1, relu: bool = True
) -> nn.Sequential:
    """Convolution without bias, group normalisation (Wu and He, 2018) and, if wanted, ReLU.

    It normalises each picture by itself: in a batch of four, a dark and a bright one would spoil each other's means.
    """
    convolution = nn.Conv2d(channels_in, channels, kernel, padding=kernel // 2, groups=groups, bias=False)
    layers = [convolution, nn.GroupNorm(NORM_GROUPS, channels)]
    return nn.Sequential(*layers, nn.ReLU(inplace=True)) if relu else nn.Sequential(*layers)


class FineNeck(nn.Module):
    """Maps at 1/4, 1/8 and 1/16 -> one of `width` channels at 1/4 that has seen all."""

    def __init__(self, channels: Sequence[int], width: int) -> None:
        super().__init__()
        self.coarse = Neck(*channels[1:], width, conv_gn)
        self.fine = conv_gn(channels[0], width, relu=False)
        self.mix = nn.Sequential(conv_gn(width, width, 5, groups=width), conv_gn(width, width))

    def forward(self, maps: Sequence[Tensor]) -> Tensor:
        lifted = F.interpolate(self.coarse(maps), size=maps[0].shape[2:])
        return self.mix(self.fine(maps[0]) + lifted)


class MaskBranch(nn.Module):
    """Regions of the shared map -> logits of their masks: RoIAlign, convolutions, twice as fine, a map a class."""

    def __init__(self, classes: int, channels: int, stride: int, width: int) -> None:
        super().__init__()
        self.stride = stride
        self.convolutions = nn.Sequential(
            *conv_relu(channels, width, kernel_size=3, padding=1),
            *conv_relu(width, width, kernel_size=3, padding=1),
        )
        self.finer = nn.ConvTranspose2d(width, width, 2, stride=2)
        self.masks = nn.Conv2d(width, classes, 1)
        for layer in (self.convolutions[0], self.convolutions[2], self.finer):
            nn.init.kaiming_normal_(layer.weight, mode="fan_out", nonlinearity="relu")
            nn.init.zeros_(layer.bias)

    def align(self, shared: Tensor, regions: list[Tensor]) -> Tensor:
        """Map (B, C, h, w) and regions (N, 4) of each picture, in its pixels -> (all N, C, 14, 14)."""
        return roi_align(shared, regions, GRID, 1 / self.stride, sampling_ratio=1, aligned=True)

    def forward(self, shared: Tensor, regions: list[Tensor]) -> Tensor:
        """-> logits (all N, classes, 28, 28)."""
        x = self.convolutions(self.align(shared, regions))
        return self.masks(F.relu(self.finer(x)))


class MaskRCNN(FasterRCNN):
    """Faster R-CNN on a map at 1/4, and the mask branch.

    `anchor_sides`: square roots of the anchors' areas, in pixels; `anchor_ratios`: their heights / widths;
    `mask_width`: maps in the mask branch.
    """

    def __init__(
        self,
        classes: int = 1,
        width: int = 64,
        hidden: int = 64,
        mask_width: int = 48,
        anchor_sides: Sequence[float] = (6, 10, 17, 28, 47, 80),
        anchor_ratios: Sequence[float] = (1.0,),
    ) -> None:
        super().__init__(classes, width, hidden, anchor_sides, anchor_ratios)
        stride = self.backbone.strides[0]
        self.neck = FineNeck(self.backbone.channels, width)
        self.rpn = RegionProposalNetwork(self.rpn.anchor_generator, self.rpn.head, **RPN)
        self.head = RegionHead(classes, width, stride, hidden, "align")
        self.mask = MaskBranch(classes, width, stride, mask_width)

    def forward(self, pictures: Tensor, targets: MaskTargets) -> dict[str, Tensor]:
        """The terms of the loss, in training mode."""
        shared = self.shared_map(pictures)
        wanted = Targets(targets.boxes, targets.labels)
        proposals, of_rpn = self.propose(pictures, shared, wanted)
        sampled = [
            sample_of(SAMPLED, OBJECT_SHARE, *of_picture)
            for of_picture in zip(proposals, *wanted, strict=True)
        ]
        regions, classes, boxes, nearest = (list(parts) for parts in zip(*sampled, strict=True))
        classification, regression = self.head.losses_of(shared, regions, classes, boxes)
        return {
            "rpn_L_cls": of_rpn["loss_objectness"],
            "rpn_L_box": of_rpn["loss_rpn_box_reg"],
            "L_cls": classification,
            "L_box": regression,
            "L_mask": self.mask_loss(shared, regions, classes, nearest, targets),
        }

    def mask_loss(
        self,
        shared: Tensor,
        regions: list[Tensor],
        classes: list[Tensor],
        nearest: list[Tensor],
        targets: MaskTargets,
    ) -> Tensor:
        """Mean binary cross-entropy of the masks of the true class, over some regions that show an object."""
        some = [of_picture.nonzero()[:MASKED, 0] for of_picture in classes]
        shown = [r[i] for r, i in zip(regions, some, strict=True)]
        wanted = [
            part_of_masks(masks[near[i]], boxes[near[i]], seen)
            for masks, boxes, near, i, seen in zip(
                targets.masks, targets.whole_boxes, nearest, some, shown, strict=True
            )
        ]
        labels = torch.cat([c[i] - 1 for c, i in zip(classes, some, strict=True)])
        logits = self.mask(shared, shown)
        of_true_class = logits[torch.arange(len(labels), device=labels.device), labels]  # (n, 28, 28)
        total = F.binary_cross_entropy_with_logits(of_true_class, torch.cat(wanted), reduction="sum")
        return total / max(1, of_true_class.numel())

    def detect(self, pictures: Tensor) -> list[FoundMasks]:
        shared = self.shared_map(pictures)
        proposals, _ = self.propose(pictures, shared)
        found = []
        for number, objects in enumerate(self.head.detect(shared, proposals, tuple(pictures.shape[2:]))):
            real = (sides(objects.boxes) > 0).all(1)
            boxes, labels, scores = objects.boxes[real], objects.labels[real], objects.scores[real]
            kept = batched_nms(boxes, scores, labels, DOUBLE)[:MOST_MASKED]
            masks = self.masks_of(shared[number : number + 1], boxes[kept], labels[kept])
            found.append(FoundMasks(boxes[kept], labels[kept], scores[kept], masks))
        return found

    def masks_of(self, shared: Tensor, boxes: Tensor, labels: Tensor) -> Tensor:
        """Low-resolution masks (N, 28, 28) in 0..1 of objects with boxes (N, 4) in the picture of map (1, C, h, w)."""
        logits = self.mask(shared, [boxes])
        return logits[torch.arange(len(labels), device=labels.device), labels].sigmoid()


def part_of_masks(masks: Tensor, boxes: Tensor, regions: Tensor) -> Tensor:
    """What regions (n, 4) show of masks (n, s, s) that are stretched over boxes (n, 4): (n, 28, 28), each 0 or 1."""
    centres = (torch.arange(MASK_SIDE, device=masks.device) + 0.5) / MASK_SIDE
    places = regions[:, None, :2] + centres[:, None] * sides(regions)[:, None]  # (n, 28, 2) x, y
    relative = (places - boxes[:, None, :2]) / sides(boxes).clamp(min=1e-6)[:, None]  # 0..1 inside the box
    inside = ((relative > 0) & (relative < 1)).to(masks.dtype)
    x, y = (2 * relative - 1).unbind(-1)  # as grid_sample counts
    grid = torch.stack([x[:, None].expand(-1, MASK_SIDE, -1), y[:, :, None].expand(-1, -1, MASK_SIDE)], -1)
    read = F.grid_sample(masks[:, None], grid, padding_mode="border", align_corners=False)[:, 0]
    return ((read * inside[:, None, :, 0] * inside[:, :, None, 1]) >= 0.5).to(masks.dtype)


PREDICTOR = "instances:MaskRCNNPredictor"
MODEL = MaskRCNN
