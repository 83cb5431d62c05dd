"""The tab of object detection: find the objects in a picture, then see how the systems of the lecture do it."""

import html
from collections.abc import Iterator

import gradio as gr
import numpy as np

from hub_models import draw
from hub_models.results import Boxes
from hub_models.tabs.object_detection_failures import FAILURES
from hub_models.tabs.object_detection_form import FORM
from hub_models.tabs.object_detection_inside import look_inside
from hub_models.task import Task
from hub_models.ui import frame, on_click
from hub_models.ui.asking import on_ask, picture_input, run_buttons
from hub_models.ui.candidates import Seen, see
from hub_models.ui.components import uploaded
from hub_models.ui.detections import show_boxes
from hub_models.ui.frame import Preset, Shared, checkpoint_menu
from hub_models.ui.loading import loading
from hub_models.ui.tables import table
from hub_models.ui.video import clip_view, objects_a_frame

COLUMNS = ["", "Class", "Score", "Box: x0, y0, x1, y1"]
WAITING = "<p>Choose a picture, then press Detect.</p>"
NOTHING = "<p><b>No object found.</b> Lower the confidence, or choose another checkpoint.</p>"


def tab(task: Task, preset: Preset) -> None:
    frame(task, preset, try_it, look_inside, FORM)


def shown(seen: Seen[Boxes] | None, confidence: float, iou: float) -> tuple[str, str]:
    """(picture with the objects, their table) at these thresholds, as HTML."""
    from hub_models.predictors.detector import select

    if seen is None:
        return WAITING, ""
    found = select(seen.candidates, confidence, iou, seen.suppresses)
    return show_boxes(seen.pixels(), found), told(seen, found, confidence)


def told(seen: Seen[Boxes], found: Boxes, confidence: float) -> str:
    """How many are left at each step, the objects, time and device."""
    steps = seen.steps(len(found), confidence, "this network was taught to give one box an object")
    rows = [[number, *row] for number, row in enumerate(found.rows(), 1)]
    listed = table(COLUMNS, rows, f"{len(found)} objects, the most certain first") if rows else ""
    return f"{'' if rows else NOTHING}<p>{html.escape(steps)}</p>{listed}"


def detect(
    task: Task, picture: str | None, checkpoint: str, confidence: float, iou: float, progress: gr.Progress
) -> Iterator[tuple[Seen[Boxes] | None, str, str]]:
    """The answer in two steps, so that a download or a first load is announced before it begins."""
    uploaded(picture)
    for words in loading(task, checkpoint, progress):
        yield None, words, ""
    seen = see(task, picture, checkpoint)
    yield seen, *shown(seen, confidence, iou)


def try_it(task: Task, preset: Preset) -> Shared:
    """Checkpoint and thresholds; a picture, or a clip; its objects."""
    with gr.Row():
        with gr.Column(min_width=280):
            checkpoint = checkpoint_menu(task, preset)
        with gr.Column(min_width=280), gr.Row():
            confidence = gr.Slider(
                0, 1, 0.5, step=0.01, interactive=True, min_width=200, label="Confidence",
                info="Only boxes at least this certain.",
            )  # fmt: skip
            iou = gr.Slider(
                0, 1, 0.5, step=0.01, interactive=True, min_width=200, label="IoU",
                info="Non-max suppression: of two boxes that overlap by more, the best stays.",
            )  # fmt: skip
    with gr.Tabs():
        with gr.Tab("A picture"):
            shared = picture_part(task, preset, checkpoint, (confidence, iou))
        with gr.Tab("A clip or the camera"):
            clip_view(task, shared, annotate, objects_a_frame)
    return shared


def annotate(predictor, pixels: np.ndarray, confidence: float, iou: float) -> tuple[np.ndarray, Boxes]:
    """A frame with its objects drawn, and the objects."""
    found = predictor.predict(pixels, confidence, iou)
    return draw.boxes(pixels, found), found


def picture_part(task: Task, preset: Preset, checkpoint: gr.Dropdown, thresholds: tuple) -> Shared:
    """One picture and its objects; the sliders are answered without the network."""
    seen = gr.State(None)
    with gr.Row(elem_classes="in-and-out"):
        with gr.Column(min_width=280):
            picture, example = picture_input(task, preset)
            buttons = run_buttons(task, "Detect", checkpoint, example)
        with gr.Column(min_width=280):
            sight = gr.HTML(WAITING, elem_id="detected")
        with gr.Column(min_width=280):
            answer = gr.HTML(elem_id="answer")
    moved = [slider.change for slider in thresholds]
    on_click(moved, shown, [seen, *thresholds], [sight, answer], light=True, show_progress="hidden")
    on_ask(task, detect, buttons, [picture, checkpoint, *thresholds], [seen, sight, answer], FAILURES)
    return Shared(checkpoint=checkpoint, input=picture, controls=thresholds)
