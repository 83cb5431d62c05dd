"""Sounds with a class each, in a folder or a zip of one.

    class/sound.wav            a folder a class, or part/class/sound.wav with parts train, dev (val) and test
    sound files in one folder  with `class_part`: the class is that part of the file's name, counted from 1, where the name
                               is cut at _ and -: of 7_jackson_32.wav part 1 is 7 and part 2 is jackson

With `group_part` a part of the name says which sounds belong together (a speaker, a day), and no group is split. Nothing
is decoded until a sound is asked for.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath

import numpy as np

from hub_models.data_files import SPLIT_NAMES, Files, natural, open_files
from hub_models.errors import BadData
from hub_models.sound import DEFAULT_LIMITS, Sound, decode_sound

SUFFIXES = (".wav", ".flac", ".ogg", ".mp3")


@dataclass(frozen=True, kw_only=True)
class LabelledSounds:
    """Sounds with the index of their class and the name of their group ("": none); `read(i)` decodes one, or BadInput."""

    class_names: tuple[str, ...]
    labels: np.ndarray  # (N,) int64, index into class_names
    names: tuple[str, ...]
    groups: tuple[str, ...]
    read: Callable[[int], Sound]

    def __len__(self) -> int:
        return len(self.labels)

    def subset(self, indices: Sequence[int]) -> "LabelledSounds":
        """The sounds at `indices`, in that order, with the same class names."""
        chosen = np.asarray(indices, np.int64)
        return replace(
            self,
            labels=self.labels[chosen],
            names=tuple(self.names[i] for i in chosen),
            groups=tuple(self.groups[i] for i in chosen),
            read=ChosenSounds(self.read, chosen),
        )


@dataclass(frozen=True)
class ChosenSounds:
    """`read` through a list of indices (a class, so that it can travel to worker processes)."""

    read: Callable[[int], Sound]
    indices: np.ndarray

    def __call__(self, i: int) -> Sound:
        return self.read(int(self.indices[i]))


@dataclass(frozen=True)
class FromFiles:
    files: Files
    order: tuple[int, ...]

    def __call__(self, i: int) -> Sound:
        return decode_sound(self.files.content(self.order[i], DEFAULT_LIMITS.max_bytes))


def open_sounds(path: str | Path, class_part: int = 0, group_part: int = 0) -> dict[str, LabelledSounds]:
    """The sounds at `path`, by part: "train", "dev", "test", or "all". 0: the class is the folder; there are no groups.

    Raises BadData: `data_missing`, `data_shape` (a name has not so many parts), `archive_unreadable`, ...
    """
    files = open_files(Path(path), "a folder or a .zip of sounds")
    found: dict[str, list[tuple[str, str, int]]] = {}
    for index, name in enumerate(files.names):
        place = PurePosixPath(name)
        folders = place.parts[:-1]
        if place.suffix.lower() not in SUFFIXES or not (folders or class_part):
            continue
        above = folders if class_part else folders[:-1]
        part = next((SPLIT_NAMES[f.lower()] for f in reversed(above) if f.lower() in SPLIT_NAMES), "all")
        label = name_part(place.stem, class_part) if class_part else folders[-1]
        group = name_part(place.stem, group_part) if group_part else ""
        found.setdefault(part, []).append((label, group, index))
    if not found:
        raise BadData(
            "data_missing",
            f"Expected sounds in one folder a class (class/sound.wav), found none in the {files.what}. "
            f"Supported endings: {', '.join(SUFFIXES)}.",
        )
    classes = tuple(sorted({label for rows in found.values() for label, _, _ in rows}, key=natural))
    return {part: of_rows(files, rows, classes) for part, rows in found.items()}


def of_rows(files: Files, rows: list[tuple[str, str, int]], classes: tuple[str, ...]) -> LabelledSounds:
    rows.sort(key=lambda row: natural(files.names[row[2]]))
    return LabelledSounds(
        class_names=classes,
        labels=np.array([classes.index(label) for label, _, _ in rows], np.int64),
        names=tuple(files.names[index] for _, _, index in rows),
        groups=tuple(group for _, group, _ in rows),
        read=FromFiles(files, tuple(index for _, _, index in rows)),
    )


def name_part(stem: str, number: int) -> str:
    """Part `number`, from 1, of a file's name. BadData `data_shape`."""
    parts = re.split(r"[_-]", stem)
    if not 0 < number <= len(parts) or not parts[number - 1]:
        raise BadData(
            "data_shape",
            f"Expected names of at least {number} parts such as 7_jackson_32.wav, got {stem[:60]}. Rename the file, or "
            "sort the sounds into folders.",
        )
    return parts[number - 1]


def split_groups(data: LabelledSounds, share: float, seed: int) -> tuple[LabelledSounds, LabelledSounds]:
    """(rest, split off): about `share` of the sounds, in whole groups; without groups, of every class as many."""
    order = np.random.default_rng(seed)
    off = np.zeros(len(data), bool)
    if any(data.groups):
        groups = np.array(data.groups)
        for group in order.permutation(np.unique(groups)):
            if off.sum() >= share * len(data) or (~off & (groups != group)).sum() == 0:
                break
            off |= groups == group
    else:
        for label in range(len(data.class_names)):
            members = np.flatnonzero(data.labels == label)
            off[order.permutation(members)[: round(share * len(members))]] = True
    return data.subset(np.flatnonzero(~off)), data.subset(np.flatnonzero(off))
