"""Pictures with a class for every pixel, as training and evaluation of semantic segmentation read them.

    images/a.jpg + masks/a.png [+ classes.txt]     as a folder or a zip of one, perhaps inside train/, val/ and test/

A mask is a picture of one channel (grey or palette, 8 or 16 bits) whose values are numbers of classes, the lines of
classes.txt from 0. A line `void` (or ignore, unlabeled) marks pixels that count for nothing; so do the value 255 and,
without classes.txt, the first number after the classes. Nothing is decoded until a picture is asked for.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath

import numpy as np

from hub_models.data_files import SPLIT_NAMES, SUFFIXES, Chosen, Files, block_split, natural, open_files
from hub_models.errors import BadData, BadInput
from hub_models.label_picture import decode_numbers

PICTURE_FOLDERS = ("images", "image", "pictures", "img", "jpegimages")
MASK_FOLDERS = ("masks", "mask", "labels", "label", "annotations", "segmentationclass")
CLASSES, VOID_NAMES, VOID = "classes.txt", ("void", "ignore", "unlabeled", "unlabelled"), 255
MOST_CLASSES = 255
LARGEST_MASK, LARGEST_LIST = 40_000_000, 1_000_000  # bytes of a file
MOST_LISTED = 3  # names in a sentence

Read = Callable[[int], tuple[np.ndarray, np.ndarray]]


@dataclass(frozen=True, kw_only=True)
class MaskedPictures:
    """`names` are for people; `read(i)` gives the picture (H, W, 3) uint8 RGB and its labels (H, W) uint8, 255 void.

    BadInput: what `decode_picture` raises, `mask_size`, `mask_unknown_label`, `mask_colours`.
    """

    class_names: tuple[str, ...]
    names: tuple[str, ...]
    read: Read

    def __len__(self) -> int:
        return len(self.names)

    def subset(self, indices: Sequence[int]) -> "MaskedPictures":
        """The pictures at `indices`, in that order, with the same class names."""
        chosen = np.asarray(indices, np.int64)
        return replace(self, names=tuple(self.names[i] for i in chosen), read=Chosen(self.read, chosen))


@dataclass(frozen=True)
class FromPairs:
    """Reads a picture and its mask (a class, so that it can travel to worker processes)."""

    pictures: Callable[[int], np.ndarray]
    files: Files
    masks: tuple[int, ...]  # indices into `files`
    table: np.ndarray  # (256,) int16: value of a mask -> class, 255 void, -1 unknown

    def __call__(self, i: int) -> tuple[np.ndarray, np.ndarray]:
        pixels = self.pictures(i)
        values = decode_numbers(self.files.content(self.masks[i], LARGEST_MASK))
        if values.shape != pixels.shape[:2]:
            (height, width), (mask_h, mask_w) = pixels.shape[:2], values.shape
            raise BadInput(
                "mask_size",
                f"Expected a mask of {width} x {height} pixels, as its picture has, got {mask_w} x {mask_h}.",
            )
        labels = self.table[np.minimum(values, 255)]
        if strange := np.unique(values[labels < 0]).tolist():
            known = int((self.table[:255] >= 0).sum())
            raise BadInput(
                "mask_unknown_label",
                f"Expected numbers of classes below {known}, or 255 for void, in a mask, got {strange[:5]}. "
                f"Name all classes in {CLASSES}, a line each.",
            )
        return pixels, labels.astype(np.uint8)


def open_masks(path: str | Path, class_names: Sequence[str] | None = None) -> dict[str, MaskedPictures]:
    """The pictures with masks at `path`, by part: "train", "dev", "test", or "all" where it has none.

    `class_names` say what the numbers mean where there is no classes.txt. Raises BadData: `data_missing`,
    `masks_missing`, `mask_pairs`, `classes_missing`, `archive_unreadable`, ...
    """
    files = open_files(Path(path))
    names, table = classes_of(files, class_names)
    found: dict[str, list[tuple[int, int]]] = {}
    for split, picture, mask in pairs(files):
        found.setdefault(split, []).append((picture, mask))
    splits = {}
    for split, rows in found.items():
        rows.sort(key=lambda row: natural(files.names[row[0]]))
        pictures = files.pictures([picture for picture, _ in rows])
        splits[split] = MaskedPictures(
            class_names=names,
            names=tuple(files.names[picture] for picture, _ in rows),
            read=FromPairs(pictures, files, tuple(mask for _, mask in rows), table),
        )
    return splits


def pairs(files: Files) -> list[tuple[str, int, int]]:
    """(part, index of a picture, index of its mask): equal stems in sister folders. BadData where one is missing."""
    sides: dict[str, dict[tuple, int]] = {"picture": {}, "mask": {}}
    for index, name in enumerate(files.names):
        path = PurePosixPath(name.lower())
        if path.suffix not in SUFFIXES:
            continue
        folders = path.parts[:-1]
        side = "mask" if any(folder in MASK_FOLDERS for folder in folders) else "picture"
        key = (*(f for f in folders if f not in (*PICTURE_FOLDERS, *MASK_FOLDERS)), path.stem)
        sides[side][key] = index
    if not sides["picture"]:
        raise BadData(
            "data_missing",
            f"Expected pictures in images/, found none in the {files.what}. Supported: {', '.join(SUFFIXES)}.",
        )
    if not sides["mask"]:
        raise BadData(
            "masks_missing",
            f"Expected a mask for each picture in masks/ (a.png for a.jpg), found none in the {files.what}.",
        )
    refuse_lonely(files, sides["picture"], sides["mask"])
    return [(part_of(key), index, sides["mask"][key]) for key, index in sides["picture"].items()]


def refuse_lonely(files: Files, pictures: dict[tuple, int], masks: dict[tuple, int]) -> None:
    """Raise BadData `mask_pairs` where a picture has no mask, or a mask no picture."""
    for what, lonely in (
        ("mask for the picture", pictures.keys() - masks.keys()),
        ("picture for the mask", masks.keys() - pictures.keys()),
    ):
        if lonely:
            some = sorted(files.names[(pictures | masks)[key]] for key in lonely)
            listed = ", ".join(PurePosixPath(name).name for name in some[:MOST_LISTED])
            raise BadData(
                "mask_pairs",
                f"Expected a {what} of equal name in images/ and masks/; {len(some):,} have none ({listed}). "
                "Add them, or take the others out.",
            )


def part_of(key: tuple[str, ...]) -> str:
    """The part of the data that a folder of the picture names."""
    return next((SPLIT_NAMES[part] for part in reversed(key[:-1]) if part in SPLIT_NAMES), "all")


def classes_of(files: Files, class_names: Sequence[str] | None) -> tuple[tuple[str, ...], np.ndarray]:
    """(names without void, table from the values of masks to classes)."""
    listed = [i for i, name in enumerate(files.names) if PurePosixPath(name).name.lower() == CLASSES]
    table = np.full(256, -1, np.int16)
    table[VOID] = VOID
    if not listed:
        if class_names is None:
            raise BadData(
                "classes_missing",
                f"Expected {CLASSES} beside the folders, the name of a class in each line, found none.",
            )
        names = tuple(class_names)
        table[: len(names)] = np.arange(len(names))
        table[len(names)] = VOID
        return names, table
    text = files.content(listed[0], LARGEST_LIST).decode("utf-8", "replace")
    lines = [" ".join(line.split())[:100] for line in text.splitlines()]
    while lines and not lines[-1]:
        lines.pop()
    names = []
    for value, line in enumerate(lines[: MOST_CLASSES + 1]):
        if line.lower() in VOID_NAMES:
            table[value] = VOID
        elif value < VOID:
            table[value] = len(names)
            names.append(line or str(value))
    if len(names) < 2 or len(names) != len(set(names)) or len(lines) > MOST_CLASSES:
        raise BadData(
            "classes_missing",
            f"Expected 2 to {MOST_CLASSES} different names in {CLASSES}, a line each, got {len(names)}.",
        )
    return tuple(names), table


def split_off_blocks(
    data: MaskedPictures, share: float, block: int, seed: int
) -> tuple[MaskedPictures, MaskedPictures]:
    """(rest, split off): about `share` of the pictures, in whole blocks of `block` consecutive ones."""
    rest, off = block_split(len(data), max(1, round(share * len(data))), block, seed)
    return data.subset(rest), data.subset(off)


def same_masked_classes(data: MaskedPictures, class_names: tuple[str, ...]) -> MaskedPictures:
    """`data`, if it has exactly these classes in this order. BadData `classes_unknown`."""
    if data.class_names != class_names:
        raise BadData(
            "classes_unknown",
            f"Expected the classes of the training data in the dev data ({', '.join(class_names[:20])}), "
            f"got {', '.join(data.class_names[:20])}. Give both the same {CLASSES}.",
        )
    return data
