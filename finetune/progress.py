"""Where a run stands, and how it tells: a line on the screen, a row of CSV, points for TensorBoard, a status file."""

import csv
import errno
import io
import json
import math
import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import Literal

from torch.utils.tensorboard import SummaryWriter

from hub_models.errors import HubError, Overloaded

SPOKEN = {"map50": "mAP@0.5", "mask_map50": "mask mAP@0.5"}  # what people call a score
State = Literal["checking data", "training", "stopped", "finished", "failed"]


@dataclass
class Progress:
    """Counters of a run. `history` has a row for each epoch."""

    step: int = 0
    epoch: int = 0  # finished ones
    best: float = -math.inf
    best_epoch: int = 0
    seconds: float = 0.0
    history: list[dict[str, float]] = field(default_factory=list)
    stopped: bool = False  # by a signal, before its end

    def is_over(self, epochs: int, patience: int) -> bool:
        """All epochs are done, or none of the last `patience` ones (0: any number) was better."""
        waited = self.epoch - max(0, self.best_epoch)
        return self.epoch >= epochs or 0 < patience <= waited


class StopOnSignal:
    """Within `with`, Ctrl-C and SIGTERM set `asked` instead of ending the program in the middle of a step.

    A second Ctrl-C ends it at once.
    """

    def __enter__(self) -> "StopOnSignal":
        self.asked = False
        self.old = {s: signal.signal(s, self.ask) for s in (signal.SIGINT, signal.SIGTERM)}
        return self

    def ask(self, number: int, frame: FrameType | None) -> None:
        if self.asked and number == signal.SIGINT:
            raise KeyboardInterrupt
        self.asked = True

    def __exit__(self, *unused: object) -> None:
        for number, handler in self.old.items():
            signal.signal(number, handler)


@contextmanager
def room_on_disk() -> Iterator[None]:
    """A full disk, or a used up quota, inside the block is `disk_full`."""
    try:
        yield
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT):
            raise
        raise Overloaded(
            "disk_full",
            "Expected room for the state of the run, but the disk is full. What was saved before is whole: "
            "free some space and run the same command to go on.",
        ) from error


def write_whole(path: Path, write: Callable[[io.BufferedWriter], None]) -> None:
    """Write beside `path`, then rename: a kill or a full disk leaves the old file or the new, never half of one."""
    unfinished = path.with_name(path.name + ".unfinished")
    try:
        with unfinished.open("wb") as file:
            write(file)
            file.flush()
            os.fsync(file.fileno())
    except OSError:
        unfinished.unlink(missing_ok=True)
        raise
    unfinished.replace(path)


def tell(folder: Path, state: State, message: str = "", **figures: float | str | None) -> None:
    """Change `status.json`, for whoever watches from outside; figures not named stay as they are."""
    path = folder / "status.json"
    word = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    word |= {"state": state, "message": message, "pid": os.getpid(), **figures}
    write_whole(path, lambda file: file.write(json.dumps(word).encode()))


@contextmanager
def told(folder: Path) -> Iterator[None]:
    """Within, SIGTERM acts as Ctrl-C; a run that ends by either or by an error says so in `status.json`."""
    old = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        with room_on_disk():
            folder.mkdir(parents=True, exist_ok=True)
            yield
    except KeyboardInterrupt:
        tell(folder, "stopped", "Stopped. The same command goes on where it was.")
        raise
    except Exception as error:
        words = error.message if isinstance(error, HubError) else "This is a bug; the log has the traceback."
        with suppress(OSError):  # the disk may be what failed
            tell(folder, "failed", words)
        raise
    finally:
        signal.signal(signal.SIGTERM, old)


class Logs:
    """`log.csv` (a row a step), `epochs.csv` (a row an epoch), `status.json` (the last word) and TensorBoard files.

    Rows beyond the step at which a killed run is resumed are dropped, so each step stands there once.
    """

    def __init__(self, folder: Path, progress: Progress, steps: int, show: Callable[[str], None]) -> None:
        self.folder, self.progress, self.steps, self.show = folder, progress, steps, show
        cut(folder / "log.csv", "step", progress.step)
        cut(folder / "epochs.csv", "epoch", progress.epoch)
        self.board = SummaryWriter(str(folder / "tensorboard"), purge_step=progress.step + 1)
        self.shown = self.told = -math.inf
        self.here_since = (time.monotonic(), progress.step)

    def append(self, name: str, row: dict[str, float]) -> None:
        path = self.folder / name
        new = not path.exists()
        with path.open("a", newline="") as file:
            writer = csv.DictWriter(file, list(row), lineterminator="\n")
            if new:
                writer.writeheader()
            writer.writerow(row)

    def seconds_left(self) -> float:
        began, first_step = self.here_since
        step = self.progress.step
        return (time.monotonic() - began) / max(1, step - first_step) * (self.steps - step)

    def step(self, scalars: dict[str, float]) -> None:
        now, step, left = time.monotonic(), self.progress.step, self.seconds_left()
        self.append("log.csv", {"step": step} | {k: round(v, 6) for k, v in scalars.items()})
        for name, value in scalars.items():
            self.board.add_scalar(f"train/{name}", value, step)
        if now - self.told > 1 or step == self.steps:
            self.told = now
            self.status(left)
        if now - self.shown > 10 or step == self.steps:
            self.shown = now
            words = "  ".join(f"{name} {value:.4g}" for name, value in scalars.items())
            self.show(f"step {step}/{self.steps}  {words}  {left / 60:.1f} min left")

    def epoch(self, scores: dict[str, float], epochs: int) -> None:
        progress = self.progress
        self.append("epochs.csv", {"step": progress.step, "epoch": progress.epoch} | scores)
        for name, value in scores.items():
            self.board.add_scalar(f"dev/{name}", value, progress.step)
        self.board.flush()
        self.status(self.seconds_left(), metric=SPOKEN.get(next(iter(scores)), next(iter(scores))))
        words = "  ".join(f"{name} {value:.4f}" for name, value in scores.items())
        mark = "  (best so far)" if progress.best_epoch == progress.epoch else ""
        self.show(f"epoch {progress.epoch}/{epochs}  {words}{mark}  after {progress.seconds / 60:.1f} min")

    def close(self) -> None:
        progress = self.progress
        if not progress.stopped and progress.step < self.steps:
            self.show(f"stopped early: no better score since epoch {progress.best_epoch}")
        self.board.close()

    def status(self, seconds_left: float, **more: str) -> None:
        progress = self.progress
        tell(
            self.folder,
            "training",
            step=progress.step,
            steps=self.steps,
            epoch=progress.epoch,
            best=progress.best if math.isfinite(progress.best) else None,
            best_epoch=progress.best_epoch,
            seconds=round(progress.seconds, 1),
            seconds_left=round(seconds_left, 1),
            **more,
        )


def cut(path: Path, column: str, last: int) -> None:
    """Drop rows whose `column` is beyond `last`, and what a kill left of a line."""
    if not path.exists():
        return
    header, *lines = [line for line in path.read_text().splitlines(keepends=True) if line.endswith("\n")] or [
        ""
    ]
    names = header.strip().split(",")
    kept = [line for line in lines if int(line.split(",")[names.index(column)]) <= last]
    if kept:
        write_whole(path, lambda file: file.write((header + "".join(kept)).encode()))
    else:
        path.unlink()
