"""Look inside a detector: its raw boxes, how they are compared, and what each system of the lecture does first."""

import gradio as gr

from hub_models.tabs.object_detection_compare import comparison_view
from hub_models.tabs.object_detection_overlap import overlap_view, scaling_view
from hub_models.tabs.object_detection_precision import precision_view
from hub_models.tabs.object_detection_rcnn import rcnn_view
from hub_models.tabs.object_detection_regions import selective_view
from hub_models.tabs.object_detection_rpn import rpn_view
from hub_models.tabs.object_detection_seconds import seconds_view
from hub_models.tabs.object_detection_steps import steps_view
from hub_models.tabs.object_detection_windows import windows_view
from hub_models.tabs.object_detection_yolo import yolo_view
from hub_models.task import Task
from hub_models.ui.frame import Shared


def look_inside(task: Task, shared: Shared) -> None:
    """All views work on the picture and the checkpoint chosen in Try it; those of one system choose one that fits."""
    gr.Markdown("These views use the picture, the checkpoint and the thresholds chosen in **Try it**.")
    with gr.Tabs(overflow_behavior="wrap"):
        with gr.Tab("From raw boxes to objects"):
            steps_view(task, shared)
        with gr.Tab("Sliding window, OverFeat"):
            windows_view(task, shared)
        with gr.Tab("Selective search"):
            selective_view(task, shared)
        with gr.Tab("R-CNN, Fast R-CNN"):
            rcnn_view(task, shared)
        with gr.Tab("Faster R-CNN"):
            rpn_view(task, shared)
        with gr.Tab("YOLO's grid"):
            yolo_view(task, shared)
        with gr.Tab("IoU of two boxes"):
            overlap_view(shared)
        with gr.Tab("Precision and recall"):
            precision_view(task, shared)
        with gr.Tab("Scaling of boxes"):
            scaling_view()
        with gr.Tab("Seconds of R-CNN, Fast, Faster"):
            seconds_view(task, shared)
        with gr.Tab("Old and new side by side"):
            comparison_view(task, shared)
