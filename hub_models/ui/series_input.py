"""Where a person gives a series: a file with a table, or an example."""

import gradio as gr
from gradio.data_classes import FileData

from hub_models.task import Task
from hub_models.ui.components import uploaded
from hub_models.ui.examples import available, example_buttons
from hub_models.ui.frame import Preset


class SeriesInput(gr.File):
    """A file component that gives the path of the file as it was uploaded, unread.

    No constructor of its own: gradio reads what to send to the browser from the constructor's signature.
    """

    is_template = True  # to the browser it is gradio's File

    def preprocess(self, payload: FileData | None) -> str | None:
        if payload is None:
            return None
        return str(uploaded(payload.path, payload.url))


def series_input(task: Task, preset: Preset) -> tuple[SeriesInput, gr.State]:
    """(the input, the name of the example in it), with a button an example."""
    examples = available(task)
    first = preset.example if preset.example in examples else next(iter(examples), "")
    series = SeriesInput(
        value=str(examples[first]) if first else None,
        label="Series: a CSV with a column of numbers, or dates and numbers",
        height=120,
    )
    example = gr.State(first)
    example_buttons(examples, series, example, min_width=90)
    return series, example
