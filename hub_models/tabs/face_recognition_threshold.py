"""The threshold on the two histograms of distances, and the curve of all thresholds: ROC."""

import gradio as gr
import numpy as np

from hub_models.face_gallery import QUANTILES, UNMEASURED, Calibration
from hub_models.loader import LOADER
from hub_models.tabs.face_recognition_plots import histograms
from hub_models.task import Task
from hub_models.ui import on_click
from hub_models.ui.frame import Shared
from hub_models.ui.plot import Curve, curves
from hub_models.ui.tables import problem, table


def threshold_view(task: Task, shared: Shared) -> None:
    gr.Markdown(
        "Pairs of one person and pairs of two people have distances that overlap, so every threshold errs in both ways: a "
        "low one sends people away who are who they say, a high one lets strangers in. Move it. The ROC curve shows the "
        "true accepts that each share of false accepts buys; where both error rates are equal lies the equal error rate. "
        "The distances are those of people that the network was not trained on."
    )
    calibration = gr.State(None)
    load = gr.Button("Show for this checkpoint", variant="primary")
    threshold = gr.Slider(0, 4, 1.0, step=0.01, interactive=True, label="Threshold")
    with gr.Row():
        drawing, roc = gr.HTML(), gr.HTML()
    rates = gr.HTML()

    def measured(checkpoint: str):
        found = LOADER.run(checkpoint, task.id, lambda predictor: predictor.calibration)
        if found is None:
            return None, gr.skip(), problem(UNMEASURED), "", ""
        return found, found.threshold, *drawn(found, found.threshold)

    on_click(load.click, measured, [shared.checkpoint], [calibration, threshold, drawing, roc, rates])

    def move(found: Calibration | None, value: float):
        return ("", "", "") if found is None else drawn(found, value)

    on_click(
        threshold.change,
        move,
        [calibration, threshold],
        [drawing, roc, rates],
        light=True,
        show_progress="hidden",
    )


def drawn(found: Calibration, threshold: float) -> tuple[str, str, str]:
    """(histograms, ROC curve with the threshold on it, table of the rates)."""
    thresholds = np.linspace(0, 4, 161)
    accept, reject = np.array([found.error_rates(value) for value in thresholds]).T
    at = found.error_rates(threshold)
    equal = int(np.abs(accept - reject).argmin())
    says = (
        f"ROC curve. At the threshold {threshold:.2f}: {at[0]:.1%} false accepts, {1 - at[1]:.1%} true accepts. Equal error "
        f"rate {(accept[equal] + reject[equal]) / 2:.1%}, at {thresholds[equal]:.2f}."
    )
    shown = [
        Curve(name="all thresholds", x=accept, y=1 - reject),
        Curve(name="this threshold", x=np.array([at[0]]), y=np.array([1 - at[1]])),
    ]
    rows = [
        ["two people taken for one (false accept)", f"{at[0]:.1%}"],
        ["one person taken for two (false reject)", f"{at[1]:.1%}"],
        ["of 1,000 strangers, let in", f"{1000 * at[0]:.0f}"],
        ["thresholds and rates", f"{found.measured_on}; between {QUANTILES} quantiles by straight lines"],
    ]
    return (
        histograms(found, threshold),
        curves(shown, "two people taken for one", "one person known as one", says),
        table(["What", "At this threshold"], rows),
    )
