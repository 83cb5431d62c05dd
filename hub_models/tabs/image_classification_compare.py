"""Old and new side by side: one picture through every checkpoint."""

from pathlib import Path

import gradio as gr

from hub_models.checkpoint import Checkpoint
from hub_models.errors import HubError
from hub_models.loader import LOADER
from hub_models.task import Task
from hub_models.ui import on_click
from hub_models.ui.components import uploaded
from hub_models.ui.frame import Shared
from hub_models.ui.tables import problem, table

COLUMNS = ["Year", "Network", "Trained on", "Says", "ms", "Parameters", "MB", "Accuracy measured"]


def comparison_view(task: Task, shared: Shared) -> None:
    gr.Markdown(
        "One picture through every checkpoint, oldest architecture first. The classes differ: compare what each "
        "network was taught, how large it is, and how long it takes."
    )
    with gr.Row():
        downloads = gr.Checkbox(label="Also those that need a download", interactive=True)
        show = gr.Button("Compare", variant="primary")
        stop = gr.Button("Cancel")
    shown = gr.HTML()

    def view(picture, with_downloads):
        path = uploaded(picture)
        rows = []
        for checkpoint in sorted(LOADER.menu(task.id), key=lambda c: c.year):
            if checkpoint.offline or with_downloads:
                rows.append(row(task, checkpoint, path))
                yield table(COLUMNS, rows)
        if not rows:
            yield problem("No checkpoint is here.")

    on_click(show.click, view, [shared.input, downloads], [shown], stop=stop)


def row(task: Task, checkpoint: Checkpoint, path: Path) -> list[object]:
    """What one checkpoint says of the picture, how fast, and what it is."""
    try:
        task.predict(path, checkpoint.id)  # loads, and warms up
        answer = task.predict(path, checkpoint.id)
        said, milliseconds = answer.result.text().partition(": ")[2], f"{answer.seconds * 1000:.1f}"
    except HubError as error:
        said, milliseconds = error.message, ""
    measured = checkpoint.metrics[0] if checkpoint.metrics else None
    figure = f"{measured.value:.1%} on {measured.dataset} {measured.split}" if measured else "not by us"
    taught, parameters = checkpoint.trained_on.split(" (")[0], checkpoint.parameters
    return [
        str(checkpoint.year),
        checkpoint.title,
        taught,
        said,
        milliseconds,
        parameters,
        checkpoint.megabytes,
        figure,
    ]
