"""SegNet, after "SegNet: A Deep Convolutional Encoder-Decoder Architecture for Image Segmentation"
(Badrinarayanan, Kendall, Cipolla; 2017)

The idea that mattered: max pooling throws away where the largest value stood, and a label map needs just that. So
each pooling of the encoder remembers its indices, and the mirrored decoder puts every value back to its place
(unpooling; nothing to learn, one index a value to store) before ordinary convolutions fill the gaps.

`SegNet.paper()` has the 13 convolutions of VGG-16 in its encoder and as many in its decoder. The default is slim.

Deviations: no bias before batch normalisation, which has its own.

Pictures (B, 3, H, W) -> logits (B, classes, H, W); H and W multiples of 32, 2 to the power of the stages.
"""

from huggingface_hub import PyTorchModelHubMixin
from torch import Tensor, nn

from hub_models.architectures import he_init
from hub_models.architectures.segmentation import (
    Decoded,
    Encoded,
    StageMaps,
    Switches,
    convolutions,
    encoder_channels,
    pool,
    unpool,
)


class SegNet(nn.Module, PyTorchModelHubMixin):
    """`widths`: channels of each encoder stage; `depths`: convolutions in each."""

    def __init__(
        self,
        classes: int = 11,
        widths: tuple[int, ...] = (16, 32, 64, 80, 80),
        depths: tuple[int, ...] = (2, 2, 2, 2, 2),
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

    def encode(self, x: Tensor) -> Encoded:
        """(B, 3, H, W) -> (B, C, H/32, W/32), and what each stage found and where."""
        switches, maps = [], []
        for stage in self.encoder:
            maps.append(stage(x))
            x, where = pool(maps[-1])
            switches.append(where)
        return Encoded(x, switches, maps)

    def decode(self, x: Tensor, switches: list[Switches]) -> Decoded:
        """(B, C, H/32, W/32) with the encoder's switches -> logits (B, classes, H, W)."""
        unpooled, dense = [], []
        for stage, where in zip(self.decoder, reversed(switches), strict=True):
            unpooled.append(unpool(x, where))
            x = stage(unpooled[-1])
            dense.append(x)
        return Decoded(self.classifier(x), unpooled, dense)

    def stage_maps(self, x: Tensor) -> StageMaps:
        x, switches, maps = self.encode(x)
        return StageMaps(maps, self.decode(x, switches).dense)

    def forward(self, x: Tensor) -> Tensor:
        x, switches, _ = self.encode(x)
        return self.decode(x, switches).logits


MODEL = SegNet
EXAMPLE = ({"classes": 5, "widths": [8, 12], "depths": [2, 2]}, (2, 3, 24, 32), (2, 5, 24, 32))
