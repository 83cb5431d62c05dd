"""What the views of image captioning share: the picture as the network sees it, and the caption with its numbers."""

import html
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch

from hub_models import draw
from hub_models.caption import Caption
from hub_models.errors import BadInput
from hub_models.loader import LOADER
from hub_models.picture import decode_picture, fit_within
from hub_models.predictors.captioner import BEAMS, LONGEST, Captioner
from hub_models.predictors.generation import Choosing
from hub_models.task import Task
from hub_models.ui import show_picture
from hub_models.ui.components import uploaded
from hub_models.ui.detections import for_eyes
from hub_models.ui.heat import tinted

SIDE = 240  # pixels of the longer side of a small picture
GRID_STYLE = "display:grid;grid-template-columns:repeat(auto-fill,minmax(min(45%,9rem),1fr));gap:0.6rem"


@dataclass(frozen=True)
class Seen:
    """A picture (H, W, 3) uint8, its regions (49, C), and what the network said of it."""

    pixels: np.ndarray
    regions: torch.Tensor
    numbers: tuple[int, ...]
    caption: Caption


def pixels_of(picture: str | None) -> np.ndarray:
    return decode_picture(uploaded(picture)).pixels


def see(
    task: Task, picture: str | None, checkpoint: str, choosing: Choosing = BEAMS, length: int = LONGEST
) -> Seen:
    """The picture through a network of ours. BadInput `checkpoint_unfit`."""
    pixels = pixels_of(picture)

    def work(predictor: Captioner) -> Seen:
        regions = ours(predictor).preprocess(pixels)
        *_, (numbers, ended, others) = predictor.writing(regions, choosing, length)
        return Seen(pixels, regions, numbers, predictor.told(regions, numbers, ended, others))

    return LOADER.run(checkpoint, task.id, work)


def ours(predictor: object) -> Captioner:
    if not isinstance(predictor, Captioner):
        raise BadInput(
            "checkpoint_unfit",
            "Expected a network of this repository for this view: those of the library show nothing of their "
            "inside here. Choose one of ours.",
        )
    return predictor


def small(pixels: np.ndarray) -> np.ndarray:
    return fit_within(for_eyes(pixels), SIDE)


def map_card(pixels: np.ndarray, weights: np.ndarray, says: str, full: float) -> str:
    """A map (7, 7), `full` shown brightest, laid over a small picture."""
    return show_picture(draw.overlay(pixels, np.clip(weights / max(full, 1e-9), 0, 1), 0.55), says)


def cards(parts: Sequence[str]) -> str:
    return f'<div style="{GRID_STYLE}">{"".join(parts)}</div>'


def sentence(caption: Caption) -> str:
    """The caption, large, and each word on the colour of its probability."""
    said = html.escape(caption.caption) or "(it ended before the first word)"
    shares = np.exp(caption.log_probabilities.astype(float))
    words = tinted(
        caption.words, shares.tolist(), "Each word with its probability after those before it.", 1.0
    )
    return f'<p style="font-size:1.4rem" class="caption"><b>{said}</b></p>{words}'
