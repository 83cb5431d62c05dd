"""BiLSTM tagger, after "End-to-end Sequence Labeling via Bi-directional LSTM-CNNs-CRF"
(Ma, Hovy; 2016)

The idea that mattered: a sequence-to-sequence network gives a tag for every word; reading both ways it knows what comes
after a word as well as what came before; and a small convolution over the characters of each word sees capital letters,
endings and digits, so that a name which never stood in the training texts still looks like one.

Deviations: a softmax at every word in place of the conditional random field, so that every word has its probabilities
(impossible sequences of tags are ruled out when the answer is read); all vectors of words are learned here.

Numbers of words (B, T) int64 and of their characters (B, T, C) int64, 0 behind an end -> logits (B, T, tags).
"""

import torch
from huggingface_hub import PyTorchModelHubMixin
from torch import Tensor, nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

PADDING, UNKNOWN = 0, 1  # as in hub_models.vocabulary


class Tagger(nn.Module, PyTorchModelHubMixin):
    """`words`, `characters`: rows of the embeddings; `hidden`: numbers in the state of each direction."""

    def __init__(
        self,
        words: int,
        characters: int,
        tags: int,
        embedding: int = 32,
        character_embedding: int = 24,
        filters: int = 48,
        hidden: int = 64,
        dropout: float = 0.5,
        word_dropout: float = 0.2,
    ) -> None:
        super().__init__()
        self.word_dropout = word_dropout
        self.embedding = nn.Embedding(words, embedding, padding_idx=PADDING)
        self.characters = nn.Embedding(characters, character_embedding, padding_idx=PADDING)
        self.spelling = nn.Conv1d(character_embedding, filters, 3, padding=1)
        self.dropout = nn.Dropout(dropout)
        self.recurrent = nn.LSTM(embedding + filters, hidden, batch_first=True, bidirectional=True)
        self.classifier = nn.Linear(2 * hidden, tags)
        nn.init.normal_(self.embedding.weight, std=0.1)
        nn.init.normal_(self.characters.weight, std=0.3)
        with torch.no_grad():
            self.embedding.weight[PADDING] = 0
            self.characters.weight[PADDING] = 0

    def spelled(self, characters: Tensor) -> Tensor:
        """Characters of words (W, C) int64 -> (W, filters): how strongly each pattern of three letters occurs."""
        letters = self.dropout(self.characters(characters)).transpose(1, 2)  # (W, C, E) -> (W, E, C)
        found = self.spelling(letters)
        return found.masked_fill((characters == PADDING)[:, None], -1e4).amax(2).relu()

    def embed(self, numbers: Tensor, characters: Tensor) -> Tensor:
        """(B, T) and (B, T, C) -> (B, T, embedding + filters); in training some words are only spelled."""
        inside = numbers != PADDING
        spelling = torch.zeros(*numbers.shape, self.spelling.out_channels, device=numbers.device)
        spelling[inside] = self.spelled(characters[inside]).to(spelling.dtype)
        if self.training and self.word_dropout:
            left_out = torch.rand(numbers.shape, device=numbers.device) < self.word_dropout
            numbers = numbers.masked_fill(left_out & inside, UNKNOWN)
        return self.dropout(torch.cat([self.embedding(numbers), spelling], 2))

    def states(self, numbers: Tensor, characters: Tensor) -> Tensor:
        """The states of both directions (B, T, 2 x hidden), 0 behind the end of a sentence."""
        lengths = (numbers != PADDING).sum(1).clamp(min=1)
        x = self.embed(numbers, characters)
        packed = pack_padded_sequence(x, lengths.cpu(), batch_first=True, enforce_sorted=False)
        states, _ = self.recurrent(packed)
        return pad_packed_sequence(states, batch_first=True, total_length=numbers.shape[1])[0]

    def forward(self, numbers: Tensor, characters: Tensor) -> Tensor:
        return self.classifier(self.dropout(self.states(numbers, characters)))


MODEL = Tagger
