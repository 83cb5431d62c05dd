"""Pictures of what segmentation answers, in the colour-blind-safe palette of draw.py."""

import html
from collections.abc import Sequence

import numpy as np
from PIL import Image, ImageDraw

from hub_models.draw import COLOURS, MANY, SHADE, font, ink
from hub_models.segments import Instances, SemanticMap

OPACITY = 0.45  # of the colour inside an object


def instances(pixels: np.ndarray, found: Instances, threshold: float = 0.5) -> np.ndarray:
    """A copy of `pixels` with each object's pixels in a colour of its own, outlined, and numbered as the table has them.

    The most certain lie on top. Where there are more than MANY, numbers would hide the picture and are left out.
    """
    canvas = pixels.copy()
    numbers = found.label_map(threshold)
    palette = np.array([SHADE, *(COLOURS[i % len(COLOURS)] for i in range(len(found)))], np.uint8)
    inside = numbers > 0
    mixed = (1 - OPACITY) * pixels[inside] + OPACITY * palette[numbers[inside]]
    canvas[inside] = np.round(mixed).astype(np.uint8)
    edge = edges(numbers) & inside
    canvas[edge] = palette[numbers[edge]]
    rim = edges(numbers) & ~inside
    canvas[rim] = SHADE  # a dark line around, so that the colour stands out from any picture
    return numbered(canvas, numbers, found) if len(found) <= MANY else canvas


def edges(numbers: np.ndarray) -> np.ndarray:
    """(H, W) bool: pixels with another number to the left, right, above or below."""
    edge = np.zeros(numbers.shape, bool)
    beside, above = numbers[:, 1:] != numbers[:, :-1], numbers[1:] != numbers[:-1]
    edge[:, 1:] |= beside
    edge[:, :-1] |= beside
    edge[1:] |= above
    edge[:-1] |= above
    return edge


def numbered(canvas: np.ndarray, numbers: np.ndarray, found: Instances) -> np.ndarray:
    """Each object's number in the middle of what is seen of it, where the picture has room for letters."""
    picture = Image.fromarray(canvas)
    size = max(9, round(max(picture.size) / 45))
    if min(picture.size) < 3 * size:
        return canvas
    letters, pen = font(size), ImageDraw.Draw(picture)
    for number in range(1, len(found) + 1):
        rows, columns = np.nonzero(numbers == number)
        if len(rows):
            colour = COLOURS[(number - 1) % len(COLOURS)]
            middle = (float(columns.mean()), float(rows.mean()))
            edge = SHADE if ink(colour) == (255, 255, 255) else (255, 255, 255)
            pen.text(middle, str(number), ink(colour), letters, "mm", stroke_width=1, stroke_fill=edge)
    return np.array(picture)


# --- a class for every pixel -------------------------------------------------------------------------------------

# Beyond Okabe and Ito's seven: black, grey, and darker or lighter relatives that differ in brightness
MORE_COLOURS = ((20, 20, 20), (150, 150, 150), (120, 60, 0), (190, 225, 150), (80, 40, 120), (255, 190, 190))
VOID_COLOUR = (255, 255, 255)


def class_colours(count: int) -> np.ndarray:
    """A colour for each of `count` classes: (count, 3) uint8; the first 13 differ, then they repeat."""
    known = (*COLOURS, *MORE_COLOURS)
    return np.array([known[i % len(known)] for i in range(count)], np.uint8).reshape(count, 3)


def labels_over(pixels: np.ndarray, labels: np.ndarray, opacity: float = 0.6) -> np.ndarray:
    """`pixels` (H, W, 3) under the colours of `labels` (H, W) uint8; 255, void, is white."""
    palette = class_colours(256)
    palette[255] = VOID_COLOUR
    mixed = (1 - opacity) * pixels.astype(np.float32) + opacity * palette[labels].astype(np.float32)
    return np.round(mixed).astype(np.uint8)


# --- classes with patterns, and what they mean -------------------------------------------------------------------

# From the eighth class on, colours are harder to tell apart, or come again: each round has a pattern of its own
TEXTURES = {  # in the legend: lines on a square of 22
    "falling": "M0 0L22 22M-11 0L11 22M11 0L33 22",
    "dots": "M4 6h4M14 6h4M4 16h4M14 16h4",
    "level": "M0 4H22M0 11H22M0 18H22",
    "upright": "M4 0V22M11 0V22M18 0V22",
    "rising": "M0 22L22 0M-11 22L11 0M11 22L33 0",
}
STRIPES = 80  # across the longer side of a picture


def texture(label: int) -> str:
    """The pattern of class `label`, "" for the first seven: no two of the first 72 classes look alike."""
    if label < len(COLOURS):
        return ""
    rounds = (label - len(COLOURS)) // (len(COLOURS) + len(MORE_COLOURS))
    return list(TEXTURES)[rounds % len(TEXTURES)]


def stripes(pattern: str, size_hw: tuple[int, int]) -> np.ndarray:
    """Where a pattern has ink in a picture of this size: (H, W) bool."""
    rows, columns = np.indices(size_hw, sparse=True)
    step = max(4, round(max(size_hw) / STRIPES))
    thick = max(1, step // 4)
    if pattern == "dots":
        return (rows % step < 2 * thick) & (columns % step < 2 * thick)
    places = {"falling": columns - rows, "rising": columns + rows, "level": rows, "upright": columns}
    return np.broadcast_to(places[pattern] % step < thick, size_hw)


def coloured(labels: np.ndarray) -> np.ndarray:
    """Labels (H, W) uint8 -> their colours and patterns (H, W, 3) uint8, with a dark line where two classes meet."""
    palette = class_colours(256)
    painted = palette[labels]
    for label in np.flatnonzero(np.bincount(labels.ravel())):
        if pattern := texture(label):
            painted[(labels == label) & stripes(pattern, labels.shape)] = ink(tuple(palette[label].tolist()))
    below, right = labels[1:] != labels[:-1], labels[:, 1:] != labels[:, :-1]
    painted[:-1][below] = SHADE
    painted[:, :-1][right] = SHADE
    return painted


def resized_labels(labels: np.ndarray, size_hw: tuple[int, int]) -> np.ndarray:
    """Labels (H, W) uint8 at another size, each that of the nearest pixel: no class arises between two others."""
    return np.array(Image.fromarray(labels).resize(size_hw[::-1], Image.Resampling.NEAREST))


def semantic(pixels: np.ndarray, found: SemanticMap, opacity: float = 0.5) -> np.ndarray:
    """The classes laid over `pixels` (H, W, 3), which may be of another size than `found`."""
    painted = coloured(resized_labels(found.labels, pixels.shape[:2]))
    mixed = (1 - opacity) * pixels.astype(np.float32) + opacity * painted.astype(np.float32)
    return np.round(mixed).astype(np.uint8)


def swatch(label: int) -> str:
    """Colour and pattern of class `label` as a small picture, SVG."""
    colour = tuple(class_colours(label + 1)[label].tolist())
    lines = TEXTURES.get(texture(label), "")
    width = 4 if texture(label) == "dots" else 2
    return (
        '<svg width="22" height="22" viewBox="0 0 22 22" aria-hidden="true" style="flex:none;vertical-align:middle">'
        f'<rect width="22" height="22" fill="rgb{colour}"/>'
        f'<path d="{lines}" stroke="rgb{ink(colour)}" stroke-width="{width}"/>'
        f'<rect width="22" height="22" fill="none" stroke="rgb{SHADE}" stroke-width="2"/></svg>'
    )


def legend(entries: Sequence[tuple[int, str]]) -> str:
    """Classes by their number, with what is to be said of each, as HTML."""
    items = "".join(
        f'<li style="display:flex;align-items:center;gap:0.4rem;margin:0">{swatch(label)}{html.escape(text)}</li>'
        for label, text in entries
    )
    row = "display:flex;flex-wrap:wrap;gap:0.2rem 1.2rem;list-style:none;padding:0;margin:0.4rem 0"
    return f'<ul style="{row}">{items}</ul>'


def class_legend(found: SemanticMap) -> str:
    """The classes that occur with their share, the largest first."""
    return legend(
        [(found.names.index(name), f"{name} {share:.0%}") for name, share in found.shares().items()]
    )
