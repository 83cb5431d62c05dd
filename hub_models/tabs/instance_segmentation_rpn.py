"""Mask R-CNN's first stage: how likely an object is at every cell, and the regions that are proposed."""

import gradio as gr
import numpy as np

from hub_models.loader import LOADER
from hub_models.task import Task
from hub_models.ui import on_click
from hub_models.ui.fitting import fitting_menu, of_model
from hub_models.ui.frame import Shared
from hub_models.ui.proposals import heat_of, picture_of_steps, proposed, steps_of
from hub_models.ui.tables import table


def rpn_view(task: Task, shared: Shared) -> None:
    gr.Markdown(
        "Mask R-CNN keeps the first stage of Faster R-CNN (lecture, sections 8.4 and 9.2): a region proposal network "
        "looks at every cell of the shared map, says how likely an object is there and moves boxes of fixed sizes, the "
        "anchors, onto it. Only what is proposed here can become an object with a mask."
    )
    with gr.Row():
        menu = fitting_menu(task, shared, of_model("mask_rcnn"))
        show = gr.Button("Propose regions", variant="primary")
    with gr.Row():
        with gr.Column(min_width=280):
            count = gr.Slider(1, 200, 50, step=1, label="Best proposals drawn", interactive=True)
            heat = gr.HTML()
        with gr.Column(min_width=280):
            number = gr.Slider(1, 200, 1, step=1, label="Proposal, the likeliest first", interactive=True)
            one = gr.HTML()

    def view(picture, identity, most, place):
        def work(predictor):
            found, seen, _ = proposed(predictor, picture)
            return heat_of(found, seen, int(most)), proposal_of(found, seen, predictor.names, int(place))

        return LOADER.run(identity, task.id, work)

    inputs = [shared.input, menu, count, number]
    on_click([show.click, count.release, number.release], view, inputs, [heat, one])


def proposal_of(found, seen: np.ndarray, names: tuple[str, ...], number: int) -> str:
    """One proposal: its anchor, itself, and the box and class that the second stage makes of it."""
    if not len(found.proposals):
        return "<p>No proposal in this picture.</p>"
    i = min(number, len(found.proposals)) - 1
    picture = picture_of_steps(found, seen, names, i, "The second stage says {}.")
    rows = [
        [name, ", ".join(f"{side:.1f}" for side in box), f"{box[2] - box[0]:.1f} x {box[3] - box[1]:.1f}"]
        for name, box in zip(("anchor", "proposal", "refined box"), steps_of(found, i), strict=True)
    ]
    return picture + table(["", "x0, y0, x1, y1", "Width x height"], rows)
