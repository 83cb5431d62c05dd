"""The tab of instance segmentation: the pixels of every object, then how the systems of the lecture find them."""

import html
from collections.abc import Iterator

import gradio as gr
import numpy as np

from hub_models import draw_segments
from hub_models.segments import Instances
from hub_models.tabs.instance_segmentation_failures import FAILURES
from hub_models.tabs.instance_segmentation_form import FORM
from hub_models.tabs.instance_segmentation_inside import look_inside
from hub_models.tabs.instance_segmentation_point import point_part
from hub_models.tabs.instance_segmentation_seen import found_in, show_instances
from hub_models.task import Task
from hub_models.ui import frame, on_click
from hub_models.ui.asking import on_ask, picture_input, run_buttons
from hub_models.ui.candidates import Seen, see
from hub_models.ui.components import uploaded
from hub_models.ui.frame import Preset, Shared, checkpoint_menu
from hub_models.ui.loading import loading
from hub_models.ui.tables import table
from hub_models.ui.video import clip_view, objects_a_frame

COLUMNS = ["", "Class", "Score", "Box: x0, y0, x1, y1", "Pixels"]
WAITING = "<p>Choose a picture, then press Segment.</p>"
NOTHING = "<p><b>No object found.</b> Lower the confidence, or choose another checkpoint.</p>"


def tab(task: Task, preset: Preset) -> None:
    frame(task, preset, try_it, look_inside, FORM)


def shown(seen: Seen[Instances] | None, confidence: float, iou: float, threshold: float) -> tuple[str, str]:
    """(picture with the objects, their table) at these thresholds, as HTML."""
    if seen is None:
        return WAITING, ""
    found = found_in(seen, confidence, iou)
    return show_instances(seen.pixels(), found, threshold), told(seen, found, confidence, threshold)


def told(seen: Seen[Instances], found: Instances, confidence: float, threshold: float) -> str:
    """How many are left at each step, the objects with their areas, time and device."""
    steps = seen.steps(len(found), confidence, "this network gives one answer an object")
    objects = enumerate(zip(found.boxes.rows(), found.areas(threshold), strict=True), 1)
    rows = [[number, *row, int(area)] for number, (row, area) in objects]
    caption = (
        f"{len(found)} objects, the most certain first; pixels where the mask is at least {threshold:.2f}"
    )
    listed = table(COLUMNS, rows, caption) if rows else ""
    return f"{'' if rows else NOTHING}<p>{html.escape(steps)}</p>{listed}"


def segment(
    task: Task,
    picture: str | None,
    checkpoint: str,
    confidence: float,
    iou: float,
    threshold: float,
    progress: gr.Progress,
) -> Iterator[tuple[Seen[Instances] | None, str, str]]:
    """The answer in two steps, so that a download or a first load is announced before it begins."""
    uploaded(picture)
    for words in loading(task, checkpoint, progress):
        yield None, words, ""
    seen = see(task, picture, checkpoint)
    yield seen, *shown(seen, confidence, iou, threshold)


def try_it(task: Task, preset: Preset) -> Shared:
    """Checkpoint and thresholds; a picture, a clip, or a finger; its objects."""
    with gr.Row():
        with gr.Column(min_width=280):
            checkpoint = checkpoint_menu(task, preset)
        with gr.Column(min_width=280), gr.Row():
            sliders = {"step": 0.01, "interactive": True, "min_width": 150}
            confidence = gr.Slider(
                0, 1, 0.5, label="Confidence", info="Only objects this certain.", **sliders
            )
            iou = gr.Slider(0, 1, 0.5, label="IoU", info="Boxes overlapping more: the best stays.", **sliders)
            threshold = gr.Slider(
                0.01, 0.99, 0.5, label="Mask threshold", info="Pixels this certainly its own.", **sliders
            )
    controls = (confidence, iou, threshold)
    with gr.Tabs(overflow_behavior="wrap"):
        with gr.Tab("A picture"):
            shared = picture_part(task, preset, checkpoint, controls)
        with gr.Tab("A clip or the camera"):
            clip_view(task, shared, annotate, objects_a_frame)
        with gr.Tab("Point at it"):
            point_part(task, shared)
    return shared


def annotate(
    predictor, pixels: np.ndarray, confidence: float, iou: float, threshold: float
) -> tuple[np.ndarray, Instances]:
    """A frame with its objects drawn, and the objects."""
    found = predictor.predict(pixels, confidence, iou)
    return draw_segments.instances(pixels, found, threshold), found


def picture_part(task: Task, preset: Preset, checkpoint: gr.Dropdown, controls: tuple) -> Shared:
    """One picture and its objects; the sliders are answered without the network."""
    seen = gr.State(None)
    with gr.Row(elem_classes="in-and-out"):
        with gr.Column(min_width=280):
            picture, example = picture_input(task, preset)
            buttons = run_buttons(task, "Segment", checkpoint, example)
        with gr.Column(min_width=280):
            sight = gr.HTML(WAITING, elem_id="segmented")
        with gr.Column(min_width=280):
            answer = gr.HTML(elem_id="answer")
    moved = [slider.change for slider in controls]
    on_click(moved, shown, [seen, *controls], [sight, answer], light=True, show_progress="hidden")
    on_ask(task, segment, buttons, [picture, checkpoint, *controls], [seen, sight, answer], FAILURES)
    return Shared(checkpoint=checkpoint, input=picture, controls=controls)
