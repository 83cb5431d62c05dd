"""Content and style of a picture as costs (lecture, section 9.4), on the maps of a network that was trained to classify."""

from collections.abc import Mapping

import torch
from torch import Tensor

from hub_models.architectures.style_features import FeatureNetwork
from hub_models.stylized import Layers

LEAST_SPREAD = 0.01  # of the energy of maps: photographs have 0.1 and more


def gram(maps: Tensor) -> Tensor:
    """Equation 9.7: maps (B, C, h, w) -> (B, C, C), the sum over all positions of each product of two channels."""
    rows = maps.flatten(2).float()  # (B, C, h, w) -> (B, C, h * w)
    with torch.autocast(rows.device.type, enabled=False):  # sums over thousands of positions need float32
        return rows @ rows.transpose(1, 2)


def content_cost(content: Tensor, generated: Tensor) -> Tensor:
    """Equation 9.6: half the squared distance of two sets of maps (B, C, h, w); (B,)."""
    return (content - generated).square().flatten(1).sum(1) / 2


def style_cost(style: Tensor, generated: Tensor) -> Tensor:
    """Equation 9.8: the squared Frobenius norm of the difference of two Gram matrices (B, C, C); (B,)."""
    return (style - generated).square().flatten(1).sum(1)


def per_position(maps: Tensor) -> Tensor:
    """Maps scaled so that their Gram matrix is a mean over positions: only so can pictures of two sizes be compared."""
    return maps / (maps.shape[2] * maps.shape[3]) ** 0.5


class StyleTarget:
    """The style of a picture: its Gram matrices, and how far a picture is from them.

    The cost of a layer is divided by the squared norm of the style's own Gram matrix, so that 1 means as far as black
    maps are, in every layer of every network; with `layers.style` this makes the weights of equation 9.9.
    """

    def __init__(self, network: FeatureNetwork, style: Tensor, layers: Layers) -> None:
        """`style` (1, 3, H, W) in 0..1."""
        self.layers = layers
        with torch.no_grad():
            maps = network(style, layers.style)
        self.grams = {name: gram(per_position(found)) for name, found in maps.items()}
        self.norms = {name: matrix.square().sum() for name, matrix in self.grams.items()}

    def costs(self, maps: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """The relative cost (B,) of each style layer."""
        return {
            name: style_cost(self.grams[name], gram(per_position(maps[name]))) / self.norms[name]
            for name in self.layers.style
        }

    def cost(self, maps: Mapping[str, Tensor]) -> Tensor:
        """Equation 9.9 for each of B pictures: the weighted mean over the layers; (B,)."""
        return weighted(self.costs(maps), self.layers.style)


class ContentTarget:
    """The content of B pictures: their maps, and how far other pictures are from them.

    The cost of a layer is divided by that of maps in which every channel has its mean everywhere: 1 means that nothing
    is left of where things are. A picture of one colour has nothing anywhere: a share of its maps' energy counts then.
    """

    def __init__(self, maps: Mapping[str, Tensor], layers: Layers) -> None:
        self.layers = layers
        self.maps = {name: maps[name].detach().float() for name in layers.content}
        self.norms = {name: norm(found) for name, found in self.maps.items()}

    def costs(self, maps: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """The relative cost (B,) of each content layer."""
        return {
            name: content_cost(self.maps[name], maps[name].float()) / self.norms[name]
            for name in self.layers.content
        }

    def cost(self, maps: Mapping[str, Tensor]) -> Tensor:
        """The weighted mean over the layers; (B,)."""
        return weighted(self.costs(maps), self.layers.content)


def norm(maps: Tensor) -> Tensor:
    """What the content cost of `maps` (B, C, h, w) is divided by; (B,), above 0."""
    energy = content_cost(maps, torch.zeros_like(maps))
    spread = content_cost(maps, maps.mean((2, 3), keepdim=True))
    return torch.maximum(spread, LEAST_SPREAD * energy).clamp(min=1e-6)


def weighted(costs: Mapping[str, Tensor], weights: Mapping[str, float]) -> Tensor:
    """The mean of `costs` by `weights`; (B,), or a 0 where there are none."""
    total = sum(weights[name] for name in costs)
    return sum((cost * (weights[name] / total) for name, cost in costs.items()), torch.zeros(()))


def total_variation(pictures: Tensor) -> Tensor:
    """Mean squared difference of neighbouring pixels of (B, 3, H, W): large where a picture is full of grains; (B,)."""
    down = (pictures[:, :, 1:] - pictures[:, :, :-1]).square().flatten(1).mean(1)
    right = (pictures[:, :, :, 1:] - pictures[:, :, :, :-1]).square().flatten(1).mean(1)
    return down + right
