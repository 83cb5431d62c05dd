"""Faces upright and in one place: turned, scaled and shifted so that eyes, nose and mouth lie where they always lie."""

import numpy as np
from PIL import Image

from hub_models.faces.points import five_places

# Where `align` puts both eyes' centres, the tip of the nose and both corners of the mouth, as shares of its square. The
# proportions are those of the mean face of the training crops, mirrored: with the eyes 1 apart, the nose lies 0.60 and
# the mouth 1.11 below them, and the mouth is 0.81 wide. The eyes are 0.36 of the square apart, so chin and brows fit in.
EYES_APART, EYES_HIGH = 0.36, 0.36
FIXED_PLACES = (
    np.array([[-0.5, 0.0], [0.5, 0.0], [0.0, 0.601], [-0.406, 1.115], [0.406, 1.115]]) * EYES_APART
    + (0.5, EYES_HIGH)
)  # fmt: skip


def similarity(source: np.ndarray, target: np.ndarray) -> np.ndarray:
    """The turn, scale and shift that brings `source` (N, 2) nearest to `target` (N, 2), as a matrix (2, 3).

    Least squares in closed form, after Umeyama, "Least-squares estimation of transformation parameters between two
    point patterns", 1991. Never mirrors. Points that all lie in one place are only shifted.
    """
    centre, goal = source.mean(0), target.mean(0)
    flat, wanted = source - centre, target - goal
    left, strengths, right = np.linalg.svd(wanted.T @ flat)
    signs = np.array([1.0, np.sign(np.linalg.det(left) * np.linalg.det(right)) or 1.0])
    turn = left @ np.diag(signs) @ right
    spread = float((flat**2).sum())
    scale = float(strengths @ signs) / spread if spread > 1e-9 else 1.0
    return np.concatenate([scale * turn, (goal - scale * turn @ centre)[:, None]], axis=1)


def moved(points: np.ndarray, matrix: np.ndarray) -> np.ndarray:
    """Points (..., 2) through a matrix (2, 3)."""
    return points @ matrix[:, :2].T + matrix[:, 2]


def warped(pixels: np.ndarray, matrix: np.ndarray, size: int) -> np.ndarray:
    """The square (size, size, 3) uint8 of which `matrix` (2, 3) says where each pixel of (H, W, 3) belongs.

    Read between pixels; where much is shrunk, the picture is shrunk by whole numbers first, so that nothing is
    skipped. Outside the picture its border is repeated.
    """
    back = np.linalg.inv(np.concatenate([matrix, [[0, 0, 1]]]))[:2]  # place in the square -> in the picture
    height, width = pixels.shape[:2]
    corners = moved(np.array([[0, 0], [size, 0], [0, size], [size, size]], float), back)
    low, high = np.floor(corners.min(0)).astype(int) - 2, np.ceil(corners.max(0)).astype(int) + 2
    left, top = np.clip(low, 0, (width - 1, height - 1))
    right, bottom = np.maximum(np.clip(high, 0, (width, height)), (left + 1, top + 1))
    part = Image.fromarray(np.ascontiguousarray(pixels[top:bottom, left:right]))
    shrink = max(1, int(np.sqrt(abs(np.linalg.det(back[:, :2])))))
    if shrink > 1:
        part = part.reduce(shrink)
    before = np.maximum(0, np.ceil(([left, top] - low) / shrink)).astype(int)  # columns, rows to repeat
    after = np.maximum(0, np.ceil((high - [right, bottom]) / shrink)).astype(int)
    if before.any() or after.any():
        around = ((before[1], after[1]), (before[0], after[0]), (0, 0))
        part = Image.fromarray(np.pad(np.asarray(part), around, mode="edge"))
    into = back / shrink
    into[:, 2] += before - np.array([left, top]) / shrink
    seen = part.transform(
        (size, size), Image.Transform.AFFINE, tuple(into.ravel()), Image.Resampling.BILINEAR
    )
    return np.asarray(seen)


def align(pixels: np.ndarray, points: np.ndarray, size: int = 128) -> np.ndarray:
    """The face with these `points` (68, 2) in pixels (H, W, 3), upright and in one place: (size, size, 3) uint8."""
    return warped(pixels, similarity(five_places(points.astype(float)), FIXED_PLACES * size), size)
