"""Pictures composed of a photograph without faces, crops of faces and crops of nothing, with the boxes of the faces.

Every patch, face or not, is turned, mirrored, lit and blended through the same soft oval mask, so that a network cannot
tell a face by the traces of the pasting.
"""

from collections.abc import Sequence

import numpy as np
from PIL import Image

from hub_models.faces import ROOM, box_of, found_box, framing, moved, warped
from hub_models.landmark_dataset import LandmarkPictures
from hub_models.picture import fit_within

SIDE = 320  # pixels of the longer side of a picture
SMALLEST, LARGEST = 0.06, 0.62  # of the shorter side: the box of a face
MOST_FACES, MOST_OTHERS = 4, 4
TURN = 20.0  # degrees
TRIES = 20


def soft_oval(size: int) -> np.ndarray:
    """(size, size, 1) float32: 1 inside an oval, falling to 0 at the border of the square."""
    y, x = (np.mgrid[:size, :size] + 0.5) / size * 2 - 1
    far = (np.abs(x * 1.05) ** 2.6 + np.abs(y) ** 2.6) ** (1 / 2.6)
    return np.clip((0.98 - far) / 0.22, 0, 1)[:, :, None].astype(np.float32)


class Composer:
    """`faces` are pasted onto `grounds`, pictures (H, W, 3) uint8 without faces."""

    def __init__(self, faces: LandmarkPictures, grounds: Sequence[np.ndarray]) -> None:
        self.faces, self.grounds = faces, grounds

    def compose(self, random: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        """((H, W, 3) uint8, boxes (n, 4) float32 of the faces in it)."""
        ground = self.grounds[random.integers(len(self.grounds))]
        scale = SIDE / max(ground.shape[:2])
        size_wh = (round(ground.shape[1] * scale), round(ground.shape[0] * scale))
        canvas = np.asarray(Image.fromarray(ground).resize(size_wh, Image.Resampling.BILINEAR)).astype(
            np.float32
        )
        taken: list[np.ndarray] = []
        boxes = []
        kinds = [True] * int(random.integers(1, MOST_FACES + 1)) + [False] * int(
            random.integers(0, MOST_OTHERS + 1)
        )
        for is_face in kinds:
            size = min(size_wh) * np.exp(random.uniform(np.log(SMALLEST), np.log(LARGEST)))
            side = max(16, round(ROOM * size))
            corner = self.free_place(random, side, size_wh, taken)
            if corner is None:
                continue
            patch, points = self.face(random, side) if is_face else (self.other(random, side), None)
            paste(canvas, lit(patch, random), corner)
            taken.append(np.concatenate([corner, corner + side]))
            if points is not None:
                boxes.append(found_box(box_of(points + corner)))
        height, width = canvas.shape[:2]
        found = np.array(boxes, np.float32).reshape(-1, 4)
        return canvas.clip(0, 255).astype(np.uint8), found.clip(0, (width, height, width, height))

    def free_place(
        self, random: np.random.Generator, side: int, size_wh: tuple[int, int], taken: list[np.ndarray]
    ) -> np.ndarray | None:
        """A corner (2,) for a square of `side` that lies on no other patch and hardly beyond the picture, or None."""
        beyond = round(0.15 * side)
        for _ in range(TRIES):
            corner = np.array(
                [random.integers(-beyond, max(1 - beyond, wide - side + beyond)) for wide in size_wh]
            )
            square = np.concatenate([corner, corner + side])
            if all((square[:2] >= o[2:]).any() or (square[2:] <= o[:2]).any() for o in taken):
                return corner
        return None

    def face(self, random: np.random.Generator, side: int) -> tuple[np.ndarray, np.ndarray]:
        """A crop (side, side, 3) and the points of its face in it."""
        index = int(random.integers(len(self.faces)))
        points = self.faces.points[index].astype(float)
        mirrored = bool(random.random() < 0.5)
        matrix = framing(box_of(points), side, float(random.uniform(-TURN, TURN)), ROOM, mirrored)
        return warped(self.faces.read(index), matrix, side), moved(points, matrix)

    def other(self, random: np.random.Generator, side: int) -> np.ndarray:
        """A part of another photograph without faces: (side, side, 3)."""
        ground = fit_within(self.grounds[random.integers(len(self.grounds))], SIDE)
        height, width = ground.shape[:2]
        part = random.uniform(0.2, 0.8) * min(height, width)
        x, y = random.uniform(0, width - part), random.uniform(0, height - part)
        box = np.array([x, y, x + part, y + part])
        return warped(ground, framing(box, side, float(random.uniform(-TURN, TURN)), 1.0), side)


def lit(patch: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """(s, s, 3) uint8 -> float32 in other light, sometimes grey or coarse."""
    if random.random() < 0.3:
        side = len(patch)
        coarse = max(12, round(side * random.uniform(0.3, 0.8)))
        small = Image.fromarray(patch).resize((coarse, coarse), Image.Resampling.BOX)
        patch = np.asarray(small.resize((side, side), Image.Resampling.BILINEAR))
    light = (
        patch.astype(np.float32)
        * random.uniform(0.5, 1.15)
        * random.uniform(0.92, 1.08, 3).astype(np.float32)
    )
    if random.random() < 0.1:
        light = np.repeat(light.mean(axis=2, keepdims=True), 3, axis=2)
    return light


def paste(canvas: np.ndarray, patch: np.ndarray, corner: np.ndarray) -> None:
    """Blend a square patch into `canvas` (H, W, 3) float32, which is changed; what lies beyond it is cut off."""
    (height, width), side = canvas.shape[:2], len(patch)
    x0, y0 = np.maximum(corner, 0)
    x1, y1 = min(width, corner[0] + side), min(height, corner[1] + side)
    inside = (slice(y0 - corner[1], y1 - corner[1]), slice(x0 - corner[0], x1 - corner[0]))
    mask = soft_oval(side)[inside]
    canvas[y0:y1, x0:x1] = canvas[y0:y1, x0:x1] * (1 - mask) + patch[inside] * mask
