"""The probability of every tag at every word, and the sequence of tags that is chosen from them."""

import gradio as gr
import numpy as np

from hub_models.loader import LOADER
from hub_models.task import Task
from hub_models.text import clean
from hub_models.tokens import Entities
from hub_models.ui import on_click
from hub_models.ui.frame import Shared
from hub_models.ui.heat import MOST_WORDS, heat_table
from hub_models.ui.tables import table


def tags_view(task: Task, shared: Shared) -> None:
    gr.Markdown(
        "x is the sentence, y a tag for each of its words; here T_x and T_y are equal (lecture, section 10.1). Softmax "
        "gives every "
        "word a probability for each tag: B where a name begins, I where it goes on, O outside. The largest of each "
        "word "
        "alone may spell nonsense, such as I-PER after O; so the sequence is chosen whose probabilities have the "
        "largest "
        "product among those that are possible (Viterbi's algorithm)."
    )
    show = gr.Button("Show the tags", variant="primary")
    shares, chosen = gr.HTML(), gr.HTML()

    def view(text, checkpoint):
        cleaned, _ = clean(text or "")
        found: Entities = LOADER.run(checkpoint, task.id, lambda predictor: predictor.predict(cleaned))
        words = [word.text for word in found.words]
        says = "The probability of each tag at each word: every column sums to 1."
        return heat_table(words, found.tags, found.probabilities.T, says, 1.0), sequences(found)

    on_click(show.click, view, [shared.input, shared.checkpoint], [shares, chosen])


def sequences(found: Entities) -> str:
    """Each word with the lecture's y of people, its likeliest tag alone and its tag in the best possible sequence."""
    alone = found.probabilities.argmax(1)
    people = [int(found.tags[i].endswith("PER")) for i in found.chosen]
    rows = [
        [
            word.text,
            str(person),
            f"{found.tags[a]} {found.probabilities[t, a]:.0%}",
            f"{found.tags[c]}" + ("" if a == c else ", changed"),
        ]
        for t, (word, person, a, c) in enumerate(zip(found.words, people, alone, found.chosen, strict=True))
    ][:MOST_WORDS]
    changed = int(np.sum(alone != found.chosen))
    says = f"{changed} of {len(alone)} words got another tag than their own likeliest."
    return table(["x(t)", "y(t) for people", "Likeliest tag alone", "Tag in the best sequence"], rows, says)
