"""Classification with localization (lecture, section 8.1): what is in the picture, and in which box.

A classifier with a few outputs more. The answer of the network is the vector of equation 8.1,

    (p_c, b_x, b_y, b_h, b_w, c_1, ..., c_C)

p_c: is there an object at all; b_x, b_y: the centre of its box, b_h, b_w: its height and width, as shares of the
picture's; c: its class. `localization_loss` is equation 8.2: squared differences of all numbers where there is an
object, of p_c alone where there is none, because a box around nothing cannot be wrong. Regressing a box with the last
layer of a classifier: after "OverFeat: Integrated Recognition, Localization and Detection using Convolutional Networks"
(Sermanet, Eigen, Zhang, Mathieu, Fergus, LeCun; 2014).

The first stages of EfficientNet-Lite0 with the weights of ImageNet see the picture. The head must not lose the place,
so there is no mean over the whole map: it is averaged over the cells of a coarse grid, and one dense layer reads all
cells.

Deviations: p_c and the box pass a sigmoid, the classes a softmax, so that all numbers lie in 0..1; the terms of
equation 8.2 have weights, since a wrong box differs by tenths where a wrong class differs by one.

Pictures (B, 3, H, W) -> vectors (B, 5 + classes); the bundled checkpoints see 128 x 128 pixels.
"""

import torch
from huggingface_hub import PyTorchModelHubMixin
from torch import Tensor, nn

from hub_models.architectures import he_init
from hub_models.architectures.efficientnet_lite import EfficientNetLite0

BOX_WEIGHT = 5.0  # of the four numbers of the box in the loss, as in YOLO's equation 3


class Localizer(nn.Module, PyTorchModelHubMixin):
    """Backbone, 1x1 convolution to fewer maps, averages over a grid of cells, two dense layers."""

    def __init__(
        self,
        classes: int = 3,
        last_stage: int = 4,
        grid: int = 7,
        squeezed: int = 32,
        hidden: int = 128,
        dropout: float = 0.3,
    ) -> None:
        super().__init__()
        self.classes = classes
        self.backbone = EfficientNetLite0(last_stage)
        self.squeeze = nn.Sequential(
            nn.Conv2d(self.backbone.channels[-1], squeezed, 1, bias=False),
            nn.BatchNorm2d(squeezed),
            nn.ReLU(),
        )
        self.pool = nn.AdaptiveAvgPool2d(grid)
        self.hidden = nn.Sequential(nn.Linear(squeezed * grid**2, hidden), nn.ReLU(), nn.Dropout(dropout))
        self.classifier = nn.Linear(hidden, 5 + classes)
        he_init(self)

    def logits(self, pictures: Tensor) -> Tensor:
        """(B, 3, H, W) -> (B, 5 + classes), before sigmoid and softmax."""
        x = self.pool(self.squeeze(self.backbone(pictures)))  # (B, C, H/16, W/16) -> (B, 32, 7, 7)
        return self.classifier(self.hidden(torch.flatten(x, 1)))

    def forward(self, pictures: Tensor) -> Tensor:
        logits = self.logits(pictures)
        return torch.cat([logits[:, :5].sigmoid(), logits[:, 5:].softmax(1)], dim=1)


def localization_loss(answers: Tensor, truths: Tensor) -> dict[str, Tensor]:
    """Equation 8.2, (B, 5 + C) twice -> its three parts and their weighted sum, `loss`, each a mean over the batch.

    Where p_c of the truth is 0, the box and the classes are not compared.
    """
    there = truths[:, :1]
    squared = (answers - truths) ** 2
    presence = squared[:, 0].mean()
    box = (there * squared[:, 1:5]).sum(1).mean()
    classes = (there * squared[:, 5:]).sum(1).mean()
    return {"loss": presence + BOX_WEIGHT * box + classes, "presence": presence, "box": box, "class": classes}


def box_iou(answers: Tensor, truths: Tensor) -> Tensor:
    """Intersection over union of the boxes in two batches of vectors, picture by picture: (B, 5 + C) twice -> (B,).

    Shares of width and height serve as well as pixels: stretching a picture leaves the ratio of areas as it is.
    """
    sides = [vectors[:, [4, 3]] for vectors in (answers, truths)]  # width, height
    low = [v[:, 1:3] - wh / 2 for v, wh in zip((answers, truths), sides, strict=True)]
    high = [v[:, 1:3] + wh / 2 for v, wh in zip((answers, truths), sides, strict=True)]
    shared = (torch.minimum(*high) - torch.maximum(*low)).clamp(min=0).prod(1)
    return shared / (sides[0].prod(1) + sides[1].prod(1) - shared).clamp(min=1e-9)


def answered_right(answers: Tensor, truths: Tensor) -> Tensor:
    """(B, 5 + C) twice -> (B,) bool: p_c on the right side of one half, and around an object the class and IoU >= 0.5."""
    there = truths[:, 0] > 0
    found = answers[:, 0] >= 0.5
    same_class = answers[:, 5:].argmax(1) == truths[:, 5:].argmax(1)
    return torch.where(there, found & same_class & (box_iou(answers, truths) >= 0.5), ~found)


MODEL = Localizer
EXAMPLE = ({"classes": 3}, (2, 3, 64, 64), (2, 8))
