"""The question without the picture, and the picture without the question: how much each gives away."""

import gradio as gr
import numpy as np

from hub_models.loader import LOADER
from hub_models.metrics import proportion
from hub_models.shapes import draw_shape
from hub_models.tabs.visual_question_answering_given import OURS, answerer, given
from hub_models.task import Task
from hub_models.ui import on_click
from hub_models.ui.fitting import fitting_menu
from hub_models.ui.frame import Shared
from hub_models.ui.tables import table

WAYS = (
    ("picture and question", 1.0, 1.0),
    ("question only: the picture's vector is 0", 0.0, 1.0),
    ("picture only: the question's vector is 0", 1.0, 0.0),
)
SHOWN = 3  # answers in a row
WORDS = (
    "A network may answer without looking: if most shapes are not blue, *is there a blue shape?* is answered best with no. "
    "Here one of the two vectors is made zero before the fusion. In the second table the same is done with drawings made "
    "now, each shape in each colour, with questions whose answers are known; yes and no are equally often right there. The "
    "words still say where it looks, so the vector of the picture is not quite deaf. "
    "Such a network never met a zero in training, so a network that is trained without the picture (`--blind`) does better "
    "than this one with its eyes closed; the card of a checkpoint compares it with a system that knows only the question."
)


def alone_view(task: Task, shared: Shared) -> None:
    gr.Markdown(WORDS)
    menu = fitting_menu(task, shared, OURS)
    show = gr.Button("Take one away", variant="primary")
    mine, measured = gr.HTML(), gr.HTML()

    def view(picture, question, checkpoint):
        pixels, cleaned = given(picture, question)
        predictor = answerer(task, checkpoint)

        def work(loaded):
            regions = loaded.look(pixels)
            return [loaded.probabilities(regions, [cleaned], see, hear)[0] for _, see, hear in WAYS]

        rows = [
            [way, *top(shares, predictor.names)]
            for (way, _, _), shares in zip(WAYS, LOADER.run(checkpoint, task.id, work), strict=True)
        ]
        heads = ["Given", "Most probable", "second", "third"]
        first = table(heads, rows, "Your picture and question.")
        if predictor.network.taught == "photographs":
            yield first, "<p>The second table is for networks that know drawings.</p>"
            return
        yield first, "<p>Measuring on drawings ...</p>"
        yield first, LOADER.run(checkpoint, task.id, on_drawings)

    on_click(show.click, view, [shared.input, *shared.controls, menu], [mine, measured])


def top(shares: np.ndarray, names: tuple[str, ...]) -> list[str]:
    order = np.argsort(-shares, kind="stable")[:SHOWN]
    return [f"{names[i]} {shares[i]:.0%}" for i in order] + [""] * (SHOWN - len(order))


def on_drawings(predictor) -> str:
    """Accuracy of each way on drawings made by code, as a table."""
    from hub_models.inside.questions import drawn_questions

    right: dict[str, list[bool]] = {way: [] for way, _, _ in WAYS}
    for drawing, asked in drawn_questions():
        regions = predictor.look(draw_shape(drawing))
        questions = [question for question, _ in asked]
        for way, see, hear in WAYS:
            said = predictor.answers(regions, questions, see, hear)
            right[way] += [answer == truth for answer, (_, truth) in zip(said, asked, strict=True)]
    rows = []
    for way, found in right.items():
        share, low, high = proportion(sum(found), len(found))
        rows.append([way, f"{share:.1%}", f"{low:.1%} to {high:.1%}", len(found)])
    return table(
        ["Given", "Right", "95 % interval", "Questions"], rows, "Drawings made now: 24, one shape each."
    )
