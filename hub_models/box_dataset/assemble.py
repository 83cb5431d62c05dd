"""From what the annotations say to pictures with clean boxes, by part; what had to be mended is counted."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

import numpy as np

from hub_models.box_dataset.pictures import BoxedPictures, Problem
from hub_models.data_files import SPLIT_NAMES, SUFFIXES, Files, natural
from hub_models.errors import BadData, BadInput

LONGEST_NAME = 100  # characters of a class
ROUNDING = 1.0  # pixels by which a box may leave its picture without a word: tools count from 0 or from 1
SPLITS = ("train", "dev", "test", "all")
UNKNOWN = (0, 0)  # the size of a picture that cannot be read; reading it will say why


@dataclass(frozen=True, kw_only=True)
class Annotated:
    """A picture as its annotation describes it."""

    picture: int  # index into the names of the files
    split: str  # one of SPLITS
    size_hw: tuple[int, int] | None  # as the annotation says, None where it does not
    boxes: np.ndarray  # (n, 4) xyxy, pixels, as they stand there
    labels: np.ndarray  # (n,) index into the class names


@dataclass(frozen=True, kw_only=True)
class Read:
    """All annotations of a layout."""

    class_names: tuple[str, ...]
    pictures: list[Annotated]
    problems: list[Problem]


@dataclass(frozen=True)
class OfSize:
    """`read` that refuses a picture of another size than its boxes were drawn on."""

    read: Callable[[int], np.ndarray]
    sizes_hw: tuple[tuple[int, int], ...]

    def __call__(self, i: int) -> np.ndarray:
        pixels = self.read(i)
        (height, width), (said_h, said_w) = pixels.shape[:2], self.sizes_hw[i]
        if (height, width) != (said_h, said_w):
            why = " when turned upright as its EXIF note asks" if (height, width) == (said_w, said_h) else ""
            raise BadInput(
                "image_size_differs",
                f"Expected a picture of {said_w} x {said_h} pixels, as its annotation says, got {width} x {height}{why}; "
                "annotate the picture as it is, or put back the one that was annotated.",
            )
        return pixels


def assemble(files: Files, read: Read) -> dict[str, BoxedPictures]:
    """The pictures by part, in natural order, with boxes inside them. BadData `boxes_format`, `data_missing`."""
    if not read.pictures:
        raise BadData(
            "data_missing",
            f"Expected pictures with annotations, but none of the {len(read.problems)} annotations or pictures in the "
            f"{files.what} have their counterpart. Give a picture and its annotation the same name.",
        )
    by_split: dict[str, list[tuple[Annotated, Cleaned]]] = {}
    problems = list(read.problems)
    boxes = lost = 0
    for annotated in sorted(read.pictures, key=lambda a: natural(files.names[a.picture])):
        cleaned = clean(annotated, annotated.size_hw or header_size(files, annotated.picture))
        name = files.names[annotated.picture]
        problems += [Problem("clipped", name)] * cleaned.clipped
        problems += [Problem("no_area", name)] * cleaned.no_area
        if cleaned.size_hw != UNKNOWN:
            boxes, lost = boxes + len(annotated.boxes), lost + cleaned.misplaced
        by_split.setdefault(annotated.split, []).append((annotated, cleaned))
    if lost > 2 and lost > boxes / 3:
        raise BadData(
            "boxes_format",
            f"Expected boxes inside their pictures, but {lost:,} of {boxes:,} lie outside or have no area. VOC wants "
            "xmin, ymin, xmax, ymax in pixels, COCO x, y, width, height in pixels, YOLO centre x, centre y, width, "
            "height as shares of the picture (0 to 1).",
        )
    part_of = {files.names[a.picture]: a.split for a in read.pictures}
    present = [split for split in SPLITS if split in by_split]
    sorted_out: dict[str, list[Problem]] = {split: [] for split in present}
    for problem in problems:  # those of no picture belong to the first part
        sorted_out[part_of.get(problem.name, present[0])].append(problem)
    return {split: boxed(files, read.class_names, by_split[split], sorted_out[split]) for split in present}


def boxed(
    files: Files,
    class_names: tuple[str, ...],
    rows: list[tuple[Annotated, "Cleaned"]],
    problems: list[Problem],
) -> BoxedPictures:
    order = [annotated.picture for annotated, _ in rows]
    return BoxedPictures(
        class_names=class_names,
        names=tuple(files.names[i] for i in order),
        boxes=tuple(cleaned.boxes for _, cleaned in rows),
        labels=tuple(cleaned.labels for _, cleaned in rows),
        read=OfSize(files.pictures(order), tuple(cleaned.size_hw for _, cleaned in rows)),
        problems=tuple(problems),
    )


@dataclass(frozen=True, kw_only=True)
class Cleaned:
    boxes: np.ndarray  # (n, 4) float32
    labels: np.ndarray  # (n,) int64
    size_hw: tuple[int, int]
    clipped: int
    no_area: int
    misplaced: int  # boxes without area or with their centre outside: many of them speak for another format


def clean(annotated: Annotated, size_hw: tuple[int, int]) -> Cleaned:
    """Cut the boxes at the border of the picture; leave out those without a pixel of width or height."""
    height, width = size_hw
    boxes = annotated.boxes.astype(np.float64).reshape(-1, 4)
    finite = np.isfinite(boxes).all(1)
    boxes = np.where(finite[:, None], boxes, 0)
    inside = np.clip(boxes, 0, (width, height, width, height))
    real = finite & ((inside[:, 2:] - inside[:, :2]) >= 1).all(1)
    cut = real & (np.abs(inside - boxes) > ROUNDING).any(1)
    centre = boxes[:, :2] / 2 + boxes[:, 2:] / 2
    away = ((centre < 0) | (centre > (width, height))).any(1)
    return Cleaned(
        boxes=inside[real].astype(np.float32),
        labels=annotated.labels[real].astype(np.int64),
        size_hw=size_hw,
        clipped=int(cut.sum()),
        no_area=int((~real).sum()) if size_hw != UNKNOWN else 0,
        misplaced=int((~real | away).sum()),
    )


def header_size(files: Files, index: int) -> tuple[int, int]:
    """(H, W) of the picture, upright, or UNKNOWN."""
    try:
        return files.size_hw(index)
    except BadInput:
        return UNKNOWN


def is_picture(name: str) -> bool:
    return name.lower().endswith(SUFFIXES)


def bare(name: str) -> str:
    """The name of a picture or of its annotation, without folders and ending."""
    last = PurePosixPath(name).name
    return last.rpartition(".")[0] if last.lower().endswith((*SUFFIXES, ".xml")) else last


def split_of(name: str) -> str | None:
    """The part that a folder or a word of the file's name says: images/val2017/a.jpg -> dev, else None."""
    for part in reversed(PurePosixPath(name).parts[:-1]):
        words = re.split(r"[-_.\d]+", part.lower())
        named = {SPLIT_NAMES[word] for word in words if word in SPLIT_NAMES}
        if len(named) == 1:
            return named.pop()
    return None


def nearest(name: str, candidates: Sequence[int], names: Sequence[str]) -> int | None:
    """The one of `candidates` (indices into `names`) whose folders are most like those of `name`, in the same part.

    None where there is none, or where two are equally near.
    """
    folders, split = set(PurePosixPath(name).parts[:-1]), split_of(name)
    likeness = {
        i: len(folders & set(PurePosixPath(names[i]).parts[:-1]))
        for i in candidates
        if split_of(names[i]) in (split, None) or split is None
    }
    if not likeness:
        return None
    best = max(likeness.values())
    winners = [i for i, like in likeness.items() if like == best]
    return winners[0] if len(winners) == 1 else None


def class_name(value: object) -> str | None:
    """The name of a class, without blanks around it; None where it is none."""
    if not isinstance(value, str | int) or isinstance(value, bool):
        return None
    name = " ".join(str(value).split()) if not isinstance(value, int) or abs(value) < 10**9 else ""
    return name if 0 < len(name) <= LONGEST_NAME and name.isprintable() else None
