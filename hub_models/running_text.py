"""Text to learn a language from, or to measure on: a .txt file, or a folder or zip of them."""

from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import numpy as np

from hub_models.data_files import SPLIT_NAMES, natural, open_files, refuse_large
from hub_models.errors import BadData, BadInput
from hub_models.text import clean

LARGEST = 64 * 1024**2  # bytes of one file: a thousand novels of 64,000 characters
BLOCK = 4_000  # characters that stay together where a text is split: about two pages
EXPECTED = "a .txt file, or a folder or .zip of them"


@dataclass(frozen=True, kw_only=True)
class RunningText:
    """Stretches of text, each of which goes on without a gap."""

    blocks: tuple[str, ...]
    class_names: tuple[str, ...] = ()  # it has none: what comes next may be any character

    @property
    def text(self) -> str:
        """All of it, with a blank line where something is left out."""
        return "\n\n".join(self.blocks)

    def __len__(self) -> int:
        """Characters, without those blank lines."""
        return sum(map(len, self.blocks))


def open_texts(path: str | Path) -> dict[str, RunningText]:
    """The texts at `path` by part: "train", "dev", "test" by the names of files or folders, or "all".

    Raises BadData: `data_missing`, `data_unreadable`, `file_too_large`, `archive_unreadable`, ...
    """
    path = Path(path)
    if path.suffix.lower() == ".txt" and path.is_file():
        refuse_large(path.stat().st_size, LARGEST, path.name)
        return {"all": RunningText(blocks=cut(decoded(path.read_bytes(), path.name)))}
    files = open_files(path, EXPECTED)
    found: dict[str, list[str]] = {}
    for i in sorted(range(len(files.names)), key=lambda i: natural(files.names[i])):
        place = PurePosixPath(files.names[i].lower())
        if place.suffix == ".txt":
            named = [SPLIT_NAMES[part] for part in (*place.parts[:-1], place.stem) if part in SPLIT_NAMES]
            text = decoded(files.content(i, LARGEST), files.names[i])
            found.setdefault(named[-1] if named else "all", []).extend(cut(text))
    if not found:
        raise BadData("data_missing", f"Expected {EXPECTED}, found no .txt in the {files.what}.")
    return {part: RunningText(blocks=tuple(blocks)) for part, blocks in found.items()}


def decoded(data: bytes, name: str) -> str:
    """Bytes of a file as text, cleaned. BadData `data_unreadable`."""
    try:
        return clean(data.decode("utf-8-sig"), LARGEST)[0]
    except (UnicodeDecodeError, BadInput) as error:
        raise BadData(
            "data_unreadable",
            f"Expected UTF-8 text in {Path(name).name}, got something else. Save it as UTF-8.",
        ) from error


def cut(text: str) -> tuple[str, ...]:
    """Blocks of about BLOCK characters that end at a blank line, where there is one within the next BLOCK."""
    blocks, lines, length = [], [], 0
    for line in text.split("\n"):
        if length >= 2 * BLOCK or (length >= BLOCK and not line.strip()):
            blocks.append("\n".join(lines).strip("\n"))
            lines, length = [], 0
        lines.append(line)
        length += len(line) + 1
    blocks.append("\n".join(lines).strip("\n"))
    return tuple(block for block in blocks if block)


def split(data: RunningText, share: float, seed: int) -> tuple[RunningText, RunningText]:
    """(training, dev): whole blocks, `share` of them for dev, at least one of each. BadData `data_too_small`."""
    count = len(data.blocks)
    if count < 2:
        raise BadData(
            "data_too_small",
            f"Expected at least {2 * BLOCK:,} characters to split into a part to learn from and a part to measure on, "
            f"got {len(data):,}. Give more text, or --dev-data.",
        )
    order = np.random.default_rng(seed).permutation(count)
    held_out = set(order[: min(count - 1, max(1, round(share * count)))].tolist())
    parts = [
        RunningText(blocks=tuple(b for i, b in enumerate(data.blocks) if (i in held_out) == dev))
        for dev in (False, True)
    ]
    return parts[0], parts[1]
