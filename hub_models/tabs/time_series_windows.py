"""Sliding windows: which stretch of the series the network reads, what it is given of it, what it shall answer."""

import gradio as gr
import numpy as np

from hub_models.inside.series_features import FEATURES
from hub_models.series import FEWEST
from hub_models.tabs.time_series_given import forecaster, given_series, season_for
from hub_models.task import Task
from hub_models.ui import on_click
from hub_models.ui.frame import Shared
from hub_models.ui.heat import heat_table
from hub_models.ui.series_plot import Line, series_plot

SHOWN = 36  # steps of the heat map


def windows_view(task: Task, shared: Shared) -> None:
    gr.Markdown(
        "One long series becomes many lessons: a window slides over it, and at every place what lies in the window is "
        "read and what comes behind it is the right answer. The newest part of the series is never behind a window in "
        "training. Series differ in size and season, so the usual season is taken away and a window is measured in units "
        "of its own typical change: carbon dioxide in ppm and a gross domestic product in billions look alike then. "
        "Slide the window, and see the six numbers that the network is given for each value."
    )
    with gr.Row():
        end = gr.Slider(
            0, 100, 100, step=1, interactive=True, label="Where the window ends, per cent of the series"
        )
        show = gr.Button("Show the window", variant="primary", min_width=120)
    drawn, given_numbers = gr.HTML(), gr.HTML()

    def view(path, checkpoint, period, share):
        given = given_series(path)
        predictor, season = forecaster(task, checkpoint), season_for(given, period)
        last = max(FEWEST, round(len(given) * share / 100))
        first = max(0, last - predictor.window)
        known = given.values[:last]
        said = predictor.all_at_once(known, season, predictor.horizon)
        length = max(len(given), last + len(said))
        plot = series_plot(
            [
                Line(name="series", values=given.values),
                Line(name="forecast from the window", values=np.append(known[-1:], said), start=last - 1),
            ],
            given.labels(0, length),
            f"The window, grey, holds values {first + 1} to {last}; behind it the next {len(said)} steps are asked for.",
            marked=(first, last),
        )
        read = predictor.encoded(known, season)
        rows = read.features[-SHOWN:]
        return plot, heat_table(
            given.labels(last - len(rows), len(rows)),
            FEATURES,
            rows.T,
            f"What the network is given: the last {len(rows)} of {len(read.features)} steps. The unit is "
            f"{read.scale:.4g}, the mean change from step to step in the window{', without the season' * (season > 1)}; "
            "the numbers are squeezed (asinh), so that no jump drowns the rest.",
        )

    on_click(
        [show.click, end.release],
        view,
        [shared.input, shared.checkpoint, shared.controls[1], end],
        [drawn, given_numbers],
    )
