"""The tab of translation: a sentence is translated, with its alignment, then how it is done."""

from collections.abc import Iterator

import gradio as gr

from hub_models.tabs.translation_failures import FAILURES
from hub_models.tabs.translation_form import FORM
from hub_models.tabs.translation_inside import look_inside
from hub_models.tabs.translation_shown import alignment, written
from hub_models.task import Task
from hub_models.tasks.translation import MOST_BEAMS, MOST_PENALTY
from hub_models.ui import frame
from hub_models.ui.asking import on_ask, run_buttons, text_input
from hub_models.ui.frame import Preset, Shared, checkpoint_menu
from hub_models.ui.loading import loading
from hub_models.ui.tables import took

WAITING = "<p>Type a sentence, then press Translate.</p>"
LOOKED = (
    "Where it looked: a row a piece that was written, a column a piece of your sentence; each row sums to 1. "
    "Of a Transformer: the mean of the heads of the last layer."
)


def tab(task: Task, preset: Preset) -> None:
    frame(task, preset, try_it, look_inside, FORM)


def translated(
    task: Task, text: str, checkpoint: str, beams: float, penalty: float, progress: gr.Progress
) -> Iterator[tuple[str, str]]:
    """(translation, alignment): first that a download or a load begins, then the answer."""
    for words in loading(task, checkpoint, progress):
        yield words, ""
    answer = task.predict(text or "", checkpoint, beams, penalty)
    yield written(answer.result) + took(answer), alignment(answer.result, LOOKED)


def try_it(task: Task, preset: Preset) -> Shared:
    """Text, checkpoint, the search; the translation with its alignment."""
    with gr.Row():
        with gr.Column(min_width=280):
            text, example = text_input(
                task, preset, "A sentence that says what is to be seen in a picture", lines=3
            )
            checkpoint = checkpoint_menu(task, preset)
            with gr.Row():
                beams = gr.Slider(
                    1, MOST_BEAMS, 4, step=1, interactive=True, min_width=140, label="Beams",
                    info="1: greedy, always the most probable piece.",
                )  # fmt: skip
                penalty = gr.Slider(
                    0, MOST_PENALTY, 1.0, step=0.1, interactive=True, min_width=140, label="Length penalty",
                    info="0: the most probable, which is short. More: longer.",
                )  # fmt: skip
            buttons = run_buttons(task, "Translate", checkpoint, example)
        with gr.Column(min_width=280):
            answer = gr.HTML(WAITING, elem_id="answer")
    looked = gr.HTML()
    on_ask(task, translated, buttons, [text, checkpoint, beams, penalty], [answer, looked], FAILURES)
    return Shared(checkpoint=checkpoint, input=text, controls=(beams, penalty))
