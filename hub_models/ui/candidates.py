"""All that a network found in a picture, kept so that thresholds can be moved without asking the network again."""

from dataclasses import dataclass
from typing import Generic, TypeVar

import numpy as np

from hub_models.answering import timed
from hub_models.loader import LOADER
from hub_models.picture import decode_picture, encode_jpeg
from hub_models.task import Task
from hub_models.ui.components import uploaded
from hub_models.ui.detections import for_eyes

Found = TypeVar("Found")  # Boxes or Instances


@dataclass(frozen=True, kw_only=True)
class Seen(Generic[Found]):
    """All candidates in a picture, before any threshold; small enough for the memory of a session."""

    picture: bytes  # JPEG, as large as it is shown
    candidates: Found  # in pixels of the picture given
    suppresses: bool  # non-max suppression follows; a DETR needs none
    seconds: float
    device: str
    notes: tuple[str, ...]

    def pixels(self) -> np.ndarray:
        return decode_picture(self.picture).pixels

    def steps(self, left: int, confidence: float, needs_none: str) -> str:
        """How many are left at each step, time, device and notes; `needs_none` says why nothing is suppressed."""
        certain = int((self.candidates.scores >= confidence).sum())
        last = f"{left} left by non-max suppression" if self.suppresses else f"no suppression: {needs_none}"
        notes = "".join(f" Note: {note}." for note in self.notes)
        return (
            f"{len(self.candidates)} candidates, {certain} of them at least {confidence:.0%} certain; {last}. "
            f"{self.seconds * 1000:.0f} ms on {self.device} for the candidates.{notes}"
        )


def see(task: Task, picture: str | None, checkpoint: str) -> Seen:
    """All candidates of `checkpoint` in the visitor's picture."""
    decoded = decode_picture(uploaded(picture))

    def work(predictor):
        return *timed(predictor.candidates, decoded.pixels), predictor.suppresses

    candidates, seconds, suppresses = LOADER.run(checkpoint, task.id, work)
    return Seen(
        picture=encode_jpeg(for_eyes(decoded.pixels), 95),
        candidates=candidates,
        suppresses=suppresses,
        seconds=seconds,
        device=LOADER.device,
        notes=decoded.notes,
    )
