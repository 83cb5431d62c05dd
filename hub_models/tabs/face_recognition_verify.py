"""Verification: two faces, their distance, and what it says at a threshold."""

import html
from dataclasses import dataclass

import gradio as gr

from hub_models.answering import timed
from hub_models.face_gallery import Calibration, judged, squared_distances
from hub_models.faces import Comparison
from hub_models.loader import LOADER
from hub_models.tabs.face_recognition_given import face_input
from hub_models.tabs.face_recognition_held import Held, needed
from hub_models.tabs.face_recognition_plots import histograms
from hub_models.task import Task
from hub_models.ui import on_click
from hub_models.ui.examples import link_button
from hub_models.ui.frame import Preset, Shared
from hub_models.ui.loading import loading, with_progress
from hub_models.ui.tables import table

WAITING = "<p>Give two pictures with a face each, then press Compare.</p>"


@dataclass(frozen=True)
class Pair:
    """A distance that was measured, kept so that a slider is answered without the network."""

    distance: float
    calibration: Calibration | None
    seconds: float
    device: str


def verify_part(task: Task, preset: Preset, shared: Shared, agreed: gr.Checkbox) -> None:
    pair, example = gr.State(None), gr.State(preset.example)
    with gr.Row():
        with gr.Column(min_width=280):
            face_input(task, "First picture", shared.input, agreed, example)
        with gr.Column(min_width=280):
            face_input(task, "Second picture", shared.second, agreed)
    with gr.Row():
        compare = gr.Button("Compare", variant="primary")
        stop = gr.Button("Cancel", min_width=60)
        link_button(task, shared.checkpoint, example)
    answer = gr.HTML(WAITING, elem_id="answer")
    chosen = [shared.own, shared.threshold]

    def measured(
        first: Held | None, second: Held | None, checkpoint: str, own: bool, threshold: float, progress
    ):
        faces = [
            needed(held, f"a {what} picture").face for held, what in ((first, "first"), (second, "second"))
        ]
        for words in loading(task, checkpoint, progress):
            yield None, words
        found = pair_of(task, checkpoint, faces)
        yield found, shown(found, own, threshold)

    asked = [shared.input, shared.second, shared.checkpoint, *chosen]
    on_click(compare.click, with_progress(measured), asked, [pair, answer], stop=stop)

    def judge(found: Pair | None, own: bool, threshold: float) -> str:
        return WAITING if found is None else shown(found, own, threshold)

    on_click(
        [shared.own.change, shared.threshold.change],
        judge,
        [pair, *chosen],
        [answer],
        light=True,
        show_progress="hidden",
    )
    with gr.Accordion("Where it goes wrong, and why", open=False):
        gr.Markdown(FAILURES)


FAILURES = """
- **The same photograph, mirrored, turned and darker** (*astronaut* and *astronaut again*) is no second picture of a
  person: light, age, hair and lens are the same. Systems that are tested so look better than they are.
- **Two people in one picture**: the largest face is taken, and the note says so.
- **A cat, a pagoda**: no face is found, so there is nothing to compare; a network that is given such a crop all the same
  still gives a vector and a distance, which mean nothing.
- **People unlike those who trained it** are confused more often. The error rates are means over the people they were
  measured on, and can be far worse for a group of which few were there.
"""


def pair_of(task: Task, checkpoint: str, faces: list) -> Pair:
    """The distance of two upright faces."""

    def work(predictor):
        return *timed(predictor.predict_many, faces), predictor.calibration

    vectors, seconds, calibration = LOADER.run(checkpoint, task.id, work)
    distance = float(squared_distances(vectors[:1], vectors[1:])[0, 0])
    return Pair(distance, calibration, seconds, LOADER.device)


def comparison_of(found: Pair, own: bool, threshold: float) -> Comparison:
    return judged(found.distance, found.calibration, None if own else threshold)


def shown(found: Pair, own: bool, threshold: float) -> str:
    """The verdict with its error rates, in words, as a table and on the two histograms."""
    said = comparison_of(found, own, threshold)
    drawing = ""
    if found.calibration is not None:
        drawing = histograms(found.calibration, said.threshold, found.distance)
    facts = table(["What", "Value"], said.rows())
    time = f"<p>{found.seconds * 1000:.0f} ms on {html.escape(found.device)}.</p>"
    return f"<p><b>{html.escape(said.text())}</b></p>{drawing}{facts}{time}"
