"""What a network said of a picture, kept so that thresholds can be moved without asking it again; and how it is shown."""

import time
from dataclasses import dataclass, replace

import numpy as np

from hub_models import draw_segments
from hub_models.loader import LOADER
from hub_models.picture import decode_picture, encode_jpeg
from hub_models.segments import Instances
from hub_models.task import Task
from hub_models.ui import show_picture
from hub_models.ui.components import uploaded
from hub_models.ui.detections import for_eyes, resized_boxes


@dataclass(frozen=True, kw_only=True)
class Seen:
    """All candidates in a picture, before any threshold; small enough for the memory of a session."""

    picture: bytes  # JPEG, as large as it is shown
    candidates: Instances  # in pixels of the picture given
    suppresses: bool  # non-max suppression follows
    seconds: float
    device: str
    notes: tuple[str, ...]

    def pixels(self) -> np.ndarray:
        return decode_picture(self.picture).pixels

    def found(self, confidence: float, iou: float) -> Instances:
        """What is left at these thresholds."""
        from hub_models.predictors.instances import select_instances

        return select_instances(self.candidates, confidence, iou, self.suppresses)


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


def at_size(found: Instances, size_hw: tuple[int, int]) -> Instances:
    """The same objects in a picture of another size."""
    boxes = resized_boxes(found.boxes_xyxy, found.size_hw, size_hw)
    return replace(found, boxes_xyxy=boxes, size_hw=size_hw)


def show_instances(pixels: np.ndarray, found: Instances, threshold: float = 0.5, says: str = "") -> str:
    """The picture with its objects as HTML. `pixels` may be of another size than `found`."""
    drawn = draw_segments.instances(pixels, at_size(found, pixels.shape[:2]), threshold)
    return show_picture(drawn, says or found.text())
