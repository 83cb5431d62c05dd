"""Look inside a language model: what it expects next, ways of choosing, states and gates, attention, cost over length."""

import gradio as gr

from hub_models.tabs.language_model_attention import attention_view
from hub_models.tabs.language_model_choosing import choosing_view
from hub_models.tabs.language_model_compare import comparison_view
from hub_models.tabs.language_model_heads import heads_view
from hub_models.tabs.language_model_length import length_view
from hub_models.tabs.language_model_next import next_view
from hub_models.tabs.language_model_states import states_view
from hub_models.task import Task
from hub_models.ui.frame import Shared


def look_inside(task: Task, shared: Shared) -> None:
    """All views work on the text and the checkpoint chosen in Try it; those of one system choose one that fits."""
    gr.Markdown("These views use the text and the checkpoint chosen in **Try it**.")
    with gr.Tabs(overflow_behavior="wrap"):
        with gr.Tab("What comes next"):
            next_view(task, shared)
        with gr.Tab("Ways of choosing"):
            choosing_view(task, shared)
        with gr.Tab("Hidden state and gates"):
            states_view(task, shared)
        with gr.Tab("Attention, step by step"):
            attention_view(task, shared)
        with gr.Tab("All heads and positions"):
            heads_view(task, shared)
        with gr.Tab("RNN against Transformer"):
            length_view(task, shared)
        with gr.Tab("Old and new side by side"):
            comparison_view(task, shared)
