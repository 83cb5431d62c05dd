"""data.yaml (or classes.txt) of a YOLO data set: the names of the classes, and which folder is which part.

Paths in it are only compared with the names of the files at hand; none is ever opened. Leading parts that belong to
the machine it was written on (/content/data, ../) are ignored.
"""

from collections import defaultdict
from functools import lru_cache
from pathlib import PurePosixPath

import yaml

from hub_models.box_dataset.assemble import class_name, is_picture
from hub_models.data_files import Files
from hub_models.errors import BadData

LARGEST_YAML = 100_000  # bytes; 1,200 names take 30,000
LARGEST_LIST = 64_000_000  # bytes of a list of pictures
MOST_CLASSES = 10_000
KEYS = {"train": "train", "val": "dev", "valid": "dev", "test": "test"}


@lru_cache(maxsize=8)
def yaml_content(content: bytes) -> object:
    """Lists, mappings and text, nothing else: a class may be called "no"."""
    return yaml.load(content, Loader=yaml.CBaseLoader)  # libyaml: fast, and limited in depth


def describing_files(files: Files) -> list[int]:
    """data.yaml or another YAML with names; without one, classes.txt."""
    found = [i for i in yaml_files(files) if "names" in description(files, i)]
    return found or [i for i, name in enumerate(files.names) if PurePosixPath(name).name == "classes.txt"]


def yaml_files(files: Files) -> list[int]:
    found = [i for i, name in enumerate(files.names) if name.lower().endswith((".yaml", ".yml"))]
    named = [i for i in found if PurePosixPath(files.names[i]).stem == "data"]
    return named or found


def description(files: Files, i: int) -> dict:
    """What a YAML says, as text. BadData `labels_unreadable` where data.yaml is damaged; {} for another."""
    try:
        content = yaml_content(files.content(i, LARGEST_YAML))
    except (yaml.YAMLError, BadData, ValueError, RecursionError) as error:
        if PurePosixPath(files.names[i]).stem != "data":
            return {}
        raise BadData(
            "labels_unreadable",
            "Expected data.yaml to be YAML with the names of the classes, got something else; write it again: "
            "names: [cat, dog].",
        ) from error
    return content if isinstance(content, dict) else {}


def class_names(files: Files) -> tuple[str, ...]:
    """The names of the classes in their order. BadData `names_missing`, `labels_ambiguous`."""
    found = {names_in(files, i) for i in describing_files(files)}
    if not found:
        raise BadData(
            "names_missing",
            "Expected the names of the classes in data.yaml (names: [cat, dog]) or classes.txt, found neither; add one.",
        )
    if len(found) > 1:
        raise BadData(
            "labels_ambiguous",
            "Expected one list of class names, found several that differ; keep the data.yaml that belongs to the labels.",
        )
    return found.pop()


def names_in(files: Files, i: int) -> tuple[str, ...]:
    if files.names[i].endswith("classes.txt"):
        text = files.content(i, LARGEST_YAML).decode("utf-8", errors="replace")
        given = [line for line in text.splitlines() if line.strip()]
    else:
        given = description(files, i)["names"]
    if isinstance(given, dict):
        numbered = {key: given.get(key) for key in map(str, range(min(len(given), MOST_CLASSES)))}
        given = list(numbered.values())
    names = [class_name(name) for name in given] if isinstance(given, list) else []
    if not names or len(names) > MOST_CLASSES or None in names or len(set(names)) < len(names):
        raise BadData(
            "names_missing",
            "Expected the names of the classes as a list without gaps or doubles (names: [cat, dog], or 0: cat, "
            "1: dog, and so on), got something else in data.yaml or classes.txt.",
        )
    return tuple(names)


def split_folders(files: Files) -> dict[int, str]:
    """Picture -> its part as data.yaml says; of a picture in several, the first of train, val and test."""
    found: dict[int, str] = {}
    pictures = [i for i, name in enumerate(files.names) if is_picture(name)]
    for i in yaml_files(files):
        content = description(files, i)
        for key, split in KEYS.items():
            places = content.get(key)
            for place in places if isinstance(places, list) else [places]:
                if isinstance(place, str):
                    for picture in pictures_at(place, files, pictures):
                        found.setdefault(picture, split)
    return found


def pictures_at(place: str, files: Files, pictures: list[int]) -> list[int]:
    """The pictures in a folder, or in a list of pictures, that data.yaml names."""
    parts = [p for p in PurePosixPath(place.replace("\\", "/")).parts if p not in ("/", ".", "..")]
    ends = ["/".join(parts[i:]) for i in range(len(parts))]
    if place.endswith(".txt"):
        for end in ends:
            named = [i for i, name in enumerate(files.names) if f"/{name}".endswith(f"/{end}")]
            if len(named) == 1:
                text = files.content(named[0], LARGEST_LIST).decode("utf-8", errors="replace")
                return pictures_listed(text.splitlines(), files, pictures)
        return []
    for end in ends:
        if end != "images" or len(parts) == 1:  # which images/ it would be is not known any more
            inside = [i for i in pictures if f"/{end}/" in f"/{files.names[i]}"]
            if inside:
                return inside
    return []


def pictures_listed(lines: list[str], files: Files, pictures: list[int]) -> list[int]:
    """The pictures whose names end like a line, in as many folders as tell them apart."""
    by_name: dict[str, list[int]] = defaultdict(list)
    for i in pictures:
        by_name[PurePosixPath(files.names[i]).name].append(i)
    found = []
    for line in lines:
        parts = [p for p in PurePosixPath(line.strip().replace("\\", "/")).parts if p not in ("/", ".", "..")]
        candidates = by_name.get(parts[-1], []) if parts else []
        for start in range(len(parts)):
            named = [i for i in candidates if f"/{files.names[i]}".endswith("/" + "/".join(parts[start:]))]
            if len(named) == 1:
                found += named
                break
    return found
