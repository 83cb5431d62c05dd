"""What a network said of a picture, kept so that opacity and pixels are answered without asking it again."""

from dataclasses import dataclass

import numpy as np

from hub_models.answering import timed
from hub_models.draw_segments import resized_labels
from hub_models.loader import LOADER
from hub_models.picture import decode_picture, encode_jpeg
from hub_models.results import Labels
from hub_models.segments import SemanticMap
from hub_models.task import Task
from hub_models.ui.components import uploaded
from hub_models.ui.detections import for_eyes


@dataclass(frozen=True, kw_only=True)
class Seen:
    """The answer at the size of the screen; small enough for the memory of a session."""

    picture: bytes  # JPEG, as large as it is shown
    found: SemanticMap  # labels as large as the picture is shown, probabilities in half precision
    size_hw: tuple[int, int]  # of the picture given
    pixels: tuple[tuple[int, int], ...]  # (class, its pixels of the picture given), the largest first
    certainty: tuple[
        float, ...
    ]  # mean probability of each class where it is the most probable; NaN where nowhere
    seconds: float
    device: str
    notes: tuple[str, ...]

    def at(self, row: int, column: int) -> Labels:
        """The probabilities at one pixel of the picture given."""
        middle = (
            int((at + 0.5) * shown / given)
            for at, shown, given in zip((row, column), self.found.size_hw, self.size_hw, strict=True)
        )
        return self.found.at(*middle)


def see(task: Task, picture: str | None, checkpoint: str) -> Seen:
    """What `checkpoint` says of the visitor's picture."""
    decoded = decode_picture(uploaded(picture))

    found, seconds = LOADER.run(
        checkpoint, task.id, lambda predictor: timed(predictor.predict, decoded.pixels)
    )
    return seen_of(decoded.pixels, found, seconds, LOADER.device, decoded.notes)


def seen_of(
    pixels: np.ndarray, found: SemanticMap, seconds: float, device: str, notes: tuple[str, ...] = ()
) -> Seen:
    """The answer to `pixels` (H, W, 3), made as small as it is needed."""
    shown = for_eyes(pixels)
    counts = np.bincount(found.labels.ravel(), minlength=len(found.names))
    order = np.argsort(-counts, kind="stable")
    best, largest = found.probabilities.argmax(0), found.probabilities.max(0)
    certainty = [
        float(largest[best == i].mean()) if (best == i).any() else float("nan")
        for i in range(len(found.names))
    ]
    return Seen(
        picture=encode_jpeg(shown, 92),
        found=SemanticMap(
            found.names,
            resized_labels(found.labels, shown.shape[:2]),
            found.probabilities.astype(np.float16),
        ),
        size_hw=pixels.shape[:2],
        pixels=tuple((int(i), int(counts[i])) for i in order if counts[i]),
        certainty=tuple(certainty),
        seconds=seconds,
        device=device,
        notes=notes,
    )
