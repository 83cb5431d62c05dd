"""Attention over the picture: where the question looks, as a whole and word by word."""

from typing import TYPE_CHECKING

import gradio as gr
import numpy as np
from PIL import Image

from hub_models.draw import outline, overlay
from hub_models.loader import LOADER
from hub_models.tabs.visual_question_answering_given import OURS, answerer, given
from hub_models.task import Task
from hub_models.ui import on_click, show_picture
from hub_models.ui.fitting import fitting_menu
from hub_models.ui.frame import Shared
from hub_models.ui.heat import MOST_WORDS
from hub_models.ui.tables import table

if TYPE_CHECKING:  # brings torch with it, which a tab that was only opened does not need
    from hub_models.inside.questions import Looked

SIDE = 240  # pixels of a shown picture, at least
CARD = 160  # pixels of the picture of one word
MOST_CARDS = 20  # words that are drawn
WORDS = (
    "Visual attention (lecture, section 10.9.2): the network describes the picture region by region. The state after each "
    "word is a query; its scaled dot product with the key of every region goes through softmax, and the weights, which sum "
    "to 1, say where this word looks. The bright places are mixed most into what the word finds. The map of the question is "
    "the sum of the maps of its words, each times the weight of the word. Attention shows what was mixed, not why an "
    "answer was given: a network can look elsewhere and be right, because each region has seen its neighbours too."
)


def look_view(task: Task, shared: Shared) -> None:
    gr.Markdown(WORDS)
    menu = fitting_menu(task, shared, OURS)
    opacity = gr.Slider(0, 1, 0.55, step=0.05, label="Opacity of the map", interactive=True)
    show = gr.Button("Show where it looks", variant="primary")
    shown = gr.HTML()

    def view(picture, question, checkpoint, strength):
        from hub_models.inside.questions import looked

        pixels, cleaned = given(picture, question)
        predictor = answerer(task, checkpoint)
        found = LOADER.run(checkpoint, task.id, lambda loaded: looked(loaded, pixels, cleaned))
        return page(found, predictor.seen(pixels), predictor.names, strength)

    on_click(show.click, view, [shared.input, *shared.controls, menu, opacity], [shown])


def page(found: "Looked", seen: np.ndarray, names: tuple[str, ...], opacity: float) -> str:
    """The map of the question, a small one a word, and both in numbers."""
    best = int(found.probabilities.argmax())
    whole = laid_over(enlarged(seen, SIDE), found.whole, opacity)
    says = (
        f"Where the question looks: most at {place(found.whole)}. Its answer: {names[best]} "
        f"({found.probabilities[best]:.0%})."
    )
    small = enlarged(seen, CARD)
    cards = [
        show_picture(
            laid_over(small, map, opacity), f"“{word}” looks most at {place(map)}, weight {weight:.2f}."
        )
        for word, map, weight in zip(found.words, found.maps, found.weights, strict=True)
    ][:MOST_CARDS]
    grid = "display:grid;grid-template-columns:repeat(auto-fill,minmax(min(100%,9rem),1fr));gap:0.6rem"
    rows = [
        [word, f"{weight:.3f}", place(map), f"{map.max():.3f}", f"{spread(map):.1f}"]
        for word, map, weight in zip(found.words[:MOST_WORDS], found.maps, found.weights, strict=False)
    ]
    heads = [
        "Word",
        "Weight of the word",
        "Looks most at",
        "Share of that region",
        "Regions it is spread over",
    ]
    caption = f"Attention over {found.maps[0].size} regions. Evenly spread, each would have {1 / found.maps[0].size:.3f}."
    return (
        show_picture(whole, says, width="min(100%,24rem)")
        + f'<div style="{grid}">{"".join(cards)}</div>'
        + table(heads, rows, caption)
    )


def laid_over(pixels: np.ndarray, map: np.ndarray, opacity: float) -> np.ndarray:
    """The map, brightest at its largest, over the picture, with a frame around the region that has most."""
    height, width = pixels.shape[:2]
    row, column = np.unravel_index(map.argmax(), map.shape)
    rows, columns = map.shape
    box = (
        column * width / columns, row * height / rows, (column + 1) * width / columns, (row + 1) * height / rows
    )  # fmt: skip
    return outline(overlay(pixels, map / max(float(map.max()), 1e-9), opacity), box)


def enlarged(pixels: np.ndarray, side: int) -> np.ndarray:
    """The picture with `side` pixels along its shorter side."""
    height, width = pixels.shape[:2]
    scale = side / min(height, width)
    size = min(4 * side, round(width * scale)), min(4 * side, round(height * scale))
    return np.asarray(Image.fromarray(pixels).resize(size, Image.Resampling.BICUBIC))


def place(map: np.ndarray) -> str:
    row, column = np.unravel_index(map.argmax(), map.shape)
    return f"row {row + 1}, column {column + 1}"


def spread(map: np.ndarray) -> float:
    """Over how many regions it is spread: e to the entropy, 1 for a single one."""
    shares = map[map > 0]
    return float(np.exp(-(shares * np.log(shares)).sum()))
