"""Pictures with the boxes of their objects, and what was wrong with them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Literal, NamedTuple

import numpy as np

from hub_models.data_files import Chosen, block_split
from hub_models.errors import BadData

MOST_LISTED = 20  # classes in a sentence
PROBLEMS = {
    "clipped": "boxes reached outside their picture and were cut at its border",
    "no_area": "boxes were left out: empty, inverted, not a number, or outside their picture",
    "unknown_class": "objects were left out: their class is not one of the data's",
    "crowd": "boxes of whole groups (iscrowd) were left out",
    "unreadable_label": "annotations of a picture or an object could not be read and were left out",
    "no_picture": "annotations were left out: their picture is missing or not theirs alone",
    "no_label": "pictures were left out: they have no annotation",
    "no_part": "pictures were left out: no list in ImageSets/Main names them",
}  # what happened to a box, an object, a file
ProblemKind = Literal[
    "clipped", "no_area", "unknown_class", "crowd", "unreadable_label", "no_picture", "no_label", "no_part"
]


class Problem(NamedTuple):
    """Something that was mended or left out; `name` of the picture, or of the annotation where it has none."""

    kind: ProblemKind
    name: str


@dataclass(frozen=True, kw_only=True)
class BoxedPictures:
    """Pictures and their objects. `names` are for people; `read(i)` gives (H, W, 3) uint8 RGB, upright.

    Boxes lie inside their picture and are at least a pixel wide and high. A picture may have none.
    """

    class_names: tuple[str, ...]
    names: tuple[str, ...]
    boxes: tuple[np.ndarray, ...]  # (n, 4) float32 xyxy, pixels
    labels: tuple[np.ndarray, ...]  # (n,) int64, index into class_names
    read: Callable[[int], np.ndarray]
    problems: tuple[Problem, ...] = ()

    def __post_init__(self) -> None:
        shapes = [(b.shape, n.shape) for b, n in zip(self.boxes, self.labels, strict=True)]
        if len(shapes) != len(self.names) or any(b != (*n, 4) for b, n in shapes):
            raise ValueError(f"expected boxes (n, 4) and labels (n,) for {len(self.names)} pictures")

    def __len__(self) -> int:
        return len(self.names)

    def objects(self) -> np.ndarray:
        """(classes,) int64: how many objects of each class."""
        return np.bincount(np.concatenate([[], *self.labels]).astype(int), minlength=len(self.class_names))

    def subset(self, indices: Sequence[int]) -> "BoxedPictures":
        """The pictures at `indices`, in that order, with the same class names and with their own problems."""
        chosen = np.asarray(indices, np.int64)
        names = tuple(self.names[i] for i in chosen)
        known = set(names)
        return replace(
            self,
            names=names,
            boxes=tuple(self.boxes[i] for i in chosen),
            labels=tuple(self.labels[i] for i in chosen),
            read=Chosen(self.read, chosen),
            problems=tuple(problem for problem in self.problems if problem.name in known),
        )


def split_off_boxes(
    data: BoxedPictures, share: float, block: int, seed: int
) -> tuple[BoxedPictures, BoxedPictures]:
    """(rest, split off): about `share` of the pictures, in whole blocks of `block` consecutive ones.

    Both sides are in the order of `data`, which is the natural order of the names.
    """
    sides = block_split(len(data), round(share * len(data)), block, seed)
    rest, off = (data.subset(side) for side in sides)
    elsewhere = tuple(problem for problem in data.problems if problem not in set(off.problems))
    return replace(rest, problems=elsewhere), off


def same_boxed_classes(data: BoxedPictures, class_names: tuple[str, ...]) -> BoxedPictures:
    """`data` with its labels as indices into `class_names`. BadData `classes_unknown`."""
    strange = [
        name for name, count in zip(data.class_names, data.objects(), strict=True)
        if count and name not in class_names
    ]  # fmt: skip
    if strange:
        raise BadData(
            "classes_unknown",
            f"Expected the classes of the training data ({listed(class_names)}) in --dev-data, got {listed(strange)}.",
        )
    position = np.array([class_names.index(n) if n in class_names else -1 for n in data.class_names])
    return replace(
        data,
        class_names=class_names,
        labels=tuple(position[labels].astype(np.int64) for labels in data.labels),
    )


def listed(words: Sequence[str]) -> str:
    more = f", ... {len(words)} in all" if len(words) > MOST_LISTED else ""
    return ", ".join(words[:MOST_LISTED]) + more
