"""Numpy pictures of maps: heat maps, overlays, montages and boxes. Pictures are (H, W, 3) uint8 RGB."""

import html
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Literal

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from hub_models.results import Boxes

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


# --- boxes -------------------------------------------------------------------------------------------------------

# Okabe and Ito's palette without black, in an order whose neighbours differ most in brightness too
COLOURS = (
    (230, 159, 0),  # orange
    (86, 180, 233),  # sky blue
    (0, 158, 115),  # bluish green
    (240, 228, 66),  # yellow
    (0, 114, 178),  # blue
    (213, 94, 0),  # vermillion
    (204, 121, 167),  # reddish purple
)
PATTERNS = ((1, 0), (4, 3), (1.5, 2))  # stroke and gap in line widths: solid, dashed, dotted
MANY = 40  # boxes in one picture
SHADE = (20, 20, 20)  # under every line and in its gaps, so that it stands out from any picture


def style(label: int) -> tuple[tuple[int, int, int], tuple[float, float]]:
    """(colour, pattern) of class `label`: no two of the first 21 classes are alike."""
    return COLOURS[label % len(COLOURS)], PATTERNS[label % len(PATTERNS)]


def ink(ground: tuple[int, int, int]) -> tuple[int, int, int]:
    """White or black, whichever can be read on `ground`: 4.5 to 1 at least on each of COLOURS."""
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in np.array(ground) / 255]
    luminance = float(np.dot(linear, (0.2126, 0.7152, 0.0722)))  # relative luminance of WCAG 2.2
    return (0, 0, 0) if luminance > 0.179 else (255, 255, 255)  # the same contrast with both at 0.179


def boxes(pixels: np.ndarray, result: Boxes) -> np.ndarray:
    """A copy of `pixels` with every object in the colour and line pattern of its class, with class and score.

    Where there are more than MANY, texts would hide the picture: `legend` says then what the lines mean.
    """
    texts = [
        f"{result.names[label]} {score:.0%}" if len(result) <= MANY else ""
        for label, score in zip(result.labels, result.scores, strict=True)
    ]
    return framed(pixels, result.boxes_xyxy, result.labels.tolist(), texts)


def framed(
    pixels: np.ndarray, boxes_xyxy: np.ndarray, styles: Sequence[int], texts: Sequence[str]
) -> np.ndarray:
    """A copy of `pixels` with boxes (N, 4), each in one of the styles of classes and with a text, or with "".

    Lines and letters grow with the picture; lines are thinner where there are many. The first boxes and their texts lie
    on top; texts keep clear of each other where there is room, and never leave the picture.
    """
    picture = Image.fromarray(pixels)
    line = max(1, round(max(picture.size) / (250 if len(boxes_xyxy) <= MANY else 400)))
    for box, number in reversed(list(zip(boxes_xyxy, styles, strict=True))):
        patterned_frame(picture, box, number, line)
    width, height = picture.size
    letters = font(max(9, min(round(max(width, height) / 40), round(min(width, height) / 8))))
    tall = sum(letters.getmetrics()) + 2
    if tall > height or not len(boxes_xyxy):
        return np.array(picture)  # too small for letters
    short = [shortened(text, letters, width - 6) for text in texts]
    sizes = [(round(letters.getlength(text)) + 6, tall) if text else (0, 0) for text in short]
    pen = ImageDraw.Draw(picture)
    places = place_texts(boxes_xyxy, sizes, (height, width))
    for text, (left, top, right, bottom), number in reversed(list(zip(short, places, styles, strict=True))):
        if text:
            ground = style(number)[0]
            pen.rectangle((left, top, right - 1, bottom - 1), fill=ground, outline=SHADE)
            pen.text((left + 3, top + 1), text, fill=ink(ground), font=letters)
    return np.array(picture)


def patterned_frame(picture: Image.Image, box_xyxy: np.ndarray, number: int, line: int) -> None:
    """Draw one box on `picture` in style `number`: its line lies inside the box, a dark edge on both sides of it."""
    colour, (stroke, gap) = style(number)
    width, height = picture.size
    x0, y0, x1, y1 = (round(float(side)) for side in box_xyxy)
    left, top = min(max(0, x0), width - 1), min(max(0, y0), height - 1)
    right, bottom = max(left + 1, min(width, x1)), max(top + 1, min(height, y1))
    pen = ImageDraw.Draw(picture)
    pen.rectangle((left - 1, top - 1, right, bottom), outline=SHADE, width=line + 2)
    on, off = max(1, round(stroke * line)), round(gap * line)
    if not off:
        on = max(width, height)
    for x in range(left, right, on + off):
        end = min(x + on, right) - 1
        pen.rectangle((x, top, end, min(top + line, bottom) - 1), fill=colour)
        pen.rectangle((x, max(bottom - line, top), end, bottom - 1), fill=colour)
    for y in range(top, bottom, on + off):
        end = min(y + on, bottom) - 1
        pen.rectangle((left, y, min(left + line, right) - 1, end), fill=colour)
        pen.rectangle((max(right - line, left), y, right - 1, end), fill=colour)


def place_texts(
    boxes_xyxy: np.ndarray, sizes_wh: list[tuple[int, int]], size_hw: tuple[int, int]
) -> list[tuple[int, int, int, int]]:
    """Where the texts go, xyxy: above, below or inside the corners of its box, where it hides other texts least."""
    height, width = size_hw
    taken = np.empty((0, 4))
    for (x0, y0, x1, y1), (wide, tall) in zip(boxes_xyxy, sizes_wh, strict=True):
        corners = np.array(
            [(x0, y0 - tall), (x0, y1), (x1 - wide, y0 - tall), (x1 - wide, y1), (x0, y0), (x0, y1 - tall)]
        )
        corners = np.clip(np.round(corners), 0, (max(0, width - wide), max(0, height - tall)))
        options = np.hstack([corners, np.add(corners, (wide, tall))])  # (6, 4)
        low = np.maximum(options[:, None, :2], taken[None, :, :2])
        high = np.minimum(options[:, None, 2:], taken[None, :, 2:])
        hidden = np.clip(high - low, 0, None).prod(axis=2).sum(axis=1)  # (6,) pixels of other texts
        taken = np.concatenate([taken, options[[hidden.argmin()]]])
    return [tuple(place) for place in taken.astype(int).tolist()]


@cache
def font(size: int) -> ImageFont.FreeTypeFont:
    """DejaVu Sans, which matplotlib carries: Latin, Greek, Cyrillic and more."""
    import matplotlib

    return ImageFont.truetype(Path(matplotlib.get_data_path(), "fonts/ttf/DejaVuSans.ttf"), size)


def shortened(text: str, letters: ImageFont.FreeTypeFont, most: int) -> str:
    """`text` cut at `most` pixels, with an ellipsis; empty where not even that fits."""
    if letters.getlength(text) <= most:
        return text
    while text and letters.getlength(text + "…") > most:
        text = text[:-1]
    return text + "…" if text else ""


def legend(result: Boxes) -> str:
    """The classes that occur with their line and how many there are of each, as HTML."""
    return line_legend([(result.names.index(n), f"{n}: {count}") for n, count in result.counts().items()])


def line_legend(entries: Sequence[tuple[int, str]]) -> str:
    """Lines of styles and what they mean, as HTML."""
    items = []
    for number, text in entries:
        colour, (stroke, gap) = style(number)
        dashes = f' stroke-dasharray="{3 * stroke:g} {3 * gap:g}"' if gap else ""
        items.append(
            '<li style="display:flex;align-items:center;gap:0.4rem;margin:0"><svg width="36" height="10" aria-hidden="true">'
            f'<path d="M0 5H36" stroke="rgb{SHADE}" stroke-width="6"/>'
            f'<path d="M0 5H36" stroke="rgb{colour}" stroke-width="3"{dashes}/></svg>{html.escape(text)}</li>'
        )
    row = "display:flex;flex-wrap:wrap;gap:0.2rem 1.2rem;list-style:none;padding:0;margin:0.4rem 0"
    return f'<ul style="{row}">{"".join(items)}</ul>'
