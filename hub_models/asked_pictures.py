"""Pictures with questions and their answers, as training and evaluation of visual question answering read them.

    questions.json    [{"image": "a.jpg", "question": "is there a dog?", "answer": "yes"}, ...]
                      or, as easy-VQA has it, [["is there a dog?", "yes", 0], ...] with images/0.png

in a folder or a zip of one with the pictures beside it or in images/, perhaps once in train/, val/ and test/. Questions
and answers are cleaned here and nowhere else; answers are compared in small letters. Nothing is decoded until it is asked
for.
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath

import numpy as np

from hub_models.data_files import SPLIT_NAMES, SUFFIXES, Chosen, Files, natural, open_files
from hub_models.errors import BadData, BadInput
from hub_models.text import clean

QUESTIONS = "questions.json"
LARGEST_LIST = 500 * 1024**2  # bytes of questions.json
LONGEST_QUESTION, LONGEST_ANSWER = 500, 60  # characters
MOST_LISTED = 3  # names in a sentence
FIELDS = ("image", "question", "answer")
Row = tuple[str, str, str]  # of FIELDS, as they stand in the file


@dataclass(frozen=True, kw_only=True)
class AskedPictures:
    """Questions with the index of their picture and of their answer: `pictures` and `labels` (N,) int64.

    `names` of the pictures are for people; `read(i)` gives picture i, (H, W, 3) uint8 RGB. A label of -1 is an answer that
    is not among `class_names`.
    """

    class_names: tuple[str, ...]
    names: tuple[str, ...]
    read: Callable[[int], np.ndarray]
    questions: tuple[str, ...]
    pictures: np.ndarray
    labels: np.ndarray
    skipped: int = 0  # rows without a usable question or answer

    def __len__(self) -> int:
        return len(self.questions)

    def subset(self, indices: Sequence[int]) -> "AskedPictures":
        """The questions at `indices`, in that order, about the same pictures."""
        chosen = np.asarray(indices, np.int64)
        return replace(
            self,
            questions=tuple(self.questions[i] for i in chosen),
            pictures=self.pictures[chosen],
            labels=self.labels[chosen],
        )

    def of_pictures(self, indices: Sequence[int]) -> "AskedPictures":
        """The pictures at `indices`, in that order, with all their questions."""
        chosen = np.asarray(indices, np.int64)
        place = np.full(len(self.names), -1, np.int64)
        place[chosen] = np.arange(len(chosen))
        kept = self.subset(np.flatnonzero(place[self.pictures] >= 0))
        return replace(
            kept,
            names=tuple(self.names[i] for i in chosen),
            read=Chosen(self.read, chosen),
            pictures=place[kept.pictures],
        )

    def among(self, class_names: Sequence[str]) -> "AskedPictures":
        """The same questions with the answers numbered as in `class_names`; another answer becomes -1."""
        index = {name: i for i, name in enumerate(class_names)}
        table = np.array([index.get(name, -1) for name in self.class_names] + [-1], np.int64)
        return replace(self, class_names=tuple(class_names), labels=table[self.labels])

    def by_picture(self) -> list[np.ndarray]:
        """For every picture the places of its questions."""
        order = np.argsort(self.pictures, kind="stable")
        ends = np.cumsum(np.bincount(self.pictures, minlength=len(self.names)))
        return np.split(order, ends[:-1])


def open_questions(path: str | Path) -> dict[str, AskedPictures]:
    """The questions at `path`, by part: "train", "dev", "test", or "all" where it has none.

    Raises BadData: `data_missing`, `data_unreadable`, `data_shape`, `pictures_missing`, `archive_unreadable`, ...
    """
    files = open_files(Path(path), f"a folder or a .zip of pictures with {QUESTIONS}")
    lists = [i for i, name in enumerate(files.names) if PurePosixPath(name).name.lower() == QUESTIONS]
    if not lists:
        raise BadData(
            "data_missing", f"Expected {QUESTIONS} beside the pictures, found none in the {files.what}."
        )
    rows: dict[str, list[Row]] = {}
    for index in lists:
        name = PurePosixPath(files.names[index])
        part = next((SPLIT_NAMES[f] for f in reversed(name.parts[:-1]) if f in SPLIT_NAMES), "all")
        found = rows_in(files.content(index, LARGEST_LIST), name.parent)
        rows.setdefault(part, []).extend(found)
    answers = sorted({row[2] for part in rows.values() for row in part if row[2]}, key=natural)
    return {part: gathered(files, found, tuple(answers)) for part, found in rows.items()}


def rows_in(content: bytes, folder: PurePosixPath) -> list[Row]:
    """(path of the picture, question, answer) of every entry; "" for what cannot be used. BadData."""
    try:
        entries = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise BadData(
            "data_unreadable", f"Expected JSON in {QUESTIONS}, but it cannot be read: {str(error)[:120]}."
        ) from error
    if not isinstance(entries, list) or not entries:
        raise BadData("data_shape", f"Expected a list of questions in {QUESTIONS}, got something else.")
    return [row_of(entry, number, folder) for number, entry in enumerate(entries, 1)]


def row_of(entry: object, number: int, folder: PurePosixPath) -> Row:
    if isinstance(entry, list) and len(entry) == 3:  # easy-VQA: question, answer, number of the picture
        picture, question, answer = f"images/{entry[2]}.png", entry[0], entry[1]
    elif isinstance(entry, dict) and set(FIELDS) <= set(entry):
        picture, question, answer = (entry[field] for field in FIELDS)
    else:
        raise BadData(
            "data_shape",
            f"Expected image, question and answer in entry {number} of {QUESTIONS}, got {str(entry)[:60]!r}.",
        )
    return (
        str(folder / str(picture)),
        usable(question, LONGEST_QUESTION),
        usable(answer, LONGEST_ANSWER).lower(),
    )


def usable(value: object, longest: int) -> str:
    """`value` as a cleaned text, "" where it is none, is empty or too long."""
    try:
        return clean(value, longest)[0]
    except BadInput:
        return ""


def gathered(files: Files, rows: list[Row], answers: tuple[str, ...]) -> AskedPictures:
    """The rows of one part that can be used. BadData `pictures_missing`."""
    place = places(files)
    missing = sorted({picture for picture, _, _ in rows if found_at(place, picture) is None})
    if missing:
        listed = ", ".join(PurePosixPath(name).name[:60] for name in missing[:MOST_LISTED])
        raise BadData(
            "pictures_missing",
            f"Expected the pictures of {QUESTIONS} beside it or in images/; {len(missing):,} are not there ({listed}). "
            "Add them, or take their questions out.",
        )
    asked = [(found_at(place, picture), question, answer) for picture, question, answer in rows]
    kept = [row for row in asked if row[1] and row[2]]
    order = sorted({row[0] for row in kept}, key=lambda i: natural(files.names[i]))
    of_file, of_answer = ({name: i for i, name in enumerate(names)} for names in (order, answers))
    return AskedPictures(
        class_names=answers,
        names=tuple(files.names[i] for i in order),
        read=files.pictures(order),
        questions=tuple(question for _, question, _ in kept),
        pictures=np.array([of_file[i] for i, _, _ in kept], np.int64),
        labels=np.array([of_answer[answer] for _, _, answer in kept], np.int64),
        skipped=len(rows) - len(kept),
    )


def places(files: Files) -> dict[str, int]:
    """Path of every picture -> its index among the files."""
    return {name: i for i, name in enumerate(files.names) if PurePosixPath(name).suffix.lower() in SUFFIXES}


def found_at(place: dict[str, int], picture: str) -> int | None:
    """Where the picture lies: as it is named, or in images/ beside the list."""
    path = PurePosixPath(picture)
    inside = str(path.parent / "images" / path.name)
    return place.get(str(path), place.get(inside))
