"""Timing two ways of doing one thing in turn, and the table of ratios that comes of it.

Taken in turn (A B A B), both ways meet the same other work on the machine, and their ratio means something even
where the times do not.
"""

import operator
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Row:
    """One comparison: `ours` against `bare`, in the same unit."""

    what: str
    ours: float
    bare: float
    unit: str
    aim: str = ""  # "<= 1.15" or ">= 2": what ours / bare should be

    @property
    def ratio(self) -> float:
        return self.ours / self.bare

    @property
    def verdict(self) -> str:
        """Whether the aim is met."""
        if not self.aim:
            return ""
        sign, _, limit = self.aim.partition(" ")
        met = {"<=": operator.le, ">=": operator.ge}[sign](self.ratio, float(limit))
        return "met" if met else "MISSED"


def seconds_of(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def in_turn(ours: Callable[[], object], bare: Callable[[], object], rounds: int) -> tuple[float, float]:
    """Median milliseconds of both, called alternately; the first call of each is not counted."""
    ours(), bare()
    pairs = [(seconds_of(ours), seconds_of(bare)) for _ in range(rounds)]
    return tuple(1000 * statistics.median(column) for column in zip(*pairs, strict=True))


def text_table(cells: Sequence[Sequence[str]]) -> str:
    """Aligned columns that are a Markdown table too; the first row is the head."""
    widths = [max(len(row[i]) for row in cells) for i in range(len(cells[0]))]
    lines = [" | ".join(c.ljust(w) for c, w in zip(row, widths, strict=True)) for row in cells]
    lines.insert(1, " | ".join("-" * width for width in widths))
    return "\n".join(f"| {line} |" for line in lines)


def table(rows: Sequence[Row]) -> str:
    """The comparisons, a row each."""
    cells = [("what", "unit", "ours", "bare", "ratio", "aim", "")]
    cells += [
        (r.what, r.unit, f"{r.ours:,.1f}", f"{r.bare:,.1f}", f"{r.ratio:.2f}", r.aim, r.verdict) for r in rows
    ]
    return text_table(cells)
