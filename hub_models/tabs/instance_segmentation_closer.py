"""Look closer: the same picture in two sizes, what the network finds in each, and which of them the demo takes."""

import html

import gradio as gr
import numpy as np

from hub_models import compute
from hub_models.answering import timed
from hub_models.loader import LOADER
from hub_models.picture import decode_picture, fit_within
from hub_models.segments import Instances
from hub_models.tabs.instance_segmentation_seen import show_instances
from hub_models.task import Task
from hub_models.ui import on_click
from hub_models.ui.components import uploaded
from hub_models.ui.detections import for_eyes
from hub_models.ui.fitting import fitting_menu
from hub_models.ui.frame import Shared
from hub_models.ui.tables import table

CARDS = "display:grid;grid-template-columns:repeat(auto-fill,minmax(min(100%,22rem),1fr));gap:0.8rem"
COLUMNS = ["The network sees", "Objects", "Median side in it, pixels", "Time, ms"]


def closer_view(task: Task, shared: Shared) -> None:
    gr.Markdown(
        "A network outlines objects of the sizes that it has learned. What is only a few pixels wide in the picture that "
        "it sees, it may notice, but its map has a cell for every four of them. The old remedy is a pyramid of pictures: "
        "look again, enlarged. That is nine times as many pixels, so the demo does it only where most of what it finds at "
        "first is tiny. Try it with many small nuclei."
    )
    with gr.Row():
        menu = fitting_menu(task, shared, lambda row: row.library == "ours")
        show = gr.Button("Look in both sizes", variant="primary")
    pictures, facts = gr.HTML(), gr.HTML()

    def view(picture, identity, confidence, iou, threshold):
        def work(predictor):
            return in_both_sizes(predictor, picture, confidence, iou, threshold)

        return LOADER.run(identity, task.id, work)

    on_click(show.click, view, [shared.input, menu, *shared.controls], [pictures, facts])


def in_both_sizes(
    predictor, picture: str | None, confidence: float, iou: float, threshold: float
) -> tuple[str, str]:
    """(the objects found in each size, how many and how large), as HTML."""
    from hub_models.predictors.closer import enlarged, is_tiny, seen_sides

    pixels = decode_picture(uploaded(picture)).pixels
    usual = predictor.spec
    looks = []
    for spec in (usual, enlarged(usual)):
        compute.check()  # the second look takes seconds: a visitor may have left
        looks.append((spec, *timed(predictor.candidates_at, pixels, spec)))
    sides = [seen_sides(candidates, spec) for spec, candidates, _ in looks]
    closer = is_tiny(sides[0])
    shown = fit_within(for_eyes(pixels), 640)
    cards, rows = [], []
    for number, (spec, candidates, seconds) in enumerate(looks):
        name = f"{spec.size_hw[1]} x {spec.size_hw[0]}"
        found = chosen(predictor, candidates, confidence, iou)
        taken = "the demo takes this" if closer == bool(number) else "not taken"
        says = f"The picture fitted into {name} pixels: {len(found)} objects; {taken}."
        cards.append(show_instances(shown, found, threshold, says))
        rows.append([name, len(found), median_of(sides[number]), f"{seconds * 1000:.0f}"])
    return f'<div style="{CARDS}">{"".join(cards)}</div>', rule(sides[0], closer) + table(
        COLUMNS, rows, "The same network on the same picture in two sizes"
    )


def chosen(predictor, candidates: Instances, confidence: float, iou: float) -> Instances:
    from hub_models.predictors.instances import select_instances

    return select_instances(candidates, confidence, iou, predictor.suppresses)


def median_of(sides: np.ndarray) -> str:
    return f"{np.median(sides):.1f}" if len(sides) else "none found"


def rule(sides: np.ndarray, closer: bool) -> str:
    """Why the demo looks again, or does not, as HTML. `sides`: of what the first look found."""
    from hub_models.predictors.closer import CROWD, SURE, TINY

    why = f"{len(sides)} objects are at least {SURE:.0%} certain"
    if len(sides):
        why += f", half of them under {median_of(sides)} pixels"
    decision = "So the demo looks again." if closer else "So one look is enough."
    needs = f"A second look needs at least {CROWD} with a median under {TINY:.0f}."
    return f"<p>{html.escape(f'{why}. {needs} {decision}')}</p>"
