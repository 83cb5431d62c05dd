"""Old and new side by side: one picture through every network that tells about it."""

from functools import partial

import numpy as np

from hub_models.caption import Caption
from hub_models.task import Task
from hub_models.tasks.image_captioning import way
from hub_models.ui import compare, show_picture
from hub_models.ui.compare import Outcome
from hub_models.ui.frame import Shared

WORDS = (
    "One picture through every checkpoint, oldest idea first. Ours learned from 663 photographs with captions; "
    "those of the Hub from millions, and they name things that ours has no word for."
)
COLUMNS = ("Caption", "Log probability a word", "Milliseconds")


def predict(predictor, pixels: np.ndarray, *values: float) -> Caption:
    return predictor.predict(pixels, *way(*values))


def cells(outcome: Outcome[Caption], *values: object) -> list[object]:
    found = outcome.found
    mean = found.log_probability / (len(found.words) + 1)
    return [found.caption, f"{mean:.2f}", f"{1000 * outcome.seconds:.0f}"]


def card(small: np.ndarray, outcome: Outcome[Caption], *values: object) -> str:
    return show_picture(small, outcome.says(f"{outcome.found.caption} ({1000 * outcome.seconds:.0f} ms)"))


def comparison_view(task: Task, shared: Shared) -> None:
    view = partial(compare.comparison_view, thumbnail=420, card_width="18rem")
    view(task, shared, WORDS, columns=COLUMNS, cells=cells, card=card, predict=predict)
