"""The points of a face by heatmaps, after "Numerical Coordinate Regression with Convolutional Neural Networks"
(Nibali, He, Morgan, Prendergast; 2018)

The idea that mattered: a map for each point says how probable it is that the point lies in each cell, and its place is
the mean of the cells' centres, weighted by these probabilities (soft-argmax). Unlike the largest cell, a mean can lie
between cells and has a gradient, so the network learns from the distance of the points itself. A second term asks each
map to look like a small round spot, so that it does not spread over the face to hit the right mean.

The maps stay maps: a convolution answers for a place what it sees there, and a face that is shifted has shifted maps.

Deviations: EfficientNet-Lite0 with the weights of ImageNet in place of ResNet, with a way up as in a U-Net, so that
the maps are as fine as a quarter of the picture; absolute in place of squared distances; the cross-entropy of spot and
map in place of their divergence.

Pictures (B, 3, H, W) -> points (B, 68, 2), x and y as shares of the picture, 0 left and above; H and W multiples of 16.
`heatmaps` -> (B, 68, H/4, W/4).
"""

import torch
from huggingface_hub import PyTorchModelHubMixin
from torch import Tensor, nn

from hub_models.architectures import he_init
from hub_models.architectures.efficientnet_lite import EfficientNetLite0
from hub_models.architectures.landmarks import POINTS
from hub_models.architectures.unet_lite import Merge

SPOT = 1.0  # cells: standard deviation of the spot that a map should look like
SPOT_WEIGHT = 0.01  # of how little a map resembles it, against distances in shares of the picture


def cell_centres(count: int, like: Tensor) -> Tensor:
    """(count,) places of the cells' centres as shares of the whole: 1/2, 3/2, ... of a cell."""
    return (torch.arange(count, device=like.device, dtype=torch.float32) + 0.5) / count


def soft_argmax(maps: Tensor) -> Tensor:
    """Maps (..., h, w) that sum to 1 each -> the mean place (..., 2), x and y as shares of width and height."""
    x = (maps.sum(-2) * cell_centres(maps.shape[-1], maps)).sum(-1)
    y = (maps.sum(-1) * cell_centres(maps.shape[-2], maps)).sum(-1)
    return torch.stack([x, y], dim=-1)


def spots(points: Tensor, size_hw: tuple[int, int]) -> Tensor:
    """Points (..., 2) in shares -> maps (..., h, w) that sum to 1: a round spot about each, SPOT cells wide."""
    sides = []
    for place, count in ((points[..., 1], size_hw[0]), (points[..., 0], size_hw[1])):
        far = (cell_centres(count, points) - place[..., None]) * count  # cells
        sides.append((-(far**2) / (2 * SPOT**2)).softmax(-1))  # a Gauss curve that sums to 1
    return sides[0][..., :, None] * sides[1][..., None, :]


class LandmarkHeatmaps(nn.Module, PyTorchModelHubMixin):
    """Backbone, and a way up to a quarter of the picture; `widths`: channels on it at strides 4 and 8."""

    def __init__(self, last_stage: int = 3, widths: tuple[int, int] = (48, 64)) -> None:
        super().__init__()
        self.backbone = EfficientNetLite0(last_stage)
        fine, middle, coarse = self.backbone.channels[:3]
        self.merge_8 = Merge(coarse, middle, widths[1])
        self.merge_4 = Merge(widths[1], fine, widths[0])
        self.classifier = nn.Conv2d(widths[0], POINTS, 1)
        he_init(self)

    def scores(self, pictures: Tensor) -> Tensor:
        """(B, 3, H, W) -> (B, 68, H/4, W/4): the logarithms of the maps, up to a constant for each map."""
        fine, middle, coarse = self.backbone.features(pictures)[:3]
        return self.classifier(self.merge_4(self.merge_8(coarse, middle), fine)).float()

    def heatmaps(self, pictures: Tensor) -> Tensor:
        """(B, 3, H, W) -> (B, 68, H/4, W/4), each map summing to 1."""
        scores = self.scores(pictures)
        return scores.flatten(2).softmax(2).view(scores.shape)

    def forward(self, pictures: Tensor) -> Tensor:
        return soft_argmax(self.heatmaps(pictures))

    def terms(self, pictures: Tensor, truths: Tensor) -> tuple[Tensor, dict[str, Tensor]]:
        """Points (B, 68, 2), and the terms of the loss against `truths` of the same shape."""
        scores = self.scores(pictures)
        logs = scores.flatten(2).log_softmax(2)
        points = soft_argmax(logs.exp().view(scores.shape))
        surprise = -(spots(truths, scores.shape[-2:]).flatten(2) * logs).sum(2).mean()
        return points, {"distance": (points - truths).abs().mean(), "spread": SPOT_WEIGHT * surprise}


MODEL = LandmarkHeatmaps
EXAMPLE = ({"widths": [8, 12]}, (2, 3, 64, 64), (2, 68, 2))
