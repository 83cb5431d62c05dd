"""Harder pictures: how far the points move when the face is blurred, dark, turned or covered."""

from functools import partial

import gradio as gr
import numpy as np

from hub_models import draw_faces
from hub_models.inside.faces import TROUBLES, Trouble
from hub_models.inside.landmarks import errors_under, moved_by
from hub_models.loader import LOADER
from hub_models.predictors.face_landmarker import FaceLandmarker
from hub_models.tabs.face_landmarks_mean import LARGE, large
from hub_models.tabs.face_landmarks_seen import Face, largest_in
from hub_models.task import Task
from hub_models.ui import on_click, show_picture
from hub_models.ui.components import uploaded
from hub_models.ui.frame import Shared
from hub_models.ui.plot import Curve, curves

HIGHEST = 0.5  # of the eye distance: the top of the curves


def trouble_view(task: Task, shared: Shared) -> None:
    gr.Markdown(
        "Make the face harder and see when the points leave their places. The error is how far they move against what the "
        "same network said of the untouched face, as a share of the distance of the outer eye corners; the true places in "
        "your picture are known to nobody. In training, faces were turned by up to 25 degrees, a third was darker, a fifth "
        "blurred and a third partly covered: within that the points should stay."
    )
    face, source = gr.State(None), [shared.input, shared.checkpoint]
    take = gr.Button("Take the largest face", variant="primary")
    with gr.Row():
        with gr.Column(min_width=260):
            sliders = [
                gr.Slider(0, most, 0, step=most / 20, label=words[0].upper() + words[1:], interactive=True)
                for words, most in TROUBLES.values()
            ]
        with gr.Column(min_width=260):
            shown = gr.HTML()
    measure = gr.Button("Measure each trouble alone, with every network that is here")
    drawing = gr.HTML()

    def begin(picture, checkpoint, *values):
        found, _, _ = largest_in(uploaded(picture), checkpoint)
        return found, harder(task, checkpoint, found, *values)

    def change(found: Face | None, checkpoint, *values):
        return "" if found is None else harder(task, checkpoint, found, *values)

    def all_networks(picture, checkpoint):
        found, _, _ = largest_in(uploaded(picture), checkpoint)
        rows = [row for row in LOADER.menu(task.id) if row.offline]
        return "".join(charts(row.title, LOADER.run(row.id, task.id, partial(alone, found))) for row in rows)

    on_click(take.click, begin, [*source, *sliders], [face, shown])
    for slider in sliders:
        on_click(slider.release, change, [face, shared.checkpoint, *sliders], [shown], show_progress="hidden")
    on_click(measure.click, all_networks, source, [drawing])


def alone(face: Face, predictor: FaceLandmarker) -> dict[str, np.ndarray]:
    """The error under each trouble alone, from nothing to its most."""
    return errors_under(partial(face.points_by, predictor), face.pixels)


def harder(task: Task, checkpoint: str, face: Face, *values: float) -> str:
    """The harder face with the points found on it."""
    trouble = Trouble(**dict(zip(TROUBLES, map(float, values), strict=True)))
    pixels, points, wrong = LOADER.run(
        checkpoint,
        task.id,
        lambda predictor: moved_by(trouble, partial(face.points_by, predictor), face.pixels),
    )
    says = f"The points moved by {wrong:.1%} of the eye distance on average"
    return show_picture(draw_faces.dotted(large(pixels), points * LARGE), says, width="min(100%, 420px)")


def charts(title: str, errors: dict[str, np.ndarray]) -> str:
    """One network's curves: error over trouble, both as shares."""
    shares = np.linspace(0, 1, len(next(iter(errors.values()))))
    drawn = [
        Curve(name=TROUBLES[name][0], x=shares, y=np.clip(values / HIGHEST, 0, 1))
        for name, values in errors.items()
    ]
    ends = ", ".join(f"{TROUBLES[name][0]} {values[-1]:.0%}" for name, values in errors.items())
    says = f"{title}: error at the end of each slider, of the eye distance: {ends}. The top of the axis is {HIGHEST:.0%}."
    return curves(drawn, "share of the slider", f"error / {HIGHEST:.0%} of the eye distance", says)
