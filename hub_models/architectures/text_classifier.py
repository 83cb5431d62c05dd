"""Recurrent networks that read a text and answer with classes, after "Finding Structure in Time"
(Elman; 1990), with the cells of Hochreiter, Schmidhuber (LSTM, 1997) and of Cho et al. (GRU, 2014).

The idea that mattered: one layer reads word after word and hands its state on to itself, so that a sentence of any
length is read with the same weights (lecture, section 10.3). It is a sequence-to-vector network: what was read ends in
one vector, from which a linear layer gives the classes. `both_ways` reads from the end as well (bidirectional),
`layers` stacks cells (deep).

Deviations: the words' vectors are learned together with the rest, and `pooling` may take the largest or the mean of all
states where the lecture takes the last; whole words are left out at random in training (`word_dropout`).

Numbers of words (B, T) int64, 0 behind the end of a sentence -> logits (B, classes).
"""

from typing import Literal

import torch
from huggingface_hub import PyTorchModelHubMixin
from torch import Tensor, nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

CELLS = {"rnn": nn.RNN, "lstm": nn.LSTM, "gru": nn.GRU}
PADDING, UNKNOWN = 0, 1  # as in hub_models.vocabulary


class TextClassifier(nn.Module, PyTorchModelHubMixin):
    """`words`: rows of the embedding; `hidden`: numbers in the state of each layer and direction."""

    def __init__(
        self,
        words: int,
        classes: int = 2,
        cell: Literal["rnn", "lstm", "gru"] = "lstm",
        embedding: int = 64,
        hidden: int = 64,
        layers: int = 1,
        both_ways: bool = False,
        pooling: Literal["last", "mean", "max"] = "last",
        dropout: float = 0.5,
        word_dropout: float = 0.0,
    ) -> None:
        super().__init__()
        self.pooling, self.word_dropout = pooling, word_dropout
        self.embedding = nn.Embedding(words, embedding, padding_idx=PADDING)
        self.dropout = nn.Dropout(dropout)
        self.recurrent = CELLS[cell](
            embedding, hidden, layers, batch_first=True, bidirectional=both_ways,
            dropout=dropout if layers > 1 else 0.0,
        )  # fmt: skip
        self.classifier = nn.Linear(hidden * (2 if both_ways else 1), classes)
        nn.init.normal_(self.embedding.weight, std=0.1)
        with torch.no_grad():
            self.embedding.weight[PADDING] = 0

    def embed(self, numbers: Tensor) -> Tensor:
        """(B, T) int64 -> (B, T, embedding); in training some words become unknown."""
        if self.training and self.word_dropout:
            left_out = (torch.rand(numbers.shape, device=numbers.device) < self.word_dropout) & (
                numbers != PADDING
            )
            numbers = numbers.masked_fill(left_out, UNKNOWN)
        return self.dropout(self.embedding(numbers))

    def states(self, numbers: Tensor) -> Tensor:
        """(B, T) int64 -> the states of the last layer (B, T, directions x hidden), 0 behind the end of a sentence."""
        lengths = lengths_of(numbers)
        packed = pack_padded_sequence(
            self.embed(numbers), lengths.cpu(), batch_first=True, enforce_sorted=False
        )
        states, _ = self.recurrent(packed)
        return pad_packed_sequence(states, batch_first=True, total_length=numbers.shape[1])[0]

    def pool(self, states: Tensor, lengths: Tensor) -> Tensor:
        """(B, T, D) -> (B, D): the last state of each direction, or the mean or the largest of all."""
        inside = (torch.arange(states.shape[1], device=states.device) < lengths[:, None])[:, :, None]
        if self.pooling == "mean":
            return (states * inside).sum(1) / lengths[:, None]
        if self.pooling == "max":
            return states.masked_fill(~inside, -2.0).amax(1)  # states lie in -1..1
        last = states[torch.arange(len(states), device=states.device), lengths - 1]
        if not self.recurrent.bidirectional:
            return last
        half = states.shape[2] // 2  # reading from the end, the last state is that of the first word
        return torch.cat([last[:, :half], states[:, 0, half:]], 1)

    def forward(self, numbers: Tensor) -> Tensor:
        pooled = self.pool(self.states(numbers), lengths_of(numbers))
        return self.classifier(self.dropout(pooled))


def lengths_of(numbers: Tensor) -> Tensor:
    """(B, T) int64 -> words in each sentence (B,) int64, at least 1."""
    return (numbers != PADDING).sum(1).clamp(min=1)


MODEL = TextClassifier
