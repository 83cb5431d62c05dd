"""R-CNN and Fast R-CNN: proposals, what the network sees of one of them, and what it says."""

import time
from dataclasses import dataclass

import gradio as gr
import numpy as np

from hub_models import draw
from hub_models.loader import LOADER
from hub_models.picture import decode_picture
from hub_models.preprocess import normalise
from hub_models.results import Boxes
from hub_models.tabs.object_detection_pooling import pooling
from hub_models.task import Task
from hub_models.ui import on_click, show_picture
from hub_models.ui.components import uploaded
from hub_models.ui.detections import numbered, show_frames
from hub_models.ui.fitting import fitting_menu, of_model
from hub_models.ui.frame import Shared
from hub_models.ui.network_picture import network_picture
from hub_models.ui.tables import problem, table

PROPOSAL, OBJECT = 1, 0  # styles of lines


@dataclass(frozen=True, kw_only=True)
class Looked:
    """Proposals and objects, all in pixels of `picture` (h, w, 3), which is what the network sees."""

    checkpoint: str
    picture: np.ndarray
    proposals: np.ndarray  # (N, 4)
    candidates: Boxes
    found: Boxes
    nearest: np.ndarray  # (objects,) the proposal that overlaps each object most
    seconds: tuple[float, float]  # of the search and of the network


def rcnn_view(task: Task, shared: Shared) -> None:
    gr.Markdown(
        "R-CNN (lecture, section 8.2.2) warps every proposal to one size and sends each through the whole network "
        "alone. Fast R-CNN (section 8.3) sends the picture through once and cuts every proposal out of the shared map "
        "by RoI pooling. Both then say what the region shows and move its box onto it."
    )
    with gr.Row():
        menu = fitting_menu(task, shared, of_model("rcnn", "fast_rcnn"))
        show = gr.Button("Look at the proposals", variant="primary")
    looked = gr.State(None)
    facts = gr.HTML()
    with gr.Row():
        with gr.Column(min_width=280):
            count = gr.Slider(1, 200, 30, step=1, label="Best regions drawn", interactive=True)
            best = gr.HTML()
        with gr.Column(min_width=280):
            which = gr.Dropdown([], label="Object", interactive=True)
            region = gr.HTML()
    inner = gr.HTML()

    def begin(picture, identity, most, confidence, iou):
        found = LOADER.run(identity, task.id, lambda predictor: look(predictor, picture, confidence, iou))
        names = numbered(found.found)
        first = names[0] if names else None
        menus = gr.Dropdown(names, value=first)
        return found, facts_of(found), best_of(found, most), menus, *choose(found, first)

    def choose(found, name):
        if found is None or name is None:
            return problem("No object at the thresholds of Try it.") if found else "", ""
        number = int(name.partition(":")[0]) - 1
        return LOADER.run(
            found.checkpoint,
            task.id,
            lambda predictor: (region_of(found, number), seen_of(predictor, found, number)),
        )

    def draw_best(found, most):
        return best_of(found, most) if found else ""

    inputs = [shared.input, menu, count, *shared.controls]
    on_click(show.click, begin, inputs, [looked, facts, best, which, region, inner])
    on_click(which.input, choose, [looked, which], [region, inner])
    on_click(count.change, draw_best, [looked, count], [best], light=True, show_progress="hidden")


def look(predictor, picture: str | None, confidence: float, iou: float) -> Looked:
    from hub_models.inside.boxes import iou_matrix
    from hub_models.predictors.detector import select

    pixels = decode_picture(uploaded(picture)).pixels
    began = time.perf_counter()
    proposals = predictor.propose(pixels).boxes_xyxy
    searched = time.perf_counter()
    seen = network_picture(predictor, pixels)
    _, scale = predictor.preprocess(pixels)
    proposals = proposals * np.float32(scale)
    candidates = predictor.judge(seen, proposals)
    found = select(candidates, confidence, iou)
    overlap = iou_matrix(found.boxes_xyxy, proposals)
    return Looked(
        checkpoint=predictor.checkpoint.id,
        picture=seen,
        proposals=proposals,
        candidates=candidates,
        found=found,
        nearest=overlap.argmax(axis=1) if len(proposals) else np.empty(0, int),
        seconds=(searched - began, time.perf_counter() - searched),
    )


def facts_of(found: Looked) -> str:
    search, network = found.seconds
    return (
        f"<p>{len(found.proposals):,} proposals by selective search in {search:.2f} s; the network judged them in "
        f"{network:.2f} s. {len(found.found)} objects are left after the thresholds of Try it.</p>"
    )


def best_of(found: Looked, count: float) -> str:
    """The regions that the network is most certain of, moved by its regressor, before suppression."""
    best = found.candidates.chosen(np.arange(min(int(count), len(found.candidates))))
    says = f"The {len(best)} regions that the network is most certain of, before non-max suppression."
    drawn = show_frames(found.picture, best.boxes_xyxy, best.labels.tolist(), [""] * len(best), says)
    return drawn + draw.legend(best)


def region_of(found: Looked, number: int) -> str:
    """One object with the proposal behind it."""
    place = int(found.nearest[number])
    boxes = np.stack([found.found.boxes_xyxy[number], found.proposals[place]])
    says = (
        f"{numbered(found.found)[number]}: nearest to it lies proposal {place + 1} of {len(found.proposals)}; the box "
        "regressor of its class moved and stretched such boxes onto it."
    )
    meaning = [(OBJECT, "the object's box"), (PROPOSAL, "the proposal")]
    return show_frames(found.picture, boxes, [OBJECT, PROPOSAL], ["", ""], says) + draw.line_legend(meaning)


def seen_of(predictor, found: Looked, number: int) -> str:
    """What the network sees of that proposal, and what it says of it alone."""
    import torch

    from hub_models.inside import proposals as inside

    proposal = found.proposals[int(found.nearest[number])]
    x = normalise(
        np.ascontiguousarray(found.picture.transpose(2, 0, 1)), predictor.spec
    )  # (h, w, 3) -> (3, h, w)
    x = torch.from_numpy(x)[None].to(predictor.device)
    if predictor.checkpoint.model == "rcnn":
        window = inside.warped_window(x, proposal, predictor.spec.mean, predictor.spec.std)
        says = f"What the network sees of it: warped to {window.shape[1]} x {window.shape[0]} pixels, whatever its shape."
        seen = show_picture(window.repeat(3, 0).repeat(3, 1), says, lossless=True, width="min(100%, 288px)")
    else:
        seen = pooling(inside.shared_map(predictor.network, x), proposal, predictor.network.head.stride)
    said = predictor.judge(found.picture, proposal[None])
    caption = "What it says of this proposal alone: every class of at least 1%, and where it moves the box"
    rows = said.rows() or [["none", "below 1%", ""]]
    return seen + table(["Class", "Score", "Box: x0, y0, x1, y1"], rows, caption)
