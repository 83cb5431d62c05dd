"""Questions as a network is asked them in training: some of those about a picture at a time, so that it is seen once."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn
from torch.utils.data import Dataset

from finetune.pictures import augmentation, normalised
from hub_models.asked_pictures import AskedPictures
from hub_models.predictors.reading import MOST_WORDS, padded
from hub_models.preprocess import InputSpec, crop_pixels
from hub_models.vocabulary import Vocabulary

TOGETHER = 64  # dev pictures at once
See = Callable[[Tensor], Tensor]  # stored pictures -> what the network is given


@dataclass(frozen=True, kw_only=True)
class Stored:
    """Pictures as they are kept in memory, and how they become the input of the network."""

    kept: Tensor  # (N, 3, h, w) uint8, or (N, views, K, C) float16 features of regions
    see: See
    views: int = 0  # 0: pixels

    def whole(self, chosen: slice | int) -> Tensor:
        """The pictures as they are, without augmentation."""
        return self.kept[chosen] if not self.views else self.kept[chosen][..., 0, :, :]


def stored_pixels(data: AskedPictures, spec: InputSpec) -> Stored:
    kept = np.stack([crop_pixels(data.read(i), spec) for i in range(len(data.names))])
    return Stored(kept=torch.from_numpy(kept), see=lambda pictures: normalised(pictures, spec))


class AskedSome(Dataset):
    """(epoch, picture) -> (picture, `some` of its questions (some, T) int64, their answers (some,) int64).

    Where a picture has fewer questions, some come twice.
    """

    def __init__(
        self,
        data: AskedPictures,
        stored: Stored,
        vocabulary: Vocabulary,
        some: int,
        seed: int,
        augment: Callable[[Tensor], Tensor] | None = None,
    ) -> None:
        self.stored, self.some, self.seed, self.augment = stored, some, seed, augment
        self.numbers = numbered(data, vocabulary)
        self.labels = torch.from_numpy(data.labels)
        self.of_picture = data.by_picture()

    def __len__(self) -> int:
        return len(self.of_picture)

    def __getitem__(self, place: tuple[int, int]) -> tuple[Tensor, Tensor, Tensor]:
        epoch, index = place
        random = np.random.default_rng((self.seed, epoch, index))
        asked = self.of_picture[index]
        turns = -(-self.some // len(asked))
        chosen = np.concatenate([random.permutation(asked) for _ in range(turns)])[: self.some]
        picture = self.stored.kept[index]
        if self.stored.views:
            picture = picture[int(random.integers(self.stored.views))]
        if self.augment is not None:
            torch.default_generator.manual_seed(hash((self.seed, epoch, index)) & 0x7FFFFFFF)
            picture = self.augment(picture)
        return picture, self.numbers[chosen], self.labels[chosen]


def numbered(data: AskedPictures, vocabulary: Vocabulary) -> Tensor:
    """The numbers of the words of every question (N, T) int64, all as long as the longest."""
    rows = [vocabulary.numbers(word.text for word in vocabulary.cut(q)[:MOST_WORDS]) for q in data.questions]
    return padded(rows, "cpu")


def moved(spec: InputSpec, kind: str) -> Callable[[Tensor], Tensor] | None:
    """What may happen to a drawing in training; None: nothing."""
    return None if kind == "none" else augmentation(kind, spec)


def answers(network: nn.Module, data: AskedPictures, stored: Stored, numbers: Tensor) -> Tensor:
    """Logits (N, answers) float32 for all questions of `data`; every picture is seen once."""
    device = next(network.parameters()).device
    found = torch.zeros(len(data), network.classifier.out_features)
    of_picture = data.by_picture()
    for start in range(0, len(of_picture), TOGETHER):
        group = of_picture[start : start + TOGETHER]
        regions = network.regions(stored.see(stored.whole(slice(start, start + TOGETHER)).to(device)))
        asked = torch.from_numpy(np.concatenate(group))
        rows = torch.repeat_interleave(torch.arange(len(group)), torch.tensor([len(g) for g in group]))
        words = cropped(numbers[asked]).to(device)
        found[asked] = network.read(regions[rows.to(device)], words).logits.float().cpu()
    return found


def cropped(numbers: Tensor) -> Tensor:
    """(N, T) int64 -> without the columns that are padding for all."""
    return numbers[:, : int((numbers != 0).sum(1).max().clamp(min=1))]
