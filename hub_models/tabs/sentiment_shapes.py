"""The five shapes of recurrent networks (lecture, section 10.3.3), drawn around the visitor's own words."""

import gradio as gr

from hub_models.loader import LOADER
from hub_models.tabs.reading_words import reader
from hub_models.task import Task
from hub_models.text import clean
from hub_models.ui import on_click
from hub_models.ui.fitting import fitting_menu, of_model
from hub_models.ui.frame import Shared
from hub_models.ui.unrolled import SHAPES, unrolled

MOST = 10  # words that are drawn
USES = {
    "sequence to sequence": "An answer after every word: a tag for each (named entities), or the next value of a time "
    "series. Here: what this network would say if the text ended at the word.",
    "sequence to vector": "One answer in the end, all others ignored: sentiment. Here: what this network says.",
    "vector to sequence": "One input, then the network feeds itself: a caption for the vector of a picture. The first "
    "word "
    "stands for that vector.",
    "encoder and decoder": "First the whole text becomes one vector, then another text is made of it: translation. The "
    "answers "
    "begin when the reading has ended.",
    "bidirectional": "A second layer reads from the end, so every state knows the words before and after it. The "
    "arrows of the "
    "upper row run back in time.",
}


def shapes_view(task: Task, shared: Shared) -> None:
    gr.Markdown(
        "The same cell, unrolled along your text, in the five ways of wiring that the lecture shows. They differ in "
        "which "
        "steps are given a word and which answers are looked at."
    )
    menu = fitting_menu(task, shared, of_model("text_classifier"))
    shape = gr.Radio(list(SHAPES), value="sequence to vector", label="Shape", interactive=True)
    show = gr.Button("Draw it on my text", variant="primary")
    shown = gr.HTML()

    def view(text, checkpoint, chosen):
        from hub_models.inside.reading import after_each_word

        cleaned, _ = clean(text or "")
        predictor = reader(task, checkpoint)
        words = [word.text for word in predictor.cut(cleaned)][:MOST]
        numbers = predictor.preprocess(" ".join(words))[0][: len(words)]
        after = LOADER.run(checkpoint, task.id, lambda loaded: after_each_word(loaded.network, numbers))
        said = [predictor.names[i] for i in after.argmax(1)]
        outputs = {"sequence to sequence": said, "sequence to vector": said[-1:]}.get(chosen, ())
        return unrolled(
            words, chosen, outputs=outputs, says=f"{chosen[0].upper()}{chosen[1:]}. {USES[chosen]}"
        )

    on_click([show.click, shape.input], view, [shared.input, menu, shape], [shown])
