"""A series of numbers over time, read from a table: one column of numbers, or dates and numbers.

    1959-01,315.62            separated by comma, semicolon or tab, with a decimal point or comma, a header or none
    1959-02,316.38

Everything is checked here: what a visitor uploads may be anything. Gaps (empty cells, NA, dates that are left out) are
filled in on a straight line between their neighbours, and said.
"""

import csv
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from hub_models.errors import BadInput
from hub_models.series_dates import dated, name_of
from hub_models.series_season import season_of

MOST_BYTES = 2 * 1024**2
MOST_VALUES = 20_000  # the last ones are kept: networks read some hundred
FEWEST = 8
LARGEST = 1e100  # of a value: its square is still a number
MOST_MISSING = 0.3  # share of the steps
NOTHING = ("", "na", "n/a", "nan", "null", "none", "-", ".", "?")  # a cell without a number
SEPARATORS = ("\t", ";", ",")


@dataclass(frozen=True, kw_only=True, eq=False)
class Series:
    """`values` (T,) float64, finite, in the order of time and evenly spaced; `labels` (T,) of the steps."""

    values: np.ndarray
    step: str = ""  # "month", "year" and the like; "": steps are only counted
    first: int = 1  # place of the first value, in steps
    name: str = ""
    notes: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.values)

    @property
    def period(self) -> int:
        """Steps in a season, 1 where none was found."""
        return season_of(self.values, self.step)

    def label(self, place: int) -> str:
        """Of the value `place`, which may lie behind the last."""
        number = self.first + place
        return name_of(self.step, number) if self.step else str(number)

    def labels(self, start: int, count: int) -> tuple[str, ...]:
        return tuple(self.label(start + i) for i in range(count))


def read_series(path: Path) -> Series:
    """The series in a file. BadInput: `file_missing`, `file_too_large`, and as `series_in`."""
    try:
        if path.stat().st_size > MOST_BYTES:
            raise BadInput(
                "file_too_large",
                f"Expected a table of at most {MOST_BYTES // 1024**2} MB, got {path.stat().st_size / 1e6:,.0f} MB. Cut it.",
            )
        content = path.read_bytes()
    except OSError as error:
        raise BadInput("file_missing", "Expected a file with a series, found none. Upload one.") from error
    return series_in(content, path.stem)


def series_in(content: bytes, name: str = "") -> Series:
    """The series in the bytes of a table.

    BadInput: `file_empty`, `series_unreadable`, `series_shape`, `series_not_numbers`, `series_not_finite`,
    `series_too_large`, `series_too_short`, `series_gaps`, `series_dates`.
    """
    lines = [line for line in decoded(content).splitlines() if line.strip(" \t;,\ufeff")]
    if not lines:
        raise BadInput("file_empty", "Expected a table with a number in every row, got an empty file.")
    notes = []
    if len(lines) > MOST_VALUES + 1:
        notes.append(f"only the last {MOST_VALUES:,} of {len(lines):,} rows were read")
        lines = [lines[0], *lines[-MOST_VALUES:]] if is_header(lines) else lines[-MOST_VALUES:]
    rows, comma = cells_of(lines)
    has_names = not is_value(rows[0][-1], comma)
    title = rows[0][-1].strip()[:60] if has_names else ""
    rows = rows[1:] if has_names else rows
    values = np.array([number(row[-1], i + 1 + has_names, comma) for i, row in enumerate(rows)])
    if comma:
        notes.append("commas were read as decimal commas")
    labels = [row[0].strip() for row in rows] if rows and len(rows[0]) == 2 else []
    step, first, values = spaced(labels, values, notes)
    values, first = without_gaps(values, first, notes)
    if len(values) < FEWEST:
        raise BadInput(
            "series_too_short",
            f"Expected at least {FEWEST} numbers, one a step in time, got {len(values)}. Give more of the past.",
        )
    if (values == values[0]).all():
        notes.append("all values are equal, so there is nothing to forecast but the same again")
    return Series(values=values, step=step, first=first, name=title or name, notes=tuple(notes))


def decoded(content: bytes) -> str:
    for encoding in ("utf-16",) if content[:2] in (b"\xff\xfe", b"\xfe\xff") else ("utf-8-sig", "cp1252"):
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" not in text:
            return text
    raise BadInput(
        "series_unreadable",
        "Expected a table as text (.csv), got a file of another kind. Save the table as CSV.",
    )


def cells_of(lines: Sequence[str]) -> tuple[list[list[str]], bool]:
    """(rows of one or two cells, whether the comma is a decimal sign)."""
    tail = lines[1:] or lines
    separator = next((s for s in SEPARATORS if sum(s in line for line in tail) > len(tail) / 2), None)
    if separator == "," and not separates(tail):
        separator = None
    try:
        rows = list(csv.reader(lines, delimiter=separator or "\x1f", strict=True))
    except csv.Error as error:
        words = "Expected rows of a table, got a quotation mark that does not end."
        raise BadInput("series_unreadable", words) from error
    if separator:  # a separator behind the last cell
        rows = [row[:-1] if len(row) > 1 and not any(r[-1].strip() for r in rows) else row for row in rows]
    wrong = next(
        (i for i, row in enumerate(rows) if len(row) != len(rows[-1]) or not 1 <= len(row) <= 2), None
    )
    if wrong is not None:
        raise BadInput(
            "series_shape",
            "Expected one column of numbers, or dates and numbers in two, "
            f"got {len(rows[wrong])} columns in row {wrong + 1}. Keep the column that is to be forecast.",
        )
    comma = separator != "," and any("," in row[-1] for row in rows[1:] or rows)
    return rows, comma


def separates(lines: Sequence[str]) -> bool:
    """Whether the comma stands between two columns; not so in 12,5 below 13,1, where it is a decimal comma."""
    pairs = [line.split(",") for line in lines]
    if not all(len(pair) == 2 and is_value(pair[0], False) and pair[1].strip().isdecimal() for pair in pairs):
        return True
    before = [float(pair[0]) for pair in pairs if pair[0].strip().lower() not in NOTHING]
    return len(before) == len(pairs) > 1 and len(set(np.diff(before))) == 1  # rows that are counted


def is_header(lines: Sequence[str]) -> bool:
    return not re.search(r"\d\s*\"?$", lines[0])


def is_value(cell: str, comma: bool) -> bool:
    """A number, or what stands where one is missing."""
    try:
        number(cell, 0, comma)
    except BadInput as error:
        return error.code != "series_not_numbers"
    return True


def number(cell: str, row: int, comma: bool) -> float:
    """The number in a cell, NaN where none is known. BadInput `series_not_numbers`, `..._finite`, `..._too_large`."""
    plain = cell.strip().strip('"').replace("\u00a0", "").replace("\u2212", "-").replace("\u202f", "")
    if plain.lower() in NOTHING:
        return math.nan
    if comma:
        plain = plain.replace(".", "").replace(",", ".")
    if "_" in plain or not plain.isascii():
        plain = "no number"
    try:
        value = float(plain)
    except ValueError as error:
        raise BadInput(
            "series_not_numbers",
            f"Expected a number in row {row}, got {cell.strip()[:30]!r}. Give one column of numbers, or dates and numbers.",
        ) from error
    if math.isinf(value):
        raise BadInput(
            "series_not_finite",
            f"Expected finite numbers, got {cell.strip()[:30]!r} in row {row}. Leave it empty.",
        )
    if abs(value) > LARGEST:
        raise BadInput(
            "series_too_large",
            f"Expected numbers up to {LARGEST:g}, got {value:g} in row {row}. Give them in larger units.",
        )
    return value


def spaced(labels: list[str], values: np.ndarray, notes: list[str]) -> tuple[str, int, np.ndarray]:
    """(step, place of the first value, values in the order of time, NaN for dates that are left out)."""
    known = dated(labels) if labels else None
    if known is None:
        if labels and not all(is_value(label, False) for label in labels):
            notes.append("the first column holds no dates of one form, so rows were taken in their order")
        return "", 1, values
    places = known.places
    if (np.diff(places) < 0).any():
        order = np.argsort(places, kind="stable")
        places, values = places[order], values[order]
        notes.append("rows were put into the order of their dates")
    if (np.diff(places) == 0).any():
        row = int(np.flatnonzero(np.diff(places) == 0)[0])
        raise BadInput(
            "series_dates",
            f"Expected one row a {known.step}, got two for {name_of(known.step, int(places[row]))}. Keep one of them.",
        )
    length = int(places[-1] - places[0]) + 1
    if len(values) < (1 - MOST_MISSING) * length:
        raise BadInput(
            "series_gaps",
            f"Expected a row a {known.step}, but {1 - len(values) / length:.0%} of them are left out. Give an evenly "
            "spaced part.",
        )
    whole = np.full(length, np.nan)
    whole[places - places[0]] = values
    return known.step, int(places[0]), whole


def without_gaps(values: np.ndarray, first: int, notes: list[str]) -> tuple[np.ndarray, int]:
    """(finite values, place of the first): rims without numbers are cut off, gaps are filled in."""
    there = np.flatnonzero(np.isfinite(values))
    if not len(there):
        raise BadInput("series_not_numbers", "Expected numbers, got empty cells alone.")
    if len(there) < there[-1] + 1 - there[0] or len(there) < len(values):
        values, first = values[there[0] : there[-1] + 1], first + int(there[0])
    missing = ~np.isfinite(values)
    if not missing.any():
        return values, first
    share = float(missing.mean())
    if share > MOST_MISSING:
        raise BadInput(
            "series_gaps",
            f"Expected numbers in most rows, but {share:.0%} are missing. Give a part with fewer gaps.",
        )
    known = np.flatnonzero(~missing)
    filled = values.copy()
    filled[missing] = np.interp(np.flatnonzero(missing), known, values[known])
    count = int(missing.sum())
    notes.append(
        f"{count} gap{'s' * (count > 1)} filled in between the values beside {'them' if count > 1 else 'it'}"
    )
    return filled, first
