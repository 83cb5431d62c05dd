"""COCO: one JSON for many pictures (Lin et al.: Microsoft COCO: Common Objects in Context, 2014).

`images` say file_name, height and width; `annotations` say image_id, category_id and bbox (x, y, width, height in
pixels, from 0); `categories` name the classes, which stand in the order of their id. Several JSONs are parts of one
set. Boxes around groups (`iscrowd`) are left out.
"""

import json
from collections import defaultdict
from collections.abc import Iterator
from pathlib import PurePosixPath

import numpy as np

from hub_models.box_dataset.assemble import Annotated, Read, class_name, is_picture, nearest, split_of
from hub_models.box_dataset.pictures import Problem
from hub_models.data_files import Files
from hub_models.errors import BadData

LARGEST_JSON = 512 * 1024**2  # bytes; instances_train2017.json has 449 MB
KEYS = ("images", "annotations", "categories")
Record = dict  # an object of the JSON: what is in it is looked at where it is used


def label_files(files: Files) -> list[int]:
    """The JSONs with all three keys; where there is one for the instances, not those for persons or captions."""
    found = []
    for i, name in enumerate(files.names):
        if name.lower().endswith(".json"):
            content = files.content(i, LARGEST_JSON)
            if all(f'"{key}"'.encode() in content for key in KEYS):
                found.append(i)
    instances = [i for i in found if PurePosixPath(files.names[i]).name.startswith("instances")]
    return instances or found


def read_labels(files: Files, found: list[int]) -> Read:
    documents = {i: document(files, i) for i in found}
    classes = categories(list(documents.values()))
    position = {number: i for i, number in enumerate(classes)}
    by_name = pictures_by_name(files)
    pictures: dict[int, Annotated] = {}
    problems: list[Problem] = []
    for i, content in documents.items():
        objects: dict[object, list[Record]] = defaultdict(list)
        for entry in content["annotations"]:
            objects[entry.get("image_id")].append(entry)
        for image in content["images"]:
            picture = picture_of(image, files, i, by_name)
            if picture is None or picture in pictures:
                problems.append(Problem("no_picture", str(image.get("file_name"))[:200]))
                continue
            boxes, labels, kinds = boxes_of(objects[image.get("id")], position)
            problems += [Problem(kind, files.names[picture]) for kind in kinds]
            pictures[picture] = Annotated(
                picture=picture,
                split=split_of(files.names[i])
                or split_of_file(files.names[i])
                or split_of(files.names[picture])
                or "all",
                size_hw=size_of(image),
                boxes=boxes,
                labels=labels,
            )
    return Read(class_names=tuple(classes.values()), pictures=list(pictures.values()), problems=problems)


def pictures_by_name(files: Files) -> dict[str, list[int]]:
    """The pictures of each name, whatever folder they lie in."""
    found: dict[str, list[int]] = defaultdict(list)
    for i, name in enumerate(files.names):
        if is_picture(name):
            found[PurePosixPath(name).name].append(i)
    return found


def document(files: Files, i: int) -> dict[str, list[Record]]:
    """The JSON at `i`, if its three lists hold objects with ids. BadData `labels_unreadable`."""
    try:
        content = json.loads(files.content(i, LARGEST_JSON))
    except (ValueError, RecursionError):
        content = None
    lists = [content.get(key) for key in KEYS] if isinstance(content, dict) else [None]
    plain = (int, str)
    if not all(
        isinstance(entries, list) and all(isinstance(e, dict) for e in entries) for entries in lists
    ) or not (
        all(isinstance(e.get("id"), plain) for e in (*content["images"], *content["categories"]))
        and all(
            isinstance(e.get(k), plain) for e in content["annotations"] for k in ("image_id", "category_id")
        )
    ):
        raise BadData(
            "labels_unreadable",
            f"Expected {PurePosixPath(files.names[i]).name} to be a JSON of COCO (lists of images, annotations and "
            "categories, each with its id), got another or a damaged one; export it again.",
        )
    return content


def categories(documents: list[dict[str, list[Record]]]) -> dict[int | str, str]:
    """Category id -> name, in the order of the ids. BadData `labels_unreadable` where two files disagree.

    A category of no object that others name as their `supercategory` is left out: some tools write one.
    """
    found: dict[int | str, str] = {}
    above: set[str | None] = set()
    for entry in entries(documents, "categories"):
        name = class_name(entry.get("name"))
        if name is None or found.setdefault(entry["id"], name) != name:
            raise BadData(
                "labels_unreadable",
                f"Expected one name for each category, got {'none' if name is None else 'two'} for the id "
                f"{str(entry['id'])[:20]}; export the JSONs together.",
            )
        if class_name(entry.get("supercategory")) != name:
            above.add(class_name(entry.get("supercategory")))
    used = {entry["category_id"] for entry in entries(documents, "annotations")}
    ids = sorted(
        (i for i in found if i in used or found[i] not in above), key=lambda i: (isinstance(i, str), i)
    )
    return {i: found[i] for i in ids}


def entries(documents: list[dict[str, list[Record]]], key: str) -> Iterator[Record]:
    return (entry for content in documents for entry in content[key])


def picture_of(image: Record, files: Files, json_index: int, by_name: dict[str, list[int]]) -> int | None:
    """The file that `image` names, as near to its JSON as there is one; only a file of the data is ever named."""
    path = PurePosixPath(str(image.get("file_name")).replace("\\", "/"))
    candidates = by_name.get(path.name, [])
    for parts in range(len(path.parts), 1, -1):  # the longest end of the path that names one file
        ending = "/".join(path.parts[-parts:])
        exact = [i for i in candidates if f"/{files.names[i]}".endswith(f"/{ending}")]
        if exact:
            return exact[0] if len(exact) == 1 else nearest(files.names[json_index], exact, files.names)
    if len(candidates) == 1:
        return candidates[0]
    where = PurePosixPath(files.names[json_index])
    part = split_of_file(where.name)
    here = [i for i in candidates if part is None or split_of(files.names[i]) == part]
    return nearest(files.names[json_index], here, files.names)


def split_of_file(name: str) -> str | None:
    """The part that a JSON is named after: instances_val2017.json -> dev."""
    return split_of(f"{PurePosixPath(name).stem}/")


def boxes_of(found: list[Record], position: dict[int | str, int]) -> tuple[np.ndarray, np.ndarray, list]:
    """(n, 4) boxes, (n,) labels of the annotations of one picture, and the kinds of what was left out."""
    boxes, labels, kinds = [], [], []
    for entry in found:
        if entry.get("iscrowd"):
            kinds.append("crowd")
        elif entry["category_id"] not in position:
            kinds.append("unknown_class")
        else:
            x, y, width, height = corners(entry.get("bbox"))
            boxes.append((x, y, x + width, y + height))
            labels.append(position[entry["category_id"]])
    return np.array(boxes, np.float64).reshape(-1, 4), np.array(labels, np.int64), kinds


def corners(box: object) -> list[float]:
    """Four numbers, NaN where `box` is something else."""
    if isinstance(box, list) and len(box) == 4 and all(isinstance(side, int | float) for side in box):
        return [float(side) if abs(side) < 1e9 else float("nan") for side in box]
    return [float("nan")] * 4


def size_of(image: Record) -> tuple[int, int] | None:
    """(H, W) as the JSON says; None where it says nothing, or 0."""
    size = (image.get("height"), image.get("width"))
    return size if all(isinstance(side, int) and 1 <= side < 10**6 for side in size) else None
