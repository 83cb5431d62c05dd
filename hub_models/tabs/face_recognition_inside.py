"""Look inside face recognition: the plane of embeddings, threshold and ROC, triplets, harder pictures, what counts."""

import gradio as gr

from hub_models.tabs.face_recognition_compare import comparison_view
from hub_models.tabs.face_recognition_pixels import pixels_view
from hub_models.tabs.face_recognition_space import space_view
from hub_models.tabs.face_recognition_threshold import threshold_view
from hub_models.tabs.face_recognition_triplets import triplets_view
from hub_models.tabs.face_recognition_trouble import trouble_view
from hub_models.task import Task
from hub_models.ui.frame import Shared


def look_inside(task: Task, shared: Shared) -> None:
    """All views work on the faces and the checkpoint chosen in Try it."""
    gr.Markdown(
        "These views use the faces and the checkpoint chosen in **Try it**: two to verify, and those enrolled."
    )
    with gr.Tabs(overflow_behavior="wrap"):
        with gr.Tab("Embeddings on a plane"):
            space_view(task, shared)
        with gr.Tab("Threshold and ROC"):
            threshold_view(task, shared)
        with gr.Tab("Triplets before and after"):
            triplets_view(task, shared)
        with gr.Tab("Harder pictures"):
            trouble_view(task, shared)
        with gr.Tab("Which pixels count"):
            pixels_view(task, shared)
        with gr.Tab("Old and new side by side"):
            comparison_view(task, shared)
