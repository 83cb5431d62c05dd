"""EfficientNet-Lite0, after "EfficientNet: Rethinking Model Scaling for Convolutional Neural Networks" (Tan, Le; 2019).

The idea that mattered: blocks made of cheap depthwise convolutions (inverted residuals, as in MobileNetV2), and depth,
width and picture size grown together. Lite0 is the smallest one for phones: no squeeze-and-excitation, ReLU6 in place
of swish. A strided convolution is padded as TensorFlow does it, with the odd pixel at the right and below, so that
the weights of ImageNet fit.

`EfficientNetLite0` is the backbone of the detectors: its stages up to one's choice, and their maps.
`EfficientNetLite0Classifier` is the whole network.

Deviations: no stochastic depth. The layers and weights are those of timm's `tf_efficientnet_lite0`.

Pictures (B, 3, H, W) -> maps (B, C, ceil(H / stride), ceil(W / stride)), or logits (B, classes).
"""

import torch
from huggingface_hub import PyTorchModelHubMixin
from torch import Tensor, nn
from torch.nn import functional as F

from hub_models.architectures import he_init

# (channels, blocks, stride, kernel, expansion) of stages 0 to 6: table 1 of the paper
STAGES = (
    (16, 1, 1, 3, 1),
    (24, 2, 2, 3, 6),
    (40, 2, 2, 5, 6),
    (80, 3, 2, 3, 6),
    (112, 3, 1, 5, 6),
    (192, 4, 2, 5, 6),
    (320, 1, 1, 3, 6),
)
STEM, HEAD = 32, 1280


class SameConv2d(nn.Conv2d):
    """A convolution with TensorFlow's padding `SAME`: n pixels -> ceil(n / stride)."""

    def forward(self, x: Tensor) -> Tensor:
        (height, width), kernel, stride = x.shape[2:], self.kernel_size[0], self.stride[0]
        down, right = (max((-(-n // stride) - 1) * stride + kernel - n, 0) for n in (height, width))
        x = F.pad(x, (right // 2, right - right // 2, down // 2, down - down // 2))
        return F.conv2d(x, self.weight, None, self.stride, 0, 1, self.groups)


def conv_bn(
    channels_in: int, channels: int, kernel: int = 1, stride: int = 1, groups: int = 1, relu: bool = True
) -> nn.Sequential:
    """Convolution without bias, batch normalisation and, if wanted, ReLU6."""
    shape = {"stride": stride, "groups": groups, "bias": False}
    if stride == 1:  # where padding is the same on all sides, the plain convolution is faster
        convolution = nn.Conv2d(channels_in, channels, kernel, padding=kernel // 2, **shape)
    else:
        convolution = SameConv2d(channels_in, channels, kernel, **shape)
    layers = [convolution, nn.BatchNorm2d(channels, eps=1e-3)]
    return nn.Sequential(*layers, nn.ReLU6(inplace=True)) if relu else nn.Sequential(*layers)


class InvertedResidual(nn.Module):
    """1x1 convolution to more channels, depthwise convolution, 1x1 convolution to few; skip where the shape stays."""

    def __init__(self, channels_in: int, channels: int, stride: int, kernel: int, expansion: int) -> None:
        super().__init__()
        wide = channels_in * expansion
        layers = [conv_bn(channels_in, wide)] if expansion > 1 else []
        layers += [conv_bn(wide, wide, kernel, stride, groups=wide), conv_bn(wide, channels, relu=False)]
        self.layers = nn.Sequential(*layers)
        self.skips = stride == 1 and channels_in == channels

    def forward(self, x: Tensor) -> Tensor:
        return x + self.layers(x) if self.skips else self.layers(x)


class EfficientNetLite0(nn.Module):
    """Stem and stages 0 to `last_stage`.

    `strides` and `channels` describe what `features` returns: 4, 8, 16 and 24, 40, 80 for `last_stage` 3.
    """

    def __init__(self, last_stage: int = 6) -> None:
        super().__init__()
        if not 1 <= last_stage < len(STAGES):
            raise ValueError(f"expected a last stage from 1 to {len(STAGES) - 1}, got {last_stage}")
        self.stem = conv_bn(3, STEM, 3, 2)
        self.stages = nn.ModuleList()
        width, stride, ends = STEM, 2, {}
        for number, (channels, depth, first_stride, kernel, expansion) in enumerate(STAGES[: last_stage + 1]):
            blocks = []
            for position in range(depth):
                blocks.append(
                    InvertedResidual(width, channels, 1 if position else first_stride, kernel, expansion)
                )
                width = channels
            self.stages.append(nn.Sequential(*blocks))
            stride *= first_stride
            ends[stride] = (number, channels)
        del ends[2]
        self.strides = tuple(ends)
        self.channels = tuple(channels for _, channels in ends.values())
        self.ends = tuple(number for number, _ in ends.values())

    def features(self, x: Tensor) -> list[Tensor]:
        """(B, 3, H, W) -> the last map of each stride, finest first: (B, 24, H/4, W/4), (B, 40, H/8, W/8), ..."""
        x, maps = self.stem(x), []
        for number, stage in enumerate(self.stages):
            x = stage(x)
            if number in self.ends:
                maps.append(x)
        return maps

    def forward(self, x: Tensor) -> Tensor:
        """(B, 3, H, W) -> the last map."""
        return self.features(x)[-1]


class EfficientNetLite0Classifier(nn.Module, PyTorchModelHubMixin):
    """The backbone, a 1x1 convolution to 1280 maps, their mean over positions, one linear layer."""

    def __init__(self, classes: int = 1000, dropout: float = 0.2) -> None:
        super().__init__()
        self.backbone = EfficientNetLite0()
        self.head = conv_bn(STAGES[-1][0], HEAD)
        self.pool = nn.AdaptiveAvgPool2d(1)
        self.dropout = nn.Dropout(dropout)
        self.classifier = nn.Linear(HEAD, classes)
        he_init(self)

    def forward(self, x: Tensor) -> Tensor:
        x = self.pool(self.head(self.backbone(x)))  # (B, 3, H, W) -> (B, 1280, 1, 1)
        return self.classifier(self.dropout(torch.flatten(x, 1)))


def imagenet_tensors(tensors: dict[str, Tensor], last_stage: int = 6) -> dict[str, Tensor]:
    """Another author's weights of the whole network -> those of `EfficientNetLite0(last_stage)`, by our names.

    `tensors` stand in the order in which the picture meets the layers, as ours do, with the same shapes.
    Raises ValueError if they are not as many.
    """
    with torch.device("meta"):
        ours = EfficientNetLite0Classifier().state_dict()
        wanted = EfficientNetLite0(last_stage).state_dict()
    renamed = dict(zip(ours, tensors.values(), strict=True))
    return {name: renamed[f"backbone.{name}"] for name in wanted}


MODEL = EfficientNetLite0Classifier
EXAMPLE = ({"classes": 10}, (2, 3, 64, 64), (2, 10))
