"""Style transfer by optimisation, after Gatys, Ecker and Bethge (2015): the pixels themselves are what is learned.

J(G) = alpha J_content(C, G) + beta J_style(S, G), equation 9.5, is lowered by L-BFGS or Adam, from the content picture or
from noise. Added to it here: a little total variation, against grains, and what colours outside of 0..1 would cost.
"""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import numpy as np
import torch
from torch import Tensor

from hub_models import compute
from hub_models.architectures.style_features import FeatureNetwork
from hub_models.checkpoint import Checkpoint
from hub_models.errors import BadInput
from hub_models.inside.style import ContentTarget, StyleTarget, total_variation, weighted
from hub_models.picture import fit_within
from hub_models.predictors.style_backbones import build
from hub_models.predictors.style_layers import LAYERS
from hub_models.predictors.style_pictures import STYLE_PICTURES, chosen_style, in_size
from hub_models.predictors.weights import bytes_of
from hub_models.preprocess import InputSpec
from hub_models.stylized import Layers, Stylized, mixed

Optimiser = Literal["L-BFGS", "Adam"]
Beginning = Literal["content", "noise"]
HISTORY = 20  # gradients that L-BFGS remembers: each takes the memory of two pictures
ADAM_RATE = 0.03  # in colours of 0..1
MOST_COST = 1e6  # of a relative cost, which is about 1 for a picture without content or style
OUTSIDE = 10.0  # weight of colours outside of 0..1
CONTENT, STYLE = "content cost", "style cost"  # beside the names of layers


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """How the optimisation is done. `layers`: None means those of the network."""

    iterations: int = 100
    alpha: float = 1.0  # weight of the content
    beta: float = 100.0  # weight of the style
    grain: float = 1.0  # weight of the total variation
    begin: Beginning = "content"
    optimiser: Optimiser = "L-BFGS"
    layers: Layers | None = None
    seed: int = 0  # of the noise


@dataclass(frozen=True)
class Moment:
    """After one more iteration. `picture` (1, 3, H, W) float32, near 0..1; costs, as in `Stylized`, of the one before."""

    iteration: int
    picture: Tensor
    content: float
    style: float
    by_layer: Mapping[str, float] = field(default_factory=dict)  # style layer -> its relative cost


class Optimisation:
    """Pixels on their way to content and style. `steps()` can be asked again: the optimiser remembers its gradients."""

    def __init__(
        self,
        network: FeatureNetwork,
        layers: Layers,
        content: Tensor,
        style: Tensor,
        wanted: Wanted,
        begin_with: Tensor | None = None,
    ) -> None:
        """`content`, `style` and `begin_with` (an earlier picture to go on from) are (1, 3, H, W) in 0..1."""
        self.network, self.layers, self.wanted, self.iteration = network, layers, wanted, 0
        self.style = StyleTarget(network, style, layers)
        with torch.no_grad():
            self.content = ContentTarget(network(content, layers.content), layers)
        first = begin_with
        if first is None:
            first = content if wanted.begin == "content" else noise_like(content, wanted.seed)
        self.picture = first.clone(memory_format=torch.contiguous_format).requires_grad_(True)
        if wanted.optimiser == "Adam":
            self.optimiser: torch.optim.Optimizer = torch.optim.Adam([self.picture], lr=ADAM_RATE)
        else:  # one evaluation an iteration, at full steps: a line search would need several
            self.optimiser = torch.optim.LBFGS([self.picture], max_iter=1, history_size=HISTORY)

    def steps(self, iterations: int) -> Iterator[Moment]:
        """One `Moment` for each of `iterations`; a visitor who leaves stops it. BadInput `diverged`."""
        for _ in range(iterations):
            compute.check()
            costs: dict[str, float] = {}
            self.optimiser.step(lambda costs=costs: self.loss(costs))
            self.iteration += 1
            content, style = costs.pop(CONTENT), costs.pop(STYLE)
            if not math.isfinite(content + style) or max(content, style) > MOST_COST:
                raise BadInput(
                    "diverged",
                    f"Expected costs that go down, but after {self.iteration} iterations they are beyond all bounds. "
                    "Choose Adam, or a smaller alpha or beta.",
                )
            yield Moment(self.iteration, self.picture.detach(), content, style, costs)

    def loss(self, costs: dict[str, float]) -> Tensor:
        """Equation 9.5 at the picture, its gradient left there; `costs` are filled in, those of each style layer too."""
        wanted = self.wanted
        with torch.enable_grad():
            self.optimiser.zero_grad()
            maps = self.network(self.picture, self.layers.names)
            by_layer = self.style.costs(maps)
            content, style = self.content.cost(maps).sum(), weighted(by_layer, self.layers.style).sum()
            outside = (self.picture - self.picture.clamp(0, 1)).square().mean()
            loss = wanted.alpha * content + wanted.beta * style + OUTSIDE * outside
            loss = loss + wanted.grain * total_variation(self.picture).sum()
            loss.backward()
        costs |= {
            name: float(cost.detach()) for name, cost in (by_layer | {CONTENT: content, STYLE: style}).items()
        }
        return loss


def noise_like(content: Tensor, seed: int) -> Tensor:
    """Grey noise of the size of `content`, the same for a seed."""
    generator = torch.Generator().manual_seed(seed)
    noise = torch.rand(content.shape, generator=generator)
    return (0.5 + 0.3 * (noise - 0.5)).to(content.device)


class Gatys:
    """A classifier that says of any picture how far it is from a content and a style. Styles are pictures."""

    takes_picture = True
    names = tuple(STYLE_PICTURES)

    def __init__(
        self,
        checkpoint: Checkpoint,
        network: FeatureNetwork,
        spec: InputSpec,
        names: tuple[str, ...],
        device: str,
    ) -> None:
        """`names` are those of classes, which nobody asks for here."""
        self.checkpoint, self.spec, self.device = checkpoint, spec, device
        self.network = network.to(device)
        self.bytes = bytes_of(self.network)
        self.layers = LAYERS[checkpoint.model]

    def optimisation(
        self,
        pixels: np.ndarray,
        style_pixels: np.ndarray,
        wanted: Wanted,
        begin_with: np.ndarray | None = None,
    ) -> Optimisation:
        """Ready to be asked for `steps`. (H, W, 3) uint8 in the size wanted; `begin_with` (H, W, 3) float32 in 0..1.

        The style picture is made as large as the longer side of `pixels`.
        """
        style = in_size(style_pixels, max(pixels.shape[:2]))
        first = None if begin_with is None else self.tensor(begin_with)
        layers = wanted.layers or self.layers
        return Optimisation(self.network, layers, self.tensor(pixels), self.tensor(style), wanted, first)

    def tensor(self, pixels: np.ndarray) -> Tensor:
        """(H, W, 3) uint8, or float32 in 0..1 -> (1, 3, H, W) float32 in 0..1 on the device."""
        scale = 255 if pixels.dtype == np.uint8 else 1
        planes = torch.tensor(pixels.transpose(2, 0, 1)[None], device=self.device)
        return (planes.float() / scale).contiguous()

    def predict(
        self,
        pixels: np.ndarray,
        style: str = "",
        style_pixels: np.ndarray | None = None,
        *,
        longest_side: int = 256,
        strength: float = 1.0,
        wanted: Wanted = Wanted(),
    ) -> Stylized:
        """`style` is one of `names`, "" the first; where `style_pixels`, a picture (H, W, 3) uint8, is given, it counts.

        BadInput `style_unknown`.
        """
        name, style_pixels = chosen_style(self.names, style, style_pixels)
        small = fit_within(pixels, longest_side)
        moments = list(self.optimisation(small, style_pixels, wanted).steps(wanted.iterations))
        costs = np.array([(m.content, m.style) for m in moments], np.float32).reshape(-1, 2)
        picture = as_pixels(moments[-1].picture) if moments else small
        return Stylized(mixed(small, picture, strength), name, costs)


def as_pixels(picture: Tensor) -> np.ndarray:
    """(1, 3, H, W) float near 0..1 -> (H, W, 3) uint8."""
    planes = (picture[0].clamp(0, 1) * 255).round().byte()
    return planes.permute(1, 2, 0).contiguous().cpu().numpy()  # safetensors writes memory as it lies


def load(checkpoint: Checkpoint, files: Path, device: str) -> Gatys:
    """Around a classifier of timm, whose weights are in `files`."""
    return Gatys(checkpoint, build(checkpoint, files), checkpoint.input, (), device)
