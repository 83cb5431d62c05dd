"""Old and new side by side: every checkpoint and the simple forecasts on the newest values of the visitor's series."""

import gradio as gr
import numpy as np

from hub_models.answering import timed
from hub_models.errors import HubError
from hub_models.evaluate.time_series import holt_winters
from hub_models.loader import LOADER
from hub_models.series_season import naive, seasonal_naive, typical_change
from hub_models.tabs.time_series_given import given_series, held_back, season_for
from hub_models.task import Task
from hub_models.ui import on_click
from hub_models.ui.compare import comparison_buttons, oldest_first
from hub_models.ui.frame import Shared
from hub_models.ui.tables import table

COLUMNS = ("Year", "Forecaster", "MASE here", "Off on average", "ms", "Parameters", "MB", "Measured")


def comparison_view(task: Task, shared: Shared) -> None:
    gr.Markdown(
        "The newest values of your series are kept back, as many as the horizon says, and every forecaster is asked for "
        "them, oldest idea first. One place in one series is little evidence: the column on the right has the figures of "
        "many."
    )
    downloads, show, stop = comparison_buttons()
    shown = gr.HTML()

    def view(path, horizon, period, with_downloads):
        given = given_series(path)
        season, count = season_for(given, period), held_back(given, int(horizon))
        known, truth = given.values[:-count], given.values[-count:]
        unit = typical_change(known, season) or 1.0
        simple = (
            (1957, "Last value again", lambda: naive(known, count)),
            (1957, "Last season again", lambda: seasonal_naive(known, season, count)),
            (1960, "Holt-Winters (statsmodels)", lambda: holt_winters(known, season, count)),
        )
        rows = []
        for year, name, work in simple:
            said, seconds = timed(work)
            rows.append([str(year), name, *off(said, truth, unit), f"{1000 * seconds:.1f}", "", "", ""])
            yield table(COLUMNS, rows)
        for row in oldest_first(task, with_downloads):
            rows.append(of_checkpoint(task, row, known, truth, season, unit))
            yield table(COLUMNS, rows)

    on_click(show.click, view, [shared.input, *shared.controls, downloads], [shown], stop=stop)


def off(said: np.ndarray, truth: np.ndarray, unit: float) -> list[str]:
    error = float(np.abs(said - truth).mean())
    return [f"{error / unit:.2f}", f"{error:.4g}"]


def of_checkpoint(
    task: Task, row, known: np.ndarray, truth: np.ndarray, season: int, unit: float
) -> list[object]:
    """What one checkpoint says of the values kept back; why not, where it cannot."""
    about = [row.parameters, row.megabytes, row.metrics[0].text() if row.metrics else ""]
    try:
        LOADER.run(
            row.id, task.id, lambda predictor: predictor.ahead([known], [season])
        )  # loads, and warms up
        said, seconds = LOADER.run(
            row.id, task.id, lambda predictor: timed(predictor.all_at_once, known, season, len(truth))
        )
    except HubError as error:
        if error.code in ("cancelled", "deadline"):
            raise
        return [str(row.year), row.title, error.message, "", "", *about]
    return [str(row.year), row.title, *off(said, truth, unit), f"{1000 * seconds:.1f}", *about]
