"""A pretrained BERT encoder that learns a new task through small matrices, after "LoRA: Low-Rank Adaptation of Large
Language Models" (Hu, Shen, Wallis, Allen-Zhu, Li, Wang, Wang, Chen; 2021)

The idea that mattered: what fine-tuning changes in a weight matrix has a low rank. So the pretrained weights W stay as they
are, and beside each lie two thin matrices that learn: W x + B A x, with A (rank, inputs) and B (outputs, rank), B zeros at
first. Hundreds of kilobytes are kept for a task in place of the whole encoder, which is lent by an installed package.

Deviations: all six matrices of the last layers are adapted where the paper takes queries and values of all layers; for tags
of words the last layer also sees how each word is written (capitals, digits), because this encoder reads small letters only.

Numbers of word pieces (B, T) int64, which of them are there (B, T) -> logits (B, classes), or (B, T, classes) of words.
"""

import math
from collections.abc import Mapping

import torch
from huggingface_hub import PyTorchModelHubMixin
from torch import Tensor, nn
from torch.nn import functional as F

Weights = Mapping[str, Tensor]  # by the names of transformers' BertModel
MATRICES = {  # of a layer: (outputs, inputs) in widths; "inner" is that of the feed-forward network
    "attention.self.query": ("width", "width"),
    "attention.self.key": ("width", "width"),
    "attention.self.value": ("width", "width"),
    "attention.output.dense": ("width", "width"),
    "intermediate.dense": ("inner", "width"),
    "output.dense": ("width", "inner"),
}
SHAPES = 6  # ways in which a word is written, and in which its neighbours are
STRENGTH = 2.0  # of B A, as the paper's alpha / rank


class Adapter(nn.Module):
    """B A: (..., inputs) -> (..., outputs), zeros at first."""

    def __init__(self, inputs: int, outputs: int, rank: int) -> None:
        super().__init__()
        self.A = nn.Parameter(torch.empty(rank, inputs))
        self.B = nn.Parameter(torch.zeros(outputs, rank))
        nn.init.kaiming_uniform_(self.A, a=math.sqrt(5))

    def forward(self, x: Tensor) -> Tensor:
        return STRENGTH * F.linear(F.linear(x, self.A), self.B)


class AdaptedEncoder(nn.Module, PyTorchModelHubMixin):
    """`adapted`: how many of the last `layers` have adapters; `per_word`: logits of every place. `lend` it its weights."""

    def __init__(
        self,
        classes: int = 2,
        per_word: bool = False,
        layers: int = 6,
        adapted: int = 2,
        rank: int = 8,
        width: int = 384,
        inner: int = 1536,
        heads: int = 12,
        dropout: float = 0.1,
    ) -> None:
        super().__init__()
        self.per_word, self.width, self.heads = per_word, width, heads
        self.layers, self.first = layers, layers - adapted
        sizes = {"width": width, "inner": inner}
        self.adapters = nn.ModuleList(
            nn.ModuleDict({
                name.replace(".", "_"): Adapter(sizes[inputs], sizes[outputs], rank)
                for name, (outputs, inputs) in MATRICES.items()
            })
            for _ in range(adapted)
        )  # fmt: skip
        self.drop = nn.Dropout(dropout)
        self.classifier = nn.Linear(width + 3 * SHAPES * per_word, classes)
        self.lent: dict[str, Weights] = {}  # no parameters of ours: neither trained nor written

    def lend(self, weights: Weights) -> "AdaptedEncoder":
        """Use the encoder with these weights."""
        self.lent["encoder"] = weights
        return self

    def dense(self, x: Tensor, layer: int, name: str) -> Tensor:
        """The matrix `name` of the layer, and what its adapter adds."""
        weights, place = self.lent["encoder"], f"encoder.layer.{layer}.{name}"
        y = F.linear(x, weights[f"{place}.weight"], weights[f"{place}.bias"])
        return y + self.adapters[layer - self.first][name.replace(".", "_")](x) if layer >= self.first else y

    def norm(self, x: Tensor, name: str) -> Tensor:
        weights = self.lent["encoder"]
        return F.layer_norm(x, x.shape[-1:], weights[f"{name}.weight"], weights[f"{name}.bias"], 1e-12)

    def embed(self, pieces: Tensor) -> Tensor:
        """(B, T) -> (B, T, width): of the piece, of its place, of the first of two texts."""
        weights, of = self.lent["encoder"], "embeddings"
        x = weights[f"{of}.word_embeddings.weight"][pieces] + weights[f"{of}.token_type_embeddings.weight"][0]
        x = x + weights[f"{of}.position_embeddings.weight"][: pieces.shape[1]]
        return self.norm(x, f"{of}.LayerNorm")

    def layer(self, x: Tensor, there: Tensor, number: int) -> Tensor:
        """(B, T, width) -> (B, T, width): attention, then the feed-forward network, each added and normalised."""
        place = f"encoder.layer.{number}"
        q, k, v = (
            self.dense(x, number, f"attention.self.{name}").unflatten(-1, (self.heads, -1)).transpose(1, 2)
            for name in ("query", "key", "value")
        )  # each (B, heads, T, width / heads)
        y = F.scaled_dot_product_attention(q, k, v, attn_mask=there[:, None, None, :].bool())
        y = self.drop(self.dense(y.transpose(1, 2).flatten(2), number, "attention.output.dense"))
        x = self.norm(x + y, f"{place}.attention.output.LayerNorm")
        y = F.gelu(self.dense(x, number, "intermediate.dense"))
        y = self.drop(self.dense(y, number, "output.dense"))
        return self.norm(x + y, f"{place}.output.LayerNorm")

    def lower(self, pieces: Tensor, there: Tensor) -> Tensor:
        """What the layers without adapters make of the pieces: the same in every epoch."""
        x = self.embed(pieces)
        for number in range(self.first):
            x = self.layer(x, there, number)
        return x

    def upper(self, x: Tensor, there: Tensor) -> Tensor:
        for number in range(self.first, self.layers):
            x = self.layer(x, there, number)
        return x

    def answer(self, states: Tensor, there: Tensor, written: Tensor | None = None) -> Tensor:
        """States (B, T, width) -> logits. Of a text: from the mean of its states, as this encoder was trained."""
        if self.per_word:
            return self.classifier(torch.cat([self.drop(states), around(written)], -1))
        share = there / there.sum(1, keepdim=True)
        return self.classifier(self.drop((states * share[..., None]).sum(1)))

    def forward(self, pieces: Tensor, there: Tensor, written: Tensor | None = None) -> Tensor:
        return self.answer(self.upper(self.lower(pieces, there), there), there, written)


def around(written: Tensor) -> Tensor:
    """How words are written (B, T) int64, 0 to 5 -> one-hot of the piece before, this one, the next (B, T, 18)."""
    one = F.one_hot(written, SHAPES).float()
    return torch.cat([F.pad(one, (0, 0, 1, 0))[:, :-1], one, F.pad(one, (0, 0, 0, 1))[:, 1:]], -1)


MODEL = AdaptedEncoder
PREDICTOR = "adapted:Adapted"
