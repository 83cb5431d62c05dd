"""Boxes on a picture as HTML: large enough to read the names, small enough to send, with a legend and alt text."""

from dataclasses import replace

import numpy as np
from PIL import Image

from hub_models import draw
from hub_models.picture import fit_within
from hub_models.results import Boxes
from hub_models.ui.components import show_picture

LEAST, MOST = 640, 1280  # pixels of the longer side on the screen


def for_eyes(pixels: np.ndarray) -> np.ndarray:
    """The picture at a size at which names can be read: (H, W, 3) uint8, enlarged or shrunk, sides in proportion."""
    height, width = pixels.shape[:2]
    if max(height, width) >= LEAST:
        return fit_within(pixels, MOST)
    scale = LEAST / max(height, width)
    size_wh = (max(1, round(width * scale)), max(1, round(height * scale)))
    return np.array(Image.fromarray(pixels).resize(size_wh, Image.Resampling.BICUBIC))


def resized_boxes(boxes_xyxy: np.ndarray, old_hw: tuple[int, int], new_hw: tuple[int, int]) -> np.ndarray:
    """Boxes (N, 4) of a picture in pixels of another size of it."""
    down, across = new_hw[0] / old_hw[0], new_hw[1] / old_hw[1]
    return np.asarray(boxes_xyxy, np.float32).reshape(-1, 4) * np.float32([across, down, across, down])


def at_size(result: Boxes, size_hw: tuple[int, int]) -> Boxes:
    """The same objects in a picture of another size."""
    return replace(
        result, boxes_xyxy=resized_boxes(result.boxes_xyxy, result.size_hw, size_hw), size_hw=size_hw
    )


def numbered(found: Boxes) -> list[str]:
    """The objects as entries of a menu, "1: cat 98%", in their order."""
    rows = zip(found.labels, found.scores, strict=True)
    return [f"{i}: {found.names[label]} {score:.0%}" for i, (label, score) in enumerate(rows, 1)]


def show_boxes(pixels: np.ndarray, result: Boxes, says: str = "", width: str = "100%") -> str:
    """The picture with its objects, and what the lines mean. `pixels` may be of another size than `result`."""
    shown = for_eyes(pixels)
    drawn = draw.boxes(shown, at_size(result, shown.shape[:2]))
    return show_picture(drawn, says or result.text(), width=width) + draw.legend(result)


def show_frames(
    pixels: np.ndarray,
    boxes_xyxy: np.ndarray,
    styles: list[int],
    texts: list[str],
    says: str,
    width: str = "100%",
) -> str:
    """The picture with boxes (N, 4) in its pixels, each in one of the styles of classes with a text of its own."""
    shown = for_eyes(pixels)
    boxes = resized_boxes(boxes_xyxy, pixels.shape[:2], shown.shape[:2])
    return show_picture(draw.framed(shown, boxes, styles, texts), says, width=width)
