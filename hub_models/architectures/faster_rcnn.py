"""Faster R-CNN, after "Faster R-CNN: Towards Real-Time Object Detection with Region Proposal Networks"
(Ren, He, Girshick, Sun; 2015).

The idea that mattered: proposals need no algorithm of their own. A region proposal network (RPN) slides over the same
map that Fast R-CNN uses. At every position stand a few anchors, boxes of fixed sizes and shapes; for each it says how
likely an object is there and how to move and stretch the anchor onto it. The best of these boxes, without near
duplicates, are the regions of Fast R-CNN's head; the convolutions are shared, and all is learned at once.
The loss is equation 8.3, L = alpha L_cls + beta L_reg, for either part.

Deviations: EfficientNet-Lite0 and neck as in our `fast_rcnn`, map at 1/8; RoIAlign (He and others, 2017), which does
not round to cells, in place of RoI pooling; anchors of four sizes, 32 to 256 pixels; the two parts are trained
together from the start. The RPN is torchvision's.

Pictures (B, 3, H, W) -> `Found` a picture, or the terms of the loss.
"""

from collections.abc import Sequence

from huggingface_hub import PyTorchModelHubMixin
from torch import Tensor, nn
from torchvision.models.detection.anchor_utils import AnchorGenerator
from torchvision.models.detection.image_list import ImageList
from torchvision.models.detection.rpn import RegionProposalNetwork, RPNHead

from hub_models.architectures.detection import Found, Targets, decode_boxes
from hub_models.architectures.efficientnet_lite import EfficientNetLite0
from hub_models.architectures.fast_rcnn import Neck, RegionHead

ALPHA, BETA = 1.0, 1.0  # equation 8.3
RPN = {  # numbers of the paper's section 3.1.3, but for the counts of proposals: our pictures are small
    "fg_iou_thresh": 0.7,
    "bg_iou_thresh": 0.3,
    "batch_size_per_image": 256,
    "positive_fraction": 0.5,
    "pre_nms_top_n": {"training": 1000, "testing": 600},
    "post_nms_top_n": {"training": 300, "testing": 150},
    "nms_thresh": 0.7,
}


class FasterRCNN(nn.Module, PyTorchModelHubMixin):
    """Backbone and neck; RPN; the head of Fast R-CNN.

    `anchor_sides`: square roots of the anchors' areas, in pixels; `anchor_ratios`: their heights / widths.
    """

    stride = 16  # pictures are multiples of it; the cells of the shared map are half as wide

    def __init__(
        self,
        classes: int = 3,
        width: int = 64,
        hidden: int = 96,
        anchor_sides: Sequence[int] = (32, 64, 128, 256),
        anchor_ratios: Sequence[float] = (0.5, 1.0, 2.0),
    ) -> None:
        super().__init__()
        self.classes = classes
        self.backbone = EfficientNetLite0(last_stage=3)
        self.neck = Neck(*self.backbone.channels[1:], width)
        anchors = AnchorGenerator((tuple(anchor_sides),), (tuple(anchor_ratios),))
        self.rpn = RegionProposalNetwork(
            anchors, RPNHead(width, len(anchor_sides) * len(anchor_ratios)), **RPN
        )
        self.head = RegionHead(classes, width, self.backbone.strides[1], hidden, "align")

    def shared_map(self, pictures: Tensor) -> Tensor:
        """(B, 3, H, W) -> (B, width, H / 8, W / 8)."""
        return self.neck(self.backbone.features(pictures))

    def propose(
        self, pictures: Tensor, shared: Tensor, targets: Targets | None = None
    ) -> tuple[list[Tensor], dict[str, Tensor]]:
        """Regions (N, 4) of each picture, the likeliest object first; in training the two losses of the RPN as well."""
        sizes = [tuple(pictures.shape[2:])] * len(pictures)
        wanted = None if targets is None else [{"boxes": boxes} for boxes in targets.boxes]
        return self.rpn(ImageList(pictures, sizes), {"shared": shared}, wanted)

    def anchors(self, picture: Tensor, shared: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """What the RPN says of one picture, at every cell of its map (1, C, h, w), before any choice.

        -> anchors (h, w, A, 4), the probability of an object in each (h, w, A), the boxes they become (h, w, A, 4).
        """
        (logits,), (offsets,) = self.rpn.head([shared])
        sizes = [tuple(picture.shape[2:])]
        (anchors,) = self.rpn.anchor_generator(ImageList(picture, sizes), [shared])
        count, height, width = logits.shape[1:]
        anchors = anchors.view(height, width, count, 4)
        offsets = offsets[0].unflatten(0, (count, 4)).permute(2, 3, 0, 1)  # (4A, h, w) -> (h, w, A, 4)
        return anchors, logits[0].permute(1, 2, 0).sigmoid(), decode_boxes(offsets, anchors)

    def forward(self, pictures: Tensor, targets: Targets) -> dict[str, Tensor]:
        """The terms of the loss, in training mode."""
        shared = self.shared_map(pictures)
        regions, of_rpn = self.propose(pictures, shared, targets)
        classification, regression = self.head.losses(shared, regions, targets)
        return {
            "rpn_L_cls": ALPHA * of_rpn["loss_objectness"],
            "rpn_L_reg": BETA * of_rpn["loss_rpn_box_reg"],
            "L_cls": ALPHA * classification,
            "L_reg": BETA * regression,
        }

    def detect(self, pictures: Tensor) -> list[Found]:
        shared = self.shared_map(pictures)
        regions, _ = self.propose(pictures, shared)
        return self.head.detect(shared, regions, tuple(pictures.shape[2:]))


MODEL = FasterRCNN
