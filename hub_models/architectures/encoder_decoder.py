"""What the recurrent translators share (lecture, 10.3.3 and 10.9): the encoder, what a decoder remembers, the output.

One table of vectors serves the source, the target and, turned around, the last layer: the pieces of both languages are
one vocabulary. A source sentence ends with <EOS>; a target sentence is read from <SOS>.
"""

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

KINDS = {"gru": nn.GRU, "lstm": nn.LSTM}


@dataclass(frozen=True)
class Memory:
    """What a decoder needs of the sentences of a batch before its next step.

    `source`: what the encoder said, which stays; `state`: the recurrent state, (B, hidden) each.
    """

    source: tuple[Tensor, ...]
    state: tuple[Tensor, ...]

    def chosen(self, rows: Tensor) -> "Memory":
        """For the sentences `rows` of the batch, in that order; one may come twice (beam search)."""
        return Memory(tuple(t[rows] for t in self.source), tuple(t[rows] for t in self.state))


class Encoder(nn.Module):
    """One layer that reads both ways: vectors (B, S, inputs) -> states (B, S, 2 x hidden), 0 behind the end."""

    def __init__(self, inputs: int, hidden: int, cell: str) -> None:
        super().__init__()
        self.recurrent = KINDS[cell](inputs, hidden, batch_first=True, bidirectional=True)

    def forward(self, vectors: Tensor, mask: Tensor) -> tuple[Tensor, tuple[Tensor, ...]]:
        """(states, the last state of each direction side by side (B, 2 x hidden), and of an LSTM its c)."""
        lengths = mask.sum(1).clamp(min=1).cpu()
        packed = pack_padded_sequence(vectors, lengths, batch_first=True, enforce_sorted=False)
        states, last = self.recurrent(packed)
        states, _ = pad_packed_sequence(states, batch_first=True, total_length=vectors.shape[1])
        last = last if isinstance(last, tuple) else (last,)
        return states, tuple(t.transpose(0, 1).flatten(1) for t in last)  # (2, B, hidden) -> (B, 2 x hidden)


class EncoderDecoder(nn.Module):
    """The table of vectors, the encoder and the last layer; `read_out`: numbers that the last layer is made from."""

    def __init__(
        self, words: int, embedding: int, encoder: int, cell: str, read_out: int, dropout: float
    ) -> None:
        super().__init__()
        self.table = nn.Embedding(words, embedding)
        self.encoder = Encoder(embedding, encoder, cell)
        self.drop = nn.Dropout(dropout)
        self.read_out = nn.Linear(read_out, embedding)
        self.bias = nn.Parameter(torch.zeros(words))
        nn.init.normal_(self.table.weight, std=0.1)

    def embed(self, numbers: Tensor) -> Tensor:
        return self.drop(self.table(numbers))

    def encode(self, source: Tensor, mask: Tensor | None) -> tuple[Tensor, tuple[Tensor, ...], Tensor]:
        """Numbers (B, S) -> (states (B, S, 2 x encoder), last states, the mask (B, S) True for pieces)."""
        mask = torch.ones_like(source, dtype=torch.bool) if mask is None else mask
        states, last = self.encoder(self.embed(source), mask)
        return self.drop(states), last, mask

    def logits(self, *parts: Tensor) -> Tensor:
        """What the decoder knows at each step, (..., numbers) each -> (..., words)."""
        vector = torch.tanh(self.read_out(torch.cat(parts, -1)))
        return F.linear(self.drop(vector), self.table.weight, self.bias)
