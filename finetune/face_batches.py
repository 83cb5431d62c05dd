"""Faces for training: a sample is a person with a few pictures, so that a batch of P people x K pictures has triplets."""

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import Dataset

from finetune.decoded import Decoded
from hub_models.face_pictures import FacePictures
from hub_models.preprocess import InputSpec, crop_pixels


class PeopleBatches(Dataset):
    """`[(epoch, i)]` -> pictures (K, C, h, w) uint8 of one person and its number; always the same for a key.

    Every person comes `rounds` times an epoch. Of each take one picture comes before a second of any: pictures of one
    take are near anyway.
    """

    def __init__(self, data: FacePictures, spec: InputSpec, each: int, rounds: int, seed: int) -> None:
        self.each, self.rounds, self.seed = each, rounds, seed
        self.read = Decoded(lambda index: crop_pixels(data.read(index), spec))
        self.takes = []  # of each person: the indices of each take
        for person in np.unique(data.labels):
            members = np.flatnonzero(data.labels == person)
            self.takes.append(
                [members[data.takes[members] == take] for take in np.unique(data.takes[members])]
            )

    @property
    def people(self) -> int:
        return len(self.takes)

    def __len__(self) -> int:
        return self.people * self.rounds

    def __getitem__(self, key: tuple[int, int]) -> tuple[Tensor, int]:
        epoch, index = key
        person = index % self.people
        rng = np.random.default_rng((self.seed, epoch, index))
        takes = [rng.permutation(take) for take in self.takes[person]]
        order = rng.permutation(len(takes))
        chosen = [takes[order[k % len(takes)]] for k in range(self.each)]
        picked = [take[k // len(takes) % len(take)] for k, take in enumerate(chosen)]
        return torch.from_numpy(np.stack([self.read(int(i)) for i in picked])), person
