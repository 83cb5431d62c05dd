"""Old and new side by side, where an answer is read and not looked at: one input through every checkpoint."""

from collections.abc import Callable

import gradio as gr

from hub_models.checkpoint import Checkpoint
from hub_models.errors import HubError
from hub_models.task import Task
from hub_models.ui.click import on_click
from hub_models.ui.compare import comparison_buttons, oldest_first
from hub_models.ui.frame import Shared
from hub_models.ui.tables import problem, table

COLUMNS = ["Year", "Network", "Trained on", "Says", "ms", "Parameters", "MB", "Measured"]


def answers_view(task: Task, shared: Shared, words: str, given: Callable[[object], object]) -> None:
    """A row for each checkpoint, as soon as it has answered. `given`: what came from the input, checked; or a HubError."""
    gr.Markdown(words)
    downloads, show, stop = comparison_buttons()
    shown = gr.HTML()

    def view(value, with_downloads):
        checked, rows = given(value), []
        for checkpoint in oldest_first(task, with_downloads):
            rows.append(row(task, checkpoint, checked))
            yield table(COLUMNS, rows)
        if not rows:
            yield problem("No checkpoint is here.")

    on_click(show.click, view, [shared.input, downloads], [shown], stop=stop)


def row(task: Task, checkpoint: Checkpoint, given: object) -> list[object]:
    """What one checkpoint says, how fast, and what it is; what cannot run is told."""
    try:
        task.predict(given, checkpoint.id)  # loads, and warms up
        answer = task.predict(given, checkpoint.id)
        said = answer.result.text()
        said, milliseconds = said.partition(": ")[2] or said, f"{answer.seconds * 1000:.1f}"
    except HubError as error:
        said, milliseconds = error.message, ""
    measured = checkpoint.metrics[0] if checkpoint.metrics else None
    figure = (
        f"{measured.name} {measured.value:.1%} on {measured.dataset} {measured.split}"
        if measured
        else "not by us"
    )
    return [
        str(checkpoint.year),
        checkpoint.title,
        checkpoint.trained_on.split(" (")[0],
        said,
        milliseconds,
        checkpoint.parameters,
        checkpoint.megabytes,
        figure,
    ]
