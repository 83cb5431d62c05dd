"""Labelled pictures as training sees them: checked before the first epoch, augmented while it runs."""

import hashlib
from collections import Counter
from dataclasses import dataclass
from typing import Literal

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import Dataset
from torchvision.transforms import v2

from hub_models.dataset import LabelledPictures
from hub_models.errors import BadData, BadInput
from hub_models.preprocess import InputSpec, crop_pixels

LARGEST_KEPT = 512 * 1024**2  # bytes of decoded pictures
Augmentation = Literal["none", "digits", "shift", "photo", "strong"]


def augmentation(name: Augmentation, spec: InputSpec) -> v2.Transform:
    """What may happen to a picture without changing its class (lecture, section 6.2.3)."""
    side = spec.size_hw
    if name == "none":
        return v2.Identity()
    if name == "digits":  # mirrored digits are not digits
        return v2.RandomAffine(12, translate=(0.08, 0.08), scale=(0.88, 1.12), shear=8, interpolation=2)
    if name == "shift":  # He et al. (2016), section 4.2: four pixels of border, a random crop, a mirror
        return v2.Compose([v2.RandomCrop(side, padding=4, padding_mode="reflect"), v2.RandomHorizontalFlip()])
    steps = [v2.RandomResizedCrop(side, (0.35, 1.0), antialias=True), v2.RandomHorizontalFlip()]
    if name == "strong":
        steps += [v2.RandomVerticalFlip(), v2.ColorJitter(0.3, 0.3, 0.3, 0.03), v2.RandomErasing(0.25)]
    return v2.Compose(steps)


class Crops:
    """`crops[i]` -> (C, h, w) uint8, as the demo preprocesses it; decoded once where all fit into memory."""

    def __init__(self, data: LabelledPictures, spec: InputSpec) -> None:
        self.data, self.spec = data, spec
        shape = (len(data), spec.channels, *spec.size_hw)
        self.kept = torch.empty(shape, dtype=torch.uint8) if np.prod(shape) <= LARGEST_KEPT else None
        self.known = np.zeros(len(data), bool)

    def __getitem__(self, index: int) -> Tensor:
        if self.known[index]:
            return self.kept[index]
        crop = torch.from_numpy(crop_pixels(self.data.read(index), self.spec))
        if self.kept is not None:
            self.kept[index] = crop
            self.known[index] = True
        return crop


class AugmentedPictures(Dataset):
    """`data[(epoch, i)]` -> (picture (C, h, w) uint8, label): the same for the same seed, epoch and i."""

    def __init__(self, data: LabelledPictures, spec: InputSpec, augment: Augmentation, seed: int) -> None:
        self.data, self.spec, self.augment, self.seed = data, spec, augment, seed
        self.transform = augmentation(augment, spec)
        self.crops = Crops(data, spec)

    def __len__(self) -> int:
        return len(self.data)

    def __getitem__(self, key: tuple[int, int]) -> tuple[Tensor, int]:
        epoch, index = key
        if self.augment in ("photo", "strong"):  # crops of its own; colours as the network wants them
            pixels = self.data.read(index)
            picture = torch.from_numpy(pixels.transpose(2, 0, 1).copy())
            if self.spec.channels == 1:
                picture = v2.functional.rgb_to_grayscale(picture)
        else:
            picture = self.crops[index]
        torch.manual_seed(hash((self.seed, epoch, index)) & 0x7FFFFFFF)  # the loop seeds again before each step
        return self.transform(picture), int(self.data.labels[index])


class PlainPictures(Dataset):
    """`data[i]` -> (picture (C, h, w) uint8, label), preprocessed as the demo does it."""

    def __init__(self, data: LabelledPictures, spec: InputSpec) -> None:
        self.data, self.crops = data, Crops(data, spec)

    def __len__(self) -> int:
        return len(self.data)

    def __getitem__(self, index: int) -> tuple[Tensor, int]:
        return self.crops[index], int(self.data.labels[index])


def normalised(pictures: Tensor, spec: InputSpec) -> Tensor:
    """(B, C, h, w) uint8 -> float32 of the same shape, on the device of `pictures`."""
    mean = torch.tensor(spec.mean, device=pictures.device).view(-1, 1, 1)
    std = torch.tensor(spec.std, device=pictures.device).view(-1, 1, 1)
    return ((pictures.float() / 255 - mean) / std).contiguous(memory_format=torch.channels_last)


@dataclass(frozen=True, kw_only=True)
class DataReport:
    """What the check of the data found, in words a person can act on."""

    counts: dict[str, dict[str, int]]  # split -> class -> pictures
    unreadable: tuple[str, ...]
    shared: tuple[tuple[str, str], ...]  # pictures that stand, byte for byte of pixels, in both splits
    smallest_hw: tuple[int, int]

    def text(self) -> str:
        lines = []
        for split, counts in self.counts.items():
            listed = ", ".join(f"{name} {count}" for name, count in list(counts.items())[:20])
            lines.append(f"{split}: {sum(counts.values())} pictures in {len(counts)} classes ({listed})")
        most, least = max(self.counts["train"].values()), min(self.counts["train"].values())
        if most > 10 * least:
            lines.append(f"skewed: the largest class has {most / max(least, 1):.0f} times as many as the smallest")
        if self.unreadable:
            lines.append(f"left out, unreadable: {len(self.unreadable)} ({', '.join(self.unreadable[:5])})")
        if self.shared:
            pairs = "; ".join(f"{a} = {b}" for a, b in self.shared[:3])
            lines.append(f"left out of training, also in dev: {len(self.shared)} ({pairs})")
        lines.append(f"smallest picture: {self.smallest_hw[1]} x {self.smallest_hw[0]} pixels")
        return "\n".join(lines)


def check_data(
    train: LabelledPictures, dev: LabelledPictures
) -> tuple[LabelledPictures, LabelledPictures, DataReport]:
    """Read every picture once: leave out the unreadable and, of training, those that are also in dev."""
    digests: dict[str, dict[str, str]] = {"dev": {}, "train": {}}
    kept: dict[str, list[int]] = {"dev": [], "train": []}
    unreadable, shared, smallest = [], [], (10**9, 10**9)
    for split, data in (("dev", dev), ("train", train)):
        for index in range(len(data)):
            try:
                pixels = data.read(index)
            except BadInput as error:
                unreadable.append(f"{data.names[index]}: {error.code}")
                continue
            smallest = min(smallest, pixels.shape[:2], key=min)
            digest = hashlib.blake2b(np.ascontiguousarray(pixels), digest_size=16).hexdigest()
            if split == "train" and digest in digests["dev"]:
                shared.append((data.names[index], digests["dev"][digest]))
                continue
            digests[split][digest] = data.names[index]
            kept[split].append(index)
    counts = {}
    for split, data in (("train", train), ("dev", dev)):
        found = Counter(data.labels[kept[split]].tolist())
        counts[split] = {name: found.get(i, 0) for i, name in enumerate(data.class_names)}
    empty = [name for name, count in counts["train"].items() if count == 0]
    if len(counts["train"]) < 2 or empty:
        raise BadData(
            "data_one_class" if len(counts["train"]) < 2 else "data_empty_class",
            f"Expected at least two classes with readable training pictures, got {counts['train']}. "
            "Put pictures of each class in a folder of its own.",
        )
    if not kept["dev"]:
        raise BadData("data_missing", "Expected at least one readable picture to choose the weights on, got none.")
    report = DataReport(
        counts=counts, unreadable=tuple(unreadable), shared=tuple(shared), smallest_hw=tuple(smallest)
    )
    return train.subset(kept["train"]), dev.subset(kept["dev"]), report
