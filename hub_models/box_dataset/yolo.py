"""YOLO: a text file a picture, in `labels/` beside `images/`, as Ultralytics reads it.

A line an object: class, centre x, centre y, width, height as shares of the picture (0 to 1); a longer line is a
polygon, of which the box is taken. A picture without a file has no object. The names of the classes, in their order,
stand in data.yaml (`names`, a list or numbered), or a line each in classes.txt. Parts come from `train`, `val` and
`test` of data.yaml, else from folders.
"""

from pathlib import PurePosixPath

import numpy as np

from hub_models.box_dataset.assemble import Annotated, Read, header_size, is_picture, split_of
from hub_models.box_dataset.pictures import Problem
from hub_models.box_dataset.yolo_yaml import class_names, describing_files, split_folders
from hub_models.data_files import Files
from hub_models.errors import BadData

LARGEST_TXT = 4_000_000  # bytes; 100 objects take about 4,000


def label_files(files: Files) -> dict[int, int]:
    """Picture -> its text file, where there is one; empty where these are no YOLO labels."""
    index = {name: i for i, name in enumerate(files.names)}
    found = {}
    for i, name in enumerate(files.names):
        if is_picture(name):
            text = next((index[label] for label in label_names(name) if label in index), None)
            if text is not None:
                found[i] = text
    first = next((line for i in found.values() for line in lines(files, i) or []), "")
    return found if describing_files(files) or numbers(first) is not None else {}


def label_names(picture: str) -> list[str]:
    """Where the labels of a picture may be: images/ -> labels/, else a folder labels/ beside it, else beside it."""
    path = PurePosixPath(picture).with_suffix(".txt")
    parts = list(path.parts)
    if "images" in parts[:-1]:
        last = len(parts) - 2 - parts[-2::-1].index("images")
        return ["/".join([*parts[:last], "labels", *parts[last + 1 :]]), str(path)]
    return [str(path.parent / "labels" / path.name), str(path)]


def read_labels(files: Files, found: dict[int, int]) -> Read:
    names = class_names(files)
    folders = split_folders(files)
    pictures, problems = [], []
    for i, name in enumerate(files.names):
        if not is_picture(name):
            continue
        size_hw = header_size(files, i)
        shares, labels, kinds = objects_of(lines(files, found[i]) if i in found else [], len(names))
        problems += [Problem(kind, name) for kind in kinds]
        label_split = split_of(files.names[found[i]]) if i in found else None
        pictures.append(
            Annotated(
                picture=i,
                split=folders.get(i) or split_of(name) or label_split or "all",
                size_hw=size_hw,
                boxes=shares * (size_hw[1], size_hw[0], size_hw[1], size_hw[0]),
                labels=labels,
            )
        )
    return Read(class_names=names, pictures=pictures, problems=problems)


def lines(files: Files, i: int) -> list[str] | None:
    """The lines of a text file that are not blank; None where it is too large or no text."""
    try:
        text = files.content(i, LARGEST_TXT).decode("utf-8-sig")
    except (BadData, UnicodeDecodeError):
        return None
    return [line for line in text.splitlines() if line.strip()]


def numbers(line: str) -> list[float] | None:
    """Class and coordinates of a line: five numbers, or a class and the three or more points of a polygon."""
    try:
        found = [float(word) for word in line.split()]
    except ValueError:
        return None
    return found if len(found) == 5 or (len(found) >= 7 and len(found) % 2 == 1) else None


def objects_of(found: list[str] | None, classes: int) -> tuple[np.ndarray, np.ndarray, list]:
    """(n, 4) xyxy in shares of the picture, (n,) labels, and the kinds of what was left out."""
    boxes, labels, kinds = [], [], []
    for line in found if found is not None else [""]:
        values = numbers(line)
        if values is None:
            kinds.append("unreadable_label")
        elif values[0] not in range(classes):
            kinds.append("unknown_class")
        else:
            labels.append(int(values[0]))
            if len(values) == 5:
                x, y, width, height = values[1:]
                boxes.append((x - width / 2, y - height / 2, x + width / 2, y + height / 2))
            else:
                boxes.append((min(values[1::2]), min(values[2::2]), max(values[1::2]), max(values[2::2])))
    return np.array(boxes, np.float64).reshape(-1, 4), np.array(labels, np.int64), kinds
