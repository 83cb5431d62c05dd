"""Tables with a series: what is read from them, what is refused, where a season is found, how a series is split in time."""

import zipfile
from pathlib import Path

import numpy as np
import pytest

from hub_models.errors import BadData, BadInput
from hub_models.series import MOST_BYTES, Series, read_series, series_in
from hub_models.series_dates import dated, name_of
from hub_models.series_files import AHEAD, open_series, split_in_time, whole
from hub_models.series_season import naive, season_of, seasonal_naive, typical_change

TEN = [3, 1, 4, 1, 5, 9, 2, 6, 5, 3]
COLUMN = "\n".join(map(str, TEN))


def months(count: int, start: int = 0) -> list[str]:
    return [f"{2000 + i // 12}-{i % 12 + 1:02}" for i in range(start, start + count)]


def rows(dates: list[str], values: list[object], separator: str = ",") -> str:
    return "\n".join(f"{date}{separator}{value}" for date, value in zip(dates, values, strict=True))


READ = {  # what it is -> (table, step, first label, a word of the notes)
    "a column": (COLUMN, "", "1", ""),
    "a column with a name": ("sales\n" + COLUMN, "", "1", ""),
    "Windows and a mark": ("\ufeffsales\r\n" + COLUMN.replace("\n", "\r\n") + "\r\n", "", "1", ""),
    "months": ("month,sales\n" + rows(months(10), TEN), "month", "2000-01", ""),
    "no header": (rows(months(10), TEN), "month", "2000-01", ""),
    "semicolons": (rows(months(10), TEN, ";"), "month", "2000-01", ""),
    "tabs": (rows(months(10), TEN, "\t"), "month", "2000-01", ""),
    "an empty last column": (rows(months(10), [f"{v}," for v in TEN]), "month", "2000-01", ""),
    "decimal commas": (rows(months(10), [f"{v},0" for v in TEN], ";"), "month", "2000-01", "decimal commas"),
    "decimal commas alone": ("\n".join(f"{v},0" for v in TEN), "", "1", "decimal commas"),
    "counted rows": (rows([str(i) for i in range(10)], TEN), "", "1", ""),
    "years": (rows([str(1900 + i) for i in range(10)], TEN), "year", "1900", ""),
    "quarters": (rows([f"{2000 + i // 4}Q{i % 4 + 1}" for i in range(10)], TEN), "quarter", "2000-Q1", ""),
    "days": (rows([f"0{i + 1}.02.2023"[-10:] for i in range(9)] + ["10.02.2023"], TEN), "day", "2023-02-01", ""),
    "weeks": (rows([f"2024-01-{d:02}" for d in (1, 8, 15, 22, 29)], TEN[:5]) + "\n"
              + rows([f"2024-02-{d:02}" for d in (5, 12, 19, 26)], TEN[5:9]) + "\n2024-03-04,3", "week", "2024-W01", ""),
    "hours": (rows([f"2024-01-01 {h:02}:00" for h in range(10)], TEN), "hour", "2024-01-01 00:00", ""),
    "the newest first": (rows(months(10)[::-1], TEN[::-1]), "month", "2000-01", "order of their dates"),
    "names in place of dates": (rows(list("abcdefghij"), TEN), "", "1", "no dates of one form"),
    "quoted": ('"month","sales"\n' + rows([f'"{m}"' for m in months(10)], [f'"{v}"' for v in TEN]), "month", "2000-01", ""),
}  # fmt: skip


@pytest.mark.parametrize("what", READ)
def test_tables_that_are_read(what: str) -> None:
    table, step, label, word = READ[what]
    found = series_in(table.encode())
    assert found.values.tolist() == TEN
    assert (found.step, found.label(0)) == (step, label)
    assert word in " ".join(found.notes) if word else found.notes == ()


def test_utf_16_and_latin_1() -> None:
    assert series_in(COLUMN.encode("utf-16")).values.tolist() == TEN
    assert series_in(("Erlös\n" + COLUMN).encode("latin-1")).name == "Erlös"


GAPS = {  # what it is -> (table, values)
    "an empty cell": (rows(months(10), [3, 1, "", 1, 5, 9, 2, 6, 5, 3]), [3, 1, 1, 1, 5, 9, 2, 6, 5, 3]),
    "NA": (rows(months(10), [3, 1, 4, "NA", 6, 9, 2, 6, 5, 3]), [3, 1, 4, 5, 6, 9, 2, 6, 5, 3]),
    "NaN": ("\n".join(map(str, [3, 1, "nan", "NaN", 4, 9, 2, 6, 5, 3])), [3, 1, 2, 3, 4, 9, 2, 6, 5, 3]),
    "a month left out": (rows([*months(5), *months(5, 6)], TEN), [3, 1, 4, 1, 5, 7, 9, 2, 6, 5, 3]),
    "gaps at the rims": (rows(months(12), ["", *TEN, "NA"]), TEN),
}


@pytest.mark.parametrize("what", GAPS)
def test_gaps_are_filled_in_and_said(what: str) -> None:
    table, values = GAPS[what]
    found = series_in(table.encode())
    assert found.values.tolist() == values
    assert any("filled in" in note for note in found.notes) == (what != "gaps at the rims")
    assert what != "gaps at the rims" or found.label(0) == "2000-02"


REFUSED = {  # what it is -> (table, code)
    "nothing": ("", "file_empty"),
    "blank lines": ("\n \n;;\n", "file_empty"),
    "one row": ("3", "series_too_short"),
    "seven rows": ("1\n2\n3\n4\n5\n6\n7", "series_too_short"),
    "text": ("once\nupon\na\ntime", "series_not_numbers"),
    "text among numbers": (COLUMN + "\nlots", "series_not_numbers"),
    "markup among numbers": (COLUMN + "\n<script>alert(1)</script>", "series_not_numbers"),
    "other digits": (COLUMN + "\n٣", "series_not_numbers"),
    "underscores": (COLUMN + "\n1_000", "series_not_numbers"),
    "infinity": (COLUMN + "\ninf", "series_not_finite"),
    "too large for a float": (COLUMN + "\n1e999", "series_not_finite"),
    "huge": (COLUMN + "\n1e200", "series_too_large"),
    "three columns": (rows(months(10), [f"{v},{v}" for v in TEN]), "series_shape"),
    "a row with more": (rows(months(10), TEN) + "\n2001-01,3,4", "series_shape"),
    "half gaps inside": (rows(months(12), [1, "", 2, "", 3, "", 4, "", 5, "", 6, 7]), "series_gaps"),
    "many dates left out": (rows([*months(12), *months(6, 60)], [*TEN, 1, 2, *TEN[:6]]), "series_gaps"),
    "a date twice": (rows([*months(9), "2000-09"], TEN), "series_dates"),
    "a quotation mark that stays open": ('"3\n' + COLUMN, "series_unreadable"),
    "zeros of a binary": ("3\0\n" + COLUMN, "series_unreadable"),
}  # fmt: skip


@pytest.mark.parametrize("what", REFUSED)
def test_tables_that_are_refused(what: str) -> None:
    table, code = REFUSED[what]
    with pytest.raises(BadInput) as caught:
        series_in(table.encode())
    assert caught.value.code == code and "\n" not in caught.value.message


def test_a_large_file_is_refused_unread(tmp_path: Path) -> None:
    path = tmp_path / "large.csv"
    with path.open("wb") as file:
        file.truncate(MOST_BYTES + 1)
    with pytest.raises(BadInput, match="at most 2 MB"):
        read_series(path)
    with pytest.raises(BadInput, match="found none"):
        read_series(tmp_path / "nothing.csv")


def test_many_rows_are_cut() -> None:
    found = series_in(("value\n" + "\n".join(str(i) for i in range(30_000))).encode())
    assert len(found) == 20_000 and found.values[-1] == 29_999 and "only the last 20,000" in found.notes[0]


def test_a_constant_is_said() -> None:
    assert "all values are equal" in series_in(b"7\n" * 20).notes[0]


@pytest.mark.parametrize(
    ("labels", "step", "after"),
    [
        (["2023-11", "2023-12", "2024-01"], "month", "2024-02"),
        (["2023-Q3", "2023-Q4", "2024-Q1"], "quarter", "2024-Q2"),
        (["1999", "2000", "2001"], "year", "2002"),
        ([f"2024-03-{d:02}" for d in (4, 5, 6, 7, 8, 11, 12, 13, 14, 15)], "working day", "2024-03-18"),
        ([f"2024-03-{d:02}" for d in range(2, 12)], "day", "2024-03-12"),
        (["31/12/2023", "07/01/2024", "14/01/2024"], "week", "2024-W03"),
        (["Jan 2020", "Feb 2020", "Mar 2020"], "month", "2020-04"),
        (["2024-02-28T22:00", "2024-02-28T23:00", "2024-02-29T00:00"], "hour", "2024-02-29 01:00"),
    ],
)
def test_dates(labels: list[str], step: str, after: str) -> None:
    found = dated(labels)
    assert found is not None and found.step == step
    assert (np.diff(found.places) == 1).all()
    assert name_of(step, int(found.places[-1]) + 1) == after


@pytest.mark.parametrize(
    "labels", [["a", "b"], ["2024-01-01", "soon"], ["2024-01-01", "2024-01-13"], ["2024-01-01"]]
)
def test_no_dates(labels: list[str]) -> None:
    assert dated(labels) is None


def wave(period: int, count: int = 120, noise: float = 0.3) -> np.ndarray:
    time = np.arange(count)
    return (
        5
        + 0.05 * time
        + 2 * np.sin(2 * np.pi * time / period)
        + noise * np.random.default_rng(0).normal(size=count)
    )


@pytest.mark.parametrize(
    ("period", "step"), [(12, "month"), (12, ""), (7, "day"), (4, "quarter"), (10, "year"), (24, "hour")]
)
def test_seasons_are_found(period: int, step: str) -> None:
    assert season_of(wave(period), step) == period


def test_where_there_is_none() -> None:
    random = np.random.default_rng(0)
    assert season_of(np.cumsum(random.normal(size=200)), "month") == 1
    assert (
        season_of(np.full(50, 3.0)) == 1
        and season_of(np.arange(50.0)) == 1
        and season_of(np.array([1.0, 2])) == 1
    )
    assert season_of(wave(9), "month") == 1  # months have a season of 12 or none


def test_simple_forecasts() -> None:
    values = np.array([1.0, 2, 3, 4, 5, 6, 7])
    assert naive(values, 3).tolist() == [7, 7, 7]
    assert seasonal_naive(values, 3, 5).tolist() == [5, 6, 7, 5, 6]
    assert typical_change(values, 3) == 3 and typical_change(values, 1) == 1
    assert typical_change(np.array([1.0, 2, 1, 2]), 2) == 0


def series(count: int, name: str = "a") -> Series:
    return Series(values=wave(12, count), name=name, step="month")


def test_the_split_is_by_time() -> None:
    parts = split_in_time([series(200), series(40, "short")])
    edges = [
        (part.items[0].start, part.items[0].end) for part in (parts["train"], parts["dev"], parts["test"])
    ]
    assert edges == [(0, 140), (140, 170), (170, 200)]
    assert parts["test"].skipped == ("short",)
    places = parts["test"].items[0].origins()
    assert places[0] == 170 and places[-1] + AHEAD == 200
    assert len(parts["test"].items[0].origins(5)) == 5
    kept_apart = whole([series(200), series(30, "short")])
    assert kept_apart.items[0].start == 100 and kept_apart.skipped == ("short",)


def test_the_season_is_found_before_the_newest_part() -> None:
    """What is held out decides nothing: a season that begins there is not known."""
    values = np.concatenate([np.cumsum(np.random.default_rng(1).normal(size=140)), wave(12, 60, 0) * 10])
    parts = split_in_time([Series(values=values, step="month")])
    assert parts["test"].items[0].period == 1


def test_files_of_a_folder_and_a_zip(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    (folder / "test").mkdir(parents=True)
    for name in ("b.csv", "a10.csv", "a2.csv", "test/apart.csv", "read.md"):
        (folder / name).write_text(COLUMN)
    archive = tmp_path / "data.zip"
    with zipfile.ZipFile(archive, "w") as packed:
        for path in sorted(folder.rglob("*.csv")):
            packed.write(path, path.relative_to(folder).as_posix())
    for place in (folder, archive):
        found = open_series(place)
        assert [one.name for one in found["seen"]] == ["a2", "a10", "b"]
        assert [one.name for one in found["unseen"]] == ["apart"]
    (alone,) = open_series(folder / "b.csv")["seen"]
    assert alone.values.tolist() == TEN


def test_a_bad_file_of_a_folder_is_named(tmp_path: Path) -> None:
    (tmp_path / "good.csv").write_text(COLUMN)
    (tmp_path / "bad.csv").write_text("once upon\na time")
    with pytest.raises(BadData, match=r"bad\.csv: Expected a number"):
        open_series(tmp_path)
    with pytest.raises(BadData) as caught:
        open_series(tmp_path / "nothing")
    assert caught.value.code == "data_missing"
