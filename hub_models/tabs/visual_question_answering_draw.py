"""A drawing of the visitor's choice as the input: shape, colour, place and size, made by code."""

import gradio as gr

from hub_models.shapes import COLOURS, OTHER_COLOURS, SHAPES, Drawing, draw_shape
from hub_models.ui import on_click


def drawing_part(picture: gr.Image, example: gr.State) -> None:
    """Controls of a drawing, which a button puts into `picture`."""
    with gr.Accordion("Draw one", open=False):
        with gr.Row():
            shape = gr.Dropdown(
                list(SHAPES), value="triangle", label="Shape", interactive=True, min_width=110
            )
            colours = [*COLOURS, *((f"{name} (none of the training data)", name) for name in OTHER_COLOURS)]
            colour = gr.Dropdown(colours, value="green", label="Colour", interactive=True, min_width=110)
        with gr.Row():
            x = gr.Slider(0, 1, 0.5, step=0.05, label="Across", interactive=True, min_width=110)
            y = gr.Slider(0, 1, 0.5, step=0.05, label="Down", interactive=True, min_width=110)
            size = gr.Slider(0.1, 0.8, 0.4, step=0.05, label="Size", interactive=True, min_width=110)
        draw = gr.Button("Draw it", size="sm")

    def drawn(*values):
        names = ("shape", "colour", "x", "y", "size")
        return draw_shape(Drawing(**dict(zip(names, values, strict=True)))), ""

    on_click(
        draw.click, drawn, [shape, colour, x, y, size], [picture, example], light=True, show_progress="hidden"
    )
