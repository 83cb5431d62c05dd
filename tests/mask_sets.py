"""Small data sets with masks: bright squares and discs on a dark ground."""

from pathlib import Path

import numpy as np
from PIL import Image

CLASSES = ("ground", "square", "disc")


def scene(number: int, height: int = 40, width: int = 56) -> tuple[np.ndarray, np.ndarray]:
    """(picture (H, W, 3) uint8, labels (H, W) uint8): a square and a disc somewhere, in colours of their own."""
    random = np.random.default_rng(number)
    labels = np.zeros((height, width), np.uint8)
    top, left = random.integers(0, height - 16), random.integers(0, width // 2 - 12)
    labels[top : top + 12, left : left + 12] = 1
    y, x = np.mgrid[:height, :width]
    centre = random.integers(8, height - 8), random.integers(width // 2 + 8, width - 8)
    labels[(y - centre[0]) ** 2 + (x - centre[1]) ** 2 < 49] = 2
    colours = np.array([(40, 40, 40), (220, 120, 30), (40, 120, 220)], np.float32)
    picture = colours[labels] + random.normal(0, 12, (height, width, 3))
    return np.clip(picture, 0, 255).astype(np.uint8), labels


def write(folder: Path, count: int, classes: str | None = "\n".join(CLASSES), first: int = 0) -> Path:
    """images/, masks/ and classes.txt with `count` scenes."""
    for kind in ("images", "masks"):
        (folder / kind).mkdir(parents=True, exist_ok=True)
    for number in range(first, first + count):
        picture, labels = scene(number)
        Image.fromarray(picture).save(folder / "images" / f"{number}.png")
        Image.fromarray(labels).save(folder / "masks" / f"{number}.png")
    if classes is not None:
        (folder / "classes.txt").write_text(classes, encoding="utf-8")
    return folder
