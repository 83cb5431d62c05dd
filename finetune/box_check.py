"""Pictures with boxes before the first epoch: which train, which choose the weights, and what is wrong with them.

Every picture is read once. A picture that cannot be read, or that has another size than its annotation says, is left
out and counted: boxes are never rescaled in silence. So is a training picture that also stands in dev. Pictures
without an object stay, as background.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import numpy as np

from finetune.data_check import listed, own_parts, readable
from finetune.hub_dataset import open_boxed_data
from hub_models.box_dataset import BoxedPictures, same_boxed_classes, split_off_boxes
from hub_models.box_dataset.pictures import PROBLEMS, Problem
from hub_models.draw import framed
from hub_models.errors import BadData
from hub_models.instance_dataset import InstancePictures
from hub_models.picture import encode_jpeg, fit_within

MOST_SHOWN = 12  # pictures on the contact sheet
COLUMNS = 4
CELL = 320  # pixels: width and height of a picture on the sheet
GROUND = 255
D = TypeVar("D", BoxedPictures, InstancePictures)
TINY = 4  # pixels


def train_and_dev_boxes(
    data: str, dev_data: str, dev_share: float, dev_block: int, seed: int
) -> tuple[BoxedPictures, BoxedPictures]:
    """(train, dev) of `data`: its own dev part, that of `dev_data`, or a share split off. A test part is not touched."""
    train, dev = own_parts(data, dev_data, open_boxed_data, same_boxed_classes)
    if dev is not None:
        return train, dev
    return some_for_dev(train, dev_share, dev_block, seed)


def some_for_dev(train: D, dev_share: float, dev_block: int, seed: int) -> tuple[D, D]:
    """(train, dev) of pictures with objects that have no dev part. BadData `data_missing` where they are too few."""
    if round(dev_share * len(train)) < 1 or len(train) <= dev_block:
        raise too_few_to_split(len(train), dev_share, dev_block)
    return split_off_boxes(train, dev_share, dev_block, seed)


def too_few_to_split(count: int, dev_share: float, dev_block: int) -> BadData:
    return BadData(
        "data_missing",
        f"Expected enough pictures to split {dev_share:.0%} off, in blocks of {dev_block}, for choosing the weights, "
        f"got {count}. Add pictures, a part val, or --dev-data, or make --dev-block smaller.",
    )


@dataclass(frozen=True, kw_only=True)
class BoxReport:
    """What the check of the data found, in words a person can act on."""

    pictures: dict[str, int]  # split -> readable pictures
    objects: dict[str, dict[str, int]]  # split -> class -> objects
    background: dict[str, int]  # split -> pictures without an object
    problems: dict[str, tuple[str, ...]]  # kind of `PROBLEMS` -> names of pictures, once for each box
    unreadable: tuple[str, ...]
    shared: tuple[tuple[str, str], ...]  # pictures that stand, equal in every pixel, in both splits
    tiny: tuple[str, ...]  # names of pictures with an object narrower than TINY, once for each
    smallest_object: float  # pixels of its shorter side
    smallest_hw: tuple[int, int]

    def text(self) -> str:
        lines = []
        for split, objects in self.objects.items():
            words = listed([f"{name} {count:,}" for name, count in objects.items()])
            background = f", {self.background[split]:,} without any" if self.background[split] else ""
            lines.append(
                f"{split}: {self.pictures[split]:,} pictures{background}, {sum(objects.values()):,} objects ({words})"
            )
        unseen = [name for name, count in self.objects["dev"].items() if count == 0]
        if unseen:
            lines.append(f"dev has no object of: {listed(unseen)}")
        for kind, names in self.problems.items():
            lines.append(f"{len(names):,} {PROBLEMS[kind]} ({first_names(names)})")
        if self.unreadable:
            lines.append(f"left out, unreadable: {len(self.unreadable)} ({'; '.join(self.unreadable[:3])})")
        if self.shared:
            pairs = "; ".join(f"{a} = {b}" for a, b in self.shared[:3])
            lines.append(f"left out of training, also in dev: {len(self.shared)} ({pairs})")
        lines.append(f"smallest object: {self.smallest_object:.0f} pixels")
        if self.tiny:
            names = first_names(self.tiny)
            lines.append(
                f"objects under {TINY} pixels, perhaps slips of the mouse: {len(self.tiny)} ({names})"
            )
        lines.append(f"smallest picture: {self.smallest_hw[1]} x {self.smallest_hw[0]} pixels")
        return "\n".join(lines)


def check_boxes(
    train: BoxedPictures,
    dev: BoxedPictures,
    show: Callable[[str], None] = print,
    threads: int = 1,
) -> tuple[BoxedPictures, BoxedPictures, BoxReport]:
    """Read every picture once: leave out the unreadable and, of training, those that are also in dev.

    Raises BadData: `data_empty_class`, `data_missing`, `image_size_differs`.
    """
    problems = by_kind(train.problems + dev.problems)
    found = readable(train, dev, show, threads)
    refuse_other_sizes(found.troubles["image_size_differs"], len(train) + len(dev))
    train, dev = found.train, found.dev
    parts = {"train": train, "dev": dev}
    refuse_unlearnable(train, dev)
    sides = narrow_sides(train) + narrow_sides(dev)
    report = BoxReport(
        pictures={split: len(data) for split, data in parts.items()},
        objects={split: named(data) for split, data in parts.items()},
        background={split: sum(not len(b) for b in data.boxes) for split, data in parts.items()},
        problems=problems,
        unreadable=found.unreadable,
        shared=found.shared,
        tiny=tuple(name for side, name in sides if side < TINY),
        smallest_object=min(side for side, _ in sides),
        smallest_hw=found.smallest_hw,
    )
    return train, dev, report


def by_kind(problems: tuple[Problem, ...]) -> dict[str, tuple[str, ...]]:
    """Names of pictures for each kind that occurs, in the order of `PROBLEMS`."""
    found = {kind: tuple(p.name for p in problems if p.kind == kind) for kind in PROBLEMS}
    return {kind: names for kind, names in found.items() if names}


def named(data: BoxedPictures) -> dict[str, int]:
    return {name: int(count) for name, count in zip(data.class_names, data.objects(), strict=True)}


def first_names(names: tuple[str, ...]) -> str:
    """Three different names for a sentence; one that an annotation made up may hold any character."""
    few = ", ".join(list(dict.fromkeys(names))[:3])
    return "".join(c if c.isprintable() else "?" for c in few)


def narrow_sides(data: BoxedPictures) -> list[tuple[float, str]]:
    """Shorter side of each object in pixels, and the name of its picture."""
    return [
        (float(side), name)
        for boxes, name in zip(data.boxes, data.names, strict=True)
        for side in (boxes[:, 2:] - boxes[:, :2]).min(axis=1)
    ]


def refuse_other_sizes(count: int, of: int) -> None:
    """Raise BadData where most annotations were made on pictures of another size."""
    if count > of / 2:
        raise BadData(
            "image_size_differs",
            f"Expected the pictures on which the boxes were drawn, but {count:,} of {of:,} have another size than their "
            "annotations say. Put back the original pictures, or resize the boxes with them.",
        )


def refuse_unlearnable(train: BoxedPictures, dev: BoxedPictures) -> None:
    """Raise BadData where a class has no object to learn from, or nothing is there to choose the weights on."""
    counts = named(train)
    if not counts:
        raise BadData("data_missing", "Expected objects to train on, but no annotation has a box. Draw some.")
    if empty := [name for name, count in counts.items() if count == 0]:
        raise BadData(
            "data_empty_class",
            f"Expected training objects of every class, got none of: {listed(empty)}. Add some, or remove the class. "
            "(Pictures that cannot be read or are also in dev do not count; nor do those split off for dev.)",
        )
    if not dev.objects().sum():
        raise BadData(
            "data_missing", "Expected at least one object to choose the weights on, got none in the dev part."
        )


def label_pictures(data: BoxedPictures, path: Path) -> None:
    """Write a contact sheet of up to 12 pictures with their boxes to `path`, so that a person sees whether they fit.

    The pictures, of checked data, are spread evenly over those with objects.
    """
    with_objects = [i for i in range(len(data)) if len(data.boxes[i])] or list(range(len(data)))
    count = min(MOST_SHOWN, len(with_objects))
    chosen = [with_objects[i * len(with_objects) // count] for i in range(count)]
    path.write_bytes(encode_jpeg(contact_sheet([with_boxes(data.read(i), data, i) for i in chosen])))


def contact_sheet(cells: list[np.ndarray]) -> np.ndarray:
    """Pictures (h, w, 3) side by side, row after row."""
    columns = min(COLUMNS, len(cells))
    height, width = (max(cell.shape[axis] for cell in cells) for axis in (0, 1))
    sheet = np.full((-(-len(cells) // columns) * height, columns * width, 3), GROUND, np.uint8)
    for place, cell in enumerate(cells):
        top, left = place // columns * height, place % columns * width
        sheet[top : top + cell.shape[0], left : left + cell.shape[1]] = cell
    return sheet


def with_boxes(pixels: np.ndarray, data: BoxedPictures, index: int) -> np.ndarray:
    """The picture, at most a cell of the sheet, with its boxes and their classes."""
    small = fit_within(pixels, CELL)
    growth = np.array(small.shape[1::-1]) / pixels.shape[1::-1]  # x, y
    labels = data.labels[index].tolist()
    return framed(
        small, data.boxes[index] * np.tile(growth, 2), labels, [data.class_names[i] for i in labels]
    )
