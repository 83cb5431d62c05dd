"""The attention of the lecture (sections 10.9 and 10.10), written as its equations.

A query is compared with keys, softmax makes weights of the scores, and the answer is the weighted sum of the values.
What differs is the comparison: a small network (Bahdanau, Cho, Bengio: "Neural Machine Translation by Jointly Learning to
Align and Translate", 2015), a product (Luong, Pham, Manning: "Effective Approaches to Attention-based Neural Machine
Translation", 2015), or the product divided by the root of its dimension, in many heads at once (Vaswani et al.:
"Attention Is All You Need", 2017).

A mask is True where a query may look, and broadcasts to the scores; a query that may look nowhere has no answer (NaN).
"""

import math
from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn import functional as F

Cache = tuple[Tensor, Tensor]  # keys and values of what came before, each (B, heads, T, d / heads)


def causal_mask(queries: int, keys: int | None = None) -> Tensor:
    """(queries, keys) bool: each position sees itself and what came before; the last query is the last key."""
    keys = queries if keys is None else keys
    return torch.ones(queries, keys, dtype=torch.bool).tril(keys - queries)


def padding_mask(lengths: Tensor, longest: int) -> Tensor:
    """Lengths (B,) -> (B, longest) bool: True where a sequence still goes on."""
    return torch.arange(longest, device=lengths.device) < lengths[:, None]


def softmax_over_keys(scores: Tensor, mask: Tensor | None) -> Tensor:
    """Scores (..., keys) -> weights that sum to 1, and are 0 where the mask is False."""
    if mask is not None:
        scores = scores.masked_fill(~mask, -math.inf)
    return scores.softmax(-1)


class BahdanauAttention(nn.Module):
    """Concatenative attention: the energy of key i is v · tanh(W_q q + W_k k_i), a network of one hidden layer."""

    def __init__(self, query: int, key: int, units: int) -> None:
        super().__init__()
        self.W_q = nn.Linear(query, units, bias=False)
        self.W_k = nn.Linear(key, units)  # W [q, k] + b is W_q q + W_k k + b
        self.v = nn.Linear(units, 1, bias=False)

    def forward(self, query: Tensor, keys: Tensor, mask: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """Query (B, query), keys (B, T, key), mask (B, T) -> (context (B, key), weights alpha (B, T))."""
        energy = self.v(torch.tanh(self.W_q(query)[:, None] + self.W_k(keys)))[..., 0]  # (B, T)
        weights = softmax_over_keys(energy, mask)
        return (weights[:, None] @ keys)[:, 0], weights


class LuongAttention(nn.Module):
    """Multiplicative attention: the energy of key i is q · k_i ("dot"), or q · W k_i ("general")."""

    def __init__(self, query: int, key: int, score: Literal["dot", "general"] = "dot") -> None:
        super().__init__()
        if score == "dot" and query != key:
            raise ValueError(
                f"expected query and key of one size for a dot product, got {query} and {key}; use 'general'"
            )
        self.W = nn.Linear(key, query, bias=False) if score == "general" else nn.Identity()

    def forward(self, query: Tensor, keys: Tensor, mask: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """Query (B, query), keys (B, T, key), mask (B, T) -> (context (B, key), weights alpha (B, T))."""
        energy = (self.W(keys) @ query[:, :, None])[..., 0]  # (B, T)
        weights = softmax_over_keys(energy, mask)
        return (weights[:, None] @ keys)[:, 0], weights


def scaled_dot_product(Q: Tensor, K: Tensor, V: Tensor, mask: Tensor | None = None) -> tuple[Tensor, Tensor]:
    """Equation 10.16: (softmax(Q K^T / sqrt(d_keys)) V, the softmax).

    Q (..., queries, d), K (..., keys, d), V (..., keys, dv) -> (..., queries, dv) and (..., queries, keys).
    """
    scores = Q @ K.transpose(-2, -1) / math.sqrt(K.shape[-1])
    weights = softmax_over_keys(scores, mask)
    return weights @ V, weights


class MultiHeadAttention(nn.Module):
    """Equations 10.17 to 10.20. Each of `heads` looks at d / heads numbers; W_Q, W_K, W_V hold all heads' matrices.

    `dropout` falls on the weights while it trains.
    """

    def __init__(self, d: int, heads: int, dropout: float = 0.0) -> None:
        super().__init__()
        if d % heads:
            raise ValueError(f"expected a dimension that {heads} heads can share, got {d}")
        self.heads, self.dropout = heads, dropout
        self.W_Q, self.W_K, self.W_V, self.W_O = (nn.Linear(d, d) for _ in range(4))
        for projection in (self.W_Q, self.W_K, self.W_V, self.W_O):
            nn.init.xavier_uniform_(projection.weight)
            nn.init.zeros_(projection.bias)

    def split(self, x: Tensor) -> Tensor:
        """(B, T, d) -> (B, heads, T, d / heads)."""
        return x.unflatten(-1, (self.heads, -1)).transpose(1, 2)

    def forward(
        self, x: Tensor, memory: Tensor | None = None, mask: Tensor | None = None, cache: Cache | None = None
    ) -> tuple[Tensor, Cache]:
        """x (B, T, d) looks at itself, or at `memory` (B, S, d) -> (B, T, d), and the keys and values it looked at.

        `mask` broadcasts to (B, heads, T, S). `cache`: keys and values that stand before those of x (of an earlier
        step of the same sequence); with `memory`, in place of its.
        """
        query = self.split(self.W_Q(x))
        if memory is not None and cache is not None:
            keys, values = cache
        else:
            looked_at = x if memory is None else memory
            keys, values = self.split(self.W_K(looked_at)), self.split(self.W_V(looked_at))
            if cache is not None:
                keys, values = (torch.cat(pair, 2) for pair in zip(cache, (keys, values), strict=True))
        dropped = self.dropout if self.training else 0.0
        # torch's fused equation 10.16; a test holds it equal to `scaled_dot_product`
        heads = F.scaled_dot_product_attention(query, keys, values, attn_mask=mask, dropout_p=dropped)
        return self.W_O(heads.transpose(1, 2).flatten(2)), (keys, values)  # (10.19), (10.20)

    def take(self, theirs: nn.MultiheadAttention) -> None:
        """Weights of torch's layer, which keeps W_Q, W_K and W_V below one another."""
        if theirs.in_proj_weight is None or theirs.in_proj_bias is None or theirs.bias_k is not None:
            raise ValueError("expected torch's layer with biases and keys as wide as queries")
        with torch.no_grad():
            for ours, weight, bias in zip(
                (self.W_Q, self.W_K, self.W_V), theirs.in_proj_weight.chunk(3), theirs.in_proj_bias.chunk(3), strict=True
            ):  # fmt: skip
                ours.weight.copy_(weight)
                ours.bias.copy_(bias)
        self.W_O.load_state_dict(theirs.out_proj.state_dict())
