"""From a visitor's picture or text to an Answer, the same for every task: decode or clean, run, time."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from hub_models.errors import BadInput
from hub_models.loader import LOADER
from hub_models.picture import decode_picture
from hub_models.task import Answer
from hub_models.text import clean

T = TypeVar("T")


def answer_picture(task: str, picture: Path, checkpoint: str, *settings: float) -> Answer:
    """What `predict(pixels, *settings)` of the checkpoint's predictor says of the picture."""
    decoded = decode_picture(picture)
    result, seconds = LOADER.run(
        checkpoint, task, lambda predictor: timed(predictor.predict, decoded.pixels, *settings)
    )
    return Answer(
        result=result, seconds=seconds, device=LOADER.device, checkpoint=checkpoint, notes=decoded.notes
    )


def answer_text(task: str, text: str, checkpoint: str, *settings: float) -> Answer:
    """What `predict(text, *settings)` of the checkpoint's predictor says of the text, and what it could not read of it."""
    cleaned, notes = clean(text)

    def work(predictor):
        return *timed(predictor.predict, cleaned, *settings), predictor.remarks(cleaned)

    result, seconds, remarks = LOADER.run(checkpoint, task, work)
    return Answer(
        result=result, seconds=seconds, device=LOADER.device, checkpoint=checkpoint, notes=notes + remarks
    )


def timed(work: Callable[..., T], *given: object) -> tuple[T, float]:
    """(`work(*given)`, seconds that it took)."""
    began = time.perf_counter()
    result = work(*given)
    return result, time.perf_counter() - began


def check_share(name: str, value: float) -> float:
    """A threshold in 0..1, or BadInput `bad_value`; NaN is none."""
    if not 0 <= value <= 1:
        raise BadInput("bad_value", f"Expected a number from 0 to 1 for {name}, got {value:g}.")
    return value
