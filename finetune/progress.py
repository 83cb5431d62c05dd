"""Where a run stands, and how it tells: a line on the screen, a row of CSV, points for TensorBoard."""

import csv
import json
import math
import os
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType

from torch.utils.tensorboard import SummaryWriter


@dataclass
class Progress:
    """Counters of a run. `history` has a row for each epoch."""

    step: int = 0
    epoch: int = 0
    best: float = -math.inf
    best_epoch: int = -1
    seconds: float = 0.0
    history: list[dict[str, float]] = field(default_factory=list)


class StopOnSignal:
    """Within `with`, Ctrl-C and SIGTERM set `asked` instead of ending the program in the middle of a step."""

    def __enter__(self) -> "StopOnSignal":
        self.asked = False
        self.old = {s: signal.signal(s, self.ask) for s in (signal.SIGINT, signal.SIGTERM)}
        return self

    def ask(self, number: int, frame: FrameType | None) -> None:
        self.asked = True

    def __exit__(self, *unused: object) -> None:
        for number, handler in self.old.items():
            signal.signal(number, handler)


class Logs:
    """`log.csv` (a row a step), `epochs.csv` (a row an epoch), `status.json` (the last word) and TensorBoard files.

    Rows beyond the step at which a killed run is resumed are dropped, so each step stands there once.
    """

    def __init__(self, folder: Path, progress: Progress, show: Callable[[str], None]) -> None:
        self.folder, self.progress, self.show = folder, progress, show
        self.cut("log.csv", progress.step)
        self.cut("epochs.csv", progress.step)
        self.board = SummaryWriter(str(folder / "tensorboard"), purge_step=progress.step)
        self.shown = self.told = time.monotonic()
        self.here_since = (time.monotonic(), progress.step)

    def cut(self, name: str, last_step: int) -> None:
        path = self.folder / name
        if not path.exists():
            return
        with path.open(newline="") as file:
            rows = [row for row in csv.DictReader(file) if row["step"] and int(row["step"]) <= last_step]
        path.unlink()
        for row in rows:
            self.append(name, row)

    def append(self, name: str, row: dict) -> None:
        path = self.folder / name
        new = not path.exists()
        with path.open("a", newline="") as file:
            writer = csv.DictWriter(file, list(row))
            if new:
                writer.writeheader()
            writer.writerow(row)

    def step(self, scalars: dict[str, float], steps: int) -> None:
        now, progress = time.monotonic(), self.progress
        began, first_step = self.here_since
        left = (now - began) / max(1, progress.step - first_step) * (steps - progress.step)
        self.append("log.csv", {"step": progress.step} | {k: round(v, 6) for k, v in scalars.items()})
        for name, value in scalars.items():
            self.board.add_scalar(f"train/{name}", value, progress.step)
        if now - self.told > 1 or progress.step == steps:
            self.told = now
            self.status("training", steps, left)
        if now - self.shown > 10 or progress.step == steps:
            self.shown = now
            words = "  ".join(f"{name} {value:.4g}" for name, value in scalars.items())
            self.show(f"step {progress.step}/{steps}  {words}  {left / 60:.1f} min left")

    def epoch(self, scores: dict[str, float], epochs: int) -> None:
        progress = self.progress
        self.append("epochs.csv", {"step": progress.step, "epoch": progress.epoch} | scores)
        for name, value in scores.items():
            self.board.add_scalar(f"dev/{name}", value, progress.step)
        self.board.flush()
        words = "  ".join(f"{name} {value:.4f}" for name, value in scores.items())
        mark = "  (best so far)" if progress.best_epoch == progress.epoch else ""
        self.show(f"epoch {progress.epoch}/{epochs}  {words}{mark}  after {progress.seconds / 60:.1f} min")

    def status(self, state: str, steps: int, seconds_left: float) -> None:
        word = {
            "state": state,
            "step": self.progress.step,
            "steps": steps,
            "epoch": self.progress.epoch,
            "best": self.progress.best if math.isfinite(self.progress.best) else None,
            "best_epoch": self.progress.best_epoch,
            "seconds": round(self.progress.seconds, 1),
            "seconds_left": round(seconds_left, 1),
            "pid": os.getpid(),
        }
        unfinished = self.folder / "status.json.unfinished"
        unfinished.write_text(json.dumps(word))
        os.replace(unfinished, self.folder / "status.json")
