"""What was found in a picture, kept so that groups, lines and numbers are answered without asking a network again."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from hub_models.answering import timed
from hub_models.errors import BadInput
from hub_models.faces import Landmarks, align, box_of, framing, moved, warped
from hub_models.finding_faces import faces_in, load, no_face
from hub_models.loader import LOADER
from hub_models.picture import decode_picture, encode_jpeg
from hub_models.predictors.face_landmarker import FaceLandmarker
from hub_models.ui.detections import for_eyes, resized_boxes

MOST_CROPS = 12  # upright faces that are kept
SQUARE = 192  # pixels of a side of the face that the views look at


@dataclass(frozen=True, kw_only=True)
class Seen:
    """The answer at the size of the screen."""

    picture: bytes  # JPEG, as large as it is shown
    found: Landmarks  # in pixels of the picture as it is shown
    given: Landmarks  # in pixels of the picture given
    upright: tuple[np.ndarray, ...]  # (128, 128, 3) uint8 each
    seconds: float
    device: str
    notes: tuple[str, ...]


def see(path: Path, checkpoint: str, confidence: float) -> Seen:
    """The faces in a visitor's picture with the points of `checkpoint`."""
    decoded = decode_picture(path)
    load(checkpoint)
    found, seconds = timed(faces_in, decoded.pixels, confidence, checkpoint)
    shown = for_eyes(decoded.pixels)
    return Seen(
        picture=encode_jpeg(shown, 92),
        found=at_size(found, shown.shape[:2]),
        given=found,
        upright=tuple(align(decoded.pixels, points) for points in found.points[:MOST_CROPS]),
        seconds=seconds,
        device=LOADER.device,
        notes=decoded.notes,
    )


def at_size(found: Landmarks, size_hw: tuple[int, int]) -> Landmarks:
    """The same faces in the picture at another size."""
    down, across = size_hw[0] / found.size_hw[0], size_hw[1] / found.size_hw[1]
    return Landmarks(
        resized_boxes(found.boxes_xyxy, found.size_hw, size_hw),
        found.points * np.float32([across, down]),
        found.scores,
        size_hw,
    )


@dataclass(frozen=True, kw_only=True)
class Face:
    """The largest face of a picture in the square that a network sees: pixels (SQUARE, SQUARE, 3) uint8, points in them."""

    pixels: np.ndarray
    points: np.ndarray  # (68, 2) by the checkpoint that was asked

    def points_by(self, predictor: FaceLandmarker, pixels: np.ndarray | None = None) -> np.ndarray:
        """The points (68, 2) by `predictor`, in one look at this square, or at `pixels` in its place."""
        box = box_of(self.points.astype(float))[None]
        return predictor.points_in(self.pixels if pixels is None else pixels, box, passes=1)[0]


def largest_in(path: Path, checkpoint: str) -> tuple[Face, np.ndarray, np.ndarray]:
    """(the largest face in its square, pixels of the whole picture, its points there). BadInput `no_face`."""
    pixels = decode_picture(path).pixels
    found = faces_in(pixels, landmarks=checkpoint)
    if not len(found):
        raise no_face()
    points = found.points[found.largest()].astype(float)
    matrix = framing(box_of(points), SQUARE)
    return Face(pixels=warped(pixels, matrix, SQUARE), points=moved(points, matrix)), pixels, points


def of_architecture(task: str, checkpoint: str, model: str) -> str:
    """`checkpoint` if its network is a `model`, else the first in the menu that is. BadInput where there is none."""
    rows = [row for row in LOADER.menu(task) if row.model == model]
    for row in rows:
        if row.id == checkpoint:
            return checkpoint
    if not rows:
        raise BadInput("checkpoint_unknown", f"Expected a checkpoint of {model} in the menu, there is none.")
    return rows[0].id
