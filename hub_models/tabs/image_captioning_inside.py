"""Look inside a captioning network: where it looks, what else it might say, beams, the language alone, near pictures."""

import gradio as gr

from hub_models.tabs.image_captioning_beams import beams_view
from hub_models.tabs.image_captioning_compare import comparison_view
from hub_models.tabs.image_captioning_looks import looks_view
from hub_models.tabs.image_captioning_near import near_view
from hub_models.tabs.image_captioning_prior import prior_view
from hub_models.tabs.image_captioning_steps import steps_view
from hub_models.task import Task
from hub_models.ui.frame import Shared


def look_inside(task: Task, shared: Shared) -> None:
    """All views work on the picture in Try it; those of our networks choose one that fits."""
    gr.Markdown("These views use the picture chosen in **Try it**.")
    with gr.Tabs(overflow_behavior="wrap"):
        with gr.Tab("Where it looks"):
            looks_view(task, shared)
        with gr.Tab("Word by word"):
            steps_view(task, shared)
        with gr.Tab("Beams and temperature"):
            beams_view(task, shared)
        with gr.Tab("Without the picture"):
            prior_view(task, shared)
        with gr.Tab("Nearest training pictures"):
            near_view(task, shared)
        with gr.Tab("Old and new side by side"):
            comparison_view(task, shared)
