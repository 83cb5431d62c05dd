"""The square in which a network sees a face: from a box to a square, and from the square back to the picture."""

import numpy as np

ROOM = 1.7  # side of the square / longer side of the box around the points; the training crops are cut so

# A finder's box has half of the forehead too, and less of the cheeks. What is added to the sides of the box around the
# points, in its widths and heights: medians over 120 training crops on which MTCNN was run.
FOUND_SIDES = np.array([0.02, -0.29, -0.05, -0.04])


def box_of(points: np.ndarray) -> np.ndarray:
    """Points (..., 68, 2) -> (..., 4) xyxy, the smallest box around them."""
    return np.concatenate([points.min(-2), points.max(-2)], axis=-1)


def found_box(box: np.ndarray) -> np.ndarray:
    """A box around points (..., 4) xyxy -> the box that a finder would give."""
    return box + FOUND_SIDES * np.tile(box[..., 2:] - box[..., :2], 2)


def box_of_points_in(found: np.ndarray) -> np.ndarray:
    """A finder's box (..., 4) xyxy -> where the box around the points probably lies: the inverse of `found_box`."""
    growth = 1 + FOUND_SIDES[2:] - FOUND_SIDES[:2]
    return found - FOUND_SIDES * np.tile((found[..., 2:] - found[..., :2]) / growth, 2)


def moved_box(box: np.ndarray, random: np.random.Generator, beside: float, grown: float) -> np.ndarray:
    """`box` (4,) xyxy as a finder might have it: up to `beside` of its longer side away, exp(+-`grown`) times as large."""
    centre, half = (box[:2] + box[2:]) / 2, (box[2:] - box[:2]) / 2
    centre = centre + random.uniform(-beside, beside, 2) * 2 * half.max()
    half = half * np.exp(random.uniform(-grown, grown))
    return np.concatenate([centre - half, centre + half])


def framing(
    box: np.ndarray, size: int, turn: float = 0.0, room: float = ROOM, mirrored: bool = False
) -> np.ndarray:
    """The matrix (2, 3) from the picture into the square of `size` pixels around `box` (4,) xyxy.

    `turn`: degrees by which the face is turned back, positive for one that is turned clockwise.
    """
    centre, side = (box[:2] + box[2:]) / 2, max(float((box[2:] - box[:2]).max()), 1e-3)
    scale, angle = size / (side * room), np.radians(-turn)
    rotation = scale * np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    if mirrored:
        rotation[0] *= -1
    return np.concatenate([rotation, (size / 2 - rotation @ centre)[:, None]], axis=1)


def inverse(matrix: np.ndarray) -> np.ndarray:
    """The matrix (2, 3) that takes back what `matrix` (2, 3) does."""
    return np.linalg.inv(np.concatenate([matrix, [[0, 0, 1]]]))[:2]
