"""Sets of pictures with one object or none: cut out of pictures with many, chosen, or joined."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor

from finetune.one_object import NONE, crop_around, crop_of_nothing, held, vector
from hub_models.box_dataset import BoxedPictures
from hub_models.errors import BadData


def truths_of(data: BoxedPictures) -> Tensor:
    """The vectors of whole pictures with one object or none: (N, 5 + C)."""
    rows = []
    for number, (boxes, labels) in enumerate(zip(data.boxes, data.labels, strict=True)):
        height, width = data.read(number).shape[:2]
        box, label = (boxes[0], int(labels[0])) if len(boxes) else (None, 0)
        rows.append(vector(np.array([0, 0, width, height]), box, label, len(data.class_names)))
    return torch.from_numpy(np.stack(rows))


@dataclass(frozen=True)
class Cut:
    """`read` of crops: each is a picture and a box in it, in whole pixels."""

    read: Callable[[int], np.ndarray]
    pictures: tuple[int, ...]
    crops: tuple[tuple[int, int, int, int], ...]

    def __call__(self, i: int) -> np.ndarray:
        left, top, right, bottom = self.crops[i]
        return np.ascontiguousarray(self.read(self.pictures[i])[top:bottom, left:right])


def cut_crops(data: BoxedPictures, each: int, seed: int) -> BoxedPictures:
    """Crops with one object or none, always the same: of each picture up to `each` of every class, and of nothing."""
    pictures, crops, boxes, labels = [], [], [], []
    for number in range(len(data)):
        random = np.random.default_rng((seed, number))
        size_hw = data.read(number).shape[:2]
        wanted = [NONE] * each
        for label in np.unique(data.labels[number]):
            wanted += random.permutation(np.flatnonzero(data.labels[number] == label))[:each].tolist()
        for which in wanted:
            found = cut(random, data.boxes[number], which, size_hw)
            if found is None:
                continue
            pictures.append(number)
            crops.append(tuple(int(side) for side in found))
            inside = data.boxes[number][[which]] if which >= 0 else np.empty((0, 4), np.float32)
            boxes.append((inside - np.tile(found[:2], 2)).astype(np.float32))
            labels.append(data.labels[number][[which]] if which >= 0 else np.empty(0, np.int64))
    return replace(
        data,
        names=tuple(f"{data.names[i]} {crop}" for i, crop in zip(pictures, crops, strict=True)),
        boxes=tuple(boxes),
        labels=tuple(labels),
        read=Cut(data.read, tuple(pictures), tuple(crops)),
    )


def cut(
    random: np.random.Generator, boxes: np.ndarray, which: int, size_hw: tuple[int, int]
) -> np.ndarray | None:
    """A crop in whole pixels that holds `which` (NONE: nothing), or None."""
    make = crop_of_nothing if which == NONE else crop_around
    arguments = (boxes, size_hw) if which == NONE else (boxes, which, size_hw)
    found = make(random, *arguments)
    if found is None:
        return None
    whole = np.concatenate([np.floor(found[:2]), np.minimum(np.ceil(found[2:]), size_hw[::-1])])
    return whole if held(whole, boxes) == which else None


def at_most_one(data: BoxedPictures) -> BoxedPictures:
    """The pictures with one object or none. BadData `data_missing` where there are none."""
    chosen = [i for i, boxes in enumerate(data.boxes) if len(boxes) <= 1]
    if not any(len(data.boxes[i]) for i in chosen):
        raise BadData(
            "data_missing",
            "Expected pictures with one object, found only pictures with several. Cut crops with --pictures crops, or train "
            "a detector: python -m finetune.object_detection.",
        )
    return data.subset(chosen)


def joined(parts: Sequence[BoxedPictures]) -> BoxedPictures:
    """Several sets of the same classes as one."""
    first = parts[0]
    places = [(part, i) for part in parts for i in range(len(part))]
    return replace(
        first,
        names=tuple(part.names[i] for part, i in places),
        boxes=tuple(part.boxes[i] for part, i in places),
        labels=tuple(part.labels[i] for part, i in places),
        read=Joined(tuple(part.read for part in parts), tuple(len(part) for part in parts)),
        problems=tuple(problem for part in parts for problem in part.problems),
    )


@dataclass(frozen=True)
class Joined:
    reads: tuple[Callable[[int], np.ndarray], ...]
    lengths: tuple[int, ...]

    def __call__(self, i: int) -> np.ndarray:
        for read, length in zip(self.reads, self.lengths, strict=True):
            if i < length:
                return read(i)
            i -= length
        raise IndexError(i)
