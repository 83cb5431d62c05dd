"""The three fusions, and larger networks, side by side on one picture and question."""

from dataclasses import replace

import gradio as gr

from hub_models.task import Answer, Task
from hub_models.tasks.visual_question_answering import LONGEST
from hub_models.text import clean
from hub_models.ui import on_click
from hub_models.ui.compare import comparison_buttons, oldest_first
from hub_models.ui.compare_answers import COLUMNS, row
from hub_models.ui.components import uploaded
from hub_models.ui.frame import Shared
from hub_models.ui.tables import problem, table


def comparison_view(task: Task, shared: Shared) -> None:
    gr.Markdown(
        "One picture and one question through every checkpoint, oldest idea first. The three networks for drawings differ "
        "in nothing but the fusion; the figure in the last column is accuracy on pictures that chose their weights, and "
        "the card of each has the one on the official test part, the interval and what the question alone gives."
    )
    downloads, show, stop = comparison_buttons()
    shown = gr.HTML()

    def view(picture, question, with_downloads):
        path, cleaned, rows = uploaded(picture), clean(question or "", LONGEST)[0], []
        for checkpoint in oldest_first(task, with_downloads):
            rows.append(row(asking_both(task), checkpoint, (path, cleaned)))
            yield table(COLUMNS, rows)
        if not rows:
            yield problem("No checkpoint is here.")

    on_click(show.click, view, [shared.input, *shared.controls, downloads], [shown], stop=stop)


def asking_both(task: Task) -> Task:
    """`task`, asked about a pair."""

    def predict(pair: tuple, checkpoint: str) -> Answer:
        return task.predict(*pair, checkpoint)

    return replace(task, predict=predict)
