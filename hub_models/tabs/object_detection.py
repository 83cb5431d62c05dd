"""The tab of object detection: find the objects in a picture, then see how the systems of the lecture do it."""

import html
from collections.abc import Iterator

import gradio as gr
import numpy as np

from hub_models import draw
from hub_models.loader import LOADER
from hub_models.picture import decode_picture
from hub_models.results import Boxes
from hub_models.tabs.object_detection_failures import failures
from hub_models.tabs.object_detection_form import FORM
from hub_models.tabs.object_detection_inside import look_inside
from hub_models.tabs.object_detection_seen import Seen, see
from hub_models.task import Task
from hub_models.ui import PictureInput, frame, on_click
from hub_models.ui.components import uploaded
from hub_models.ui.detections import show_boxes
from hub_models.ui.examples import available, example_buttons, link_button
from hub_models.ui.frame import Preset, Shared, checkpoint_menu
from hub_models.ui.tables import table
from hub_models.ui.video import clip_view, objects_a_frame

COLUMNS = ["", "Class", "Score", "Box: x0, y0, x1, y1"]


def tab(task: Task, preset: Preset) -> None:
    frame(task, preset, try_it, look_inside, FORM)


def shown(seen: Seen | None, confidence: float, iou: float) -> tuple[str, str]:
    """(picture with the objects, their table) at these thresholds, as HTML."""
    from hub_models.predictors.detector import select

    if seen is None:
        return WAITING, ""
    found = select(seen.candidates, confidence, iou, seen.suppresses)
    pixels = decode_picture(seen.picture).pixels
    return show_boxes(pixels, found), told(seen, found, confidence)


WAITING = "<p>Choose a picture, then press Detect.</p>"


def told(seen: Seen, found: Boxes, confidence: float) -> str:
    """How many are left at each step, the objects, time and device."""
    certain = int((seen.candidates.scores >= confidence).sum())
    steps = f"{len(seen.candidates)} candidates, {certain} of them at least {confidence:.0%} certain"
    last = (
        f"{len(found)} left by non-max suppression"
        if seen.suppresses
        else "no suppression: this network was taught to give one box an object"
    )
    notes = "".join(f" Note: {note}." for note in seen.notes)
    took = f"{seen.seconds * 1000:.0f} ms on {seen.device} for the candidates"
    rows = [[number, *row] for number, row in enumerate(found.rows(), 1)]
    listed = table(COLUMNS, rows, f"{len(found)} objects, the most certain first") if rows else ""
    nothing = (
        "" if rows else "<p><b>No object found.</b> Lower the confidence, or choose another checkpoint.</p>"
    )
    return f"{nothing}<p>{html.escape(f'{steps}; {last}. {took}.{notes}')}</p>{listed}"


def detect(
    task: Task, picture: str | None, checkpoint: str, confidence: float, iou: float, progress: gr.Progress
) -> Iterator[tuple[Seen | None, str, str]]:
    """The answer in two steps, so that a download or a first load is announced before it begins."""
    uploaded(picture)
    row = LOADER.checkpoint(checkpoint, task.id)
    if all(c.id != checkpoint for c, _ in LOADER.loaded()):
        how = f"Downloading {row.megabytes:,.0f} MB and loading" if not row.offline else "Loading"
        yield None, f"<p>{how} {html.escape(row.title)} ({html.escape(row.weights_licence)}) ...</p>", ""
        LOADER.get(checkpoint, task.id, lambda done, total: progress((done, total), desc=how, unit="bytes"))
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
                run = gr.Button("Detect", variant="primary")
                stop = gr.Button("Cancel", min_width=60)
                link_button(task, checkpoint, example)
        with gr.Column(min_width=280):
            sight = gr.HTML(WAITING, elem_id="detected")
        with gr.Column(min_width=280):
            answer = gr.HTML(elem_id="answer")

    def go(given, identity, least, overlap, progress=gr.Progress()):  # noqa: B008 (gradio's way to ask for it)
        yield from detect(task, given, identity, least, overlap, progress)

    outputs = [seen, sight, answer]
    on_click([run.click, picture.upload], go, [picture, checkpoint, *thresholds], outputs, stop=stop)
    moved = [slider.change for slider in thresholds]
    on_click(moved, shown, [seen, *thresholds], [sight, answer], light=True, show_progress="hidden")
    with gr.Accordion("Where it goes wrong, and why", open=False):
        failures(task, examples, detect, [picture, checkpoint, *thresholds, *outputs])
    return Shared(checkpoint=checkpoint, input=picture, controls=thresholds)
