"""Timing two ways of doing one thing in turn, and the table of ratios that comes of it.

Taken in turn (A B A B), both ways meet the same other work on the machine, and their ratio means something even
where the times do not.
"""

import operator
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from hub_models.compute import free_memory

STATUS = Path("/proc/self/status")


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


def over_sizes(module: str, names: Sequence[str], sides: Sequence[int]) -> str:
    """What `python -m MODULE --one NAME SIDE` prints, each in a process of its own: a row a name, a column a side."""
    cells = [["checkpoint", *(f"{side} px" for side in sides)]]
    for name in names:
        said = []
        for side in sides:
            command = [sys.executable, "-m", module, "--one", name, str(side)]
            said.append(subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip())
        cells.append([name, *said])
    return text_table(cells)


def time_and_memory(work: Callable[[], object], parts: int = 1) -> str:
    """In words: milliseconds of each of the `parts` of `work`, and on Linux the memory that it added at its peak."""
    before = memory_from_now()
    seconds = seconds_of(work)
    said = f"{1000 * seconds / parts:,.0f} ms"
    return said if before is None else f"{said}, +{(kilobytes('VmHWM') - before) / 1024:,.0f} MB"


def memory_from_now() -> int | None:
    """KiB that this process holds, after what is free was given back and the peak was set to it. None: not on Linux."""
    if not STATUS.exists():
        return None
    free_memory()
    Path("/proc/self/clear_refs").write_text("5")  # proc(5): 5 resets the peak, VmHWM
    return kilobytes("VmRSS")


def kilobytes(name: str) -> int:
    """A line of /proc/self/status."""
    return int(next(line.split()[1] for line in STATUS.read_text().splitlines() if line.startswith(name)))


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
