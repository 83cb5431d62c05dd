"""The text files of a data set, by part: one file, a folder or a zip of them."""

import re
from pathlib import Path, PurePosixPath

from hub_models.data_files import SPLIT_NAMES, open_files, refuse_large
from hub_models.errors import BadData

MOST_BYTES = 200 * 1024**2  # of one file


def text_files(path: str | Path, suffixes: tuple[str, ...]) -> dict[str, list[tuple[str, str]]]:
    """Part ("train", "dev", "test", or "all") -> (name, contents) of its files, in order.

    A word of the file's name, or a folder, says the part: train.tsv, wnut17.dev.conll, train/a.txt. Raises BadData:
    `data_missing`, `data_unreadable`, `file_too_large`, ...
    """
    path = Path(path)
    if path.is_file() and path.suffix.lower() in suffixes:
        refuse_large(path.stat().st_size, MOST_BYTES, path.name)
        return {part_of(path.name): [(path.name, decoded(path.read_bytes(), path.name))]}
    files = open_files(path, f"a file ({', '.join(suffixes)}), a folder or a .zip of texts")
    found: dict[str, list[tuple[str, str]]] = {}
    for index, name in enumerate(files.names):
        if PurePosixPath(name).suffix.lower() in suffixes:
            found.setdefault(part_of(name), []).append(
                (name, decoded(files.content(index, MOST_BYTES), name))
            )
    if not found:
        raise BadData(
            "data_missing", f"Expected {', '.join(suffixes)} files, found none in the {files.what}."
        )
    return found


def part_of(name: str) -> str:
    """The part that a path inside a data set names, by its last word that does; "all": by none."""
    spoken = [SPLIT_NAMES[word] for word in re.split(r"[^a-z]+", name.lower()) if word in SPLIT_NAMES]
    return spoken[-1] if spoken else "all"


def decoded(content: bytes, name: str) -> str:
    try:
        return content.decode("utf-8-sig").replace("\r\n", "\n").replace("\r", "\n")
    except UnicodeDecodeError as error:
        raise BadData(
            "data_unreadable",
            f"Expected text in UTF-8 in {PurePosixPath(name).name}, but byte {error.start:,} is none. Save it as UTF-8.",
        ) from error
