"""The 68 points of a face: which is which, how far the eyes are apart, and how wrong a guess of them is.

They are those of the 300-W annotation (Sagonas and others, "300 Faces In-The-Wild Challenge", 2013). Right and left are
the person's own, so the right eye stands on the left of the picture.
"""

import numpy as np

POINTS = 68
GROUPS: dict[str, slice] = {
    "jaw": slice(0, 17),
    "right brow": slice(17, 22),
    "left brow": slice(22, 27),
    "nose": slice(27, 36),
    "right eye": slice(36, 42),
    "left eye": slice(42, 48),
    "mouth": slice(48, 68),
}
OUTER_CORNERS = (36, 45)  # of the right and of the left eye
NOSE_TIP, RIGHT_MOUTH_CORNER, LEFT_MOUTH_CORNER = 30, 48, 54


def mirrored_order() -> np.ndarray:
    """(68,) int64: which point of a face becomes point 0, 1, ... when its picture is mirrored."""
    order = np.arange(POINTS)
    order[:17] = np.arange(16, -1, -1)  # jaw
    order[17:27] = np.arange(26, 16, -1)  # brows
    order[31:36] = np.arange(35, 30, -1)  # nostrils
    order[36:48] = [45, 44, 43, 42, 47, 46, 39, 38, 37, 36, 41, 40]  # eyes
    order[48:60] = [54, 53, 52, 51, 50, 49, 48, 59, 58, 57, 56, 55]  # outer lips
    order[60:68] = [64, 63, 62, 61, 60, 67, 66, 65]  # inner lips
    return order


def eye_distance(points: np.ndarray) -> np.ndarray:
    """Points (..., 68, 2) -> (...): the distance of the outer corners of both eyes, by which errors are divided."""
    right, left = OUTER_CORNERS
    return np.linalg.norm(points[..., left, :] - points[..., right, :], axis=-1)


def mean_error(points: np.ndarray, truth: np.ndarray) -> np.ndarray:
    """Two sets of points (..., 68, 2) -> (...): their mean distance as a share of the true eye distance."""
    return np.linalg.norm(points - truth, axis=-1).mean(-1) / np.maximum(eye_distance(truth), 1e-6)


def five_places(points: np.ndarray) -> np.ndarray:
    """Points (..., 68, 2) -> (..., 5, 2): the eyes' centres, the tip of the nose, the corners of the mouth."""
    eyes = [points[..., GROUPS[name], :].mean(-2) for name in ("right eye", "left eye")]
    others = [points[..., place, :] for place in (NOSE_TIP, RIGHT_MOUTH_CORNER, LEFT_MOUTH_CORNER)]
    return np.stack([*eyes, *others], axis=-2)
