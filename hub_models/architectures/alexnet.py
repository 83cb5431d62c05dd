"""AlexNet, after "ImageNet Classification with Deep Convolutional Neural Networks".

(Krizhevsky, Sutskever, Hinton; 2012)

The idea that mattered: LeNet, but large. ReLU in place of tanh, dropout, augmentation and two GPUs
made a network of 60 million parameters trainable, and it won ImageNet 2012 with 15.3 % top-5 error
against the 26.2 % of the second.

`AlexNet.imagenet()` is the paper's network: convolutions 2, 4 and 5 are split into two groups, one
a GPU (torchvision's `alexnet` is a later one-tower network of other widths). `AlexNet.cifar()` is
the same sequence of five convolutions and three linear layers, scaled down to 32x32 pictures.

Deviations: He initialisation in place of N(0, 0.01^2) and biases of 1. `imagenet` takes 227 pixels,
because the paper's 224 do not give its 55x55 maps. `cifar` has one group and no local response
normalisation, which is slow on a CPU.

Pictures (B, 3, H, W) -> logits (B, classes); H and W are 227 for `imagenet`, 32 for `cifar`.
"""

import torch
from huggingface_hub import PyTorchModelHubMixin
from torch import Tensor, nn

from hub_models.architectures import he_init, local_response_norm

POOLED = (1, 2, 5)  # convolutions that overlapping pooling follows
GROUPED = (2, 4, 5)  # convolutions that see only the maps of their own GPU
NORMALISED = (1, 2)  # convolutions whose ReLU is followed by local response normalisation


class AlexNet(nn.Module, PyTorchModelHubMixin):
    """Five convolutions with ReLU, three of them pooled, then three linear layers with dropout.

    `side` is the height and width of the last feature maps; it follows from the size of the pictures.
    """

    def __init__(
        self,
        classes: int = 10,
        *,
        channels: tuple[int, ...] = (48, 96, 144, 96, 96),
        kernel_sizes: tuple[int, ...] = (5, 5, 3, 3, 3),
        first_stride: int = 1,
        first_padding: int = 2,
        groups: int = 1,
        response_norm: bool = False,
        side: int = 3,
        hidden: int = 256,
        dropout: float = 0.5,
    ) -> None:
        super().__init__()
        self.features = nn.Sequential()
        width = 3
        for number, (channels_out, kernel_size) in enumerate(zip(channels, kernel_sizes, strict=True), 1):
            conv = nn.Conv2d(
                width,
                channels_out,
                kernel_size,
                stride=first_stride if number == 1 else 1,
                padding=first_padding if number == 1 else kernel_size // 2,
                groups=groups if number in GROUPED else 1,
            )
            self.features.add_module(f"conv{number}", conv)
            self.features.add_module(f"relu{number}", nn.ReLU())
            if response_norm and number in NORMALISED:
                self.features.add_module(f"norm{number}", local_response_norm())
            if number in POOLED:
                self.features.add_module(f"pool{number}", nn.MaxPool2d(3, stride=2))
            width = channels_out
        self.hidden = nn.Sequential()
        width *= side * side
        for number in (6, 7):
            self.hidden.add_module(f"linear{number}", nn.Linear(width, hidden))
            self.hidden.add_module(f"relu{number}", nn.ReLU())
            self.hidden.add_module(f"dropout{number}", nn.Dropout(dropout))
            width = hidden
        self.classifier = nn.Linear(width, classes)
        he_init(self)

    @classmethod
    def imagenet(cls, classes: int = 1000) -> "AlexNet":
        """The two-tower network of the paper's figure 2, for 227x227 pictures: 227 -> 55 -> 27 -> 13 -> 6."""
        return cls(
            classes,
            channels=(96, 256, 384, 384, 256),
            kernel_sizes=(11, 5, 3, 3, 3),
            first_stride=4,
            first_padding=0,
            groups=2,
            response_norm=True,
            side=6,
            hidden=4096,
        )

    @classmethod
    def cifar(cls, classes: int = 10) -> "AlexNet":
        """The same layers at 1/2 to 1/16 of the width, for 32x32 pictures: 32 -> 15 -> 7 -> 3."""
        return cls(classes)

    def forward(self, x: Tensor) -> Tensor:
        x = torch.flatten(self.features(x), 1)  # (B, C, side, side) -> (B, C * side * side)
        return self.classifier(self.hidden(x))


MODEL = AlexNet
EXAMPLE = ({"classes": 10}, (2, 3, 32, 32), (2, 10))
