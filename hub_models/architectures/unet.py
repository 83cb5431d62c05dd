"""U-Net, after "U-Net: Convolutional Networks for Biomedical Image Segmentation" (Ronneberger, Fischer, Brox; 2015)

The idea that mattered: on the way up, every stage also sees the map that the way down had at the same size. The
coarse map tells what is there, the skipped one where exactly, so that few pictures suffice to learn fine outlines.
Upsampling is learned: a transposed 2x2 convolution of stride 2 writes four pixels for each.

`UNet.paper()` has the widths of the paper's figure 1. The default is slim.

Deviations: padded convolutions, so that the labels have the picture's size (the paper's lose a border of 92 pixels);
batch normalisation, which was invented in the same year, and no dropout; colour pictures.

Pictures (B, 3, H, W) -> logits (B, classes, H, W); H and W multiples of 16, 2 to the power of the poolings.
"""

import torch
from huggingface_hub import PyTorchModelHubMixin
from torch import Tensor, nn
from torch.nn import functional as F

from hub_models.architectures import he_init
from hub_models.architectures.segmentation import Skipping, convolutions


class UNet(Skipping, PyTorchModelHubMixin):
    """`widths`: channels of each stage, finest first; two convolutions in each, on the way down and on the way up."""

    def __init__(self, classes: int = 11, widths: tuple[int, ...] = (16, 32, 48, 64, 96)) -> None:
        super().__init__()
        self.stride = 2 ** (len(widths) - 1)
        before = (3, *widths[:-1])
        self.down = nn.ModuleList(convolutions([b, w, w]) for b, w in zip(before, widths, strict=True))
        self.up, self.merge = nn.ModuleList(), nn.ModuleList()
        for coarse, fine in zip(widths[:0:-1], widths[-2::-1], strict=True):
            self.up.append(nn.ConvTranspose2d(coarse, fine, 2, stride=2))
            self.merge.append(convolutions([2 * fine, fine, fine]))
        self.classifier = nn.Conv2d(widths[0], classes, 1)
        he_init(self)
        for layer in self.up:  # each output is a sum over the channels of one pixel
            nn.init.normal_(layer.weight, std=layer.in_channels**-0.5)
            nn.init.zeros_(layer.bias)

    @classmethod
    def paper(cls, classes: int = 2) -> "UNet":
        """The widths of the paper's figure 1, 31.0 million parameters."""
        return cls(classes, (64, 128, 256, 512, 1024))

    def encode(self, x: Tensor) -> list[Tensor]:
        """(B, 3, H, W) -> the map of each stage, finest first: (B, 16, H, W), ..., (B, 96, H/16, W/16)."""
        maps = []
        for number, stage in enumerate(self.down):
            x = stage(F.max_pool2d(x, 2) if number else x)
            maps.append(x)
        return maps

    def decode(self, maps: list[Tensor]) -> list[Tensor]:
        """The maps of `encode` -> those of the way up, coarsest first, the last of (B, 16, H, W)."""
        x, found = maps[-1], []
        for up, merge, skipped in zip(self.up, self.merge, maps[-2::-1], strict=True):
            x = merge(torch.cat([skipped, up(x)], dim=1))
            found.append(x)
        return found


MODEL = UNet
EXAMPLE = ({"classes": 5, "widths": [8, 12, 16]}, (2, 3, 24, 32), (2, 5, 24, 32))
