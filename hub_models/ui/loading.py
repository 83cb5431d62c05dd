"""Say that a download or a first load begins, before it begins."""

import html
from collections.abc import Callable, Iterator

import gradio as gr

from hub_models.loader import LOADER
from hub_models.task import Task


def loading(task: Task, checkpoint: str, progress: gr.Progress) -> Iterator[str]:
    """Load `checkpoint`; where that has to be waited for, first a line of HTML which says so."""
    row = LOADER.checkpoint(checkpoint, task.id)
    if any(ready.id == checkpoint for ready, _ in LOADER.loaded()):
        return
    how = f"Downloading {row.megabytes:,.0f} MB and loading" if not row.offline else "Loading"
    yield f"<p>{how} {html.escape(row.title)} ({html.escape(row.weights_licence)}) ...</p>"
    LOADER.get(checkpoint, task.id, lambda done, total: progress((done, total), desc=how, unit="bytes"))


def with_progress(answer: Callable[..., Iterator]) -> Callable[..., Iterator]:
    """`answer(*values, progress)` as gradio calls it: what it fills in comes before the values of the components."""

    def go(progress=gr.Progress(), *values):  # noqa: B008 (gradio's way to ask for it)
        yield from answer(*values, progress)

    return go
