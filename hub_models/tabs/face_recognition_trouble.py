"""What blur, darkness, rotation and covering do to a distance: sliders, and a curve for each."""

import gradio as gr
import numpy as np

from hub_models.face_gallery import squared_distances
from hub_models.inside.faces import MOST_BLUR, MOST_COVER, MOST_TURN, TROUBLES, Trouble, distances_under
from hub_models.loader import LOADER
from hub_models.tabs.face_recognition_held import Held, needed
from hub_models.task import Task
from hub_models.ui import on_click
from hub_models.ui.components import show_picture
from hub_models.ui.frame import Shared
from hub_models.ui.plot import Curve, curves
from hub_models.ui.tables import table


def trouble_view(task: Task, shared: Shared) -> None:
    gr.Markdown(
        "The second face is made harder to know, and compared with the first again. A person who is refused in the evening "
        "or with a scarf meets these curves. The face is turned upright before all this, so that rotation here is what the "
        "landmarks would have to get wrong."
    )
    with gr.Row():
        sliders = [
            gr.Slider(0, MOST_BLUR, 0, step=0.5, label="Blur, pixels of 128", interactive=True),
            gr.Slider(0, 0.95, 0, step=0.05, label="Darkness", interactive=True),
            gr.Slider(0, MOST_TURN, 0, step=2, label="Rotation, degrees", interactive=True),
            gr.Slider(0, MOST_COVER, 0, step=0.05, label="Covered from below", interactive=True),
        ]
    with gr.Row():
        sight, facts = gr.HTML(), gr.HTML()
    show = gr.Button("Draw the four curves", variant="primary")
    drawing = gr.HTML()
    asked = [shared.input, shared.second, shared.checkpoint]

    def at(
        first: Held | None,
        second: Held | None,
        checkpoint: str,
        blur: float,
        dark: float,
        turn: float,
        cover: float,
    ):
        reference, face = needed(first, "a first face").face, needed(second, "a second face").face
        harder = Trouble(blur=blur, dark=dark, turn=turn, cover=cover).on(face)

        def work(predictor):
            return predictor.predict_many([reference, face, harder]), predictor.calibration

        vectors, calibration = LOADER.run(checkpoint, task.id, work)
        plain, now = squared_distances(vectors[:1], vectors[1:])[0]
        rows = [["as it was", f"{plain:.3f}"], ["as it is now", f"{now:.3f}"]]
        if calibration is not None:
            rows.append(["threshold", f"{calibration.threshold:.3f}"])
        pictures = "".join(
            f'<div style="width:128px">{show_picture(p, says)}</div>'
            for p, says in ((reference, "first"), (harder, "second"))
        )
        return f'<div class="pair">{pictures}</div>', table(["Second face", "Distance to the first"], rows)

    on_click([slider.release for slider in sliders], at, [*asked, *sliders], [sight, facts])

    def draw(first: Held | None, second: Held | None, checkpoint: str):
        reference, face = needed(first, "a first face").face, needed(second, "a second face").face
        found = LOADER.run(
            checkpoint, task.id, lambda predictor: distances_under(predictor.predict_many, reference, face)
        )
        return distance_curves(found)

    on_click(show.click, draw, asked, [drawing])


def distance_curves(found: dict[str, np.ndarray]) -> str:
    """The distances as shares of 4, the largest there is, over each trouble as a share of its most."""
    shown = [
        Curve(name=f"{words}, up to {most:g}", x=np.linspace(0, 1, len(found[name])), y=found[name] / 4)
        for name, (words, most) in TROUBLES.items()
    ]
    parts = ", ".join(
        f"{TROUBLES[name][0]} {values[0]:.2f} to {values[-1]:.2f}" for name, values in found.items()
    )
    return curves(
        shown, "how much of it, as a share of the most", "distance / 4", f"Squared distances: {parts}."
    )
