"""The U-Net's way: background, inside and border of objects, and what touches taken apart step by step."""

import gradio as gr
import numpy as np

from hub_models import draw, draw_segments
from hub_models.loader import LOADER
from hub_models.picture import decode_picture
from hub_models.task import Task
from hub_models.ui import on_click, show_picture
from hub_models.ui.components import uploaded
from hub_models.ui.detections import for_eyes
from hub_models.ui.fitting import fitting_menu
from hub_models.ui.frame import Shared
from hub_models.ui.network_picture import network_picture
from hub_models.ui.tables import table

CLASSES = ("background", "inside", "border")
CARDS = "display:grid;grid-template-columns:repeat(auto-fill,minmax(min(100%,17rem),1fr));gap:0.8rem"


def separate_view(task: Task, shared: Shared) -> None:
    gr.Markdown(
        "A U-Net labels pixels, so by itself it cannot tell two nuclei that touch from one. Its authors made it learn the "
        "gaps between cells; here the border of every object is a class of its own. What is connected inside is then one "
        "object: seeds are found where no two objects meet, and grow back over their borders until they meet."
    )
    with gr.Row():
        menu = fitting_menu(task, shared, separates)
        show = gr.Button("Take it apart", variant="primary")
    maps, steps, numbers = gr.HTML(), gr.HTML(), gr.HTML()

    def view(picture, identity):
        return LOADER.run(identity, task.id, lambda predictor: apart(predictor, picture))

    on_click(show.click, view, [shared.input, menu], [maps, steps, numbers])


def separates(row) -> bool:
    """A network of ours with classes for inside and border."""
    return row.library == "ours" and row.model != "mask_rcnn"


def apart(predictor, picture: str | None) -> tuple[str, str, str]:
    """(probability maps, the steps, what each would count), as HTML."""
    from hub_models.inside.instances import separation
    from hub_models.predictors.instances import LEAST_INSIDE

    pixels = decode_picture(uploaded(picture)).pixels
    x, used = predictor.preprocess(pixels)
    logits = predictor.forward(x)[0, :, : used[0], : used[1]].float()
    found = separation(logits.softmax(0).cpu().numpy(), LEAST_INSIDE)
    seen = network_picture(predictor, pixels, used)
    maps = "".join(
        show_picture(for_eyes(draw.heat(map)), f"Probability of {name}: dark 0, bright 1.")
        for name, map in zip(CLASSES, found.probabilities, strict=True)
    )
    return (
        f'<div style="{CARDS}">{maps}</div>',
        f'<div style="{CARDS}">{stages(found, seen)}</div>',
        counts(found),
    )


def stages(found, seen: np.ndarray) -> str:
    """Each step on the picture, as HTML."""
    told = (
        (
            found.joined,
            "1. Without the border: what is connected when border counts as object. Touching objects are one.",
        ),
        (found.seeds, "2. Seeds: connected insides of at least one half, each with a number."),
        (
            found.numbers,
            "3. Grown over the border by a watershed, until they meet each other or the background.",
        ),
    )
    return "".join(show_picture(for_eyes(coloured(seen, numbers)), says) for numbers, says in told)


def coloured(seen: np.ndarray, numbers: np.ndarray) -> np.ndarray:
    """Numbered areas (h, w) of a picture, each in a colour, its edge in full."""
    palette = np.array([draw.SHADE, *draw.COLOURS], np.uint8)
    colour = palette[np.where(numbers > 0, (numbers - 1) % len(draw.COLOURS) + 1, 0)]
    opacity = np.where(draw_segments.edges(numbers), 1.0, 0.45)[:, :, None]
    mixed = (1 - opacity) * seen + opacity * colour
    return np.where(numbers[:, :, None] > 0, mixed, seen).round().astype(np.uint8)


def counts(found) -> str:
    rows = [[step, count] for step, count in found.counts().items()]
    return table(["What is counted", "How many"], rows, "The same picture, counted after each step")
