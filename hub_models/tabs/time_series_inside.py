"""Look inside a forecaster: what it is given, its state and gates, its errors over the horizon, shocks, gradients."""

import gradio as gr

from hub_models.tabs.time_series_compare import comparison_view
from hub_models.tabs.time_series_errors import errors_view
from hub_models.tabs.time_series_feedback import feedback_view
from hub_models.tabs.time_series_gradients import gradients_view
from hub_models.tabs.time_series_shape import shape_view
from hub_models.tabs.time_series_shock import shock_view
from hub_models.tabs.time_series_states import states_view
from hub_models.tabs.time_series_windows import windows_view
from hub_models.task import Task
from hub_models.ui.frame import Shared


def look_inside(task: Task, shared: Shared) -> None:
    """All views work on the series and the checkpoint chosen in Try it."""
    gr.Markdown("These views use the series and the checkpoint chosen in **Try it**.")
    with gr.Tabs(overflow_behavior="wrap"):
        with gr.Tab("Windows"):
            windows_view(task, shared)
        with gr.Tab("Sequence to sequence"):
            shape_view(task, shared)
        with gr.Tab("Hidden state and gates"):
            states_view(task, shared)
        with gr.Tab("Forecast against truth"):
            errors_view(task, shared)
        with gr.Tab("Step by step, or all at once"):
            feedback_view(task, shared)
        with gr.Tab("After a shock"):
            shock_view(task, shared)
        with gr.Tab("Back through time"):
            gradients_view(task, shared)
        with gr.Tab("Old and new side by side"):
            comparison_view(task, shared)
