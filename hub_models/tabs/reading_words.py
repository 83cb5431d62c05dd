"""Words as numbers: one-hot vectors, the lookup of embeddings, neighbours and analogies, of networks of ours that read."""

import gradio as gr
import numpy as np

from hub_models.errors import BadInput
from hub_models.inside.reading import analogy, neighbours
from hub_models.loader import LOADER
from hub_models.task import Task
from hub_models.text import clean
from hub_models.ui import on_click
from hub_models.ui.fitting import fitting_menu, of_model
from hub_models.ui.frame import Shared
from hub_models.ui.heat import heat_table
from hub_models.ui.tables import problem, table
from hub_models.vocabulary import UNKNOWN

READERS = ("text_classifier", "tagger")
SHOWN = 16  # numbers of a vector that are drawn
NEAR = 5  # neighbours in a row


def words_view(task: Task, shared: Shared) -> None:
    gr.Markdown(
        "A network computes with numbers, so each word gets one: its place in the vocabulary. As a **one-hot** vector "
        "that "
        "is all zeros but for a one at this place (lecture, section 10.2). Multiplied by the embedding matrix, a "
        "one-hot "
        "vector picks one row: the **embedding** of the word, a few numbers that are learned with the rest. Words that "
        "matter in "
        "the same way come to lie in the same direction; a word without a number shares the vector of all unknown ones."
    )
    menu = fitting_menu(task, shared, of_model(*READERS))
    show = gr.Button("Look the words up", variant="primary")
    numbers, vectors = gr.HTML(), gr.HTML()
    on_click(show.click, looked_up(task), [shared.input, menu], [numbers, vectors])
    gr.Markdown(
        "**Neighbours and analogies.** One word: what lies nearest to it. Three: *a* is to *b* as *c* to what?"
    )
    with gr.Row():
        first = gr.Textbox("dull", label="Word a", min_width=120)
        second = gr.Textbox("", label="b", min_width=120)
        third = gr.Textbox("", label="c", min_width=120)
        ask = gr.Button("Find", min_width=80)
    found = gr.HTML()

    def find(a, b, c, checkpoint):
        matrix, vocabulary = opened(task, checkpoint)
        given = [clean(word, 100)[0] for word in (a, b, c) if word and word.strip()]
        if len(given) not in (1, 3):
            raise BadInput("bad_value", "Expected one word, or three for an analogy.")
        if len(given) == 1:
            rows, says = neighbours(matrix, vocabulary, given[0], 12), f"nearest to {given[0]}"
        else:
            rows, says = (
                analogy(matrix, vocabulary, tuple(given), 12),
                f"{given[0]} : {given[1]} = {given[2]} : ?",
            )
        if not rows:
            return problem(f"Not in the vocabulary of {len(vocabulary.words):,} words: {', '.join(given)}.")
        return table(["Word", "Cosine"], [[word, f"{near:.2f}"] for word, near in rows], says)

    on_click([ask.click, first.submit, third.submit], find, [first, second, third, menu], [found])


def opened(task: Task, checkpoint: str | None) -> tuple[np.ndarray, object]:
    """(embedding matrix (words, D) float32, vocabulary)."""
    predictor = reader(task, checkpoint)
    return predictor.network.embedding.weight.float().cpu().numpy(), predictor.vocabulary


def reader(task: Task, checkpoint: str | None):
    """The predictor of a network of ours that reads. BadInput where none is here."""
    if not checkpoint:
        raise BadInput("bad_value", "Expected a checkpoint of ours that reads text, but none is here.")
    return LOADER.get(checkpoint, task.id)


def looked_up(task: Task):
    def view(text, checkpoint):
        cleaned, _ = clean(text or "")
        predictor = reader(task, checkpoint)
        matrix, vocabulary = opened(task, checkpoint)
        words = list(dict.fromkeys(word.text for word in predictor.cut(cleaned)))[:40]
        places = vocabulary.numbers(words)
        rows = []
        for word, place in zip(words, places, strict=True):
            near = ", ".join(name for name, _ in neighbours(matrix, vocabulary, word, NEAR))
            known = place != UNKNOWN
            rows.append([
                word,
                str(place),
                f"1 at place {place:,} of {vocabulary.size:,}" + ("" if known else ", as every unknown word"),
                near if known else "-",
            ])  # fmt: skip
        listing = table(["Word", "Number", "One-hot vector", "Nearest words by their vectors"], rows)
        heat = heat_table(
            words,
            [f"e{i + 1}" for i in range(min(SHOWN, matrix.shape[1]))],
            matrix[places][:, :SHOWN].T,
            f"The embedding of each word: the first {min(SHOWN, matrix.shape[1])} of {matrix.shape[1]} numbers.",
        )
        return listing, heat

    return view
