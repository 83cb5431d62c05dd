"""The tab of visual question answering: ask a picture, then see where it looked and what each half of the input gives."""

from collections.abc import Iterator
from functools import partial

import gradio as gr

from hub_models.tabs.visual_question_answering_draw import drawing_part
from hub_models.tabs.visual_question_answering_failures import FAILURES
from hub_models.tabs.visual_question_answering_form import FORM
from hub_models.tabs.visual_question_answering_inside import look_inside
from hub_models.task import Task
from hub_models.ui import frame, on_click
from hub_models.ui.asking import on_ask, picture_input, run_buttons
from hub_models.ui.components import uploaded
from hub_models.ui.examples import available, example_buttons, texts
from hub_models.ui.frame import Preset, Shared, checkpoint_menu
from hub_models.ui.loading import loading, with_progress
from hub_models.ui.tables import bars, took

WAITING = "<p>Choose a picture and type a question, then press Ask.</p>"
SHOWN = 5  # answers


def tab(task: Task, preset: Preset) -> None:
    frame(task, preset, try_it, look_inside, FORM)


def answered(
    task: Task, picture: str | None, checkpoint: str, question: str, progress: gr.Progress
) -> Iterator[tuple[str]]:
    """First that a download or a load begins, then the answer."""
    path = uploaded(picture)
    for words in loading(task, checkpoint, progress):
        yield (words,)
    answer = task.predict(path, question or "", checkpoint)
    yield (bars(answer.result, SHOWN) + took(answer),)


def try_it(task: Task, preset: Preset) -> Shared:
    """Picture and question, checkpoint, answer."""
    asking = texts(task)
    first = next(iter(asking.values()))
    with gr.Row():
        with gr.Column(min_width=280):
            picture, example = picture_input(task, picture_preset(task, preset))
            drawing_part(picture, example)
        with gr.Column(min_width=280):
            question = gr.Textbox(
                asking.get(preset.example, first),
                label="Question",
                placeholder="A question about the picture",
                lines=1,
                max_lines=4,
                interactive=True,
                elem_id=f"{task.id}-question",
            )
            example_buttons(asking, question, example, min_width=110)
            checkpoint = checkpoint_menu(task, preset)
            buttons = run_buttons(task, "Ask", checkpoint, example)
            answer = gr.HTML(WAITING, elem_id="answer")
    asked = [picture, checkpoint, question]
    on_click(question.submit, with_progress(partial(answered, task)), asked, [answer], stop=buttons[1])
    on_ask(task, answered, buttons, asked, [answer], FAILURES)
    return Shared(checkpoint=checkpoint, input=picture, controls=(question,))


def picture_preset(task: Task, preset: Preset) -> Preset:
    """The preset for the picture: the first one where the link names none, so that a question can be asked at once."""
    pictures = available(task)
    return preset if preset.example in pictures else Preset(preset.checkpoint, next(iter(pictures), ""))
