"""Where a person gives one picture or text and asks: input, examples, buttons, what a click does, known failures below."""

from collections.abc import Sequence
from functools import partial

import gradio as gr

from hub_models.task import Task
from hub_models.ui.click import on_click
from hub_models.ui.components import PictureInput
from hub_models.ui.examples import available, example_buttons, link_button, texts
from hub_models.ui.failures import Answer, Failure, failure_buttons
from hub_models.ui.frame import Preset
from hub_models.ui.loading import with_progress


def picture_input(
    task: Task, preset: Preset, what: str = "Picture", example_width: int = 90
) -> tuple[PictureInput, gr.State]:
    """(the input, the name of the example in it), with a button an example of at least `example_width` pixels."""
    examples = available(task)
    picture = PictureInput(
        value=str(examples[preset.example]) if preset.example in examples else None,
        label=f"{what}: upload, camera or paste",
        sources=["upload", "webcam", "clipboard"],
        height=300,
    )
    example = gr.State(preset.example)
    example_buttons(examples, picture, example, min_width=example_width)
    return picture, example


def text_input(task: Task, preset: Preset, placeholder: str, lines: int = 4) -> tuple[gr.Textbox, gr.State]:
    """The same for a text."""
    examples = texts(task)
    first = next(iter(examples), "")
    text = gr.Textbox(
        examples.get(preset.example, examples.get(first, "")),
        label="Text",
        placeholder=placeholder,
        lines=lines,
        max_lines=12,
        interactive=True,
        elem_id=f"{task.id}-text",
    )
    example = gr.State(preset.example)
    example_buttons(examples, text, example, min_width=90)
    return text, example


def run_buttons(
    task: Task, verb: str, checkpoint: gr.Dropdown, example: gr.State
) -> tuple[gr.Button, gr.Button]:
    """(the button that asks, the one that stops it), with the link beside."""
    with gr.Row():
        run = gr.Button(verb, variant="primary")
        stop = gr.Button("Cancel", min_width=60)
        link_button(task, checkpoint, example)
    return run, stop


def on_ask(
    task: Task,
    answer: Answer,
    buttons: tuple[gr.Button, gr.Button],  # of `run_buttons`
    asked: Sequence[gr.components.Component],  # picture or text, checkpoint, controls
    outputs: Sequence[gr.components.Component],  # what `answer` yields
    failures: Sequence[Failure],
) -> None:
    """The button and an upload, or Enter in a text, are answered; below, the failures that anyone can repeat."""
    run, stop = buttons
    triggers = [run.click, asked[0].submit if isinstance(asked[0], gr.Textbox) else asked[0].upload]
    on_click(triggers, with_progress(partial(answer, task)), asked, outputs, stop=stop)
    with gr.Accordion("Where it goes wrong, and why", open=False):
        failure_buttons(task, failures, answer, asked, outputs)
