"""A U-Net on EfficientNet-Lite0, after "U-Net: Convolutional Networks for Biomedical Image Segmentation"
(Ronneberger, Fischer, Brox; 2015)

The idea that mattered: the way down of a U-Net is a classifier without its last layers, so it can be one that has
seen ImageNet already. The way up is light: the coarse map is enlarged, laid beside the map that the backbone had at
that size, mixed by a 1x1 convolution and smoothed by a 3x3 one.

Deviations: the way down is EfficientNet-Lite0 (Tan, Le; 2019), whose last map of each stride from 2 on is skipped to
the way up; bilinear enlarging in place of transposed convolutions; batch normalisation, padding.

Pictures (B, 3, H, W) -> logits (B, classes, H, W); H and W multiples of `stride`: 32 for `last_stage` 5, 16 for 4.
"""

import torch
from huggingface_hub import PyTorchModelHubMixin
from torch import Tensor, nn
from torch.nn import functional as F

from hub_models.architectures import conv_bn_relu, he_init
from hub_models.architectures.efficientnet_lite import STAGES, EfficientNetLite0
from hub_models.architectures.segmentation import Skipping


class Merge(nn.Module):
    """(B, coarse, h, w) and (B, skipped, 2h, 2w) -> (B, channels, 2h, 2w)."""

    def __init__(self, coarse: int, skipped: int, channels: int) -> None:
        super().__init__()
        self.mix = conv_bn_relu(coarse + skipped, channels, kernel_size=1)
        self.smooth = conv_bn_relu(channels, channels, kernel_size=3, padding=1)

    def forward(self, coarse: Tensor, skipped: Tensor) -> Tensor:
        return self.smooth(self.mix(torch.cat([skipped, enlarged(coarse)], dim=1)))


def enlarged(x: Tensor) -> Tensor:
    """(B, C, h, w) -> (B, C, 2h, 2w)."""
    return F.interpolate(x, scale_factor=2, mode="bilinear", align_corners=False)


class UNetLite(Skipping, PyTorchModelHubMixin):
    """`last_stage`: of the backbone, 1 to 6; `widths`: channels of the way up at strides 1, 2, 4, 8, 16."""

    def __init__(
        self, classes: int = 11, last_stage: int = 4, widths: tuple[int, ...] = (16, 32, 48, 64, 96)
    ) -> None:
        super().__init__()
        self.backbone = EfficientNetLite0(last_stage)
        self.stride = self.backbone.strides[-1]
        self.ends = (0, *self.backbone.ends)  # stage 0 has the stride 2
        channels = [STAGES[number][0] for number in self.ends]
        full, *widths = widths[: len(channels)]
        coarse, self.merge = channels[-1], nn.ModuleList()
        for skipped, width in zip(channels[-2::-1], widths[::-1], strict=True):
            self.merge.append(Merge(coarse, skipped, width))
            coarse = width
        self.last = conv_bn_relu(coarse, full, kernel_size=3, padding=1)
        self.classifier = nn.Conv2d(full, classes, 1)
        he_init(self)

    def encode(self, x: Tensor) -> list[Tensor]:
        """(B, 3, H, W) -> the backbone's map of each stride, finest first: (B, 16, H/2, W/2), (B, 24, H/4, W/4), ..."""
        x, maps = self.backbone.stem(x), []
        for number, stage in enumerate(self.backbone.stages):
            x = stage(x)
            if number in self.ends:
                maps.append(x)
        return maps

    def decode(self, maps: list[Tensor]) -> list[Tensor]:
        """The maps of `encode` -> those of the way up, coarsest first, the last of (B, 16, H, W)."""
        x, found = maps[-1], []
        for merge, skipped in zip(self.merge, maps[-2::-1], strict=True):
            x = merge(x, skipped)
            found.append(x)
        return [*found, self.last(enlarged(x))]


MODEL = UNetLite
EXAMPLE = ({"classes": 5, "last_stage": 2}, (2, 3, 32, 40), (2, 5, 32, 40))
