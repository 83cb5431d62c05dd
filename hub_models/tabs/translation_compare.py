"""One sentence through all systems, oldest idea first, with their alignments."""

import gradio as gr

from hub_models.checkpoint import Checkpoint
from hub_models.errors import HubError
from hub_models.tabs.translation_shown import alignment
from hub_models.task import Answer, Task
from hub_models.ui import on_click
from hub_models.ui.compare import comparison_buttons, oldest_first
from hub_models.ui.frame import Shared
from hub_models.ui.tables import problem, table

COLUMNS = ("Year", "Network", "Translation", "Log probability a piece", "ms", "Parameters", "MB", "Measured")


def systems_view(task: Task, shared: Shared) -> None:
    gr.Markdown(
        "The same sentence through every checkpoint that is here. Ours learned from the same 29,000 pairs of "
        "captions, with the same pieces of words and, but for the Transformer, nearly as many weights, so what "
        "differs is the idea. Try the example *long*: the encoder-decoder without attention mixes up who does what, "
        "the others do not. OPUS-MT of the Hub learned from millions of sentences of all kinds."
    )
    downloads, show, stop = comparison_buttons()
    shown = gr.HTML()

    def view(text, with_downloads, beams, penalty):
        rows, maps = [], ""
        for checkpoint in oldest_first(task, with_downloads):
            answer, trouble = asked(task, checkpoint, text or "", beams, penalty)
            rows.append(row_of(checkpoint, answer, trouble))
            if answer is not None and answer.result.alignment is not None:
                maps += alignment(answer.result, f"{checkpoint.year}, {checkpoint.title}: where it looked.")
            yield table(COLUMNS, rows) + maps
        if not rows:
            yield problem("No checkpoint is here.")

    on_click(show.click, view, [shared.input, downloads, *shared.controls], [shown], stop=stop)


def asked(
    task: Task, checkpoint: Checkpoint, text: str, beams: float, penalty: float
) -> tuple[Answer | None, str]:
    """(what one checkpoint answers, or why it cannot). What is wrong with the text itself is raised."""
    try:
        return task.predict(text, checkpoint.id, beams, penalty), ""
    except HubError as error:
        if error.code in ("text_empty", "text_too_long", "bad_value", "cancelled", "deadline"):
            raise
        return None, error.message


def row_of(checkpoint: Checkpoint, answer: Answer | None, trouble: str) -> list[object]:
    measured = checkpoint.metrics[0].text() if checkpoint.metrics else "not by us"
    about = [checkpoint.parameters, checkpoint.megabytes, measured]
    if answer is None:
        return [str(checkpoint.year), checkpoint.title, trouble, "", "", *about]
    found = answer.result
    mean = found.log_probability / max(1, len(found.pieces))
    return [
        str(checkpoint.year), checkpoint.title, found.written, f"{mean:.2f}", f"{answer.seconds * 1000:.0f}", *about,
    ]  # fmt: skip
