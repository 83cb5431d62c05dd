"""Old and new side by side: one picture through every checkpoint, oldest architecture first."""

import html
import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

import gradio as gr
import numpy as np

from hub_models import compute
from hub_models.answering import timed
from hub_models.checkpoint import Checkpoint
from hub_models.errors import HubError
from hub_models.loader import LOADER
from hub_models.picture import decode_picture, fit_within
from hub_models.predictors import Predictor
from hub_models.task import Task
from hub_models.ui.click import on_click
from hub_models.ui.components import show_picture, uploaded
from hub_models.ui.detections import for_eyes
from hub_models.ui.frame import Shared
from hub_models.ui.tables import problem, table

Found = TypeVar("Found")
TIMES = 3  # a picture goes through a fast network; the median counts
SLOW = 1.0  # seconds from which once is enough


@dataclass(frozen=True, kw_only=True)
class Outcome(Generic[Found]):
    """What one checkpoint did with the picture; `found` None and `problem` told where it could not."""

    checkpoint: Checkpoint
    found: Found | None = None
    seconds: float = 0.0
    problem: str = ""

    def says(self, words: str) -> str:
        return f"{self.checkpoint.year}, {self.checkpoint.title}: {words}"


def predicted(predictor: Predictor, pixels: np.ndarray, *values: float):
    return predictor.predict(pixels, *values)


def no_legend(seen: dict, found: object) -> str:
    return ""


def comparison_view(
    task: Task,
    shared: Shared,
    words: str,
    *,
    columns: Sequence[str],  # of what was found, and of the time
    cells: Callable[..., list[object]],  # (outcome that has found, *controls) -> a cell for each of `columns`
    card: Callable[..., str],  # (picture as large as a card, outcome that has found, *controls) -> HTML
    thumbnail: int = 420,  # pixels of the longer side of a card's picture
    card_width: str = "15rem",  # at least
    predict: Callable[..., object] = predicted,  # (predictor, pixels, *controls) -> what is found
    legend: Callable[
        [dict, object], str
    ] = no_legend,  # (what it keeps, found) -> HTML for all that was found so far
) -> None:
    """A card and a row for each checkpoint that is here, as soon as it has answered."""
    gr.Markdown(words)
    downloads, show, stop = comparison_buttons()
    shown = gr.HTML()
    grid = (
        f"display:grid;grid-template-columns:repeat(auto-fill,minmax(min(100%,{card_width}),1fr));gap:0.8rem"
    )

    def view(picture, with_downloads, *values):
        pixels = decode_picture(uploaded(picture)).pixels
        small = fit_within(for_eyes(pixels), thumbnail)
        cards, rows, seen, meaning, so_far = [], [], {}, "", ""
        for checkpoint in oldest_first(task, with_downloads):
            yield f"{so_far}<p>{html.escape(checkpoint.title)} is at work ...</p>"
            outcome = outcome_of(task, checkpoint, lambda predictor: predict(predictor, pixels, *values))
            cards.append(card_of(outcome, small, card, *values))
            rows.append(row_of(outcome, columns, cells, *values))
            if outcome.found is not None:
                meaning = legend(seen, outcome.found)
            facts = table(headings(columns), rows)
            so_far = f'<div style="{grid}">{"".join(cards)}</div>{meaning}{facts}'
        yield so_far or problem("No checkpoint is here.")

    on_click(show.click, view, [shared.input, downloads, *shared.controls], [shown], stop=stop)


def comparison_buttons() -> tuple[gr.Checkbox, gr.Button, gr.Button]:
    """(also those that need a download, the button that compares, the one that stops it)."""
    with gr.Row():
        downloads = gr.Checkbox(label="Also those that need a download", interactive=True)
        show = gr.Button("Compare", variant="primary")
        stop = gr.Button("Cancel")
    return downloads, show, stop


def oldest_first(task: Task, downloads: bool) -> list[Checkpoint]:
    rows = [row for row in LOADER.menu(task.id) if row.offline or downloads]
    return sorted(rows, key=lambda row: row.year)


def outcome_of(task: Task, row: Checkpoint, look: Callable[[Predictor], Found]) -> Outcome[Found]:
    """One checkpoint on the picture; what cannot run is told, not raised."""
    try:
        found, seconds = LOADER.run(row.id, task.id, lambda predictor: median_time(look, predictor))
    except HubError as error:
        if error.code in ("cancelled", "deadline"):
            raise
        return Outcome(checkpoint=row, problem=error.message)
    return Outcome(checkpoint=row, found=found, seconds=seconds)


def median_time(look: Callable[[Predictor], Found], predictor: Predictor) -> tuple[Found, float]:
    """(answer, seconds a picture): the median of a few, the first not counted; of slow networks the first."""
    taken = []
    for _ in range(TIMES + 1):
        compute.check()
        found, seconds = timed(look, predictor)
        taken.append(seconds)
        if seconds > SLOW:
            return found, seconds
    return found, statistics.median(taken[1:])


def headings(columns: Sequence[str]) -> list[str]:
    return ["Year", "Network", "Trained on", *columns, "Parameters", "MB", "Measured"]


def row_of(
    outcome: Outcome, columns: Sequence[str], cells: Callable[..., list[object]], *values: float
) -> list[object]:
    """What a checkpoint is, what it found, how long it took; or why it could not."""
    row = outcome.checkpoint
    missing = [outcome.problem, *[""] * (len(columns) - 1)]
    return [
        str(row.year),
        row.title,
        row.trained_on.split(" (")[0],
        *(missing if outcome.found is None else cells(outcome, *values)),
        row.parameters,
        row.megabytes,
        "; ".join(metric.text() for metric in row.metrics[:1]) or "not by us",
    ]


def card_of(outcome: Outcome, small: np.ndarray, card: Callable[..., str], *values: float) -> str:
    """The picture as one checkpoint sees it, small, with the facts below; or why it could not."""
    if outcome.found is None:
        return show_picture(small, outcome.says(outcome.problem))
    return card(small, outcome, *values)
