"""FCN, after "Fully Convolutional Networks for Semantic Segmentation" (Long, Shelhamer, Darrell; 2015)

The idea that mattered: the dense layers of a classifier are convolutions in disguise (fc6 one as large as the map it
receives, 7x7; fc7 one of 1x1), so the classifier runs over a picture of any size and gives a coarse map of class
scores. Learned upsampling (transposed convolutions that begin as bilinear enlarging) brings it to the picture's
size; on the way, scores read from finer maps are added, since they know better where things end.

`finest` says from which map on: FCN-32s enlarges the scores of stride 32 at once, FCN-16s adds those of stride 16,
FCN-8s those of stride 8 as well. `FCN.paper()` is FCN-8s on VGG-16. The default is slim.

Deviations: fc6 is padded by 3 in place of a border of 100 pixels around the picture; scoring layers begin with small
random weights, not zeros; all steps together are trained at once, the last enlarging too. Slim: batch normalisation.

Pictures (B, 3, H, W) -> logits (B, classes, H, W); H and W multiples of 32.
"""

from typing import Literal

import torch
from huggingface_hub import PyTorchModelHubMixin
from torch import Tensor, nn
from torch.nn import functional as F

from hub_models.architectures import conv_bn_relu, conv_relu, he_init
from hub_models.architectures.segmentation import StageMaps, convolutions, encoder_channels


class FCN(nn.Module, PyTorchModelHubMixin):
    """`widths`: channels of the five stages; `depths`: convolutions in each; `hidden`: channels of fc6 and fc7."""

    def __init__(
        self,
        classes: int = 11,
        finest: Literal[8, 16, 32] = 8,
        widths: tuple[int, ...] = (16, 32, 64, 80, 80),
        depths: tuple[int, ...] = (2, 2, 2, 2, 2),
        hidden: int = 64,
        batch_norm: bool = True,
        dropout: float = 0.1,
    ) -> None:
        super().__init__()
        if finest not in (8, 16, 32) or len(widths) != 5:
            raise ValueError(f"expected finest 8, 16 or 32 and 5 widths, got {finest} and {len(widths)}")
        self.stride, self.finest = 32, finest
        layer = conv_bn_relu if batch_norm else conv_relu
        self.encoder = nn.ModuleList(convolutions(c, layer) for c in encoder_channels(widths, depths))
        self.fc6 = nn.Sequential(layer(widths[-1], hidden, kernel_size=7, padding=3), nn.Dropout2d(dropout))
        self.fc7 = nn.Sequential(layer(hidden, hidden, kernel_size=1), nn.Dropout2d(dropout))
        strides = [stride for stride in (16, 8) if stride >= finest]
        self.scores = nn.ModuleDict(
            {f"stride{s}": nn.Conv2d(widths[3 if s == 16 else 2], classes, 1) for s in strides}
        )
        self.doubled = nn.ModuleDict({f"stride{s}": upsampling(classes, 2) for s in strides})
        self.classifier = nn.Conv2d(hidden, classes, 1)
        self.enlarge = upsampling(classes, finest)
        he_init(self)
        for score in self.scores.values():
            nn.init.normal_(score.weight, std=0.01)

    @classmethod
    def paper(cls, classes: int = 21, finest: Literal[8, 16, 32] = 8) -> "FCN":
        """FCN-VGG16 of the paper's section 4, 134.5 million parameters as FCN-8s."""
        return cls(classes, finest, (64, 128, 256, 512, 512), (2, 2, 3, 3, 3), 4096, False, 0.5)

    def encode(self, x: Tensor) -> list[Tensor]:
        """(B, 3, H, W) -> the pooled map of each stage, strides 2, 4, 8, 16, 32."""
        maps = []
        for stage in self.encoder:
            x = F.max_pool2d(stage(x), 2)
            maps.append(x)
        return maps

    def decode(self, maps: list[Tensor]) -> list[Tensor]:
        """The maps of `encode` -> scores (B, classes, h, w) at strides 32, 16, 8, as far as `finest`."""
        x = self.classifier(self.fc7(self.fc6(maps[-1])))
        found, finer = [x], {"stride16": maps[3], "stride8": maps[2]}
        for name, score in self.scores.items():
            x = self.doubled[name](x) + score(finer[name])
            found.append(x)
        return found

    def stage_maps(self, x: Tensor) -> StageMaps:
        maps = self.encode(x)
        return StageMaps(maps, self.decode(maps))

    def forward(self, x: Tensor) -> Tensor:
        return self.enlarge(self.decode(self.encode(x))[-1])


def upsampling(classes: int, factor: int) -> nn.ConvTranspose2d:
    """A transposed convolution, (B, classes, h, w) -> (B, classes, factor h, factor w), that begins as bilinear."""
    layer = nn.ConvTranspose2d(classes, classes, 2 * factor, factor, padding=factor // 2, bias=False)
    places = torch.arange(2 * factor, device=layer.weight.device) + 0.5
    tent = 1 - (places - factor).abs() / factor  # (2 factor,): 0 at the ends, 1 in the middle
    with torch.no_grad():
        layer.weight.zero_()
        layer.weight[range(classes), range(classes)] = tent[:, None] * tent[None]
    return layer


MODEL = FCN
EXAMPLE = (
    {"classes": 5, "widths": [8, 8, 12, 12, 16], "depths": [1, 1, 1, 1, 1], "hidden": 16},
    (2, 3, 64, 96),
    (2, 5, 64, 96),
)
