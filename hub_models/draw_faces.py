"""Pictures of faces with their points, each group of points in a colour of draw.py's colour-blind-safe palette."""

from collections.abc import Collection

import numpy as np
from PIL import Image, ImageDraw

from hub_models.draw import COLOURS, MANY, SHADE, font, framed, line_legend
from hub_models.faces import GROUPS, Landmarks

CLOSED = ("right eye", "left eye")  # groups whose last point joins the first
OUTER_LIPS = 12  # of the mouth's points; the rest are the inner lips
LEAST_FOR_NUMBERS = 180  # pixels of a face, below which numbers would cover it


def lines_of(name: str) -> list[list[int]]:
    """The points of a group in the order in which lines join them."""
    numbers = list(range(GROUPS[name].start, GROUPS[name].stop))
    if name in CLOSED:
        return [[*numbers, numbers[0]]]
    if name == "mouth":
        outer, inner = numbers[:OUTER_LIPS], numbers[OUTER_LIPS:]
        return [[*outer, outer[0]], [*inner, inner[0]]]
    if name == "nose":
        return [numbers[:4], numbers[4:]]  # bridge, nostrils
    return [numbers]


def dotted(
    pixels: np.ndarray,
    points: np.ndarray,
    *,
    lines: bool = True,
    numbers: bool = False,
    groups: Collection[str] = tuple(GROUPS),
) -> np.ndarray:
    """A copy of `pixels` (H, W, 3) with the points (68, 2) of one face; only those of `groups`, joined by `lines`."""
    picture = Image.fromarray(pixels)
    pen = ImageDraw.Draw(picture)
    face = float(np.ptp(points, axis=0).max())
    dot = max(1.0, face / 90)
    letters = font(max(8, round(face / 28))) if numbers and face >= LEAST_FOR_NUMBERS else None
    for colour, name in zip(COLOURS, GROUPS, strict=True):
        if name not in groups:
            continue
        if lines:
            for order in lines_of(name):
                places = [tuple(points[i]) for i in order]
                pen.line(places, SHADE, max(1, round(dot)) + 1)
                pen.line(places, colour, max(1, round(dot / 2)))
        for i in range(GROUPS[name].start, GROUPS[name].stop):
            x, y = (float(value) for value in points[i])
            pen.ellipse((x - dot, y - dot, x + dot, y + dot), colour, SHADE)
            if letters is not None:
                pen.text(
                    (x + dot, y), f"{i}", (255, 255, 255), letters, "lm", stroke_width=1, stroke_fill=SHADE
                )
    return np.array(picture)


def landmarks(
    pixels: np.ndarray,
    found: Landmarks,
    *,
    boxes: bool = True,
    lines: bool = True,
    numbers: bool = False,
    groups: Collection[str] = tuple(GROUPS),
) -> np.ndarray:
    """A copy of `pixels` with all faces, the most certain on top, numbered as the table has them."""
    canvas = pixels
    if boxes and len(found):
        texts = [
            f"{i + 1}: {score:.0%}" if len(found) <= MANY else "" for i, score in enumerate(found.scores)
        ]
        canvas = framed(canvas, found.boxes_xyxy, [0] * len(found), texts)
    for points in found.points[::-1]:
        canvas = dotted(canvas, points, lines=lines, numbers=numbers, groups=groups)
    return canvas


def legend() -> str:
    """The groups of points with their colours and numbers, as HTML."""
    return line_legend(
        [(i, f"{name} {part.start}-{part.stop - 1}") for i, (name, part) in enumerate(GROUPS.items())]
    )
