"""Series to learn from or to measure on: CSV files, of which each is one series, and how each is split in time.

NAME.csv            one series: its past trains, what came after chooses the weights, the newest part measures
test/NAME.csv       a series that is never trained on
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

import numpy as np

from hub_models.data_files import natural, open_files, refuse_large
from hub_models.errors import BadData, BadInput
from hub_models.series import MOST_BYTES, Series, series_in

SUFFIXES = (".csv", ".tsv", ".txt")
AHEAD = 12  # steps ahead that are measured
HELD_OUT, LEAST_HELD_OUT = (
    0.15,
    18,
)  # share of a series in each of its two newest parts, and at least so many values
FEWEST = 24  # values before them that can train


@dataclass(frozen=True, kw_only=True)
class Stretch:
    """A series and which of its steps are asked for: forecasts start before step `start` or later, and end at `end`.

    `fixed`: values before this step give the unit of MASE.
    """

    series: Series
    start: int
    end: int
    period: int

    @property
    def name(self) -> str:
        return self.series.name

    def origins(self, most: int = 0, ahead: int = AHEAD) -> list[int]:
        """Numbers of known values from which `ahead` steps are forecast and compared, evenly spread; 0: all."""
        last = self.end - ahead
        found = list(range(self.start, last + 1))
        if most and len(found) > most:
            found = [found[i] for i in np.linspace(0, len(found) - 1, most).round().astype(int)]
        return found


@dataclass(frozen=True, kw_only=True)
class Stretches:
    """Of one part of the data: "train", "dev" or "test"."""

    items: tuple[Stretch, ...]
    skipped: tuple[str, ...] = ()  # names of series that are too short
    class_names: tuple[str, ...] = field(default=())  # none: numbers come out

    def __len__(self) -> int:
        return len(self.items)

    @property
    def values(self) -> int:
        """Steps that are asked for, in all."""
        return sum(item.end - item.start for item in self.items)


def open_series(path: str | Path) -> dict[str, list[Series]]:
    """ "seen" and "unseen" series at `path`, each list in the order of names.

    BadData: `data_missing`, `data_unreadable` names the file, `file_too_large`.
    """
    path = Path(path)
    if path.is_file() and path.suffix.lower() in SUFFIXES:
        refuse_large(path.stat().st_size, MOST_BYTES, path.name)
        named = [(path.name, path.read_bytes())]
    else:
        files = open_files(path, f"a file ({', '.join(SUFFIXES)}), a folder or a .zip of series")
        named = [
            (files.names[i], files.content(i, MOST_BYTES))
            for i in sorted(range(len(files.names)), key=lambda i: natural(files.names[i]))
            if PurePosixPath(files.names[i]).suffix.lower() in SUFFIXES
        ]
    found: dict[str, list[Series]] = {"seen": [], "unseen": []}
    for name, content in named:
        place = PurePosixPath(name)
        part = "unseen" if "test" in [folder.lower() for folder in place.parts[:-1]] else "seen"
        found[part].append(opened(place, content))
    if not named:
        raise BadData("data_missing", f"Expected {', '.join(SUFFIXES)} files with a series each, found none.")
    return found


def opened(place: PurePosixPath, content: bytes) -> Series:
    try:
        series = series_in(content)
    except BadInput as error:
        raise BadData("data_unreadable", f"{place.name}: {error.message}") from error
    return Series(
        values=series.values, step=series.step, first=series.first, name=place.stem, notes=series.notes
    )


def held_out(series: Series) -> int:
    """Values in each of the two newest parts."""
    return max(LEAST_HELD_OUT, round(HELD_OUT * len(series)))


def split_in_time(series: Sequence[Series]) -> dict[str, Stretches]:
    """ "train", "dev" and "test" of the series that are long enough."""
    parts: dict[str, list[Stretch]] = {"train": [], "dev": [], "test": []}
    skipped = []
    for one in series:
        count, off = len(one), held_out(one)
        if count < FEWEST + 2 * off:
            skipped.append(one.name)
            continue
        # the season is found in what trains: the newest values say nothing yet
        period = Series(values=one.values[: count - 2 * off], step=one.step).period
        edges = (
            ("train", 0, count - 2 * off),
            ("dev", count - 2 * off, count - off),
            ("test", count - off, count),
        )
        for part, start, end in edges:
            parts[part].append(Stretch(series=one, start=start, end=end, period=period))
    return {name: Stretches(items=tuple(items), skipped=tuple(skipped)) for name, items in parts.items()}


def whole(series: Sequence[Series]) -> Stretches:
    """The newest part of series that nothing was learned from: measured as "test" is."""
    long_enough = [one for one in series if len(one) >= FEWEST + LEAST_HELD_OUT]
    items = []
    for one in long_enough:
        start = len(one) - max(
            held_out(one), len(one) // 2
        )  # nothing was trained on it, so half of it can be asked
        start = max(start, FEWEST)
        items.append(
            Stretch(
                series=one,
                start=start,
                end=len(one),
                period=Series(values=one.values[:start], step=one.step).period,
            )
        )
    skipped = tuple(one.name for one in series if one not in long_enough)
    return Stretches(items=tuple(items), skipped=skipped)
