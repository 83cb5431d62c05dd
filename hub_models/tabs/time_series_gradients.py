"""Backpropagation through time: how strongly the forecast depends on the state after every value, cell by cell."""

import gradio as gr
import numpy as np

from hub_models.loader import LOADER
from hub_models.tabs.time_series_given import given_series, season_for
from hub_models.task import Task
from hub_models.ui import on_click
from hub_models.ui.compare import oldest_first
from hub_models.ui.frame import Shared
from hub_models.ui.heat import heat_table
from hub_models.ui.series_plot import Line, series_plot
from hub_models.ui.tables import problem, table

MOST = 60  # newest values


def gradients_view(task: Task, shared: Shared) -> None:
    gr.Markdown(
        "In training the error of a forecast is sent back through the unrolled network (lecture, section 10.3.2). Each "
        "number is the length of the gradient of the next step's forecast by the state after that value. With random "
        "weights it shrinks with every step back (section 10.5): what happened a year ago cannot teach. The long-term "
        "state of an LSTM is only multiplied by its forget gate, which can learn to stay open (Pascanu, Mikolov, Bengio, "
        "2013)."
    )
    show = gr.Button("Send the gradient back", variant="primary")
    plot, heat, facts = gr.HTML(), gr.HTML(), gr.HTML()

    def view(path, period):
        from hub_models.inside.recurrence import decay
        from hub_models.inside.series import reach

        given = given_series(path)
        season, count = season_for(given, period), min(MOST, len(given))
        rows: dict[str, np.ndarray] = {}
        for row in oldest_first(task, downloads=False):
            if row.model != "forecaster":
                continue

            def work(predictor, name=row.title):
                read = predictor.encoded(given.values[-count:], season)
                return {
                    f"{name}, {when}": reach(predictor.network, read, fresh)
                    for when, fresh in (("before training", True), ("trained", False))
                }

            rows |= LOADER.run(row.id, task.id, work)
        if not rows:
            return problem("No network of ours is here."), "", ""
        shares = {name: norms / max(float(norms.max()), 1e-12) for name, norms in rows.items()}
        labels = given.labels(len(given) - count, count)
        says = "The gradient at every value, as a share of the largest of its network."
        decays = [[name, f"{decay(n):.3f}", f"{decay(n) ** 12:.1e}"] for name, n in rows.items()]
        return (
            series_plot([Line(name=name, values=values) for name, values in shares.items()], labels, says),
            heat_table(labels, list(shares), np.stack(list(shares.values())), says, 1.0),
            table(["Network", "Factor for a step back", "Factor for twelve steps"], decays),
        )

    on_click(show.click, view, [shared.input, shared.controls[1]], [plot, heat, facts])
