"""Residual network, after "Deep Residual Learning for Image Recognition" (He, Zhang, Ren, Sun; 2016).

The idea that mattered: let a block of two convolutions learn what to *add* to its input. The input
travels on unchanged along a skip connection, so the gradient reaches early layers undiminished
and a network can be made deeper without its training error rising.

`ResNet.imagenet34()` is the 34-layer network of the paper's table 1 with projection shortcuts
(option B). `ResNet.cifar(depth)` is the family of its section 4.2 for 32x32 pictures, with shortcuts
without parameters (option A: skip every second pixel, fill the new channels with zeros).

Deviations: none in the layers.

Pictures (B, 3, H, W) -> logits (B, classes); H and W are 224 for `imagenet34`, 32 for `cifar`.
"""

from typing import Literal

import torch
from huggingface_hub import PyTorchModelHubMixin
from torch import Tensor, nn
from torch.nn import functional as F

from hub_models.architectures import conv_bn_relu


class ZeroPadShortcut(nn.Module):
    """Shortcut without parameters: every `stride`-th pixel, new channels filled with zeros (option A)."""

    def __init__(self, new_channels: int, stride: int) -> None:
        super().__init__()
        self.new_channels, self.stride = new_channels, stride

    def forward(self, x: Tensor) -> Tensor:
        x = x[:, :, :: self.stride, :: self.stride]  # (B, C, H, W) -> (B, C, H/stride, W/stride)
        half = self.new_channels // 2
        return F.pad(x, (0, 0, 0, 0, half, self.new_channels - half))


class BasicBlock(nn.Module):
    """a[l+2] = ReLU(conv(conv(a[l])) + a[l]): two 3x3 convolutions and the skip connection over them."""

    def __init__(
        self, channels_in: int, channels: int, stride: int, shortcut: Literal["projection", "zero_pad"]
    ) -> None:
        super().__init__()
        self.first = conv_bn_relu(channels_in, channels, kernel_size=3, stride=stride, padding=1)
        self.second = conv_bn_relu(channels, channels, kernel_size=3, padding=1, relu=False)
        if stride == 1 and channels_in == channels:
            self.skip: nn.Module = nn.Identity()
        elif shortcut == "projection":
            self.skip = conv_bn_relu(channels_in, channels, kernel_size=1, stride=stride, relu=False)
        else:
            self.skip = ZeroPadShortcut(channels - channels_in, stride)
        self.relu = nn.ReLU()

    def forward(self, x: Tensor) -> Tensor:
        return self.relu(self.second(self.first(x)) + self.skip(x))


class ResNet(nn.Module, PyTorchModelHubMixin):
    """A stem, stages of `BasicBlock`s that halve the picture, the mean over positions, one linear layer."""

    def __init__(
        self,
        classes: int = 10,
        stem: Literal["imagenet", "cifar"] = "cifar",
        blocks: tuple[int, ...] = (3, 3, 3),
        channels: tuple[int, ...] = (16, 32, 64),
        shortcut: Literal["projection", "zero_pad"] = "zero_pad",
    ) -> None:
        super().__init__()
        if stem == "imagenet":
            self.stem = nn.Sequential(
                conv_bn_relu(3, channels[0], kernel_size=7, stride=2, padding=3),
                nn.MaxPool2d(3, stride=2, padding=1),
            )
        else:
            self.stem = conv_bn_relu(3, channels[0], kernel_size=3, padding=1)
        stages, width = [], channels[0]
        for number, (depth, channels_out) in enumerate(zip(blocks, channels, strict=True)):
            stage = []
            for position in range(depth):
                stride = 2 if number > 0 and position == 0 else 1
                stage.append(BasicBlock(width, channels_out, stride, shortcut))
                width = channels_out
            stages.append(nn.Sequential(*stage))
        self.stages = nn.Sequential(*stages)
        self.pool = nn.AdaptiveAvgPool2d(1)
        self.classifier = nn.Linear(width, classes)

    @classmethod
    def imagenet34(cls, classes: int = 1000) -> "ResNet":
        """The 34-layer network for 224x224 pictures (table 1 of the paper, option B)."""
        return cls(classes, "imagenet", (3, 4, 6, 3), (64, 128, 256, 512), "projection")

    @classmethod
    def cifar(cls, depth: int = 20, classes: int = 10) -> "ResNet":
        """The network of 6n + 2 layers for 32x32 pictures (section 4.2 of the paper)."""
        if (depth - 2) % 6:
            raise ValueError(f"expected a depth of 6n + 2 (20, 32, 44, ...), got {depth}")
        n = (depth - 2) // 6
        return cls(classes, "cifar", (n, n, n), (16, 32, 64), "zero_pad")

    def forward(self, x: Tensor) -> Tensor:
        x = self.stages(self.stem(x))
        x = torch.flatten(self.pool(x), 1)  # (B, C, H', W') -> (B, C)
        return self.classifier(x)


MODEL = ResNet
EXAMPLE = ({"classes": 10}, (2, 3, 32, 32), (2, 10))
