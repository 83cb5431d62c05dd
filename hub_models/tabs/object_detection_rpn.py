"""Faster R-CNN: anchors and objectness at every place of the shared map, the proposals they become, and their boxes."""

import gradio as gr
import numpy as np

from hub_models import draw
from hub_models.loader import LOADER
from hub_models.picture import decode_picture
from hub_models.tabs.object_detection_menu import fitting_menu, network_picture, of_model
from hub_models.tabs.object_detection_pooling import pooling
from hub_models.task import Task
from hub_models.ui import on_click, show_picture
from hub_models.ui.components import uploaded
from hub_models.ui.detections import for_eyes, resized_boxes, show_frames
from hub_models.ui.frame import Shared
from hub_models.ui.tables import table

ANCHOR, PROPOSAL, REFINED = 1, 3, 0  # styles of lines


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
        def work(predictor):
            found, seen, shared_map = proposed(predictor, picture)
            drawn = heat_of(found, seen, int(most)), *cell_of(found, seen, y, x)
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


def proposed(predictor, picture: str | None) -> tuple:
    """(RegionProposals, the network's picture (h, w, 3), the shared map (C, h, w))."""
    from hub_models.inside import proposals as inside

    pixels = decode_picture(uploaded(picture)).pixels
    x, _ = predictor.preprocess(pixels)
    found = inside.region_proposals(predictor.network, x)
    return found, network_picture(predictor, pixels), inside.shared_map(predictor.network, x)


def likeliest(found) -> tuple[int, int]:
    """Percent from the top and from the left of the cell with the highest objectness."""
    rows, columns, _ = found.objectness.shape
    row, column = divmod(int(found.objectness_map().argmax()), columns)
    return round(100 * row / rows), round(100 * column / columns)


def heat_of(found, seen: np.ndarray, count: int) -> str:
    """Objectness at every cell, and the likeliest proposals."""
    best = found.proposals[:count]
    large = for_eyes(draw.overlay(seen, found.objectness_map(), 0.5))
    boxes = resized_boxes(best, seen.shape[:2], large.shape[:2])
    rows, columns, each = found.objectness.shape
    says = (
        f"{rows} x {columns} cells of {found.stride} pixels with {each} anchors each; bright: likely an object. Framed: "
        f"the {len(best)} likeliest of {len(found.proposals)} proposals, near duplicates left out."
    )
    return show_picture(draw.framed(large, boxes, [PROPOSAL] * len(boxes), [""] * len(boxes)), says)


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
    row, column, which = found.origins[i]
    boxes = np.stack([found.refined[i], found.proposals[i], found.anchors[row, column, which]])
    verdict = f"{names[found.labels[i]]} {found.certainty[i]:.0%}"
    says = (
        f"Proposal {i + 1} of {len(found.proposals)}, objectness {found.scores[i]:.0%}, from anchor {which + 1} of cell "
        f"({row}, {column}). The head says {verdict}, and refines the box."
    )
    meaning = [(ANCHOR, "anchor"), (PROPOSAL, "proposal"), (REFINED, "refined box")]
    styles, texts = [REFINED, PROPOSAL, ANCHOR], [verdict, "", ""]
    picture = show_frames(seen, boxes, styles, texts, says) + draw.line_legend(meaning)
    return picture, pooling(shared_map, found.proposals[i], stride)
