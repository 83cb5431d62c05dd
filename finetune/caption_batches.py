"""Captions as a decoder learns them: pictures with some captions each, and sentences without a picture."""

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import Dataset

from finetune.region_features import RegionFeatures
from hub_models.predictors.captioner import EOS, LONGEST, SOS, sayable
from hub_models.vocabulary import PADDING, Vocabulary

EACH = 5  # captions of a picture in a batch
LENGTH = LONGEST + 2  # numbers of a caption, its beginning and its end among them


def numbered(captions: Sequence[str], vocabulary: Vocabulary) -> Tensor:
    """Captions -> (N, LENGTH) int64: <SOS>, words, <EOS>, padding. The end is missing where a caption is too long."""
    rows = torch.full((len(captions), LENGTH), PADDING)
    begin, end = vocabulary.number_of[SOS], vocabulary.number_of[EOS]
    for row, caption in zip(rows, captions, strict=True):
        found = [begin, *vocabulary.numbers(sayable(caption, vocabulary)), end][:LENGTH]
        row[: len(found)] = torch.tensor(found)
    return rows


def cropped(numbers: Tensor) -> Tensor:
    """(B, T) -> without the columns that are padding for all."""
    return numbers[:, : int((numbers != PADDING).sum(1).max().clamp(min=2))]


class Sentences(Dataset):
    """`[(epoch, index)]` -> numbers (LENGTH,) of a caption whose picture is not shown."""

    def __init__(self, captions: Sequence[str], vocabulary: Vocabulary) -> None:
        self.numbers = numbered(captions, vocabulary)

    def __len__(self) -> int:
        return len(self.numbers)

    def __getitem__(self, key: tuple[int, int]) -> Tensor:
        return self.numbers[key[1]]


class PicturesWithCaptions(Dataset):
    """`[(epoch, index)]` -> (regions (places, C) float16 of one view, EACH captions (EACH, LENGTH)), drawn anew each epoch.

    `extra`: for each picture captions of others that say about the same; as many of them stand behind its own, where
    `similar` asks for some. A network that does not look at regions gets their mean as the only one.
    """

    def __init__(
        self,
        features: RegionFeatures,
        captions: Sequence[Sequence[str]],
        vocabulary: Vocabulary,
        seed: int,
        looks: bool,
        extra: Sequence[Sequence[str]] = (),
        similar: int = 0,
    ) -> None:
        self.features, self.seed, self.looks, self.similar = features, seed, looks, similar
        self.numbers = [numbered(found, vocabulary) for found in captions]
        self.extra = [numbered(found, vocabulary) for found in extra]
        self.kept: dict[tuple[int, int], np.ndarray] = {}  # means are small

    def __len__(self) -> int:
        return len(self.numbers)

    def regions(self, index: int, view: int) -> np.ndarray:
        if self.looks:
            return self.features(index, view)
        if (index, view) not in self.kept:
            mean = self.features(index, view).astype(np.float32).mean(0, keepdims=True)
            self.kept[index, view] = mean.astype(np.float16)
        return self.kept[index, view]

    def __getitem__(self, key: tuple[int, int]) -> tuple[Tensor, Tensor]:
        random = np.random.default_rng((self.seed, *key))
        index = key[1]
        seen = self.regions(index, int(random.integers(self.features.views)))
        said = drawn(self.numbers[index], EACH, random)
        if self.similar:
            others = self.extra[index] if len(self.extra[index]) else self.numbers[index]
            said = torch.cat([said, drawn(others, self.similar, random)])
        return torch.from_numpy(seen), said


def drawn(rows: Tensor, count: int, random: np.random.Generator) -> Tensor:
    """`count` of `rows`: each once before one comes twice."""
    order = np.concatenate([random.permutation(len(rows)) for _ in range(-(-count // len(rows)))])
    return rows[torch.from_numpy(order[:count])]


def similar_captions(
    sentences: Sequence[str], captions: Sequence[Sequence[str]], vocabulary: Vocabulary, share: float = 0.5
) -> list[list[str]]:
    """For each picture the sentences that are nearest to its captions, of the `share` of them that have one near.

    Nearness is the cosine of vectors of words, rare words counting more (tf-idf).
    """
    from sklearn.feature_extraction.text import TfidfVectorizer

    own = [" \n ".join(found) for found in captions]
    vectors = TfidfVectorizer(analyzer=lambda text: sayable(text, vocabulary), sublinear_tf=True)
    pictures = vectors.fit(sentences).transform(own)
    nearness = (vectors.transform(sentences) @ pictures.T).toarray()
    best, which = nearness.max(1), nearness.argmax(1)
    found: list[list[str]] = [[] for _ in captions]
    for index in np.flatnonzero(best >= np.quantile(best, 1 - share)):
        found[which[index]].append(sentences[index])
    return found
