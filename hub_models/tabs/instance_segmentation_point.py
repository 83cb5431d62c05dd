"""Point at it: Segment Anything cuts out what lies at the points clicked, or in the box drawn, whatever it is."""

from collections.abc import Iterator
from dataclasses import replace
from functools import partial

import gradio as gr
import numpy as np

from hub_models.answering import timed
from hub_models.loader import LOADER
from hub_models.picture import decode_picture, encode_jpeg
from hub_models.tabs.instance_segmentation_pointed import WAITING, Pointed, shown, with_gesture, with_point
from hub_models.task import Task
from hub_models.ui import on_click
from hub_models.ui.components import uploaded
from hub_models.ui.detections import for_eyes
from hub_models.ui.frame import Shared
from hub_models.ui.loading import loading, with_progress

# A click tells a point, a drag the corners of a box, in shares of the picture's sides
POINT = """
let from = null;
const share = (e, frame) => [
  Math.min(Math.max((e.clientX - frame.left) / frame.width, 0), 1),
  Math.min(Math.max((e.clientY - frame.top) / frame.height, 0), 1)];
element.addEventListener('mousedown', e => {
  const picture = e.target.closest('img.pointed');
  from = picture ? share(e, picture.getBoundingClientRect()) : null;
  if (picture) e.preventDefault();
});
element.addEventListener('click', e => {
  const picture = e.target.closest('img.pointed');
  if (!picture) return;
  const to = share(e, picture.getBoundingClientRect()), start = from || to;
  from = null;
  trigger('release', { x0: start[0], y0: start[1], x1: to[0], y1: to[1] });
});
"""
ON, BESIDE = "on the object", "beside it"


def point_part(task: Task, shared: Shared) -> None:
    rows = [row for row in LOADER.menu(task.id) if row.model == "SamModel"]
    gr.Markdown(
        "Segment Anything was not taught names but outlines: it cuts out what you point at. Its encoder looks at the "
        "picture once, which takes seconds; then every click asks its small decoder only. **Click** on the object, click "
        "beside it to take something away, or **drag** a box around it. Of one point it cannot know how much is meant (a "
        "button, the shirt, the person?), so it gives three proposals, with the overlap that it expects of each."
    )
    pointed = gr.State(None)
    with gr.Row():
        menu = gr.Dropdown(
            [(row.menu_text(), row.id) for row in rows], value=rows[0].id if rows else None, label="Checkpoint",
            info="" if rows else "No checkpoint here can be pointed at.", interactive=True,
        )  # fmt: skip
        kind = gr.Radio([ON, BESIDE], value=ON, label="The next click is", interactive=True)
        look = gr.Button("Look at the picture", variant="primary")
    with gr.Row():
        with gr.Column(min_width=280):
            sight = gr.HTML(WAITING, js_on_load=POINT, elem_id="pointed")
            with gr.Row():
                x = gr.Number(0, label="x", precision=0, minimum=0, min_width=80)
                y = gr.Number(0, label="y", precision=0, minimum=0, min_width=80)
                add = gr.Button("Add this point", min_width=120)
                undo, clear = gr.Button("Undo", min_width=70), gr.Button("Clear all points", min_width=120)
        with gr.Column(min_width=280):
            proposals = gr.HTML(elem_id="proposals")

    def clicked(state, kind, event: gr.EventData):
        return answered(task, with_gesture(state, (event.x0, event.y0, event.x1, event.y1), kind == ON))

    def typed(state, across, down, kind):
        return answered(task, with_point(state, across, down, kind == ON))

    def one_less(state):
        if state is None or not (state.points or state.box):
            return state, *shown(state)
        shorter = replace(state, points=state.points[:-1]) if state.points else replace(state, box=None)
        return answered(task, shorter)

    def none_left(state):
        cleared = None if state is None else replace(state, points=(), box=None, found=None)
        return cleared, *shown(cleared)

    outputs = [pointed, sight, proposals]
    on_click(look.click, with_progress(partial(embed, task)), [shared.input, menu], outputs)
    on_click(sight.release, clicked, [pointed, kind], outputs)
    on_click(add.click, typed, [pointed, x, y, kind], outputs)
    on_click(undo.click, one_less, [pointed], outputs)
    on_click(clear.click, none_left, [pointed], outputs, light=True)


def embed(
    task: Task, picture: str | None, identity: str | None, progress: gr.Progress
) -> Iterator[tuple[Pointed | None, str, str]]:
    """The encoder's look at the picture; a download is announced before it begins."""
    pixels = decode_picture(uploaded(picture)).pixels
    for words in loading(task, identity, progress):
        yield None, words, ""
    embedded, seconds = timed(LOADER.run, identity, task.id, lambda predictor: predictor.embed(pixels))
    jpeg = encode_jpeg(for_eyes(pixels), 92)
    state = Pointed(picture=jpeg, embedded=embedded, checkpoint=identity, seconds=seconds)
    yield state, *shown(state)


def answered(task: Task, state: Pointed) -> tuple[Pointed, str, str]:
    """Ask the decoder about all points and the box."""
    if not state.points and state.box is None:
        state = replace(state, found=None)
        return state, *shown(state)
    points = np.array([point[:2] for point in state.points], np.float64).reshape(-1, 2)
    labels = np.array([int(on) for _, _, on in state.points], np.int64)
    box = None if state.box is None else np.array(state.box)
    found, seconds = timed(
        LOADER.run, state.checkpoint, task.id, lambda p: p.masks(state.embedded, points, labels, box)
    )
    state = replace(state, found=found, seconds=seconds)
    return state, *shown(state)
