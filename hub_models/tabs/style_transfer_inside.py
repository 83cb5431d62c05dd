"""Look inside style transfer: what each layer holds, the Gram matrix, the weights of the layers, two ways to one answer."""

import gradio as gr

from hub_models.tabs.style_transfer_compare import comparison_view
from hub_models.tabs.style_transfer_gram import gram_view
from hub_models.tabs.style_transfer_layers import layers_view
from hub_models.tabs.style_transfer_weights import weights_view
from hub_models.task import Task
from hub_models.ui.frame import Shared


def look_inside(task: Task, shared: Shared) -> None:
    """All views take the picture and the style of Try it; the classifier that they read is chosen here."""
    gr.Markdown("These views use the picture and the style chosen in **Try it**.")
    with gr.Tabs(overflow_behavior="wrap"):
        with gr.Tab("What each layer holds"):
            layers_view(task, shared)
        with gr.Tab("The Gram matrix"):
            gram_view(task, shared)
        with gr.Tab("Weights of the layers"):
            weights_view(task, shared)
        with gr.Tab("Optimisation and single pass"):
            comparison_view(task, shared)
