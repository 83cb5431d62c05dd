"""Inputs that our networks are known to get wrong, with what they teach: each is computed live, with one click."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import gradio as gr

from hub_models.loader import LOADER
from hub_models.task import Task
from hub_models.ui.click import on_click
from hub_models.ui.examples import available, texts
from hub_models.ui.loading import with_progress

Answer = Callable[..., Iterator[tuple]]  # (task, input, checkpoint, *controls, progress) -> what is shown


@dataclass(frozen=True, kw_only=True)
class Failure:
    title: str
    example: str
    checkpoint: str
    why: str
    settings: tuple[float, ...] = ()  # of the controls, in their order; (): as they stand


def failure_buttons(
    task: Task,
    failures: Sequence[Failure],
    answer: Answer,
    asked: Sequence[gr.components.Component],  # picture or text, checkpoint, controls
    outputs: Sequence[gr.components.Component],  # what `answer` yields
) -> None:
    """The failures whose example and checkpoint are here, each with a button that repeats it."""
    examples, known = available(task) | texts(task), {c.id for c in LOADER.menu(task.id)}
    controls = list(asked[2:])
    for failure in failures:
        if failure.checkpoint not in known or failure.example not in examples:
            continue
        with gr.Row():
            gr.Markdown(f"**{failure.title}.** {failure.why}")
            show = gr.Button("Show me", size="sm", min_width=80, scale=0)

        def repeat(*given, failure=failure, shown_input=str(examples[failure.example])):
            *values, progress = given
            told = failure.settings or [gr.skip()] * len(values)
            told_of = failure.settings or values
            for shown in answer(task, shown_input, failure.checkpoint, *told_of, progress):
                yield shown_input, gr.Dropdown(value=failure.checkpoint), *told, *shown

        on_click(show.click, with_progress(repeat), () if failure.settings else controls, [*asked, *outputs])
