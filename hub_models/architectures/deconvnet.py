"""DeconvNet, after "Learning Deconvolution Network for Semantic Segmentation" (Noh, Hong, Han; 2015)

The idea that mattered: the way up is as deep as the way down. Unpooling with switch variables traces each value back
to where the strongest answer stood, which gives a large but sparse map; learned transposed convolutions
(deconvolutions) then spread every value over its neighbours and make it dense. Between the two ways stand fc6 and
fc7, which see the whole object.

`DeconvNet.paper()` is the network of the paper's figure 2 for 224x224 pictures, whose fc6 gives a single cell. The
default has the widths of our slim SegNet, so that the two can be compared.

Deviations: one pass over the whole picture, not the sum over 50 proposals of objects; trained in one stage. Slim:
fc6 is 3x3 and padded, so that pictures of any size pass.

Pictures (B, 3, H, W) -> logits (B, classes, H, W); H and W multiples of 32, at least 224 for `paper`.
"""

from itertools import pairwise

from huggingface_hub import PyTorchModelHubMixin
from torch import Tensor, nn

from hub_models.architectures import conv_bn_relu, he_init
from hub_models.architectures.segmentation import (
    Switching,
    convolutions,
    encoder_channels,
)


def deconv_bn_relu(channels_in: int, channels: int, kernel: int, padding: int) -> nn.Sequential:
    """Transposed convolution of stride 1 without bias, batch normalisation, ReLU."""
    return nn.Sequential(
        nn.ConvTranspose2d(channels_in, channels, kernel, padding=padding, bias=False),
        nn.BatchNorm2d(channels),
        nn.ReLU(),
    )


class DeconvNet(Switching, PyTorchModelHubMixin):
    """`widths`, `depths`: of the encoder stages; `hidden`: channels of fc6 and fc7; `window`: side of fc6.

    `padded`: fc6 keeps the size of its map; otherwise it takes away window - 1 cells, and the decoder gives them back.
    """

    def __init__(
        self,
        classes: int = 11,
        widths: tuple[int, ...] = (16, 32, 64, 96),
        depths: tuple[int, ...] = (2, 2, 3, 3),
        hidden: int = 96,
        window: int = 3,
        padded: bool = True,
    ) -> None:
        super().__init__()
        self.stride = 2 ** len(widths)
        stages, padding = encoder_channels(widths, depths), window // 2 if padded else 0
        self.encoder = nn.ModuleList(convolutions(channels) for channels in stages)
        self.fc6 = conv_bn_relu(widths[-1], hidden, kernel_size=window, padding=padding)
        self.fc7 = conv_bn_relu(hidden, hidden, kernel_size=1)
        self.deconv_fc6 = deconv_bn_relu(hidden, widths[-1], window, padding)
        mirrored = [channels[::-1] for channels in stages[::-1]]
        mirrored[-1][-1] = widths[0]  # the mirror image of the first convolution does not give colours
        self.decoder = nn.ModuleList(
            nn.Sequential(*(deconv_bn_relu(before, after, 3, 1) for before, after in pairwise(channels)))
            for channels in mirrored
        )
        self.classifier = nn.Conv2d(widths[0], classes, 1)
        he_init(self)
        for layer in self.modules():
            if isinstance(layer, nn.ConvTranspose2d):
                nn.init.kaiming_normal_(layer.weight, nonlinearity="relu")

    @classmethod
    def paper(cls, classes: int = 21) -> "DeconvNet":
        """The network of the paper's figure 2 on VGG-16, 251.8 million parameters."""
        return cls(classes, (64, 128, 256, 512, 512), (2, 2, 3, 3, 3), 4096, 7, False)

    def middle(self, x: Tensor) -> Tensor:
        """(B, C, H/32, W/32) -> the same shape, through what were the classifier's dense layers."""
        return self.deconv_fc6(self.fc7(self.fc6(x)))


MODEL = DeconvNet
EXAMPLE = ({"classes": 5, "widths": [8, 12], "depths": [2, 2], "hidden": 16}, (2, 3, 24, 32), (2, 5, 24, 32))
