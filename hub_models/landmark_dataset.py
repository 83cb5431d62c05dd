"""Pictures of one face each with its 68 points, as training and evaluation read them: a folder, or a zip of one.

    faces.npz     `name` (N,), `landmarks` (N, 68, 2) x and y in pixels and, if known, `identity` (N,), who it is;
                  the pictures lie in the same folder, in any folder below it, or packed in faces.zip
    faces.csv     a line a picture: its name, then x0, y0, x1, y1, ... (136 numbers); a first line of headings may stand

The file's name says the part: train, val or test at its beginning, anything else has none. Where nobody is named, the
name of the picture without its number is taken for the person: Ada_Lovelace_01.jpg is Ada_Lovelace. People, not
pictures, are split, since two pictures of one person are no two samples. Nothing is decoded until it is asked for.
"""

import csv
import io
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath

import numpy as np

from hub_models.archive import load_npz
from hub_models.data_files import SUFFIXES, Chosen, Files, open_files
from hub_models.errors import BadData
from hub_models.faces import POINTS

LARGEST_TABLE = 200_000_000  # bytes
PARTS = {"train": "train", "val": "dev", "dev": "dev", "test": "test"}  # how the name of a table begins


@dataclass(frozen=True, kw_only=True)
class LandmarkPictures:
    """`names` are for people; `people` (one a picture) say who it is; `points` (N, 68, 2) float32 in pixels of
    `read(i)`, which gives (H, W, 3) uint8 RGB or raises BadInput."""

    names: tuple[str, ...]
    people: tuple[str, ...]
    points: np.ndarray
    read: Callable[[int], np.ndarray]
    class_names: tuple[str, ...] = ()  # a network for points knows no classes

    def __len__(self) -> int:
        return len(self.names)

    def subset(self, indices: Sequence[int]) -> "LandmarkPictures":
        """The pictures at `indices`, in that order."""
        chosen = np.asarray(indices, np.int64)
        return replace(
            self,
            names=tuple(self.names[i] for i in chosen),
            people=tuple(self.people[i] for i in chosen),
            points=self.points[chosen],
            read=Chosen(self.read, chosen),
        )


@dataclass(frozen=True)
class Table:
    """What a table says, before the pictures are looked for."""

    part: str
    names: tuple[str, ...]
    people: tuple[str, ...]
    points: np.ndarray  # (N, 68, 2) float32


def open_landmarks(path: str | Path) -> dict[str, LandmarkPictures]:
    """The pictures with points at `path`, by part: "train", "dev", "test", or "all" where a table names none.

    Raises BadData: `data_missing`, `points_missing`, `points_shape`, `pictures_missing`, `npz_unreadable`, ...
    """
    path = Path(path)
    files = open_files(path)
    found = {}
    for index, name in enumerate(files.names):
        suffix = PurePosixPath(name).suffix.lower()
        if suffix == ".npz" and path.is_dir():
            table = npz_table(path / name)
        elif suffix == ".csv":
            table = csv_table(name, files.content(index, LARGEST_TABLE))
        else:
            continue
        if table.part in found:
            raise BadData(
                "points_missing",
                f"Expected one table of points a part, found two for {table.part}; join them.",
            )
        packed = path / name.rpartition(".")[0] if path.is_dir() else path
        packed = packed.with_name(packed.name + ".zip")
        found[table.part] = with_pictures(table, open_files(packed) if packed.exists() else files)
    if not found:
        raise BadData(
            "points_missing",
            f"Expected a table of points beside the pictures (faces.csv, or an npz in a folder), found none in the "
            f"{files.what}. A line of faces.csv: picture.jpg, x0, y0, x1, y1, ... of {POINTS} points.",
        )
    return found


def npz_table(path: Path) -> Table:
    arrays = load_npz(path, ("name", "landmarks"), LARGEST_TABLE)
    names, points = tuple(map(str, arrays["name"])), arrays["landmarks"]
    with np.load(path, allow_pickle=False) as file:
        named = "identity" in file.files
    people = load_npz(path, ("identity",), LARGEST_TABLE)["identity"] if named else map(person_of, names)
    return checked(path.name, names, tuple(map(str, people)), points)


def csv_table(name: str, content: bytes) -> Table:
    rows = [row for row in csv.reader(io.StringIO(content.decode("utf-8", "replace"))) if row]
    rows = [row for row in rows if PurePosixPath(row[0].strip().lower()).suffix in SUFFIXES]
    if any(len(row) != 1 + 2 * POINTS for row in rows) or not rows:
        raise wrong_shape(name, f"{len(rows[0]) - 1 if rows else 0} numbers in its first line")
    try:
        points = np.array([[float(value) for value in row[1:]] for row in rows]).reshape(-1, POINTS, 2)
    except ValueError as error:
        raise wrong_shape(name, "a value that is no number") from error
    names = tuple(row[0].strip() for row in rows)
    return checked(name, names, tuple(map(person_of, names)), points)


def checked(name: str, names: tuple[str, ...], people: tuple[str, ...], points: np.ndarray) -> Table:
    if points.shape != (len(names), POINTS, 2) or len(people) != len(names) or not names:
        raise wrong_shape(name, f"{points.shape} for {len(names)} names")
    points = points.astype(np.float32)
    if not np.isfinite(points).all():
        raise wrong_shape(name, "a number that is not finite")
    stem = PurePosixPath(name).stem.lower()
    part = next((part for begin, part in PARTS.items() if stem.startswith(begin)), "all")
    return Table(part, names, people, points)


def wrong_shape(name: str, got: str) -> BadData:
    return BadData(
        "points_shape",
        f"Expected x and y of {POINTS} points a picture in {PurePosixPath(name).name}, got {got}.",
    )


def person_of(name: str) -> str:
    """Ada_Lovelace_01.jpg -> Ada_Lovelace."""
    return re.sub(r"[_-]?\d+$", "", PurePosixPath(name).stem) or PurePosixPath(name).stem


def with_pictures(table: Table, files: Files) -> LandmarkPictures:
    """The pictures that a table names: by their whole name, or by the last part of it."""
    whole = {name: i for i, name in enumerate(files.names)}
    last = {PurePosixPath(name).name: i for i, name in enumerate(files.names)}
    order = [whole.get(name, last.get(PurePosixPath(name).name)) for name in table.names]
    if missing := [name for name, place in zip(table.names, order, strict=True) if place is None]:
        raise BadData(
            "pictures_missing",
            f"Expected all pictures that the table of points names, {len(missing):,} of {len(order):,} are missing "
            f"({PurePosixPath(missing[0]).name}). Put them beside it.",
        )
    return LandmarkPictures(
        names=table.names, people=table.people, points=table.points, read=files.pictures(order)
    )


def split_people(people: Sequence[str], share: float, seed: int) -> tuple[list[int], list[int]]:
    """(rest, split off): indices of `people`, one a picture; about `share` of the different people are split off."""
    different = sorted(set(people))
    drawn = np.random.default_rng(seed).permutation(len(different))[: max(1, round(share * len(different)))]
    off = {different[i] for i in drawn}
    sides: tuple[list[int], list[int]] = ([], [])
    for index, person in enumerate(people):
        sides[person in off].append(index)
    return sides
