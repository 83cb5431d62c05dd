"""Old and new side by side: the two faces of Try it by every checkpoint, oldest architecture first."""

import html

import gradio as gr

from hub_models.face_gallery import judged, squared_distances
from hub_models.tabs.face_recognition_held import Held, needed
from hub_models.task import Task
from hub_models.ui import on_click
from hub_models.ui.compare import comparison_buttons, headings, oldest_first, outcome_of, row_of
from hub_models.ui.frame import Shared
from hub_models.ui.tables import problem, table

COLUMNS = ("Distance", "Threshold", "Answer", "Time")


def comparison_view(task: Task, shared: Shared) -> None:
    gr.Markdown(
        "Distances of two networks cannot be compared with each other: each has its own scale, and its own threshold. What "
        "can be compared is what each one answers, and how often it errs."
    )
    downloads, show, stop = comparison_buttons()
    shown = gr.HTML()

    def view(first: Held | None, second: Held | None, with_downloads: bool):
        faces = [needed(first, "a first face").face, needed(second, "a second face").face]

        def look(predictor):
            vectors = predictor.predict_many(faces)
            return judged(float(squared_distances(vectors[:1], vectors[1:])[0, 0]), predictor.calibration)

        rows = []
        for checkpoint in oldest_first(task, with_downloads):
            yield f"{table(headings(COLUMNS), rows) if rows else ''}<p>{html.escape(checkpoint.title)} is at work ...</p>"
            rows.append(row_of(outcome_of(task, checkpoint, look), COLUMNS, cells))
        yield table(headings(COLUMNS), rows) if rows else problem("No checkpoint is here.")

    on_click(show.click, view, [shared.input, shared.second, downloads], [shown], stop=stop)


def cells(outcome) -> list[object]:
    found = outcome.found
    known = found.threshold is not None
    answer = {True: "one person", False: "two people", None: "no verdict: not measured"}[found.same]
    return [
        f"{found.distance:.3f}",
        f"{found.threshold:.3f}" if known else "",
        answer,
        f"{outcome.seconds * 1000:.0f} ms",
    ]
