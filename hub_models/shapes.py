"""Drawings like those of easy-VQA: one shape in one colour on a pale ground, 64 x 64 pixels, made by code."""

from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageDraw

from hub_models.errors import BadInput

SIDE = 64  # pixels
FINER = 4  # it is drawn larger and then shrunk, so that edges are smooth
SHAPES = ("circle", "rectangle", "triangle")
COLOURS = {  # as the data has them
    "red": (255, 0, 0),
    "green": (0, 255, 0),
    "blue": (0, 0, 255),
    "yellow": (255, 255, 0),
    "teal": (0, 128, 128),
    "brown": (165, 42, 42),
    "gray": (128, 128, 128),
    "black": (0, 0, 0),
}
OTHER_COLOURS = {
    "pink": (255, 128, 190),
    "orange": (255, 140, 0),
    "purple": (128, 0, 128),
}  # none of the data's
GROUND = (240, 244, 250)


@dataclass(frozen=True, kw_only=True)
class Drawing:
    """`x` and `y` of the middle and `size` (the width) as shares of the side, 0 to 1."""

    shape: str
    colour: str
    x: float = 0.5
    y: float = 0.5
    size: float = 0.4

    def __post_init__(self) -> None:
        colours = COLOURS | OTHER_COLOURS
        if self.shape not in SHAPES or self.colour not in colours:
            raise BadInput(
                "bad_value",
                f"Expected one of the shapes {', '.join(SHAPES)} in one of the colours {', '.join(colours)}, "
                f"got {self.colour[:20]!r}, {self.shape[:20]!r}.",
            )
        if not all(0 <= value <= 1 for value in (self.x, self.y, self.size)):
            raise BadInput("bad_value", "Expected place and size as shares from 0 to 1.")

    def says(self) -> str:
        return f"a {self.colour} {self.shape}"


def draw_shape(*drawings: Drawing) -> np.ndarray:
    """(64, 64, 3) uint8: the shapes, later ones over earlier ones. The data has one in each picture."""
    side = SIDE * FINER
    picture = Image.new("RGB", (side, side), GROUND)
    pen = ImageDraw.Draw(picture)
    for drawing in drawings:
        half = max(drawing.size * side / 2, FINER)
        x, y = drawing.x * side, drawing.y * side
        fill = (COLOURS | OTHER_COLOURS)[drawing.colour]
        if drawing.shape == "circle":
            pen.ellipse((x - half, y - half, x + half, y + half), fill=fill)
        elif drawing.shape == "rectangle":
            pen.rectangle((x - half, y - 0.8 * half, x + half, y + 0.8 * half), fill=fill)
        else:
            top, low = y - 0.87 * half, y + 0.87 * half  # equal sides
            pen.polygon(((x, top), (x - half, low), (x + half, low)), fill=fill)
    return np.array(picture.resize((SIDE, SIDE), Image.Resampling.BOX))
