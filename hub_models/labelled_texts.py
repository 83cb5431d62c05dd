"""Texts with a class each: tsv or csv, a text and its class in every row.

    tsv        text TAB class; quotation marks are part of the text
    csv        the same with commas, quoted where the text holds one

A first row that names the columns (text, label) is understood, in any order; else the class comes last. Files named
train, dev (val, valid) and test are the parts.
"""

import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath

import numpy as np

from hub_models.data_files import natural
from hub_models.errors import BadData, BadInput
from hub_models.text import clean
from hub_models.text_files import text_files

SUFFIXES = (".tsv", ".csv")
TEXT_COLUMNS = ("text", "sentence", "review", "content", "comment")
CLASS_COLUMNS = ("label", "class", "sentiment", "category", "target")
MOST_CLASSES = 1000
LONGEST = 20_000  # characters of a text


@dataclass(frozen=True, kw_only=True)
class LabelledTexts:
    """Texts with the index of their class: `labels` (N,) int64 into `class_names`."""

    class_names: tuple[str, ...]
    texts: tuple[str, ...]
    labels: np.ndarray
    skipped: int = 0  # rows without a usable text or class

    def __len__(self) -> int:
        return len(self.texts)

    def subset(self, indices: Sequence[int]) -> "LabelledTexts":
        """The texts at `indices`, in that order, with the same class names."""
        chosen = np.asarray(indices, np.int64)
        return replace(self, texts=tuple(self.texts[i] for i in chosen), labels=self.labels[chosen])


def open_texts(path: str | Path, class_names: tuple[str, ...] | None = None) -> dict[str, LabelledTexts]:
    """The texts at `path`, by part. `class_names` stand for classes that the files call 0, 1, ...

    Raises BadData: `data_missing`, `data_unreadable`, `data_shape`, `classes_unknown`.
    """
    rows = {part: list(rows_of(files)) for part, files in text_files(path, SUFFIXES).items()}
    found = sorted({label for part in rows.values() for _, label in part if label}, key=natural)
    if not found:
        raise BadData("data_missing", "Expected rows with a text and its class, found none.")
    if len(found) > MOST_CLASSES:
        raise BadData(
            "data_shape",
            f"Expected at most {MOST_CLASSES:,} classes, got {len(found):,}: is the class the last column?",
        )
    names = named(tuple(found), class_names)
    return {part: gathered(found, names, kept) for part, kept in rows.items()}


def named(found: tuple[str, ...], class_names: tuple[str, ...] | None) -> tuple[str, ...]:
    """The classes as people call them: `found` as it stands, or `class_names` in the place of numbers."""
    if class_names is None:
        return found
    if not all(name.isdecimal() and int(name) < len(class_names) for name in found):
        raise BadData(
            "classes_unknown",
            f"Expected classes 0 to {len(class_names) - 1}, got {', '.join(found[:8])[:200]}.",
        )
    return tuple(class_names[int(name)] for name in found)


def gathered(found: list[str], names: tuple[str, ...], rows: list[tuple[str, str]]) -> LabelledTexts:
    index = {label: i for i, label in enumerate(found)}
    texts, labels = [], []
    for text, label in rows:
        try:
            cleaned, _ = clean(text, LONGEST)
        except BadInput:
            continue
        if label:
            texts.append(cleaned)
            labels.append(index[label])
    return LabelledTexts(
        class_names=names,
        texts=tuple(texts),
        labels=np.array(labels, np.int64),
        skipped=len(rows) - len(texts),
    )


def rows_of(files: list[tuple[str, str]]) -> Iterator[tuple[str, str]]:
    """(text, class) of every row."""
    for name, content in files:
        yield from rows_of_file(PurePosixPath(name), content)


def rows_of_file(name: PurePosixPath, content: str) -> Iterator[tuple[str, str]]:
    """BadData `data_shape` where a row does not have the columns of the first."""
    if name.suffix.lower() == ".csv":
        cells = csv.reader(io.StringIO(content, newline=""), strict=True)
    else:
        cells = (line.split("\t") for line in content.split("\n"))
    try:
        rows = [row for row in cells if any(cell.strip() for cell in row)]
    except csv.Error as error:
        raise BadData(
            "data_unreadable",
            f"Expected rows of a csv in {name.name}, got a quote that does not end, or similar: {error}.",
        ) from error
    if not rows:
        return
    text, label, first = columns(rows[0])
    for number, row in enumerate(rows[first:], first + 1):
        if len(row) <= max(text, label):
            raise BadData(
                "data_shape",
                f"Expected a text and a class in row {number} of {name.name}, got {len(row)} column(s).",
            )
        yield row[text].strip(), row[label].strip()


def columns(row: list[str]) -> tuple[int, int, int]:
    """(column of the text, column of the class, rows before the first text) by the first row."""
    words = [cell.strip().lower() for cell in row]
    texts = [i for i, word in enumerate(words) if word in TEXT_COLUMNS]
    labels = [i for i, word in enumerate(words) if word in CLASS_COLUMNS]
    if texts and labels:
        return texts[0], labels[0], 1
    return 0, max(1, len(row) - 1), 0
