"""The loss of a style network: content and style as a classifier sees them ("Perceptual Losses", Johnson et al., 2016)."""

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from hub_models import loader
from hub_models.architectures.style_features import FeatureNetwork
from hub_models.catalog import checkpoints
from hub_models.errors import BadData
from hub_models.inside.style import ContentTarget, StyleTarget, total_variation
from hub_models.predictors.style_layers import LAYERS
from hub_models.stylized import Layers


@dataclass(frozen=True, kw_only=True)
class Weights:
    """Of the three terms; content and style are relative costs (inside/style.py), grain the total variation."""

    content: float = 1.0
    style: float = 10.0
    grain: float = 1.0


def loss_network(identity: str) -> tuple[FeatureNetwork, Layers]:
    """The classifier of a checkpoint that optimises pixels (`gatys.vgg_small`), and the layers that it reads."""
    row = loader.LOADER.resolve(identity, "style-transfer")
    if row.model not in LAYERS:
        known = ", ".join(c.id for c in checkpoints("style-transfer") if c.model in LAYERS)
        raise BadData("model_unknown", f"Expected --loss-network to be one of {known}, got {identity!r}.")
    predictor = loader.module_of(row).load(row, loader.find(row), "cpu")
    return predictor.network, predictor.layers


def as_tensor(pixels: np.ndarray) -> Tensor:
    """(H, W, 3) uint8 -> (1, 3, H, W) float32 in 0..1."""
    return torch.tensor(pixels).permute(2, 0, 1)[None].float().div(255).contiguous()


class PerceptualLoss:
    """`loss(photographs, generated)`: both (B, 3, h, w) in 0..1 -> {term: its mean over the batch, with its weight}."""

    def __init__(
        self, network: FeatureNetwork, layers: Layers, style_pixels: np.ndarray, weights: Weights
    ) -> None:
        self.network = network.to(memory_format=torch.channels_last)
        self.layers, self.style, self.weights = layers, as_tensor(style_pixels), weights
        self.targets: dict[torch.device, StyleTarget] = {}

    def target(self, device: torch.device) -> StyleTarget:
        """The style on `device`, and with it the classifier."""
        if device not in self.targets:
            self.network.to(device)
            self.targets = {device: StyleTarget(self.network, self.style.to(device), self.layers)}
        return self.targets[device]

    def costs(self, photographs: Tensor, generated: Tensor) -> tuple[Tensor, Tensor]:
        """(content, style), relative, without weights; (B,) each."""
        target = self.target(photographs.device)
        with torch.no_grad():
            content = ContentTarget(self.network(photographs, self.layers.content), self.layers)
        maps = self.network(generated, self.layers.names)
        return content.cost(maps), target.cost(maps)

    def __call__(self, photographs: Tensor, generated: Tensor) -> dict[str, Tensor]:
        return self.terms(*self.costs(photographs, generated), generated)

    def terms(self, content: Tensor, style: Tensor, generated: Tensor) -> dict[str, Tensor]:
        """The terms of pictures whose costs (B,) are known."""
        return {
            "content": self.weights.content * content.mean(),
            "style": self.weights.style * style.mean(),
            "grain": self.weights.grain * total_variation(generated.float()).mean(),
        }
