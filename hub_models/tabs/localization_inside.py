"""Look inside localization: the vector on the picture, the loss against a truth of one's own, the evidence."""

import html
from collections.abc import Sequence

import gradio as gr
import numpy as np

from hub_models import draw
from hub_models.loader import LOADER
from hub_models.picture import decode_picture, encode_jpeg
from hub_models.results import Location
from hub_models.task import Task
from hub_models.ui import on_click, show_picture
from hub_models.ui.components import uploaded
from hub_models.ui.detections import for_eyes, show_frames
from hub_models.ui.frame import Shared
from hub_models.ui.tables import table

NOTHING = "nothing: p_c = 0"
WIDE = "min(100%, 560px)"


def opened(task: Task, picture: str | None, checkpoint: str) -> tuple[object, np.ndarray, Location]:
    """(predictor, pixels (H, W, 3), its answer)."""
    pixels = decode_picture(uploaded(picture)).pixels
    predictor = LOADER.get(checkpoint, task.id)
    return predictor, pixels, predictor.predict(pixels)


def look_inside(task: Task, shared: Shared) -> None:
    """All views work on the picture and the checkpoint chosen in Try it."""
    gr.Markdown("These views use the picture and the checkpoint chosen in **Try it**.")
    with gr.Tabs(overflow_behavior="wrap"):
        with gr.Tab("The vector (8.1)"):
            vector_view(task, shared)
        with gr.Tab("The loss (8.2)"):
            loss_view(task, shared)
        with gr.Tab("Evidence") as evidence_tab:
            evidence_view(task, shared, evidence_tab)


def vector_view(task: Task, shared: Shared) -> None:
    gr.Markdown(
        "A classifier with a few outputs more: C + 5 numbers instead of C. The first says whether an object is there, "
        "four say where, the others which. Each is explained for your own picture and drawn on it."
    )
    show = gr.Button("Show the vector", variant="primary")
    with gr.Row():
        with gr.Column(scale=3, min_width=280):
            sight = gr.HTML()
        with gr.Column(scale=2, min_width=280):
            numbers = gr.HTML()

    def view(picture, checkpoint):
        from hub_models.inside import localization as inside

        _, pixels, found = opened(task, picture, checkpoint)
        says = f"{found.text()} The dot is the centre (b_x, b_y), the lines are b_w and b_h."
        drawn = show_picture(inside.measured(for_eyes(pixels), found), says, width=WIDE)
        return drawn, column(found) + explained(found)

    on_click(show.click, view, [shared.input, shared.checkpoint], [sight, numbers])


def column(found: Location) -> str:
    """The equation as the notes write it: symbols, and the numbers of this picture, in brackets."""
    from hub_models.inside.localization import symbols

    def bracketed(cells: Sequence[str]) -> str:
        rows = "".join(f"<div>{html.escape(cell)}</div>" for cell in cells)
        return (
            '<div style="border:2px solid currentColor;border-top:0;border-bottom:0;border-radius:10px;'
            f'padding:0.3rem 0.7rem;text-align:center">{rows}</div>'
        )

    values = [f"{value:.2f}" for value in found.vector]
    return (
        '<div role="group" aria-label="Equation 8.1" style="display:flex;align-items:center;gap:0.6rem">'
        f"<i>ŷ</i> = {bracketed(symbols(found.names))} = {bracketed(values)} (8.1)</div>"
    )


def explained(found: Location) -> str:
    from hub_models.inside.localization import meanings, symbols

    values = [f"{value:.3f}" for value in found.vector]
    rows = list(zip(symbols(found.names), values, meanings(found), strict=True))
    return table(["Number", "Value", "What it says here"], rows)


def loss_view(task: Task, shared: Shared) -> None:
    gr.Markdown(
        "How wrong is the answer? Set the truth with the sliders: what is in the picture, and where. With an object, "
        "all squared differences are summed; without one, only that of p_c: a box around nothing cannot be wrong. "
        "(In training the four numbers of the box count five times, as a box is wrong by tenths where a class is "
        "wrong by one.)"
    )
    known = gr.State(None)  # (JPEG to draw on, answer)
    with gr.Row():
        with gr.Column(min_width=280):
            show = gr.Button("Ask the network", variant="primary")
            what = gr.Dropdown([NOTHING], value=NOTHING, label="What is in the picture", interactive=True)
            sides = [
                gr.Slider(
                    0, 100, value, step=0.5, label=f"{name} side, percent of the picture", interactive=True
                )
                for name, value in (("Left", 25), ("Top", 25), ("Right", 75), ("Bottom", 75))
            ]
        with gr.Column(min_width=280):
            sight, terms = gr.HTML(), gr.HTML()

    def ask(picture, checkpoint, *box):
        predictor, pixels, found = opened(task, picture, checkpoint)
        seen = (encode_jpeg(for_eyes(pixels), 90), found)
        options = [*predictor.names, NOTHING]
        return seen, gr.Dropdown(choices=options, value=found.label), *compared(seen, found.label, *box)

    on_click(show.click, ask, [shared.input, shared.checkpoint, *sides], [known, what, sight, terms])
    changes = [what.input, *(side.change for side in sides)]
    on_click(changes, compared, [known, what, *sides], [sight, terms], light=True, show_progress="hidden")


def compared(seen: tuple[bytes, Location] | None, what: str, *sides: float) -> tuple[str, str]:
    """(picture with both boxes, the terms of the loss) as HTML, for a truth given as percent of the picture."""
    from hub_models.inside import localization as inside

    if seen is None:
        return "", "<p>Press “Ask the network” first.</p>"
    packed, found = seen
    there = what in found.names
    truth = None
    if there:
        box = tuple(side / 100 for side in sides)
        truth = inside.vector_of(box, found.names.index(what), len(found.names))
    judged = inside.loss(found, truth)
    return two_boxes(decode_picture(packed).pixels, found, truth, judged.overlap), loss_table(judged)


def two_boxes(pixels: np.ndarray, found: Location, truth: np.ndarray | None, overlap) -> str:
    """The answer's box and the true one, each in its own line."""
    size_hw = pixels.shape[:2]
    boxes = [Location(found.names, found.vector, size_hw).box_xyxy]
    if truth is None:
        says = "There is no object, so there is no true box: the one shown is what the network gives anyway."
        return show_frames(pixels, np.stack(boxes), [0], ["answer"], says, width=WIDE)
    boxes.append(Location(found.names, truth, size_hw).box_xyxy)
    says = f"The answer and the truth: IoU {overlap.value:.2f}."
    return show_frames(pixels, np.stack(boxes), [0, 1], ["answer", "truth"], says, width=WIDE)


def loss_table(judged) -> str:
    rows = []
    for term in judged.terms:
        true = "-" if term.truth is None else f"{term.truth:.2f}"
        squared = f"{term.squared:.4f}" if term.counts else "does not count"
        rows.append([term.symbol, f"{term.answer:.2f}", true, squared])
    there = judged.overlap is not None
    case = "y₁ = 1: there is an object, all count" if there else "y₁ = 0: there is none, only p_c counts"
    listed = table(["Number", "ŷ", "y", "(ŷ − y)²"], rows, f"Equation 8.2, case {case}")
    iou = f"<p>{html.escape(judged.overlap.text())}; at least 0.5 is called good.</p>" if there else ""
    return f"{listed}<p>Loss = {html.escape(judged.formula())}</p>{iou}"


def evidence_view(task: Task, shared: Shared, tab: gr.Tab) -> None:
    gr.Markdown(
        "Where lies what makes a number of the vector large (Grad-CAM on the last feature maps)? For p_c and the class it "
        "is the object itself. For a number of the box it is whatever speaks for a larger one: an edge, a neighbour, "
        "empty ground. The head keeps the place: maps are averaged over the cells of a coarse grid, not over the picture."
    )
    number = gr.Dropdown(["p_c"], value="p_c", label="Number of the vector", interactive=True)
    show = gr.Button("Show the evidence")
    sight = gr.HTML()

    def names(checkpoint):
        options = listed(LOADER.get(checkpoint, task.id).names)
        return gr.Dropdown(choices=options, value=options[0])

    on_click(tab.select, names, [shared.checkpoint], [number])

    def view(picture, checkpoint, wanted):
        from hub_models.inside.localization import evidence

        predictor, pixels, found = opened(task, picture, checkpoint)
        options = listed(predictor.names)
        index = options.index(wanted) if wanted in options else 0
        seen = evidence(predictor.network, predictor.preprocess(pixels), index)
        says = (
            f"Evidence for {options[index]} = {found.vector[index]:.2f}, by {seen.method}. The map has "
            f"{seen.raw.shape[0]} x {seen.raw.shape[1]} cells."
        )
        return show_picture(draw.overlay(for_eyes(pixels), seen.map, 0.55), says, width=WIDE)

    on_click(show.click, view, [shared.input, shared.checkpoint, number], [sight])


def listed(names: tuple[str, ...]) -> list[str]:
    """The numbers of the vector for a menu."""
    from hub_models.inside.localization import symbols

    return [*symbols(names)[:5], *(f"c_{i} ({name})" for i, name in enumerate(names, 1))]
