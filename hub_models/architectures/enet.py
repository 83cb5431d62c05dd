"""ENet, after "ENet: A Deep Neural Network Architecture for Real-Time Semantic Segmentation"
(Paszke, Chaurasia, Kim, Culurciello; 2016)

The idea that mattered: the picture is made small at once (an eighth after three steps), nearly all work is done
there in narrow bottlenecks, and the decoder, which only fine-tunes the encoder's answer, is much smaller than the
encoder. Dilated convolutions let the small map see far without shrinking it further; a 5x1 and a 1x5 convolution
do the work of a 5x5 one at 40 % of its weights; unpooling puts values back where pooling found them.

The default is the network of the paper's table 1.

Deviations: none in the layers.

Pictures (B, 3, H, W) -> logits (B, classes, H, W); H and W multiples of 8.
"""

import torch
from huggingface_hub import PyTorchModelHubMixin
from torch import Tensor, nn
from torch.nn import functional as F

from hub_models.architectures import he_init
from hub_models.architectures.segmentation import StageMaps, Switches, pool, unpool

RATIO = 4  # a bottleneck computes with a quarter of the channels that it gives
# Section 2 of table 1 after its downsampling: the middle convolution of each bottleneck as (kernel, dilation);
# kernel 5 stands for 5x1 and 1x5
SECTION = ((3, 1), (3, 2), (5, 1), (3, 4), (3, 1), (3, 8), (5, 1), (3, 16))


def norm_prelu(*convolutions: nn.Module, channels: int, prelu: bool = True) -> nn.Sequential:
    """Convolutions without bias, batch normalisation and, if wanted, a PReLU with a slope a channel."""
    layers = [*convolutions, nn.BatchNorm2d(channels)]
    return nn.Sequential(*layers, nn.PReLU(channels)) if prelu else nn.Sequential(*layers)


class Initial(nn.Module):
    """Figure 2a: a convolution of stride 2 beside a pooling: (B, 3, H, W) -> (B, 13 + 3, H/2, W/2)."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.convolution = nn.Conv2d(3, channels - 3, 3, stride=2, padding=1, bias=False)
        self.end = norm_prelu(channels=channels)

    def forward(self, x: Tensor) -> Tensor:
        return self.end(torch.cat([self.convolution(x), F.max_pool2d(x, 2)], dim=1))


class Bottleneck(nn.Module):
    """Figure 2b: x + (1x1 to few channels, `middle`, 1x1 to many), then PReLU; the branch is dropped map by map."""

    def __init__(self, channels: int, kernel: int = 3, dilation: int = 1, dropout: float = 0.1) -> None:
        super().__init__()
        few = channels // RATIO
        if kernel == 5:
            middle = [
                nn.Conv2d(few, few, (5, 1), padding=(2, 0), bias=False),
                nn.Conv2d(few, few, (1, 5), padding=(0, 2), bias=False),
            ]
        else:
            middle = [nn.Conv2d(few, few, 3, padding=dilation, dilation=dilation, bias=False)]
        self.branch = nn.Sequential(
            norm_prelu(nn.Conv2d(channels, few, 1, bias=False), channels=few),
            norm_prelu(*middle, channels=few),
            norm_prelu(nn.Conv2d(few, channels, 1, bias=False), channels=channels, prelu=False),
            nn.Dropout2d(dropout),
        )
        self.prelu = nn.PReLU(channels)

    def forward(self, x: Tensor) -> Tensor:
        return self.prelu(x + self.branch(x))


class Downsampling(nn.Module):
    """A bottleneck of half the size: 2x2 of stride 2 in the branch, pooling filled with zero maps beside it."""

    def __init__(self, channels_in: int, channels: int, dropout: float) -> None:
        super().__init__()
        few = channels // RATIO
        self.new_channels = channels - channels_in
        self.branch = nn.Sequential(
            norm_prelu(nn.Conv2d(channels_in, few, 2, stride=2, bias=False), channels=few),
            norm_prelu(nn.Conv2d(few, few, 3, padding=1, bias=False), channels=few),
            norm_prelu(nn.Conv2d(few, channels, 1, bias=False), channels=channels, prelu=False),
            nn.Dropout2d(dropout),
        )
        self.prelu = nn.PReLU(channels)

    def forward(self, x: Tensor) -> tuple[Tensor, Switches]:
        """(B, C, h, w) -> (B, channels, h/2, w/2), and where the pooled values stood."""
        pooled, switches = pool(x)
        pooled = F.pad(pooled, (0, 0, 0, 0, 0, self.new_channels))
        return self.prelu(pooled + self.branch(x)), switches


class Upsampling(nn.Module):
    """A bottleneck of double size: transposed 3x3 in the branch, 1x1 and unpooling beside it."""

    def __init__(self, channels_in: int, channels: int, dropout: float = 0.1) -> None:
        super().__init__()
        few = channels // RATIO
        larger = nn.ConvTranspose2d(few, few, 3, stride=2, padding=1, output_padding=1, bias=False)
        self.main = norm_prelu(
            nn.Conv2d(channels_in, channels, 1, bias=False), channels=channels, prelu=False
        )
        self.branch = nn.Sequential(
            norm_prelu(nn.Conv2d(channels_in, few, 1, bias=False), channels=few),
            norm_prelu(larger, channels=few),
            norm_prelu(nn.Conv2d(few, channels, 1, bias=False), channels=channels, prelu=False),
            nn.Dropout2d(dropout),
        )
        self.prelu = nn.PReLU(channels)

    def forward(self, x: Tensor, switches: Switches) -> Tensor:
        """(B, C, h, w) -> (B, channels, 2h, 2w); `switches` of the downsampling that it undoes."""
        return self.prelu(unpool(self.main(x), switches) + self.branch(x))


class ENet(nn.Module, PyTorchModelHubMixin):
    """`widths`: channels at 1/2, 1/4 and 1/8 of the picture; `early`: bottlenecks at 1/4 in the encoder."""

    def __init__(
        self,
        classes: int = 11,
        widths: tuple[int, int, int] = (16, 64, 128),
        early: int = 4,
        sections: int = 2,
        dropout: float = 0.1,
    ) -> None:
        super().__init__()
        self.stride = 8
        half, quarter, eighth = widths
        light = dropout / 10  # 0.01 before bottleneck 2.0, 0.1 afterwards
        self.initial = Initial(half)
        self.down1 = Downsampling(half, quarter, light)
        self.stage1 = nn.Sequential(*(Bottleneck(quarter, dropout=light) for _ in range(early)))
        self.down2 = Downsampling(quarter, eighth, dropout)
        self.stage2 = nn.Sequential(  # sections 2 and 3 of the table
            *(Bottleneck(eighth, kernel, dilation, dropout) for kernel, dilation in SECTION * sections)
        )
        self.up4 = Upsampling(eighth, quarter, dropout)
        self.stage4 = nn.Sequential(*(Bottleneck(quarter, dropout=dropout) for _ in range(2)))
        self.up5 = Upsampling(quarter, half, dropout)
        self.stage5 = Bottleneck(half, dropout=dropout)
        self.classifier = nn.ConvTranspose2d(half, classes, 2, stride=2)  # "fullconv"
        he_init(self)

    def encode(self, x: Tensor) -> tuple[list[Tensor], list[Switches]]:
        """(B, 3, H, W) -> maps (B, 16, H/2, W/2), (B, 64, H/4, W/4), (B, 128, H/8, W/8), and two switches."""
        maps = [self.initial(x)]
        x, first = self.down1(maps[-1])
        maps.append(self.stage1(x))
        x, second = self.down2(maps[-1])
        maps.append(self.stage2(x))
        return maps, [first, second]

    def decode(self, x: Tensor, switches: list[Switches]) -> list[Tensor]:
        """(B, 128, H/8, W/8) -> maps (B, 64, H/4, W/4) and (B, 16, H/2, W/2)."""
        first, second = switches
        coarse = self.stage4(self.up4(x, second))
        return [coarse, self.stage5(self.up5(coarse, first))]

    def stage_maps(self, x: Tensor) -> StageMaps:
        maps, switches = self.encode(x)
        return StageMaps(maps, self.decode(maps[-1], switches))

    def forward(self, x: Tensor) -> Tensor:
        maps, switches = self.encode(x)
        return self.classifier(self.decode(maps[-1], switches)[-1])


MODEL = ENet
EXAMPLE = (
    {"classes": 5, "widths": [8, 16, 32], "early": 1, "sections": 1},
    (2, 3, 24, 32),
    (2, 5, 24, 32),
)
