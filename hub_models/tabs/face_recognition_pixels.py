"""Which pixels a distance depends on: patches of the second face are covered, and the distance asked again."""

import gradio as gr
import numpy as np
from PIL import Image

from hub_models.inside.faces import CELLS, depends_on
from hub_models.loader import LOADER
from hub_models.tabs.face_recognition_held import Held, needed
from hub_models.task import Task
from hub_models.ui import on_click
from hub_models.ui.components import show_picture
from hub_models.ui.frame import Shared

ENLARGED = 320
WARM, COLD = np.array([213, 94, 0]), np.array([0, 114, 178])  # vermillion and blue of the hub's palette


def pixels_view(task: Task, shared: Shared) -> None:
    gr.Markdown(
        f"A grey patch goes over the second face, {CELLS} times {CELLS} places, and each time the distance to the first is "
        "measured. Where covering makes the two less alike (orange) the network had seen the person; where it makes them "
        "more alike (blue) it had seen a difference. Hair and background in strong colours tell that it learned more than "
        "the face."
    )
    show = gr.Button("Show", variant="primary")
    sight = gr.HTML()

    def view(first: Held | None, second: Held | None, checkpoint: str) -> str:
        reference, face = needed(first, "a first face").face, needed(second, "a second face").face
        distance, change = LOADER.run(
            checkpoint, task.id, lambda predictor: depends_on(predictor.predict_many, reference, face)
        )
        row, column = np.unravel_index(np.abs(change).argmax(), change.shape)
        says = (
            f"Distance {distance:.2f}. Covering changes it by {change.min():+.2f} to {change.max():+.2f}, most in row "
            f"{row + 1} of {CELLS}, column {column + 1}."
        )
        return show_picture(coloured(face, change), says, width="min(100%, 360px)")

    on_click(show.click, view, [shared.input, shared.second, shared.checkpoint], [sight])


def coloured(face: np.ndarray, change: np.ndarray) -> np.ndarray:
    """The face in grey under the changes: orange where the distance grows, blue where it falls."""
    size_wh = (ENLARGED, ENLARGED)
    grey = np.asarray(Image.fromarray(face).convert("L").resize(size_wh, Image.Resampling.BICUBIC), float)
    strength = change / max(1e-6, float(np.abs(change).max()))
    smooth = np.asarray(
        Image.fromarray(strength.astype(np.float32)).resize(size_wh, Image.Resampling.BICUBIC)
    )
    weight = np.clip(np.abs(smooth), 0, 1)[..., None] * 0.75
    colour = np.where(smooth[..., None] > 0, WARM, COLD)
    return (grey[..., None] * (1 - weight) + colour * weight).round().clip(0, 255).astype(np.uint8)
