"""A clip in another style, frame by frame, and how much that flickers where the clip itself stands still."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import gradio as gr
import numpy as np

from hub_models.errors import BadInput
from hub_models.loader import LOADER
from hub_models.picture import fit_within
from hub_models.stylized import in_colours_of
from hub_models.tabs.style_transfer_canvas import OPTIMISED, Asked, style_pixels_of
from hub_models.task import Task
from hub_models.ui.frame import Shared, choices
from hub_models.ui.video import clip_view

SEEN_SIDE = 96  # pixels of what is kept of a frame, so that a clip of 600 fits into memory
STILL = 4  # levels of 255: below that a pixel of the clip did not change from one frame to the next
WORDS = (
    "A network that answers at once paints every frame on its own. Where the clip stands still, the answer should too: "
    "*flicker* is by how many of 255 levels it changes there from one frame to the next, on average over the pixels of the "
    f"clip that change by less than {STILL}."
)


@dataclass(frozen=True, kw_only=True)
class Look:
    """What a clip keeps of one frame: small copies of the frame and of the answer, (h, w, 3) uint8."""

    frame: np.ndarray
    answer: np.ndarray
    style: str

    def text(self) -> str:
        return f"A frame in the style {self.style}."


def clip_tab(task: Task, shared: Shared) -> None:
    """Only networks that answer at once: an optimisation would take minutes a second of the clip."""
    gr.Markdown(WORDS)
    fast = [(text, i) for text, i in choices(task) if LOADER.checkpoint(i, task.id).architecture != OPTIMISED]
    menu = gr.Dropdown(
        fast, value=task.default, label="Checkpoint for clips and the camera", interactive=True
    )
    clip_view(task, replace(shared, checkpoint=menu), annotate, flicker_a_second)


def annotate(predictor, pixels: np.ndarray, *values) -> tuple[np.ndarray, Look]:
    """One frame in the style of Try it; a style that this checkpoint does not know gives its first."""
    asked = Asked(**dict(zip(Asked.__dataclass_fields__, values, strict=True)))
    side = int(asked.size) or 384
    style = style_pixels_of(asked) if predictor.takes_picture else None
    name = "" if style is not None or not known(predictor, asked.style) else asked.style
    found = predictor.predict(pixels, name, style, longest_side=side, strength=asked.strength)
    small = fit_within(pixels, side)
    answer = in_colours_of(small, found.picture) if asked.keep_colours else found.picture
    return answer, Look(
        frame=fit_within(small, SEEN_SIDE), answer=fit_within(answer, SEEN_SIDE), style=found.style
    )


def known(predictor, style: str) -> bool:
    """Whether the checkpoint of the clip has the style that was chosen for that of Try it."""
    if style in predictor.names:
        return True
    try:
        predictor.weights(style)
    except (AttributeError, BadInput):
        return False
    return True


def flicker_a_second(looks: Sequence[Look]) -> list[list[str]]:
    """For `clip_view`: how much frames and answers change, and the answers where the frames do not."""
    pairs = list(pairwise(looks))
    if not pairs:
        return []
    frames, answers, still = zip(*(changes(a, b) for a, b in pairs), strict=True)
    kept = [value for value in still if not np.isnan(value)]
    return [
        ["Change of the clip", f"{np.mean(frames):.1f}"],
        ["Change of the answer", f"{np.mean(answers):.1f}"],
        ["Flicker", f"{np.mean(kept):.1f}" if kept else "nothing stands still"],
    ]


def changes(before: Look, after: Look) -> tuple[float, float, float]:
    """(of the frames, of the answers, of the answers where the frames stand still), in levels of 255; NaN: nowhere."""
    moved = difference(before.frame, after.frame)
    answer = difference(before.answer, after.answer)
    still = moved < STILL
    return float(moved.mean()), float(answer.mean()), float(answer[still].mean()) if still.any() else np.nan


def difference(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """(h, w) float: mean over the colours of how far two pictures (h, w, 3) uint8 are apart."""
    return np.abs(one.astype(float) - other).mean(axis=2)
