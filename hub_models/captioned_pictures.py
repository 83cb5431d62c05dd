"""Pictures with captions, as training and evaluation read them: a folder, or a zip of one.

    captions.json    {"picture.jpg": ["a dog runs on grass", ...], ...}, or a list of {"file": ..., "captions": [...]};
                     the pictures lie beside it or in any folder below it. train.json, val.json and test.json, or
                     captions_train.json and the like, are the parts
    captions.txt     Flickr8k as it is passed around: picture.jpg#0 TAB caption, or image,caption in every row
    metadata.csv     the Hub's own layout: file_name and text (or caption) in every row, a caption a row

Captions of pictures that are not there (Flickr8k has more of these than of the others) are kept as sentences: a decoder can
learn the language from them. Nothing is decoded until it is asked for.
"""

import csv
import gzip
import io
import json
import re
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath

import numpy as np

from hub_models.data_files import SPLIT_NAMES, SUFFIXES, Chosen, Files, natural, open_files
from hub_models.errors import BadData, BadInput
from hub_models.text import clean

TABLES = (".json", ".json.gz", ".txt", ".csv")
LARGEST_TABLE = 100_000_000  # bytes
MOST_CAPTIONS = 50  # of a picture
LONGEST_CAPTION = 500  # characters
NAME_COLUMNS = ("file_name", "image", "file", "filename", "picture")
TEXT_COLUMNS = ("text", "caption", "captions")


@dataclass(frozen=True, kw_only=True)
class CaptionedPictures:
    """`captions`: for each picture what people said of it, at least one; `read(i)` gives (H, W, 3) uint8, or BadInput.

    `sentences`: captions of pictures that are not there, in a tuple a picture; `empty` counts captions left out.
    """

    names: tuple[str, ...]
    captions: tuple[tuple[str, ...], ...]
    read: Callable[[int], np.ndarray]
    sentences: tuple[tuple[str, ...], ...] = ()
    missing: tuple[str, ...] = ()  # pictures that are named and not there
    empty: int = 0
    class_names: tuple[str, ...] = ()  # a network that writes sentences knows no classes

    def __len__(self) -> int:
        return len(self.names)

    def subset(self, indices: Sequence[int]) -> "CaptionedPictures":
        """The pictures at `indices`, in that order; the sentences stay."""
        chosen = np.asarray(indices, np.int64)
        return replace(
            self,
            names=tuple(self.names[i] for i in chosen),
            captions=tuple(self.captions[i] for i in chosen),
            read=Chosen(self.read, chosen),
        )


def open_captions(path: str | Path) -> dict[str, CaptionedPictures]:
    """The pictures with captions at `path`, by part: "train", "dev", "test", or "all" where the tables name none.

    Raises BadData: `data_missing`, `captions_missing`, `captions_unreadable`, `pictures_missing`, ...
    """
    files = open_files(Path(path), "a folder or a .zip of pictures with captions.json")
    told: dict[str, dict[str, list[str]]] = {}
    for index, name in enumerate(files.names):
        if name.lower().endswith(TABLES):
            table = table_of(name, files.content(index, LARGEST_TABLE))
            for picture, captions in table.items():
                told.setdefault(part_of(name), {}).setdefault(picture, []).extend(captions)
    if not any(told.values()):
        raise BadData(
            "captions_missing",
            f'Expected captions.json ({{"picture.jpg": ["a dog runs", ...]}}) in the {files.what}, found no captions.',
        )
    return {part: gathered(files, table) for part, table in told.items() if table}


def part_of(name: str) -> str:
    """The part that a table belongs to, by a word of its name or of the folders around it."""
    words = re.split(r"[^a-z]+", name.lower())
    return next((SPLIT_NAMES[word] for word in reversed(words) if word in SPLIT_NAMES), "all")


def table_of(name: str, content: bytes) -> dict[str, list[str]]:
    """Picture -> captions, as the file `name` says. One that holds something else is empty."""
    try:
        if name.lower().endswith(".gz"):
            content = unpacked(content)
        text = content.decode("utf-8", "replace")
        if ".json" in name.lower():
            return of_json(json.loads(text))
        return of_rows(text, "," if name.lower().endswith(".csv") or "," in text.partition("\n")[0] else "\t")
    except (ValueError, RecursionError, csv.Error, OSError, zlib.error, EOFError) as error:
        raise BadData(
            "captions_unreadable",
            f"Expected captions in {PurePosixPath(name).name}, but it cannot be read. Write it again as JSON: "
            '{"picture.jpg": ["a dog runs", ...]}.',
        ) from error


def unpacked(content: bytes) -> bytes:
    """BadData `file_too_large` where a small file becomes a large one."""
    found = gzip.GzipFile(fileobj=io.BytesIO(content)).read(LARGEST_TABLE + 1)
    if len(found) > LARGEST_TABLE:
        raise BadData(
            "file_too_large",
            f"Expected at most {LARGEST_TABLE / 1e6:.0f} MB of captions, got more; split them.",
        )
    return found


def of_json(value: object) -> dict[str, list[str]]:
    if isinstance(value, dict):
        rows = value.items()
    elif isinstance(value, list):
        rows = [row_of(item) for item in value if isinstance(item, dict)]
    else:
        return {}
    found: dict[str, list[str]] = {}
    for name, captions in rows:
        listed = [captions] if isinstance(captions, str) else captions
        if isinstance(name, str) and is_picture(name) and isinstance(listed, list):
            found.setdefault(name, []).extend(c for c in listed if isinstance(c, str))
    return found


def row_of(item: dict) -> tuple[object, object]:
    name = next((item[key] for key in NAME_COLUMNS if key in item), "")
    return name, next((item[key] for key in TEXT_COLUMNS if key in item), [])


def of_rows(text: str, comma: str) -> dict[str, list[str]]:
    """A picture and a caption in every row; `picture.jpg#0` is picture.jpg. Rows of anything else are passed over."""
    if comma == ",":
        rows = [row for row in csv.reader(io.StringIO(text, newline="")) if len(row) > 1]
    else:
        rows = [line.split("\t") for line in text.split("\n") if "\t" in line]
    if not rows:
        return {}
    words = [cell.strip().lower() for cell in rows[0]]
    name = next((i for i, word in enumerate(words) if word in NAME_COLUMNS), 0)
    caption = next((i for i, word in enumerate(words) if word in TEXT_COLUMNS), 1)
    found: dict[str, list[str]] = {}
    for row in rows:
        picture = re.sub(r"#\d+$", "", row[name].strip()) if len(row) > max(name, caption) else ""
        if is_picture(picture):
            found.setdefault(picture, []).append(row[caption])
    return found


def is_picture(name: str) -> bool:
    return PurePosixPath(name.lower()).suffix in SUFFIXES


def gathered(files: Files, table: dict[str, list[str]]) -> CaptionedPictures:
    """The pictures that a table names: by their whole name, or by the last part of it. BadData `pictures_missing`."""
    whole = {name: i for i, name in enumerate(files.names)}
    last = {PurePosixPath(name).name: i for i, name in enumerate(files.names)}
    order, names, captions, sentences, missing, empty = [], [], [], [], [], 0
    for name in sorted(table, key=natural):
        usable, unusable = cleaned(table[name])
        empty += unusable
        place = whole.get(name, last.get(PurePosixPath(name).name))
        if place is None:
            missing.append(name)
            sentences.append(usable)
        elif usable:
            order.append(place)
            names.append(name)
            captions.append(usable)
    if not order:
        raise BadData(
            "pictures_missing",
            f"Expected the pictures that the captions name, but none of {len(table):,} is there "
            f"({PurePosixPath(next(iter(table))).name[:60]}). Put them beside captions.json.",
        )
    return CaptionedPictures(
        names=tuple(names),
        captions=tuple(captions),
        read=files.pictures(order),
        sentences=tuple(found for found in sentences if found),
        missing=tuple(missing),
        empty=empty,
    )


def cleaned(captions: list[str]) -> tuple[tuple[str, ...], int]:
    """(the captions that can be read, each once, in their order; how many cannot)."""
    found = []
    for caption in captions:
        try:
            found.append(clean(caption, LONGEST_CAPTION)[0])
        except BadInput:
            continue
    return tuple(dict.fromkeys(found))[:MOST_CAPTIONS], len(captions) - len(found)
