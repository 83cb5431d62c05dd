"""The vector of equation 8.1, number by number, drawn on the picture; and the loss of equation 8.2, term by term."""

from dataclasses import dataclass

import numpy as np
import torch
from PIL import Image, ImageDraw
from torch import Tensor, nn

from hub_models import draw
from hub_models.errors import BadInput
from hub_models.inside.boxes import Overlap, iou
from hub_models.inside.class_activation import Cam, class_activation_map
from hub_models.results import Location

ARMS = ("width", "height")  # styles 1 and 2 of draw.style
SYMBOLS = ("p_c", "b_x", "b_y", "b_h", "b_w")


@dataclass(frozen=True, kw_only=True)
class Term:
    """One number of the vector in the loss. `counts` False: there is no object, so equation 8.2 leaves it out."""

    symbol: str
    answer: float
    truth: float | None  # None: a picture without object has no such number
    squared: float
    counts: bool


@dataclass(frozen=True, kw_only=True)
class Loss:
    """Equation 8.2 for one picture; `overlap` of the two boxes, None where there is no true one."""

    terms: tuple[Term, ...]
    overlap: Overlap | None

    @property
    def total(self) -> float:
        return sum(term.squared for term in self.terms if term.counts)

    def formula(self) -> str:
        """The sum with its numbers put in."""
        used = [t for t in self.terms if t.counts]
        parts = " + ".join(f"({t.answer:.2f} − {t.truth:.2f})²" for t in used)
        return f"{parts} = {self.total:.3f}"


def symbols(names: tuple[str, ...]) -> tuple[str, ...]:
    """What the numbers of the vector are called: p_c, b_x, b_y, b_h, b_w, c_1, ..., c_C."""
    return (*SYMBOLS, *(f"c_{number}" for number in range(1, len(names) + 1)))


def meanings(found: Location) -> list[str]:
    """What each number of the vector says of this very picture, in words."""
    height, width = found.size_hw
    _, x, y, h, w = (float(number) for number in found.vector[:5])
    presence = f"an object is there with probability {found.vector[0]:.0%}"
    return [
        presence
        if found.vector[0] >= 0.5
        else f"{presence}: below one half, so the other numbers mean nothing",
        f"its centre lies {x:.0%} of the width from the left: {x:.3f} × {width} = {x * width:.0f} pixels",
        f"and {y:.0%} of the height from the top: {y:.3f} × {height} = {y * height:.0f} pixels",
        f"its box is {h:.0%} of the picture's height high: {h:.3f} × {height} = {h * height:.0f} pixels",
        f"and {w:.0%} of its width wide: {w:.3f} × {width} = {w * width:.0f} pixels",
        *(
            f"it is {name} with probability {p:.0%}"
            for name, p in zip(found.names, found.vector[5:], strict=True)
        ),
    ]


def vector_of(box_xyxy: tuple[float, float, float, float], label: int, classes: int) -> np.ndarray:
    """A truth (5 + classes,) float32 from a box in shares of the picture. BadInput `bad_value`."""
    left, top, right, bottom = box_xyxy
    if not (0 <= left < right <= 1 and 0 <= top < bottom <= 1):
        raise BadInput(
            "bad_value",
            "Expected a box with left < right and top < bottom inside the picture; move its sides apart.",
        )
    truth = np.zeros(5 + classes, np.float32)
    truth[:5] = 1, (left + right) / 2, (top + bottom) / 2, bottom - top, right - left
    truth[5 + label] = 1
    return truth


def loss(found: Location, truth: np.ndarray | None) -> Loss:
    """Equation 8.2 of the answer against a true vector (5 + C,), or None where the picture holds no object."""
    there = truth is not None
    terms = []
    for number, (symbol, answer) in enumerate(zip(symbols(found.names), found.vector, strict=True)):
        true = float(truth[number]) if there else 0.0 if number == 0 else None
        terms.append(
            Term(
                symbol=symbol,
                answer=float(answer),
                truth=true,
                squared=0.0 if true is None else (float(answer) - true) ** 2,
                counts=there or number == 0,
            )
        )
    shared = iou(found.box_xyxy, Location(found.names, truth, found.size_hw).box_xyxy) if there else None
    return Loss(terms=tuple(terms), overlap=shared)


def measured(pixels: np.ndarray, found: Location) -> np.ndarray:
    """A copy of `pixels` with the box, its centre, and its width and height as lines with their names."""
    height, width = pixels.shape[:2]
    box = Location(found.names, found.vector, (height, width)).box_xyxy
    x, y = float(found.vector[1]) * width, float(found.vector[2]) * height
    picture = Image.fromarray(draw.framed(pixels, box[None], [0], [found.label]))
    pen, line = ImageDraw.Draw(picture), max(2, round(max(height, width) / 250))
    for name, ends in (("width", (box[0], y, box[2], y)), ("height", (x, box[1], x, box[3]))):
        pen.line(tuple(map(float, ends)), fill=draw.SHADE, width=line + 2)
        pen.line(tuple(map(float, ends)), fill=draw.style(1 + ARMS.index(name))[0], width=line)
    dot = 2 * line + 1
    pen.ellipse((x - dot, y - dot, x + dot, y + dot), fill=draw.COLOURS[3], outline=draw.SHADE, width=2)
    letters = draw.font(max(10, round(max(height, width) / 32)))
    for words, place, colour in (
        ("b_w", (float(box[0] + box[2]) / 2 + 3 * dot, y + line), draw.style(1)[0]),
        ("b_h", (x + 2 * line, float(box[1] * 0.8 + box[3] * 0.2)), draw.style(2)[0]),
        ("(b_x, b_y)", (x + dot, y - dot - letters.size - 4), draw.COLOURS[3]),
    ):
        pen.text(place, words, fill=colour, font=letters, stroke_width=2, stroke_fill=draw.SHADE)
    return np.array(picture)


class BeforeSquashing(nn.Module):
    """The network up to its last layer: behind a sigmoid or softmax that is nearly sure, gradients vanish."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, pictures: Tensor) -> Tensor:
        return self.network.logits(pictures)


def evidence(network: nn.Module, x: Tensor, number: int) -> Cam:
    """Where in the picture lies what makes number `number` of the vector large (Grad-CAM, before sigmoid or softmax)."""
    bare = BeforeSquashing(network).eval()
    with torch.no_grad():
        return class_activation_map(bare, x, number)
