"""Attention rollout: which patches the class token looks at, through all layers of a Vision Transformer.

Abnar and Zuidema, "Quantifying Attention Flow in Transformers", 2020: a layer passes on half of its
attention and half of its input (the skip connection); the product over the layers follows every path.
"""

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from hub_models.errors import BadInput
from hub_models.inside.trace import trace, twin


@dataclass(frozen=True, kw_only=True)
class Rollout:
    """`map` (H, W) float32 in 0..1 at the size of the input: share of each position, scaled.

    `per_layer` (L, h, w): attention to the patches in each layer, mean over heads. `rolled` (L, h, w):
    rollout up to each layer. `heads` (L, heads, h, w): each head on its own. What looks is the first token
    if there are extra ones (the class token), otherwise the mean of all patches.
    """

    map: np.ndarray
    per_layer: np.ndarray
    rolled: np.ndarray
    heads: np.ndarray
    class_token: bool


def attentions(network: nn.Module, x: Tensor) -> tuple[np.ndarray, tuple[int, int]]:
    """Attention (L, heads, N, N) of every layer, and the grid (h, w) of the patches.

    A row belongs to the token that looks and sums to 1.
    Fused attention never writes these numbers out, so a private twin computes it step by step.
    """
    private = twin(network)
    for module in private.modules():
        if hasattr(module, "fused_attn"):
            module.fused_attn = False
    from_transformers = hasattr(private, "set_attn_implementation")
    if from_transformers:
        private.set_attn_implementation("eager")
    with torch.inference_mode():
        seen = trace(private, x)
        if from_transformers:
            layers = list(private(x, output_attentions=True).attentions or ())
        else:
            layers = [step.returned for step in seen.steps if step.name.endswith("attn_drop")]
    patches = seen.grid_hw[0] * seen.grid_hw[1] if seen.grid_hw else 0
    # windows (Swin) and pyramids look at parts of the picture: their attention is no N x N over all patches
    square = [a.ndim == 4 and a.shape[0] == 1 and a.shape[2] == a.shape[3] >= patches > 0 for a in layers]
    if not layers or not all(square) or len({a.shape for a in layers}) > 1:
        raise BadInput(
            "no_attention",
            "Expected a Vision Transformer in which every patch looks at every patch; this network is none. "
            "Choose a ViT.",
        )
    return torch.cat(layers).float().cpu().numpy(), seen.grid_hw


def attention_rollout(network: nn.Module, x: Tensor) -> Rollout:
    """Follow the attention of a Vision Transformer from its last layer back to the patches of `x`."""
    attention, (height, width) = attentions(network, x)
    tokens = attention.shape[-1]
    extra = tokens - height * width

    def look(rows: np.ndarray) -> np.ndarray:
        """(..., N, N) -> (..., h, w): what the class token, or the mean patch, sees of the patches."""
        seen = rows[..., 0, extra:] if extra else rows.mean(axis=-2)
        return np.ascontiguousarray(seen.reshape(*rows.shape[:-2], height, width))

    rolled, so_far = [], np.eye(tokens, dtype=np.float32)
    for layer in attention.mean(axis=1):
        so_far = (0.5 * layer + 0.5 * np.eye(tokens, dtype=np.float32)) @ so_far
        rolled.append(look(so_far))
    last = torch.from_numpy(rolled[-1])[None, None]
    large = F.interpolate(last, tuple(x.shape[2:]), mode="bilinear", align_corners=False)[0, 0]
    return Rollout(
        map=(large / large.max()).numpy(),
        per_layer=look(attention.mean(axis=1)),
        rolled=np.stack(rolled),
        heads=look(attention),
        class_token=extra > 0,
    )
