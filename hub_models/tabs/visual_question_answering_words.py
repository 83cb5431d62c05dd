"""Attention over the words of the question, the probability of every answer, and what each word does for it."""

import gradio as gr

from hub_models.loader import LOADER
from hub_models.results import Labels
from hub_models.tabs.visual_question_answering_given import OURS, answerer, given, numbers_of
from hub_models.task import Task
from hub_models.ui import on_click
from hub_models.ui.fitting import fitting_menu
from hub_models.ui.frame import Shared
from hub_models.ui.heat import MOST_WORDS, heat_table, tinted
from hub_models.ui.tables import bars

ANSWERS = 30  # that are listed
STRONG = 0.5  # lost probability that has the full colour
WORDS = (
    "Question attention (lecture, section 10.9.2): each word gets a weight, from its state and from what it found in the "
    "picture, so that the picture has a say in which words count (multimodal attention). The weights sum to 1. A state "
    "carries what was read before it, so a late word may count much and stand for the whole question. Below, one word at a "
    "time is made unknown: what the answer loses is what the word did for it, and that need not agree with its weight."
)


def words_view(task: Task, shared: Shared) -> None:
    gr.Markdown(WORDS)
    menu = fitting_menu(task, shared, OURS)
    show = gr.Button("Weigh the words", variant="primary")
    weights, shares, losses = gr.HTML(), gr.HTML(), gr.HTML()

    def view(picture, question, checkpoint):
        from hub_models.inside.questions import looked, without_each_word

        pixels, cleaned = given(picture, question)
        predictor = answerer(task, checkpoint)

        def work(loaded):
            numbers = numbers_of(loaded, cleaned)[:MOST_WORDS]
            return (
                looked(loaded, pixels, cleaned),
                without_each_word(loaded.network, loaded.look(pixels), numbers),
            )

        found, without = LOADER.run(checkpoint, task.id, work)
        best = int(found.probabilities.argmax())
        name = predictor.names[best]
        return (
            heat_table(
                found.words, ["weight"], found.weights[None], "Attention over the words of the question.", 1.0
            ),
            bars(Labels(predictor.names, found.probabilities), ANSWERS),
            tinted(
                found.words,
                without[:, best].tolist(),
                f"Orange words speak for “{name}”, blue ones against it: the probability that it loses without the word.",
                STRONG,
            ),
        )

    on_click(show.click, view, [shared.input, *shared.controls, menu], [weights, shares, losses])
