"""Pictures and their true objects, read one at a time."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from hub_models.box_dataset import BoxedPictures, Problem
from hub_models.data_files import Chosen
from hub_models.errors import BadData, BadInput
from hub_models.segments import Instances

MOST_LISTED = 20  # classes in a sentence
MOST_OBJECTS = 5000  # in one picture
MOST_CELLS = 2 * 10**8  # of all masks of a picture, 4 bytes each


@dataclass(frozen=True, kw_only=True)
class InstancePictures:
    """`names` are for people; `read(i)` gives the picture (H, W, 3) uint8 RGB, upright, and its objects.

    Each object has at least one pixel, and its box is the smallest around its pixels. A picture may have none.
    BadInput: what `decode_picture` raises, `mask_size`, `mask_colours`, `mask_unknown_label`, `mask_objects`.
    """

    class_names: tuple[str, ...]
    names: tuple[str, ...]
    read: Callable[[int], tuple[np.ndarray, Instances]]
    problems: tuple[Problem, ...] = ()

    def __len__(self) -> int:
        return len(self.names)

    def subset(self, indices: Sequence[int]) -> "InstancePictures":
        """The pictures at `indices`, in that order, with the same class names and with their own problems."""
        chosen = np.asarray(indices, np.int64)
        names = tuple(self.names[i] for i in chosen)
        known = set(names)
        return replace(
            self,
            names=names,
            read=Chosen(self.read, chosen),
            problems=tuple(problem for problem in self.problems if problem.name in known),
        )


@dataclass(frozen=True)
class PixelsOnly:
    """`read` of the picture alone (a class, so that it can travel to worker processes)."""

    read: Callable[[int], tuple[np.ndarray, Instances]]

    def __call__(self, i: int) -> np.ndarray:
        return self.read(i)[0]


def boxed(data: InstancePictures, truths: Sequence[Instances]) -> BoxedPictures:
    """The same pictures with the boxes of their objects; `truths` are what `data.read` gives."""
    return BoxedPictures(
        class_names=data.class_names,
        names=data.names,
        boxes=tuple(truth.boxes_xyxy for truth in truths),
        labels=tuple(truth.labels for truth in truths),
        read=PixelsOnly(data.read),
        problems=data.problems,
    )


def objects_of(
    parts: Sequence[tuple[np.ndarray, tuple[int, int], int]], names: tuple[str, ...], size_hw: tuple[int, int]
) -> Instances:
    """Parts, each (mask (h, w) bool with pixels at all four sides, (top row, left column), class) -> `Instances`."""
    boxes = [(left, top, left + m.shape[1], top + m.shape[0]) for m, (top, left), _ in parts]
    return Instances(
        names,
        np.array(boxes, np.float32).reshape(-1, 4),
        np.array([label for *_, label in parts], np.int64),
        np.ones(len(parts), np.float32),
        tuple(mask.astype(np.float32) for mask, *_ in parts),
        size_hw,
    )


def same_instance_classes(data: InstancePictures, class_names: tuple[str, ...]) -> InstancePictures:
    """`data`, if it has exactly these classes in this order. BadData `classes_unknown`."""
    if data.class_names != class_names:
        raise BadData(
            "classes_unknown",
            f"Expected the classes of the training data in the dev data ({', '.join(class_names[:MOST_LISTED])}), "
            f"got {', '.join(data.class_names[:MOST_LISTED])}. Give both the same.",
        )
    return data


def refuse_crowd(count: int, cells: int = 0) -> None:
    """Raise BadInput `mask_objects` where what should be objects is noise; `cells`: pixels of all their boxes."""
    if count > MOST_OBJECTS or cells > MOST_CELLS:
        got = f"{count:,}" if count > MOST_OBJECTS else f"{count:,}, which lie all over each other"
        raise BadInput(
            "mask_objects",
            f"Expected at most {MOST_OBJECTS:,} objects in a picture, got {got}. A label map holds one number an "
            "object; shades of grey or noise are none.",
        )
