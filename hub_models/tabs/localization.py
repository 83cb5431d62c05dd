"""The tab of localization: one object in the picture, its class and its box, as one vector."""

import html

import gradio as gr
import numpy as np

from hub_models.picture import decode_picture
from hub_models.results import Location
from hub_models.tabs.localization_form import FORM
from hub_models.tabs.localization_inside import look_inside
from hub_models.task import Task
from hub_models.ui import frame
from hub_models.ui.asking import on_ask, picture_input, run_buttons
from hub_models.ui.components import uploaded
from hub_models.ui.detections import show_frames
from hub_models.ui.failures import Failure
from hub_models.ui.frame import Preset, Shared, checkpoint_menu
from hub_models.ui.loading import loading
from hub_models.ui.tables import table, took

WAITING = "<p>Choose a picture, then press Localize.</p>"

# Inputs that our checkpoints are known to get wrong, and what they teach. Each is computed live.
FAILURES = (
    Failure(
        title="A dozen cells, one answer",
        example="smear",
        checkpoint="localizer.bccd",
        why="The vector has room for one object. Of a whole smear it gives one cell, or a box and a class mixed of several, "
        "and says nothing of the others, at p_c = 1. Several objects need object detection, the next section.",
    ),
    Failure(
        title="A cat is a white blood cell",
        example="cat",
        checkpoint="localizer.bccd",
        why="p_c has learned to tell cells from empty glass, and from nothing else: whatever is large and not empty is a "
        "cell. That no object is there must be taught with pictures of everything that may come.",
    ),
)


def tab(task: Task, preset: Preset) -> None:
    frame(task, preset, try_it, look_inside, FORM)


def show_location(pixels: np.ndarray, found: Location) -> str:
    """The picture with the box of the object, without where there is none, as HTML."""
    there = found.vector[0] >= 0.5
    boxes = found.box_xyxy[None] if there else np.empty((0, 4), np.float32)
    words = [f"{found.label} {found.vector[5:].max():.0%}"] if there else []
    styles = [int(found.vector[5:].argmax())] if there else []
    return show_frames(pixels, boxes, styles, words, found.text(), width="min(100%, 560px)")


def vector_table(found: Location) -> str:
    return table(["Number", "Value"], found.rows(), "The answer: the vector of equation 8.1")


def localize(task: Task, picture: str | None, checkpoint: str, progress: gr.Progress):
    """Answer in two steps, so that a download or a first load is announced before it begins."""
    path = uploaded(picture)
    for words in loading(task, checkpoint, progress):
        yield "", words
    answer = task.predict(path, checkpoint)
    sight = show_location(decode_picture(path).pixels, answer.result)
    yield (
        sight,
        f"<p><b>{html.escape(answer.result.text())}</b></p>{vector_table(answer.result)}{took(answer)}",
    )


def try_it(task: Task, preset: Preset) -> Shared:
    """Picture, checkpoint; box and vector."""
    with gr.Row():
        with gr.Column(min_width=280):
            picture, example = picture_input(task, preset, "Picture of one object", example_width=60)
        with gr.Column(min_width=280):
            checkpoint = checkpoint_menu(task, preset)
            buttons = run_buttons(task, "Localize", checkpoint, example)
    with gr.Row():
        with gr.Column(scale=3, min_width=280):
            sight = gr.HTML(elem_id="located")
        with gr.Column(scale=2, min_width=280):
            answer = gr.HTML(WAITING, elem_id="answer")
    on_ask(task, localize, buttons, [picture, checkpoint], [sight, answer], FAILURES)
    return Shared(checkpoint=checkpoint, input=picture)
