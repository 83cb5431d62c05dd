"""The tab of time series: what the call answers to odd numbers and files, what each view computes, pictures with words."""

import html
import re
from pathlib import Path

import gradio as gr
import numpy as np
import pytest
from series_sets import monthly, write_csv

from hub_models.errors import BadInput
from hub_models.loader import LOADER
from hub_models.series import Series
from hub_models.tabs import time_series as tab
from hub_models.tabs import time_series_compare as compare
from hub_models.tabs import time_series_errors as errors
from hub_models.tabs import time_series_given as given
from hub_models.tabs import time_series_gradients as gradients
from hub_models.tabs import time_series_shape as shape
from hub_models.tabs import time_series_shock as shock
from hub_models.tabs import time_series_states as states
from hub_models.tabs import time_series_windows as windows
from hub_models.task import task
from hub_models.ui.examples import available
from hub_models.ui.frame import Preset
from hub_models.ui.series_plot import Band, Line, bounds, series_plot

TASK = task("time-series")
ROWS = ("lstm.series", "gru.series", "rnn.series")
QUIET = gr.Progress()


@pytest.fixture(scope="module")
def sales(tmp_path_factory) -> Path:
    return write_csv(tmp_path_factory.mktemp("sales") / "sales.csv", monthly(60))


def words(shown: str) -> str:
    return " ".join(html.unescape(re.sub("<[^>]+>", " ", shown)).split())


def view_of(build, monkeypatch, *values: object):
    """What the first handler of a view answers to `values`, as a click would call it."""
    handlers = []
    module = build.__module__
    monkeypatch.setattr(f"{module}.on_click", lambda triggers, fn, *rest, **more: handlers.append(fn))
    with gr.Blocks():
        shared = tab.Shared(
            checkpoint=gr.Dropdown(), input=gr.File(), controls=(gr.Slider(1, 60, 24), gr.Slider(0, 60, 0))
        )
        build(TASK, shared)
    return handlers[0](*values)


# --- the call --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("checkpoint", ROWS)
def test_the_call(checkpoint: str, sales: Path) -> None:
    answer = TASK.predict(sales, checkpoint, horizon=12)
    said = answer.to_json()
    assert len(said["forecast"]) == 12 and said["period"] == 12 and said["checkpoint"] == checkpoint
    assert said["forecast"][0]["step"] == "1995-01"
    assert said["forecast"][0]["low"] < said["forecast"][0]["value"] < said["forecast"][0]["high"]
    truth = monthly(72)[60:]
    off = np.abs(answer.result.forecast - truth).mean()
    assert off < np.abs(answer.result.naive - truth).mean()


@pytest.mark.parametrize(
    "options",
    [
        {"horizon": 0},
        {"horizon": 241},
        {"horizon": 2.5},
        {"horizon": float("nan")},
        {"period": -1},
        {"period": 61},
    ],
)
def test_numbers_out_of_range_are_said(options: dict, sales: Path) -> None:
    with pytest.raises(BadInput, match="whole number from") as caught:
        TASK.predict(sales, **options)
    assert caught.value.code == "bad_value"


def test_odd_series_are_forecast(tmp_path: Path) -> None:
    """Constant, huge, tiny, a single jump, of eight values: finite, and the next good call is as before."""
    for number, values in enumerate(
        (
            np.full(20, 5.0),
            monthly(40) * 1e90,
            monthly(40) * 1e-90,
            np.append(np.zeros(30), 1.0),
            np.arange(8.0),
            -monthly(30),
        )
    ):
        path = tmp_path / f"{number}.csv"
        path.write_text("\n".join(f"{value!r}" for value in values.tolist()))
        found = TASK.predict(path, horizon=30).result
        assert np.isfinite(found.forecast).all() and len(found) == 30


def test_every_example_is_here_and_forecast() -> None:
    examples = available(TASK)
    assert len(examples) == len(TASK.examples)
    for path in examples.values():
        assert len(TASK.predict(path, horizon=3).result) == 3
    notes = " ".join(TASK.predict(examples["as spreadsheets write"]).notes)
    assert "2 gaps filled in" in notes and "decimal commas" in notes


# --- try it ----------------------------------------------------------------------------------------------------------


def test_the_answer_has_a_picture_and_a_table(sales: Path) -> None:
    *_, (picture, table) = tab.forecasted(TASK, str(sales), "gru.series", 6, 0, QUIET)
    assert 'role="img" aria-label="After ' in picture and "80% interval" in words(picture)
    assert "Season: 12 steps." in words(table) and "1995-06" in words(table) and "ms on cpu" in words(table)
    with pytest.raises(BadInput, match="Expected a file"):
        next(tab.forecasted(TASK, None, "gru.series", 6, 0, QUIET))


@pytest.mark.parametrize("failure", tab.FAILURES, ids=lambda failure: failure.title)
def test_known_failures_fail(failure) -> None:
    path = available(TASK)[failure.example]
    *_, (picture, _) = tab.forecasted(TASK, str(path), failure.checkpoint, *failure.settings, QUIET)
    assert "<svg" in picture


def test_the_crisis_was_not_foreseen() -> None:
    """What the first of the known failures says: a growing forecast, a falling truth."""
    before, after = (
        given.given_series(str(available(TASK)[name])) for name in ("before a crisis", "economy")
    )
    said = TASK.predict(available(TASK)["before a crisis"], "gru.series", horizon=4).result.forecast
    truth = after.values[len(before) : len(before) + 4]
    assert (said > before.values[-1]).all() and (truth < before.values[-1]).all()


def test_the_tab_builds() -> None:
    with gr.Blocks():
        tab.tab(TASK, Preset(example="Nile", checkpoint="rnn.series"))


# --- look inside -----------------------------------------------------------------------------------------------------


def test_windows(sales: Path, monkeypatch) -> None:
    plot, heat = view_of(windows.windows_view, monkeypatch, str(sales), "gru.series", 0, 50)
    assert "holds values 1 to 30" in words(plot) and "change over a season" in words(heat)


@pytest.mark.parametrize("chosen", shape.SHAPES)
def test_shapes(chosen: str, sales: Path, monkeypatch) -> None:
    picture, table = view_of(shape.shape_view, monkeypatch, str(sales), "rnn.series", 0, chosen)
    assert words(picture).lower().count(chosen) >= 1 and "not known yet" in words(table)


@pytest.mark.parametrize(
    ("checkpoint", "gate"), [("lstm.series", "forget gate f"), ("gru.series", "reset gate r")]
)
def test_states_and_gates(checkpoint: str, gate: str, sales: Path, monkeypatch) -> None:
    memory, menu, shown = view_of(states.states_view, monkeypatch, str(sales), checkpoint, 0)
    assert "Hidden state h" in words(shown) and gate in [name for name, _ in menu.choices]
    assert gate.capitalize() in words(states.heat(memory, gate))
    assert (
        "open after each value" in words(states.heat(memory, states.MEANS)) and states.heat(None, gate) == ""
    )


def test_forecasts_against_the_truth(sales: Path, monkeypatch) -> None:
    # fitted anew at every place, it would take most of the time of these tests
    monkeypatch.setattr(given, "holt_winters", lambda past, period, count, most: past[-1] + np.zeros(count))
    memory, lines, curves, table = view_of(errors.errors_view, monkeypatch, str(sales), "gru.series", 0, 1)
    found, labels = memory
    assert list(found.said) == ["network", "last season again", "last value again", "Holt-Winters"]
    assert len(found.places) == 9 and len(labels) == 20
    assert "1 step ahead" in words(lines) and "Best over all" in words(curves) and "12" in words(table)
    assert "5 steps ahead" in words(errors.at_horizon(memory, 5))


def test_both_ways_ahead(sales: Path, monkeypatch) -> None:
    from hub_models.tabs import time_series_feedback as feedback

    plot, table = view_of(feedback.feedback_view, monkeypatch, str(sales), "gru.series", 12, 0)
    assert "all at once" in words(plot) and words(table).count("199") >= 12


def test_a_shock(sales: Path, monkeypatch) -> None:
    plot, distance, table = view_of(shock.shock_view, monkeypatch, str(sales), "gru.series", 6, 0, 3, 4)
    assert "1994-09 was moved by" in words(plot) and "At the end" in words(distance) and "+" in words(table)


def test_gradients(sales: Path, monkeypatch) -> None:
    plot, heat, table = view_of(gradients.gradients_view, monkeypatch, str(sales), 0)
    for name in ("LSTM forecaster, before training", "RNN forecaster, trained"):
        assert name in words(plot) and name in words(heat) and name in words(table)


def test_old_and_new(sales: Path, monkeypatch) -> None:
    *_, last = view_of(compare.comparison_view, monkeypatch, str(sales), 6, 0, False)
    assert all(name in words(last) for name in ("Holt-Winters", "LSTM forecaster", "RNN forecaster", "MASE"))


def test_too_short_to_keep_anything_back() -> None:
    with pytest.raises(BadInput, match="kept back as the truth"):
        given.held_back(Series(values=np.arange(9.0)), 12)
    assert given.held_back(Series(values=np.arange(30.0)), 12) == 10


# --- pictures --------------------------------------------------------------------------------------------------------


def test_a_plot_says_what_it_shows_and_escapes() -> None:
    line = Line(name="<b>sales</b>", values=np.array([1.0, np.nan, 3.0]))
    shown = series_plot(
        [line], ["<i>a</i>", "b", "c"], 'says "so"', band=Band(name="band", low=np.zeros(3), high=np.ones(3))
    )
    assert (
        "<b>" not in shown
        and "<i>" not in shown
        and "says &quot;so&quot;" in shown
        and "nan" not in shown.lower()
    )


@pytest.mark.parametrize("values", [[0.0], [5.0, 5.0], [-1e90, 1e90], [1e-90, 2e-90]])
def test_any_range_has_an_axis(values: list[float]) -> None:
    low, high = bounds(np.array(values))
    assert low < high
    assert "<path" in series_plot([Line(name="a", values=np.array(values))], ["x"] * len(values), "says")


def teardown_module() -> None:
    LOADER.unload()
