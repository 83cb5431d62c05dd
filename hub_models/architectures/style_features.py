"""Classifiers read for content and style, after "A Neural Algorithm of Artistic Style"
(Gatys, Ecker, Bethge; 2015)

The idea that mattered: a classifier has learned to see, so its maps can tell what is where (deep layers) and what brush
strokes look like (correlations of maps in all layers). The paper reads VGG-19 and replaces its max pooling by average
pooling, because the picture that is optimised then comes out smoother. The same is done here for strided convolutions,
whose gradient falls on every second pixel only: they are computed at every pixel and averaged over 2 x 2.

Deviations: borders are mirrored, so that no frame of black pixels counts as style, and ReLU6 is ReLU, because a value
that stands at 6 has no gradient.

Pictures (B, 3, H, W) in 0..1 and names of layers -> {layer: maps (B, C, h, w)}.
"""

from collections.abc import Iterable, Iterator

from huggingface_hub import PyTorchModelHubMixin
from torch import Tensor, nn
from torch.nn import functional as F

from hub_models.architectures.efficientnet_lite import EfficientNetLite0, SameConv2d


class Averaged(nn.Module):
    """A convolution of stride 2 as one of stride 1, and the mean over each 2 x 2."""

    def __init__(self, convolution: nn.Conv2d) -> None:
        super().__init__()
        self.weight, self.groups = convolution.weight, convolution.groups

    def forward(self, x: Tensor) -> Tensor:
        border = self.weight.shape[-1] // 2
        x = F.pad(x, (border,) * 4, mode="reflect")
        return F.avg_pool2d(F.conv2d(x, self.weight, groups=self.groups), 2, ceil_mode=True)


def smoothed(module: nn.Module) -> nn.Module:
    """Change `module` in place, as the first lines of this file say, and return it."""
    for name, child in list(module.named_children()):
        if isinstance(child, SameConv2d):
            setattr(module, name, Averaged(child))
        elif isinstance(child, nn.ReLU6 | nn.ReLU):
            setattr(module, name, nn.ReLU())
        elif isinstance(child, nn.Conv2d) and child.padding[0]:
            child.padding_mode = "reflect"
            child._reversed_padding_repeated_twice = [p for p in child.padding[::-1] for _ in (0, 1)]
        else:
            smoothed(child)
    return module


class FeatureNetwork(nn.Module):
    """`layers` names the maps that can be asked for, in the order in which they are computed.

    `mean` and `std` are what the classifier was trained with. Subclasses say in `walk` how a picture goes through.
    """

    layers: tuple[str, ...]

    def __init__(self, mean: tuple[float, ...], std: tuple[float, ...]) -> None:
        super().__init__()
        self.mean, self.std = tuple(mean), tuple(std)

    def walk(self, x: Tensor) -> Iterator[tuple[str, Tensor]]:
        """Normalised pictures (B, 3, H, W) -> (layer, its maps) one after the other."""
        raise NotImplementedError

    def forward(self, pictures: Tensor, wanted: Iterable[str]) -> dict[str, Tensor]:
        """The maps of the `wanted` layers; nothing after the last of them is computed."""
        missing, found = set(wanted), {}
        mean, std = (pictures.new_tensor(values).view(1, -1, 1, 1) for values in (self.mean, self.std))
        for name, maps in self.walk((pictures - mean) / std):
            if name in missing:
                found[name] = maps
                missing.remove(name)
            if not missing:
                break
        return found


class LiteFeatures(FeatureNetwork):
    """EfficientNet-Lite0: the stem, and of each block the maps after its first convolution, which makes six of one.

    `expand 1.0` is the first convolution of block 0 of stage 1; `stage 1` is the last map of the stage.
    """

    def __init__(self, last_stage: int, mean: tuple[float, ...], std: tuple[float, ...]) -> None:
        super().__init__(mean, std)
        self.backbone = smoothed(EfficientNetLite0(last_stage))
        names = ["stem"]
        for number, stage in enumerate(self.backbone.stages):
            names += [f"expand {number}.{place}" for place in range(len(stage)) if number]
            names.append(f"stage {number}")
        self.layers = tuple(names)

    def walk(self, x: Tensor) -> Iterator[tuple[str, Tensor]]:
        x = self.backbone.stem(x)
        yield "stem", x
        for number, stage in enumerate(self.backbone.stages):
            for place, block in enumerate(stage):
                rest = x
                for position, layer in enumerate(block.layers):
                    rest = layer(rest)
                    if number and position == 0:  # the only block of stage 0 does not expand
                        yield f"expand {number}.{place}", rest
                x = x + rest if block.skips else rest
            yield f"stage {number}", x


class VggFeatures(FeatureNetwork, PyTorchModelHubMixin):
    """The convolutions of a VGG: `conv1_1` and so on, as Gatys et al. name the layers, after their ReLU.

    `widths`: for each block the maps of its 3x3 convolutions; an average pooling lies between blocks. Batch
    normalisation of the classifier is folded into the weights.
    """

    def __init__(
        self,
        widths: tuple[tuple[int, ...], ...] = ((40, 40), (80, 80), (160,)),
        mean: tuple[float, ...] = (0.5, 0.5, 0.5),
        std: tuple[float, ...] = (0.5, 0.5, 0.5),
    ) -> None:
        super().__init__(mean, std)
        blocks, channels = [], 3
        for block in widths:
            steps = zip((channels, *block), block, strict=False)
            blocks.append(
                nn.ModuleList(nn.Conv2d(a, b, 3, padding=1, padding_mode="reflect") for a, b in steps)
            )
            channels = block[-1]
        self.blocks = nn.ModuleList(blocks)
        self.layers = tuple(
            f"conv{b}_{c}" for b, block in enumerate(widths, 1) for c in range(1, len(block) + 1)
        )

    def walk(self, x: Tensor) -> Iterator[tuple[str, Tensor]]:
        for number, block in enumerate(self.blocks, 1):
            x = F.avg_pool2d(x, 2, ceil_mode=True) if number > 1 else x
            for place, convolution in enumerate(block, 1):
                x = F.relu(convolution(x))
                yield f"conv{number}_{place}", x


MODEL = VggFeatures
PREDICTOR = "gatys:Gatys"
