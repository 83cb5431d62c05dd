"""Numpy pictures of maps: heat maps, overlays, montages and boxes. Pictures are (H, W, 3) uint8 RGB."""

from functools import cache
from typing import Literal

import numpy as np
from PIL import Image, ImageDraw

WIDEST = 1000  # pixels of a montage, unless single cells would vanish
ORANGE = (230, 159, 0)  # of Okabe and Ito's colour-blind-safe palette; stands out against cividis and viridis


@cache
def colour_table(name: Literal["viridis", "cividis", "coolwarm"]) -> np.ndarray:
    """256 colours (256, 3) uint8 of matplotlib, which is imported when first needed."""
    from matplotlib import colormaps

    return np.round(colormaps[name](np.arange(256))[:, :3] * 255).astype(np.uint8)


def heat(map: np.ndarray, colours: Literal["viridis", "cividis"] = "viridis") -> np.ndarray:
    """Map (H, W) in 0..1 -> (H, W, 3) uint8, dark for 0 and bright for 1; values outside are clipped."""
    return colour_table(colours)[np.round(np.clip(map, 0, 1) * 255).astype(np.uint8)]


def difference_scale(map: np.ndarray) -> np.ndarray:
    """Signed map (H, W) -> (H, W, 3) uint8: blue below zero, red above, near white at zero."""
    largest = float(np.abs(map).max())
    scaled = map / largest if largest > 0 else map
    return colour_table("coolwarm")[np.round((scaled + 1) / 2 * 255).astype(np.uint8)]


def overlay(pixels: np.ndarray, map: np.ndarray, opacity: float = 0.5) -> np.ndarray:
    """Heat map of `map` (h, w) in 0..1 laid over `pixels` (H, W, 3), enlarged smoothly to H x W."""
    height, width = pixels.shape[:2]
    if map.shape != (height, width):
        resized = Image.fromarray(map.astype(np.float32)).resize((width, height), Image.Resampling.BILINEAR)
        map = np.asarray(resized)
    mixed = (1 - opacity) * pixels.astype(np.float32) + opacity * heat(map).astype(np.float32)
    return np.round(mixed).astype(np.uint8)


def grey_tile(map: np.ndarray) -> np.ndarray:
    """Map (h, w) -> grey (h, w, 3) uint8 on a scale of its own that contains zero.

    Without negative values zero is black; otherwise zero is mid grey, darker below and brighter above.
    """
    largest = float(np.abs(map).max())
    scaled = map / largest if largest > 0 else map
    grey = scaled if map.min() >= 0 else (scaled + 1) / 2
    return np.repeat(np.round(grey * 255).astype(np.uint8)[:, :, None], 3, axis=2)


def montage(maps: np.ndarray, columns: int = 8, gap: int = 2, size: int | None = None) -> np.ndarray:
    """Maps (K, h, w), or filters (K, h, w, 1 or 3) in 0..1, side by side, row after row.

    Each map is grey on its own scale (`grey_tile`); filters keep their colours. Every cell becomes a square
    of whole pixels. `size`: wanted width of a tile, the largest that keeps the montage within 1000 pixels if
    None. The ground between tiles is a blue that no tile contains.
    """
    count, height, width = maps.shape[:3]
    columns = max(1, min(columns, count, (WIDEST - gap) // (width + gap)))  # fewer where maps are wide
    room = (WIDEST - gap * (columns + 1)) // columns
    enlarged = max(1, min(room, size or room) // width)
    tile_h, tile_w = height * enlarged, width * enlarged
    rows = -(-count // columns)
    ground = np.empty((gap + rows * (tile_h + gap), gap + columns * (tile_w + gap), 3), np.uint8)
    ground[:] = (0, 62, 110)
    for number, values in enumerate(maps):
        tile = grey_tile(values) if maps.ndim == 3 else np.round(np.clip(values, 0, 1) * 255).astype(np.uint8)
        top = gap + number // columns * (tile_h + gap)
        left = gap + number % columns * (tile_w + gap)
        ground[top : top + tile_h, left : left + tile_w] = tile.repeat(enlarged, 0).repeat(enlarged, 1)
    return ground


def outline(
    pixels: np.ndarray,
    box_xyxy: tuple[float, float, float, float],
    colour: tuple[int, int, int] = ORANGE,
    width: int = 2,
) -> np.ndarray:
    """A copy of `pixels` with a frame along the inside of the box (ends excluded), cut at the border."""
    picture = Image.fromarray(pixels)
    height, picture_width = pixels.shape[:2]
    left, top = max(0, round(box_xyxy[0])), max(0, round(box_xyxy[1]))
    right, bottom = min(picture_width, round(box_xyxy[2])), min(height, round(box_xyxy[3]))
    if left < right and top < bottom:
        ImageDraw.Draw(picture).rectangle((left, top, right - 1, bottom - 1), outline=colour, width=width)
    return np.array(picture)
