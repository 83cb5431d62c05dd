"""What a detector said of a picture, kept so that thresholds can be moved without asking the network again."""

import time
from dataclasses import dataclass

from hub_models.loader import LOADER
from hub_models.picture import decode_picture, encode_jpeg
from hub_models.results import Boxes
from hub_models.task import Task
from hub_models.ui.components import uploaded
from hub_models.ui.detections import for_eyes


@dataclass(frozen=True, kw_only=True)
class Seen:
    """All candidates in a picture, before any threshold; small enough for the memory of a session."""

    picture: bytes  # JPEG, as large as it is shown
    candidates: Boxes
    suppresses: bool  # non-max suppression follows; a DETR needs none
    seconds: float
    device: str
    notes: tuple[str, ...]


def see(task: Task, picture: str | None, checkpoint: str) -> Seen:
    """All candidates of `checkpoint` in the visitor's picture."""
    decoded = decode_picture(uploaded(picture))

    def work(predictor):
        began = time.perf_counter()
        candidates = predictor.candidates(decoded.pixels)
        return candidates, predictor.suppresses, time.perf_counter() - began

    candidates, suppresses, seconds = LOADER.run(checkpoint, task.id, work)
    return Seen(
        picture=encode_jpeg(for_eyes(decoded.pixels), 95),
        candidates=candidates,
        suppresses=suppresses,
        seconds=seconds,
        device=LOADER.device,
        notes=decoded.notes,
    )
