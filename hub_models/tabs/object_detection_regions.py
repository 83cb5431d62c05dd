"""Selective search: segments that merge until one is left, and the boxes that they propose."""

import time
from dataclasses import dataclass, replace

import gradio as gr
import numpy as np

from hub_models.picture import decode_picture, encode_jpeg
from hub_models.proposals import Proposals, selective_search
from hub_models.task import Task
from hub_models.ui import on_click
from hub_models.ui.components import uploaded
from hub_models.ui.detections import for_eyes, resized_boxes, show_frames
from hub_models.ui.frame import Shared
from hub_models.ui.tables import table

COLOURS = {"lab": "Lab", "hsv": "HSV", "rgb": "RGB"}
PROPOSAL, MERGED = 1, 3  # styles of lines


@dataclass(frozen=True, kw_only=True)
class Searched:
    """Small enough for the memory of a session."""

    jpeg: bytes  # the picture as it is shown
    size_hw: tuple[int, int]  # of the visitor's picture, in whose pixels the proposals are
    proposals: Proposals
    seconds: float

    @property
    def picture(self) -> np.ndarray:
        return decode_picture(self.jpeg).pixels

    def names(self) -> list[str]:
        return [
            f"{i}: {COLOURS[g.strategy.colour]}, {len(g.boxes) - len(g.merges)} segments"
            for i, g in enumerate(self.proposals.groupings, 1)
        ]


def selective_view(task: Task, shared: Shared) -> None:
    gr.Markdown(
        "Where might an object be? Selective search (lecture, section 8.2.2) begins with many small segments of one "
        "colour and merges the two neighbours that are most alike in colour and texture, small ones first, until one "
        "is left. Every region on the way proposes its box. R-CNN and Fast R-CNN look only there; no network is asked."
    )
    searched = gr.State(None)
    show = gr.Button("Search", variant="primary")
    facts = gr.HTML()
    with gr.Row():
        with gr.Column(min_width=280):
            which = gr.Dropdown([], label="Grouping: colour space and first segments", interactive=True)
            merged = gr.Slider(0, 100, 0, step=1, label="Merges done, in percent", interactive=True)
            regions = gr.HTML()
        with gr.Column(min_width=280):
            count = gr.Slider(1, 500, 50, step=1, label="Best proposals drawn", interactive=True)
            boxes = gr.HTML()

    def begin(picture, percent, most):
        found = search(picture)
        names = found.names()
        drawn = regions_of(found, names[0], percent), boxes_of(found, int(most))
        return found, facts_of(found), gr.Dropdown(names, value=names[0]), *drawn

    def merge(found, name, percent):
        return regions_of(found, name, percent) if found else ""

    def draw_best(found, most):
        return boxes_of(found, int(most)) if found else ""

    inputs, outputs = [shared.input, merged, count], [searched, facts, which, regions, boxes]
    on_click(show.click, begin, inputs, outputs)
    quick = {"light": True, "show_progress": "hidden"}
    on_click([which.input, merged.change], merge, [searched, which, merged], [regions], **quick)
    on_click(count.change, draw_best, [searched, count], [boxes], **quick)


def search(picture: str | None) -> Searched:
    pixels = decode_picture(uploaded(picture)).pixels
    began = time.perf_counter()
    proposals = selective_search(pixels)
    seconds = time.perf_counter() - began
    small = tuple(replace(g, segments=g.segments.astype(np.uint16)) for g in proposals.groupings)
    return Searched(
        jpeg=encode_jpeg(for_eyes(pixels), 95),
        size_hw=pixels.shape[:2],
        proposals=replace(proposals, groupings=small),
        seconds=seconds,
    )


def facts_of(found: Searched) -> str:
    proposals = found.proposals
    windows = f"{len(proposals.boxes_xyxy):,} proposals in {found.seconds:.2f} s"
    rows = [
        [name, len(g.merges), len(g.boxes)]
        for name, g in zip(found.names(), proposals.groupings, strict=True)
    ]
    caption = f"{windows}, of a picture shrunk to {proposals.scale:.0%}; boxes that occur twice count once"
    return table(["Grouping", "Merges", "Regions on the way"], rows, caption)


def regions_of(found: Searched, name: str, percent: float) -> str:
    """The regions after a part of the merges, each in its mean colour, and the box that the last merge proposed."""
    from hub_models.inside.proposals import merge_step, painted

    grouping = found.proposals.groupings[found.names().index(name)]
    step = merge_step(grouping, round(len(grouping.merges) * percent / 100))
    picture = found.picture
    height, width = picture.shape[:2]
    small_h, small_w = step.regions.shape
    nearest = np.ix_(np.arange(height) * small_h // height, np.arange(width) * small_w // width)
    says = f"After {step.merges} of {len(grouping.merges)} merges. Regions left: {len(step.boxes)}."
    new = np.empty((0, 4))
    if step.new is not None:
        says += f" Framed: the region of the last merge, whose parts were {step.likeness:.2f} of 4 alike."
        new = resized_boxes(step.new, step.regions.shape, (height, width))
    return show_frames(
        painted(picture, step.regions[nearest]), new, [MERGED] * len(new), [""] * len(new), says
    )


def boxes_of(found: Searched, count: int) -> str:
    best = found.proposals.boxes_xyxy[:count]
    says = f"The first {len(best)} of {len(found.proposals.boxes_xyxy):,} proposals."
    picture = found.picture
    shown = resized_boxes(best, found.size_hw, picture.shape[:2])
    return show_frames(picture, shown, [PROPOSAL] * len(shown), [""] * len(shown), says)
