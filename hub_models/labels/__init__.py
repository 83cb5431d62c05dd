"""Class names that belong to a data set rather than to one checkpoint: a text file each, a name a line."""

from functools import cache
from pathlib import Path


@cache
def read_labels(stem: str) -> tuple[str, ...]:
    """The names in `stem`.txt, in class order."""
    return tuple((Path(__file__).parent / f"{stem}.txt").read_text(encoding="utf-8").splitlines())
