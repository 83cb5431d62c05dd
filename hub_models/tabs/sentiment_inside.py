"""Look inside a network that reads: words as vectors, states, gates, gradients through time, what counts."""

import gradio as gr

from hub_models.tabs.reading_states import states_view
from hub_models.tabs.reading_words import words_view
from hub_models.tabs.sentiment_gradients import gradients_view
from hub_models.tabs.sentiment_shapes import shapes_view
from hub_models.tabs.sentiment_time import time_view
from hub_models.task import Task
from hub_models.text import clean
from hub_models.ui.compare_answers import answers_view
from hub_models.ui.frame import Shared


def look_inside(task: Task, shared: Shared) -> None:
    """All views work on the text and the checkpoint chosen in Try it; those of one system choose one that fits."""
    gr.Markdown("These views use the text and the checkpoint chosen in **Try it**.")
    with gr.Tabs(overflow_behavior="wrap"):
        with gr.Tab("Words as numbers"):
            words_view(task, shared)
        with gr.Tab("Word by word"):
            time_view(task, shared)
        with gr.Tab("Hidden state and gates"):
            states_view(task, shared)
        with gr.Tab("Back through time"):
            gradients_view(task, shared)
        with gr.Tab("The five shapes"):
            shapes_view(task, shared)
        with gr.Tab("Old and new side by side"):
            answers_view(
                task,
                shared,
                "One text through every checkpoint, oldest idea first. All but the last learned from the same 6,920 "
                "sentences; DistilBERT had read books and Wikipedia before.",
                lambda text: clean(text or "")[0],
            )
