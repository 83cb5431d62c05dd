"""Pictures with masks as a network sees them in training: a part of the picture at the network's size, mirrored, in
other light. Mask and picture are moved together; labels are never mixed.
"""

from typing import Literal

import torch
from torch import Tensor
from torch.utils.data import Dataset
from torchvision import tv_tensors
from torchvision.transforms import v2

from finetune.decoded import Decoded
from hub_models.mask_dataset import VOID, MaskedPictures

MaskAugmentation = Literal["none", "photo", "any_way_up"]
LEAST_PART = 0.3  # area of a part / area of its picture
STRETCH = 1.25  # width / height of a part, against that of the network's input


class AugmentedMasks(Dataset):
    """`[(epoch, index)]` -> picture (3, h, w) uint8, labels (h, w) int64 with 255 for void; always the same for a key.

    h and w are those of `size_hw`, made multiples of `stride`. Without augmentation the whole picture is squeezed into it.
    """

    def __init__(
        self,
        data: MaskedPictures,
        size_hw: tuple[int, int],
        stride: int,
        augment: MaskAugmentation,
        seed: int,
    ) -> None:
        self.data, self.augment, self.seed = data, augment, seed
        self.read = Decoded(data.read, lambda pair: pair[0].nbytes + pair[1].nbytes)
        self.canvas_hw = tuple(-(-side // stride) * stride for side in size_hw)
        shape = self.canvas_hw[1] / self.canvas_hw[0]
        self.part = v2.RandomResizedCrop(
            self.canvas_hw, scale=(LEAST_PART, 1.0), ratio=(shape / STRETCH, shape * STRETCH)
        )
        self.mirror, self.turn = v2.RandomHorizontalFlip(0.5), v2.RandomVerticalFlip(0.5)
        self.light = v2.ColorJitter(0.3, 0.3, 0.3, 0.02)
        self.whole = v2.Resize(self.canvas_hw)

    def __len__(self) -> int:
        return len(self.data)

    def __getitem__(self, key: tuple[int, int]) -> tuple[Tensor, Tensor]:
        epoch, index = key
        pixels, labels = self.read(index)
        picture = tv_tensors.Image(torch.from_numpy(pixels).permute(2, 0, 1))
        mask = tv_tensors.Mask(torch.from_numpy(labels))
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed((self.seed * 1_000_003 + epoch) * 1_000_003 + index)
            picture, mask = self.changed(picture, mask)
        return picture.as_subclass(Tensor), mask.as_subclass(Tensor).long()

    def changed(self, picture: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
        if self.augment == "none":
            return self.whole(picture, mask)
        picture, mask = self.mirror(*self.part(picture, mask))
        if self.augment == "any_way_up":
            picture, mask = self.turn(picture, mask)
        return self.light(picture, mask)


def class_frequencies(data: MaskedPictures, most: int = 400) -> Tensor:
    """(classes,) share of the pixels of each class, void left out, over up to `most` pictures; and of pictures' pixels.

    Returns (2, classes): share of all pixels; share of the pixels of those pictures in which the class occurs.
    """
    classes = len(data.class_names)
    pixels, with_class = torch.zeros(classes, dtype=torch.double), torch.zeros(classes, dtype=torch.double)
    step = max(1, len(data) // most)
    for index in range(0, len(data), step):
        labels = torch.from_numpy(data.read(index)[1])
        counts = torch.bincount(labels[labels != VOID].flatten().long(), minlength=classes).double()
        pixels += counts
        with_class += (counts > 0) * counts.sum()
    return torch.stack([pixels / pixels.sum().clamp(min=1), pixels / with_class.clamp(min=1)]).float()
