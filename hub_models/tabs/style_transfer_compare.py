"""Optimisation against a single pass: the same picture and style by every checkpoint, with time and both costs."""

import html
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import gradio as gr
import numpy as np

from hub_models.answering import timed
from hub_models.checkpoint import Checkpoint
from hub_models.errors import HubError
from hub_models.loader import LOADER
from hub_models.tabs.style_transfer_canvas import OPTIMISED, styles_of
from hub_models.tabs.style_transfer_given import READER, Given, given, inputs_of
from hub_models.task import Task
from hub_models.ui import on_click, show_picture
from hub_models.ui.compare import comparison_buttons, oldest_first
from hub_models.ui.frame import Shared
from hub_models.ui.tables import table

if TYPE_CHECKING:  # brings torch with it, which a tab that was only opened does not need
    from hub_models.evaluate.style_transfer import Judge

SIDE = 192  # pixels of the longer side
HEADERS = ("Year", "Network", "Style", "Seconds", "Style cost left", "Content cost", "Parameters")
WORDS = (
    "The same picture and style by optimisation and by networks that answer at once, all judged by the small VGG: what is "
    "left of the style cost that the photograph had, and the content cost. The optimisation lowers just these costs, "
    "so it wins them and pays with time; a network trained on them comes near in one pass; one that never saw this style, "
    "or was trained with another classifier, looks worse here than to the eye. Networks of other styles are left out."
)


@dataclass(frozen=True, kw_only=True)
class Painted:
    row: Checkpoint
    picture: np.ndarray | None  # None: `problem` says why
    seconds: float = 0.0
    left: float = 0.0  # of the style cost
    lost: float = 0.0  # of the content
    problem: str = ""


def comparison_view(task: Task, shared: Shared) -> None:
    gr.Markdown(WORDS)
    iterations = gr.Slider(10, 300, 100, step=10, label="Iterations of the optimisation", interactive=True)
    downloads, show, stop = comparison_buttons()
    shown = gr.HTML()

    def view(with_downloads: bool, count: float, picture: str | None, *controls) -> Iterator[str]:
        from hub_models.evaluate.style_transfer import Judge

        seen = given(picture, controls, SIDE)
        judge = Judge(LOADER.get(READER, task.id), seen.style, max(seen.pixels.shape[:2]))
        done: list[Painted] = []
        for row in oldest_first(task, with_downloads):
            if not knows(row, seen.name):
                continue
            yield page(seen, done) + f"<p>{html.escape(row.title)} is at work ...</p>"
            done.append(painted(task, row, seen, judge, int(count)))
        yield page(seen, done)

    on_click(show.click, view, [downloads, iterations, *inputs_of(shared)], [shown], stop=stop)


def knows(row: Checkpoint, style: str) -> bool:
    """Whether the checkpoint takes any picture as style, or was trained for this one."""
    if row.model == "image_transform":
        return styles_of(row) == (style,)
    return row.model != "multistyle"


def painted(task: Task, row: Checkpoint, seen: Given, judge: "Judge", iterations: int) -> Painted:
    """One checkpoint's answer; what cannot run is told, not raised."""
    fixed = row.model == "image_transform"
    more: dict[str, object] = {"longest_side": max(seen.pixels.shape[:2])}
    if row.architecture == OPTIMISED:
        from hub_models.predictors.gatys import Wanted

        more["wanted"] = Wanted(iterations=iterations)

    def work(predictor):
        return timed(lambda: predictor.predict(seen.pixels, "", None if fixed else seen.style, **more))

    try:
        found, seconds = LOADER.run(row.id, task.id, work)
    except HubError as error:
        if error.code in ("cancelled", "deadline"):
            raise
        return Painted(row=row, picture=None, problem=error.message)
    left, lost = judge.costs(seen.pixels, found.picture)
    return Painted(row=row, picture=found.picture, seconds=seconds, left=left, lost=lost)


def page(seen: Given, done: list[Painted]) -> str:
    cards = [show_picture(seen.pixels, "The picture."), show_picture(seen.style, f"The style {seen.name}.")]
    rows: list[list[object]] = []
    for one in done:
        facts = [str(one.row.year), one.row.title, seen.name]
        if one.picture is None:
            rows.append([*facts, one.problem, "", "", one.row.parameters])
            continue
        cards.append(show_picture(one.picture, f"{one.row.year}, {one.row.title}: {one.seconds:.2f} s."))
        figures = [f"{one.seconds:.2f}", f"{one.left:.1%}", f"{one.lost:.1%}"]
        rows.append([*facts, *figures, one.row.parameters])
    grid = "display:grid;grid-template-columns:repeat(auto-fill,minmax(13rem,1fr));gap:0.8rem"
    return f'<div style="{grid}">{"".join(cards)}</div>' + table(HEADERS, rows)
