"""The formulas for two boxes (lecture, section 8.7) and for a box in a picture of another size (section 8.5.2) with the
numbers put in, as text for people; and the numbers that people type.
"""

import re

import numpy as np

from hub_models.errors import BadInput
from hub_models.inside.boxes import Box, area, iou, scale_box

LARGEST = 100_000  # of a coordinate or a side, in pixels
NUMBER = r"[+-]?(?:\d+\.?\d*|\.\d+)"


def overlap_rows(first: Box, second: Box) -> list[list[str]]:
    """How the IoU of two boxes is computed: what, the numbers put in, what it gives."""
    (ax0, ay0, ax1, ay1), (bx0, by0, bx1, by1) = (list(map(number, box)) for box in (first, second))
    wide, tall = np.minimum(first[2:], second[2:]) - np.maximum(first[:2], second[:2])
    found = iou(first, second)
    shared, union = number(found.intersection), number(found.union)
    return [
        ["width shared", f"min({ax1}, {bx1}) − max({ax0}, {bx0})", above_zero(wide)],
        ["height shared", f"min({ay1}, {by1}) − max({ay0}, {by0})", above_zero(tall)],
        ["intersection", f"{number(max(wide, 0))} · {number(max(tall, 0))}", shared],
        ["area of A", f"({ax1} − {ax0}) · ({ay1} − {ay0})", number(area(first))],
        ["area of B", f"({bx1} − {bx0}) · ({by1} − {by0})", number(area(second))],
        ["union", f"{number(area(first))} + {number(area(second))} − {shared}", union],
        ["IoU", f"{shared} / {union}", f"{found.value:.4f}"],
    ]


def number(value: float) -> str:
    return f"{float(value):.10g}"


def above_zero(side: float) -> str:
    return number(side) if side > 0 else f"{number(side)}: they do not meet, so 0"


def parse_numbers(text: str, names: tuple[str, ...], what: str) -> np.ndarray:
    """As many numbers as there are `names`, parted by commas or spaces; BadInput `bad_value` says what is wrong."""
    parts = [part for part in re.split(r"[,;\s]+", text.strip()) if part]
    wanted = ", ".join(names)
    if len(parts) != len(names) or not all(re.fullmatch(NUMBER, part) for part in parts):
        raise BadInput("bad_value", f"Expected {len(names)} numbers for {what}, {wanted}; got {text[:60]!r}.")
    values = np.array([float(part) for part in parts])
    if np.abs(values).max() > LARGEST:
        raise BadInput("bad_value", f"Expected numbers up to {LARGEST:,} for {what}; got {text[:60]!r}.")
    return values


def parse_box(text: str, what: str) -> np.ndarray:
    """ "x0, y0, x1, y1" -> (4,) with x0 < x1 and y0 < y1."""
    box = parse_numbers(text, ("x0", "y0", "x1", "y1"), what)
    if (box[:2] >= box[2:]).any():
        raise BadInput(
            "bad_value",
            f"Expected x0 < x1 and y0 < y1 for {what}; got {text[:60]!r}. Perhaps it is x, y, w, h?",
        )
    return box


def parse_size(text: str, what: str) -> np.ndarray:
    """ "416 x 416" -> (2,), width and height, both above 0."""
    size = parse_numbers(re.sub(r"[x×]", " ", text), ("width", "height"), what)
    if (size <= 0).any():
        raise BadInput("bad_value", f"Expected a width and a height above 0 for {what}; got {text[:60]!r}.")
    return size


def scaling_rows(box: np.ndarray, old_wh: np.ndarray, new_wh: np.ndarray) -> list[list[str]]:
    """The four formulas of the notes with the numbers put in, their values, and those rounded to pixels."""
    names = ("x'min", "y'min", "x'max", "y'max")
    values = scale_box(box, old_wh, new_wh)
    return [
        [
            name,
            f"{number(box[i])} / {number(old_wh[i % 2])} · {number(new_wh[i % 2])}",
            f"{values[i]:.2f}",
            f"{np.floor(values[i] + 0.5):.0f}",
        ]
        for i, name in enumerate(names)
    ]
