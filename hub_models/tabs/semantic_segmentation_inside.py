"""Look inside a network that labels pixels: probabilities, the stages of encoder and decoder, how maps become large."""

import gradio as gr

from hub_models.tabs.semantic_segmentation_compare import comparison_view
from hub_models.tabs.semantic_segmentation_probabilities import probabilities_view
from hub_models.tabs.semantic_segmentation_skips import skips_view
from hub_models.tabs.semantic_segmentation_stages import stages_view
from hub_models.tabs.semantic_segmentation_switches import switches_view
from hub_models.tabs.semantic_segmentation_table import table_view
from hub_models.tabs.semantic_segmentation_transposed import transposed_view
from hub_models.tabs.semantic_segmentation_windows import windows_view
from hub_models.task import Task
from hub_models.ui.frame import Shared


def look_inside(task: Task, shared: Shared) -> None:
    """All views work on the picture and the checkpoint chosen in Try it; those of one system choose one that fits."""
    gr.Markdown("These views use the picture and the checkpoint chosen in **Try it**.")
    with gr.Tabs(overflow_behavior="wrap"):
        with gr.Tab("Probabilities"):
            probabilities_view(task, shared)
        with gr.Tab("Encoder and decoder"):
            stages_view(task, shared)
        with gr.Tab("Switches and unpooling"):
            switches_view(task, shared)
        with gr.Tab("Transposed convolution"):
            transposed_view(task, shared)
        with gr.Tab("Skip connections"):
            skips_view(task, shared)
        with gr.Tab("A window for every pixel"):
            windows_view(task, shared)
        with gr.Tab("DeconvNet and SegNet (table 9.1)"):
            table_view(task, shared)
        with gr.Tab("Old and new side by side"):
            comparison_view(task, shared)
