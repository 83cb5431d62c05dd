"""All heads of all layers at a glance, and the two masks: what may be looked at, and what is padding."""

import gradio as gr
import numpy as np

from hub_models import draw
from hub_models.tabs.translation_seen import Seen, seen, sides, transformer_menu
from hub_models.task import Task
from hub_models.ui import on_click, show_picture
from hub_models.ui.frame import Shared
from hub_models.ui.heat import heat_table

MOST = 40  # pieces
SIDE = 200  # pixels of a picture, at least
CARDS = "display:grid;grid-template-columns:repeat(auto-fill,minmax(min(100%,9rem),1fr));gap:0.8rem"
COLUMNS = 16  # of the drawn masks


def heads_view(task: Task, shared: Shared) -> None:
    gr.Markdown(
        "Each head has matrices of its own and learns to look for something of its own (10.18). A row is a piece "
        "that looks, a column one that is looked at, bright means much. In the decoder nothing is right of the "
        "diagonal: the **causal mask** hides what comes later, or the network would see what it shall guess. "
        "Sentences of different length stand in one batch, the shorter filled up with `<PAD>`: the **padding mask** "
        "keeps everybody from looking at it."
    )
    menu = transformer_menu(task, shared)
    show = gr.Button("Show all heads", variant="primary")
    masks, shown = gr.HTML(), gr.HTML()

    def view(text, checkpoint):
        found = seen(task, text, checkpoint, MOST)
        cards = []
        for place, layer, steps in found.looks:
            for head, weights in enumerate(steps.weights):
                says = f"{place}, layer {layer}, head {head + 1}: {habit(weights, *sides(found, place))}."
                cards.append(picture(weights, says))
        return both_masks(found), f'<div style="{CARDS}">{"".join(cards)}</div>'

    on_click(show.click, view, [shared.input, menu], [masks, shown])


def picture(values: np.ndarray, says: str) -> str:
    """Numbers (T, S) in 0..1 as squares."""
    scale = max(4, SIDE // max(values.shape))
    large = values.repeat(scale, 0).repeat(scale, 1).astype(np.float32)
    return show_picture(draw.overlay(np.zeros((*large.shape, 3), np.uint8), large, 1.0), says, lossless=True)


def habit(weights: np.ndarray, looking: tuple[str, ...], looked: tuple[str, ...]) -> str:
    """In words what a head (T, S) looks at most, over all its rows."""
    mean = weights.mean(0)
    most = int(mean.argmax())
    places = weights.argmax(1)
    if len(looking) == len(looked) and len(places) > 1:
        back = np.arange(len(places)) - places
        same = np.bincount(back - back.min())
        step, share = int(same.argmax() + back.min()), same.max() / len(places)
        if share >= 0.5:
            name = {0: "at the same place", 1: "one back", -1: "one ahead"}
            far = f"{abs(step)} {'back' if step > 0 else 'ahead'}"
            return f"mostly {name.get(step, far)} ({share:.0%})"
    return f"most at {looked[most]} ({mean[most]:.0%} on average)"


def both_masks(found: Seen) -> str:
    """The causal mask over the translation, the padding mask over a batch of two sentences."""
    import torch

    from hub_models.architectures.attention import causal_mask, padding_mask

    read, given = found.read[:COLUMNS], found.given[:COLUMNS]
    causal = causal_mask(len(read)).numpy().astype(np.float32)
    half = max(1, len(given) // 2)
    padding = padding_mask(torch.tensor([len(given), half]), len(given)).numpy().astype(np.float32)
    filled = (*given[:half], *("<PAD>",) * (len(given) - half))
    columns = [f"{a} | {b}" for a, b in zip(given, filled, strict=True)]
    return heat_table(
        read, read, causal, "The causal mask of the decoder: 1 where a row may look at a column, else 0.", 1.0
    ) + heat_table(
        columns,
        ["your sentence", "its first half"],
        padding,
        "The padding mask of a batch of two: your sentence, and its first half filled up to the same length.",
        1.0,
    )
