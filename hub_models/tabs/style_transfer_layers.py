"""What each layer holds: pictures painted from noise until one layer alone sees the content, or the style."""

import html
from collections.abc import Iterator

import gradio as gr
import numpy as np

from hub_models.loader import LOADER
from hub_models.stylized import Layers
from hub_models.tabs.style_transfer_given import Given, given, inputs_of, reader_menu
from hub_models.task import Task
from hub_models.ui import on_click, show_picture
from hub_models.ui.frame import Shared

SIDE = 128  # pixels of the longer side: each layer needs an optimisation of its own
WORDS = (
    "The lecture says that deep layers hold the structure and early ones the strokes. Here it can be seen: every picture "
    "starts from noise and is changed until *one* layer cannot tell it from the content (equation 9.6, left), or until the "
    "layers *up to it* see the Gram matrices of the style (equation 9.9, right). From the first layers the content comes "
    "back pixel by pixel; deeper ones let go of colours and fine lines. The style grows with depth from grains to strokes "
    "and cells, and never keeps where anything was."
)


def layers_view(task: Task, shared: Shared) -> None:
    gr.Markdown(WORDS)
    with gr.Row():
        reader = reader_menu(task)
        iterations = gr.Slider(10, 200, 60, step=10, label="Iterations for each", interactive=True)
        start = gr.Button("Reconstruct", variant="primary")
        stop = gr.Button("Cancel")
    shown = gr.HTML()

    def view(identity: str, count: float, picture: str | None, *controls) -> Iterator[str]:
        yield "<p>Loading ...</p>"
        predictor = LOADER.get(identity, task.id)
        content = given(picture, controls, SIDE)
        rows: list[str] = []
        for layer in layers_of(predictor):
            yield page(rows, f"{layer} is at work ...")
            pair = reconstructions(predictor, content, layer, int(count))
            rows.append(row(layer, *pair))
        yield page(rows, "")

    on_click(start.click, view, [reader, iterations, *inputs_of(shared)], [shown], stop=stop)


def layers_of(predictor) -> tuple[str, ...]:
    """The layers that are read for the style, in the order of the network."""
    return tuple(name for name in predictor.network.layers if name in predictor.layers.style)


def reconstructions(predictor, content: Given, layer: str, iterations: int) -> tuple[np.ndarray, np.ndarray]:
    """(content from `layer` alone, style from the layers up to it), both from noise; (H, W, 3) uint8."""
    from hub_models.predictors.gatys import Wanted, as_pixels

    every = layers_of(predictor)
    up_to = dict.fromkeys(every[: every.index(layer) + 1], 1.0)
    pictures = []
    for layers, alpha, beta in (
        (Layers(content={layer: 1.0}, style={}), 1, 0),
        (Layers(content={}, style=up_to), 0, 1),
    ):
        wanted = Wanted(
            iterations=iterations, alpha=alpha, beta=100 * beta, grain=0.1, begin="noise", layers=layers
        )
        for moment in predictor.optimisation(content.pixels, content.style, wanted).steps(iterations):
            last = moment
        pictures.append(as_pixels(last.picture))
    return pictures[0], pictures[1]


def row(layer: str, content: np.ndarray, style: np.ndarray) -> str:
    return (
        '<div style="display:grid;grid-template-columns:1fr 1fr;gap:0.6rem;max-width:40rem">'
        f"{show_picture(content, f'Content that {layer} holds.')}"
        f"{show_picture(style, f'Style of the layers up to {layer}.')}</div>"
    )


def page(rows: list[str], waiting: str) -> str:
    return "".join(rows) + (f"<p>{html.escape(waiting)}</p>" if waiting else "")
