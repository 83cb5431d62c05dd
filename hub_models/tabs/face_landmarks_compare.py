"""Regression and heatmaps side by side: the same faces through every network, with time and size."""

from functools import partial

import numpy as np

from hub_models import draw_faces
from hub_models.faces import Landmarks, eye_distance
from hub_models.finding_faces import faces_by
from hub_models.predictors.face_landmarker import FaceLandmarker
from hub_models.tabs.face_landmarks_seen import at_size
from hub_models.task import Task
from hub_models.ui import compare, show_picture
from hub_models.ui.compare import Outcome
from hub_models.ui.frame import Shared

WORDS = (
    "One picture through every checkpoint, oldest architecture first; the finder is the same for all. Regression knows "
    "the face as a whole and gives a likely face even where it sees little. Heatmaps look at each place and are exact "
    "where something is to be seen. Compare the jaw, and the corners of the mouth."
)
COLUMNS = ("Faces", "Eyes apart, largest face (pixels)", "Milliseconds a picture, finder included")


def predict(predictor: FaceLandmarker, pixels: np.ndarray, confidence: float, *drawn: object) -> Landmarks:
    return faces_by(predictor, pixels, confidence)


def cells(outcome: Outcome[Landmarks], *values: object) -> list[object]:
    found = outcome.found
    apart = f"{eye_distance(found.points[found.largest()]):.1f}" if len(found) else ""
    return [len(found), apart, f"{1000 * outcome.seconds:.0f}"]


def card(small: np.ndarray, outcome: Outcome[Landmarks], *values: object) -> str:
    words = f"{1000 * outcome.seconds:.0f} ms, {outcome.checkpoint.parameters:,} parameters. {outcome.found.text()}"
    drawn = draw_faces.landmarks(small, at_size(outcome.found, small.shape[:2]), boxes=False)
    return show_picture(drawn, outcome.says(words))


def comparison_view(task: Task, shared: Shared) -> None:
    view = partial(compare.comparison_view, thumbnail=640, card_width="20rem")
    view(task, shared, WORDS, columns=COLUMNS, cells=cells, card=card, predict=predict)
