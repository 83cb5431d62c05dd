"""VGG, after "Very Deep Convolutional Networks for Large-Scale Image Recognition".

(Simonyan, Zisserman; 2015)

The idea that mattered: only 3x3 convolutions, and more of them. Two in a row see 5x5 pixels, three
see 7x7, with fewer weights than one large filter and a ReLU in between; each block halves the
picture and doubles the channels.

`VGG.imagenet16()` is configuration D of the paper's table 1. `VGG.cifar()` has three blocks of two
convolutions for 32x32 pictures.

Deviations: He initialisation (the paper grew deep networks out of trained shallow ones). `cifar` has
batch normalisation, which was invented after VGG, and one hidden linear layer in place of two.

Pictures (B, 3, H, W) -> logits (B, classes); H and W are 224 for `imagenet16`, 32 for `cifar`.
"""

import torch
from huggingface_hub import PyTorchModelHubMixin
from torch import Tensor, nn

from hub_models.architectures import conv_bn_relu, conv_relu, he_init


class VGG(nn.Module, PyTorchModelHubMixin):
    """Blocks of 3x3 convolutions, each ended by a 2x2 max pool, then linear layers with dropout.

    `blocks` holds the channels of each convolution of each block. `side` is the height and width of
    the last feature maps: that of the pictures, halved once a block.
    """

    def __init__(
        self,
        classes: int = 10,
        *,
        blocks: tuple[tuple[int, ...], ...] = ((40, 40), (80, 80), (160, 160)),
        hidden: tuple[int, ...] = (192,),
        side: int = 4,
        batch_norm: bool = True,
        dropout: float = 0.5,
    ) -> None:
        super().__init__()
        conv = conv_bn_relu if batch_norm else conv_relu
        self.features = nn.Sequential()
        width = 3
        for number, block_channels in enumerate(blocks, 1):
            block = nn.Sequential()
            for position, channels in enumerate(block_channels, 1):
                block.add_module(f"conv{position}", conv(width, channels, kernel_size=3, padding=1))
                width = channels
            block.add_module("pool", nn.MaxPool2d(2))
            self.features.add_module(f"block{number}", block)
        self.hidden = nn.Sequential()
        width *= side * side
        for number, features in enumerate(hidden, 1):
            self.hidden.add_module(f"linear{number}", nn.Linear(width, features))
            self.hidden.add_module(f"relu{number}", nn.ReLU())
            self.hidden.add_module(f"dropout{number}", nn.Dropout(dropout))
            width = features
        self.classifier = nn.Linear(width, classes)
        he_init(self)

    @classmethod
    def imagenet16(cls, classes: int = 1000) -> "VGG":
        """The network of 16 weight layers for 224x224 pictures (table 1 of the paper, column D)."""
        blocks = ((64, 64), (128, 128), (256, 256, 256), (512, 512, 512), (512, 512, 512))
        return cls(classes, blocks=blocks, hidden=(4096, 4096), side=7, batch_norm=False)

    @classmethod
    def cifar(cls, classes: int = 10) -> "VGG":
        """Three pairs of convolutions for 32x32 pictures: 32 -> 16 -> 8 -> 4."""
        return cls(classes)

    def forward(self, x: Tensor) -> Tensor:
        x = torch.flatten(self.features(x), 1)  # (B, C, side, side) -> (B, C * side * side)
        return self.classifier(self.hidden(x))


MODEL = VGG
EXAMPLE = ({"classes": 10}, (2, 3, 32, 32), (2, 10))
