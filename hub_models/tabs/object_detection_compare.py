"""Old and new side by side: one picture through every checkpoint, oldest architecture first."""

import html
import statistics
import time
from dataclasses import dataclass

import gradio as gr
import numpy as np

from hub_models import compute, draw
from hub_models.checkpoint import Checkpoint
from hub_models.errors import HubError
from hub_models.loader import LOADER
from hub_models.picture import decode_picture, fit_within
from hub_models.results import Boxes
from hub_models.task import Task
from hub_models.ui import on_click, show_picture
from hub_models.ui.components import uploaded
from hub_models.ui.detections import at_size
from hub_models.ui.frame import Shared
from hub_models.ui.tables import problem, table

COLUMNS = ["Year", "Network", "Trained on", "Objects", "Seconds a picture", "Parameters", "MB", "Measured"]
THUMBNAIL = 420  # pixels of the longer side
CARDS = "display:grid;grid-template-columns:repeat(auto-fill,minmax(min(100%,15rem),1fr));gap:0.8rem"
TIMES = 3  # a picture goes through a fast network; the median counts
SLOW = 1.0  # seconds from which once is enough


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What one checkpoint did with the picture; `found` None and `problem` told where it could not."""

    checkpoint: Checkpoint
    found: Boxes | None = None
    seconds: float = 0.0
    problem: str = ""

    def row(self) -> list[object]:
        row = self.checkpoint
        measured = "; ".join(metric.text() for metric in row.metrics[:1]) or "not by us"
        said = ", ".join(f"{n} {name}" for name, n in self.found.counts().items()) if self.found else ""
        return [
            str(row.year),
            row.title,
            row.trained_on.split(" (")[0],
            self.problem or said or "none",
            f"{self.seconds:.3f}" if self.found is not None else "",
            row.parameters,
            row.megabytes,
            measured,
        ]


def comparison_view(task: Task, shared: Shared) -> None:
    gr.Markdown(
        "One picture through every checkpoint, oldest architecture first. Watch where the seconds go: from windows "
        "cut out one by one, to regions, to one look at the whole picture. Thresholds as in *Try it*. The classes "
        "differ: a network finds only what it was taught."
    )
    with gr.Row():
        downloads = gr.Checkbox(label="Also those that need a download", interactive=True)
        show = gr.Button("Compare", variant="primary")
        stop = gr.Button("Cancel")
    shown = gr.HTML()

    def view(picture, with_downloads, confidence, iou):
        pixels = decode_picture(uploaded(picture)).pixels
        cards, rows, so_far = [], [], ""
        for checkpoint in oldest_first(task, with_downloads):
            yield f"{so_far}<p>{html.escape(checkpoint.title)} is at work ...</p>"
            outcome = outcome_of(task, checkpoint, pixels, confidence, iou)
            cards.append(card(pixels, outcome))
            rows.append(outcome.row())
            so_far = f'<div style="{CARDS}">{"".join(cards)}</div>{table(COLUMNS, rows)}'
        yield so_far or problem("No checkpoint is here.")

    on_click(show.click, view, [shared.input, downloads, *shared.controls], [shown], stop=stop)


def oldest_first(task: Task, downloads: bool) -> list[Checkpoint]:
    rows = [row for row in LOADER.menu(task.id) if row.offline or downloads]
    return sorted(rows, key=lambda row: row.year)


def outcome_of(task: Task, row: Checkpoint, pixels: np.ndarray, confidence: float, iou: float) -> Outcome:
    """One checkpoint on the picture; what cannot run is told, not raised."""
    try:
        found, seconds = LOADER.run(
            row.id, task.id, lambda predictor: timed(predictor, pixels, confidence, iou)
        )
    except HubError as error:
        if error.code in ("cancelled", "deadline"):
            raise
        return Outcome(checkpoint=row, problem=error.message)
    return Outcome(checkpoint=row, found=found, seconds=seconds)


def timed(predictor, pixels: np.ndarray, confidence: float, iou: float) -> tuple[Boxes, float]:
    """(objects, seconds a picture): the median of a few, the first not counted; of slow networks the first."""
    taken = []
    for _ in range(TIMES + 1):
        compute.check()
        began = time.perf_counter()
        found = predictor.predict(pixels, confidence, iou)
        taken.append(time.perf_counter() - began)
        if taken[-1] > SLOW:
            return found, taken[-1]
    return found, statistics.median(taken[1:])


def card(pixels: np.ndarray, outcome: Outcome) -> str:
    """The picture as one checkpoint sees it, small, with the facts below."""
    row = outcome.checkpoint
    says = f"{row.year}, {row.title}: {outcome.problem}"
    small = fit_within(pixels, THUMBNAIL)
    if outcome.found is not None:
        fitted = at_size(outcome.found, small.shape[:2])
        small = draw.framed(small, fitted.boxes_xyxy, fitted.labels.tolist(), [""] * len(fitted))
        says = f"{row.year}, {row.title}: {len(fitted)} objects in {outcome.seconds:.3f} s. {fitted.text()}"
    return show_picture(small, says)
