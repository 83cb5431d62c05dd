"""The tab of instance segmentation: the pixels of every object, then how the systems of the lecture find them."""

import html
from collections.abc import Iterator

import gradio as gr
import numpy as np

from hub_models import draw_segments
from hub_models.loader import LOADER
from hub_models.segments import Instances
from hub_models.tabs.instance_segmentation_failures import failures
from hub_models.tabs.instance_segmentation_form import FORM
from hub_models.tabs.instance_segmentation_inside import look_inside
from hub_models.tabs.instance_segmentation_point import point_part
from hub_models.tabs.instance_segmentation_seen import Seen, see, show_instances
from hub_models.task import Task
from hub_models.ui import PictureInput, frame, on_click
from hub_models.ui.components import uploaded
from hub_models.ui.examples import available, example_buttons, link_button
from hub_models.ui.frame import Preset, Shared, checkpoint_menu
from hub_models.ui.tables import table
from hub_models.ui.video import clip_view, objects_a_frame

COLUMNS = ["", "Class", "Score", "Box: x0, y0, x1, y1", "Pixels"]
WAITING = "<p>Choose a picture, then press Segment.</p>"


def tab(task: Task, preset: Preset) -> None:
    frame(task, preset, try_it, look_inside, FORM)


def shown(seen: Seen | None, confidence: float, iou: float, threshold: float) -> tuple[str, str]:
    """(picture with the objects, their table) at these thresholds, as HTML."""
    if seen is None:
        return WAITING, ""
    found = seen.found(confidence, iou)
    return show_instances(seen.pixels(), found, threshold), told(seen, found, confidence, threshold)


def told(seen: Seen, found: Instances, confidence: float, threshold: float) -> str:
    """How many are left at each step, the objects with their areas, time and device."""
    certain = int((seen.candidates.scores >= confidence).sum())
    steps = f"{len(seen.candidates)} candidates, {certain} of them at least {confidence:.0%} certain"
    last = (
        f"{len(found)} left by non-max suppression"
        if seen.suppresses
        else "no suppression: this network gives one answer an object"
    )
    notes = "".join(f" Note: {note}." for note in seen.notes)
    took = f"{seen.seconds * 1000:.0f} ms on {seen.device} for the candidates"
    areas = found.areas(threshold)
    rows = [
        [number, *row, int(area)]
        for number, (row, area) in enumerate(zip(found.boxes.rows(), areas, strict=True), 1)
    ]
    caption = (
        f"{len(found)} objects, the most certain first; pixels where the mask is at least {threshold:.2f}"
    )
    listed = table(COLUMNS, rows, caption) if rows else ""
    nothing = "<p><b>No object found.</b> Lower the confidence, or choose another checkpoint.</p>"
    words = html.escape(f"{steps}; {last}. {took}.{notes}")
    return f"{'' if rows else nothing}<p>{words}</p>{listed}"


def segment(
    task: Task,
    picture: str | None,
    checkpoint: str,
    confidence: float,
    iou: float,
    threshold: float,
    progress: gr.Progress,
) -> Iterator[tuple[Seen | None, str, str]]:
    """The answer in two steps, so that a download or a first load is announced before it begins."""
    uploaded(picture)
    row = LOADER.checkpoint(checkpoint, task.id)
    if all(c.id != checkpoint for c, _ in LOADER.loaded()):
        how = f"Downloading {row.megabytes:,.0f} MB and loading" if not row.offline else "Loading"
        yield None, f"<p>{how} {html.escape(row.title)} ({html.escape(row.weights_licence)}) ...</p>", ""
        LOADER.get(checkpoint, task.id, lambda done, total: progress((done, total), desc=how, unit="bytes"))
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
    examples = available(task)
    seen = gr.State(None)
    with gr.Row(elem_classes="in-and-out"):
        with gr.Column(min_width=280):
            picture = PictureInput(
                value=str(examples[preset.example]) if preset.example in examples else None,
                label="Picture: upload, camera or paste",
                sources=["upload", "webcam", "clipboard"],
                height=300,
            )
            example = gr.State(preset.example)
            example_buttons(examples, picture, example, min_width=90)
            with gr.Row():
                run = gr.Button("Segment", variant="primary")
                stop = gr.Button("Cancel", min_width=60)
                link_button(task, checkpoint, example)
        with gr.Column(min_width=280):
            sight = gr.HTML(WAITING, elem_id="segmented")
        with gr.Column(min_width=280):
            answer = gr.HTML(elem_id="answer")

    def go(given, identity, least, overlap, mask, progress=gr.Progress()):  # noqa: B008 (gradio's way to ask for it)
        yield from segment(task, given, identity, least, overlap, mask, progress)

    outputs = [seen, sight, answer]
    on_click([run.click, picture.upload], go, [picture, checkpoint, *controls], outputs, stop=stop)
    moved = [slider.change for slider in controls]
    on_click(moved, shown, [seen, *controls], [sight, answer], light=True, show_progress="hidden")
    with gr.Accordion("Where it goes wrong, and why", open=False):
        failures(task, examples, segment, [picture, checkpoint, *controls, *outputs])
    return Shared(checkpoint=checkpoint, input=picture, controls=controls)
