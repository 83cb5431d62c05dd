"""The points of a face by direct regression, after "Deep Convolutional Network Cascade for Facial Point Detection"
(Sun, Wang, Tang; 2013)

The idea that mattered: the whole face goes in and the coordinates of all points come out, as the numbers of one dense
layer. So every point knows of all others: where an eye is hidden, the rest of the face says where it must be.

The network tells how far each point lies from where it lies on the mean face of the training pictures. It sees the
face in a square that is larger than the face, and answers in shares of that square.

Deviations: one network in place of a cascade of 23, on the first stages of EfficientNet-Lite0 with the weights of
ImageNet; 68 points in place of 5; the wing loss of Feng and others (2018), which still pulls where squares have become
flat, in place of squares.

Pictures (B, 3, H, W) -> points (B, 68, 2), x and y as shares of the picture, 0 left and above.
"""

import math

import torch
from huggingface_hub import PyTorchModelHubMixin
from torch import Tensor, nn

from hub_models.architectures import he_init
from hub_models.architectures.efficientnet_lite import EfficientNetLite0

POINTS = 68
WING, CURVE = 0.04, 0.008  # shares of the picture; in the paper 10 and 2 pixels of 256


def wing_loss(answers: Tensor, truths: Tensor) -> Tensor:
    """Mean over all numbers: WING ln(1 + d / CURVE) of differences d below WING, a straight line above it.

    Source: "Wing Loss for Robust Facial Landmark Localisation with Convolutional Neural Networks" (Feng, Kittler, Awais,
    Huber, Wu; 2018), equation 5.
    """
    far = (answers - truths).abs()
    joint = WING - WING * math.log(1 + WING / CURVE)  # so that both pieces meet
    return torch.where(far < WING, WING * torch.log1p(far / CURVE), far - joint).mean()


class Landmarks(nn.Module, PyTorchModelHubMixin):
    """Backbone, 1x1 convolution to fewer maps, averages over a grid of cells, two dense layers."""

    def __init__(
        self,
        last_stage: int = 3,
        grid: int = 6,
        squeezed: int = 64,
        hidden: int = 128,
        dropout: float = 0.1,
    ) -> None:
        super().__init__()
        self.backbone = EfficientNetLite0(last_stage)
        self.squeeze = nn.Sequential(
            nn.Conv2d(self.backbone.channels[-1], squeezed, 1, bias=False),
            nn.BatchNorm2d(squeezed),
            nn.ReLU(),
        )
        self.pool = nn.AdaptiveAvgPool2d(grid)
        self.hidden = nn.Sequential(nn.Linear(squeezed * grid**2, hidden), nn.ReLU(), nn.Dropout(dropout))
        self.classifier = nn.Linear(hidden, POINTS * 2)
        self.register_buffer("mean_shape", torch.full((POINTS, 2), 0.5))
        he_init(self)

    def forward(self, pictures: Tensor) -> Tensor:
        x = self.pool(self.squeeze(self.backbone(pictures)))  # (B, C, H/16, W/16) -> (B, 64, 6, 6)
        shifts = self.classifier(self.hidden(torch.flatten(x, 1))).float()  # fp16 would round to 0.1 pixels
        return self.mean_shape + shifts.unflatten(1, (POINTS, 2))

    def terms(self, pictures: Tensor, truths: Tensor) -> tuple[Tensor, dict[str, Tensor]]:
        """Points (B, 68, 2), and the terms of the loss against `truths` of the same shape."""
        points = self(pictures)
        return points, {"wing": wing_loss(points, truths)}


MODEL = Landmarks
EXAMPLE = ({"last_stage": 2, "grid": 4}, (2, 3, 64, 64), (2, 68, 2))
