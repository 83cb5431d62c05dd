"""Mask R-CNN's first stage: how likely an object is at every cell, and the regions that are proposed."""

import gradio as gr
import numpy as np

from hub_models import draw
from hub_models.loader import LOADER
from hub_models.picture import decode_picture
from hub_models.task import Task
from hub_models.ui import on_click, show_picture
from hub_models.ui.components import uploaded
from hub_models.ui.detections import for_eyes, resized_boxes, show_frames
from hub_models.ui.fitting import fitting_menu, of_model
from hub_models.ui.frame import Shared
from hub_models.ui.tables import table

ANCHOR, PROPOSAL, REFINED = 1, 3, 0  # styles of lines


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


def network_picture(predictor, pixels: np.ndarray) -> np.ndarray:
    """What a network of ours sees of a picture: letterboxed, (h, w, 3) uint8."""
    from hub_models.predictors.detector import letterbox

    seen, _ = letterbox(pixels, predictor.spec, predictor.network.stride)
    return np.ascontiguousarray(seen.transpose(1, 2, 0))  # (3, h, w) -> (h, w, 3)


def proposed(predictor, picture: str | None) -> tuple:
    """(RegionProposals, the network's picture (h, w, 3), the same as a tensor)."""
    from hub_models.inside.proposals import region_proposals

    pixels = decode_picture(uploaded(picture)).pixels
    x, _ = predictor.preprocess(pixels)
    return region_proposals(predictor.network, x), network_picture(predictor, pixels), x


def heat_of(found, seen: np.ndarray, count: int) -> str:
    """Objectness at every cell, and the likeliest proposals."""
    best = found.proposals[:count]
    large = for_eyes(draw.overlay(seen, found.objectness_map(), 0.5))
    boxes = resized_boxes(best, seen.shape[:2], large.shape[:2])
    rows, columns, each = found.objectness.shape
    stride = seen.shape[1] // columns
    says = (
        f"{rows} x {columns} cells of {stride} pixels with {each} anchors each; bright: likely an object. Framed: "
        f"the {len(best)} likeliest of {len(found.proposals)} proposals, near duplicates left out."
    )
    return show_picture(draw.framed(large, boxes, [PROPOSAL] * len(boxes), [""] * len(boxes)), says)


def proposal_of(found, seen: np.ndarray, names: tuple[str, ...], number: int) -> str:
    """One proposal: its anchor, itself, and the box and class that the second stage makes of it."""
    if not len(found.proposals):
        return "<p>No proposal in this picture.</p>"
    i = min(number, len(found.proposals)) - 1
    row, column, which = found.origins[i]
    anchor = found.anchors[row, column, which]
    boxes = np.stack([found.refined[i], found.proposals[i], anchor])
    verdict = f"{names[found.labels[i]]} {found.certainty[i]:.0%}"
    says = (
        f"Proposal {i + 1} of {len(found.proposals)}, objectness {found.scores[i]:.0%}, from anchor {which + 1} of cell "
        f"({row}, {column}). The second stage says {verdict}."
    )
    meaning = [(ANCHOR, "anchor"), (PROPOSAL, "proposal"), (REFINED, "refined box")]
    picture = show_frames(seen, boxes, [REFINED, PROPOSAL, ANCHOR], [verdict, "", ""], says)
    rows = [
        [name, ", ".join(f"{side:.1f}" for side in box), f"{box[2] - box[0]:.1f} x {box[3] - box[1]:.1f}"]
        for name, box in (
            ("anchor", anchor),
            ("proposal", found.proposals[i]),
            ("refined box", found.refined[i]),
        )
    ]
    return picture + draw.line_legend(meaning) + table(["", "x0, y0, x1, y1", "Width x height"], rows)
