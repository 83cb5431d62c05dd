"""Pascal VOC: an XML a picture (Everingham et al.: The PASCAL Visual Object Classes Challenge, 2010).

Coordinates count pixels from 1 and include the last, so that a box xmin..xmax covers xmin - 1 to xmax here. Objects
marked `difficult` are ordinary ones. The classes stand in alphabetical order. Parts come from folders, or from
ImageSets/Main/train.txt, val.txt, trainval.txt and test.txt, where there are such lists.
"""

from collections import defaultdict
from pathlib import PurePosixPath
from typing import NamedTuple
from xml.etree.ElementTree import Element, TreeBuilder
from xml.parsers import expat

import numpy as np

from hub_models.box_dataset.assemble import Annotated, Read, bare, class_name, is_picture, nearest, split_of
from hub_models.box_dataset.pictures import Problem
from hub_models.data_files import Files, natural
from hub_models.errors import BadData

LARGEST_XML = 4_000_000  # bytes; 100 objects take about 30,000
LARGEST_LIST = 64_000_000  # bytes of ImageSets/Main/train.txt
CORNERS = ("xmin", "ymin", "xmax", "ymax")
LISTS = {"train": "train", "val": "dev", "test": "test", "trainval": "train"}  # the first to name it counts


class BadXml(Exception):
    """Not an annotation of VOC that may be read."""


class Row(NamedTuple):
    """What one XML says about its picture."""

    xml: int  # index into the names of the files
    objects: list[tuple[str, list[float]]]  # (class, xyxy)
    size_hw: tuple[int, int] | None


def label_files(files: Files) -> list[int]:
    return [i for i, name in enumerate(files.names) if name.lower().endswith(".xml")]


def read_labels(files: Files, found: list[int]) -> Read:
    rows, problems = read_all(files, found)
    names = tuple(sorted({name for row in rows.values() for name, _ in row.objects}, key=natural))
    position = {name: i for i, name in enumerate(names)}
    listed = lists(files)
    pictures = []
    for picture, row in rows.items():
        name = files.names[picture]
        split = (
            listed.get(bare(name)) if listed else split_of(name) or split_of(files.names[row.xml]) or "all"
        )
        if split is None:
            problems.append(Problem("no_part", name))
            continue
        pictures.append(
            Annotated(
                picture=picture,
                split=split,
                size_hw=row.size_hw,
                boxes=np.array([box for _, box in row.objects], np.float64).reshape(-1, 4),
                labels=np.array([position[label] for label, _ in row.objects], np.int64),
            )
        )
    return Read(class_names=names, pictures=pictures, problems=problems)


def read_all(files: Files, found: list[int]) -> tuple[dict[int, Row], list[Problem]]:
    """Picture -> its annotation, and what could not be read or matched. BadData `labels_unreadable`."""
    pictures = [i for i, name in enumerate(files.names) if is_picture(name)]
    by_name: dict[str, list[int]] = defaultdict(list)
    for i in pictures:
        by_name[bare(files.names[i])].append(i)
    problems: list[Problem] = []
    rows: dict[int, Row] = {}
    unreadable: set[int] = set()
    for i in found:
        name = files.names[i]
        same_name = by_name.get(bare(name), [])
        try:
            tree = parse(files.content(i, LARGEST_XML))
        except (BadXml, BadData):
            problems.append(Problem("unreadable_label", name))
            unreadable.update(same_name)
            continue
        said = bare((tree.findtext("filename") or "").strip().replace("\\", "/"))
        picture = nearest(name, same_name or by_name.get(said, []), files.names)
        if picture is None or picture in rows:
            problems.append(Problem("no_picture", name))
            continue
        objects, strange = objects_of(tree)
        rows[picture] = Row(i, objects, size_of(tree))
        problems += [Problem("unreadable_label", files.names[picture])] * strange
    if not rows and any(problem.kind == "unreadable_label" for problem in problems):
        raise BadData(
            "labels_unreadable",
            f"Expected annotations of Pascal VOC (annotation/object/bndbox), but none of the {len(found)} XML files "
            "is one; write them again with the tool that drew the boxes.",
        )
    problems += [
        Problem("no_label", files.names[i]) for i in pictures if i not in rows and i not in unreadable
    ]
    return rows, problems


def parse(content: bytes) -> Element:
    """The tree of an annotation. A document type, which could define entities, is refused (BadXml)."""

    def refuse(*_: object) -> None:
        raise BadXml

    builder = TreeBuilder()
    parser = expat.ParserCreate()
    parser.StartElementHandler = builder.start
    parser.EndElementHandler = builder.end
    parser.CharacterDataHandler = builder.data
    parser.StartDoctypeDeclHandler = refuse
    try:
        parser.Parse(content, True)
        tree = builder.close()
    except (expat.ExpatError, ValueError, LookupError) as error:
        raise BadXml from error
    if tree.tag != "annotation":
        raise BadXml
    return tree


def objects_of(tree: Element) -> tuple[list[tuple[str, list[float]]], int]:
    """[(class, [x0, y0, x1, y1])] of an annotation, and how many objects have no class or box that can be read."""
    found, strange = [], 0
    for entry in tree.findall("object"):
        name, box = class_name(entry.findtext("name")), entry.find("bndbox")
        corners = [number(box.findtext(corner)) for corner in CORNERS] if box is not None else [np.nan]
        if name is None or len(corners) < 4:
            strange += 1
            continue
        found.append((name, [corners[0] - 1, corners[1] - 1, corners[2], corners[3]]))
    return found, strange


def number(words: str | None) -> float:
    """NaN where it is none."""
    try:
        return float(words or "nan")
    except ValueError:
        return float("nan")


def size_of(tree: Element) -> tuple[int, int] | None:
    """(H, W) as the annotation says; None where it says nothing, or 0."""
    height, width = number(tree.findtext("size/height")), number(tree.findtext("size/width"))
    return (int(height), int(width)) if 1 <= height < 1e6 and 1 <= width < 1e6 else None


def lists(files: Files) -> dict[str, str]:
    """Stem of a picture -> its part, from ImageSets/Main."""
    found: dict[str, str] = {}
    index = {
        PurePosixPath(name).stem: i
        for i, name in enumerate(files.names)
        if PurePosixPath(name).parts[-3:-1] == ("ImageSets", "Main") and name.endswith(".txt")
    }
    for word, split in LISTS.items():
        if word in index:
            text = files.content(index[word], LARGEST_LIST).decode("utf-8", errors="replace")
            for line in text.splitlines():
                if line.strip():
                    found.setdefault(bare(line.split()[0]), split)
    return found
