"""One value of the past is moved: what it does to the state, and to the forecast."""

import gradio as gr
import numpy as np

from hub_models.tabs.time_series_given import forecaster, given_series, season_for
from hub_models.task import Task
from hub_models.ui import on_click
from hub_models.ui.frame import Shared
from hub_models.ui.series_plot import Line, series_plot
from hub_models.ui.tables import table

PAST = 48


def shock_view(task: Task, shared: Shared) -> None:
    gr.Markdown(
        "Move one value of the past, as a strike, a storm or a slip of the pen would, and see what the network makes of "
        "it. A shock at the last step shifts the whole forecast; some steps later the network has seen that the series "
        "went back, and forgets it. In a series with a season a share of it comes again at the same place of the next "
        "one: the usual season, from which it starts, was changed too."
    )
    with gr.Row():
        back = gr.Slider(
            0, 36, 0, step=1, interactive=True, min_width=140, label="Steps before the last value"
        )
        size = gr.Slider(
            -10, 10, 4, step=0.5, interactive=True, min_width=140, label="Size, in typical changes"
        )
        show = gr.Button("Move the value", variant="primary", min_width=100)
    drawn, state, numbers = gr.HTML(), gr.HTML(), gr.HTML()

    def view(path, checkpoint, horizon, period, steps_back, strength):
        given = given_series(path)
        predictor, season = forecaster(task, checkpoint), season_for(given, period)
        place = max(0, len(given) - 1 - int(steps_back))
        before = predictor.encoded(given.values, season)
        moved = given.values.copy()
        moved[place] += strength * (before.scale or 1.0)
        count = int(horizon)
        forecasts = [predictor.all_at_once(v, season, count) for v in (given.values, moved)]
        past = min(PAST, len(given))
        start = len(given) - past
        plot = series_plot(
            [
                Line(name="series, moved", values=moved[start:]),
                Line(
                    name="forecast as it was",
                    values=np.append(given.values[-1:], forecasts[0]),
                    start=past - 1,
                ),
                Line(
                    name="forecast after the shock",
                    values=np.append(moved[-1:], forecasts[1]),
                    start=past - 1,
                ),
            ],
            given.labels(start, past + count),
            f"{given.label(place)} was moved by {moved[place] - given.values[place]:.4g}; the forecast changes by "
            f"{np.abs(forecasts[1] - forecasts[0]).mean():.4g} on average.",
        )
        return plot, *told(predictor, given, season, moved, place, forecasts)

    on_click(
        [show.click, back.release, size.release],
        view,
        [shared.input, shared.checkpoint, *shared.controls, back, size],
        [drawn, state, numbers],
    )


def told(predictor, given, season, moved, place, forecasts) -> tuple[str, str]:
    """(how far the states are apart after each step, the change of the forecast at each step)."""
    states = [states_of(predictor, values, season) for values in (given.values, moved)]
    apart = np.linalg.norm(states[1] - states[0], axis=1) / (np.linalg.norm(states[0], axis=1) + 1e-9)
    shown = min(PAST, len(apart))
    says = "How far the state is from what it was, as a share of its length, after each step."
    if place < len(given) - 1:
        says += f" At the end {apart[-1]:.0%} are left."
    labels = given.labels(len(given) - shown, shown)
    plot = series_plot([Line(name="distance of the states", values=apart[-shown:])], labels, says)
    unit = predictor.encoded(given.values, season).scale or 1.0
    rows = [
        [label, f"{a:.5g}", f"{b:.5g}", f"{(b - a) / unit:+.2f}"]
        for label, a, b in zip(given.labels(len(given), len(forecasts[0])), *forecasts, strict=True)
    ]
    return plot, table(["Step", "As it was", "After the shock", "Change, in typical changes"], rows)


def states_of(predictor, values: np.ndarray, season: int) -> np.ndarray:
    """(T, hidden) after every value that is read."""
    import torch

    features = torch.from_numpy(predictor.encoded(values, season).features)
    with torch.inference_mode():
        return predictor.network.recurrent(features[None].to(predictor.device))[0][0].float().cpu().numpy()
