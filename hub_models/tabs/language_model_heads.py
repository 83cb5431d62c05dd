"""All heads of all layers at a glance, the causal mask, and the waves that tell a Transformer where a character stands."""

import gradio as gr
import numpy as np

from hub_models import draw
from hub_models.tabs.language_model_attention import attended, transformer_menu
from hub_models.task import Task
from hub_models.ui import on_click, show_picture
from hub_models.ui.frame import Shared

MOST = 64  # characters
SCALE = 4  # pixels of a square
CARDS = "display:grid;grid-template-columns:repeat(auto-fill,minmax(min(100%,9rem),1fr));gap:0.8rem"


def heads_view(task: Task, shared: Shared) -> None:
    gr.Markdown(
        "Each head has matrices of its own and learns to look for something of its own (equation 10.18): the "
        "character before, the beginning of the word, the last line's end. A row is a character that looks, a "
        "column one that is looked at, bright means much. Nothing is right of the diagonal: the **mask** hides "
        "what comes later."
    )
    menu = transformer_menu(task, shared)
    show = gr.Button("Show all heads", variant="primary")
    shown = gr.HTML()

    def view(text, checkpoint):
        words, found = attended(task, text, checkpoint, MOST)
        cards = [picture(np.tril(np.ones((len(words),) * 2, np.float32)), "The mask: what may be looked at.")]
        for number, layer in enumerate(found):
            for head, weights in enumerate(layer.weights):
                cards.append(picture(weights, f"Layer {number + 1}, head {head + 1}: {habit(weights)}."))
        return f'<div style="{CARDS}">{"".join(cards)}</div>'

    on_click(show.click, view, [shared.input, menu], [shown])
    gr.Markdown(
        "**Positions.** Attention alone would not notice if the characters were shuffled. So a pattern is added "
        "to each character's vector that tells where it stands: sines and cosines, fast ones in the first numbers "
        "and slow ones in the last (lecture, section 10.10). From one position to the next by a fixed distance "
        "the pattern turns in the same way everywhere, which is how a head can look for “the one before”."
    )
    with gr.Row():
        length = gr.Slider(16, 256, 128, step=16, label="Positions", interactive=True)
        width = gr.Slider(16, 256, 96, step=16, label="Numbers in a vector", interactive=True)
    waves = gr.HTML(positions(128, 96))
    on_click(
        [length.release, width.release],
        positions,
        [length, width],
        [waves],
        light=True,
        show_progress="hidden",
    )


def picture(values: np.ndarray, says: str) -> str:
    """Numbers (T, S) in 0..1 as squares."""
    large = values.repeat(SCALE, 0).repeat(SCALE, 1).astype(np.float32)
    return show_picture(draw.overlay(np.zeros((*large.shape, 3), np.uint8), large, 1.0), says, lossless=True)


def habit(weights: np.ndarray) -> str:
    """In words where a head mostly looks: (T, T) weights of rows that see themselves and what came before."""
    rows = np.arange(1, len(weights))
    if not len(rows):
        return "one character only"
    back = np.array([row - weights[row, : row + 1].argmax() for row in rows])
    places = np.bincount(back)
    most = int(places.argmax())
    name = {0: "at itself", 1: "one back"}.get(most, f"{most} back")
    return f"most often {name} ({places[most] / len(rows):.0%} of the characters)"


def positions(length: float, width: float) -> str:
    """The table of sines and cosines as a picture: a row a position."""
    position = np.arange(int(length))[:, None]
    angle = position * 10_000 ** (-np.arange(0, int(width), 2) / int(width))
    table = np.stack([np.sin(angle), np.cos(angle)], -1).reshape(int(length), -1)
    return picture(
        (table.astype(np.float32) + 1) / 2, f"{int(length)} positions, a row each; {int(width)} numbers."
    )
