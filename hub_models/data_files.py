"""The files of a data set, in a folder or a zip of one: their names, their content within limits, their pictures.

Nothing is decoded until a picture is asked for, so a set may be larger than memory.
"""

import os
import re
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path, PurePosixPath
from typing import Protocol

import numpy as np

from hub_models.archive import DAMAGE, ArchiveLimits, archive_unreadable, safe_members
from hub_models.errors import BadData, BadInput
from hub_models.picture import decode_picture, upright_size

SUFFIXES = (".png", ".jpg", ".jpeg", ".webp", ".bmp", ".gif", ".tif", ".tiff")
SPLIT_NAMES = {
    "train": "train",
    "val": "dev",
    "valid": "dev",
    "validation": "dev",
    "dev": "dev",
    "test": "test",
}
LARGEST_SET = 8 * 1024**3  # bytes of all files or arrays, unpacked


@dataclass(frozen=True)
class Chosen:
    """`read` through a list of indices (a class, so that it can travel to worker processes)."""

    read: Callable[[int], np.ndarray]
    indices: np.ndarray

    def __call__(self, i: int) -> np.ndarray:
        return self.read(int(self.indices[i]))


@dataclass(frozen=True)
class FromFiles:
    paths: tuple[Path, ...]

    def __call__(self, i: int) -> np.ndarray:
        return decode_picture(self.paths[i]).pixels


def opened(path: Path) -> zipfile.ZipFile:
    """The archive, opened once in each process and again when it was written anew."""
    try:
        return opened_as_of(path, path.stat().st_mtime_ns, os.getpid())
    except DAMAGE as error:
        raise archive_unreadable() from error


@cache
def opened_as_of(path: Path, changed_ns: int, process: int) -> zipfile.ZipFile:
    """A worker process that was forked must not share the position in the file with its parent."""
    try:
        return zipfile.ZipFile(path)
    except zipfile.BadZipFile as error:
        raise BadData(
            "archive_unreadable",
            "Expected an intact zip archive, got a damaged or different file; pack it again.",
        ) from error


@dataclass(frozen=True)
class FromZip:
    path: Path
    members: tuple[str, ...]

    def __call__(self, i: int) -> np.ndarray:
        return decode_picture(packed_picture(self.path, self.members[i])).pixels


def packed_picture(path: Path, member: str) -> bytes:
    """The bytes of a picture in the zip at `path`. BadInput `image_unreadable`."""
    try:
        return opened(path).read(member)
    except DAMAGE as error:
        raise BadInput(
            "image_unreadable", f"Expected a picture in {Path(member).name}, but its part is damaged."
        ) from error


class Files(Protocol):
    """The files of a folder or a zip, by their names in it, with `/` between folders and in a fixed order."""

    what: str  # "folder" or "archive", for sentences
    names: tuple[str, ...]

    def content(self, i: int, most: int) -> bytes:
        """The file at `i`. BadData `file_too_large` above `most` bytes, `archive_unreadable`."""

    def size_hw(self, i: int) -> tuple[int, int]:
        """Height and width of the picture at `i`, upright, from its header. BadInput as `decode_picture`."""

    def pictures(self, order: Sequence[int]) -> Callable[[int], np.ndarray]:
        """The pictures at `order`, to be read one at a time."""


class FolderFiles:
    what = "folder"

    def __init__(self, folder: Path) -> None:
        self.paths = sorted(p for p in folder.rglob("*") if p.is_file() and not p.name.startswith("."))
        self.names = tuple(p.relative_to(folder).as_posix() for p in self.paths)

    def content(self, i: int, most: int) -> bytes:
        refuse_large(self.paths[i].stat().st_size, most, self.names[i])
        return self.paths[i].read_bytes()

    def size_hw(self, i: int) -> tuple[int, int]:
        return upright_size(self.paths[i])

    def pictures(self, order: Sequence[int]) -> FromFiles:
        return FromFiles(tuple(self.paths[i] for i in order))


class ZipFiles:
    what = "archive"

    def __init__(self, path: Path) -> None:
        self.path = path
        self.members = safe_members(opened(path), ArchiveLimits(max_total_bytes=LARGEST_SET))
        self.names = tuple(member.filename for member in self.members)

    def content(self, i: int, most: int) -> bytes:
        refuse_large(self.members[i].file_size, most, self.names[i])
        try:
            return opened(self.path).read(self.names[i])
        except DAMAGE as error:
            raise archive_unreadable() from error

    def size_hw(self, i: int) -> tuple[int, int]:
        return upright_size(packed_picture(self.path, self.names[i]))

    def pictures(self, order: Sequence[int]) -> FromZip:
        return FromZip(self.path, tuple(self.names[i] for i in order))


def refuse_large(size: int, most: int, name: str) -> None:
    if size > most:
        raise BadData(
            "file_too_large",
            f"Expected {Path(name).name} to be at most {most / 1e6:.3g} MB, got {size / 1e6:.3g} MB; split the data.",
        )


def open_files(path: Path, expected: str = "a folder or a .zip of pictures") -> Files:
    """The files of the folder or zip at `path`. BadData: `data_missing`, `archive_unreadable`, ..."""
    if path.is_dir():
        return FolderFiles(path)
    if not path.exists():
        raise BadData("data_missing", f"Expected {expected}, found nothing named {path.name}.")
    if path.suffix.lower() == ".zip":
        return ZipFiles(path)
    raise BadData("data_missing", f"Expected {expected}, got {path.name}.")


@dataclass(frozen=True, kw_only=True)
class Photographs:
    """Pictures of which nothing is told. `names` are for people; `read(i)` gives (H, W, 3) uint8 RGB, or BadInput."""

    names: tuple[str, ...]
    read: Callable[[int], np.ndarray]
    class_names: tuple[str, ...] = ()  # there are none: what reads sets of pictures with classes may ask

    def __len__(self) -> int:
        return len(self.names)

    def subset(self, indices: Sequence[int]) -> "Photographs":
        """The pictures at `indices`, in that order."""
        chosen = np.asarray(indices, np.int64)
        return replace(self, names=tuple(self.names[i] for i in chosen), read=Chosen(self.read, chosen))


def open_photographs(path: str | Path) -> dict[str, Photographs]:
    """All pictures in the folder or zip at `path`, by part: "train", "dev", "test", or "all" where it has no such folders.

    Raises BadData: `data_missing`, `archive_unreadable`, ...
    """
    files = open_files(Path(path))
    found: dict[str, list[int]] = {}
    for index in sorted(range(len(files.names)), key=lambda i: natural(files.names[i])):
        place = PurePosixPath(files.names[index].lower())
        if place.suffix in SUFFIXES:
            parts = [SPLIT_NAMES[folder] for folder in place.parts[:-1] if folder in SPLIT_NAMES]
            found.setdefault(parts[-1] if parts else "all", []).append(index)
    if not found:
        raise BadData(
            "data_missing",
            f"Expected pictures, found none in the {files.what}. Supported: {', '.join(SUFFIXES)}.",
        )
    return {
        part: Photographs(names=tuple(files.names[i] for i in order), read=files.pictures(order))
        for part, order in found.items()
    }


def natural(name: str) -> list:
    """Sort key that puts 2.jpg before 10.jpg."""
    return [int(part) if part.isdecimal() else part for part in re.split(r"(\d+)", name)]


def block_split(count: int, wanted: int, block: int, seed: int) -> tuple[list[int], list[int]]:
    """(rest, split off) of `count` pictures: about `wanted` of them, in whole blocks of `block` consecutive ones.

    Consecutive pictures often show one scene; a block keeps them on one side of the split. Both sides ascend.
    """
    blocks = [range(i, min(i + block, count)) for i in range(0, count, block)]
    sides: tuple[list[int], list[int]] = ([], [])
    for number in np.random.default_rng(seed).permutation(len(blocks)):
        sides[wanted > 0].extend(blocks[number])
        wanted -= len(blocks[number])
    return sorted(sides[0]), sorted(sides[1])
