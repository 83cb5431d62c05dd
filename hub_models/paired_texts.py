"""Sentences with their translations.

    train.en, train.fr     two text files of one name, a sentence a line; .txt and .gz may follow (train.en.gz)
    train.tsv, train.csv   a sentence and its translation in every row; a first row that names the languages is understood

One tsv or csv file, or a folder or zip of files. Files named train, dev (val, valid) and test are the parts.
"""

import csv
import gzip
import io
import re
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath

import numpy as np

from hub_models.data_files import open_files, refuse_large
from hub_models.errors import BadData, BadInput
from hub_models.text import clean
from hub_models.text_files import MOST_BYTES, decoded, part_of

TABLES = (".tsv", ".csv")
SUFFIXES = (*TABLES, ".gz", ".txt")
EXPECTED = "a .tsv or .csv file, or a folder or .zip of them, or of pairs such as train.en and train.fr"
LONGEST = 5_000  # characters of a sentence
NAMED = {"source": "source", "src": "source", "target": "target", "tgt": "target", "translation": "target"}


@dataclass(frozen=True, kw_only=True)
class PairedTexts:
    """`targets[i]` says what `sources[i]` says, in the other language."""

    sources: tuple[str, ...]
    targets: tuple[str, ...]
    languages: tuple[str, str] = ("", "")  # as the files call them: ("en", "fr")
    skipped: int = 0  # pairs of which a side is empty or too long
    class_names: tuple[str, ...] = ()  # it has none

    def __len__(self) -> int:
        return len(self.sources)

    def subset(self, indices: Sequence[int]) -> "PairedTexts":
        """The pairs at `indices`, in that order."""
        chosen = [int(i) for i in indices]
        return replace(
            self,
            sources=tuple(self.sources[i] for i in chosen),
            targets=tuple(self.targets[i] for i in chosen),
        )


def open_pairs(path: str | Path, source: str = "", target: str = "") -> dict[str, PairedTexts]:
    """The pairs at `path`, by part. `source` and `target` name the languages where the files have more than two, or others.

    Raises BadData: `data_missing`, `data_unreadable`, `data_shape`, `file_too_large`.
    """
    path = Path(path)
    if path.is_file() and path.suffix.lower() in TABLES:
        refuse_large(path.stat().st_size, MOST_BYTES, path.name)
        contents = {path.name: path.read_bytes()}
    else:
        files = open_files(path, EXPECTED)
        wanted = [i for i, name in enumerate(files.names) if is_table(name) or language_of(name)]
        contents = {files.names[i]: files.content(i, MOST_BYTES) for i in wanted}
    tables = {name: content for name, content in contents.items() if is_table(name)}
    found = (
        {part: rows_of_tables(kept, source, target) for part, kept in by_part(tables).items()}
        if tables
        else pairs_of_lines(contents, source, target)
    )
    if not any(len(rows) for rows, _ in found.values()):
        raise BadData("data_missing", f"Expected {EXPECTED}, found none.")
    return {part: cleaned(rows, languages) for part, (rows, languages) in found.items()}


def is_table(name: str) -> bool:
    return PurePosixPath(name).suffix.lower() in TABLES


def by_part(contents: dict[str, bytes]) -> dict[str, dict[str, bytes]]:
    found: dict[str, dict[str, bytes]] = {}
    for name in sorted(contents):
        found.setdefault(part_of(name), {})[name] = contents[name]
    return found


def language_of(name: str) -> str:
    """ "en" of train.en.gz, corpus-en.txt, val.en; "" where the name ends with no such word."""
    stem = re.sub(r"(\.txt|\.gz)+$", "", PurePosixPath(name).name.lower())
    match = re.search(r"[._-]([a-z]{2,3})$", stem)
    return match[1] if match else ""


def pairs_of_lines(
    contents: dict[str, bytes], source: str, target: str
) -> dict[str, tuple[list[tuple[str, str]], tuple[str, str]]]:
    """Part -> (pairs, languages). BadData `data_shape` where two files do not belong together."""
    found = {}
    for part, kept in by_part(contents).items():
        files = {language_of(name): (name, content) for name, content in kept.items()}
        if not (source and target) and len(files) != 2:
            raise BadData(
                "data_shape",
                f"Expected files of two languages, got {', '.join(files)[:100]}. Leave two, or tell a recipe with "
                "--source and --target.",
            )
        chosen = (source or min(files), target or max(files))
        if missing := [language for language in chosen if language not in files]:
            raise BadData(
                "data_missing",
                f"Expected files of {' and '.join(chosen)}, found {', '.join(files)[:100]}; {missing[0]} is missing.",
            )
        sides = [lines_of(*files[language]) for language in chosen]
        if len(sides[0]) != len(sides[1]):
            raise BadData(
                "data_shape",
                "Expected as many lines in both languages, a sentence and its translation each, got "
                f"{len(sides[0]):,} in {chosen[0]} and {len(sides[1]):,} in {chosen[1]}.",
            )
        found[part] = list(zip(*sides, strict=True)), chosen
    return found


def lines_of(name: str, content: bytes) -> list[str]:
    """The lines of a text file, perhaps compressed."""
    if name.lower().endswith(".gz"):
        try:
            with gzip.open(io.BytesIO(content)) as file:
                content = file.read(MOST_BYTES + 1)
        except (OSError, EOFError, zlib.error) as error:
            raise BadData(
                "data_unreadable",
                f"Expected a whole .gz file in {PurePosixPath(name).name}, got a damaged one.",
            ) from error
        refuse_large(len(content), MOST_BYTES, name)
    return decoded(content, name).removesuffix("\n").split("\n")


def rows_of_tables(
    contents: dict[str, bytes], source: str, target: str
) -> tuple[list[tuple[str, str]], tuple[str, str]]:
    """(pairs, languages) of tsv and csv files. BadData `data_shape`, `data_unreadable`."""
    pairs, languages = [], (source, target)
    for name, content in contents.items():
        text = decoded(content, name)
        if name.lower().endswith(".csv"):
            cells = csv.reader(io.StringIO(text, newline=""), strict=True)
        else:
            cells = (line.split("\t") for line in text.split("\n"))
        try:
            rows = [row for row in cells if any(cell.strip() for cell in row)]
        except csv.Error as error:
            raise BadData(
                "data_unreadable",
                f"Expected rows of a csv in {PurePosixPath(name).name}, got a quote that does not end, or similar: {error}.",
            ) from error
        if not rows:
            continue
        places, languages, first = columns(rows[0], source, target)
        for number, row in enumerate(rows[first:], first + 1):
            if len(row) <= max(places):
                raise BadData(
                    "data_shape",
                    f"Expected a sentence and its translation in row {number} of {PurePosixPath(name).name}, got "
                    f"{len(row)} column(s).",
                )
            pairs.append((row[places[0]], row[places[1]]))
    return pairs, languages


def columns(row: list[str], source: str, target: str) -> tuple[tuple[int, int], tuple[str, str], int]:
    """(the two columns, the languages, rows before the first pair) by the first row."""
    words = [cell.strip().lower() for cell in row]
    if source and target and source in words and target in words:
        return (words.index(source), words.index(target)), (source, target), 1
    roles = [NAMED.get(word) for word in words]
    if "source" in roles and "target" in roles:
        return (roles.index("source"), roles.index("target")), (source, target), 1
    if len(words) == 2 and all(re.fullmatch("[a-z]{2,3}", word) for word in words):
        return (0, 1), (words[0], words[1]), 1
    return (0, 1), (source, target), 0


def cleaned(rows: list[tuple[str, str]], languages: tuple[str, str]) -> PairedTexts:
    kept = []
    for pair in rows:
        try:
            kept.append(tuple(" ".join(clean(side, LONGEST)[0].split()) for side in pair))
        except BadInput:
            continue
    return PairedTexts(
        sources=tuple(pair[0] for pair in kept),
        targets=tuple(pair[1] for pair in kept),
        languages=languages,
        skipped=len(rows) - len(kept),
    )


def split_pairs(data: PairedTexts, share: float, seed: int) -> tuple[PairedTexts, PairedTexts]:
    """(training, dev): `share` of the pairs for dev, at least one of each. BadData `data_missing`."""
    wanted = max(1, round(share * len(data)))
    if not wanted < len(data):
        raise BadData(
            "data_missing",
            f"Expected enough pairs to split off a share of {share:g}, got {len(data)}. Give --dev-data.",
        )
    order = np.random.default_rng(seed).permutation(len(data))
    return data.subset(np.sort(order[wanted:])), data.subset(np.sort(order[:wanted]))
