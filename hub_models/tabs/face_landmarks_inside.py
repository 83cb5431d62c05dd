"""Look inside networks for the points of a face: maps and their mean, the mean face, alignment, harder pictures."""

import gradio as gr

from hub_models.tabs.face_landmarks_align import align_view
from hub_models.tabs.face_landmarks_compare import comparison_view
from hub_models.tabs.face_landmarks_heatmaps import heatmaps_view
from hub_models.tabs.face_landmarks_mean import mean_view
from hub_models.tabs.face_landmarks_trouble import trouble_view
from hub_models.task import Task
from hub_models.ui.frame import Shared


def look_inside(task: Task, shared: Shared) -> None:
    """All views work on the largest face of the picture in Try it."""
    gr.Markdown("These views look at the largest face of the picture chosen in **Try it**.")
    with gr.Tabs(overflow_behavior="wrap"):
        with gr.Tab("Heatmaps and soft-argmax"):
            heatmaps_view(task, shared)
        with gr.Tab("Regression from the mean face"):
            mean_view(task, shared)
        with gr.Tab("Upright faces"):
            align_view(task, shared)
        with gr.Tab("Harder pictures"):
            trouble_view(task, shared)
        with gr.Tab("Old and new side by side"):
            comparison_view(task, shared)
