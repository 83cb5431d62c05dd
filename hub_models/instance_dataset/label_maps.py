"""Label maps: for each picture a grey picture of 8 or 16 bits that numbers its objects; 0 is the background.

Objects are of one class, whose name is the line of classes.txt, if there is one.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import PurePosixPath

import numpy as np

from hub_models.box_dataset.assemble import class_name as as_class_name
from hub_models.data_files import SUFFIXES, Files, natural
from hub_models.errors import BadData, BadInput
from hub_models.instance_dataset.pictures import InstancePictures, objects_of, refuse_crowd
from hub_models.label_picture import decode_numbers
from hub_models.mask_dataset import CLASSES, LARGEST_LIST, LARGEST_MASK, MASK_FOLDERS, pairs
from hub_models.segments import Instances


@dataclass(frozen=True)
class FromLabelMaps:
    """Reads a picture and its label map (a class, so that it can travel to worker processes)."""

    pictures: Callable[[int], np.ndarray]
    files: Files
    maps: tuple[int, ...]  # indices into `files`
    names: tuple[str, ...]

    def __call__(self, i: int) -> tuple[np.ndarray, Instances]:
        pixels = self.pictures(i)
        numbers = decode_numbers(self.files.content(self.maps[i], LARGEST_MASK))
        if numbers.shape != pixels.shape[:2]:
            (height, width), (map_h, map_w) = pixels.shape[:2], numbers.shape
            raise BadInput(
                "mask_size",
                f"Expected a label map of {width} x {height} pixels, as its picture has, got {map_w} x {map_h}.",
            )
        return pixels, objects_in(numbers, self.names)


def objects_in(numbers: np.ndarray, names: tuple[str, ...]) -> Instances:
    """A label map (H, W), 0 = background -> its objects, of the only class of `names`, in the order of their numbers."""
    from scipy.ndimage import find_objects

    if numbers.size and numbers.min() < 0:
        raise BadInput(
            "mask_unknown_label", f"Expected numbers from 0 in a label map, got {int(numbers.min())}."
        )
    values, places = np.unique(numbers, return_inverse=True)
    refuse_crowd(len(values) - 1)
    order = places.reshape(numbers.shape) + (1 if values[0] > 0 else 0)  # 1 to n without gaps, 0 = background
    found = find_objects(order)
    refuse_crowd(len(found), sum((r.stop - r.start) * (c.stop - c.start) for r, c in found))
    parts = []
    for number, (rows, columns) in enumerate(found, 1):
        parts.append((order[rows, columns] == number, (rows.start, columns.start), 0))
    return objects_of(parts, names, numbers.shape)


def has_maps(files: Files) -> bool:
    """Whether a folder for masks or labels holds pictures."""
    paths = [PurePosixPath(name.lower()) for name in files.names if name.lower().endswith(SUFFIXES)]
    return any(folder in MASK_FOLDERS for path in paths for folder in path.parts[:-1])


def read_objects(files: Files, class_name: str) -> dict[str, InstancePictures]:
    """The pictures by part, in natural order. BadData: `data_missing`, `mask_pairs`, `classes_unknown`."""
    names = (only_class(files) or class_name,)
    found: dict[str, list[tuple[int, int]]] = {}
    for split, picture, numbers in pairs(files):
        found.setdefault(split, []).append((picture, numbers))
    splits = {}
    for split, rows in found.items():
        rows.sort(key=lambda row: natural(files.names[row[0]]))
        pictures = files.pictures([picture for picture, _ in rows])
        splits[split] = InstancePictures(
            class_names=names,
            names=tuple(files.names[picture] for picture, _ in rows),
            read=FromLabelMaps(pictures, files, tuple(numbers for _, numbers in rows), names),
        )
    return splits


def only_class(files: Files) -> str:
    """What the objects are; "" where nothing says so. BadData `classes_unknown` where classes.txt names several."""
    listed = [i for i, name in enumerate(files.names) if PurePosixPath(name).name.lower() == CLASSES]
    if not listed:
        return ""
    lines = files.content(listed[0], LARGEST_LIST).decode("utf-8", "replace").splitlines()
    names = [as_class_name(line) for line in lines if line.strip()]
    if len(names) != 1 or names[0] is None:
        raise BadData(
            "classes_unknown",
            f"Expected one class in {CLASSES}, since a label map only tells objects apart, got {len(names)} lines. "
            "Objects of several classes need a COCO JSON.",
        )
    return names[0]
