"""One picture, told in several ways of choosing: greedy, drawn with a temperature, beams of several widths."""

from collections.abc import Iterator

import gradio as gr

from hub_models.caption import Caption
from hub_models.loader import LOADER
from hub_models.tabs.image_captioning_seen import ours, pixels_of
from hub_models.task import Task
from hub_models.tasks.image_captioning import MOST_BEAMS, MOST_WORDS, way
from hub_models.ui import on_click
from hub_models.ui.fitting import fitting_menu
from hub_models.ui.frame import Shared
from hub_models.ui.tables import table

DRAWS = 5  # captions drawn at the temperature


def beams_view(task: Task, shared: Shared) -> None:
    gr.Markdown(
        "**Greedy** takes the most probable word each time. **Beam search** keeps several beginnings, so that a "
        "less probable word may lead to a more probable sentence; each word makes the probability smaller, so the "
        "log probability is divided by the length to a power: at 0 short captions win, at 1 it is the mean of a "
        "word. **Drawing** gives every word its chance; a low temperature makes it timid, a high one careless. "
        "The table lists all that was kept."
    )
    menu = fitting_menu(task, shared, lambda row: row.library == "ours")
    with gr.Row():
        width = gr.Slider(2, MOST_BEAMS, 5, step=1, label="Beam width", interactive=True, min_width=140)
        power = gr.Slider(0, 1.5, 0.7, step=0.1, label="Length power", interactive=True, min_width=140)
        heat = gr.Slider(0.1, 2, 0.7, step=0.1, label="Temperature", interactive=True, min_width=140)
    with gr.Row():
        show = gr.Button("Tell it in every way", variant="primary")
        stop = gr.Button("Cancel", min_width=60)
    shown = gr.HTML(elem_id="ways")

    def view(picture, checkpoint, beams, length_power, temperature) -> Iterator[str]:
        pixels = pixels_of(picture)
        seen = LOADER.run(checkpoint, task.id, lambda predictor: ours(predictor).preprocess(pixels))
        rows: list[list[str]] = []
        for name, values in ways(int(beams), length_power, temperature):
            choosing, length = way(*values)
            found = LOADER.run(
                checkpoint, task.id, lambda predictor, c=choosing, n=length: predictor.describe(seen, c, n)
            )
            rows += listed(name, found, length_power)
            yield table(["Way", "Caption", "Log probability", "Divided by length to the power"], rows)

    on_click(show.click, view, [shared.input, menu, width, power, heat], [shown], stop=stop)


def ways(beams: int, length_power: float, temperature: float) -> list[tuple[str, tuple]]:
    """(name, what `way` takes) of each."""
    found = [
        ("greedy", (1, 0.0, 0.0, MOST_WORDS, 0)),
        (f"{beams} beams", (beams, 0.0, length_power, MOST_WORDS, 0)),
    ]
    return found + [
        (f"drawn, temperature {temperature:g}", (1, temperature, 0.0, MOST_WORDS, seed))
        for seed in range(DRAWS)
    ]


def listed(name: str, found: Caption, length_power: float) -> list[list[str]]:
    """A row for the caption, and one for each other beam."""
    rows = []
    for number, (caption, log) in enumerate([(found.caption, found.log_probability), *found.others], 1):
        title = name if number == 1 else f"{name}, number {number}"
        rows.append([title, caption, f"{log:.2f}", normalised(caption, log, length_power)])
    return rows


def normalised(caption: str, log: float, length_power: float) -> str:
    return f"{log / (len(caption.split()) + 1) ** length_power:.3f}"
