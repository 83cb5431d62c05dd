"""Old and new side by side: the boxes of every detector, and where their seconds go."""

import numpy as np

from hub_models import draw
from hub_models.results import Boxes
from hub_models.task import Task
from hub_models.ui import compare, show_picture
from hub_models.ui.compare import Outcome
from hub_models.ui.detections import at_size
from hub_models.ui.frame import Shared

WORDS = (
    "One picture through every checkpoint, oldest architecture first. Watch where the seconds go: from windows "
    "cut out one by one, to regions, to one look at the whole picture. Thresholds as in *Try it*. The classes "
    "differ: a network finds only what it was taught."
)
COLUMNS = ("Objects", "Seconds a picture")


def comparison_view(task: Task, shared: Shared) -> None:
    compare.comparison_view(task, shared, WORDS, columns=COLUMNS, cells=cells, card=card)


def cells(outcome: Outcome[Boxes], *thresholds: float) -> list[object]:
    counted = ", ".join(f"{n} {name}" for name, n in outcome.found.counts().items())
    return [counted or "none", f"{outcome.seconds:.3f}"]


def card(small: np.ndarray, outcome: Outcome[Boxes], *thresholds: float) -> str:
    fitted = at_size(outcome.found, small.shape[:2])
    drawn = draw.framed(small, fitted.boxes_xyxy, fitted.labels.tolist(), [""] * len(fitted))
    words = f"{len(fitted)} objects in {outcome.seconds:.3f} s. {fitted.text()}"
    return show_picture(drawn, outcome.says(words))
