"""A CNN that sees and an LSTM that tells, after "Show and Tell: A Neural Image Caption Generator"
(Vinyals, Toshev, Bengio, Erhan; 2015)

The idea that mattered: captioning is translation from a picture. A network that learned ImageNet makes a vector v of the
picture, and a recurrent language model that is given v writes the caption word by word, from <SOS> to <EOS>: in the
lecture's words (section 10.8), h(t) = g(W_hh h(t-1) + W_hx x(t) + W_hi v + b_h).

Deviations: v is given at every step, as in the lecture's equation, where the paper gives it once, before the first word;
EfficientNet-Lite0 in place of GoogLeNet, frozen; W_hi has two factors, by way of as many numbers as a word has; the
output layer shares the vectors of the words (Press, Wolf; 2017).

Features of regions (B, 49, 1280) and numbers of words (B, T) int64, <SOS> first -> logits (B, T, words): at each place, of
the word after it. Regions that are all zero stand for no picture: then it is a language model.
"""

from dataclasses import dataclass

import torch
from huggingface_hub import PyTorchModelHubMixin
from torch import Tensor, nn
from torch.nn import functional as F

PADDING, UNKNOWN = 0, 1  # as in hub_models.vocabulary
KNOWN_WORDS = 20  # numbers of a caption that is kept of a training picture


@dataclass(frozen=True)
class Telling:
    """Where the telling of captions stands. `picture`: what each step is given of it (B, ...); `state`: h and c, (B, H)."""

    picture: Tensor
    state: tuple[Tensor, Tensor]

    def chosen(self, rows: Tensor) -> "Telling":
        """For the captions `rows` of the batch, in that order; one may come twice."""
        return Telling(self.picture[rows], tuple(part[rows] for part in self.state))


def levelled(regions: Tensor) -> Tensor:
    """(B, places, C) -> the same, so that the mean over the places has the length sqrt(C); zeros stay zeros."""
    length = regions.mean(1, keepdim=True).norm(dim=2, keepdim=True)
    return regions * (regions.shape[2] ** 0.5 / length.clamp(min=1e-6))


class CaptionLSTM(nn.Module, PyTorchModelHubMixin):
    """`words`: numbers of the vocabulary; `features`: of a region; `hidden`: numbers in the state; `known`: training
    pictures that it can be compared with, each as its vector and a caption."""

    looks = False  # it has no attention: every step is given the same of the picture

    def __init__(
        self,
        words: int,
        features: int = 1280,
        embedding: int = 128,
        hidden: int = 256,
        dropout: float = 0.5,
        known: int = 0,
    ) -> None:
        super().__init__()
        self.embedding = nn.Embedding(words, embedding, padding_idx=PADDING)
        self.dropout = nn.Dropout(dropout)
        self.see = nn.Linear(features, embedding)
        self.recurrent = nn.LSTM(2 * embedding, hidden, batch_first=True)
        self.narrow = nn.Linear(hidden, embedding)
        self.bias = nn.Parameter(torch.zeros(words))
        self.register_buffer("known_pictures", torch.zeros(known, embedding))
        self.register_buffer("known_captions", torch.zeros(known, KNOWN_WORDS, dtype=torch.int16))
        nn.init.normal_(self.embedding.weight, std=embedding**-0.5)
        with torch.no_grad():
            self.embedding.weight[PADDING] = 0

    def vector(self, regions: Tensor) -> Tensor:
        """(B, places, C) -> (B, embedding): what it makes of a picture as a whole."""
        seen = self.begin(regions).picture
        return seen.mean(1) if self.looks else seen

    def begin(self, regions: Tensor) -> Telling:
        """(B, places, C) -> before <SOS> is read."""
        seen = torch.tanh(self.see(self.dropout(levelled(regions).mean(1))))
        state = seen.new_zeros(len(seen), self.recurrent.hidden_size)
        return Telling(seen, (state, state))

    def read(self, numbers: Tensor, telling: Telling) -> tuple[Tensor, Telling, Tensor | None]:
        """(B, T) more words -> (logits (B, T, words), the telling after them, where it looked (B, T, places) or None)."""
        vectors, telling, looked = self.tell(numbers, telling)
        return self.say(vectors), telling, looked

    def tell(self, numbers: Tensor, telling: Telling) -> tuple[Tensor, Telling, Tensor | None]:
        """As `read`, but (B, T, embedding) in place of logits: the vector of the word that should come."""
        words = self.dropout(self.embedding(numbers))
        seen = self.dropout(telling.picture)[:, None].expand(-1, numbers.shape[1], -1)
        states, (h, c) = self.recurrent(
            torch.cat([words, seen], 2), tuple(part[None].contiguous() for part in telling.state)
        )
        return self.narrow(self.dropout(states)), Telling(telling.picture, (h[0], c[0])), None

    def say(self, vectors: Tensor) -> Tensor:
        """(..., embedding) -> logits (..., words): how well each word's own vector fits."""
        return F.linear(self.dropout(vectors), self.embedding.weight, self.bias)

    def forward(self, regions: Tensor, numbers: Tensor, each: int = 1, where: Tensor | None = None) -> Tensor:
        """`numbers` hold `each` captions of every picture, one after the other; `where` (B, T): only there, (N, words)."""
        telling = self.begin(regions)
        if each > 1:
            rows = torch.arange(len(regions), device=regions.device).repeat_interleave(each)
            telling = telling.chosen(rows)
        vectors = self.tell(numbers, telling)[0]
        return self.say(vectors if where is None else vectors[where])


MODEL = CaptionLSTM
