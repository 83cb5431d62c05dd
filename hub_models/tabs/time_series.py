"""The tab of time series: a series is continued with its interval and beside simple forecasts, then how it is done."""

from collections.abc import Iterator

import gradio as gr
import numpy as np

from hub_models.forecast import LEVEL, Forecast
from hub_models.series import read_series
from hub_models.tabs.time_series_form import FORM
from hub_models.tabs.time_series_inside import look_inside
from hub_models.task import Answer, Task
from hub_models.tasks.time_series import LONGEST_SEASON, forecast, whole
from hub_models.ui import frame
from hub_models.ui.asking import on_ask, run_buttons
from hub_models.ui.components import uploaded
from hub_models.ui.failures import Failure
from hub_models.ui.frame import Preset, Shared, checkpoint_menu
from hub_models.ui.loading import loading
from hub_models.ui.series_input import series_input
from hub_models.ui.series_plot import Band, Line, series_plot
from hub_models.ui.tables import table, took

WAITING = "<p>Give a series, then press Forecast.</p>"
DRAWN = 96  # values of the past in the picture: what a network reads
HEADERS = ("Step", "Forecast", f"Interval of {LEVEL:.0%}", "Last season again", "Last value again")
# Series that our networks are known to forecast badly, and what they teach. Each is computed live.
FAILURES = (
    Failure(
        title="A crisis that nothing announced",
        example="before a crisis",
        checkpoint="gru.series",
        why="The series ends in the middle of 2008. For sixty years a growing economy went on growing, so that is what is "
        "forecast; in truth it fell for four quarters (the example *economy* has them). What is not in the past of a "
        "series no network finds there.",
        settings=(6, 0),
    ),
    Failure(
        title="Waves without a fixed length",
        example="sunspots",
        checkpoint="lstm.series",
        why="Nine to fourteen years lie between two peaks. The season that is found, 10 steps, is soon out of step with "
        "them, and the forecast repeats it.",
        settings=(36, 0),
    ),
    Failure(
        title="Nothing to find",
        example="random walk",
        checkpoint="gru.series",
        why="Each value is the one before plus chance. The best forecast is the last value again; whatever the network adds "
        "to it is wrong, and all that is right is that the interval widens.",
        settings=(24, 0),
    ),
    Failure(
        title="A season of the wrong length",
        example="CO2",
        checkpoint="gru.series",
        why="Told that a season has 7 steps, it takes the value 7 months ago for the one to begin from. Set the season to 0 "
        "and it is found.",
        settings=(24, 7),
    ),
)


def tab(task: Task, preset: Preset) -> None:
    frame(task, preset, try_it, look_inside, FORM)


def forecasted(
    task: Task, series: str | None, checkpoint: str, horizon: float, period: float, progress: gr.Progress
) -> Iterator[tuple[str, str]]:
    """First that a load begins, then (picture, table)."""
    given = read_series(uploaded(series))
    count, season = whole("horizon", horizon, 1, 60), whole("period", period, 0, LONGEST_SEASON)
    for words in loading(task, checkpoint, progress):
        yield words, ""
    answer = forecast(given, checkpoint, count, season)
    yield picture(answer.result, given.name, given.labels(0, len(given))), numbers(answer)


def picture(found: Forecast, name: str, past: tuple[str, ...]) -> str:
    """The newest part of the past, what is expected, and the simple forecasts."""
    kept = min(DRAWN, len(found.history))
    last = found.history[-1:]

    def ahead(values: np.ndarray) -> np.ndarray:
        return np.concatenate([last, values])

    lines = [
        Line(name=f"{name or 'series'}, the last {kept} values", values=found.history[-kept:]),
        Line(name="forecast", values=ahead(found.forecast), start=kept - 1),
        Line(name="last season again", values=ahead(found.seasonal), start=kept - 1),
        Line(name="last value again", values=ahead(found.naive), start=kept - 1),
    ]
    band = Band(name=f"{LEVEL:.0%} interval", low=ahead(found.low), high=ahead(found.high), start=kept - 1)
    return series_plot(lines, [*past[-kept:], *found.labels], found.text(), band=band)


def numbers(answer: Answer) -> str:
    found = answer.result
    season = (
        f"Season: {found.period} steps."
        if found.period > 1
        else "No season was found, so the last season is the last value."
    )
    return f"<p>{season}</p>" + table(HEADERS, found.rows()) + took(answer)


def try_it(task: Task, preset: Preset) -> Shared:
    """Series, checkpoint, horizon and season; the forecast."""
    with gr.Row():
        with gr.Column(min_width=280, scale=2):
            series, example = series_input(task, preset)
            checkpoint = checkpoint_menu(task, preset)
            with gr.Row():
                horizon = gr.Slider(
                    1, 60, 24, step=1, interactive=True, min_width=140, label="Steps ahead (the horizon)"
                )
                period = gr.Slider(
                    0,
                    LONGEST_SEASON,
                    0,
                    step=1,
                    interactive=True,
                    min_width=140,
                    label="Steps in a season",
                    info="0: found in the series. 1: none.",
                )
            buttons = run_buttons(task, "Forecast", checkpoint, example)
        with gr.Column(min_width=280, scale=3):
            shown = gr.HTML(WAITING, elem_id="answer")
            facts = gr.HTML()
    on_ask(task, forecasted, buttons, [series, checkpoint, horizon, period], [shown, facts], FAILURES)
    return Shared(checkpoint=checkpoint, input=series, controls=(horizon, period))
