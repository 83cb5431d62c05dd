"""Look inside a network that answers questions: attention, words, fusion, many at once, one without the other."""

import gradio as gr

from hub_models.tabs.visual_question_answering_alone import alone_view
from hub_models.tabs.visual_question_answering_compare import comparison_view
from hub_models.tabs.visual_question_answering_fusion import fusion_view
from hub_models.tabs.visual_question_answering_look import look_view
from hub_models.tabs.visual_question_answering_many import pictures_view, questions_view
from hub_models.tabs.visual_question_answering_words import words_view
from hub_models.task import Task
from hub_models.ui.frame import Shared


def look_inside(task: Task, shared: Shared) -> None:
    """All views work on the picture, the question and the checkpoint of Try it; those of one system choose one that fits."""
    gr.Markdown("These views use the picture, the question and the checkpoint chosen in **Try it**.")
    with gr.Tabs(overflow_behavior="wrap"):
        with gr.Tab("Where it looks"):
            look_view(task, shared)
        with gr.Tab("Words and answers"):
            words_view(task, shared)
        with gr.Tab("Fusion in numbers"):
            fusion_view(task, shared)
        with gr.Tab("Without one of the two"):
            alone_view(task, shared)
        with gr.Tab("Many questions"):
            questions_view(task, shared)
        with gr.Tab("Many pictures"):
            pictures_view(task, shared)
        with gr.Tab("Side by side"):
            comparison_view(task, shared)
