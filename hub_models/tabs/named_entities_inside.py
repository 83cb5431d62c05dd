"""Look inside a tagger: words as vectors, both directions, tags word by word, the path that is chosen."""

import gradio as gr

from hub_models.tabs.named_entities_tags import tags_view
from hub_models.tabs.reading_states import states_view
from hub_models.tabs.reading_words import words_view
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
        with gr.Tab("Tags word by word"):
            tags_view(task, shared)
        with gr.Tab("Both directions"):
            states_view(task, shared)
        with gr.Tab("Old and new side by side"):
            answers_view(
                task,
                shared,
                "One text through every checkpoint, oldest idea first. What they were taught to call a name differs a "
                "little.",
                lambda text: clean(text or "")[0],
            )
