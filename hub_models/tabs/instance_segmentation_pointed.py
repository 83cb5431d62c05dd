"""A picture that Segment Anything has seen, what was pointed at, and how both are shown."""

import base64
import html
from dataclasses import dataclass, replace

import numpy as np
from PIL import Image, ImageDraw

from hub_models import draw, draw_segments
from hub_models.errors import BadInput
from hub_models.loader import LOADER
from hub_models.picture import decode_picture, encode_jpeg
from hub_models.segments import Instances
from hub_models.tabs.instance_segmentation_seen import at_size, show_instances
from hub_models.ui.tables import table

DRAG = 0.02  # of a side: a shorter way is a click
WAITING = "<p>Choose a picture above, under <i>A picture</i>, then press the button.</p>"
MOST_POINTS = 30
CARDS = "display:grid;grid-template-columns:repeat(auto-fill,minmax(min(100%,13rem),1fr));gap:0.8rem"


@dataclass(frozen=True, kw_only=True)
class Pointed:
    """A picture that the encoder has seen, and what was asked about it. Points and box in pixels of the picture given."""

    picture: bytes  # JPEG, as large as it is shown
    embedded: object  # predictors.transformers_sam.Embedded
    checkpoint: str
    points: tuple[tuple[float, float, bool], ...] = ()  # x, y, on the object
    box: tuple[float, float, float, float] | None = None
    found: Instances | None = None
    seconds: float = 0.0

    @property
    def size_hw(self) -> tuple[int, int]:
        return self.embedded.size_hw


def with_gesture(state: Pointed | None, shares: tuple[float, ...], on: bool) -> Pointed:
    """A click as a point, a drag as the box. `shares`: start x, y and end x, y, as shares of the sides."""
    state = have(state)
    height, width = state.size_hw
    x0, y0, x1, y1 = (min(max(float(share), 0.0), 1.0) for share in shares)
    if max(abs(x1 - x0), abs(y1 - y0)) < DRAG:
        return with_point(state, min(x1 * width, width - 1), min(y1 * height, height - 1), on)
    return replace(
        state, box=(min(x0, x1) * width, min(y0, y1) * height, max(x0, x1) * width, max(y0, y1) * height)
    )


def with_point(state: Pointed | None, x: float, y: float, on: bool) -> Pointed:
    """BadInput `bad_value` for a place outside the picture, or too many points."""
    state = have(state)
    height, width = state.size_hw
    if not (0 <= x < width and 0 <= y < height):
        raise BadInput(
            "bad_value",
            f"Expected a point inside the picture of {width} x {height} pixels, got {x:g}, {y:g}.",
        )
    if len(state.points) >= MOST_POINTS:
        raise BadInput("bad_value", f"Expected at most {MOST_POINTS} points. Take one away first.")
    return replace(state, points=(*state.points, (float(x), float(y), on)))


def have(state: Pointed | None) -> Pointed:
    if state is None:
        raise BadInput("prompt_missing", "Expected a picture to point at. Press “Look at the picture” first.")
    return state


def shown(state: Pointed | None) -> tuple[str, str]:
    """(the picture to point at, with the best proposal; all proposals), as HTML."""
    if state is None:
        return WAITING, ""
    pixels = decode_picture(state.picture).pixels
    drawn = pixels
    if state.found is not None and len(state.found):
        drawn = draw_segments.instances(pixels, at_size(state.found.chosen(np.array([0])), pixels.shape[:2]))
    data = base64.b64encode(encode_jpeg(prompted(drawn, state))).decode()
    on = sum(on for *_, on in state.points)
    beside = len(state.points) - on
    asked = f"{on} point{'' if on == 1 else 's'} on the object, {beside} beside it"
    box = ", a box" if state.box else ""
    took = f"{1000 * state.seconds:.0f} ms on {LOADER.device} for the " + (
        "decoder" if state.found else "encoder"
    )
    words = f"{asked}{box}. {took}. Click or drag."
    sight = (
        f'<figure class="result"><img class="pointed" draggable="false" alt="{html.escape(words, quote=True)}" '
        f'style="width:100%;cursor:crosshair;user-select:none" src="data:image/jpeg;base64,{data}">'
        f"<figcaption>{html.escape(words)}</figcaption></figure>"
    )
    return sight, proposed(state, pixels)


def prompted(pixels: np.ndarray, state: Pointed) -> np.ndarray:
    """The picture with its points, + on the object and - beside it, and the box."""
    scale = pixels.shape[1] / state.size_hw[1]
    if state.box:
        pixels = draw.framed(pixels, np.float32([state.box]) * np.float32(scale), [3], [""])
    picture = Image.fromarray(pixels)
    pen, r = ImageDraw.Draw(picture), max(6, max(pixels.shape[:2]) // 70)
    for column, row, on in state.points:
        x, y = column * scale, row * scale
        pen.ellipse(
            (x - r, y - r, x + r, y + r), fill=draw.COLOURS[2 if on else 5], outline=(255, 255, 255), width=2
        )
        pen.line((x - r / 2, y, x + r / 2, y), fill=(255, 255, 255), width=2)
        if on:
            pen.line((x, y - r / 2, x, y + r / 2), fill=(255, 255, 255), width=2)
    return np.array(picture)


def proposed(state: Pointed, pixels: np.ndarray) -> str:
    """The proposals side by side, the best first, and their numbers."""
    if state.found is None:
        return ""
    if not len(state.found):
        return "<p><b>Nothing found there.</b> Add a point.</p>"
    areas = state.found.areas()
    cards, rows = [], []
    for i, (score, area) in enumerate(zip(state.found.scores, areas, strict=True)):
        says = f"Proposal {i + 1}: expected overlap {score:.2f}, {area:,} pixels."
        cards.append(show_instances(pixels, state.found.chosen(np.array([i])), 0.5, says))
        share = area / (state.size_hw[0] * state.size_hw[1])
        rows.append([i + 1, f"{score:.3f}", int(area), f"{share:.1%}"])
    headers = ["Proposal", "Expected overlap (IoU)", "Pixels", "Share of the picture"]
    return f'<div style="{CARDS}">{"".join(cards)}</div>{table(headers, rows)}'
