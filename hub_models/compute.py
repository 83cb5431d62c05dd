"""How this machine computes: which device, how many threads, how many answers at a time. Decided in one place.

On a CPU each worker computes with its share of the cores. Two workers of one thread each beat one worker of two
threads here (benchmarks/app.py prints it): threads that wait for each other spin, and spinning starves the other.
"""

import os
import time
from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass, field
from functools import cache

from hub_models.errors import Overloaded


@dataclass(frozen=True)
class Plan:
    device: str  # "cpu", "cuda", "mps"
    workers: int  # answers computed at one time
    threads: int  # of each


def cores() -> int:
    """Cores this process may use, not those the machine has."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@cache
def plan() -> Plan:
    """The device and the split of the cores. Imports torch, so it is asked for when a model is."""
    import torch

    device = "cuda" if torch.cuda.is_available() else "mps" if torch.backends.mps.is_available() else "cpu"
    workers = lanes()
    threads = int(os.environ.get("HUB_THREADS") or 0) or max(1, cores() // workers)
    torch.set_num_threads(threads)
    return Plan(device, workers, threads)


def lanes() -> int:
    """How many answers are computed at once; known without importing torch."""
    return int(os.environ.get("HUB_WORKERS") or 0) or min(4, max(1, cores()))


def free_memory() -> None:
    """Give memory of a dropped model back to the system."""
    import ctypes
    import gc
    import sys

    gc.collect()
    if sys.platform.startswith("linux"):
        ctypes.CDLL(None).malloc_trim(0)  # glibc keeps freed blocks otherwise
    torch = sys.modules.get("torch")
    if torch is not None and torch.cuda.is_available():
        torch.cuda.empty_cache()


@dataclass
class Deadline:
    """A limit on one visitor's wait. Long work calls `check` between its steps."""

    seconds: float = 60.0
    cancelled: Callable[[], bool] = lambda: False
    began: float = field(default_factory=time.monotonic)

    def check(self) -> None:
        """Raise Overloaded when the time is up or the visitor has gone."""
        if self.cancelled():
            raise Overloaded(
                "cancelled", "Cancelled, as asked. Nothing was kept; you can start again at any time."
            )
        if time.monotonic() - self.began > self.seconds:
            raise Overloaded(
                "deadline",
                f"This took longer than the {self.seconds:.0f} seconds given to one answer. "
                "Try a smaller picture or a smaller checkpoint.",
            )


CURRENT: ContextVar[Deadline | None] = ContextVar("deadline", default=None)  # of the answer being computed


def check() -> None:
    """Long work calls this between its steps: stops it when nobody waits for the answer any more."""
    deadline = CURRENT.get()
    if deadline is not None:
        deadline.check()


def longest_answer() -> float:
    """Seconds that one answer may take; HUB_SECONDS changes it."""
    return float(os.environ.get("HUB_SECONDS", "300"))
