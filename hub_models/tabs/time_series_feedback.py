"""Two ways to look many steps ahead with one network: its own answers read as if they had come, or all steps at once."""

import gradio as gr
import numpy as np

from hub_models.tabs.time_series_given import forecaster, given_series, held_back, season_for
from hub_models.task import Task
from hub_models.ui import on_click
from hub_models.ui.frame import Shared
from hub_models.ui.series_plot import Line, series_plot
from hub_models.ui.tables import table

PAST = 48  # values before the forecast that are drawn


def feedback_view(task: Task, shared: Shared) -> None:
    gr.Markdown(
        "After its last value the network answers with many steps **all at once**, from one state. Or it says only the "
        "next step, reads that as if it had come, and goes on **step by step**, as a language model writes. Then every "
        "error is read too and may grow, but each step sees the one before it. The newest values of your series are kept "
        "back as the truth."
    )
    show = gr.Button("Forecast both ways", variant="primary")
    drawn, numbers = gr.HTML(), gr.HTML()

    def view(path, checkpoint, horizon, period):
        given = given_series(path)
        predictor, season = forecaster(task, checkpoint), season_for(given, period)
        count = held_back(given, int(horizon))
        known, truth = given.values[:-count], given.values[-count:]
        at_once = predictor.all_at_once(known, season, count)
        fed_back = predictor.one_at_a_time(known, season, count)
        past = min(PAST, len(known))
        start = len(known) - past
        plot = series_plot(
            [
                Line(name="what came", values=given.values[start:]),
                Line(name="all at once", values=np.append(known[-1:], at_once), start=past - 1),
                Line(name="step by step", values=np.append(known[-1:], fed_back), start=past - 1),
            ],
            given.labels(start, past + count),
            f"Mean error over {count} steps: all at once {np.abs(at_once - truth).mean():.4g}, step by step "
            f"{np.abs(fed_back - truth).mean():.4g}, in the unit of the series.",
        )
        rows = [
            [label, f"{t:.5g}", f"{a:.5g}", f"{b:.5g}", f"{abs(a - t):.3g}", f"{abs(b - t):.3g}"]
            for label, t, a, b in zip(given.labels(len(known), count), truth, at_once, fed_back, strict=True)
        ]
        headers = ["Step", "What came", "All at once", "Step by step", "Off, at once", "Off, step by step"]
        return plot, table(headers, rows)

    on_click(show.click, view, [shared.input, shared.checkpoint, *shared.controls], [drawn, numbers])
