"""COCO with masks: `segmentation` of an annotation is a list of polygons, or run lengths (RLE).

Run lengths are decoded here, not by pycocotools, whose C code trusts them. Groups (`iscrowd`), objects of unknown
classes and those whose segmentation cannot be read are left out and counted.
"""

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from hub_models.box_dataset.assemble import SPLITS, header_size, split_of
from hub_models.box_dataset.coco import (
    Record,
    categories,
    document,
    picture_of,
    pictures_by_name,
    size_of,
    split_of_file,
)
from hub_models.box_dataset.pictures import Problem
from hub_models.data_files import Files, natural
from hub_models.errors import BadData, BadInput
from hub_models.instance_dataset.pictures import InstancePictures, objects_of, refuse_crowd
from hub_models.segments import Instances

MOST_POINTS = 100_000  # numbers in the polygons of one object
LARGEST_SIDE = 10**5  # pixels
LONGEST_OUTLINE = 10**6  # pixels around one object: pycocotools takes 40 bytes for each
Outline = tuple[str, object, int]  # ("polygons" | "runs", lists of coordinates | runs, class)


@dataclass(frozen=True)
class FromOutlines:
    """Reads a picture and draws its objects (a class, so that it can travel to worker processes)."""

    pictures: Callable[[int], np.ndarray]
    outlines: tuple[tuple[Outline, ...], ...]
    sizes_hw: tuple[tuple[int, int], ...]
    names: tuple[str, ...]

    def __call__(self, i: int) -> tuple[np.ndarray, Instances]:
        pixels = self.pictures(i)
        if pixels.shape[:2] != self.sizes_hw[i]:
            (height, width), (said_h, said_w) = pixels.shape[:2], self.sizes_hw[i]
            raise BadInput(
                "image_size_differs",
                f"Expected a picture of {said_w} x {said_h} pixels, as its annotation says, got {width} x {height}; "
                "put back the one that was annotated.",
            )
        refuse_crowd(len(self.outlines[i]))
        parts, cells = [], 0
        for kind, values, label in self.outlines[i]:
            mask = (
                polygons_mask(values, pixels.shape[:2])
                if kind == "polygons"
                else runs_mask(values, pixels.shape[:2])
            )
            rows, columns = np.flatnonzero(mask.any(1)), np.flatnonzero(mask.any(0))
            if len(rows):
                part = mask[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1].copy()
                parts.append((part, (int(rows[0]), int(columns[0])), label))
                refuse_crowd(len(parts), cells := cells + part.size)
        return pixels, objects_of(parts, self.names, pixels.shape[:2])


def read_objects(files: Files, found: list[int]) -> dict[str, InstancePictures]:
    """The pictures by part, in natural order. BadData: `labels_unreadable`, `data_missing`, `masks_missing`."""
    documents = {i: document(files, i) for i in found}
    classes = categories(list(documents.values()))
    position = {number: i for i, number in enumerate(classes)}
    by_name = pictures_by_name(files)
    rows: dict[str, list[tuple[int, tuple[Outline, ...], tuple[int, int]]]] = defaultdict(list)
    problems: dict[str, list[Problem]] = defaultdict(list)
    taken: set[int] = set()
    for i, content in documents.items():
        objects: dict[object, list[Record]] = defaultdict(list)
        for entry in content["annotations"]:
            objects[entry.get("image_id")].append(entry)
        for image in content["images"]:
            picture = picture_of(image, files, i, by_name)
            split = split_of(files.names[i]) or split_of_file(files.names[i])
            if picture is None or picture in taken:
                problems[split or "all"].append(Problem("no_picture", str(image.get("file_name"))[:200]))
                continue
            taken.add(picture)
            split = split or split_of(files.names[picture]) or "all"
            size_hw = size_of(image) or header_size(files, picture)
            outlines, kinds = outlines_of(objects[image.get("id")], position, size_hw)
            problems[split] += [Problem(kind, files.names[picture]) for kind in kinds]
            rows[split].append((picture, outlines, size_hw))
    refuse_useless(files, rows, problems)
    return {s: pictures_of(files, tuple(classes.values()), rows[s], problems[s]) for s in SPLITS if rows[s]}


def refuse_useless(files: Files, rows: dict, problems: dict[str, list[Problem]]) -> None:
    """Raise BadData where the JSON fits no picture, or most of its objects have no pixels."""
    if not any(rows.values()):
        raise BadData(
            "data_missing",
            f"Expected pictures that the COCO JSON names, found none of them in the {files.what}. Put them together.",
        )
    good = sum(len(outlines) for found in rows.values() for _, outlines, _ in found)
    bad = sum(problem.kind == "unreadable_label" for found in problems.values() for problem in found)
    if bad > good:
        raise BadData(
            "masks_missing",
            f"Expected a segmentation for each annotation (polygons, or run lengths that cover the picture), but "
            f"{bad:,} of {good + bad:,} have none that can be read. Boxes alone train a detector: "
            "python -m finetune.object_detection.",
        )


def pictures_of(
    files: Files, names: tuple[str, ...], rows: list[tuple], problems: list[Problem]
) -> InstancePictures:
    rows = sorted(rows, key=lambda row: natural(files.names[row[0]]))
    order, outlines, sizes = zip(*rows, strict=True)
    return InstancePictures(
        class_names=names,
        names=tuple(files.names[i] for i in order),
        read=FromOutlines(files.pictures(order), outlines, sizes, names),
        problems=tuple(problems),
    )


def outlines_of(
    found: list[Record], position: dict[int | str, int], size_hw: tuple[int, int]
) -> tuple[tuple[Outline, ...], list[str]]:
    """The objects of one picture, and the kinds of what was left out."""
    outlines, kinds = [], []
    for entry in found:
        if entry.get("iscrowd"):
            kinds.append("crowd")
        elif entry["category_id"] not in position:
            kinds.append("unknown_class")
        else:
            outline = outline_of(entry.get("segmentation"), size_hw)
            if outline is None or too_long(outline, size_hw):
                kinds.append("unreadable_label")
            elif outside(outline, size_hw):
                kinds.append("no_area")
            else:
                outlines.append((*outline, position[entry["category_id"]]))
    return tuple(outlines), kinds


def outline_of(segmentation: object, size_hw: tuple[int, int]) -> tuple[str, object] | None:
    """A segmentation as COCO writes it, looked at; None where it is none."""
    if isinstance(segmentation, dict):
        if segmentation.get("size") != list(size_hw):
            return None
        runs = runs_of(segmentation.get("counts"))
        return None if runs is None or sum(runs) != size_hw[0] * size_hw[1] else ("runs", runs)
    if not isinstance(segmentation, list) or not segmentation:
        return None
    polygons = []
    for polygon in segmentation:
        if not isinstance(polygon, list) or len(polygon) < 6 or len(polygon) % 2:
            return None
        if not all(type(v) in (int, float) and abs(v) < LARGEST_SIDE for v in polygon):  # NaN is not below
            return None
        polygons.append(polygon)
    return ("polygons", polygons) if sum(map(len, polygons)) <= MOST_POINTS else None


def too_long(outline: tuple[str, object], size_hw: tuple[int, int]) -> bool:
    """Whether polygons go to and fro across the picture as no outline of an object does."""
    kind, values = outline
    if kind == "runs":
        return False
    steps = [np.abs(np.diff(np.reshape(near(p, size_hw), (-1, 2)), axis=0, append=[p[:2]])) for p in values]
    return sum(float(step.max(axis=1).sum()) for step in steps) > LONGEST_OUTLINE


def near(polygon: list[float], size_hw: tuple[int, int]) -> list[float]:
    """A polygon whose corners lie at most one picture beside the picture: farther ones would only cost time."""
    sides = size_hw[::-1] * (len(polygon) // 2)
    return [min(max(value, -side), 2 * side) for value, side in zip(polygon, sides, strict=True)]


def outside(outline: tuple[str, object], size_hw: tuple[int, int]) -> bool:
    """Whether no pixel can be left: all polygons beside the picture, or only runs of zeros."""
    kind, values = outline
    if kind == "runs":
        return not sum(values[1::2])
    return all(
        max(p[0::2]) <= 0 or min(p[0::2]) >= size_hw[1] or max(p[1::2]) <= 0 or min(p[1::2]) >= size_hw[0]
        for p in values
    )


def runs_of(counts: object) -> list[int] | None:
    """Run lengths as a list of numbers, or as the text of COCO's own tools."""
    if isinstance(counts, str):
        counts = unpacked(counts)
    if not isinstance(counts, list) or not all(type(run) is int and run >= 0 for run in counts):
        return None
    return counts


def unpacked(text: str) -> list[int] | None:
    """The compressed form: 5 bits a character from "0" on, a sixth for "more to come", differences to the last but one."""
    runs: list[int] = []
    value = shift = 0
    for character in text:
        bits = ord(character) - 48
        if not 0 <= bits < 64 or shift > 30:
            return None
        value |= (bits & 31) << shift
        shift += 5
        if not bits & 32:
            if bits & 16:
                value -= 1 << shift
            runs.append(value + (runs[-2] if len(runs) > 2 else 0))
            value = shift = 0
    return None if shift else runs


def runs_mask(runs: list[int], size_hw: tuple[int, int]) -> np.ndarray:
    """Runs of 0 and 1 in turn, column after column -> (H, W) bool."""
    flat = np.repeat(np.arange(len(runs)) % 2 == 1, runs)
    return flat.reshape(size_hw[::-1]).T


def polygons_mask(polygons: list[list[float]], size_hw: tuple[int, int]) -> np.ndarray:
    """The pixels inside any of the polygons (x, y, x, y, ...), as pycocotools fills them: (H, W) bool."""
    from pycocotools import mask

    outlines = mask.frPyObjects([near(polygon, size_hw) for polygon in polygons], *size_hw)
    return mask.decode(mask.merge(outlines)).astype(bool)
