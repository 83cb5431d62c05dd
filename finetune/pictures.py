"""Labelled pictures as the network sees them in training: augmented, and decoded once where memory allows."""

from typing import Literal

import torch
from torch import Tensor
from torch.utils.data import Dataset
from torchvision.transforms import v2

from hub_models.dataset import LabelledPictures
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
        self.keep = len(data) * spec.channels * spec.size_hw[0] * spec.size_hw[1] <= LARGEST_KEPT
        self.kept: dict[int, Tensor] = {}

    def __getitem__(self, index: int) -> Tensor:
        if index in self.kept:
            return self.kept[index]
        crop = torch.tensor(crop_pixels(self.data.read(index), self.spec))
        if self.keep:
            self.kept[index] = crop
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
        # hashes of whole numbers are the same in every process; the loop seeds again before each step
        torch.default_generator.manual_seed(hash((self.seed, epoch, index)) & 0x7FFFFFFF)
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
