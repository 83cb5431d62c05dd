"""Look inside a translator: alignment, one vector, search, attention in numbers, all heads, quality over length."""

import gradio as gr

from hub_models.tabs.translation_align import align_view
from hub_models.tabs.translation_attention import attention_view
from hub_models.tabs.translation_beams import beams_view
from hub_models.tabs.translation_compare import systems_view
from hub_models.tabs.translation_context import context_view
from hub_models.tabs.translation_heads import heads_view
from hub_models.tabs.translation_length import length_view
from hub_models.tabs.translation_positions import positions_view
from hub_models.tabs.translation_shapes import shapes_view
from hub_models.task import Task
from hub_models.ui.frame import Shared


def look_inside(task: Task, shared: Shared) -> None:
    """All views work on the text and the checkpoint chosen in Try it; those of one system choose one that fits."""
    gr.Markdown("These views use the text and the checkpoint chosen in **Try it**.")
    with gr.Tabs(overflow_behavior="wrap"):
        with gr.Tab("Alignment"):
            align_view(task, shared)
        with gr.Tab("Four systems"):
            systems_view(task, shared)
        with gr.Tab("One vector"):
            context_view(task, shared)
        with gr.Tab("Encoder and decoder"):
            shapes_view(task, shared)
        with gr.Tab("Beam search"):
            beams_view(task, shared)
        with gr.Tab("Attention, step by step"):
            attention_view(task, shared)
        with gr.Tab("All heads and masks"):
            heads_view(task, shared)
        with gr.Tab("Positions"):
            positions_view()
        with gr.Tab("Quality over length"):
            length_view(task, shared)
