"""Dates beside the numbers of a series: in which form they are written, how far apart, what comes after the last."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import numpy as np

FORMS = (
    "%Y-%m-%d", "%Y-%m", "%Y/%m/%d", "%Y/%m", "%Y.%m.%d", "%d.%m.%Y", "%d/%m/%Y", "%m/%d/%Y", "%d-%m-%Y", "%m/%Y",
    "%m.%Y", "%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M", "%b %Y", "%B %Y", "%b-%Y",
    "%d %b %Y", "%Y%m%d",
)  # fmt: skip
QUARTER = re.compile(r"(\d{4})[- ]?[Qq]([1-4])")
YEAR = re.compile(r"(?:1[0-9]|20)\d\d(?:\.0)?")
SEASONS = {"hour": 24, "day": 7, "working day": 5, "week": 52, "month": 12, "quarter": 4}  # steps in one
EPOCH = datetime(1, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Dated:
    """`step`: "month" and the like, "" where rows are only counted; `places` (T,) int64: steps since some beginning."""

    step: str
    places: np.ndarray


def dated(labels: Sequence[str]) -> Dated | None:
    """What `labels` say, in their order; None: they are no dates of one form and even distance."""
    moments = moments_of(labels)
    if moments is None or len(moments) < 2:
        return None
    days = np.array([(moment - EPOCH).total_seconds() / 86400 for moment in moments])
    apart = np.diff(np.sort(days))
    typical = float(np.median(apart[apart > 0])) if (apart > 0).any() else 0.0
    step = step_of(typical, moments)
    return None if step is None else Dated(step, np.array([place(step, moment) for moment in moments]))


def moments_of(labels: Sequence[str]) -> list[datetime] | None:
    if all(YEAR.fullmatch(label) for label in labels):
        return [datetime(int(label[:4]), 1, 1, tzinfo=UTC) for label in labels]
    if all(QUARTER.fullmatch(label) for label in labels):
        found = [QUARTER.fullmatch(label) for label in labels]
        return [datetime(int(m[1]), 3 * int(m[2]) - 2, 1, tzinfo=UTC) for m in found]
    for form in FORMS:
        try:
            return [datetime.strptime(label, form).replace(tzinfo=UTC) for label in labels]
        except ValueError:
            continue
    return None


def step_of(days: float, moments: Sequence[datetime]) -> str | None:
    """The name of the distance of `days` between two rows."""
    for low, high, name in ((360, 370, "year"), (88, 94, "quarter"), (27, 32, "month"), (6.5, 7.5, "week")):
        if low <= days <= high:
            return name
    if days == 1:
        weekend = any(moment.weekday() >= 5 for moment in moments)
        return "day" if weekend or len(moments) < 8 else "working day"
    return "hour" if abs(days * 24 - 1) < 0.01 else None


def place(step: str, moment: datetime) -> int:
    """How many steps `moment` lies behind the beginning of time."""
    if step == "year":
        return moment.year
    if step == "quarter":
        return moment.year * 4 + (moment.month - 1) // 3
    if step == "month":
        return moment.year * 12 + moment.month - 1
    days = (moment - EPOCH).days
    if step == "working day":
        return days // 7 * 5 + min(days % 7, 4)  # EPOCH was a Monday
    return {"week": days // 7, "day": days, "hour": round((moment - EPOCH).total_seconds() / 3600)}[step]


def name_of(step: str, place: int) -> str:
    """The inverse of `place`, as a label."""
    if step == "year":
        return str(place)
    if step == "quarter":
        return f"{place // 4}-Q{place % 4 + 1}"
    if step == "month":
        return f"{place // 12}-{place % 12 + 1:02}"
    if step == "hour":
        return f"{EPOCH + timedelta(hours=place):%Y-%m-%d %H:00}"
    if step == "week":
        return f"{EPOCH + timedelta(days=7 * place):%G-W%V}"
    days = {"working day": place // 5 * 7 + place % 5, "day": place}[step]
    return f"{EPOCH + timedelta(days=days):%Y-%m-%d}"
