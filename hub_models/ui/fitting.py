"""A menu of the checkpoints that a view fits: the one chosen in Try it where it fits, else another."""

from collections.abc import Callable

import gradio as gr

from hub_models.checkpoint import Checkpoint
from hub_models.loader import LOADER
from hub_models.task import Task
from hub_models.ui.click import on_click
from hub_models.ui.frame import Shared

Fits = Callable[[Checkpoint], bool]


def of_model(*models: str) -> Fits:
    """Networks of ours in these files of `architectures`."""
    return lambda row: row.library == "ours" and row.model in models


def fitting_menu(task: Task, shared: Shared, fits: Fits) -> gr.Dropdown:
    """Follows the menu of Try it; empty where no checkpoint fits."""

    def follow(chosen: str) -> gr.Dropdown:
        rows = [row for row in LOADER.menu(task.id) if fits(row)]
        known = [row.id for row in rows]
        info = (
            "" if chosen in known else "The one chosen in Try it has none of this, so another is used here."
        )
        return gr.Dropdown(
            [(row.menu_text(), row.id) for row in rows],
            value=chosen if chosen in known else next(iter(known), None),
            info=info if known else "No checkpoint here fits this view.",
            label="Checkpoint for this view",
            interactive=True,
        )

    menu = follow(shared.checkpoint.value)
    on_click(
        shared.checkpoint.change, follow, [shared.checkpoint], [menu], light=True, show_progress="hidden"
    )
    return menu
