"""The weights of the layers: lambda of equation 9.9 for each, and what the picture becomes."""

from collections.abc import Iterator

import gradio as gr

from hub_models.errors import BadInput
from hub_models.loader import LOADER
from hub_models.predictors.style_layers import LAYERS
from hub_models.stylized import Layers
from hub_models.tabs.style_transfer_given import READER, given, inputs_of
from hub_models.task import Task
from hub_models.ui import on_click, show_picture
from hub_models.ui.frame import Shared
from hub_models.ui.tables import table

SIDE, SHOW_EVERY = 160, 8  # pixels of the longer side; iterations between two pictures
WORDS = (
    "A slider for each layer's weight (lambda of equation 9.9), and the layer that tells the content. With `conv1_1` "
    "alone only the colours of the style come over; the deeper the layer, the larger the pieces. The table shows how far "
    "each layer is from the style: those of weight 0 are not asked, and stay behind."
)


def weights_view(task: Task, shared: Shared) -> None:
    gr.Markdown(WORDS)
    layers = LAYERS[LOADER.checkpoint(READER, task.id).model]
    names = list(layers.style)
    with gr.Row():
        with gr.Column(min_width=280):
            sliders = [
                gr.Slider(0, 5, 1, step=0.1, label=f"lambda of {name}", interactive=True) for name in names
            ]
            content = gr.Dropdown(
                names, value=next(iter(layers.content)), label="Layer of the content", interactive=True
            )
            beta = gr.Number(100, label="beta: weight of the style", minimum=0, maximum=1e9, interactive=True)
            iterations = gr.Slider(10, 200, 60, step=10, label="Iterations", interactive=True)
            with gr.Row():
                start = gr.Button("Paint with these weights", variant="primary")
                stop = gr.Button("Cancel", min_width=60)
        with gr.Column(min_width=280):
            shown = gr.HTML()

    def view(told: str, style_weight: float, count: float, *values) -> Iterator[str]:
        weights = dict(zip(names, values[: len(names)], strict=True))
        picture, *controls = values[len(names) :]
        if not any(weights.values()):
            raise BadInput("bad_value", "Expected a weight above 0 for at least one layer.")
        yield "<p>Loading ...</p>"
        yield from painted(task, weights, told, style_weight, int(count), picture, tuple(controls))

    inputs = [content, beta, iterations, *sliders, *inputs_of(shared)]
    on_click(start.click, view, inputs, [shown], stop=stop)


def painted(
    task: Task,
    weights: dict[str, float],
    content: str,
    beta: float,
    iterations: int,
    picture: str | None,
    controls: tuple,
) -> Iterator[str]:
    """The picture now and then, with the cost of each layer that counts."""
    from hub_models.predictors.gatys import Wanted, as_pixels

    seen = given(picture, controls, SIDE)
    predictor = LOADER.get(READER, task.id)
    layers = Layers(content={content: 1.0}, style={name: w for name, w in weights.items() if w})
    wanted = Wanted(iterations=iterations, beta=beta, layers=layers)
    first: dict[str, float] = {}
    for moment in predictor.optimisation(seen.pixels, seen.style, wanted).steps(iterations):
        first = first or dict(moment.by_layer)
        if moment.iteration % SHOW_EVERY and moment.iteration != iterations:
            continue
        rows = [
            [name, f"{weights[name]:g}", f"{first[name]:.3f}", f"{cost:.4f}"]
            for name, cost in moment.by_layer.items()
        ]
        words = f"The style {seen.name} after {moment.iteration} iterations."
        yield show_picture(as_pixels(moment.picture), words) + table(
            ["Layer", "lambda", "Cost at first", "Now"], rows
        )
