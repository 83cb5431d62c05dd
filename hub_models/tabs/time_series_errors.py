"""Forecasts from many places in the past, against what came: as lines for one horizon, and the error over all horizons."""

import gradio as gr
import numpy as np

from hub_models.inside.series import Backtest
from hub_models.tabs.time_series_given import against_truth, forecaster, given_series, held_back, season_for
from hub_models.task import Task
from hub_models.ui import on_click
from hub_models.ui.frame import Shared
from hub_models.ui.series_plot import Line, series_plot
from hub_models.ui.tables import table

PLACES = 12  # from which it is forecast: Holt-Winters is fitted anew at each
AHEAD = 12


def errors_view(task: Task, shared: Shared) -> None:
    gr.Markdown(
        "Whether a forecast is good only the truth can tell. The newest values of your series are kept back, it is "
        f"forecast from up to {PLACES} places before them, each time from the values up to there, and compared. The error "
        "is measured in units of the mean change over a season (MASE, Hyndman and Koehler, 2006): below 1 it is closer "
        "than the last season usually was. The further ahead, the larger; look where the network is better than the "
        "simple forecasts, and where it is not."
    )
    with gr.Row():
        ahead = gr.Slider(1, AHEAD, 1, step=1, interactive=True, label="Steps ahead")
        show = gr.Button("Compare with the truth", variant="primary", min_width=120)
    kept = gr.State(None)
    lines, over_horizon, numbers = gr.HTML(), gr.HTML(), gr.HTML()

    def begin(path, checkpoint, period, steps):
        given = given_series(path)
        predictor, season = forecaster(task, checkpoint), season_for(given, period)
        count = held_back(given, PLACES + AHEAD - 1)
        places = list(
            range(len(given) - count, max(len(given) - count + 1, len(given) - min(AHEAD, count) + 1))
        )
        found = against_truth(predictor, given, season, places, AHEAD)
        memory = (found, given.labels(places[0], len(given) - places[0]))
        return memory, at_horizon(memory, steps), *over(found)

    inputs = [shared.input, shared.checkpoint, shared.controls[1], ahead]
    on_click(show.click, begin, inputs, [kept, lines, over_horizon, numbers])
    on_click(ahead.release, at_horizon, [kept, ahead], [lines], light=True, show_progress="hidden")


def at_horizon(kept: tuple[Backtest, tuple[str, ...]] | None, steps: float) -> str:
    """The truth, and what each forecaster had said of it so many steps before."""
    if kept is None:
        return ""
    found, labels = kept
    step = int(steps) - 1
    truth = np.full(len(labels), np.nan)
    for place, row in zip(found.places - found.places[0], found.truth, strict=True):
        end = min(len(labels), place + len(row))
        truth[place:end] = row[: end - place]
    drawn = [Line(name="what came", values=truth)]
    for who, said in found.said.items():
        known = np.where(np.isfinite(found.truth[:, step]), said[:, step], np.nan)
        drawn.append(Line(name=f"{who}, {step + 1} ahead", values=known, start=step))
    network = np.nanmean(found.errors("network")[:, step])
    return series_plot(
        drawn,
        labels,
        f"Said {step + 1} step{'s' * (step > 0)} ahead, beside what came: the network was off by {network:.2f} units "
        "on average.",
    )


def over(found: Backtest) -> tuple[str, str]:
    """Curves and table of the mean error at every horizon."""
    means = {who: np.nanmean(found.errors(who), 0) for who in found.said}
    steps = [str(i + 1) for i in range(found.truth.shape[1])]
    best = min(means, key=lambda who: means[who].mean())
    plot = series_plot(
        [Line(name=who, values=values) for who, values in means.items()],
        steps,
        f"Mean error (MASE) over the steps ahead, from {len(found.places)} places. Best over all: {best}.",
    )
    rows = [[step, *(f"{values[i]:.2f}" for values in means.values())] for i, step in enumerate(steps)]
    rows.append(["mean", *(f"{values.mean():.2f}" for values in means.values())])
    return plot, table(["Steps ahead", *means], rows, "MASE at each horizon.")
