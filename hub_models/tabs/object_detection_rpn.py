"""Faster R-CNN: anchors and objectness at every place of the shared map, the proposals they become, and their boxes."""

import gradio as gr
import numpy as np

from hub_models import draw
from hub_models.loader import LOADER
from hub_models.tabs.object_detection_pooling import pooling
from hub_models.task import Task
from hub_models.ui import on_click
from hub_models.ui.detections import show_frames
from hub_models.ui.fitting import fitting_menu, of_model
from hub_models.ui.frame import Shared
from hub_models.ui.proposals import ANCHOR, PROPOSAL, heat_of, picture_of_steps, proposed
from hub_models.ui.tables import table


def rpn_view(task: Task, shared: Shared) -> None:
    gr.Markdown(
        "Faster R-CNN (lecture, section 8.4) asks a small network where to look. At every cell of the shared map stand "
        "anchors, boxes of fixed sizes and shapes; the region proposal network says how likely each holds an object "
        "and moves it. The best of them become the regions of Fast R-CNN's head, which names and refines them. (Ours reads "
        "the map between its cells, by RoIAlign; below stands the RoI pooling of the notes for the same region.)"
    )
    with gr.Row():
        menu = fitting_menu(task, shared, of_model("faster_rcnn"))
        show = gr.Button("Propose regions", variant="primary")
    with gr.Row():
        with gr.Column(min_width=280):
            count = gr.Slider(1, 100, 20, step=1, label="Best proposals drawn", interactive=True)
            heat = gr.HTML()
        with gr.Column(min_width=280):
            with gr.Row():
                down = gr.Slider(0, 100, 50, step=1, label="Cell: percent from the top", interactive=True)
                across = gr.Slider(0, 100, 50, step=1, label="from the left", interactive=True)
            cell, anchors = gr.HTML(), gr.HTML()
    number = gr.Slider(1, 100, 1, step=1, label="Proposal, the likeliest first", interactive=True)
    with gr.Row():
        with gr.Column(min_width=280):
            one = gr.HTML()
        with gr.Column(min_width=280):
            pooled = gr.HTML()

    def view(picture, identity, most, y, x, place):
        from hub_models.inside.proposals import shared_map as map_of

        def work(predictor):
            found, seen, pixels = proposed(predictor, picture)
            drawn = heat_of(found, seen, int(most)), *cell_of(found, seen, y, x)
            shared_map = map_of(predictor.network, pixels)
            stride = predictor.network.head.stride
            return *drawn, *proposal_of(found, seen, predictor.names, shared_map, stride, int(place))

        return LOADER.run(identity, task.id, work)

    def begin(picture, identity, most, place):
        y, x = LOADER.run(identity, task.id, lambda predictor: likeliest(proposed(predictor, picture)[0]))
        return y, x, *view(picture, identity, most, y, x, place)

    outputs = [heat, cell, anchors, one, pooled]
    on_click(show.click, begin, [shared.input, menu, count, number], [down, across, *outputs])
    moved = [slider.release for slider in (count, down, across, number)]
    on_click(moved, view, [shared.input, menu, count, down, across, number], outputs)


def likeliest(found) -> tuple[int, int]:
    """Percent from the top and from the left of the cell with the highest objectness."""
    rows, columns, _ = found.objectness.shape
    row, column = divmod(int(found.objectness_map().argmax()), columns)
    return round(100 * row / rows), round(100 * column / columns)


def cell_of(found, seen: np.ndarray, y: float, x: float) -> tuple[str, str]:
    """(picture, table) of the anchors at one place."""
    height, width = seen.shape[:2]
    row, column = found.cell_at(width * x / 100, height * y / 100)
    anchors, likely = found.anchors[row, column], found.objectness[row, column]
    best = int(likely.argmax())
    boxes = np.concatenate([found.moved[row, column, [best]], anchors])
    styles = [PROPOSAL] + [ANCHOR] * len(anchors)
    texts = [f"{likely[best]:.0%}"] + [""] * len(anchors)
    says = f"The {len(anchors)} anchors of cell ({row}, {column}), and what the likeliest of them becomes."
    meaning = [(ANCHOR, "anchors"), (PROPOSAL, "the likeliest, moved and stretched")]
    picture = show_frames(seen, boxes, styles, texts, says) + draw.line_legend(meaning)
    sides = anchors[:, 2:] - anchors[:, :2]
    rows = [
        [i + 1, f"{w:.0f} x {h:.0f}", f"{p:.1%}"]
        for i, ((w, h), p) in enumerate(zip(sides, likely, strict=True))
    ]
    return picture, table(["Anchor", "Width x height", "Objectness"], rows)


def proposal_of(
    found, seen: np.ndarray, names: tuple[str, ...], shared_map: np.ndarray, stride: int, number: int
) -> tuple[str, str]:
    """(picture, RoI pooling) of one proposal: its anchor, itself, and the box that the head makes of it."""
    if not len(found.proposals):
        return "<p>No proposal in this picture.</p>", ""
    i = min(number, len(found.proposals)) - 1
    picture = picture_of_steps(found, seen, names, i, "The head says {}, and refines the box.")
    return picture, pooling(shared_map, found.proposals[i], stride)
