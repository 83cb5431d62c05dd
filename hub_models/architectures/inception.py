"""GoogLeNet, after "Going Deeper with Convolutions" (Szegedy, Liu, Jia, Sermanet, Reed, and others; 2015).

The idea that mattered: do not choose a filter size, use them all. An inception module runs 1x1, 3x3
and 5x5 convolutions and a max pool side by side and stacks their maps; 1x1 convolutions before
the large filters shrink the number of maps and make this affordable.

`GoogLeNet.imagenet()` is table 1 of the paper without the two auxiliary classifiers, which only
training uses (torchvision's `googlenet` has batch normalisation and 3x3 filters where we have 5x5).
`GoogLeNet.cifar()` is a 3x3 stem and six modules in three stages.

Deviations: He initialisation. `imagenet` borrows the constants of local response normalisation from
AlexNet, as the paper names none. `cifar` has batch normalisation, published half a year later,
in place of local response normalisation.

Pictures (B, 3, H, W) -> logits (B, classes); H and W are 224 for `imagenet`, 32 for `cifar`.
"""

from collections import OrderedDict
from typing import Literal

import torch
from huggingface_hub import PyTorchModelHubMixin
from torch import Tensor, nn

from hub_models.architectures import conv_bn_relu, conv_relu, he_init, local_response_norm

# Channels of each module: 1x1, 3x3 reduce, 3x3, 5x5 reduce, 5x5, pool projection (columns of table 1).
IMAGENET_STAGES = (
    ((64, 96, 128, 16, 32, 32), (128, 128, 192, 32, 96, 64)),  # 3a, 3b at 28x28
    (
        (192, 96, 208, 16, 48, 64),  # 4a to 4e at 14x14
        (160, 112, 224, 24, 64, 64),
        (128, 128, 256, 24, 64, 64),
        (112, 144, 288, 32, 64, 64),
        (256, 160, 320, 32, 128, 128),
    ),
    ((256, 160, 320, 32, 128, 128), (384, 192, 384, 48, 128, 128)),  # 5a, 5b at 7x7
)
CIFAR_STAGES = (
    ((16, 16, 24, 8, 8, 16), (16, 16, 32, 8, 8, 16)),  # at 32x32
    ((48, 32, 64, 16, 32, 16), (48, 48, 80, 16, 32, 32)),  # at 16x16
    ((80, 64, 128, 16, 48, 48), (96, 80, 160, 24, 64, 64)),  # at 8x8
)


class InceptionModule(nn.Module):
    """Four branches over the same input, stacked: (B, channels_in, H, W) -> (B, channels_out, H, W).

    `widths`: channels of 1x1, 3x3 reduce, 3x3, 5x5 reduce, 5x5, pool projection, as in table 1.
    """

    def __init__(self, channels_in: int, widths: tuple[int, ...], batch_norm: bool) -> None:
        super().__init__()
        one, reduce_three, three, reduce_five, five, projection = widths
        conv = conv_bn_relu if batch_norm else conv_relu
        self.channels_out = one + three + five + projection
        self.branch_1x1 = conv(channels_in, one, kernel_size=1)
        self.branch_3x3 = nn.Sequential(
            OrderedDict(
                reduce=conv(channels_in, reduce_three, kernel_size=1),
                conv=conv(reduce_three, three, kernel_size=3, padding=1),
            )
        )
        self.branch_5x5 = nn.Sequential(
            OrderedDict(
                reduce=conv(channels_in, reduce_five, kernel_size=1),
                conv=conv(reduce_five, five, kernel_size=5, padding=2),
            )
        )
        self.branch_pool = nn.Sequential(
            OrderedDict(
                pool=nn.MaxPool2d(3, stride=1, padding=1),
                project=conv(channels_in, projection, kernel_size=1),
            )
        )

    def forward(self, x: Tensor) -> Tensor:
        return torch.cat(
            [self.branch_1x1(x), self.branch_3x3(x), self.branch_5x5(x), self.branch_pool(x)], dim=1
        )


def imagenet_stem() -> nn.Sequential:
    """Everything before module 3a, in the order of figure 3: (B, 3, 224, 224) -> (B, 192, 28, 28)."""
    return nn.Sequential(
        OrderedDict(
            conv1=nn.Conv2d(3, 64, 7, stride=2, padding=3),
            relu1=nn.ReLU(),
            pool1=nn.MaxPool2d(3, stride=2, padding=1),
            norm1=local_response_norm(),
            reduce2=conv_relu(64, 64, kernel_size=1),
            conv2=conv_relu(64, 192, kernel_size=3, padding=1),
            norm2=local_response_norm(),
            pool2=nn.MaxPool2d(3, stride=2, padding=1),
        )
    )


class GoogLeNet(nn.Module, PyTorchModelHubMixin):
    """A stem, stages of `InceptionModule`s and max pools, the mean over positions, one linear layer."""

    def __init__(
        self,
        classes: int = 10,
        stem: Literal["imagenet", "cifar"] = "cifar",
        stages: tuple[tuple[tuple[int, ...], ...], ...] = CIFAR_STAGES,
        dropout: float = 0.4,
    ) -> None:
        super().__init__()
        if stem == "imagenet":
            self.stem, width = imagenet_stem(), 192
        else:
            self.stem, width = conv_bn_relu(3, 32, kernel_size=3, padding=1), 32
        self.stages = nn.Sequential()
        for number, stage_widths in enumerate(stages, 1):
            if number > 1:
                self.stages.add_module(f"pool{number}", nn.MaxPool2d(3, stride=2, padding=1))
            stage = nn.Sequential()
            for letter, widths in zip("abcde"[: len(stage_widths)], stage_widths, strict=True):
                module = InceptionModule(width, widths, batch_norm=stem == "cifar")
                stage.add_module(f"inception_{letter}", module)
                width = module.channels_out
            self.stages.add_module(f"stage{number}", stage)
        self.pool = nn.AdaptiveAvgPool2d(1)
        self.dropout = nn.Dropout(dropout)
        self.classifier = nn.Linear(width, classes)
        he_init(self)

    @classmethod
    def imagenet(cls, classes: int = 1000) -> "GoogLeNet":
        """The 22-layer network for 224x224 pictures (table 1 of the paper)."""
        return cls(classes, "imagenet", IMAGENET_STAGES)

    @classmethod
    def cifar(cls, classes: int = 10) -> "GoogLeNet":
        """Six modules for 32x32 pictures, two each at 32x32, 16x16 and 8x8."""
        return cls(classes)

    def forward(self, x: Tensor) -> Tensor:
        x = self.stages(self.stem(x))
        x = torch.flatten(self.pool(x), 1)  # (B, C, H', W') -> (B, C)
        return self.classifier(self.dropout(x))


MODEL = GoogLeNet
EXAMPLE = ({"classes": 10}, (2, 3, 32, 32), (2, 10))
