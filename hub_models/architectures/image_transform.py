"""Image transformation network, after "Perceptual Losses for Real-Time Style Transfer and Super-Resolution"
(Johnson, Alahi, Fei-Fei; 2016)

The idea that mattered: the optimisation of Gatys et al. answers one picture after hundreds of steps. A network that is
trained once for a style, on the same content and style costs, answers any picture in one pass. Two strided
convolutions make the maps small, residual blocks work there, two enlargements bring the size back.

`ImageTransform.paper()` has the paper's widths and its five blocks. The default is slim.

Deviations: instance normalisation in place of batch normalisation, each picture by its own statistics (Ulyanov,
Vedaldi, Lempitsky: Instance Normalization, The Missing Ingredient for Fast Stylization, 2016); enlarging by repeated
pixels and a convolution in place of a transposed convolution, which leaves a chessboard; mirrored borders
everywhere; a sigmoid in place of the scaled tanh; slim by default.

Pictures (B, 3, H, W) -> pictures (B, 3, H, W) in 0..1; H and W multiples of 4.
"""

import torch
from huggingface_hub import PyTorchModelHubMixin
from torch import Tensor, nn


def convolution(channels_in: int, channels: int, kernel: int, stride: int = 1) -> nn.Conv2d:
    return nn.Conv2d(channels_in, channels, kernel, stride, kernel // 2, padding_mode="reflect")


def normalised(channels_in: int, channels: int, kernel: int, stride: int = 1) -> nn.Sequential:
    """Convolution, instance normalisation with a scale and a shift for each map, ReLU."""
    return nn.Sequential(
        convolution(channels_in, channels, kernel, stride),
        nn.InstanceNorm2d(channels, affine=True),
        nn.ReLU(),
    )


class Residual(nn.Module):
    """x + two convolutions of x (He et al., 2016); no ReLU after the sum, as the paper has it."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            *normalised(channels, channels, 3),
            convolution(channels, channels, 3),
            nn.InstanceNorm2d(channels, affine=True),
        )

    def forward(self, x: Tensor) -> Tensor:
        return x + self.layers(x)


class ImageTransform(nn.Module, PyTorchModelHubMixin):
    """`width`: maps at full size, doubled at each halving; `blocks`: residual ones at a quarter of it."""

    stride = 4

    def __init__(self, width: int = 16, blocks: int = 4, kernel: int = 9) -> None:
        super().__init__()
        self.down = nn.Sequential(
            normalised(3, width, kernel),
            normalised(width, 2 * width, 3, 2),
            normalised(2 * width, 4 * width, 3, 2),
        )
        self.blocks = nn.Sequential(*(Residual(4 * width) for _ in range(blocks)))
        self.up = nn.Sequential(
            nn.Upsample(scale_factor=2),
            normalised(4 * width, 2 * width, 3),
            nn.Upsample(scale_factor=2),
            normalised(2 * width, width, 3),
        )
        self.colours = convolution(width, 3, kernel)

    @classmethod
    def paper(cls) -> "ImageTransform":
        """Width 32 and five blocks: table 1 of the supplement, 1.7 million parameters."""
        return cls(32, 5)

    def forward(self, x: Tensor) -> Tensor:
        x = self.up(self.blocks(self.down(x)))  # (B, 3, H, W) -> (B, 4 width, H/4, W/4) -> (B, width, H, W)
        return torch.sigmoid(self.colours(x))


MODEL = ImageTransform
EXAMPLE = ({"width": 4, "blocks": 1}, (2, 3, 24, 32), (2, 3, 24, 32))
