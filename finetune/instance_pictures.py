"""Pictures with the pixels of their objects as a network sees them in training: a part of the letterboxed picture,
moved, mirrored, in other light. Masks move with their boxes, over which they are stretched.
"""

from dataclasses import dataclass

import numpy as np
import torch
from PIL import Image
from torch import Tensor
from torch.nn import functional as F
from torch.utils.data import Dataset
from torchvision.transforms import v2

from finetune.boxed_pictures import (
    NO_LABEL,
    NO_MOVE,
    BoxAugmentation,
    Move,
    draw_move,
    padded,
    still_inside,
)
from finetune.decoded import Decoded
from hub_models.architectures.mask_rcnn import MaskTargets
from hub_models.instance_dataset import InstancePictures
from hub_models.predictors.detector import letterbox
from hub_models.predictors.instances import SEPARATED
from hub_models.preprocess import InputSpec

MASK_CELLS = 56  # rows and columns of a mask over its box: twice what Mask R-CNN answers
BACKGROUND, INSIDE, BORDER = range(len(SEPARATED))


@dataclass(frozen=True, kw_only=True)
class Seen:
    """A picture as the network would see it, and its objects."""

    picture: Tensor  # (3, h, w) uint8
    boxes: Tensor  # (n, 4) xyxy, pixels of `picture`
    labels: Tensor  # (n,) int64
    masks: (
        Tensor  # (n, 56, 56) uint8, 0 or 1, each stretched over its box; (0, 56, 56) where numbers are wanted
    )
    numbers: Tensor  # (h, w) int32, 0 = background; (0, 0) where masks are wanted

    @property
    def nbytes(self) -> int:
        return self.picture.nbytes + self.masks.nbytes + self.numbers.nbytes


class Augmented(Dataset):
    """`[(epoch, index)]` is always the same for the same seed and key.

    Every picture comes `passes` times in an epoch, each time changed otherwise: with few pictures an epoch, after which
    the weights are scored, would be too short. `crop_hw`: part of the letterboxed picture that is shown; without
    augmentation all of it is.
    """

    def __init__(
        self,
        data: InstancePictures,
        spec: InputSpec,
        stride: int,
        augment: BoxAugmentation,
        seed: int,
        crop_hw: tuple[int, int],
        passes: int = 1,
    ) -> None:
        self.data, self.spec, self.stride, self.augment, self.seed = data, spec, stride, augment, seed
        size = spec.size_hw if augment == "none" else crop_hw
        self.canvas_hw = tuple(-(-side // stride) * stride for side in size)
        self.passes = passes
        self.fill = [round(255 * mean) for mean in spec.mean]
        self.light = v2.ColorJitter(0.3, 0.3, 0.3, 0.02)
        self.seen = Decoded(self.see, lambda seen: seen.nbytes)

    def __len__(self) -> int:
        return len(self.data) * self.passes

    def see(self, index: int) -> Seen:
        raise NotImplementedError

    def moved(self, key: tuple[int, int]) -> tuple[Seen, Move, Tensor]:
        """(picture and objects, how they are moved, the picture on the canvas)."""
        epoch, index = key
        seen = self.seen(index % len(self.data))
        move, size_hw = NO_MOVE, tuple(seen.picture.shape[1:])
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed((self.seed * 1_000_003 + epoch) * 1_000_003 + index)
            if self.augment != "none":
                move = draw_move(size_hw, self.augment == "any_way_up", self.canvas_hw)
            picture = move.picture(seen.picture, self.fill, self.canvas_hw)
            return seen, move, picture if self.augment == "none" else self.light(picture)


class AugmentedInstances(Augmented):
    """-> picture (3, h, w) uint8, boxes (M, 4), labels (M,), masks (M, 56, 56) uint8, boxes before the cut (M, 4).

    M is `most`, the largest number of objects in a picture; what is not used has the label -1.
    """

    def __init__(self, *arguments: object, most: int, **more: object) -> None:
        super().__init__(*arguments, **more)
        self.most = max(1, most)

    def see(self, index: int) -> Seen:
        pixels, objects = self.data.read(index)
        picture, scale = letterbox(pixels, self.spec, self.stride)
        return Seen(
            picture=torch.from_numpy(picture),
            boxes=torch.from_numpy(objects.boxes_xyxy) * scale,
            labels=torch.from_numpy(objects.labels),
            masks=torch.from_numpy(
                np.array([cells(mask) for mask in objects.masks], np.uint8).reshape(
                    -1, MASK_CELLS, MASK_CELLS
                )
            ),
            numbers=torch.zeros(0, 0, dtype=torch.int32),
        )

    def __getitem__(self, key: tuple[int, int]) -> tuple[Tensor, ...]:
        seen, move, picture = self.moved(key)
        whole = move.boxes(seen.boxes, self.canvas_hw)
        boxes, kept = still_inside(whole, self.canvas_hw)
        flips = [2] * move.mirrored + [1] * move.upside_down
        masks = seen.masks[kept].flip(flips) if flips else seen.masks[kept]
        return (
            picture,
            padded(boxes, self.most),
            padded(seen.labels[kept], self.most, NO_LABEL),
            padded(masks, self.most),
            padded(whole[kept], self.most),
        )


class AugmentedSeparation(Augmented):
    """-> picture (3, h, w) uint8, classes (h, w) int64 of `SEPARATED`."""

    def see(self, index: int) -> Seen:
        pixels, objects = self.data.read(index)
        picture, scale = letterbox(pixels, self.spec, self.stride)
        numbers = torch.from_numpy(objects.label_map())
        rows, columns = (max(1, round(side * scale)) for side in numbers.shape)
        canvas = torch.zeros(1, *picture.shape[1:], dtype=torch.int32)
        canvas[:, :rows, :columns] = nearest(numbers, (rows, columns))
        return Seen(
            picture=torch.from_numpy(picture),
            boxes=torch.zeros(0, 4),
            labels=torch.zeros(0, dtype=torch.int64),
            masks=torch.zeros(0, MASK_CELLS, MASK_CELLS, dtype=torch.uint8),
            numbers=canvas[0],
        )

    def __getitem__(self, key: tuple[int, int]) -> tuple[Tensor, Tensor]:
        seen, move, picture = self.moved(key)
        size = tuple(max(1, round(side * move.scale)) for side in seen.numbers.shape)
        canvas = torch.zeros(1, *self.canvas_hw, dtype=torch.int32)
        return picture, separation(move.placed(nearest(seen.numbers, size), canvas)[0])


def cells(mask: np.ndarray) -> np.ndarray:
    """A mask (h, w) of 0 and 1 as (56, 56) uint8 of 0 and 1, stretched."""
    picture = Image.fromarray((mask * 255).astype(np.uint8))
    return np.asarray(picture.resize((MASK_CELLS, MASK_CELLS), Image.Resampling.BILINEAR)) >= 128


def nearest(numbers: Tensor, size_hw: tuple[int, int]) -> Tensor:
    """(h, w) int32 -> (1, H, W) int32; numbers are never mixed."""
    return F.interpolate(numbers[None, None].double(), size=size_hw, mode="nearest-exact")[0].int()


def separation(numbers: Tensor) -> Tensor:
    """Label map (h, w) -> classes (h, w) int64: BORDER where another object is at most two pixels away, else INSIDE.

    So objects that touch are apart, and small ones that do not keep all their pixels.
    """
    values = numbers[None, None].double()
    nothing = values == 0
    largest = F.max_pool2d(values, 5, 1, 2)
    smallest = -F.max_pool2d(-values.masked_fill(nothing, torch.inf), 5, 1, 2)  # of the objects around
    classes = torch.where((largest == values) & (smallest == values), INSIDE, BORDER)
    return torch.where(nothing, BACKGROUND, classes)[0, 0]


def mask_targets_of(boxes: Tensor, labels: Tensor, masks: Tensor, whole_boxes: Tensor) -> MaskTargets:
    """A batch of padded (B, M, ...) -> the true objects of each picture."""
    real = labels != NO_LABEL
    chosen = ([values[r] for values, r in zip(given, real, strict=True)] for given in (boxes, labels))
    return MaskTargets(
        *chosen,
        [values[r].float() for values, r in zip(masks, real, strict=True)],
        [values[r] for values, r in zip(whole_boxes, real, strict=True)],
    )
