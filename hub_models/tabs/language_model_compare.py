"""Old and new side by side: how well each checkpoint guesses the visitor's text, how it goes on, how fast."""

import gradio as gr

from hub_models.checkpoint import Checkpoint
from hub_models.errors import HubError
from hub_models.task import Task
from hub_models.ui import on_click
from hub_models.ui.compare import comparison_buttons, oldest_first
from hub_models.ui.frame import Shared
from hub_models.ui.tables import problem, table

WRITTEN = 40  # characters or pieces of words
COLUMNS = (
    "Year", "Network", "Perplexity of the text, per character", "Goes on (argmax)", "Steps a second", "Parameters", "MB",
    "Measured",
)  # fmt: skip


def comparison_view(task: Task, shared: Shared) -> None:
    gr.Markdown(
        "One text through every checkpoint, oldest idea first. Ours learned from one million characters of plays; "
        "those of the Hub from billions of words, and read pieces of words, so one step of theirs writes about "
        "four characters. The perplexity is per character for all, and can be compared."
    )
    downloads, show, stop = comparison_buttons()
    shown = gr.HTML()

    def view(text, with_downloads):
        rows = []
        for checkpoint in oldest_first(task, with_downloads):
            rows.append(row(task, checkpoint, text or ""))
            yield table(COLUMNS, rows)
        if not rows:
            yield problem("No checkpoint is here.")

    on_click(show.click, view, [shared.input, downloads], [shown], stop=stop)


def row(task: Task, checkpoint: Checkpoint, text: str) -> list[object]:
    """What one checkpoint makes of the text; why not, where it cannot."""
    measured = checkpoint.metrics[0].text() if checkpoint.metrics else "not by us"
    about = [checkpoint.parameters, checkpoint.megabytes, measured]
    try:
        task.predict(text, checkpoint.id, length=1)  # loads, and warms up
        answer = task.predict(text, checkpoint.id, length=WRITTEN, temperature=0.0)
    except HubError as error:
        if error.code.startswith("text_") or error.code in ("cancelled", "deadline"):
            raise
        return [str(checkpoint.year), checkpoint.title, error.message, "", "", *about]
    found = answer.result
    speed = f"{len(found.written.parts) / answer.seconds:,.0f}"
    return [
        str(checkpoint.year),
        checkpoint.title,
        f"{found.given.perplexity:.2f}",
        found.written.text,
        speed,
        *about,
    ]
