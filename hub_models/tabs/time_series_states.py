"""The hidden state after every value of the series, and what the gates let through."""

import gradio as gr
import numpy as np

from hub_models.inside.recurrence import Recurrence
from hub_models.tabs.reading_states import CELL, HIDDEN, MEANS, UNITS, choices
from hub_models.tabs.time_series_given import forecaster, given_series, season_for
from hub_models.task import Task
from hub_models.ui import on_click
from hub_models.ui.frame import Shared
from hub_models.ui.heat import MOST_WORDS, heat_table


def states_view(task: Task, shared: Shared) -> None:
    gr.Markdown(
        "All that the network knows of the past is its state, computed at each step from the state before and the new "
        "value with the same weights (equation 10.1); an LSTM keeps a long-term state beside it, behind three gates "
        "(10.6 to 10.11), a GRU has one state and two gates (10.12 to 10.15). Each row is one number, each column the "
        "moment after a value; orange above zero, blue below. In a series with seasons some numbers rise and fall with "
        "them: the network has to know where in the season it is."
    )
    show = gr.Button("Show what happens in the layer", variant="primary")
    kept = gr.State(None)
    what = gr.Dropdown([], label="What", interactive=True)
    shown = gr.HTML()

    def begin(path, checkpoint, period):
        from hub_models.inside.recurrence import recurrences

        given = given_series(path)
        predictor, season = forecaster(task, checkpoint), season_for(given, period)
        features = predictor.encoded(given.values, season).features
        import torch

        (found,) = recurrences(predictor.network.recurrent, torch.from_numpy(features))[:1]
        count = min(MOST_WORDS, len(features))
        memory = (given.labels(len(given) - count, count), found)
        options = choices(found)
        return memory, gr.Dropdown(options, value=options[0]), heat(memory, options[0])

    inputs = [shared.input, shared.checkpoint, shared.controls[1]]
    on_click(show.click, begin, inputs, [kept, what, shown])
    on_click(what.input, heat, [kept, what], [shown], light=True, show_progress="hidden")


def heat(kept: tuple[tuple[str, ...], Recurrence] | None, what: str | None) -> str:
    """The chosen numbers over the newest steps."""
    if kept is None or what is None:
        return ""
    labels, one = kept
    if what == MEANS:
        gates = [gate for gate in one.gates if gate != "g"]
        means = np.stack([one.gates[gate].mean(1) for gate in gates])
        return heat_table(
            labels,
            gates,
            means[:, -len(labels) :],
            "How far each gate is open after each value, on average: 0 to 1.",
            1.0,
        )
    values = {HIDDEN: one.hidden, CELL: one.cell}.get(what)
    values = (one.gates[what.rpartition(" ")[2]] if values is None else values)[-len(labels) :]
    order = np.sort(np.argsort(-values.std(0), kind="stable")[:UNITS])
    return heat_table(
        labels,
        [f"{unit + 1}" for unit in order],
        values[:, order].T,
        f"{what[0].upper()}{what[1:]}: the {len(order)} of {values.shape[1]} numbers that change most, in the newest steps.",
    )
