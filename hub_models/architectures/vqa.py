"""Answers a question about a picture, after "VQA: Visual Question Answering"
(Antol, Agrawal, Lu, Mitchell, Batra, Zitnick, Parikh; 2015).

The idea that mattered: a question that is not known beforehand, and an answer out of a fixed set, make a test of whether
a network has understood both a picture and a sentence. A convolutional network describes the regions of the picture, a
recurrent one the words of the question, both become one vector each, the two vectors are fused, and a classifier
chooses the answer (lecture, section 10.9.2). Fusion is by element-wise product as in that paper, by concatenation, or
bilinear: every number of the one times every number of the other (Fukui et al., 2016).

Attention goes both ways (co-attention: Lu, Yang, Batra, Parikh, 2016). The state after each word asks the regions
(visual attention), what it found there comes back, and the words are weighed by what they say and by what they found
(question attention). The map of the whole question is the weighted sum of the maps of its words.

Deviations: regions are the 8 x 8 places of a small network trained with the rest, or those of an ImageNet network
whose features are given; one step of co-attention instead of three; a GRU reads the words; vectors are short, so the
bilinear fusion keeps its whole tensor and needs no approximation; some words are made unknown in training.

Picture (B, 3, 64, 64), or features of its regions (B, K, C), and numbers of words (B x Q, T) int64, Q questions for each
picture, 0 behind the end of a question -> logits (B x Q, answers).
"""

from typing import Literal, NamedTuple

import torch
from huggingface_hub import PyTorchModelHubMixin
from torch import Tensor, nn

from hub_models.architectures import conv_bn_relu
from hub_models.architectures.attention import scaled_dot_product, softmax_over_keys

Fusion = Literal["product", "concatenation", "bilinear"]
Kind = Literal["", "drawings", "photographs"]
PADDING, UNKNOWN = 0, 1  # as in hub_models.vocabulary
BILINEAR = 24  # numbers of each vector before the bilinear fusion, which multiplies all pairs of them


class Reading(NamedTuple):
    """What happens on the way to an answer, for N questions of T words about pictures of K regions."""

    over_regions: Tensor  # (N, T, K): where each word looks; sums to 1
    over_words: Tensor  # (N, T): how much each word counts; sums to 1
    picture: Tensor  # (N, D): what was found in the picture
    question: Tensor  # (N, H): what was asked
    fused: Tensor  # (N, F)
    logits: Tensor  # (N, answers)

    @property
    def over_picture(self) -> Tensor:
        """(N, K): where the whole question looks; sums to 1."""
        return (self.over_words[:, None] @ self.over_regions)[:, 0]


class VisualQuestionAnswerer(nn.Module, PyTorchModelHubMixin):
    """`words`: rows of the embedding; `features`: numbers of a given region, 0: the network sees pixels itself.

    `taught` says of what kind its training pictures were, and changes nothing.
    """

    def __init__(
        self,
        words: int,
        classes: int,
        fusion: Fusion = "product",
        features: int = 0,
        channels: int = 64,
        embedding: int = 32,
        hidden: int = 64,
        dropout: float = 0.1,
        word_dropout: float = 0.0,
        taught: Kind = "",
    ) -> None:
        super().__init__()
        self.fusion, self.features, self.word_dropout = fusion, features, word_dropout
        self.taught = taught
        self.sight = given_regions(features, channels, dropout) if features else small_sight(channels)
        self.embedding = nn.Embedding(words, embedding, padding_idx=PADDING)
        self.reader = nn.GRU(embedding, hidden, batch_first=True)
        self.ask, self.key = nn.Linear(hidden, channels), nn.Linear(channels, channels)
        self.weigh_word, self.weigh_found = nn.Linear(hidden, hidden), nn.Linear(channels, hidden)
        self.weigh = nn.Linear(hidden, 1, bias=False)
        self.even_picture, self.even_question = nn.LayerNorm(channels), nn.LayerNorm(hidden)
        width = BILINEAR if fusion == "bilinear" else hidden
        self.from_picture, self.from_question = nn.Linear(channels, width), nn.Linear(hidden, width)
        fused = {"product": width, "concatenation": 2 * width, "bilinear": width * width}[fusion]
        self.dropout = nn.Dropout(dropout)
        self.hidden_layer = nn.Linear(fused, hidden)
        self.classifier = nn.Linear(hidden, classes)

    def regions(self, picture: Tensor) -> Tensor:
        """(B, 3, h, w) pixels, or (B, K, C) features -> (B, K, channels)."""
        if self.features:
            return self.sight(picture)
        return self.sight(picture).flatten(2).transpose(1, 2)  # (B, D, 8, 8) -> (B, 64, D)

    def embed(self, numbers: Tensor) -> Tensor:
        """(N, T) int64 -> (N, T, embedding); in training some words become unknown."""
        if self.training and self.word_dropout:
            left_out = torch.rand(numbers.shape, device=numbers.device) < self.word_dropout
            numbers = numbers.masked_fill(left_out & (numbers != PADDING), UNKNOWN)
        return self.embedding(numbers)

    def read(
        self, regions: Tensor, numbers: Tensor, see: Tensor | float = 1.0, hear: Tensor | float = 1.0
    ) -> Reading:
        """Regions (N, K, D) and words (N, T). `see` and `hear`, 0 or 1, take a vector away before the fusion."""
        states, _ = self.reader(self.embed(numbers))  # (N, T, H)
        found, over_regions = scaled_dot_product(self.ask(states), self.key(regions), regions)  # (N, T, D)
        weight = self.weigh(torch.tanh(self.weigh_word(states) + self.weigh_found(found)))[..., 0]
        over_words = softmax_over_keys(weight, spoken(numbers))  # (N, T)
        # a mean over many regions is small, and a product of two small vectors teaches slowly
        picture = self.even_picture((over_words[:, None] @ found)[:, 0]) * see
        question = self.even_question((over_words[:, None] @ states)[:, 0]) * hear
        fused = fuse(
            torch.tanh(self.from_picture(picture)), torch.tanh(self.from_question(question)), self.fusion
        )
        logits = self.classifier(self.dropout(torch.relu(self.hidden_layer(self.dropout(fused)))))
        return Reading(over_regions, over_words, picture, question, fused, logits)

    def forward(self, picture: Tensor, numbers: Tensor) -> Tensor:
        regions = self.regions(picture).repeat_interleave(len(numbers) // len(picture), 0)
        return self.read(regions, numbers).logits


def spoken(numbers: Tensor) -> Tensor:
    """(N, T) int64 -> bool, True where a word stands; of a question without any, at its first place."""
    mask = numbers != PADDING
    mask[:, 0] = True
    return mask


def fuse(picture: Tensor, question: Tensor, fusion: Fusion) -> Tensor:
    """Two vectors (N, D) as one: (N, D) by product, (N, 2 D) by concatenation, (N, D x D) bilinear."""
    if fusion == "product":
        return picture * question
    if fusion == "concatenation":
        return torch.cat([picture, question], 1)
    return (picture[:, :, None] * question[:, None]).flatten(1)


def small_sight(channels: int) -> nn.Sequential:
    """(B, 3, 64, 64) -> (B, channels, 8, 8): each place sees 38 x 38 pixels."""
    return nn.Sequential(
        conv_bn_relu(3, 16, kernel_size=3, padding=1), nn.MaxPool2d(2),
        conv_bn_relu(16, 32, kernel_size=3, padding=1), nn.MaxPool2d(2),
        conv_bn_relu(32, 48, kernel_size=3, padding=1), nn.MaxPool2d(2),
        conv_bn_relu(48, channels, kernel_size=3, padding=1),
    )  # fmt: skip


def given_regions(features: int, channels: int, dropout: float) -> nn.Sequential:
    """(B, K, features) -> (B, K, channels)."""
    return nn.Sequential(nn.Dropout(dropout), nn.Linear(features, channels), nn.ReLU())


MODEL = VisualQuestionAnswerer
