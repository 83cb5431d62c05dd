"""The map of every class before the largest is taken: how probable it is at each pixel."""

import gradio as gr
import numpy as np

from hub_models import draw
from hub_models.loader import LOADER
from hub_models.picture import decode_picture, fit_within
from hub_models.segments import SemanticMap
from hub_models.task import Task
from hub_models.ui import on_click, show_picture
from hub_models.ui.components import uploaded
from hub_models.ui.detections import for_eyes
from hub_models.ui.frame import Shared

UNSURE = "how unsure: 1 - the largest probability"
LARGE = 640  # pixels of the longer side of one large map
TILE = 300  # pixels of the longer side of a small map
MOST_TILES = 12
CARDS = "display:grid;grid-template-columns:repeat(auto-fill,minmax(min(100%,9rem),1fr));gap:0.8rem"


def probabilities_view(task: Task, shared: Shared) -> None:
    gr.Markdown(
        "The last layer gives as many maps as there are classes; softmax turns the numbers of each pixel into "
        "probabilities that sum to 1 (lecture, section 9.1.3). The label is the largest of them, so the label map hides "
        "how sure the network is: look along the borders, and at small things. Dark is 0, bright is 1."
    )
    show = gr.Button("Show the maps of all classes", variant="primary")
    found = gr.State(None)
    chosen = gr.Dropdown([], label="One class, large, over the picture", interactive=True)
    large, all_maps = gr.HTML(), gr.HTML()

    def begin(picture, checkpoint):
        pixels = decode_picture(uploaded(picture)).pixels
        answer = LOADER.run(checkpoint, task.id, lambda predictor: predictor.predict(pixels))
        kept = fit_within(for_eyes(pixels), LARGE), answer.names, answer.probabilities.astype(np.float16)
        first = next(iter(answer.shares()))
        options = [UNSURE, *answer.names]
        return kept, gr.Dropdown(options, value=first), one_of(kept, first), tiles(pixels, answer)

    on_click(show.click, begin, [shared.input, shared.checkpoint], [found, chosen, large, all_maps])
    on_click(chosen.input, one_of, [found, chosen], [large], light=True, show_progress="hidden")


def one_of(kept: tuple | None, name: str | None) -> str:
    """One class's probability, or how unsure the network is, laid over the picture."""
    if kept is None or name is None:
        return ""
    pixels, names, maps = kept
    map = 1 - maps.max(0) if name == UNSURE else maps[names.index(name)]
    says = (
        f"{name[0].upper()}{name[1:]}: from {float(map.min()):.0%} to {float(map.max()):.0%}, {float(map.mean()):.1%} "
        f"on average. The network gave {map.shape[0]} x {map.shape[1]} numbers."
    )
    return show_picture(
        draw.overlay(pixels, map.astype(np.float32), 0.6), says, width=f"min(100%, {pixels.shape[1]}px)"
    )


def tiles(pixels: np.ndarray, answer: SemanticMap) -> str:
    """The maps of the classes that are most probable somewhere, side by side."""
    peaks = answer.probabilities.max(axis=(1, 2))
    order = np.argsort(-peaks, kind="stable")
    shares = answer.shares()
    height, width = pixels.shape[:2]
    scale = TILE / max(height, width)
    size_hw = max(1, round(height * scale)), max(1, round(width * scale))
    shown = []
    for label in order[:MOST_TILES]:
        name = answer.names[label]
        share = shares.get(name, 0)
        says = f"{name}: at most {peaks[label]:.0%}, the largest at {share:.1%} of the pixels"
        heat = draw.overlay(np.zeros((*size_hw, 3), np.uint8), answer.probabilities[label], 1.0)
        shown.append(show_picture(heat, says, lossless=True))
    left = len(order) - len(shown)
    more = f"<p>{left} more classes, less probable everywhere, are in the menu above.</p>" if left else ""
    return f'<div style="{CARDS}">{"".join(shown)}</div>{more}'
