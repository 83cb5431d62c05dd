"""One picture with many questions, and one question for many pictures."""

import gradio as gr
import numpy as np

from hub_models.errors import BadInput
from hub_models.loader import LOADER
from hub_models.picture import decode_picture, fit_within
from hub_models.shapes import COLOURS, SHAPES, Drawing, draw_shape
from hub_models.tabs.visual_question_answering_given import OURS, answerer, given
from hub_models.task import Task
from hub_models.tasks.visual_question_answering import LONGEST
from hub_models.text import clean
from hub_models.ui import on_click, show_picture
from hub_models.ui.examples import available
from hub_models.ui.fitting import fitting_menu
from hub_models.ui.frame import Shared
from hub_models.ui.tables import table

MOST_QUESTIONS = 30
CARD = 160  # pixels of the longer side of a shown picture
QUESTIONS = """what shape is in the image?
what color is the shape?
is there a circle?
is there not a circle?
is there a blue shape?
is no blue shape present?
what is the blue shape?
what is the red shape?
is there a dog?
is there a person?"""


def questions_view(task: Task, shared: Shared) -> None:
    gr.Markdown(
        "The picture is described once; each question then looks at it in its own way. The table shows the two most "
        "probable answers to each line, and whether the network knows all of its words. A question that assumes what is "
        "not there (*what is the red shape?* about a blue one) still gets an answer: the set is fixed, and *the question "
        "does not fit* is not in it."
    )
    menu = fitting_menu(task, shared, OURS)
    lines = gr.Textbox(QUESTIONS, label="Questions, one a line", lines=9, max_lines=16, interactive=True)
    show = gr.Button("Ask all of them", variant="primary")
    shown = gr.HTML()

    def view(picture, written, checkpoint):
        questions = [clean(line, LONGEST)[0] for line in (written or "").splitlines() if line.strip()]
        if not 0 < len(questions) <= MOST_QUESTIONS:
            raise BadInput(
                "bad_value", f"Expected 1 to {MOST_QUESTIONS} questions, one a line, got {len(questions)}."
            )
        pixels, _ = given(picture, "?")
        predictor = answerer(task, checkpoint)
        shares = LOADER.run(
            checkpoint, task.id, lambda loaded: loaded.probabilities(loaded.look(pixels), questions)
        )
        rows = [
            [question, *two_best(row, predictor.names), "; ".join(predictor.remarks(question))]
            for question, row in zip(questions, shares, strict=True)
        ]
        notes = "".join(f" Note: {note}." for note in predictor.outside(pixels))
        return table(["Question", "Answer", "second", "Note"], rows, f"One picture.{notes}")

    on_click(show.click, view, [shared.input, lines, menu], [shown])


def two_best(shares: np.ndarray, names: tuple[str, ...]) -> list[str]:
    return [f"{names[i]} {shares[i]:.0%}" for i in np.argsort(-shares, kind="stable")[:2]]


def pictures_view(task: Task, shared: Shared) -> None:
    gr.Markdown(
        "The same question for all examples, and for each shape in each colour, drawn now. If the answers do not change "
        "with the picture, the question alone decides. Under a picture of a kind that the network has not learned, a note "
        "says so."
    )
    menu = fitting_menu(task, shared, OURS)
    show = gr.Button("Ask it of many pictures", variant="primary")
    cards, grid = gr.HTML(), gr.HTML()

    def view(question, checkpoint):
        cleaned, _ = clean(question or "", LONGEST)
        predictor = answerer(task, checkpoint)
        pictures = {name: decode_picture(path).pixels for name, path in available(task).items()}
        shown = [card(predictor, name, pixels, cleaned) for name, pixels in pictures.items()]
        style = "display:grid;grid-template-columns:repeat(auto-fill,minmax(min(100%,10rem),1fr));gap:0.6rem"
        page = f'<div style="{style}">{"".join(shown)}</div>'
        if predictor.network.taught == "photographs":
            yield page, "<p>The table of shapes and colours is for networks that know drawings.</p>"
            return
        yield page, "<p>Drawing ...</p>"
        yield gr.skip(), LOADER.run(checkpoint, task.id, lambda loaded: by_shape(loaded, cleaned))

    on_click(show.click, view, [*shared.controls, menu], [cards, grid])


def card(predictor, name: str, pixels: np.ndarray, question: str) -> str:
    """A picture, small, with its answer."""
    answer = predictor.predict(pixels, question).top(1)[0]
    outside = " Of a kind that it has not learned: a guess." * bool(predictor.outside(pixels))
    small = fit_within(pixels, CARD)
    return show_picture(small, f"{name}: {answer[0]} {answer[1]:.0%}.{outside}")


def by_shape(predictor, question: str) -> str:
    """The answer for each shape in each colour, as a table."""
    rows = []
    for colour in COLOURS:
        row = [colour]
        for shape in SHAPES:
            found = predictor.predict(draw_shape(Drawing(shape=shape, colour=colour)), question).top(1)[0]
            row.append(f"{found[0]} {found[1]:.0%}")
        rows.append(row)
    return table(["Colour", *SHAPES], rows, f"“{question}”, asked of drawings made now.")
