"""Fast R-CNN, after "Fast R-CNN" (Girshick; 2015).

The idea that mattered: run the convolutions once over the whole picture, not once a proposal. RoI pooling then cuts
each proposal (region of interest) out of the shared map, as a grid of 7x7 whatever its size, and one small network
says what it shows and where exactly its box lies. Both are learned together, with one loss:
L = cross-entropy over C classes and background + smooth L1 of the box offsets of the true class.

Deviations: EfficientNet-Lite0 up to 1/16 in place of VGG-16; a neck that adds its maps at 1/16 and 1/8, because blood
platelets are two cells wide at 1/16; one hidden layer of 96 units in place of two of 4096; proposals with an IoU
below 0.1 count as background too.

Pictures (B, 3, H, W) and proposals, a tensor (N, 4) a picture -> `Found` a picture, or the terms of the loss.
"""

from collections.abc import Callable, Sequence
from typing import Literal

import torch
from huggingface_hub import PyTorchModelHubMixin
from torch import Tensor, nn
from torch.nn import functional as F
from torchvision.ops import roi_align, roi_pool

from hub_models.architectures.detection import (
    Found,
    Targets,
    clip_boxes,
    decode_boxes,
    encode_boxes,
    found_from,
    iou_matrix,
)
from hub_models.architectures.efficientnet_lite import EfficientNetLite0, conv_bn

GRID = 7  # RoI pooling gives GRID x GRID cells, as in the paper
SAMPLED = 64  # regions of a picture that learn in one step
FOREGROUND_SHARE = 0.25  # of them, at most, with an object in it
FOREGROUND_IOU = 0.5
# A region's offsets vary by about these, so division makes them as large as the cross-entropy's inputs (section 3.1)
OFFSET_SPREAD = (0.1, 0.1, 0.2, 0.2)


class Neck(nn.Module):
    """Maps at 1/8 and 1/16 -> one of `width` channels at 1/8 that has seen both. `layer`: as `conv_bn`."""

    def __init__(
        self, fine: int, coarse: int, width: int, layer: Callable[..., nn.Sequential] = conv_bn
    ) -> None:
        super().__init__()
        self.coarse = nn.Sequential(
            layer(coarse, width), layer(width, width, 5, groups=width), layer(width, width, relu=False)
        )
        self.fine = layer(fine, width, relu=False)
        self.mix = nn.Sequential(layer(width, width, 5, groups=width), layer(width, width))

    def forward(self, maps: Sequence[Tensor]) -> Tensor:
        _, fine, coarse = maps
        lifted = F.interpolate(self.coarse(coarse), size=fine.shape[2:])  # nearest: each cell becomes 2x2
        return self.mix(self.fine(fine) + lifted)


class RegionHead(nn.Module):
    """From the shared map and regions to classes and boxes: RoI pooling, one hidden layer, two outputs."""

    def __init__(
        self, classes: int, channels: int, stride: int, hidden: int, pooling: Literal["max", "align"]
    ) -> None:
        super().__init__()
        self.classes, self.stride, self.pooling = classes, stride, pooling
        self.hidden = nn.Linear(channels * GRID * GRID, hidden)
        self.dropout = nn.Dropout(0.2)
        self.classifier = nn.Linear(hidden, classes + 1)  # class 0 is the background
        self.regressor = nn.Linear(hidden, classes * 4)
        nn.init.normal_(self.classifier.weight, std=0.01)  # both as in the paper
        nn.init.normal_(self.regressor.weight, std=0.001)
        for layer in (self.classifier, self.regressor):
            nn.init.zeros_(layer.bias)

    def pool(self, shared: Tensor, regions: list[Tensor]) -> Tensor:
        """Map (B, C, h, w) and regions (N, 4) of each picture, in its pixels -> (all N, C, 7, 7)."""
        if self.pooling == "max":
            return roi_pool(shared, regions, GRID, 1 / self.stride)
        return roi_align(shared, regions, GRID, 1 / self.stride, sampling_ratio=2, aligned=True)

    def forward(self, shared: Tensor, regions: list[Tensor]) -> tuple[Tensor, Tensor]:
        """-> logits (all N, 1 + C) and offsets (all N, C, 4), divided by OFFSET_SPREAD."""
        x = self.dropout(F.relu(self.hidden(self.pool(shared, regions).flatten(1))))
        return self.classifier(x), self.regressor(x).unflatten(1, (self.classes, 4))

    def losses(self, shared: Tensor, proposals: list[Tensor], targets: Targets) -> tuple[Tensor, Tensor]:
        """(cross-entropy, smooth L1) over a sample of the proposals of each picture."""
        sampled = [sample(*picture) for picture in zip(proposals, *targets, strict=True)]
        return self.losses_of(shared, *(list(parts) for parts in zip(*sampled, strict=True)))

    def losses_of(
        self, shared: Tensor, regions: list[Tensor], labels: list[Tensor], boxes: list[Tensor]
    ) -> tuple[Tensor, Tensor]:
        """The same of regions (n, 4), what they show (n,), 0 = background, and true boxes (n, 4) of each picture."""
        logits, offsets = self(shared, regions)
        labels, boxes, all_regions = torch.cat(labels), torch.cat(boxes), torch.cat(regions)
        objects = labels > 0
        wanted = encode_boxes(boxes[objects], all_regions[objects]) / offsets.new_tensor(OFFSET_SPREAD)
        of_true_class = offsets[objects, labels[objects] - 1]  # (objects, 4)
        regression = F.smooth_l1_loss(of_true_class, wanted, reduction="sum") / max(1, len(labels))
        return F.cross_entropy(logits, labels), regression

    def answers(
        self, shared: Tensor, proposals: list[Tensor], size_hw: tuple[int, int]
    ) -> tuple[Tensor, Tensor]:
        """Each proposal as an object of each class: boxes, cut at the border, (all N, C, 4) and probabilities (all N, C)."""
        logits, offsets = self(shared, proposals)
        boxes = decode_boxes(offsets * offsets.new_tensor(OFFSET_SPREAD), torch.cat(proposals)[:, None])
        return clip_boxes(boxes, size_hw), logits.softmax(1)[:, 1:]

    def detect(self, shared: Tensor, proposals: list[Tensor], size_hw: tuple[int, int]) -> list[Found]:
        counts = [len(regions) for regions in proposals]
        parts = (answer.split(counts) for answer in self.answers(shared, proposals, size_hw))
        return [found_from(*picture) for picture in zip(*parts, strict=True)]


def sample(proposals: Tensor, boxes: Tensor, labels: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Regions to learn from in one picture: (regions (n, 4), labels (n,) with 0 = background, true boxes (n, 4)).

    Proposals (N, 4) and the true boxes (M, 4) themselves; at most a quarter of SAMPLED regions show an object.
    """
    return sample_of(SAMPLED, FOREGROUND_SHARE, proposals, boxes, labels)[:3]


def sample_of(
    most: int, object_share: float, proposals: Tensor, boxes: Tensor, labels: Tensor
) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """`sample` of at most `most` regions, at most `object_share` of them with an object; and which of the M it is (n,)."""
    regions = torch.cat([proposals, boxes])
    if len(boxes):
        overlap, nearest = iou_matrix(regions, boxes).max(dim=1)
        is_object = overlap >= FOREGROUND_IOU
    else:
        nearest = torch.zeros(len(regions), dtype=torch.int64, device=regions.device)
        is_object, boxes = nearest.bool(), regions.new_zeros(1, 4)
        labels = nearest.new_zeros(1)
    some_objects = drawn(is_object, int(most * object_share))
    some_background = drawn(~is_object, most - len(some_objects))
    chosen = torch.cat([some_objects, some_background])
    true_class = torch.where(is_object[chosen], labels[nearest[chosen]] + 1, 0)
    return regions[chosen], true_class, boxes[nearest[chosen]], nearest[chosen]


def drawn(mask: Tensor, most: int) -> Tensor:
    """Indices where `mask` holds, at most `most` of them, at random."""
    indices = mask.nonzero()[:, 0]
    return indices[torch.randperm(len(indices), device=mask.device)[:most]]


class FastRCNN(nn.Module, PyTorchModelHubMixin):
    """Backbone, neck, and the head that sees the map region by region."""

    stride = 16  # pictures are multiples of it; the cells of the shared map are half as wide
    takes_proposals = True

    def __init__(self, classes: int = 3, width: int = 64, hidden: int = 96) -> None:
        super().__init__()
        self.classes = classes
        self.backbone = EfficientNetLite0(last_stage=3)
        self.neck = Neck(*self.backbone.channels[1:], width)
        self.head = RegionHead(classes, width, self.backbone.strides[1], hidden, "max")

    def shared_map(self, pictures: Tensor) -> Tensor:
        """(B, 3, H, W) -> (B, width, H / 8, W / 8)."""
        return self.neck(self.backbone.features(pictures))

    def forward(self, pictures: Tensor, targets: Targets, proposals: list[Tensor]) -> dict[str, Tensor]:
        """The terms of the loss; proposals (N, 4) xyxy a picture, in pixels of `pictures`."""
        classification, regression = self.head.losses(self.shared_map(pictures), proposals, targets)
        return {"L_cls": classification, "L_reg": regression}

    def detect(self, pictures: Tensor, proposals: list[Tensor]) -> list[Found]:
        return self.head.detect(self.shared_map(pictures), proposals, tuple(pictures.shape[2:]))


PREDICTOR = "proposals:FastRCNNPredictor"
MODEL = FastRCNN
