"""SegNet, after "SegNet: A Deep Convolutional Encoder-Decoder Architecture for Image Segmentation"
(Badrinarayanan, Kendall, Cipolla; 2017)

The idea that mattered: max pooling throws away where the largest value stood, and a label map needs just that. So
each pooling of the encoder remembers its indices, and the mirrored decoder puts every value back to its place
(unpooling; nothing to learn, one index a value to store) before ordinary convolutions fill the gaps.

`SegNet.paper()` has the 13 convolutions of VGG-16 in its encoder and as many in its decoder. The default is slim.

Deviations: no bias before batch normalisation, which has its own.

Pictures (B, 3, H, W) -> logits (B, classes, H, W); H and W multiples of 2 to the power of the stages: 32 in the
paper's, 16 in the slim one.
"""

from huggingface_hub import PyTorchModelHubMixin
from torch import nn

from hub_models.architectures import he_init
from hub_models.architectures.segmentation import (
    Switching,
    convolutions,
    encoder_channels,
)


class SegNet(Switching, PyTorchModelHubMixin):
    """`widths`: channels of each encoder stage; `depths`: convolutions in each."""

    def __init__(
        self,
        classes: int = 11,
        widths: tuple[int, ...] = (16, 32, 64, 96),
        depths: tuple[int, ...] = (2, 2, 3, 3),
    ) -> None:
        super().__init__()
        self.stride = 2 ** len(widths)
        stages = encoder_channels(widths, depths)
        self.encoder = nn.ModuleList(convolutions(channels) for channels in stages)
        mirrored = [channels[::-1] for channels in stages[::-1]]
        mirrored[-1].pop()  # the last convolution gives classes in place of colours
        self.decoder = nn.ModuleList(convolutions(channels) for channels in mirrored)
        self.classifier = nn.Conv2d(widths[0], classes, 3, padding=1)
        he_init(self)

    @classmethod
    def paper(cls, classes: int = 11) -> "SegNet":
        """The network of the paper's figure 2, 29.4 million parameters."""
        return cls(classes, (64, 128, 256, 512, 512), (2, 2, 3, 3, 3))


MODEL = SegNet
EXAMPLE = ({"classes": 5, "widths": [8, 12], "depths": [2, 2]}, (2, 3, 24, 32), (2, 5, 24, 32))
