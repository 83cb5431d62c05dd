"""Language models that read characters, after "Generating Text with Recurrent Neural Networks"
(Sutskever, Martens, Hinton; 2011)

The idea that mattered: a network that is asked for nothing but the next character has to learn spelling, words, grammar
and who speaks, and writes text of its own when its guesses are fed back to it (lecture, section 10.4). The reader is a
recurrent layer (basic, LSTM or GRU), or a stack of Transformer layers under a causal mask (lecture, section 10.10).

Deviations: plain cells where the paper multiplies input and state, a small network, and Adam in place of its own method.

Numbers of characters (B, T) int64 -> logits (B, T, classes): at each place, of the character after it.
"""

import math
from dataclasses import dataclass, replace
from typing import Literal

import torch
from huggingface_hub import PyTorchModelHubMixin
from torch import Tensor, nn

from hub_models.architectures.attention import causal_mask
from hub_models.architectures.transformer import DecoderCache, EncoderLayer, LayerCache, sinusoids

CELLS = {"rnn": nn.RNN, "lstm": nn.LSTM, "gru": nn.GRU}
Kind = Literal["rnn", "lstm", "gru", "transformer"]


@dataclass(frozen=True)
class Remembered:
    """What a recurrent reader knows of all it has read: h, or h and c, each (layers, B, hidden)."""

    tensors: tuple[Tensor, ...]

    def chosen(self, rows: Tensor) -> "Remembered":
        """For the sequences `rows` of the batch; one may come twice."""
        return Remembered(tuple(t[:, rows].contiguous() for t in self.tensors))


@dataclass(frozen=True)
class Context:
    """What a Transformer knows: keys and values of the characters in its window, and these characters (B, T)."""

    cache: DecoderCache
    seen: Tensor

    def chosen(self, rows: Tensor) -> "Context":
        return Context(self.cache.chosen(rows), self.seen[rows])


Memory = Remembered | Context


class CharacterModel(nn.Module, PyTorchModelHubMixin):
    """`kind` of reader. `width`: numbers a character becomes; `hidden`: of the recurrent state, or the dense layers inside
    a Transformer; `context`: characters that a Transformer can look at."""

    def __init__(
        self,
        classes: int = 65,
        kind: Kind = "lstm",
        width: int = 64,
        hidden: int = 192,
        layers: int = 1,
        heads: int = 4,
        context: int = 256,
        dropout: float = 0.0,
    ) -> None:
        super().__init__()
        self.kind, self.width, self.context = kind, width, context
        self.embedding = nn.Embedding(classes, width)
        self.drop = nn.Dropout(dropout)
        if kind == "transformer":
            options = {"dropout": dropout, "norm_first": True}
            self.layers = nn.ModuleList(EncoderLayer(width, heads, hidden, **options) for _ in range(layers))
            self.norm = nn.LayerNorm(width)
            nn.init.normal_(self.embedding.weight, std=width**-0.5)
        else:
            between = dropout if layers > 1 else 0.0
            self.recurrent = CELLS[kind](width, hidden, layers, batch_first=True, dropout=between)
        self.classifier = nn.Linear(width if kind == "transformer" else hidden, classes)

    def embed(self, numbers: Tensor, first: int = 0) -> Tensor:
        """(B, T) -> (B, T, width); a Transformer adds the waves of the positions from `first` on."""
        vectors = self.embedding(numbers)
        if self.kind == "transformer":
            places = sinusoids(first + numbers.shape[1], self.width)[first:].to(vectors)
            vectors = vectors * math.sqrt(self.width) + places
        return self.drop(vectors)

    def read(self, numbers: Tensor, memory: Memory | None = None) -> tuple[Tensor, Memory]:
        """(B, T) that come after what `memory` holds -> (states (B, T, D), the memory after them)."""
        if self.kind == "transformer":
            return self.look(numbers, memory)
        given = None if memory is None else memory.tensors if self.kind == "lstm" else memory.tensors[0]
        states, last = self.recurrent(self.embed(numbers), given)
        return states, Remembered(last if isinstance(last, tuple) else (last,))

    def look(self, numbers: Tensor, memory: Context | None) -> tuple[Tensor, Context]:
        """`read` for a Transformer. Where its window is full, it goes on with the later half of it."""
        if memory is None:
            memory = Context(DecoderCache([LayerCache() for _ in self.layers]), numbers[:, :0])
        states = []
        while numbers.shape[1]:
            if memory.cache.length == self.context:
                kept = memory.seen[:, -(self.context // 2) :]
                _, memory = self.look(kept, None)
            part = numbers[:, : self.context - memory.cache.length]
            found, memory = self.look_at(part, memory)
            states.append(found)
            numbers = numbers[:, part.shape[1] :]
        return torch.cat(states, 1), memory

    def look_at(self, numbers: Tensor, memory: Context) -> tuple[Tensor, Context]:
        """(B, T) that fit into what is left of the window."""
        before = memory.cache.length
        after = before + numbers.shape[1]
        mask = causal_mask(numbers.shape[1], after).to(numbers.device)
        caches = [replace(layer) for layer in memory.cache.layers]  # the memory given stays as it is
        x = self.embed(numbers, before)
        for layer, cache in zip(self.layers, caches, strict=True):
            x = layer(x, mask, cache)
        seen = torch.cat([memory.seen, numbers], 1)
        return self.norm(x), Context(DecoderCache(caches, after), seen)

    def forward(self, numbers: Tensor) -> Tensor:
        return self.classifier(self.drop(self.read(numbers)[0]))


MODEL = CharacterModel
