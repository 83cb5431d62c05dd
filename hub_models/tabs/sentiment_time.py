"""The answer as the text grows, and what each word does to it."""

import gradio as gr
import numpy as np

from hub_models.loader import LOADER
from hub_models.tabs.reading_words import reader
from hub_models.task import Task
from hub_models.text import clean
from hub_models.ui import on_click
from hub_models.ui.fitting import fitting_menu, of_model
from hub_models.ui.frame import Shared
from hub_models.ui.heat import MOST_WORDS, heat_table, tinted


def time_view(task: Task, shared: Shared) -> None:
    gr.Markdown(
        "A sequence-to-vector network ignores all outputs but the last (lecture, section 10.3.3). Here it is asked "
        "after every "
        "word what it would say if the text ended there: see where the opinion turns. Below, one word at a time is made "
        "unknown: what the answer loses is what the word did for it."
    )
    menu = fitting_menu(task, shared, of_model("text_classifier"))
    show = gr.Button("Read word by word", variant="primary")
    growing, counting = gr.HTML(), gr.HTML()

    def view(text, checkpoint):
        from hub_models.inside.reading import after_each_word, without_each_word

        cleaned, _ = clean(text or "")
        predictor = reader(task, checkpoint)
        words = [word.text for word in predictor.cut(cleaned)][:MOST_WORDS]
        numbers = predictor.preprocess(" ".join(words))[0][: len(words)]

        def work(loaded) -> tuple[np.ndarray, np.ndarray]:
            return after_each_word(loaded.network, numbers), without_each_word(loaded.network, numbers)

        after, without = LOADER.run(checkpoint, task.id, work)
        best = int(after[-1].argmax())
        name = predictor.names[best]
        says = f"In the end: {name} {after[-1, best]:.0%}. The probability of each class if the text ended at this word."
        return (
            heat_table(words, predictor.names, after.T, says, 1.0),
            tinted(
                words,
                without[:, best].tolist(),
                f"Orange words speak for {name}, blue ones against it: the probability that it loses without the word.",
            ),
        )

    on_click(show.click, view, [shared.input, menu], [growing, counting])
