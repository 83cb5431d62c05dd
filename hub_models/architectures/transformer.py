"""Transformer, after "Attention Is All You Need" (Vaswani, Shazeer, Parmar, Uszkoreit, Jones, Gomez, Kaiser,
Polosukhin; 2017)

The idea that mattered: no recurrence. Every word looks at every other through attention, so all of a sequence is computed
at once, and two words are one step apart however far they stand from each other. What order gave a recurrent network, a
sum of waves gives here: each position adds its own pattern of sines and cosines to its word's vector.

Deviations: `norm_first` puts the normalisation before each part, which trains without warm-up (Xiong et al. 2020); the
default is the paper's, after it. Source and target have vectors of their own, or share one table as in the paper's own
experiments (`shared`); those of the target are also the last layer.

Numbers of words (B, S) and (B, T) -> logits (B, T, words of the target): at each position, of the word after it.
"""

import math
from dataclasses import dataclass, field

import torch
from huggingface_hub import PyTorchModelHubMixin
from torch import Tensor, nn
from torch.nn import functional as F

from hub_models.architectures.attention import Cache, MultiHeadAttention, causal_mask


def sinusoids(length: int, d: int) -> Tensor:
    """(length, d): position p has sin(p / 10000^(2i/d)) at 2i and the cosine at 2i + 1 (section 3.5 of the paper)."""
    position = torch.arange(length)[:, None]
    frequency = 10_000 ** (-torch.arange(0, d, 2) / d)
    angle = position * frequency  # (length, d / 2)
    return torch.stack([angle.sin(), angle.cos()], -1).flatten(1)[:, :d]


class FeedForward(nn.Sequential):
    """Two dense layers, the same at every position."""

    def __init__(self, d: int, inner: int, dropout: float) -> None:
        super().__init__(nn.Linear(d, inner), nn.ReLU(), nn.Dropout(dropout), nn.Linear(inner, d))


@dataclass
class LayerCache:
    """Keys and values that a layer of the decoder needs not compute again: of itself, of the encoder's output."""

    own: Cache | None = None
    memory: Cache | None = None


@dataclass
class DecoderCache:
    """What a decoder remembers of the positions it has read."""

    layers: list[LayerCache] = field(default_factory=list)
    length: int = 0

    def chosen(self, rows: Tensor) -> "DecoderCache":
        """For the sequences `rows` of the batch, in that order; one may come twice (beam search)."""

        def pick(cache: Cache | None) -> Cache | None:
            return None if cache is None else (cache[0][rows], cache[1][rows])

        kept = [LayerCache(pick(layer.own), pick(layer.memory)) for layer in self.layers]
        return DecoderCache(kept, self.length)


class Layer(nn.Module):
    """Skip connections: `add(x, norm, part)` is norm(x + part(x)), or x + part(norm(x)) where `norm_first`."""

    def __init__(self, dropout: float, norm_first: bool) -> None:
        super().__init__()
        self.norm_first, self.drop = norm_first, nn.Dropout(dropout)

    def add(self, x: Tensor, norm: nn.LayerNorm, part) -> Tensor:
        if self.norm_first:
            return x + self.drop(part(norm(x)))
        return norm(x + self.drop(part(x)))


class EncoderLayer(Layer):
    """Self-attention, then the feed-forward network. Without `memory` and under a causal mask: a language model's layer."""

    def __init__(
        self, d: int, heads: int, inner: int, dropout: float = 0.1, norm_first: bool = False
    ) -> None:
        super().__init__(dropout, norm_first)
        self.attention = MultiHeadAttention(d, heads, dropout)
        self.feed_forward = FeedForward(d, inner, dropout)
        self.norm_attention, self.norm_feed = nn.LayerNorm(d), nn.LayerNorm(d)

    def forward(self, x: Tensor, mask: Tensor | None = None, cache: LayerCache | None = None) -> Tensor:
        """(B, T, d) -> (B, T, d); `cache` is brought up to date."""

        def attend(y: Tensor) -> Tensor:
            answer, seen = self.attention(y, mask=mask, cache=None if cache is None else cache.own)
            if cache is not None:
                cache.own = seen
            return answer

        x = self.add(x, self.norm_attention, attend)
        return self.add(x, self.norm_feed, self.feed_forward)

    def take(self, theirs: nn.TransformerEncoderLayer) -> None:
        """The weights of torch's layer."""
        self.attention.take(theirs.self_attn)
        copy_feed_forward(self.feed_forward, theirs)
        self.norm_attention.load_state_dict(theirs.norm1.state_dict())
        self.norm_feed.load_state_dict(theirs.norm2.state_dict())


class DecoderLayer(Layer):
    """Masked self-attention, attention to the encoder's output, then the feed-forward network."""

    def __init__(
        self, d: int, heads: int, inner: int, dropout: float = 0.1, norm_first: bool = False
    ) -> None:
        super().__init__(dropout, norm_first)
        self.attention = MultiHeadAttention(d, heads, dropout)
        self.to_memory = MultiHeadAttention(d, heads, dropout)
        self.feed_forward = FeedForward(d, inner, dropout)
        self.norm_attention, self.norm_memory, self.norm_feed = (nn.LayerNorm(d) for _ in range(3))

    def forward(
        self,
        x: Tensor,
        memory: Tensor,
        mask: Tensor | None = None,
        memory_mask: Tensor | None = None,
        cache: LayerCache | None = None,
    ) -> Tensor:
        """x (B, T, d), memory (B, S, d) -> (B, T, d); `cache` is brought up to date."""
        cache = LayerCache() if cache is None else cache

        def attend(y: Tensor) -> Tensor:
            answer, cache.own = self.attention(y, mask=mask, cache=cache.own)
            return answer

        def attend_to_memory(y: Tensor) -> Tensor:
            answer, cache.memory = self.to_memory(y, memory, mask=memory_mask, cache=cache.memory)
            return answer

        x = self.add(x, self.norm_attention, attend)
        x = self.add(x, self.norm_memory, attend_to_memory)
        return self.add(x, self.norm_feed, self.feed_forward)

    def take(self, theirs: nn.TransformerDecoderLayer) -> None:
        """The weights of torch's layer."""
        self.attention.take(theirs.self_attn)
        self.to_memory.take(theirs.multihead_attn)
        copy_feed_forward(self.feed_forward, theirs)
        self.norm_attention.load_state_dict(theirs.norm1.state_dict())
        self.norm_memory.load_state_dict(theirs.norm2.state_dict())
        self.norm_feed.load_state_dict(theirs.norm3.state_dict())


def copy_feed_forward(ours: FeedForward, theirs: nn.Module) -> None:
    ours[0].load_state_dict(theirs.linear1.state_dict())
    ours[3].load_state_dict(theirs.linear2.state_dict())


def for_heads(mask: Tensor | None) -> Tensor | None:
    """(B, S) that says which words are words -> (B, 1, 1, S), for all heads and all queries."""
    return None if mask is None else mask[:, None, None]


class Transformer(nn.Module, PyTorchModelHubMixin):
    """Encoder and decoder of `layers` each. The default is the paper's base model: 6 layers, 512 wide, 8 heads."""

    def __init__(
        self,
        source_words: int,
        target_words: int,
        d: int = 512,
        heads: int = 8,
        layers: int = 6,
        inner: int = 2048,
        dropout: float = 0.1,
        norm_first: bool = False,
        shared: bool = False,
    ) -> None:
        super().__init__()
        if shared and source_words != target_words:
            raise ValueError(f"expected one vocabulary to share, got {source_words} and {target_words} words")
        self.d, self.norm_first = d, norm_first
        options = (d, heads, inner, dropout, norm_first)
        self.source = None if shared else nn.Embedding(source_words, d)
        self.target = nn.Embedding(target_words, d)
        self.encoder = nn.ModuleList(EncoderLayer(*options) for _ in range(layers))
        self.decoder = nn.ModuleList(DecoderLayer(*options) for _ in range(layers))
        # after the last layer nothing is normalised yet where the norms come first
        self.norm_encoder, self.norm_decoder = (
            nn.LayerNorm(d) if norm_first else nn.Identity() for _ in "ed"
        )
        self.drop = nn.Dropout(dropout)
        for embedding in filter(None, (self.source, self.target)):
            nn.init.normal_(embedding.weight, std=d**-0.5)

    @property
    def source_table(self) -> nn.Embedding:
        return self.target if self.source is None else self.source

    def embed(self, embedding: nn.Embedding, words: Tensor, first: int = 0) -> Tensor:
        """Numbers (B, T) that stand at positions first, first + 1, ... -> (B, T, d)."""
        positions = sinusoids(first + words.shape[1], self.d)[first:].to(embedding.weight)
        return self.drop(embedding(words) * math.sqrt(self.d) + positions)

    def encode(self, source: Tensor, source_mask: Tensor | None = None) -> Tensor:
        """Numbers (B, S), mask (B, S) True for words and False for padding -> memory (B, S, d)."""
        x = self.embed(self.source_table, source)
        for layer in self.encoder:
            x = layer(x, for_heads(source_mask))
        return self.norm_encoder(x)

    def decode(
        self,
        target: Tensor,
        memory: Tensor,
        source_mask: Tensor | None = None,
        cache: DecoderCache | None = None,
    ) -> Tensor:
        """Numbers (B, T) and the encoder's memory -> logits (B, T, words).

        With `cache`, `target` is what comes after the positions that it has seen, and the cache is brought up to date.
        Padding at the end of `target` needs no mask: nothing before it looks there.
        """
        before = 0 if cache is None else cache.length
        x = self.embed(self.target, target, before)
        mask = causal_mask(target.shape[1], before + target.shape[1]).to(target.device)
        if cache is not None:
            cache.layers = cache.layers or [LayerCache() for _ in self.decoder]
            cache.length += target.shape[1]
        for number, layer in enumerate(self.decoder):
            x = layer(
                x, memory, mask, for_heads(source_mask), None if cache is None else cache.layers[number]
            )
        return F.linear(self.norm_decoder(x), self.target.weight)

    def forward(self, source: Tensor, target: Tensor, source_mask: Tensor | None = None) -> Tensor:
        return self.decode(target, self.encode(source, source_mask), source_mask)


MODEL = Transformer
