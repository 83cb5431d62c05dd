"""Old and new side by side: the objects of every network with their pixels."""

import numpy as np

from hub_models.segments import Instances
from hub_models.tabs.instance_segmentation_seen import show_instances
from hub_models.task import Task
from hub_models.ui import compare
from hub_models.ui.compare import Outcome
from hub_models.ui.frame import Shared

WORDS = (
    "One picture through every checkpoint, oldest architecture first. Look at outlines, at what touches, and at what "
    "only one of them finds. Thresholds as in *Try it*. The classes differ: a network finds only what it was taught, "
    "and Segment Anything has no classes at all."
)
COLUMNS = ("Objects", "Pixels in masks", "Seconds a picture")


def comparison_view(task: Task, shared: Shared) -> None:
    compare.comparison_view(
        task,
        shared,
        WORDS,
        columns=COLUMNS,
        cells=cells,
        card=card,
        thumbnail=520,
        card_width="17rem",
        predict=predict,
    )


def predict(predictor, pixels: np.ndarray, confidence: float, iou: float, threshold: float) -> Instances:
    return predictor.predict(pixels, confidence, iou)


def cells(outcome: Outcome[Instances], confidence: float, iou: float, threshold: float) -> list[object]:
    found = outcome.found
    counted = ", ".join(f"{n} {name}" for name, n in found.counts().items())
    return [counted or "none", int((found.label_map(threshold) > 0).sum()), f"{outcome.seconds:.3f}"]


def card(
    small: np.ndarray, outcome: Outcome[Instances], confidence: float, iou: float, threshold: float
) -> str:
    words = f"{len(outcome.found)} objects in {outcome.seconds:.3f} s. {outcome.found.text()}"
    return show_instances(small, outcome.found, threshold, outcome.says(words))
