"""The frame of every task's tab: Try it, Look inside, Fine-tune, Use it."""

from collections.abc import Callable
from dataclasses import dataclass

import gradio as gr

from hub_models.checkpoint import Checkpoint
from hub_models.loader import LOADER
from hub_models.task import Task
from hub_models.ui.click import on_click
from hub_models.ui.components import card
from hub_models.ui.finetune import fine_tune
from hub_models.ui.form import CLASSIFICATION, Form
from hub_models.ui.use_it import use_it


@dataclass(frozen=True)
class Preset:
    """What a link asks for: `?task=...&checkpoint=...&example=...`."""

    checkpoint: str = ""
    example: str = ""


@dataclass(frozen=True, kw_only=True)
class Shared:
    """Components of Try it that the other parts read."""

    checkpoint: gr.Dropdown
    input: gr.components.Component
    controls: tuple[gr.components.Component, ...] = ()  # thresholds and the like, in the order of `predict`


def frame(
    task: Task,
    preset: Preset,
    try_it: Callable[[Task, Preset], Shared],
    look_inside: Callable[[Task, Shared], None],
    form: Form = CLASSIFICATION,
) -> None:
    """Lay out the four parts of `task`, the same in every tab; `form` is that of its recipe."""
    gr.Markdown(f"## {task.title}\n{task.summary}", elem_classes="task-title")
    with gr.Tabs(overflow_behavior="wrap"):
        with gr.Tab("Try it"):
            shared = try_it(task, preset)
        with gr.Tab("Look inside"):
            look_inside(task, shared)
        with gr.Tab("Fine-tune"):
            fine_tune(task, shared.checkpoint, form)
        with gr.Tab("Use it"):
            use_it(task, shared.checkpoint)
    with gr.Accordion("Papers", open=False):
        gr.Markdown("\n".join(f"- {paper}" for paper in task.papers))


def choices(task: Task) -> list[tuple[str, str]]:
    """(text, id) of what can be chosen, offline ones first, in the catalogue's order."""
    rows = sorted(LOADER.menu(task.id), key=lambda c: not c.offline)
    return [(menu_text(c), c.id) for c in rows]


def menu_text(checkpoint: Checkpoint) -> str:
    """How the menu names a checkpoint: what it is, what it knows, what it costs."""
    return checkpoint.menu_text()


def checkpoint_menu(task: Task, preset: Preset) -> gr.Dropdown:
    """The menu of checkpoints with its card; checkpoints trained here appear when the menu is opened."""
    options = choices(task)
    known = {identity for _, identity in options}
    if preset.checkpoint and preset.checkpoint not in known:
        gr.Warning(f"This link asks for the checkpoint {preset.checkpoint[:60]!r}, which is not in the menu.")
    chosen = preset.checkpoint if preset.checkpoint in known else task.default
    menu = gr.Dropdown(options, value=chosen, label="Checkpoint", filterable=True, interactive=True)
    with gr.Accordion("About this checkpoint", open=False):
        about = gr.HTML(card(LOADER.checkpoint(chosen, task.id)))
    on_click(
        menu.change, lambda identity: card(LOADER.checkpoint(identity, task.id)), [menu], [about], light=True
    )
    on_click(
        menu.focus, lambda: gr.Dropdown(choices=choices(task)), [], [menu], light=True, show_progress="hidden"
    )
    return menu
