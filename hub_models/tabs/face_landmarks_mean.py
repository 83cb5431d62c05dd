"""What regression adds to the mean face: 68 shifts, shown as lines from the mean place to the place found."""

import gradio as gr
import numpy as np
from PIL import Image, ImageDraw

from hub_models import draw_faces
from hub_models.draw import COLOURS, SHADE
from hub_models.faces import framing, mean_error
from hub_models.loader import LOADER
from hub_models.tabs.face_landmarks_seen import SQUARE, Face, largest_in, of_architecture
from hub_models.task import Task
from hub_models.ui import on_click, show_picture
from hub_models.ui.components import uploaded
from hub_models.ui.frame import Shared

MODEL = "landmarks"
LARGE = 3  # times as large on the page


def mean_view(task: Task, shared: Shared) -> None:
    gr.Markdown(
        "A dense layer gives 136 numbers: how far each point lies from its place on the mean face of the training people. "
        "With all numbers zero the answer would be the mean face, which is the baseline of our figures. The lines show what "
        "the network adds: together they turn, tilt and open the face, because the points move together."
    )
    show = gr.Button("Show the shifts", variant="primary")
    with gr.Row():
        mean, shifts = gr.HTML(), gr.HTML()

    def view(picture, checkpoint):
        identity = of_architecture(task.id, checkpoint, MODEL)
        face, _, _ = largest_in(uploaded(picture), identity)
        start, found = LOADER.run(identity, task.id, lambda predictor: start_and_found(predictor, face))
        wrong = mean_error(start, found)
        return (
            show_picture(draw_faces.dotted(large(face.pixels), start * LARGE), "The mean face in the square"),
            show_picture(
                arrows(large(face.pixels), start * LARGE, found * LARGE),
                f"The shifts: {wrong:.0%} of the eye distance on average",
            ),
        )

    on_click(show.click, view, [shared.input, shared.checkpoint], [mean, shifts])


def start_and_found(predictor, face: Face) -> tuple[np.ndarray, np.ndarray]:
    """(the mean face, the points found) in pixels of the face's square, (68, 2) each."""
    mean = predictor.network.mean_shape.float().cpu().numpy() * SQUARE
    matrix = framing(np.array([0.0, 0.0, SQUARE, SQUARE]), predictor.size, room=1.0)
    found = predictor.postprocess(
        predictor.forward(predictor.preprocess(face.pixels, matrix[None])), matrix[None]
    )
    return mean, found[0]


def large(pixels: np.ndarray) -> np.ndarray:
    size = (pixels.shape[1] * LARGE, pixels.shape[0] * LARGE)
    return np.asarray(Image.fromarray(pixels).resize(size, Image.Resampling.BICUBIC))


def arrows(pixels: np.ndarray, start: np.ndarray, end: np.ndarray) -> np.ndarray:
    """A line from each mean place to the dot where the point was found."""
    picture = Image.fromarray(pixels)
    pen = ImageDraw.Draw(picture)
    for before, after in zip(start, end, strict=True):
        pen.line([tuple(before), tuple(after)], SHADE, 4)
        pen.line([tuple(before), tuple(after)], COLOURS[0], 2)
    return draw_faces.dotted(np.array(picture), end, lines=False)
