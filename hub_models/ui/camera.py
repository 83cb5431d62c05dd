"""The part of a tab that watches the camera: a frame at a time, in the lane that all answers share.

Every frame asks anew for a place, and the next is taken when the last was answered: whoever comes with a picture
waits for one frame of each camera at most.
"""

import base64
import binascii
import html
import time
from collections.abc import Callable
from types import MethodType

import gradio as gr
import numpy as np
from gradio.data_classes import ImageData
from gradio.events import EventListener

from hub_models.errors import BadInput
from hub_models.loader import LOADER
from hub_models.picture import PictureLimits, decode_picture, fit_within
from hub_models.results import Result
from hub_models.task import Task
from hub_models.ui.click import on_click
from hub_models.ui.components import show_picture
from hub_models.ui.frame import Shared

Annotate = Callable[..., tuple[np.ndarray, Result]]  # (predictor, pixels, *values of the controls)

CAMERA_EVERY = 0.5  # seconds between two frames
CAMERA_LIMITS = PictureLimits(max_bytes=4_000_000, max_pixels=4_000_000)
# gradio's own event of this name keeps its place in the lane from the first frame until the camera stops;
# this one is the same in the browser, but every frame queues like a click
FRAME = EventListener(
    "stream",
    callback=lambda component: setattr(component, "streaming", True),
    event_specific_args=[{"name": "stream_every"}],
)


class CameraInput(gr.Image):
    """An image component that gives each frame of the camera as the address `data:image/jpeg;base64,...`."""

    is_template = True

    def preprocess(self, payload: ImageData | None) -> str | None:
        return payload.url if payload is not None else None


def camera_part(task: Task, shared: Shared, annotate: Annotate) -> None:
    """What the camera sees, answered as fast as the lane allows, at most two frames a second."""
    gr.Markdown(
        f"*Record* in the picture starts it and stops it again. At most {1 / CAMERA_EVERY:.0f} frames a second are "
        "sent to this server, fewer when others wait; they are answered and forgotten, none is kept."
    )
    with gr.Row():
        with gr.Column(min_width=280):
            camera = CameraInput(sources=["webcam"], streaming=True, label="Camera", height=300)
        with gr.Column(min_width=280):
            seen = gr.HTML("<p>The camera is off.</p>", elem_id="camera-seen")

    def look(frame, identity, *values):
        pixels = camera_pixels(frame)
        LOADER.get(identity, task.id)
        began = time.monotonic()
        drawn, result = LOADER.run(identity, task.id, lambda p: annotate(p, pixels, *values))
        took = f"<p>{1000 * (time.monotonic() - began):.0f} ms on {html.escape(LOADER.device)}.</p>"
        return show_picture(fit_within(drawn, 640), result.text()) + took

    inputs = [camera, shared.checkpoint, *shared.controls]
    frames = MethodType(FRAME.listener, camera)
    on_click(frames, look, inputs, [seen], show_progress="hidden", every=CAMERA_EVERY)


def camera_pixels(frame: str | None) -> np.ndarray:
    """A frame as the browser sends it -> (H, W, 3) uint8."""
    kind, _, packed = (frame or "").partition(",")
    if kind != "data:image/jpeg;base64":
        raise BadInput("camera_frame", "Expected a frame of the camera, got something else. Start it again.")
    try:
        data = base64.b64decode(packed, validate=True)
    except binascii.Error as error:
        raise BadInput("camera_frame", "Expected a frame of the camera, got a damaged one.") from error
    return decode_picture(data, limits=CAMERA_LIMITS).pixels
