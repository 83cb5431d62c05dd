"""Labelled pictures on disk, as training and evaluation read them: a folder, a zip of one, or an npz.

    folder        class/picture.jpg, or split/class/picture.jpg with splits train, val (dev, valid) and test
    zip           the same, packed; read in place
    npz           `images` (N, H, W) or (N, H, W, 3) uint8 and `labels` (N,) whole numbers from 0

Nothing is decoded until a picture is asked for, so a set may be larger than memory.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from hub_models.archive import load_npz
from hub_models.data_files import LARGEST_SET, SPLIT_NAMES, SUFFIXES, Chosen, natural, open_files
from hub_models.errors import BadData


@dataclass(frozen=True, kw_only=True)
class LabelledPictures:
    """Pictures with the index of their class. `names` are for people; `read(i)` gives (H, W, 3) uint8 RGB."""

    class_names: tuple[str, ...]
    labels: np.ndarray  # (N,) int64, index into class_names
    names: tuple[str, ...]
    read: Callable[[int], np.ndarray]

    def __len__(self) -> int:
        return len(self.labels)

    def subset(self, indices: Sequence[int]) -> "LabelledPictures":
        """The pictures at `indices`, in that order, with the same class names."""
        chosen = np.asarray(indices, np.int64)
        return replace(
            self,
            labels=self.labels[chosen],
            names=tuple(self.names[i] for i in chosen),
            read=Chosen(self.read, chosen),
        )


@dataclass(frozen=True)
class FromArray:
    images: np.ndarray  # (N, H, W) or (N, H, W, 3) uint8

    def __call__(self, i: int) -> np.ndarray:
        image = self.images[i]
        return (
            np.ascontiguousarray(np.broadcast_to(image[..., None], (*image.shape, 3)))
            if image.ndim == 2
            else image
        )


def from_relative_names(
    names: Sequence[str], reader: Callable[[Sequence[int]], Callable[[int], np.ndarray]], what: str
) -> dict[str, LabelledPictures]:
    """Sort `.../[split/]class/picture` names into splits; `reader(order)` reads the chosen ones of `names`."""
    found: dict[str, list[tuple[str, int]]] = {}
    for index, name in enumerate(names):
        parts = name.split("/")
        if len(parts) < 2 or not parts[-1].lower().endswith(SUFFIXES):
            continue
        split = SPLIT_NAMES.get(parts[-3].lower(), "all") if len(parts) >= 3 else "all"
        found.setdefault(split, []).append((parts[-2], index))
    if not found:
        raise BadData(
            "data_missing",
            f"Expected pictures in one folder a class (class/picture.jpg), found none in the {what}. "
            f"Supported endings: {', '.join(SUFFIXES)}.",
        )
    classes = tuple(sorted({label for rows in found.values() for label, _ in rows}, key=natural))
    position = {label: i for i, label in enumerate(classes)}
    splits = {}
    for split, rows in found.items():
        rows.sort(key=lambda row: natural(names[row[1]]))
        order = tuple(index for _, index in rows)
        splits[split] = LabelledPictures(
            class_names=classes,
            labels=np.array([position[label] for label, _ in rows], np.int64),
            names=tuple(names[i] for i in order),
            read=reader(order),
        )
    return splits


def open_splits(path: str | Path) -> dict[str, LabelledPictures]:
    """The labelled pictures at `path`, by split: "train", "dev", "test", or "all" where it has none.

    Raises BadData: `data_missing`, `npz_missing_key`, `data_shape`, `archive_unreadable`, ...
    """
    path = Path(path)
    if path.suffix == ".npz" and path.is_file():
        return {"all": from_npz(path)}
    files = open_files(path, "a folder, a .zip or an .npz of pictures")
    return from_relative_names(files.names, files.pictures, files.what)


def from_npz(path: Path) -> LabelledPictures:
    """`images` and `labels` of an npz; the classes are called 0, 1, 2, ..."""
    arrays = load_npz(path, ("images", "labels"), LARGEST_SET)
    images, labels = arrays["images"], arrays["labels"]
    if images.dtype != np.uint8 or images.ndim not in (3, 4) or (images.ndim == 4 and images.shape[3] != 3):
        raise BadData(
            "data_shape",
            f"Expected images (N, H, W) or (N, H, W, 3) of uint8, got {images.shape} of {images.dtype}.",
        )
    if (
        labels.shape != images.shape[:1]
        or labels.dtype.kind not in "iu"
        or (len(labels) and labels.min() < 0)
    ):
        raise BadData(
            "data_shape",
            f"Expected labels ({len(images)},) of whole numbers from 0, got {labels.shape} of {labels.dtype}.",
        )
    labels = labels.astype(np.int64)
    classes = int(labels.max()) + 1 if len(labels) else 0
    return LabelledPictures(
        class_names=tuple(str(i) for i in range(classes)),
        labels=labels,
        names=tuple(f"images[{i}]" for i in range(len(labels))),
        read=FromArray(images),
    )


def split_off(
    data: LabelledPictures, share: float, block: int, seed: int
) -> tuple[LabelledPictures, LabelledPictures]:
    """(rest, split off): about `share` of each class, in whole blocks of `block` consecutive pictures.

    Consecutive pictures often show one object or scene; a block keeps them on one side of the split.
    """
    rng = np.random.default_rng(seed)
    rest: list[np.ndarray] = []
    off: list[np.ndarray] = []
    for label in range(len(data.class_names)):
        members = np.flatnonzero(data.labels == label)
        blocks = [members[i : i + block] for i in range(0, len(members), block)]
        missing = round(share * len(members))
        for number in rng.permutation(len(blocks)):
            (off if missing > 0 else rest).append(blocks[number])
            missing -= len(blocks[number])
    return data.subset(np.sort(np.concatenate(rest))), data.subset(np.sort(np.concatenate(off)))
