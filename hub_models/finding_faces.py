"""From a whole photograph to faces: a finder gives boxes, a network for points looks into each of them.

The finder sees the picture at one size, so narrow faces are missed; where the picture is large it looks at four parts of
it, too. Finders learned from photographs in which faces have something around them, and a crop that is all face is
foreign to them: where nothing is found, the picture is laid on a larger ground, its border repeated and faded, and
tried again.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from hub_models.errors import BadInput
from hub_models.faces import Landmarks, align, box_of_points_in
from hub_models.loader import LOADER
from hub_models.picture import fit_within
from hub_models.results import Boxes

if TYPE_CHECKING:  # a task imports this module, and opening the app must not import torch
    from hub_models.predictors.detector import DetectorProtocol
    from hub_models.predictors.face_landmarker import FaceLandmarker

FINDER, FINDER_TASK = "mtcnn.wider_face", "object-detection"
POINTS, POINTS_TASK = "landmark_heatmaps.youtube_faces", "face-landmarks"
CONFIDENCE, OVERLAP = 0.7, 0.3  # least certainty of a face, as MTCNN has it; largest IoU of two
LEAST_CANDIDATE = 0.02
ROUND = 0.4  # of the longer side, laid around a picture in which nothing is found
SEEN = 512  # pixels of the longer side that is laid on it
NARROW = 3  # longer side / shorter side from which no face can fill a picture
PART = 0.62  # of each side: a part of a large picture
LARGE = 1000  # pixels of the longer side from which parts are looked at
MOST_FACES = 60


def faces_in(
    pixels: np.ndarray, confidence: float = CONFIDENCE, landmarks: str = POINTS, finder: str = FINDER
) -> Landmarks:
    """The faces in (H, W, 3) uint8 with their points, the most certain first; none where nothing is found.

    `landmarks` and `finder` are ids of checkpoints.
    """
    return LOADER.run(
        landmarks, POINTS_TASK, lambda predictor: faces_by(predictor, pixels, confidence, finder)
    )


def load(landmarks: str = POINTS, finder: str = FINDER) -> None:
    """Have both networks in memory, so that what follows can be timed without their loading."""
    LOADER.get(finder, FINDER_TASK)
    LOADER.get(landmarks, POINTS_TASK)


def faces_by(
    predictor: FaceLandmarker, pixels: np.ndarray, confidence: float = CONFIDENCE, finder: str = FINDER
) -> Landmarks:
    """The same, by a network for points that is in memory."""
    found = boxes_in(pixels, confidence, finder)
    points = predictor.points_in(pixels, box_of_points_in(found.boxes_xyxy.astype(float)))
    return Landmarks(found.boxes_xyxy, points, found.scores, pixels.shape[:2])


def boxes_in(pixels: np.ndarray, confidence: float = CONFIDENCE, finder: str = FINDER) -> Boxes:
    """The boxes of the faces alone."""
    return LOADER.run(finder, FINDER_TASK, lambda predictor: found_by(predictor, pixels, confidence))


def found_by(
    predictor: DetectorProtocol, pixels: np.ndarray, confidence: float = CONFIDENCE, large: int = LARGE
) -> Boxes:
    """The boxes by this finder: the whole picture, its parts where it is `large`; then on a larger ground."""
    from hub_models.predictors.detector import select

    found = select(all_candidates(predictor, pixels, large), confidence, OVERLAP, most=MOST_FACES)
    height, width = pixels.shape[:2]
    if len(found) or max(height, width) > NARROW * min(height, width):
        return found
    small = fit_within(pixels, SEEN)
    wider, around = with_ground(small)
    again = predictor.candidates(wider)
    growth = np.float32([width / small.shape[1], height / small.shape[0]] * 2)
    boxes = np.clip((again.boxes_xyxy - np.float32(around)) * growth, 0, np.float32([width, height] * 2))
    real = (boxes[:, 2:] - boxes[:, :2] > 1).all(1)
    moved = Boxes(again.names, boxes[real], again.labels[real], again.scores[real], (height, width))
    return select(moved, confidence, OVERLAP, most=MOST_FACES)


def all_candidates(predictor: DetectorProtocol, pixels: np.ndarray, large: int = LARGE) -> Boxes:
    """Candidates in the whole picture and, where its longer side has `large` pixels, in its parts."""
    whole = predictor.candidates(pixels)
    boxes, scores = [whole.boxes_xyxy], [whole.scores]
    for left, top, right, bottom in parts_of(pixels.shape[:2], large):
        some = predictor.candidates(pixels[top:bottom, left:right])
        inside = some.chosen(
            (some.scores >= LEAST_CANDIDATE) & not_cut(some, (left, top, right, bottom), whole.size_hw)
        )
        boxes.append(inside.boxes_xyxy + np.float32([left, top, left, top]))
        scores.append(inside.scores)
    order = np.argsort(-np.concatenate(scores), kind="stable")
    return Boxes(
        whole.names,
        np.concatenate(boxes)[order],
        np.zeros(len(order), np.int64),
        np.concatenate(scores)[order],
        whole.size_hw,
    )


def parts_of(size_hw: tuple[int, int], large: int = LARGE) -> Iterator[tuple[int, int, int, int]]:
    """Four overlapping parts x0, y0, x1, y1, one in each corner; none of a small picture."""
    height, width = size_hw
    if max(size_hw) < large:
        return
    high, wide = max(1, round(PART * height)), max(1, round(PART * width))
    for top in (0, height - high):
        for left in (0, width - wide):
            yield left, top, left + wide, top + high


def not_cut(found: Boxes, part: tuple[int, int, int, int], size_hw: tuple[int, int]) -> np.ndarray:
    """(N,) bool: faces that do not touch a side of the part which is not a side of the picture."""
    height, width = found.size_hw
    inner = np.array([part[0] > 0, part[1] > 0, part[2] < size_hw[1], part[3] < size_hw[0]])
    gap = 0.01 * max(height, width)
    ends = np.array([0, 0, width, height])
    return ~((np.abs(found.boxes_xyxy - ends) < gap) & inner).any(1)


def with_ground(pixels: np.ndarray) -> tuple[np.ndarray, int]:
    """((H + 2r, W + 2r, 3) uint8 with the border repeated around and faded to grey, r)."""
    height, width = pixels.shape[:2]
    around = round(ROUND * max(height, width))
    rows, columns = np.arange(-around, height + around), np.arange(-around, width + around)
    far = np.maximum(
        outside(rows, height)[:, None], outside(columns, width)[None]
    )  # 0 inside, r at the outer side
    wide = pixels[np.clip(rows, 0, height - 1)[:, None], np.clip(columns, 0, width - 1)[None]].astype(
        np.float32
    )
    faded = wide + (127 - wide) * (far / max(around, 1))[:, :, None]
    return faded.astype(np.uint8), around


def outside(places: np.ndarray, count: int) -> np.ndarray:
    """How far each place lies outside of 0..count - 1."""
    return np.maximum(np.maximum(-places, places - (count - 1)), 0)


def largest_face(pixels: np.ndarray, size: int = 128) -> tuple[np.ndarray, str]:
    """(the largest face, upright, (size, size, 3) uint8; what to say where there were several, or "").

    BadInput `no_face`.
    """
    found = faces_in(pixels)
    if not len(found):
        raise no_face()
    face = align(pixels, found.points[found.largest()], size)
    return face, "" if len(found) == 1 else f"{len(found)} faces in the picture; the largest one is taken"


def no_face() -> BadInput:
    return BadInput(
        "no_face",
        "Expected a picture with a face, found none. Choose one in which a face is upright, lit, seen from the front and at "
        "least a tenth of the picture wide.",
    )
