"""Equations 10.16 to 10.20 of the lecture, one after the other, with all that torch's fused attention never writes out."""

import math
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from hub_models.architectures.attention import MultiHeadAttention, causal_mask, scaled_dot_product
from hub_models.architectures.character_model import CharacterModel


@dataclass(frozen=True, kw_only=True)
class AttentionSteps:
    """One layer's attention, all heads; T queries look at S keys. float32, but `mask` bool.

    `x` (T, d) what the queries are made of; `Q` (heads, T, d / heads), `K` and `V` (heads, S, d / heads); `products`
    (heads, T, S): Q K^T; `scores`: divided by sqrt(d / heads), minus infinity where `mask` (T, S) is False; `weights`:
    their softmax; `heads` (heads, T, d / heads): weights V; `joined` (T, d): side by side; `output` (T, d): times W^O.
    """

    x: np.ndarray
    Q: np.ndarray
    K: np.ndarray
    V: np.ndarray
    products: np.ndarray
    scores: np.ndarray
    mask: np.ndarray
    weights: np.ndarray
    heads: np.ndarray
    joined: np.ndarray
    output: np.ndarray


def attention_steps(
    attention: MultiHeadAttention, x: Tensor, memory: Tensor | None = None, mask: Tensor | None = None
) -> AttentionSteps:
    """What `attention` does with x (T, d) that looks at itself, or at `memory` (S, d), under `mask` (T, S)."""
    with torch.inference_mode():
        looked_at = x if memory is None else memory
        if mask is None:
            mask = torch.ones(len(x), len(looked_at), dtype=torch.bool)
        Q = attention.split(attention.W_Q(x)[None])[0]
        K, V = (attention.split(W(looked_at)[None])[0] for W in (attention.W_K, attention.W_V))
        products = Q @ K.transpose(-2, -1)
        scores = (products / math.sqrt(K.shape[-1])).masked_fill(~mask, -torch.inf)
        heads, weights = scaled_dot_product(Q, K, V, mask)
        joined = heads.transpose(0, 1).flatten(1)
        tensors = {
            "x": x, "Q": Q, "K": K, "V": V, "products": products, "scores": scores, "mask": mask, "weights": weights,
            "heads": heads, "joined": joined, "output": attention.W_O(joined),
        }  # fmt: skip
        return AttentionSteps(**{name: tensor.cpu().numpy() for name, tensor in tensors.items()})


def steps_of(model: CharacterModel, numbers: Tensor) -> tuple[AttentionSteps, ...]:
    """The attention of every layer of a character Transformer that reads numbers (T,), T up to its window."""
    if model.kind != "transformer":
        raise ValueError(f"expected a Transformer, got {model.kind}")
    if len(numbers) > model.context:
        raise ValueError(f"expected at most {model.context} characters, got {len(numbers)}")
    with torch.inference_mode():
        x, mask = model.embed(numbers[None]), causal_mask(len(numbers)).to(numbers.device)
        found = []
        for layer in model.layers:
            found.append(attention_steps(layer.attention, layer.norm_attention(x)[0], mask=mask))
            x = layer(x, mask)
    return tuple(found)
