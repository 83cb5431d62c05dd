"""Look inside: from proposals to masks in Mask R-CNN, the U-Net's way, and what a map of classes cannot tell."""

import gradio as gr

from hub_models.tabs.instance_segmentation_align import align_view
from hub_models.tabs.instance_segmentation_closer import closer_view
from hub_models.tabs.instance_segmentation_compare import comparison_view
from hub_models.tabs.instance_segmentation_count import count_view
from hub_models.tabs.instance_segmentation_losses import losses_view
from hub_models.tabs.instance_segmentation_mask import mask_view
from hub_models.tabs.instance_segmentation_rpn import rpn_view
from hub_models.tabs.instance_segmentation_separate import separate_view
from hub_models.task import Task
from hub_models.ui.frame import Shared


def look_inside(task: Task, shared: Shared) -> None:
    """All views work on the picture and the checkpoint chosen in Try it; those of one system choose one that fits."""
    gr.Markdown("These views use the picture, the checkpoint and the thresholds chosen in **Try it**.")
    with gr.Tabs(overflow_behavior="wrap"):
        with gr.Tab("Proposals"):
            rpn_view(task, shared)
        with gr.Tab("RoI pooling and RoIAlign"):
            align_view(task, shared)
        with gr.Tab("From low resolution to pixels"):
            mask_view(task, shared)
        with gr.Tab("Look closer"):
            closer_view(task, shared)
        with gr.Tab("Three losses"):
            losses_view(task)
        with gr.Tab("U-Net's way"):
            separate_view(task, shared)
        with gr.Tab("Semantic or instance"):
            count_view(task, shared)
        with gr.Tab("Old and new side by side"):
            comparison_view(task, shared)
