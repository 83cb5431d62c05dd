"""The filters of the first layer: the only ones that can be looked at as little pictures."""

from dataclasses import dataclass

import numpy as np
from torch import nn

from hub_models.errors import BadInput


@dataclass(frozen=True, kw_only=True)
class Filters:
    """`weights` (K, h, w, 3 or 1) float32 in 0..1: each filter scaled by its largest weight, zero is 0.5.

    `raw` holds the weights themselves in the same shape. One channel where the network does not see
    RGB or grey: the mean over its input channels.
    """

    weights: np.ndarray
    raw: np.ndarray
    layer_name: str


def first_filters(network: nn.Module) -> Filters:
    """The filters of the first convolution; in a ViT that is the patch embedding."""
    for name, module in network.named_modules():
        if isinstance(module, nn.Conv2d):
            raw = (
                module.weight.detach().float().cpu().numpy().transpose(0, 2, 3, 1)
            )  # (K, C, h, w) -> (K, h, w, C)
            if raw.shape[3] not in (1, 3):
                raw = raw.mean(3, keepdims=True)
            largest = np.abs(raw).max(axis=(1, 2, 3), keepdims=True)
            scaled = raw / np.where(largest > 0, largest, 1)
            return Filters(weights=(scaled + 1) / 2, raw=raw.copy(), layer_name=name)
    raise BadInput(
        "no_filters", "Expected a network with a convolution; this one has none. Choose another one."
    )
